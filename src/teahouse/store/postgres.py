"""PostgreSQL over asyncpg: a bounded pool, and a limit to every wait.

Of the drivers asyncpg costs least (`benchmarks/store`): a query takes 0.05 ms, where psycopg 3 takes 0.08 and
either of them beneath SQLAlchemy's async engine 0.45 to 0.7. It runs on the event loop: a thread would
come back from each of a transaction's round trips to wait for the interpreter's lock.

A read sends its queries one by one, so that most cost one round trip. A write is a transaction; one that was
certainly not committed (a conflict with another, a connection that was lost before) is begun anew, and
one that may have been is not: `OutcomeUnknown`.

Our tables live in a schema of their own, `teahouse`, beside whatever else the database holds.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from asyncpg import exceptions as pg

from teahouse import reasons
from teahouse.errors import Kind, Words
from teahouse.store import schema
from teahouse.store.errors import (
    CLOSED,
    CONNECTION_LOST,
    DISK_FULL,
    NO_SUCH_DATABASE,
    NOT_PERMITTED,
    OVERLOADED,
    READ_ONLY,
    SERVER_FAILED,
    SIGN_IN_REFUSED,
    TOO_MANY_CONNECTIONS,
    UNREACHABLE,
    OutcomeUnknown,
    StoreUnavailable,
)
from teahouse.store.queries import Query, Result, Rows, Work, run_async

log = logging.getLogger("teahouse.store")

SCHEMA = "teahouse"

_TRIES = 3
_LAST_WORD_SECONDS = 1
_REST_SECONDS = 0.5
_MIGRATION_LOCK = 0x7EA_0053  # Any number that no other program takes for a lock of its own.
_LONGEST_MIGRATION = "10min"

_KINDS: dict[type[Exception], Kind] = {
    pg.InvalidPasswordError: SIGN_IN_REFUSED,
    pg.InvalidAuthorizationSpecificationError: SIGN_IN_REFUSED,
    pg.InvalidCatalogNameError: NO_SUCH_DATABASE,
    pg.TooManyConnectionsError: TOO_MANY_CONNECTIONS,
    pg.InsufficientPrivilegeError: NOT_PERMITTED,
    pg.InvalidSchemaNameError: NOT_PERMITTED,
    pg.DiskFullError: DISK_FULL,
    pg.ReadOnlySQLTransactionError: READ_ONLY,
    pg.QueryCanceledError: OVERLOADED,
    pg.LockNotAvailableError: OVERLOADED,
}
_LOST = (
    OSError,
    pg.PostgresConnectionError,
    pg.AdminShutdownError,
    pg.CrashShutdownError,
    pg.IdleInTransactionSessionTimeoutError,
    pg.IdleSessionTimeoutError,
    pg.InternalClientError,
    asyncpg.InterfaceError,
)
_CONFLICTS = (
    pg.SerializationError,
    pg.DeadlockDetectedError,
    # A row like this one came, or the one it refers to went, between two of our queries; the next try sees it.
    pg.UniqueViolationError,
    pg.ForeignKeyViolationError,
    # Another replica, newer than this one, has changed a table.
    pg.InvalidCachedStatementError,
)


class PostgresDatabase:
    """A database on a PostgreSQL server, 14 or newer. It belongs to the event loop that opens it.

    Args:
        url: `postgresql://user:password@host:port/name`, with libpq's parameters such as `?sslmode=verify-full`.
        connections: the most that are open at once.
        seconds: how long a caller waits for its transaction, everything included.
        statement_seconds: how long the server works on one statement.
        connect_seconds: how long connecting may take.
        migrations: where Alembic's are.
    """

    shared = True

    def __init__(
        self,
        url: str,
        *,
        connections: int = 10,
        seconds: float = 30,
        statement_seconds: float = 10,
        connect_seconds: float = 5,
        migrations: Path = schema.MIGRATIONS,
    ) -> None:
        self._url = url
        self._place = _Place.of(url)
        self._connections = connections
        self._seconds = seconds
        self._statement_seconds = statement_seconds
        self._connect_seconds = connect_seconds
        self._migrations = migrations
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    @property
    def label(self) -> str:
        """See `Database.label`."""
        return f"PostgreSQL {self._place.label}"

    async def revision(self) -> str | None:
        """See `Database.revision`."""
        connection = await self._connect(self._place)
        try:
            return await _revision(connection)
        except (asyncpg.PostgresError, *_LOST) as error:
            raise self._explain(error, self._place) from error
        finally:
            connection.terminate()

    async def upgrade(self) -> None:
        """Make our schema, or bring it up to date; of several replicas one does it while the others wait."""
        found = await self.revision()
        if found == schema.known(self._migrations)[-1]:
            return
        schema.refuse_newer(found, f"PostgreSQL{self._place.at}", self._migrations)
        try:
            await self._migrate()
        except (asyncpg.PostgresError, *_LOST) as error:
            raise self._explain(error, self._place) from error

    async def open(self) -> None:
        """See `Database.open`."""
        await self.upgrade()
        self._pool = await asyncpg.create_pool(
            connect=self._connect_for_pool,
            min_size=0,
            max_size=self._connections,
            # What asyncpg does by default costs a round trip; our transactions leave nothing behind.
            reset=_nothing_to_reset,
        )

    async def close(self) -> None:
        """See `Database.close`."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(self._seconds):
                await pool.close()
        except TimeoutError:
            pool.terminate()

    async def read(self, work: Work[Result]) -> Result:
        """See `Database.read`."""
        return await self._try(lambda connection: run_async(work(), _executor(connection)))

    async def write(self, work: Work[Result], *, durable: bool = True) -> Result:
        """See `Database.write`. Cancelled, it is not done, unless the commit was under way.

        Args:
            work: what to do.
            durable: whether it has to survive a crash of the server; otherwise the last half second may not.
        """
        commit = _Commit(begin="BEGIN" if durable else "BEGIN; SET LOCAL synchronous_commit TO off")
        try:
            return await self._try(lambda connection: _transact(connection, work, commit))
        except StoreUnavailable as error:
            if commit.under_way and not isinstance(error, OutcomeUnknown):
                raise OutcomeUnknown from error
            raise

    # Listening -------------------------------------------------------------------------------------------

    async def listen(self, channel: str, heard: Callable[[str], None], *, check_seconds: float = 5) -> None:
        """Hear what is notified on a channel, until cancelled, over a connection of its own.

        Args:
            channel: which.
            heard: called with each payload, and with an empty one once a (new) connection listens: what was notified
                before has been missed.
            check_seconds: how long a silent connection is trusted.
        """
        while True:
            try:
                connection = await self._connect(_NOWHERE)
            except StoreUnavailable:
                await asyncio.sleep(_REST_SECONDS)
                continue
            try:
                await self._listen_on(connection, channel, heard, check_seconds)
            except (asyncpg.PostgresError, *_LOST) as error:
                log.warning("PostgreSQL%s: not listening: %s", self._place.at, error or type(error).__name__)
            finally:
                connection.terminate()
            await asyncio.sleep(random.uniform(0, _REST_SECONDS))  # noqa: S311 - no secret

    async def _listen_on(
        self, connection: asyncpg.Connection[Any], channel: str, heard: Callable[[str], None], check_seconds: float
    ) -> None:
        """Listen until the connection is lost."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(channel, lambda _connection, _pid, _channel, payload: heard(payload))
        heard("")
        while not lost.is_set():
            try:
                async with asyncio.timeout(check_seconds):
                    await lost.wait()
            except TimeoutError:
                await connection.fetchval("SELECT 1", timeout=check_seconds)

    # Trying ----------------------------------------------------------------------------------------------

    async def _try(self, act: Callable[[Any], Awaitable[Result]]) -> Result:
        """Act on a connection of the pool, again if that is certain to do no harm.

        Raises:
            StoreUnavailable: what is wrong with the database, in words that name no host: visitors read them.
        """
        pool = self._pool
        if pool is None:
            raise StoreUnavailable(CLOSED, path="PostgreSQL")
        try:
            async with asyncio.timeout(self._seconds):
                return await self._try_again(pool, act)
        except TimeoutError:
            raise StoreUnavailable(OVERLOADED, seconds=self._seconds) from None

    async def _try_again(self, pool: asyncpg.Pool[Any], act: Callable[[Any], Awaitable[Result]]) -> Result:
        for left in reversed(range(_TRIES)):
            try:
                async with pool.acquire() as connection:
                    return await _leaving_nothing(connection, act)
            except (asyncpg.PostgresError, *_LOST) as error:
                if isinstance(error, (TimeoutError, pg.DataError)):
                    raise  # Not the database's state: the caller's patience, or a value that is none.
                if not left or not isinstance(error, _LOST + _CONFLICTS):
                    log.error("PostgreSQL%s: %s: %s", self._place.at, type(error).__name__, error)
                    raise self._explain(error, _NOWHERE) from error
            # Those that met do not meet again.
            await asyncio.sleep(random.uniform(0, 0.05))  # noqa: S311 - no secret
        raise AssertionError("unreachable")

    # Connecting ------------------------------------------------------------------------------------------

    async def _connect_for_pool(self, *_: object, **options: Any) -> asyncpg.Connection[Any]:
        return await self._connect(_NOWHERE, **options)

    async def _connect(self, shown: _Place, **options: Any) -> asyncpg.Connection[Any]:
        """A new connection.

        Raises:
            StoreUnavailable: why there is none; the reason names what `shown` does.
        """
        try:
            async with asyncio.timeout(self._connect_seconds):
                return await self._connect_once_started(**options)
        except TimeoutError as error:
            seconds = f"{self._connect_seconds:g}"
            reason = Words(f"no answer within {seconds} seconds", f"{seconds} 秒内没有响应")
            raise self._unreachable(error, shown, reason) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            raise self._unreachable(error, shown, _reason(error)) from error

    async def _connect_once_started(self, **options: Any) -> asyncpg.Connection[Any]:
        while True:
            try:
                connection: asyncpg.Connection[Any] = await asyncpg.connect(
                    self._url, **options | {"server_settings": self._session(), "timeout": None}
                )
            except pg.CannotConnectNowError:
                await asyncio.sleep(0.1)  # It is starting, or recovering from a crash.
            else:
                return connection

    def _session(self) -> dict[str, str]:
        milliseconds = str(int(self._statement_seconds * 1000))
        return {
            "application_name": "teahouse",
            "search_path": SCHEMA,
            "statement_timeout": milliseconds,
            # Of a client that died without saying so; its locks would stay for hours.
            "idle_in_transaction_session_timeout": milliseconds,
            # Also where the server's own default is otherwise: a confirmed message survives a power cut.
            "synchronous_commit": "on",
        }

    # Migrating -------------------------------------------------------------------------------------------

    async def _migrate(self) -> None:
        from sqlalchemy import Connection, NullPool, text
        from sqlalchemy.exc import DBAPIError
        from sqlalchemy.ext.asyncio import create_async_engine

        def alone(connection: Connection) -> None:
            """Wait for other replicas, and do what they have not done. All of it or nothing."""
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                connection.execute(text(f"SET LOCAL {limit} = 0"))
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LONGEST_MIGRATION}'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            # Not IF NOT EXISTS: that asks for the right to make one, even where an administrator has.
            if connection.execute(text(f"SELECT to_regnamespace('{SCHEMA}')")).scalar() is None:
                connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
            schema.migrate(connection, self._migrations)

        async def connect() -> asyncpg.Connection[Any]:
            return await self._connect(self._place)

        engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(alone)
        except DBAPIError as error:
            # Within SQLAlchemy's error is its adapter's, and within that asyncpg's own.
            raise (error.orig and error.orig.__cause__) or error from error

    # Explaining ------------------------------------------------------------------------------------------

    def _explain(self, error: Exception, shown: _Place) -> StoreUnavailable:
        kind = next((kind for known, kind in _KINDS.items() if isinstance(error, known)), None)
        if kind is None and isinstance(error, _LOST):
            return StoreUnavailable(CONNECTION_LOST)
        if kind is None:
            reason = getattr(error, "sqlstate", None) or type(error).__name__
            return StoreUnavailable(SERVER_FAILED, reason=f"SQLSTATE {reason}")
        return self._unavailable(kind, shown)

    def _unreachable(self, error: Exception, shown: _Place, reason: Words) -> StoreUnavailable:
        if shown is _NOWHERE:
            log.error("PostgreSQL%s cannot be used: %s: %s", self._place.at, type(error).__name__, error)
        kind = next((kind for known, kind in _KINDS.items() if isinstance(error, known)), UNREACHABLE)
        return self._unavailable(kind, shown, reason=reason)

    def _unavailable(self, kind: Kind, shown: _Place, reason: Words | None = None) -> StoreUnavailable:
        return StoreUnavailable(
            kind,
            at=shown.at,
            user=shown.user,
            name=shown.name,
            connections=self._connections,
            seconds=self._statement_seconds,
            reason=reason,
        )


@dataclass(frozen=True)
class _Place:
    """What a URL names, as our sentences say it; never the password."""

    at: Words
    user: str
    name: str
    label: str = ""

    @classmethod
    def of(cls, url: str) -> _Place:
        """Of `postgresql://user:password@host:port/name?host=…`."""
        parts = urlsplit(url)
        signing_in, _, hosts = parts.netloc.rpartition("@")
        hosts = hosts or parse_qs(parts.query).get("host", ["localhost"])[0]
        user, name = unquote(signing_in.partition(":")[0]), unquote(parts.path.strip("/"))
        at = Words(f" at {hosts}", f"（{hosts}）")
        return cls(at, user and f" “{user}”", name and f" “{name}”", f"{hosts}/{name}")


_NOWHERE = _Place(Words("", ""), "", "")


async def _nothing_to_reset(_: object) -> None:
    pass


async def _revision(connection: asyncpg.Connection[Any]) -> str | None:
    if await connection.fetchval("SELECT to_regclass($1)", f"{SCHEMA}.alembic_version") is None:
        return None
    found = await connection.fetchval(f"SELECT version_num FROM {SCHEMA}.alembic_version")  # noqa: S608 - a constant
    return None if found is None else str(found)


async def _leaving_nothing(connection: Any, act: Callable[[Any], Awaitable[Result]]) -> Result:
    """Act. When the caller is cancelled, or out of patience, the server does not work on, holding locks."""
    try:
        return await act(connection)
    except (asyncio.CancelledError, TimeoutError):
        await _stop(connection)
        raise


async def _stop(connection: Any) -> None:
    """Roll back; a server that does not hear of it is left to find that the connection has gone."""
    try:
        async with asyncio.timeout(_LAST_WORD_SECONDS):
            # asyncpg has asked the server to cancel the statement; this waits until it has.
            await connection.execute("ROLLBACK")
    except (asyncpg.PostgresError, *_LOST):
        connection.terminate()
    except asyncio.CancelledError:
        connection.terminate()
        raise


@dataclass
class _Commit:
    """How a transaction begins, and whether its commit was sent and nobody has heard of it again."""

    begin: str = "BEGIN"
    under_way: bool = False


async def _transact(connection: Any, work: Work[Result], commit: _Commit) -> Result:
    await connection.execute(commit.begin)
    try:
        result = await run_async(work(), _executor(connection))
    except Exception:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    commit.under_way = True
    try:
        await connection.execute("COMMIT")
    except _LOST as error:
        raise OutcomeUnknown from error
    except asyncpg.PostgresError:
        commit.under_way = False  # The server says itself that it was refused.
        raise
    commit.under_way = False
    return result


def _executor(connection: Any) -> Callable[[Query], Awaitable[Rows]]:
    async def execute(query: Query) -> Rows:
        compiled = query.statement.compiled("postgresql")
        values = [_storable(value) for value in compiled.values(query.parameters)]
        if compiled.gives_rows:
            found = await connection.fetch(compiled.sql, *values)
            return Rows(found, len(found))
        # The server says what it did: "UPDATE 1", "INSERT 0 1".
        done = await connection.execute(compiled.sql, *values)
        return Rows((), int(done.rpartition(" ")[2]))

    return execute


def _storable(value: Any) -> Any:
    """PostgreSQL's text cannot hold U+0000. Bodies are JSON, where it is escaped; ids get its symbol instead."""
    return value.replace("\0", "\u2400") if isinstance(value, str) and "\0" in value else value


def _reason(error: Exception) -> Words:
    match error:
        case ConnectionRefusedError():
            return Words("the connection is refused", "连接被拒绝")
        case socket.gaierror():
            return Words("the host's name is not known", "无法解析主机名")
        case ssl.SSLCertVerificationError():
            return Words("its certificate is not trusted", "其证书不受信任")
        case OSError():
            # Several addresses of one host: asyncpg lists all refusals in one error without a number.
            refused = error.errno is None and "refused" in str(error)
            return _reason(ConnectionRefusedError()) if refused else reasons.of_system(error)
    said = str(error) or type(error).__name__
    return Words(said, said)
