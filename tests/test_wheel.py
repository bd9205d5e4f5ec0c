"""The wheel is all that `pip install teahouse` brings: it has to serve without Node, make or a checkout."""

import os
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("teahouse-*.whl"))


def test_it_contains_all_that_is_served(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "teahouse/py.typed",
        "teahouse/static/chatkit.js",
        "teahouse/static/index.html",
        "teahouse/static/page.js",
        "teahouse/web/docs.css",
        "teahouse/web/templates/document.html",
        "teahouse/docs/en/index.md",
        "teahouse/docs/zh/index.md",
    ):
        assert wanted in names
    assert any(name.startswith("teahouse/static/assets/") for name in names)
    assert any(name.startswith("teahouse/store/migrations/versions/") for name in names)


@pytest.fixture
def served(wheel: Path, tmp_path: Path) -> Iterator[str]:
    """The address of `teahouse serve` from the unpacked wheel, far from any checkout."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    # This folder is before the editable install on the path; the dependencies come from there.
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PORT": "0", "TEAHOUSE_DATA": str(tmp_path)}
    command = [sys.executable, "-c", "from teahouse.cli import main; main()", "serve"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
        server.terminate()


def test_it_serves_the_page_the_element_and_the_documents(served: str) -> None:
    for path, part in (("/", b"chatkit.js"), ("/chatkit.js", b"openai-chatkit"), ("/docs/zh/index", b"<h1>")):
        with urllib.request.urlopen(served + path, timeout=30) as response:
            assert response.status == 200
            assert part in response.read()
