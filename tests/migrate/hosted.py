"""Exports under test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from teahouse.migrate.export import Counts, Export
from teahouse.migrate.folder import Folder
from teahouse.migrate.hosted import HostedChatKit

Json = dict[str, Any]


def client(url: str, **options: Any) -> HostedChatKit:
    """A client that does not wait for long."""
    return HostedChatKit("any", base_url=url, **{"first_wait": 0.001} | options)


async def export(url: str, path: Path, **options: Any) -> Counts:
    """Everything at `url`, into a folder."""
    folder = Folder(path)
    folder.open()
    try:
        async with client(url) as hosted:
            return await Export(hosted, folder, base_url=url, **options).run()
    finally:
        folder.close()


def exported(path: Path) -> dict[str, list[Json]]:
    """What the finished files hold, by thread id: the thread, its items, the seal."""
    found = {}
    for file in Folder(path).files():
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        found[lines[0]["id"]] = lines
    return found


def unfinished(path: Path) -> list[Path]:
    """The files of threads that are not whole yet."""
    return sorted(path.rglob("*.part"))
