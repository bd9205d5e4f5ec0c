"""The SQL of runs: who makes which answer, whether they are alive, and what they have written so far.

Unlike the other statements these name no owner: whoever may see a thread is asked before, and replicas look
after one another's runs.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Executable,
    and_,
    bindparam,
    delete,
    exists,
    false,
    literal,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from teahouse.store.queries import Statement
from teahouse.store.tables import items, replicas, run_frames, runs, threads


class _Clock(FunctionElement[int]):
    """Microseconds since 1970 by the database's own clock: those of replicas differ."""

    type = BigInteger()
    inherit_cache = True


@compiles(_Clock, "postgresql")
def _postgresql_clock(*_: object, **__: object) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"


@compiles(_Clock, "sqlite")
def _sqlite_clock(*_: object, **__: object) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


_RUN: BindParameter[str] = bindparam("run")
_THREAD: BindParameter[str] = bindparam("thread")
_PLACE: BindParameter[str] = bindparam("place")
_MICROSECONDS: BindParameter[int] = bindparam("microseconds", type_=BigInteger)

_GOES_ON = runs.c.state == "running"
_ALIVE = exists().where(replicas.c.id == runs.c.replica, replicas.c.alive_until > _Clock())
_RECORD = (
    runs.c.id,
    runs.c.thread_id,
    runs.c.owner,
    runs.c.replica,
    runs.c.state,
    runs.c.message_id,
    runs.c.digest,
    runs.c.stop_wanted,
)


def _claim(insert: Any) -> Executable:
    new = insert(runs).values(
        id=_RUN,
        thread_id=_THREAD,
        owner=bindparam("visitor"),
        replica=_PLACE,
        state=literal("running"),
        message_id=bindparam("message"),
        key=bindparam("request"),
        digest=bindparam("hashed"),
        stop_wanted=false(),
        ended_at=None,
    )
    done: Executable = new.on_conflict_do_nothing()
    return done


claim = Statement(_claim)

asked_before = Statement(
    select(*_RECORD).where(runs.c.owner == bindparam("visitor"), runs.c.key == bindparam("request"))
)

hold = Statement(select(runs.c.id).where(runs.c.id == _RUN, _GOES_ON).with_for_update(read=True))
"""No row if the run is not its owner's any more. Nobody ends it before this transaction does."""

release = Statement(delete(runs).where(runs.c.id == _RUN, _GOES_ON))

end = Statement(update(runs).where(runs.c.id == _RUN, _GOES_ON).values(state=bindparam("outcome"), ended_at=_Clock()))

interrupt = Statement(
    update(runs).where(runs.c.id == _RUN, _GOES_ON, ~_ALIVE).values(state="interrupted", ended_at=_Clock())
)

newest = Statement(select(*_RECORD).where(runs.c.thread_id == _THREAD).order_by(runs.c.id.desc()).limit(1))

find = Statement(select(*_RECORD).where(runs.c.id == _RUN))

want_stop = Statement(update(runs).where(runs.c.id == _RUN, _GOES_ON).values(stop_wanted=true()))


def _renew(insert: Any) -> Executable:
    new = insert(replicas).values(id=_PLACE, alive_until=_Clock() + _MICROSECONDS)
    done: Executable = new.on_conflict_do_update(
        index_elements=[replicas.c.id], set_={"alive_until": new.excluded.alive_until}
    )
    return done


renew = Statement(_renew)

of_replica = Statement(select(runs.c.id, runs.c.stop_wanted).where(runs.c.replica == _PLACE, _GOES_ON))

leave = Statement(delete(replicas).where(replicas.c.id == _PLACE))

orphans = Statement(select(*_RECORD).where(_GOES_ON, ~_ALIVE).limit(100))

forget_runs = Statement(
    # An interrupted answer says so for longer: its thread shows it.
    delete(runs).where(
        runs.c.ended_at < _Clock() - _MICROSECONDS,
        (runs.c.state != "interrupted") | (runs.c.ended_at < _Clock() - 30 * _MICROSECONDS),
    )
)

forget_replicas = Statement(
    delete(replicas).where(
        replicas.c.alive_until < _Clock() - _MICROSECONDS, ~exists().where(runs.c.replica == replicas.c.id, _GOES_ON)
    )
)

forget_frames = Statement(
    delete(run_frames).where(
        run_frames.c.run_id.in_(select(runs.c.id).where(runs.c.ended_at < _Clock() - _MICROSECONDS))
        | ~exists().where(runs.c.id == run_frames.c.run_id)
    )
)


def _keep_item(insert: Any) -> Executable:
    there = items.alias("there")
    position = (
        select(text("coalesce(max(there.position), 0) + 1")).select_from(there).where(there.c.thread_id == _THREAD)
    )
    owned = and_(threads.c.id == _THREAD, threads.c.owner == bindparam("visitor"))
    row = select(threads.c.id, position.scalar_subquery(), bindparam("item"), bindparam("json")).where(owned)
    new = insert(items).from_select(["thread_id", "position", "id", "body"], row)
    done: Executable = new.on_conflict_do_nothing(index_elements=[items.c.thread_id, items.c.id])
    return done


keep_item = Statement(_keep_item)
"""Add an item unless it is there."""

# Frames (PostgreSQL alone) -----------------------------------------------------------------------------

CLOSING = 2**62
"""The number of the row that ends a run's frames."""

append_frames = Statement(
    text("""
    WITH batch AS (
        SELECT * FROM unnest(CAST(:runs AS varchar[]), CAST(:afters AS bigint[]), CAST(:lasts AS bigint[]),
                             CAST(:pieces AS bytea[])) AS b (run_id, after, last, frames)
    ), written AS (
        INSERT INTO run_frames (run_id, last, frames)
        SELECT b.run_id, b.last, b.frames FROM batch b JOIN runs r ON r.id = b.run_id AND r.state <> 'interrupted'
        WHERE b.after = coalesce((SELECT max(f.last) FROM run_frames f WHERE f.run_id = b.run_id), 0)
        RETURNING run_id
    ), told AS (
        SELECT pg_notify('teahouse', run_id) FROM written
    )
    SELECT b.run_id,
           CASE WHEN r.id IS NULL THEN -1
                ELSE coalesce((SELECT max(f.last) FROM run_frames f WHERE f.run_id = b.run_id), 0) END AS top,
           (SELECT count(*) FROM told) AS told
    FROM batch b LEFT JOIN runs r ON r.id = b.run_id AND r.state <> 'interrupted'
    WHERE b.run_id NOT IN (SELECT run_id FROM written)
    UNION ALL
    SELECT '', 0, (SELECT count(*) FROM told)
    """)
)
"""Those that were not appended, and where their frames end; a row without an id makes sure that all is done."""

read_frames = Statement(
    select(run_frames.c.last, run_frames.c.frames)
    .where(run_frames.c.run_id == _RUN, run_frames.c.last > bindparam("count", type_=BigInteger))
    .order_by(run_frames.c.last)
    .limit(100)
)

close_frames = Statement(
    text("""
    INSERT INTO run_frames (run_id, last, frames)
    SELECT run_id, 4611686018427387904, '' FROM unnest(CAST(:runs AS varchar[])) AS c (run_id) ON CONFLICT DO NOTHING
    RETURNING 1
    """)
)

tell = Statement(text("SELECT pg_notify('teahouse', word) FROM unnest(CAST(:words AS varchar[])) AS w (word)"))
