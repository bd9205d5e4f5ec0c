from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from documents import POT, TEA, TEA_ZH, write

from teahouse.agents.guide.index import DocumentIndex
from teahouse.store import SqliteDatabase, SqlStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Documents about tea, in English and partly in Chinese."""
    folder = tmp_path / "docs"
    write(folder, en__tea_md=TEA, zh__tea_md=TEA_ZH, en__pot_md=POT)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where the index is kept."""
    return tmp_path / "data"


@pytest.fixture
def index(folder: Path, data: Path) -> Iterator[DocumentIndex]:
    index = DocumentIndex(folder, data)
    yield index
    index.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    async with SqlStore(SqliteDatabase(tmp_path / "teahouse.db")) as store:
        yield store
