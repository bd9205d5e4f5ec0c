"""Hosted threads and items as ours: without I/O. What has no counterpart is kept out of sight, and named.

The hosted shapes are those of OpenAI's OpenAPI document (`ThreadResource`, `ThreadItem`); ours are
openai-chatkit's. A thread keeps its hosted id, so that pages which remember one still open it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from chatkit.types import (
    ActiveStatus,
    Annotation,
    AssistantMessageContent,
    AssistantMessageItem,
    ClientToolCallItem,
    ClosedStatus,
    CustomTask,
    FileAttachment,
    FileSource,
    HiddenContextItem,
    InferenceOptions,
    LockedStatus,
    TaskItem,
    ThoughtTask,
    ThreadItem,
    ThreadMetadata,
    ToolChoice,
    URLSource,
    UserMessageItem,
    UserMessageTextContent,
    WidgetItem,
    Workflow,
    WorkflowItem,
)
from pydantic import TypeAdapter, ValidationError

from teahouse.errors import Words

Json = dict[str, Any]

_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SURROGATES = re.compile("[\ud800-\udfff]")
_DEEPEST = 100
_LAST_SECOND = 253_402_300_799  # of the year 9999, which is datetime's last

LOSSES: dict[str, Words] = {
    "file": Words(
        "contents of attached files: the API only describes them",
        "附件的内容：接口只提供描述",
    ),
    "widget": Words(
        "widgets that cannot be read: kept out of sight, for the model",
        "无法读取的小组件：已保留但不显示，模型可以读到",
    ),
    "unknown": Words(
        "items of a kind that nobody knows yet: kept out of sight, for the model",
        "尚不认识的条目类型：已保留但不显示，模型可以读到",
    ),
    "unreadable": Words(
        "items that are not as documented: kept out of sight, for the model",
        "与文档不符的条目：已保留但不显示，模型可以读到",
    ),
    "arguments": Words(
        "arguments of client tools that are no JSON object: kept as text",
        "不是 JSON 对象的客户端工具参数：按文本保留",
    ),
    "text": Words(
        "halves of characters, which are no Unicode: replaced",
        "半个字符（不合 Unicode）：已替换",
    ),
    "deep": Words("values nested more than 100 deep: kept as text", "嵌套超过 100 层的值：按文本保留"),
    "id": Words("ids with unusual characters: replaced", "含有特殊字符的编号：已替换"),
    "time": Words("times that are none: 1970 instead", "无效的时间：改为 1970 年"),
    "status": Words("statuses that nobody knows yet: active instead", "尚不认识的状态：改为可用"),
    "repeated": Words("items that came twice: kept once", "重复的条目：只保留一份"),
    "line": Words("damaged lines of the export: left out", "导出中损坏的行：已略去"),
}
"""What can be lost on the way, by name."""


@dataclass
class Losses:
    """What was lost of one thread: how often, by name."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str) -> None:
        """Count one more."""
        self.counts[name] = self.counts.get(name, 0) + 1


def thread_of(hosted: Json, losses: Losses) -> ThreadMetadata:
    """A hosted thread as ours."""
    clean: Json = _cleaned(hosted, losses)
    title = clean.get("title")
    return ThreadMetadata(
        id=id_of(hosted.get("id"), losses),
        title=title if isinstance(title, str) else None,
        created_at=_time(clean.get("created_at"), losses),
        status=_status(clean.get("status"), losses),
        metadata={"hosted": {"user": user_of(hosted)}},
    )


def user_of(hosted: Json) -> str:
    """The hosted user that a thread belongs to, as text that every database takes."""
    return _SURROGATES.sub("\ufffd", str(hosted.get("user") or "")).replace("\0", "")


def item_of(hosted: Json, thread_id: str, losses: Losses) -> ThreadItem:
    """A hosted item as ours, whatever it is."""
    clean: Json = _cleaned(hosted, losses)
    kind = str(clean.get("type")).removeprefix("chatkit.")
    base = {
        "id": id_of(hosted.get("id"), losses),
        "thread_id": thread_id,
        "created_at": _time(clean.get("created_at"), losses),
    }
    carry = _CARRIERS.get(kind)
    if carry is None:
        losses.add("unknown")
        return HiddenContextItem(**base, content=clean)
    mark = dict(losses.counts)
    try:
        return carry(clean, base, losses)
    except (ValidationError, KeyError, TypeError, AttributeError, ValueError, RecursionError):
        losses.counts = mark
        losses.add("widget" if kind == "widget" else "unreadable")
        return HiddenContextItem(**base, content=clean)


def id_of(hosted: object, losses: Losses) -> str:
    """A hosted id as ours: itself, unless it is of an unusual form. The same one always gives the same."""
    if isinstance(hosted, str) and _SAFE_ID.fullmatch(hosted):
        return hosted
    losses.add("id")
    return f"hosted_{sha256(repr(hosted).encode('utf-8', 'backslashreplace')).hexdigest()[:32]}"


# One kind after the other -----------------------------------------------------------------------------


def _user_message(item: Json, base: Json, losses: Losses) -> ThreadItem:
    parts = item["content"]
    quoted = [part["text"] for part in parts if part["type"] == "quoted_text"]
    texts = [UserMessageTextContent(text=part["text"]) for part in parts if part["type"] != "quoted_text"]
    return UserMessageItem(
        **base,
        content=texts,
        attachments=[_attachment(attachment, base["thread_id"], losses) for attachment in item["attachments"]],
        quoted_text="\n\n".join(quoted) or None,
        inference_options=_inference_options(item.get("inference_options")),
    )


def _attachment(hosted: Json, thread_id: str, losses: Losses) -> FileAttachment:
    """An attachment's description. An image, too, becomes a file: its preview is at OpenAI, and ends with it."""
    losses.add("file")
    kept = {name: hosted.get(name) for name in ("type", "preview_url")}
    return FileAttachment(
        id=id_of(hosted["id"], losses),
        name=hosted["name"],
        mime_type=hosted["mime_type"],
        thread_id=thread_id,
        metadata={"hosted": kept},
    )


def _inference_options(hosted: Json | None) -> InferenceOptions:
    if hosted is None:
        return InferenceOptions()
    choice = hosted.get("tool_choice")
    return InferenceOptions(
        tool_choice=None if choice is None else ToolChoice(id=choice["id"]), model=hosted.get("model")
    )


def _assistant_message(item: Json, base: Json, losses: Losses) -> ThreadItem:
    content = [
        AssistantMessageContent(
            text=part["text"], annotations=[_annotation(source["source"]) for source in part["annotations"]]
        )
        for part in item["content"]
    ]
    return AssistantMessageItem(**base, content=content)


def _annotation(source: Json) -> Annotation:
    if source["type"] == "file":
        return Annotation(source=FileSource(title=source["filename"], filename=source["filename"]))
    return Annotation(source=URLSource(title=source["url"], url=source["url"]))


def _widget(item: Json, base: Json, losses: Losses) -> ThreadItem:
    return _WIDGET.validate_python({**base, "type": "widget", "widget": json.loads(item["widget"])})


_WIDGET: TypeAdapter[WidgetItem] = TypeAdapter(WidgetItem)


def _client_tool_call(item: Json, base: Json, losses: Losses) -> ThreadItem:
    arguments = _parsed(item["arguments"])
    if not isinstance(arguments, dict):
        losses.add("arguments")
        arguments = {"text": item["arguments"]}
    return ClientToolCallItem(
        **base,
        status={"in_progress": "pending", "completed": "completed"}[item["status"]],
        call_id=item["call_id"],
        name=item["name"],
        arguments=arguments,
        output=None if item["output"] is None else _parsed(item["output"]),
    )


def _parsed(text: str) -> Any:
    """The value that a JSON text holds; what is no JSON is the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _task(item: Json, base: Json, losses: Losses) -> ThreadItem:
    return TaskItem(**base, task=_task_of(item["task_type"], item))


def _task_group(item: Json, base: Json, losses: Losses) -> ThreadItem:
    tasks = [_task_of(task["type"], task) for task in item["tasks"]]
    thoughts = bool(tasks) and all(task.type == "thought" for task in tasks)
    return WorkflowItem(**base, workflow=Workflow(type="reasoning" if thoughts else "custom", tasks=tasks))


def _task_of(kind: str, task: Json) -> CustomTask | ThoughtTask:
    heading, summary = task.get("heading"), task.get("summary")
    if kind == "thought":
        return ThoughtTask(title=heading, content=summary or "", status_indicator="complete")
    return CustomTask(title=heading, content=summary, status_indicator="complete")


_CARRIERS: dict[str, Callable[[Json, Json, Losses], ThreadItem]] = {
    "user_message": _user_message,
    "assistant_message": _assistant_message,
    "widget": _widget,
    "client_tool_call": _client_tool_call,
    "task": _task,
    "task_group": _task_group,
}


# Values -----------------------------------------------------------------------------------------------


def _status(hosted: Any, losses: Losses) -> ActiveStatus | LockedStatus | ClosedStatus:
    kind = hosted.get("type") if isinstance(hosted, dict) else None
    reason = hosted.get("reason") if isinstance(hosted, dict) else None
    said = reason if isinstance(reason, str) else None
    match kind:
        case "active":
            return ActiveStatus()
        case "locked":
            return LockedStatus(reason=said)
        case "closed":
            return ClosedStatus(reason=said)
    losses.add("status")
    return ActiveStatus()


def _time(hosted: Any, losses: Losses) -> datetime:
    if isinstance(hosted, int | float) and not isinstance(hosted, bool) and 0 <= hosted <= _LAST_SECOND:
        return datetime.fromtimestamp(hosted, UTC)
    losses.add("time")
    return datetime.fromtimestamp(0, UTC)


def _cleaned(value: Any, losses: Losses, depth: int = 0) -> Any:
    """`value` without halves of surrogate pairs: JSON allows them, UTF-8 and databases do not."""
    match value:
        case str() if _SURROGATES.search(value):
            losses.add("text")
            return _SURROGATES.sub("\ufffd", value)
        case dict() | list() if depth == _DEEPEST:
            losses.add("deep")
            return json.dumps(value)
        case dict():
            return {_cleaned(key, losses): _cleaned(entry, losses, depth + 1) for key, entry in value.items()}
        case list():
            return [_cleaned(entry, losses, depth + 1) for entry in value]
    return value
