"""Threads as hosted ChatKit holds them, made from numbers: the same size gives the same threads, on any machine.

A thread's items are made when they are asked for, so that a platform of 400,000 items needs no memory for them.
Shapes are those of the OpenAPI document (`ThreadResource`, `ThreadItem`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Any

Json = dict[str, Any]

BEGUN = 1_759_740_000
"""When the first thread was opened: 2025-10-06, the day of ChatKit's release."""


@dataclass(frozen=True)
class Size:
    """How much there is.

    Attributes:
        users: how many people have threads.
        threads: how many each of them has.
        items: how many each thread has; None for 2 to 14, as it comes.
    """

    users: int = 3
    threads: int = 4
    items: int | None = None


@dataclass
class Thread:
    """One thread.

    Attributes:
        id: `cthr_…`.
        user: whose it is.
        created_at: Unix seconds.
        title: None until there is one.
        status: `{"type": "active"}` or another of the three.
        count: how many items it was made with.
        written: items that came later.
    """

    id: str
    user: str
    created_at: int
    title: str | None
    status: Json
    count: int = 0
    written: list[Json] = field(default_factory=list)

    def resource(self) -> Json:
        """The thread as the API gives it."""
        return {
            "id": self.id,
            "object": "chatkit.thread",
            "created_at": self.created_at,
            "title": self.title,
            "status": self.status,
            "user": self.user,
        }

    @property
    def length(self) -> int:
        """How many items there are."""
        return self.count + len(self.written)

    def item(self, index: int) -> Json:
        """The item at `index`, oldest first."""
        return self.written[index - self.count] if index >= self.count else _item(self, index)

    def index_of(self, item_id: str) -> int | None:
        """Where an item is; None when it is not in this thread."""
        for index, item in enumerate(self.written, self.count):
            if item["id"] == item_id:
                return index
        tail = item_id[-6:]
        index = int(tail, 16) if len(tail) == 6 and set(tail) <= set("0123456789abcdef") else self.count
        return index if index < self.count and item_id == _item_id(self, index) else None


def make(size: Size) -> list[Thread]:
    """All threads, oldest first. Two people write in turns, as on a site with visitors."""
    return [
        _thread(size, person, number, number * size.users + person)
        for number in range(size.threads)
        for person in range(size.users)
    ]


def user_name(person: int) -> str:
    """The id that a site gave its user: each site has its own kind."""
    kinds = ("user_{}", "device-{:08x}", "客户{}", "{}@shop.example")
    return kinds[person % len(kinds)].format(person + 1)


def _thread(size: Size, person: int, number: int, place: int) -> Thread:
    dice = _number("thread", person, number)
    topic = _TOPICS[dice % len(_TOPICS)]
    statuses: tuple[Json, ...] = (
        {"type": "locked", "reason": "A person from our team has taken over."},
        {"type": "closed", "reason": None},
    )
    return Thread(
        id=f"cthr_{_digits('thread', person, number)}",
        user=user_name(person),
        created_at=BEGUN + place * 97,
        title=None if dice % 11 == 3 else topic[0],
        status=statuses[dice % 2] if dice % 13 == 5 else {"type": "active"},
        count=2 + dice % 13 if size.items is None else size.items,
    )


def _item(thread: Thread, index: int) -> Json:
    kind, make_body = _CYCLE[index % len(_CYCLE)]
    return {
        "id": _item_id(thread, index),
        "object": "chatkit.thread_item",
        # Several within a second, as they come: only their order tells which was first.
        "created_at": thread.created_at + index // 2,
        "thread_id": thread.id,
        "type": f"chatkit.{kind}",
        **make_body(_number(thread.id, index), index),
    }


def _item_id(thread: Thread, index: int) -> str:
    return f"cthi_{_digits(thread.id)[:26]}{index:06x}"


def _digits(*what: object) -> str:
    return blake2s(repr(what).encode(), digest_size=16).hexdigest()


def _number(*what: object) -> int:
    return int(_digits(*what)[:8], 16)


# What is said -----------------------------------------------------------------------------------------

_TOPICS = (
    ("Late order", "Where is my order 4411? It should have been here on Monday.", "It left our house on **Tuesday**."),
    ("Opening hours", "Are you open on Sundays?", "Yes, from 10 to 16. On weekdays from 9 to 19."),
    ("乌龙茶怎么泡", "乌龙茶用多少度的水？", "95 ℃ 左右，第一泡 30 秒即可。\n\n1. 温杯\n2. 投茶 7 克\n3. 注水"),
    (
        "Rückgabe",
        "Kann ich die Kanne zurückgeben? Sie hat einen Sprung 😟",
        "Selbstverständlich, innerhalb von 30 Tagen.",
    ),
    ("شاي بالنعناع", "كم ملعقة من الشاي الأخضر لكل كوب؟", "ملعقة واحدة لكل كوب، ودقيقتان من النقع."),
    (
        "Code for the API",
        "How do I list orders in Python?",
        "```python\nfor order in shop.orders():\n    print(order)\n```",
    ),
    ("お茶の種類", "煎茶と番茶の違いは？", "収穫の時期が違います。煎茶は春、番茶はその後です。"),
    ("Prices", "What is $5 + 8\\% in a table?", "| net | gross |\n|---|---|\n| $5.00 | $5.40 |"),
)


def _user_message(dice: int, index: int) -> Json:
    text = _TOPICS[dice % len(_TOPICS)][1]
    options: Json | None = None
    if dice % 3 == 0:
        options = {"tool_choice": {"id": "search_orders"} if dice % 2 else None, "model": "gpt-5-mini"}
    return {"content": [{"type": "input_text", "text": text}], "attachments": [], "inference_options": options}


def _with_files(dice: int, index: int) -> Json:
    name = _digits(dice, index)[:12]
    image: Json = {
        "type": "image",
        "id": f"cfile_{name}a",
        "name": "crack.png",
        "mime_type": "image/png",
        "preview_url": f"https://files.example/{name}/crack.png?sig={dice}",
    }
    file: Json = {
        "type": "file",
        "id": f"cfile_{name}b",
        "name": "发票 2025.pdf",
        "mime_type": "application/pdf",
        "preview_url": None,
    }
    return _user_message(dice, index) | {"attachments": [image, file]}


def _quoting(dice: int, index: int) -> Json:
    message = _user_message(dice, index)
    quoted = {"type": "quoted_text", "text": _TOPICS[(dice + 1) % len(_TOPICS)][2]}
    return message | {"content": [quoted, *message["content"]]}


def _assistant_message(dice: int, index: int) -> Json:
    text = _TOPICS[dice % len(_TOPICS)][2]
    return {"content": [{"type": "output_text", "text": text, "annotations": []}]}


def _with_sources(dice: int, index: int) -> Json:
    annotations = [
        {"type": "file", "source": {"type": "file", "filename": "handbook.pdf"}},
        {"type": "url", "source": {"type": "url", "url": f"https://shop.example/orders/{dice % 1000}"}},
    ]
    [first] = _assistant_message(dice, index)["content"]
    second = {"type": "output_text", "text": "Is there anything else?", "annotations": []}
    return {"content": [first | {"annotations": annotations}, second]}


def _client_tool_call(dice: int, index: int) -> Json:
    waiting = dice % 5 == 4
    return {
        "status": "in_progress" if waiting else "completed",
        "call_id": f"call_{_digits(dice, index)[:16]}",
        "name": "open_order",
        "arguments": json.dumps({"order": dice % 10_000}),
        "output": None if waiting else json.dumps({"opened": True}),
    }


def _widget(dice: int, index: int) -> Json:
    action = {"type": "order.cancel", "payload": {"order": dice % 10_000}}
    card = {
        "type": "Card",
        "size": "sm",
        "children": [
            {"type": "Title", "value": f"Order {dice % 10_000}"},
            {"type": "Text", "value": "Two cans of Tieguanyin, 250 g"},
            {"type": "Button", "label": "Cancel the order", "onClickAction": action},
        ],
    }
    return {"widget": json.dumps(card)}


def _task(dice: int, index: int) -> Json:
    if dice % 2:
        return {"task_type": "thought", "heading": None, "summary": "The visitor asks for a date, not for a refund."}
    return {"task_type": "custom", "heading": "Searched the orders", "summary": None}


def _task_group(dice: int, index: int) -> Json:
    tasks = [
        {"type": "thought", "heading": "Thinking", "summary": "Which order is meant?"},
        {"type": "custom", "heading": "Read 3 pages", "summary": None},
        {"type": "custom", "heading": None, "summary": f"Found order {dice % 10_000}"},
    ]
    return {"tasks": tasks[: 1 + dice % 3]}


_CYCLE: tuple[tuple[str, Callable[[int, int], Json]], ...] = (
    ("user_message", _user_message),
    ("assistant_message", _assistant_message),
    ("user_message", _with_files),
    ("task_group", _task_group),
    ("assistant_message", _with_sources),
    ("user_message", _quoting),
    ("client_tool_call", _client_tool_call),
    ("widget", _widget),
    ("user_message", _user_message),
    ("task", _task),
    ("assistant_message", _assistant_message),
)
"""The kinds of items, in the order in which a thread has them."""
