"""The ChatKit protocol without I/O: who asks, what they ask, and how the answer is framed.

The wire types are `openai-chatkit`'s own (`chatkit.types`, 1.6.5); here is only what it leaves open:
reading a request with a reason when it is wrong, and server-sent events with a number on each frame.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from chatkit.types import ChatKitReq, ThreadItemBase, ThreadMetadata
from pydantic import BaseModel, TypeAdapter, ValidationError

from teahouse import errors, reasons
from teahouse.errors import Language, Problem, Words, language_of
from teahouse.run_types import NewRun

# Built once: building this union's validator costs 4 ms, which the reference pays on every request.
_REQUEST: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)

Timed = TypeVar("Timed", bound=ThreadItemBase | ThreadMetadata)

HEARTBEAT = b": ping\n\n"
"""A comment frame: keeps proxies from closing a quiet stream, and is ignored by every reader."""


@dataclass(frozen=True)
class Visitor:
    """The person who talks; their id owns the threads."""

    id: str


class Context(dict[str, Any]):
    """What travels with one request: through the ChatKitServer's hooks to the store.

    It is a dict as well, because servers written for other hosts keep their own things in it; `user_id`
    and `locale` are there from the start under those names.

    Attributes:
        visitor: who asks.
        locale: the one locale the element sends, e.g. `zh-CN`; `en` when none came.
        request_id: the id in the logs, in errors and in the `X-Request-Id` header.
        root: the path at which this Teahouse is mounted; empty when it is not.
        base_url: the address of this Teahouse as the browser knows it, `root` included, without a slash at its end.
        run: the run that this request begins; what the store writes for it counts only while the run is its owner's.
    """

    def __init__(
        self,
        visitor: Visitor,
        *,
        locale: str = "en",
        request_id: str = "",
        root: str = "",
        base_url: str = "http://localhost",
    ) -> None:
        super().__init__(user_id=visitor.id, locale=locale, request_id=request_id)
        self.visitor = visitor
        self.locale = locale
        self.request_id = request_id
        self.root = root
        self.base_url = base_url
        self.run: NewRun | None = None

    @property
    def language(self) -> Language:
        """The language of our own sentences to this visitor."""
        return language_of(self.locale)


def read_request(body: bytes) -> ChatKitReq:
    """The typed request in `body`.

    Raises:
        Problem: INVALID_JSON, UNKNOWN_OPERATION or INVALID_REQUEST with the field in `param`.
    """
    try:
        return _REQUEST.validate_json(body)
    except ValidationError as error:
        raise _explain(error) from None


def _explain(error: ValidationError) -> Problem:
    """The first thing wrong, in words. (The rest is usually its consequence.)"""
    first = error.errors(include_url=False)[0]
    context = first.get("ctx", {})
    match first["type"]:
        case "json_invalid":
            return Problem(errors.INVALID_JSON, reason=context.get("error", "unreadable"))
        case "union_tag_invalid":
            return Problem(errors.UNKNOWN_OPERATION, param="type", operation=str(context.get("tag", ""))[:80])
        case _:
            # The first step of the path is the request's own type, which the sender knows.
            param = ".".join(str(step) for step in first["loc"][1:])
            why = reasons.of_validation(first)
            if not param:
                return Problem(
                    errors.INVALID_REQUEST, param="type" if first["type"] == "union_tag_not_found" else None, reason=why
                )
            reason = Words(f"{param}: {why.en}", f"{param}：{why.zh}")
            return Problem(errors.INVALID_REQUEST, param=param, reason=reason)


def encode(model: BaseModel) -> bytes:
    """One wire object as JSON: no None fields, no integration-only attachment metadata."""
    return model.__pydantic_serializer__.to_json(
        model, by_alias=True, exclude_none=True, context={"exclude_metadata": True}
    )


def frame(number: int, data: bytes) -> bytes:
    """One server-sent event. `data` is JSON and so holds no raw newline."""
    return b"id: %d\ndata: %b\n\n" % (number, data)


def run_frame(run_id: str | None, state: str, *, reload: bool = False) -> bytes:
    """A server-sent event of the type `run`, for clients that understand it: which run, in which state.

    It has no number: a reader that comes back names the last numbered frame it has seen.

    Args:
        run_id: which; None where there is none.
        state: how it stands, or `idle`.
        reload: whether events are missing before this, so that the reader has to load the thread anew.
    """
    said = {"id": run_id, "state": state} | ({"reload": True} if reload else {})
    return b"event: run\ndata: %b\n\n" % json.dumps(said).encode()


def aware(time: datetime) -> datetime:
    """`time` in UTC. The SDK makes naive local times (`datetime.now()`), which mean nothing elsewhere."""
    return time.astimezone(UTC)


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def with_aware_time(thing: Timed) -> Timed:
    """Make `created_at` aware, in place."""
    if thing.created_at.tzinfo is not UTC:
        thing.created_at = aware(thing.created_at)
    return thing


class ErrorFrame(BaseModel):
    """The `error` event as Teahouse sends it: the SDK's `ErrorEvent` with our open set of codes.

    `chatkit.types.ErrorEvent` allows the codes `stream.error` and `custom`; its source says that the set
    is not closed, so that clients have to take any.
    """

    type: str = "error"
    code: str
    message: str
    allow_retry: bool
    doc_url: str | None = None
    request_id: str | None = None

    @classmethod
    def of(cls, problem: Problem, context: Context) -> ErrorFrame:
        """`problem` as this visitor reads it."""
        return cls(
            code=problem.kind.code,
            message=problem.message(context.language),
            allow_retry=problem.kind.retry,
            doc_url=f"{context.root}/{problem.page(context.language)}",
            request_id=context.request_id or None,
        )
