"""A folder of documents -> the passages that answer a question.

The ranking is SQLite's own BM25 (FTS5): nothing to import, no memory to speak of, and the index is a file
in the data folder (`catalogue`), so that a second start reads no document at all. Passages that hold too
little of what was asked are no answer: `_ENOUGH`.

All methods may be used from any thread; what is slow happens in worker threads. A document changes in the
index in one transaction, and WAL lets searches go on meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn
from urllib.parse import quote

from teahouse import logs
from teahouse.agents.guide import catalogue, folder, markdown, readers, segment
from teahouse.agents.guide import language as languages
from teahouse.agents.guide.folder import File
from teahouse.agents.guide.readers import Document, UnreadableDocument

log = logs.get(__name__)

_ENOUGH = 0.5
"""The share of a question, by weight of its terms, that a passage must hold. Held by tests both ways: the
questions of the documentation's problem pages, and questions about bread and the weather."""

_CANDIDATES = 60
_MOST_OF_A_PAGE = 3
_MOST_TERMS = 48

_PASSAGE = """
SELECT documents.path, documents.title, documents.description, documents.language,
       sections.headings, sections.anchor, sections.page, sections.text, sections.position
"""
_FOUND = (
    _PASSAGE
    + """, -bm25(terms, 5.0, 4.0, 3.0, 1.0), -bm25(terms, 0.0, 0.0, 3.0, 1.0),
       terms.title, terms.keywords, terms.headings || ' ' || terms.body
FROM terms JOIN sections ON sections.id = terms.rowid JOIN documents ON documents.id = sections.document
WHERE terms MATCH ? AND (documents.language = ?) = ? ORDER BY bm25(terms, 5.0, 4.0, 3.0, 1.0) LIMIT ?
"""
)
_OF_PAGE = (
    _PASSAGE
    + """FROM sections JOIN documents ON documents.id = sections.document
WHERE documents.path = ? ORDER BY sections.position
"""
)


@dataclass(frozen=True)
class Passage:
    """A section of a document, as found.

    Attributes:
        path: of the document, in the folder.
        headings: from below the title down to the section's own.
        text: Markdown.
        anchor: of the section on its page, if it has one.
        page: of a PDF, from 1.
        position: of the section in its document, from 0.
        score: how well it answers; higher is better, and only comparable within one search.
    """

    path: str
    title: str
    description: str
    language: str
    headings: tuple[str, ...]
    anchor: str | None
    page: int | None
    text: str
    position: int
    score: float = 0.0

    @property
    def heading(self) -> str:
        """The section's own heading, or the document's title."""
        return self.headings[-1] if self.headings else self.title

    def url(self, docs_url: str) -> str:
        """The address that opens the document at this passage."""
        page = markdown.page_address(self.path, docs_url)
        if self.page is not None:
            return f"{page}#page={self.page}"
        if self.anchor:
            return f"{page}#{quote(self.anchor)}"
        return page


@dataclass(frozen=True)
class SkippedDocument:
    """A document that could not be read, and why, in words for people."""

    path: str
    reason: str


@dataclass(frozen=True)
class Topic:
    """A document, by what it is about."""

    path: str
    title: str
    description: str


@dataclass(frozen=True)
class Changes:
    """What a look at the folder found."""

    indexed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    skipped: tuple[SkippedDocument, ...] = ()
    """Only those that are new or changed, so that each is reported once."""

    def __bool__(self) -> bool:
        return bool(self.indexed or self.removed or self.skipped)


class DocumentIndex:
    """Finds passages in documents, and keeps up with changes to them.

    Args:
        folders: where the documents are; where two have a document of the same path, the first one's counts.
        data: the folder the index is kept in. It holds nothing that is not in the documents, and may be
            deleted at any time while no server runs.
    """

    def __init__(self, folders: Path | Sequence[Path], data: Path) -> None:
        self._folders = [folders] if isinstance(folders, Path) else list(folders)
        name = "\n".join(str(folder.resolve()) for folder in self._folders)
        self._file = data / f"guide-{hashlib.blake2b(name.encode(), digest_size=6).hexdigest()}.sqlite3"
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._is_fresh = False
        self._is_closed = False

    async def search(self, question: str, language: str = "en", limit: int = 5, *, earlier: str = "") -> list[Passage]:
        """The passages that answer `question`, best first; empty when nothing does.

        Documents in `language` come first. Of two documents that are the same in two languages (`en/x.md`
        and `zh/x.md`), only one is shown. The first search waits until the folder has been read.

        Args:
            question: what is asked.
            language: of the question.
            limit: of passages.
            earlier: a question that this one goes on from; its words count half.
        """
        return await asyncio.to_thread(self._search, question, earlier, language, limit)

    async def page(self, path: str) -> list[Passage]:
        """All sections of the document at `path`, in order."""
        return await asyncio.to_thread(self._page, path)

    async def topics(self, language: str) -> list[Topic]:
        """What there is to ask about: documents in `language`, or all if it has none."""
        return await asyncio.to_thread(self._topics, language)

    async def languages(self) -> frozenset[str]:
        """The languages there are documents in."""
        return await asyncio.to_thread(self._languages)

    async def skipped(self) -> list[SkippedDocument]:
        """Every document that could not be read."""
        return await asyncio.to_thread(self._skipped)

    async def refresh(self) -> Changes:
        """Read what is new or changed in the folder. Cheap when nothing is."""
        return await asyncio.to_thread(self._refresh)

    async def watch(self, *, every: float = 2.0, changed: Callable[[Changes], None] = lambda changes: None) -> NoReturn:
        """Refresh for ever; cancel it to end. The lifespan of the app owns this.

        Polling, not file system events: those do not arrive from network mounts and container volumes, and
        a look at a thousand files takes 10 ms. Larger folders are looked at less often.

        Args:
            every: seconds between two looks, at least.
            changed: is told what a look has found, when it has found something.
        """
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                changes = await self.refresh()
            except (OSError, sqlite3.Error) as error:  # a full disk, a share that is away: it may come back
                log.warning("documents not indexed", reason=str(error))
                changes = Changes()
            took = loop.time() - began
            if changes:
                changed(changes)
            await asyncio.sleep(every if changes else max(every, 50 * took))

    def close(self) -> None:
        """Let go of the index file. A refresh that is under way ends after the document it is at."""
        self._is_closed = True
        self._let_go()

    def _let_go(self) -> None:
        with self._reading:
            if self._reader is not None:
                self._reader.close()
                self._reader = None

    # Reading the folder -------------------------------------------------------------------------------

    def _refresh(self) -> Changes:
        with self._writing, closing(self._open_for_writing()) as database:
            known = {
                path: (size, modified, digest)
                for path, size, modified, digest in database.execute(
                    "SELECT path, size, modified, digest FROM documents"
                )
            }
            present = {file.path: file for file in folder.scan(self._folders)}
            removed = tuple(path for path in known if path not in present)
            with database:
                for path in removed:
                    catalogue.remove(database, path)
            indexed: list[str] = []
            skipped: list[SkippedDocument] = []
            for file in present.values():
                if self._is_closed:
                    break
                size, modified, digest = known.get(file.path, (-1, -1, b""))
                if (size, modified) == (file.size, file.modified):
                    continue
                match _update(database, file, digest):
                    case Document():
                        indexed.append(file.path)
                    case str(reason):
                        skipped.append(SkippedDocument(file.path, reason))
        self._is_fresh = True
        return Changes(tuple(indexed), removed, tuple(skipped))

    def _open_for_writing(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            return catalogue.open_for_writing(self._file, check=not self._is_fresh)
        except sqlite3.OperationalError:  # locked, no space, no permission: nothing is wrong with the file
            raise
        except sqlite3.DatabaseError:
            # Damaged, or of another layout: everything in it can be read again from the documents.
            self._let_go()
            for suffix in ("", "-wal", "-shm"):
                self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
            return catalogue.open_for_writing(self._file, check=False)

    # Searching ----------------------------------------------------------------------------------------

    def _search(self, question: str, earlier: str, language: str, limit: int) -> list[Passage]:
        query = self._query(question, language)
        for term, weight in self._query(earlier, language).items():
            query.setdefault(term, weight / 2)
        if not query:
            return []
        same = self._found(query, language, same=True)
        if len(same) >= limit:
            return same[:limit]
        shown = {_twin(passage) for passage in same}
        others = (p for p in self._found(query, language, same=False) if _twin(p) not in shown)
        return [*same, *_one_language_each(others)][:limit]

    def _query(self, question: str, language: str) -> dict[str, float]:
        """The terms to look for and what each weighs; misspelt ones corrected."""
        wanted = list(dict.fromkeys(segment.terms(question, japanese=language == "ja" or None)))[:_MOST_TERMS]
        with self._database() as database:
            return dict(catalogue.weighed(database, wanted))

    def _found(self, query: dict[str, float], language: str, *, same: bool) -> list[Passage]:
        match = " OR ".join(f'"{term}"' for term in query)
        with self._database() as database:
            rows = database.execute(_FOUND, (match, language, same, _CANDIDATES)).fetchall()
        passages = [_passage(row[:9], _score(query, *row[9:])) for row in rows]
        answering = (passage for passage in passages if passage.score > 0)
        return list(_few_of_each_page(sorted(answering, key=lambda passage: -passage.score)))

    def _page(self, path: str) -> list[Passage]:
        with self._database() as database:
            return [_passage(row) for row in database.execute(_OF_PAGE, (path,))]

    def _topics(self, language: str) -> list[Topic]:
        select = "SELECT path, title, description FROM documents WHERE reason IS NULL"
        with self._database() as database:
            rows = database.execute(f"{select} AND language = ? ORDER BY path", (language,)).fetchall()
            rows = rows or database.execute(f"{select} ORDER BY path").fetchall()
        return [Topic(*row) for row in rows]

    def _languages(self) -> frozenset[str]:
        with self._database() as database:
            rows = database.execute("SELECT DISTINCT language FROM documents WHERE reason IS NULL")
            return frozenset(language for (language,) in rows)

    def _skipped(self) -> list[SkippedDocument]:
        with self._database() as database:
            rows = database.execute("SELECT path, reason FROM documents WHERE reason IS NOT NULL ORDER BY path")
            return [SkippedDocument(*row) for row in rows]

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """The connection for reading, for one thread at a time; the folder has been read at least once."""
        if not self._is_fresh:
            self._refresh()
        with self._reading:
            if self._reader is None:
                self._reader = catalogue.connect(self._file)
            try:
                yield self._reader
            except sqlite3.DatabaseError:
                self._is_fresh = False  # the next search looks whether the file is damaged
                self._reader.close()
                self._reader = None
                raise


def _update(database: sqlite3.Connection, file: File, digest: bytes) -> Document | str | None:
    """Bring the index up to date with `file`: what it says now, why it cannot be read, or None if it says
    the same as when its digest was `digest`.
    """
    try:
        raw = folder.load(file)
        now = hashlib.blake2b(raw, digest_size=16).digest()
        if now == digest:
            catalogue.touch(database, file)
            return None
        document = readers.parse(raw, PurePosixPath(file.path))
    except UnreadableDocument as error:
        catalogue.put(database, file, b"", None, str(error))
        return str(error)
    catalogue.put(database, file, now, document, None)
    return document


# Ranking ----------------------------------------------------------------------------------------------


def _score(query: dict[str, float], of_page: float, of_section: float, title: str, keywords: str, text: str) -> float:
    """How well a section answers; 0 when it holds too little of the question.

    The page's title and keywords choose the page (`of_page`), heading and text the section on it
    (`of_section`). Holding all of a question counts for more than holding one of its words many times, and
    a page about it, or even about nothing else, for more than a page that mentions it.
    """
    named, told = set(title.split()), set(keywords.split())
    whole = sum(query.values())
    held = _weight(query, named | told | set(text.split())) / whole
    if held < _ENOUGH:
        return 0.0
    on_subject = _weight(query, named | told) / whole
    nothing_else = len(named & query.keys()) / (len(named) or 1)
    return held * (1 + on_subject + nothing_else / 2) * (of_page + of_section)


def _weight(query: dict[str, float], terms: Set[str]) -> float:
    """What the terms of `query` that are among `terms` weigh."""
    return sum(query[term] for term in query.keys() & terms)


# Passages ---------------------------------------------------------------------------------------------


def _passage(columns: Sequence[Any], score: float = 0.0) -> Passage:
    path, title, description, tongue, headings, anchor, page, text, position = columns
    return Passage(path, title, description, tongue, tuple(json.loads(headings)), anchor, page, text, position, score)


def _few_of_each_page(passages: Iterable[Passage]) -> Iterator[Passage]:
    count: Counter[str] = Counter()
    for passage in passages:
        count[passage.path] += 1
        if count[passage.path] <= _MOST_OF_A_PAGE:
            yield passage


def _twin(passage: Passage) -> str:
    """The same for a document and its translation: the path without the language's folder."""
    first, _, rest = passage.path.partition("/")
    return rest if rest and languages.of_folder(first) else passage.path


def _one_language_each(passages: Iterable[Passage]) -> Iterator[Passage]:
    """Leave out documents whose translation has been shown."""
    shown: dict[str, str] = {}
    for passage in passages:
        if shown.setdefault(_twin(passage), passage.path) == passage.path:
            yield passage
