"""`/v1/chat/completions`: the Chat Completions API, streamed and whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from teahouse.emulator.answers import Answer, Json, Question, new_id, pieces, tokens


class Asked(BaseModel):
    """What a request says of what we look at; everything else of the API is let pass."""

    model_config = ConfigDict(strict=True, extra="allow")

    model: str = Field(min_length=1)
    messages: list[dict[str, Any]] = Field(min_length=1)
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    tools: list[dict[str, Any]] = []
    response_format: dict[str, Any] | None = None
    temperature: float | None = Field(None, ge=0, le=2)


def question_of(asked: Asked) -> Question:
    """What is asked."""
    question = Question(functions=[str((tool.get("function") or {}).get("name")) for tool in asked.tools])
    form = asked.response_format or {}
    if form.get("type") == "json_schema":
        question.schema = (form.get("json_schema") or {}).get("schema")
    names: dict[str, str] = {}
    for message in asked.messages:
        if message.get("role") == "user":
            question.text, question.images = _said(message.get("content"))
        for call in message.get("tool_calls") or []:
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict):
                names[str(call.get("id"))] = str(function.get("name"))
    last = asked.messages[-1]
    if last.get("role") == "tool":
        question.output = (names.get(str(last.get("tool_call_id")), ""), _said(last.get("content"))[0])
    return question


def _said(content: Any) -> tuple[str, int]:
    """The text of a message, and how many images it has."""
    if isinstance(content, str):
        return content, 0
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    text = "".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")
    return text, sum(part.get("type") == "image_url" for part in parts)


class Reply:
    """A completion, as one object and as the chunks that make it."""

    def __init__(self, asked: Asked, answer: Answer) -> None:
        self._asked = asked
        self._answer = answer
        self.id = new_id("chatcmpl").replace("_", "-", 1)
        self._created = int(time.time())
        self._calls = [
            {"id": new_id("call"), "type": "function", "function": {"name": name, "arguments": arguments}}
            for name, arguments in answer.calls
        ]

    def whole(self) -> Json:
        """The finished completion."""
        answer = self._answer
        message: Json = {
            "role": "assistant",
            "content": answer.text or None,
            "refusal": answer.refusal or None,
            "annotations": [],
        }
        if self._calls:
            message["tool_calls"] = self._calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish}
        return self._base("chat.completion") | {"choices": [choice], "usage": self._usage()}

    def events(self) -> Iterator[Json]:
        """What a stream consists of."""
        yield self._chunk({"role": "assistant", "content": "", "refusal": None})
        for piece in pieces(self._answer.refusal or self._answer.text):
            yield self._chunk({"refusal" if self._answer.refusal else "content": piece})
        for index, call in enumerate(self._calls):
            function: Any = call["function"]
            yield self._chunk({"tool_calls": [call | {"index": index, "function": function | {"arguments": ""}}]})
            for piece in pieces(function["arguments"]):
                yield self._chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        yield self._chunk({}, self._finish)
        if (self._asked.stream_options or {}).get("include_usage"):
            yield self._base("chat.completion.chunk") | {"choices": [], "usage": self._usage()}

    def failing(self, code: str, message: str) -> Iterator[Json]:
        """A stream that breaks off after its first piece."""
        events = self.events()
        yield next(events)
        yield next(events)
        yield {"error": {"message": message, "type": "server_error", "param": None, "code": code}}

    @property
    def _finish(self) -> str:
        return "tool_calls" if self._calls else "stop"

    def _base(self, kind: str) -> Json:
        return {
            "id": self.id,
            "object": kind,
            "created": self._created,
            "model": self._asked.model,
            "service_tier": "default",
            "system_fingerprint": None,
        }

    def _chunk(self, delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._base("chat.completion.chunk") | {"choices": [choice]}

    def _usage(self) -> Json:
        read, written = tokens(str(self._asked.messages)), tokens(self._answer.text + self._answer.refusal)
        return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
