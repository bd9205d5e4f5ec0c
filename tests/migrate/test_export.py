"""Hosted threads into a folder."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate.hosted import client, export, exported, unfinished
from teahouse.emulator import Emulator, Size
from teahouse.errors import Problem
from teahouse.migrate.export import Counts, Export, broken_files
from teahouse.migrate.folder import Folder, Reading

Emulate = Callable[..., Any]


def held(emulator: Emulator) -> dict[str, list[dict[str, Any]]]:
    """What an emulator has, by thread id: the thread and its items."""
    threads = emulator.chatkit._threads.values()
    return {
        thread.id: [thread.resource(), *(thread.item(index) for index in range(thread.length))] for thread in threads
    }


async def test_everything_is_exported_as_it_is(emulate: Emulate, tmp_path: Path) -> None:
    emulator = Emulator(size=Size(3, 4, 130))
    counts = await export(await emulate(emulator), tmp_path)
    assert (counts.threads, counts.items, counts.listed) == (12, 12 * 130, 12)
    found = exported(tmp_path)
    assert {thread_id: lines[:-1] for thread_id, lines in found.items()} == held(emulator)
    assert all(lines[-1]["items"] == 130 for lines in found.values())
    assert broken_files(Folder(tmp_path)) == []
    state = json.loads((tmp_path / "export.json").read_text())
    assert (state["threads"], state["items"], state["turn"]) == (12, 1560, 1)
    assert state["finished_at"]
    for path in Folder(tmp_path).files():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "scenario",
    ["flaky", "rate-limited, every=3, retry-after=0.01", "server-error, first=6", "cut, every=4", "dropped, every=4"],
)
async def test_failures_cost_time_and_not_data(emulate: Emulate, tmp_path: Path, scenario: str) -> None:
    emulator = Emulator(size=Size(5, 6, 7), scenario=scenario)
    emulator.conditions.numbers = {**emulator.conditions.numbers, "retry-after": 0.01}
    counts = await export(await emulate(emulator), tmp_path)
    assert {thread_id: lines[:-1] for thread_id, lines in exported(tmp_path).items()} == held(emulator)
    assert counts.waits > 0


async def test_an_interrupted_export_goes_on_where_it_was(emulate: Emulate, tmp_path: Path) -> None:
    """Cancelled in the middle of threads of several pages, again and again."""
    emulator = Emulator(size=Size(4, 5, 250))
    url = await emulate(emulator)
    asked: list[str] = []
    task: asyncio.Task[Counts] | None = None

    def note(method: str, path: str, *rest: object) -> None:
        asked.append(path)
        if task is not None and len(asked) == stop_at:
            task.cancel()

    emulator.recent.add = note  # type: ignore[method-assign]
    for stop_after in (9, 14, 23):
        stop_at = len(asked) + stop_after
        task = asyncio.create_task(export(url, tmp_path))
        with pytest.raises(asyncio.CancelledError):
            await task
    with unfinished(tmp_path)[0].open("ab") as file:
        file.write(b'{"id":"cthi_half')
    counts = await export(url, tmp_path)
    assert counts.threads == 20
    assert {thread_id: lines[:-1] for thread_id, lines in exported(tmp_path).items()} == held(emulator)
    assert not unfinished(tmp_path)
    pages = len([path for path in asked if path.endswith("/items")])
    assert pages < 20 * 3 + 3 * 8 + 1, "what was read is not read again, but for the pages that were under way"


async def test_a_second_export_brings_what_is_new_and_keeps_what_is_gone(emulate: Emulate, tmp_path: Path) -> None:
    emulator = Emulator(size=Size(2, 2, 3))
    url = await emulate(emulator)
    await export(url, tmp_path)
    first, second, *_ = emulator.chatkit._threads.values()
    before = held(emulator)
    emulator.chatkit.delete_thread(first.id)
    second.title = "Another title"
    second.written.append(second.item(0) | {"id": "cthi_new"})
    counts = await export(url, tmp_path)
    assert counts.threads == 3
    found = exported(tmp_path)
    assert found[first.id][:-1] == before[first.id]
    assert found[second.id][0]["title"] == "Another title"
    assert found[second.id][-2]["id"] == "cthi_new"
    assert found[second.id][-1]["turn"] == 2


async def test_threads_of_some_users_only(emulate: Emulate, tmp_path: Path) -> None:
    emulator = Emulator(size=Size(4, 3, 2))
    users = ["user_1", "客户3"]
    await export(await emulate(emulator), tmp_path, users=users)
    assert {lines[0]["user"] for lines in exported(tmp_path).values()} == set(users)
    assert len(exported(tmp_path)) == 6


async def test_a_comparison_finds_what_differs(emulate: Emulate, tmp_path: Path) -> None:
    emulator = Emulator(size=Size(1, 4, 3))
    url = await emulate(emulator)
    await export(url, tmp_path)
    folder = Folder(tmp_path)
    _, changed, missing, broken = emulator.chatkit._threads.values()
    async with client(url) as hosted:
        compared = Export(hosted, folder, base_url=url)
        assert not (await compared.compare()).found
        changed.title = "Another title"
        folder.place(missing.id).unlink()
        path = folder.place(broken.id)
        path.write_bytes(path.read_bytes().replace(b"output_text", b"output_tex7", 1))
        found = await compared.compare()
    assert (found.changed, found.missing, found.broken) == ([changed.id], [missing.id], [broken.id])
    assert found.threads == 4
    assert broken_files(folder) == [path.name]


@pytest.mark.parametrize(
    ("scenario", "kind", "reason"),
    [
        ("expired-key", "migration_refused", "Your API key has expired"),
        ("unsupported-region", "migration_refused", "Country, region, or territory not supported"),
        ("quota-exceeded", "migration_refused", "You exceeded your current quota"),
        ("gone", "migration_refused", "no longer available"),
        ("server-error", "migration_interrupted", "The server had an error"),
        ("dropped", "migration_interrupted", "Error"),
    ],
)
async def test_what_stops_an_export_is_told(
    emulate: Emulate, tmp_path: Path, scenario: str, kind: str, reason: str
) -> None:
    with pytest.raises(Problem) as caught:
        await export(await emulate(Emulator(scenario=scenario)), tmp_path)
    assert caught.value.kind.code == kind
    assert reason in caught.value.cause()


async def test_a_thread_deleted_meanwhile_is_counted(emulate: Emulate, tmp_path: Path) -> None:
    emulator = Emulator(size=Size(1, 40, 2))
    url = await emulate(emulator)
    last = list(emulator.chatkit._threads)[-1]

    def told(counts: Counts) -> None:
        if counts.threads == 1:
            emulator.chatkit._threads.pop(last)

    counts = await export(url, tmp_path, told=told)
    assert (counts.threads, counts.gone) == (39, 1)
    assert json.loads((tmp_path / "export.json").read_text())["gone"] == [last]
    assert not unfinished(tmp_path)


async def test_a_folder_of_something_else_is_left_alone(emulate: Emulate, tmp_path: Path) -> None:
    url = await emulate(Emulator())
    await export(url, tmp_path)
    for content, reason in (
        (url, "it holds an export from"),
        ('{"format": 2}', "a newer Teahouse wrote it"),
        ("tea", "its export.json cannot be read"),
    ):
        if content != url:
            (tmp_path / "export.json").write_text(content)
        with pytest.raises(Problem) as caught:
            await export(url if content != url else "http://elsewhere.example/v1", tmp_path)
        assert reason in caught.value.cause()
    other = Folder(tmp_path)
    other.open()
    try:
        with pytest.raises(Problem) as caught:
            Folder(tmp_path).open()
        assert "another export writes to it" in caught.value.cause()
    finally:
        other.close()


@pytest.mark.parametrize("thread_id", ["../../etc/passwd", "a/b", "", "x" * 500, "\ud800", "\0", "线程"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, thread_id: str) -> None:
    folder = Folder(tmp_path)
    folder.open()
    draft = folder.draft({"id": thread_id, "object": "chatkit.thread"})
    draft.add([{"id": "cthi_1", "text": "\ud800"}])
    draft.finish(1)
    folder.close()
    assert folder.place(thread_id).resolve().is_relative_to(tmp_path.resolve())
    [path] = folder.files()
    reading = Reading(path)
    assert reading.thread == {"id": thread_id, "object": "chatkit.thread"}
    assert list(reading.items()) == [{"id": "cthi_1", "text": "\ud800"}]
    assert reading.is_whole
