"""The index file: documents, their sections and the sections' terms, in SQLite.

FTS5 only sees terms between spaces, as `segment` makes them, and counts them for BM25.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from teahouse.agents.guide import markdown, segment
from teahouse.agents.guide.folder import File
from teahouse.agents.guide.readers import Document

_LAYOUT = 1 * 1000 + segment.VERSION
"""What the index file holds; another value means it is made anew."""

_SCHEMA = (
    """
    CREATE TABLE documents (
        id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, modified INTEGER NOT NULL,
        digest BLOB NOT NULL, language TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL, reason TEXT
    )""",
    """
    CREATE TABLE sections (
        id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        position INTEGER NOT NULL, headings TEXT NOT NULL, anchor TEXT, page INTEGER, text TEXT NOT NULL
    )""",
    "CREATE INDEX sections_of_document ON sections (document, position)",
    """
    CREATE VIRTUAL TABLE terms USING fts5 (
        title, keywords, headings, body, tokenize = "ascii tokenchars '_.'"
    )""",
    "CREATE VIRTUAL TABLE vocabulary USING fts5vocab (terms, row)",
    f"PRAGMA user_version = {_LAYOUT}",
)


def connect(file: Path) -> sqlite3.Connection:
    """The index file, for reading by any thread, one at a time."""
    database = sqlite3.connect(file, timeout=30, check_same_thread=False)
    database.execute("PRAGMA foreign_keys = ON")
    return database


def open_for_writing(file: Path, *, check: bool) -> sqlite3.Connection:
    """The index file, for writing; made when there is none.

    Args:
        file: where it is.
        check: whether to look through all of it for damage.

    Raises:
        sqlite3.DatabaseError: it is damaged, or of another layout.
    """
    database = connect(file)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes can be read again
        with database:
            database.execute("BEGIN IMMEDIATE")  # another process may be making it at this moment
            (layout,) = database.execute("PRAGMA user_version").fetchone()
            if not layout:
                for statement in _SCHEMA:
                    database.execute(statement)
            elif layout != _LAYOUT:
                raise sqlite3.DatabaseError("another layout")
        if check and (verdict := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(verdict)
    except BaseException:
        database.close()
        raise
    return database


def put(database: sqlite3.Connection, file: File, digest: bytes, document: Document | None, reason: str | None) -> None:
    """Put what `file` says, or why it cannot be read, in the place of what it said, at once."""
    tongue, title, description = (document.language, document.title, document.description) if document else ("", "", "")
    with database:
        database.execute("BEGIN IMMEDIATE")
        remove(database, file.path)
        row = (file.path, file.size, file.modified, digest, tongue, title, description, reason)
        number = database.execute(
            "INSERT INTO documents (path, size, modified, digest, language, title, description, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row,
        ).lastrowid  # fmt: skip
        if document is not None and number is not None:
            _insert(database, number, document)


def touch(database: sqlite3.Connection, file: File) -> None:
    """Remember that `file` says the same as before, at a new time."""
    with database:
        database.execute(
            "UPDATE documents SET size = ?, modified = ? WHERE path = ?", (file.size, file.modified, file.path)
        )


def remove(database: sqlite3.Connection, path: str) -> None:
    """Take the document at `path` out, within the transaction that is open."""
    database.execute(
        "DELETE FROM terms WHERE rowid IN (SELECT sections.id FROM sections"
        " JOIN documents ON documents.id = sections.document WHERE documents.path = ?)", (path,),
    )  # fmt: skip
    database.execute("DELETE FROM documents WHERE path = ?", (path,))


def _insert(database: sqlite3.Connection, number: int, document: Document) -> None:
    title = _terms(document.title, document)
    keywords = _terms(" \n".join((*document.keywords, document.description)), document)
    for position, section in enumerate(document.sections):
        headings = json.dumps(section.headings, ensure_ascii=False)
        row = database.execute(
            "INSERT INTO sections (document, position, headings, anchor, page, text) VALUES (?, ?, ?, ?, ?, ?)",
            (number, position, headings, section.anchor, section.page, section.text),
        ).lastrowid
        database.execute(
            "INSERT INTO terms (rowid, title, keywords, headings, body) VALUES (?, ?, ?, ?, ?)",
            (row, title, keywords, _terms(" \n".join(section.headings), document),
             _terms(markdown.plain(section.text), document)),
        )  # fmt: skip


def _terms(text: str, document: Document) -> str:
    return " ".join(segment.terms(text, japanese=document.language == "ja" or None))


def weighed(database: sqlite3.Connection, wanted: Sequence[str]) -> Iterator[tuple[str, float]]:
    """BM25's weight of each term: the rarer, the more."""
    (total,) = database.execute("SELECT count(*) FROM sections").fetchone()
    for term in wanted:
        occurrences = _occurrences(database, term)
        if not occurrences and any(part in term for part in wanted if part != term and len(part) > 1):
            continue  # a compound nobody wrote; its parts are looked for
        if not occurrences and (similar := _similar(database, term)):
            term, occurrences = similar, _occurrences(database, similar)
        # What never occurs weighs as what occurs once: it may be just another form of a word that is there.
        seen = occurrences or 1
        yield term, math.log(1 + (total - seen + 0.5) / (seen + 0.5))


def _occurrences(database: sqlite3.Connection, term: str) -> int:
    """In how many sections `term` stands."""
    row = database.execute("SELECT doc FROM vocabulary WHERE term = ?", (term,)).fetchone()
    return row[0] if row else 0


def _similar(database: sqlite3.Connection, term: str) -> str | None:
    """The term of the documents that `term` is probably a misspelling of."""
    if len(term) < 5 or not term.isascii() or not term[0].isalpha():
        return None
    like = database.execute(
        "SELECT term FROM vocabulary WHERE term >= ? AND term < ?", (term[0], chr(ord(term[0]) + 1))
    )
    return next(iter(get_close_matches(term, [found for (found,) in like], n=1, cutoff=0.84)), None)
