"""Whatever happens, in whatever order: the store agrees with a dozen lines of dictionaries."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from chatkit.store import NotFoundError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from teahouse.protocol import Context
from teahouse.store import Database, SqlStore

from .conftest import emptied
from .things import ALICE, BOB, answer, attachment, ids, question, text_of, thread

CONTEXTS = st.sampled_from([ALICE, BOB])
THREADS = st.sampled_from(["thr_1", "thr_2", "thr_3"])
ITEMS = st.sampled_from([f"msg_{number}" for number in range(6)])
MINUTES = st.integers(-3, 3)
TEXTS = st.text(max_size=5)
LIMITS = st.sampled_from([None, 0, 1, 2, 3, 100])
ORDERS = st.sampled_from(["asc", "desc"])


class Model:
    """A thread is its owner, its title, the minute of its last activity, and its items' texts in order."""

    def __init__(self) -> None:
        self.threads: dict[str, dict[str, Any]] = {}

    def own(self, context: Context, name: str) -> dict[str, Any]:
        found = self.threads.get(name)
        if found is None or found["owner"] != context.visitor.id:
            raise NotFoundError(name)
        return found

    def save_thread(self, context: Context, name: str, title: str, minute: int) -> None:
        new = {"owner": context.visitor.id, "active": minute, "items": {}}
        self.threads.setdefault(name, new)
        self.own(context, name)["title"] = title

    def add(self, context: Context, name: str, item: str, text: str, minute: int) -> None:
        found = self.own(context, name)
        found["items"].pop(item, None)
        found["items"][item] = text
        found["active"] = max(found["active"], minute)

    def history(self, context: Context) -> list[str]:
        own = [name for name, found in self.threads.items() if found["owner"] == context.visitor.id]
        return sorted(own, key=lambda name: (self.threads[name]["active"], name))


def page_of(names: list[str], limit: int | None, after: str | None, order: str) -> tuple[list[str], bool]:
    ordered = names if order == "asc" else names[::-1]
    if after is not None:
        if after not in ordered:
            raise NotFoundError(after)
        ordered = ordered[ordered.index(after) + 1 :]
    size = 20 if limit is None else max(1, limit)
    return ordered[:size], len(ordered) > size


class StoreMachine(RuleBasedStateMachine):
    def __init__(self, database: Database) -> None:
        super().__init__()
        self.model = Model()
        self.runner = asyncio.Runner()
        self.store = SqlStore(database)
        self.runner.run(self.store.open())
        self.runner.run(database.write(emptied))

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()

    def same(self, expected: Any, call: Coroutine[Any, Any, Any]) -> Any:
        """Run `call`; `expected` is a function of the model. Both find what they want, or neither does."""
        try:
            wanted = expected()
        except NotFoundError:
            with pytest.raises(NotFoundError):
                self.runner.run(call)
            return None, None
        return wanted, self.runner.run(call)

    @rule(context=CONTEXTS, name=THREADS, title=TEXTS, minute=MINUTES)
    def save_thread(self, context: Context, name: str, title: str, minute: int) -> None:
        self.same(
            lambda: self.model.save_thread(context, name, title, minute),
            self.store.save_thread(thread(name, title=title, minute=minute), context),
        )

    @rule(context=CONTEXTS, name=THREADS, item=ITEMS, text=TEXTS, minute=MINUTES)
    def add_thread_item(self, context: Context, name: str, item: str, text: str, minute: int) -> None:
        self.same(
            lambda: self.model.add(context, name, item, text, minute),
            self.store.add_thread_item(name, answer(item, text, minute=minute), context),
        )

    @rule(context=CONTEXTS, name=THREADS, item=ITEMS, text=TEXTS)
    def save_item(self, context: Context, name: str, item: str, text: str) -> None:
        self.same(
            lambda: self.model.own(context, name)["items"].update({item: text}),
            self.store.save_item(name, answer(item, text), context),
        )

    @rule(context=CONTEXTS, name=THREADS, new=st.booleans(), minute=MINUTES)
    def begin_turn_in_which_the_message_carries_a_file(
        self, context: Context, name: str, new: bool, minute: int
    ) -> None:
        def expected() -> None:
            if new:
                self.model.save_thread(context, name, "", minute)
            self.model.add(context, name, "msg_0", "?", minute)

        file = attachment(f"atc_{context.visitor.id}")
        message = question("msg_0", "?", minute=minute).model_copy(update={"attachments": [file]})
        opened = thread(name, title="", minute=minute)
        self.same(expected, self.store.begin_turn(opened, message, context, new=new))

    @rule(context=CONTEXTS, name=THREADS, item=ITEMS)
    def delete_thread_item(self, context: Context, name: str, item: str) -> None:
        self.same(
            lambda: self.model.own(context, name)["items"].pop(item, None),
            self.store.delete_thread_item(name, item, context),
        )

    @rule(context=CONTEXTS, name=THREADS, item=ITEMS)
    def begin_again(self, context: Context, name: str, item: str) -> None:
        def expected() -> list[str]:
            items = self.model.own(context, name)["items"]
            later, _ = page_of(list(items), 100, item, "asc")
            for each in later:
                del items[each]
            return later

        wanted, got = self.same(expected, self.store.begin_again(name, item, context))
        assert got == wanted

    @rule(context=CONTEXTS, name=THREADS)
    def delete_thread(self, context: Context, name: str) -> None:
        self.same(
            lambda: self.model.own(context, name) and self.model.threads.pop(name),
            self.store.delete_thread(name, context),
        )

    @rule(context=CONTEXTS, limit=LIMITS, order=ORDERS, after=st.none() | THREADS)
    def load_threads(self, context: Context, limit: int | None, order: str, after: str | None) -> None:
        wanted, got = self.same(
            lambda: page_of(self.model.history(context), limit, after, order),
            self.store.load_threads(limit, after, order, context),
        )
        assert wanted is None or (ids(got.data), got.has_more) == wanted

    @rule(context=CONTEXTS, name=THREADS, limit=LIMITS, order=ORDERS, after=st.none() | ITEMS)
    def load_thread_items(self, context: Context, name: str, limit: int | None, order: str, after: str | None) -> None:
        wanted, got = self.same(
            lambda: page_of(list(self.model.own(context, name)["items"]), limit, after, order),
            self.store.load_thread_items(name, after, limit, order, context),
        )
        assert wanted is None or (ids(got.data), got.has_more) == wanted

    @rule(context=CONTEXTS, name=THREADS, limit=LIMITS)
    def thread_and_items(self, context: Context, name: str, limit: int | None) -> None:
        wanted, got = self.same(
            lambda: page_of(list(self.model.own(context, name)["items"]), limit, None, "desc"),
            self.store.thread_and_items(name, limit, context),
        )
        assert wanted is None or (ids(got.items.data)[::-1], got.items.has_more) == wanted

    @invariant()
    def everything_is_there(self) -> None:
        for context in (ALICE, BOB):
            page = self.runner.run(self.store.load_threads(100, None, "asc", context))
            assert ids(page.data) == self.model.history(context)
            for found in page.data:
                expected = self.model.threads[found.id]
                assert found.title == expected["title"]
                items = self.runner.run(self.store.load_thread_items(found.id, None, 100, "asc", context))
                texts = {item.id: "?" if item.type == "user_message" else text_of(item) for item in items.data}
                assert list(texts.items()) == list(expected["items"].items())


def test_the_store_agrees_with_a_model(closed: Database) -> None:
    run_state_machine_as_test(
        lambda: StoreMachine(closed),
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
