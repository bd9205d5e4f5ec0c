# Everything a checkout can do. `make` alone lists it. Needs Python 3.11 or newer; brings the rest itself.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STATIC := src/teahouse/static/chatkit.js
ELEMENT := $(shell find element -path element/node_modules -prune -o -type f -print 2>/dev/null)
EXAMPLE := examples/react
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/.run $(STATIC) ## Serve the chat at http://127.0.0.1:9000 (PORT, TEAHOUSE_DATA)
	@exec $(BIN)/teahouse serve

build: $(STATIC) ## Build the element

wheel: $(VENV)/.run $(STATIC) ## Build dist/teahouse-*.whl, the element inside
	@rm -rf dist && $(BIN)/python -m hatchling build --target wheel

test: lint test-python test-element test-browser ## Set everything up and pass every test

lint: $(VENV)/.dev element/node_modules/.installed ## Linters, types, import contracts
	$(BIN)/ruff check src tests scripts benchmarks examples hatch_build.py
	$(BIN)/ruff format --check src tests scripts benchmarks examples hatch_build.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/node.py run check

test-python: $(VENV)/.dev $(STATIC) ## Unit and integration tests of the server
	@scripts/nginx.sh
	$(BIN)/pytest -m "not browser"

test-element: $(VENV)/.run element/node_modules/.installed $(STATIC) ## The element's unit tests and its size
	$(BIN)/python scripts/node.py test
	$(BIN)/python scripts/node.py run size

test-browser: $(VENV)/.dev $(STATIC) $(EXAMPLE)/dist/index.html ## Whole conversations in real Chromium
	@scripts/chromium.sh
	$(BIN)/pytest -m browser

benchmark: $(VENV)/.dev ## Measure the server beside the plain SDK (a few minutes; benchmarks/README.md)
	$(BIN)/python -m benchmarks.protocol

benchmark-element: $(VENV)/.dev $(STATIC) benchmarks/element/node_modules/.installed ## Measure the element beside deep-chat and a plain page (about ten minutes)
	@scripts/chromium.sh
	$(BIN)/python -m benchmarks.element

faults: $(VENV)/.dev $(STATIC) ## Break replicas, databases and connections at random (SEEDS=30; tests/faults)
	@scripts/nginx.sh
	$(BIN)/python -m tests.faults --seeds $(or $(SEEDS),30)

gallery: $(VENV)/.dev $(STATIC) ## Take a picture of every state of a conversation, to look at: .build/gallery/index.html
	@scripts/chromium.sh
	$(BIN)/python -m scripts.gallery .build/gallery

conformance: $(VENV)/.dev $(VENV)/.node ## Try the emulator with other releases of the official SDKs (some minutes)
	$(BIN)/python scripts/conformance.py

format: $(VENV)/.dev ## Format the Python sources
	$(BIN)/ruff check --fix-only src tests scripts benchmarks examples hatch_build.py
	$(BIN)/ruff format src tests scripts benchmarks examples hatch_build.py

clean: ## Remove everything made here, but no data
	rm -rf $(VENV) dist src/teahouse/static element/node_modules $(EXAMPLE)/node_modules $(EXAMPLE)/dist

$(VENV)/.python:
	@echo "Making the environment in $(VENV)" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) && touch $@

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/.python
	@echo "Installing the locked Python packages" >&2
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "Installing the locked Python packages of the tests" >&2
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# Only where the system has no Node that is new enough.
$(VENV)/.node: requirements/node.txt $(VENV)/.run
	@$(BIN)/python scripts/node.py --have || { echo "Installing Node from a wheel" >&2; $(PIP) install --require-hashes -r requirements/node.txt; }
	@touch $@

element/node_modules/.installed: element/package-lock.json $(VENV)/.node
	@echo "Installing the locked packages of the element" >&2
	@$(BIN)/python scripts/node.py ci --no-audit --no-fund --silent
	@touch $@

benchmarks/element/node_modules/.installed: benchmarks/element/package-lock.json $(VENV)/.node
	@$(BIN)/python scripts/node.py --in benchmarks/element ci --no-audit --no-fund --silent
	@touch $@

$(STATIC): $(ELEMENT) element/node_modules/.installed
	@echo "Building the element" >&2
	@$(BIN)/python scripts/node.py run --silent build

$(EXAMPLE)/dist/index.html: $(wildcard $(EXAMPLE)/src/* $(EXAMPLE)/*.json $(EXAMPLE)/*.html $(EXAMPLE)/*.ts) $(VENV)/.node
	@echo "Building the React example" >&2
	@$(BIN)/python scripts/node.py --in $(EXAMPLE) ci --no-audit --no-fund --silent
	@$(BIN)/python scripts/node.py --in $(EXAMPLE) run --silent build

.PHONY: help serve build wheel test lint test-python test-element test-browser benchmark benchmark-element faults conformance format clean gallery
