"""Our own store is held to what `teahouse.testing` says, on both databases; and it says no to bad ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from teahouse.testing import StoreConformance


class TestSqlStore(StoreConformance):
    """The fixture `store` comes from conftest.py, once for each database."""


THEIRS = """
import pytest_asyncio
from contract.memory import MemoryStore
from teahouse.testing import StoreConformance

class TestTheirs(StoreConformance):
    @pytest_asyncio.fixture
    async def store(self):
        yield MemoryStore()
"""


def test_a_store_that_keeps_not_every_promise_is_told_which(tmp_path: Path) -> None:
    """Dictionaries that know no owners, in a project of somebody else's, with pytest-asyncio as it comes."""
    (tmp_path / "test_theirs.py").write_text(THEIRS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = set(re.findall(r"FAILED test_theirs.py::TestTheirs::(\w+)", result.stdout))
    assert "test_another_visitor_finds_nothing_and_changes_nothing" in failed
    assert "test_threads_are_listed_by_last_activity" in failed
    assert "test_saving_a_thread_again_replaces_it" not in failed
    assert "assert ['thr_3', 'thr_2', 'thr_1'] == ['thr_1', 'thr_3', 'thr_2']" in result.stdout  # both sides


def test_importing_it_needs_no_pytest() -> None:
    code = "import sys; sys.modules['pytest'] = None; import teahouse.testing; print(teahouse.testing.StoreConformance)"
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert "StoreConformance" in result.stdout, result.stderr
