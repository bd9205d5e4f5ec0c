"""Exports into the store."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from chatkit.types import (
    AssistantMessageItem,
    ClientToolCallItem,
    HiddenContextItem,
    LockedStatus,
    TaskItem,
    UserMessageItem,
    WidgetItem,
    WorkflowItem,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.hosted import export
from postgres_server import PostgresServer
from teahouse.emulator import Emulator, Size
from teahouse.errors import Problem
from teahouse.migrate.bring import Import, Report, visitors_in
from teahouse.migrate.carry import LOSSES, Losses, item_of, thread_of
from teahouse.migrate.folder import Folder
from teahouse.protocol import Context, Visitor
from teahouse.store import SqliteDatabase, SqlStore
from teahouse.store.records import dump_item, dump_thread

Emulate = Callable[..., Any]


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SqlStore]:
    async with SqlStore(SqliteDatabase(path)) as store:
        yield store


def written(path: Path, threads: list[list[dict[str, Any]]], *, seal: bool = True) -> Folder:
    """An export with these threads; each is the thread's own object, then its items."""
    folder = Folder(path)
    folder.open()
    for thread, *items in threads:
        draft = folder.draft(thread)
        draft.add(items)
        if seal:
            draft.finish(1)
        else:
            draft._path.replace(draft._place)
    folder.close()
    return folder


def thread(thread_id: str = "cthr_1", user: str = "ada", **fields: Any) -> dict[str, Any]:
    base = {"object": "chatkit.thread", "created_at": 1_760_000_000, "title": "Tea", "status": {"type": "active"}}
    return {"id": thread_id, "user": user, **base} | fields


def item(kind: str, item_id: str = "cthi_1", **fields: Any) -> dict[str, Any]:
    base = {"object": "chatkit.thread_item", "created_at": 1_760_000_001, "thread_id": "cthr_1"}
    return {"id": item_id, "type": f"chatkit.{kind}", **base} | fields


def said(text: str, item_id: str = "cthi_1") -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return item("assistant_message", item_id, content=content)


def deep(levels: int) -> Any:
    value: Any = "tea"
    for _ in range(levels):
        value = [value]
    return [{"type": "output_text", "text": "tea", "annotations": [], "more": value}]


async def test_hosted_threads_become_the_visitors_own(emulate: Emulate, tmp_path: Path) -> None:
    emulator = Emulator(size=Size(3, 4, 22))
    await export(await emulate(emulator), tmp_path / "hosted")
    async with opened(tmp_path / "tea.db") as store:
        work = Import(Folder(tmp_path / "hosted"), store, visitors={"user_1": "vis_1"})
        report = await work.run()
        assert (report.threads, report.items, report.already, report.is_clean) == (12, 264, 0, True)
        assert set(report.kinds) == {
            "user_message", "assistant_message", "workflow", "client_tool_call", "widget", "task"
        }  # fmt: skip
        assert report.lost.keys() == {"file"}
        assert report.visitors == {"vis_1", "device-00000002", "客户3"}
        assert await work.verify() == []

        context = Context(Visitor("vis_1"))
        page = await store.load_threads(10, None, "desc", context)
        hosted = [known for known in emulator.chatkit._threads.values() if known.user == "user_1"]
        assert [(kept.id, kept.title) for kept in page.data] == [(known.id, known.title) for known in hosted[::-1]]
        for kept, known in zip(page.data, hosted[::-1], strict=True):
            assert kept.created_at.timestamp() == known.created_at
            assert kept.status.type == known.status["type"]
            items = (await store.load_thread_items(kept.id, None, 100, "asc", context)).data
            assert [(entry.id, entry.created_at.timestamp()) for entry in items] == [
                (known.item(index)["id"], known.item(index)["created_at"]) for index in range(known.length)
            ]
        assert (await store.load_threads(10, None, "desc", Context(Visitor("user_1")))).data == []
        assert (await Import(Folder(tmp_path / "hosted"), store, visitors={"user_1": "vis_1"}).run()).already == 12


def test_every_kind_says_what_it_said() -> None:
    losses = Losses()

    def carried(hosted: dict[str, Any]) -> Any:
        return item_of(hosted, "cthr_1", losses)

    message = carried(
        item(
            "user_message",
            content=[{"type": "quoted_text", "text": "earlier"}, {"type": "input_text", "text": "Why?"}],
            attachments=[{"type": "image", "id": "f1", "name": "a.png", "mime_type": "image/png", "preview_url": "x"}],
            inference_options={"tool_choice": {"id": "search"}, "model": "gpt-5"},
        )
    )
    assert isinstance(message, UserMessageItem)
    assert (message.quoted_text, message.content[0].text) == ("earlier", "Why?")
    assert message.inference_options.tool_choice is not None
    assert (message.inference_options.tool_choice.id, message.inference_options.model) == ("search", "gpt-5")
    [attachment] = message.attachments
    assert (attachment.name, attachment.mime_type) == ("a.png", "image/png")
    assert attachment.metadata == {"hosted": {"type": "image", "preview_url": "x"}}
    annotations = [
        {"type": "file", "source": {"type": "file", "filename": "a.pdf"}},
        {"type": "url", "source": {"type": "url", "url": "https://tea.example"}},
    ]
    answer = carried(
        item("assistant_message", content=[{"type": "output_text", "text": "Because.", "annotations": annotations}])
    )
    assert isinstance(answer, AssistantMessageItem)
    assert [entry.source.type for entry in answer.content[0].annotations] == ["file", "url"]
    call = carried(
        item("client_tool_call", status="in_progress", call_id="c", name="open", arguments='{"a": 1}', output=None)
    )
    assert isinstance(call, ClientToolCallItem)
    assert (call.status, call.arguments, call.output) == ("pending", {"a": 1}, None)
    call = carried(
        item("client_tool_call", status="completed", call_id="c", name="open", arguments="{}", output="done")
    )
    assert (call.status, call.output) == ("completed", "done")
    widget = carried(item("widget", widget='{"type": "Card", "children": [{"type": "Text", "value": "Tea"}]}'))
    assert isinstance(widget, WidgetItem)
    assert widget.widget.type == "Card"
    task = carried(item("task", task_type="thought", heading=None, summary="Hm"))
    assert isinstance(task, TaskItem)
    assert (task.task.type, task.task.content) == ("thought", "Hm")
    group = [{"type": "thought", "heading": "a", "summary": None}, {"type": "custom", "heading": None, "summary": "b"}]
    workflow = carried(item("task_group", tasks=group))
    assert isinstance(workflow, WorkflowItem)
    assert (workflow.workflow.type, len(workflow.workflow.tasks)) == ("custom", 2)
    assert carried(item("task_group", tasks=group[:1])).workflow.type == "reasoning"
    assert losses.counts == {"file": 1}
    status = thread_of(thread(status={"type": "locked", "reason": "busy"}), losses).status
    assert status == LockedStatus(reason="busy")


@pytest.mark.parametrize(
    ("hosted", "loss"),
    [
        (item("hologram", projection="tea"), "unknown"),
        (item("widget", widget="<div>"), "widget"),
        (item("widget", widget='{"type": "Carpet"}'), "widget"),
        (item("user_message", content="tea"), "unreadable"),
        (item("assistant_message", content=[{"type": "output_text"}]), "unreadable"),
        (item("client_tool_call", status="lost", call_id="c", name="n", arguments="{}", output=None), "unreadable"),
        (said("\ud800"), "text"),
        (item("assistant_message", content=deep(400)), "deep"),
        (said("tea", "../cthi"), "id"),
        (said("tea") | {"created_at": "yesterday"}, "time"),
        (
            item("client_tool_call", status="completed", call_id="c", name="n", arguments="[1]", output=None),
            "arguments",
        ),
    ],
)
def test_what_has_no_counterpart_is_kept_and_named(hosted: dict[str, Any], loss: str) -> None:
    losses = Losses()
    carried = item_of(hosted, "cthr_1", losses)
    assert losses.counts == {loss: 1}
    assert LOSSES[loss].zh
    if loss in ("unknown", "widget", "unreadable"):
        assert isinstance(carried, HiddenContextItem)
        assert carried.content == hosted
    dump_item(carried)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(["user_message", "assistant_message", "widget", "client_tool_call", "task", "task_group", "x"])
FIELDS = st.sampled_from(
    "id created_at content attachments inference_options widget status arguments output call_id task_type tasks".split()
)


@given(kind=KINDS, fields=st.dictionaries(FIELDS, JSON, max_size=8))
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_an_item_that_can_be_stored(kind: str, fields: dict[str, Any]) -> None:
    carried = item_of({"id": "cthi_1", "type": f"chatkit.{kind}"} | fields, "cthr_1", Losses())
    dump_item(carried)
    dump_thread(thread_of({"id": "cthr_1"} | fields, Losses()))


async def test_an_import_that_is_killed_goes_on(tmp_path: Path) -> None:
    """Long threads are brought in several transactions; the process may end between any two."""
    threads = [[thread(f"cthr_{n}"), *(said(f"{n}.{i}", f"cthi_{i}") for i in range(450))] for n in range(3)]
    folder = written(tmp_path / "hosted", threads)
    context = Context(Visitor("ada"))
    async with opened(tmp_path / "tea.db") as store:
        for stop_after in range(1, 9):
            bring, calls = store.bring, 0

            async def dying(*arguments: Any, stop_after: int = stop_after, bring: Any = bring) -> None:
                nonlocal calls
                calls += 1
                if calls > stop_after % 4:
                    raise KeyboardInterrupt
                await bring(*arguments)

            store.bring = dying  # type: ignore[method-assign]
            with pytest.raises(KeyboardInterrupt):
                await Import(folder, store).run()
            store.bring = bring  # type: ignore[method-assign]
        work = Import(folder, store)
        report = await work.run()
        assert (report.threads + report.already, report.items) == (3, 1350)
        assert await work.verify() == []
        for n in range(3):
            first = await store.load_thread_items(f"cthr_{n}", None, 100, "asc", context)
            assert [entry.id for entry in first.data] == [f"cthi_{i}" for i in range(100)]
    with closing(sqlite3.connect(tmp_path / "tea.db")) as database:
        assert database.execute("SELECT count(*) FROM items").fetchone() == (1350,)


async def test_what_the_visitor_did_meanwhile_stays(tmp_path: Path) -> None:
    folder = written(tmp_path / "hosted", [[thread(), said("one", "cthi_1")]])
    context = Context(Visitor("ada"))
    async with opened(tmp_path / "tea.db") as store:
        await Import(folder, store).run()
        mine = await store.load_thread("cthr_1", context)
        await store.save_thread(mine.model_copy(update={"title": "My tea"}), context)
        added = item_of(said("mine", "msg_1"), "cthr_1", Losses())
        await store.add_thread_item("cthr_1", added, context)
        assert (await Import(folder, store).run()).already == 1
        assert (await store.load_thread("cthr_1", context)).title == "My tea"
        # The hosted thread went on, too.
        folder = written(tmp_path / "hosted", [[thread(), said("one", "cthi_1"), said("two", "cthi_2")]])
        work = Import(folder, store)
        await work.run()
        assert await work.verify() == []
        items = (await store.load_thread_items("cthr_1", None, 10, "asc", context)).data
        assert [entry.id for entry in items] == ["cthi_1", "msg_1", "cthi_2"]


async def test_damage_is_told_and_the_rest_is_brought(tmp_path: Path) -> None:
    folder = written(tmp_path / "hosted", [[thread("cthr_1"), said("a", "1"), said("b", "2"), said("b", "2")]])
    written(tmp_path / "hosted", [[thread("cthr_2", "bob"), said("c")]], seal=False)
    path = written(tmp_path / "hosted", [[thread("cthr_3"), said("d"), said("e", "cthi_2")]]).place("cthr_3")
    path.write_bytes(path.read_bytes().replace(b'"id":"cthi_2"', b'"ix":"cthi_2"'))
    (path.parent / "other.jsonl").write_text('{"tea": 1}\n')
    async with opened(tmp_path / "tea.db") as store:
        await store.bring(thread_of(thread("cthr_1"), Losses()), [], Context(Visitor("mallory")))
        report = await Import(folder, store).run()
    assert sorted(report.damaged) == ["cthr_2.jsonl", "cthr_3.jsonl"]
    assert {name for name, _ in report.failed} == {"cthr_1", "other.jsonl"}
    assert {name: count for name, (count, _) in report.lost.items()} == {"line": 1}
    assert report.threads == 2
    assert not report.is_clean


async def test_a_repeated_item_is_there_once(tmp_path: Path) -> None:
    folder = written(tmp_path / "hosted", [[thread(), said("a", "1"), said("b", "2"), said("c", "1")]])
    async with opened(tmp_path / "tea.db") as store:
        work = Import(folder, store)
        report = await work.run()
        assert (report.items, report.lost["repeated"][0]) == (2, 1)
        assert await work.verify() == []


async def test_a_verification_sees_what_is_not_as_it_was(tmp_path: Path) -> None:
    threads = [[thread(f"cthr_{n}"), said("a", "1"), said("b", "2")] for n in range(4)]
    folder = written(tmp_path / "hosted", threads)
    context = Context(Visitor("ada"))
    async with opened(tmp_path / "tea.db") as store:
        work = Import(folder, store)
        await work.run()
        await store.delete_thread_item("cthr_0", "2", context)
        await store.save_item("cthr_1", item_of(said("tampered", "1"), "cthr_1", Losses()), context)
        await store.add_thread_item("cthr_2", item_of(said("a", "1"), "cthr_2", Losses()), context)
        assert sorted(await work.verify()) == ["cthr_0", "cthr_1", "cthr_2"]


async def test_a_dry_run_writes_nothing_and_says_what_would_be_lost(tmp_path: Path) -> None:
    folder = written(tmp_path / "hosted", [[thread(), item("hologram"), said("a", "2")]])
    report = await Import(folder, None).run()
    assert (report.threads, report.items, Counter(report.lost)["unknown"]) == (1, 2, (1, ["cthr_1"]))


async def test_it_is_the_same_on_postgresql(tmp_path: Path, postgres: PostgresServer) -> None:
    from teahouse.store.postgres import PostgresDatabase

    postgres.sql("CREATE DATABASE brought")
    nul = "客户\0"
    folder = written(tmp_path / "hosted", [[thread(user=nul, title="a\0b"), said("\0 \ud800 🫖", "1")]])
    async with SqlStore(PostgresDatabase(postgres.url("brought"))) as store:
        work = Import(folder, store)
        assert (await work.run()).is_clean
        assert await work.verify() == []
        assert (await Import(folder, store).run()).already == 1
        kept = await store.load_thread("cthr_1", Context(Visitor("客户")))
        assert kept.title == "a\0b"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"ada,1\n", "its first line has to be: user,visitor"),
        (b"", "its first line has to be"),
        (b"user,visitor\nada\n", "line 2 is not one user"),
        (b"user,visitor\nada,1\nada,2\n", "line 3 is not one user"),
        (b"user,visitor\nada,\n", "line 2"),
        (b"user,visitor\n\xff,1\n", "it is not CSV in UTF-8"),
        (b'user,visitor\n"a"x,1\n', "it is not CSV in UTF-8"),
        (None, "it does not exist"),
    ],
)
def test_a_table_of_users_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "users.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Problem) as caught:
        visitors_in(path)
    assert reason in caught.value.cause()


def test_a_table_of_users(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text('\ufeffuser,visitor\r\n客户3,vis_3\r\n"a,b",vis_4\r\n\r\n', encoding="utf-8")
    assert visitors_in(path) == {"客户3": "vis_3", "a,b": "vis_4"}


def test_reports_name_only_some_examples() -> None:
    report = Report()
    for n in range(5):
        report.note(f"cthr_{n}", Losses({"file": 2}))
    assert report.lost == {"file": (10, ["cthr_0", "cthr_1", "cthr_2"])}
    assert json.dumps(report.lost)
