"""`/v1/responses`: the Responses API, streamed and whole."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from teahouse.emulator.answers import Answer, Json, Question, new_id, pieces, tokens


class Asked(BaseModel):
    """What a request says of what we look at; everything else of the API is let pass."""

    model_config = ConfigDict(strict=True, extra="allow")

    model: str = Field(min_length=1)
    input: str | list[dict[str, Any]]
    instructions: str | None = None
    stream: bool | None = None
    tools: list[dict[str, Any]] = []
    text: dict[str, Any] | None = None
    previous_response_id: str | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    max_output_tokens: int | None = Field(None, ge=16)
    metadata: dict[str, str] | None = None
    store: bool | None = None


def question_of(asked: Asked) -> Question:
    """What is asked."""
    question = Question(functions=[str(tool["name"]) for tool in asked.tools if tool.get("type") == "function"])
    form = (asked.text or {}).get("format") or {}
    if form.get("type") == "json_schema":
        question.schema = form.get("schema")
    if isinstance(asked.input, str):
        question.text = asked.input
        return question
    calls = {item.get("call_id"): str(item.get("name")) for item in asked.input if item.get("type") == "function_call"}
    for item in asked.input:
        if item.get("role") == "user":
            question.text, question.images = _said(item.get("content"))
    last = asked.input[-1] if asked.input else {}
    if last.get("type") == "function_call_output":
        question.output = (calls.get(last.get("call_id"), ""), str(last.get("output", "")))
    return question


def _said(content: Any) -> tuple[str, int]:
    """The text of a message, and how many images it has."""
    if isinstance(content, str):
        return content, 0
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    text = "".join(str(part.get("text", "")) for part in parts if part.get("type") == "input_text")
    return text, sum(part.get("type") == "input_image" for part in parts)


class Reply:
    """A response, as one object and as the events that make it."""

    def __init__(self, asked: Asked, answer: Answer) -> None:
        self._asked = asked
        self._answer = answer
        self.id = new_id("resp")
        self._created = time.time()
        self._output: list[Json] = []

    def whole(self) -> Json:
        """The finished response."""
        for _ in self._made():
            pass
        return self._response("completed")

    def events(self) -> Iterator[Json]:
        """What a stream consists of."""
        for number, event in enumerate(self._events()):
            yield event | {"sequence_number": number}

    def failing(self, code: str, message: str) -> Iterator[Json]:
        """A stream that breaks off in its first item."""
        for number, event in enumerate(self.events()):
            yield event
            if number == 4:
                yield {"type": "error", "code": code, "message": message, "param": None, "sequence_number": 5}
                return

    def _events(self) -> Iterator[Json]:
        yield {"type": "response.created", "response": self._response("in_progress")}
        yield {"type": "response.in_progress", "response": self._response("in_progress")}
        yield from self._made()
        yield {"type": "response.completed", "response": self._response("completed")}

    def _made(self) -> Iterator[Json]:
        answer = self._answer
        if answer.thought:
            yield from self._reasoning(answer.thought)
        if answer.text or answer.refusal:
            yield from self._message(answer)
        for name, arguments in answer.calls:
            yield from self._call(name, arguments)

    def _reasoning(self, thought: str) -> Iterator[Json]:
        item: Json = {"id": new_id("rs"), "type": "reasoning", "summary": [], "status": "in_progress"}
        at = yield from self._added(item)
        place = {"item_id": item["id"], "output_index": at, "summary_index": 0}
        part = {"type": "summary_text", "text": ""}
        yield {"type": "response.reasoning_summary_part.added", "part": part, **place}
        for piece in pieces(thought):
            yield {"type": "response.reasoning_summary_text.delta", "delta": piece, **place}
        part = part | {"text": thought}
        yield {"type": "response.reasoning_summary_text.done", "text": thought, **place}
        yield {"type": "response.reasoning_summary_part.done", "part": part, **place}
        yield self._done(at, item | {"summary": [part], "status": "completed"})

    def _message(self, answer: Answer) -> Iterator[Json]:
        item: Json = {
            "id": new_id("msg"),
            "type": "message",
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }
        at = yield from self._added(item)
        place = {"item_id": item["id"], "output_index": at, "content_index": 0}
        if answer.refusal:
            part: Json = {"type": "refusal", "refusal": ""}
            done = part | {"refusal": answer.refusal}
            kind, finished = "refusal", {"refusal": answer.refusal}
        else:
            part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
            done = part | {"text": answer.text}
            kind, finished = "output_text", {"text": answer.text}
        logprobs: Json = {} if answer.refusal else {"logprobs": []}
        yield {"type": "response.content_part.added", "part": part, **place}
        for piece in pieces(answer.refusal or answer.text):
            yield {"type": f"response.{kind}.delta", "delta": piece, **logprobs, **place}
        yield {"type": f"response.{kind}.done", **finished, **logprobs, **place}
        yield {"type": "response.content_part.done", "part": done, **place}
        yield self._done(at, item | {"content": [done], "status": "completed"})

    def _call(self, name: str, arguments: str) -> Iterator[Json]:
        item: Json = {
            "id": new_id("fc"),
            "type": "function_call",
            "status": "in_progress",
            "call_id": new_id("call"),
            "name": name,
            "arguments": "",
        }
        at = yield from self._added(item)
        place = {"item_id": item["id"], "output_index": at}
        for piece in pieces(arguments):
            yield {"type": "response.function_call_arguments.delta", "delta": piece, **place}
        yield {"type": "response.function_call_arguments.done", "arguments": arguments, "name": name, **place}
        yield self._done(at, item | {"arguments": arguments, "status": "completed"})

    def _added(self, item: Json) -> Generator[Json, None, int]:
        at = len(self._output)
        yield {"type": "response.output_item.added", "output_index": at, "item": item}
        return at

    def _done(self, at: int, item: Json) -> Json:
        self._output.append(item)
        return {"type": "response.output_item.done", "output_index": at, "item": item}

    def _response(self, status: str) -> Json:
        asked, answer, is_done = self._asked, self._answer, status == "completed"
        said = answer.text + answer.refusal + "".join(arguments for _, arguments in answer.calls)
        read, written, thought = tokens(str(asked.input)), tokens(said), tokens(answer.thought) if answer.thought else 0
        usage = {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": written + thought,
            "output_tokens_details": {"reasoning_tokens": thought},
            "total_tokens": read + written + thought,
        }
        return {
            "id": self.id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": asked.instructions,
            "max_output_tokens": asked.max_output_tokens,
            "metadata": asked.metadata or {},
            "model": asked.model,
            "output": self._output if is_done else [],
            "parallel_tool_calls": True,
            "previous_response_id": asked.previous_response_id,
            "temperature": 1.0 if asked.temperature is None else asked.temperature,
            "text": asked.text or {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": usage if is_done else None,
        }
