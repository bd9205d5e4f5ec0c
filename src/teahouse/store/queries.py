"""What lies between the store's statements and a database driver.

SQLAlchemy writes the SQL, once a dialect; the drivers run it. To execute through SQLAlchemy, too, costs
0.1 ms a statement in a thread and 0.35 ms over asyncpg, which itself takes 0.05 (`benchmarks/store`).

A transaction is a generator: it yields queries and is sent their rows. So it is neither sync nor async, and
the same lines run over sqlite3 in a thread and over asyncpg on the event loop.

    def work() -> Steps[str]:
        found = yield sql.load_thread(key)
        if found.value is None:
            raise ThreadNotFound(key["thread"])
        return found.value
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict, TypeVar

from sqlalchemy import Dialect, Executable, UpdateBase, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg

Result = TypeVar("Result")

_DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": asyncpg(),  # type: ignore[no-untyped-call]
}
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Parameters(TypedDict, total=False):
    """What statements may be given; each takes what it names.

    None has a column's name: SQLAlchemy would take it for a value that an INSERT or UPDATE is to write.
    """

    visitor: str
    thread: str | None
    item: str
    attachment: str
    json: str
    judgement: str
    at: int
    """Microseconds since 1970."""
    after: str
    count: int
    run: str
    place: str
    """The replica."""
    message: str | None
    request: str | None
    """Its key."""
    hashed: str | None
    outcome: str
    microseconds: int
    runs: Sequence[str]
    afters: Sequence[int]
    lasts: Sequence[int]
    pieces: Sequence[bytes]
    words: Sequence[str]


class Row(Protocol):
    """A row as drivers give it: by column (`row["id"]`) or place."""

    def __getitem__(self, key: Any, /) -> Any:
        """The value of a column."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query found or did.

    Attributes:
        all: the rows it gave.
        changed: how many rows an INSERT, UPDATE or DELETE wrote.
    """

    all: Sequence[Row]
    changed: int

    @property
    def first(self) -> Row | None:
        """The first row, if there is one."""
        return self.all[0] if self.all else None

    @property
    def value(self) -> Any:
        """The first row's first column; None if there is no row."""
        return self.all[0][0] if self.all else None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as one driver takes it."""

    sql: str
    names: Sequence[str]
    constants: Mapping[str, Any]
    gives_rows: bool

    def values(self, parameters: Parameters) -> list[Any]:
        """What stands at the SQL's places, in their order."""
        given: dict[str, Any] = {**self.constants, **parameters}
        return [given[name] for name in self.names]


Build = Callable[[Any], Executable]
"""A statement, given the dialect's own `insert`: `ON CONFLICT` is spelt the same and made by two functions."""


class Statement:
    """One SQL statement. Called with parameters it makes a `Query`; no database is touched."""

    def __init__(self, build: Executable | Build) -> None:
        self._build = build
        self._compiled: dict[str, Compiled] = {}

    def __call__(self, parameters: Parameters | None = None) -> Query:
        """A query for these parameters; there may be more than it names."""
        return Query(self, parameters or Parameters())

    def compiled(self, dialect: str) -> Compiled:
        """As SQL of `sqlite` or `postgresql`."""
        known = self._compiled.get(dialect)
        if known is None:
            known = self._compiled[dialect] = self._compile(dialect)
        return known

    def _compile(self, dialect: str) -> Compiled:
        build = self._build
        statement = build if isinstance(build, Executable) else build(_INSERT[dialect])
        compiled: Any = statement.compile(dialect=_DIALECTS[dialect])  # type: ignore[attr-defined]
        constants = {name: bind.value for bind, name in compiled.bind_names.items() if not bind.required}
        gives_rows = not isinstance(statement, UpdateBase) or bool(statement.returning_column_descriptions)
        return Compiled(str(compiled), tuple(compiled.positiontup or ()), constants, gives_rows)


@dataclass(frozen=True, slots=True)
class Query:
    """A statement and what it is given."""

    statement: Statement
    parameters: Parameters


def plain(sql: str) -> Query:
    """A query in SQL that every dialect understands, or that only one is asked."""
    return Statement(text(sql))()


Steps = Generator[Query, Rows, Result]
Work = Callable[[], Steps[Result]]
"""Queries that belong together: they run in one transaction, wholly or not at all. May be begun anew."""


def run(steps: Steps[Result], execute: Callable[[Query], Rows]) -> Result:
    """Take the steps over a driver that blocks."""
    try:
        query = next(steps)
        while True:
            query = steps.send(execute(query))
    except StopIteration as done:
        result: Result = done.value
        return result


async def run_async(steps: Steps[Result], execute: Callable[[Query], Awaitable[Rows]]) -> Result:
    """Take the steps over a driver that is awaited."""
    try:
        query = next(steps)
        while True:
            query = steps.send(await execute(query))
    except StopIteration as done:
        result: Result = done.value
        return result
