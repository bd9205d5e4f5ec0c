"""`teahouse db`: the database, looked at and upgraded by hand. (`teahouse serve` upgrades it, too.)

Exit codes: 0 all is well, 1 something was found that needs a hand, 2 the database cannot be used.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from teahouse import settings
from teahouse.cli import language
from teahouse.errors import Language
from teahouse.store import Database, checks, database_at, schema

SAID: dict[Language, dict[str, str]] = {
    "en": {
        "made": "{label}: made, schema {new}.",
        "upgraded": "{label}: upgraded from schema {old} to {new}.",
        "ran": "  ran {migration}",
        "backup": "  a copy from before: {backup}",
        "current": "{label}: schema {new} is the newest.",
        "none": "{label}: no schema yet. Run: teahouse db upgrade",
        "older": "{label}: schema {old}, the newest is {new}. Run: teahouse db upgrade",
        "newer": "{label}: schema {old} is a newer Teahouse's; this one knows up to {new}.",
        "well": "{label}: all is well.",
        "damage": "{label}: {damage}. Restore a backup, or save what is readable.",
        "orphans": "{label}: {count} rows of {table} belong to nothing. Restore a backup, or delete them.",
    },
    "zh": {
        "made": "{label}：已创建，结构版本 {new}。",
        "upgraded": "{label}：结构已从 {old} 升级到 {new}。",
        "ran": "  已执行 {migration}",
        "backup": "  升级前的副本：{backup}",
        "current": "{label}：结构 {new} 已是最新。",
        "none": "{label}：尚无表结构。请运行：teahouse db upgrade",
        "older": "{label}：结构为 {old}，最新为 {new}。请运行：teahouse db upgrade",
        "newer": "{label}：结构 {old} 来自更新版本的 Teahouse；当前版本最高支持 {new}。",
        "well": "{label}：一切正常。",
        "damage": "{label}：{damage}。请恢复备份，或取回可读的内容。",
        "orphans": "{label}：{table} 中有 {count} 行不属于任何线程或消息。请恢复备份，或删除这些行。",
    },
}


def upgrade(*, data: Path | None = None) -> None:
    """Bring the database's schema up to date. 升级数据库结构。

    Parameters
    ----------
    data
        Folder of the database (default ./data, or $TEAHOUSE_DATA). 数据目录。
    """
    asyncio.run(_upgrade(_database(data)))


def current(*, data: Path | None = None) -> None:
    """Show the engine and the schema's revision. 显示数据库类型与结构版本。

    Parameters
    ----------
    data
        Folder of the database (default ./data, or $TEAHOUSE_DATA). 数据目录。
    """
    database = _database(data)
    _judge(database, asyncio.run(database.revision()))


def check(*, data: Path | None = None) -> None:
    """Check connection, schema and contents. 检查连接、结构与内容。

    Parameters
    ----------
    data
        Folder of the database (default ./data, or $TEAHOUSE_DATA). 数据目录。
    """
    sys.exit(asyncio.run(_check(_database(data))))


def _database(data: Path | None) -> Database:
    chosen = settings.load({"data": data})
    return database_at(chosen.database, chosen.data, patient=True)


async def _upgrade(database: Database) -> None:
    old = await database.revision()
    backup = await database.upgrade()
    new = schema.known()[-1]
    if old == new:
        _say("current", database, new=new)
        return
    _say("made" if old is None else "upgraded", database, old=old, new=new)
    for migration in schema.files():
        if old is None or migration.name.partition("_")[0] > old:
            _say("ran", database, migration=migration.stem)
    if backup is not None:
        _say("backup", database, backup=backup)


def _judge(database: Database, found: str | None) -> bool:
    """Say how the schema that was found stands; whether it is the newest."""
    newest = schema.known()[-1]
    if found is None:
        _say("none", database)
    elif found == newest:
        _say("current", database, new=newest)
    else:
        _say("older" if found in schema.known() else "newer", database, old=found, new=newest)
    return found == newest


async def _check(database: Database) -> int:
    if not _judge(database, await database.revision()):
        return 1
    await database.open()
    try:
        damages, orphans = await checks.damages(database), await checks.orphans(database)
    finally:
        await database.close()
    for damage in damages:
        _say("damage", database, damage=damage)
    for table, count in orphans.items():
        _say("orphans", database, table=table, count=count)
    if damages or orphans:
        return 1
    _say("well", database)
    return 0


def _say(what: str, database: Database, **details: object) -> None:
    sys.stdout.write(SAID[language()][what].format(label=database.label, **details) + "\n")
