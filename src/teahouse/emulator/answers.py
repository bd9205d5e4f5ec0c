"""What the emulated models answer: what a script says, and without one an echo.

A script is YAML: a list of steps, of which the first that fits is taken.

    - when: refund                    # the last message contains this
      think: They want their money back.
      call: find_order                # a function, with its arguments
      arguments: {order: 4411}
    - after: find_order               # the last thing in the input is this function's output
      say: "The order says: {output}"
    - when: bomb
      refuse: I cannot help with that.
    - when: too much
      error: rate-limited             # any failure of `teahouse.emulator.conditions`
    - say: You said “{text}”.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from teahouse.emulator.conditions import FAILURES

Json = dict[str, Any]

_LARGEST_SCRIPT = 1024 * 1024


@dataclass
class Question:
    """What a request asks, of either API.

    Attributes:
        text: the last message of the user.
        images: how many images came with it.
        output: the function whose output is the last thing in the input, and what it gave.
        schema: the JSON schema that the answer has to follow.
        functions: the names of the functions that may be called.
    """

    text: str = ""
    images: int = 0
    output: tuple[str, str] | None = None
    schema: Json | None = None
    functions: Sequence[str] = ()


@dataclass
class Answer:
    """What a model says.

    Attributes:
        text: its words.
        thought: a summary of its reasoning.
        calls: functions that it calls: names and arguments as JSON.
        refusal: its words, when it refuses.
        error: a failure of `teahouse.emulator.conditions` instead.
    """

    text: str = ""
    thought: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    refusal: str = ""
    error: str | None = None


class Step(BaseModel):
    """One step of a script."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: str | None = None
    after: str | None = None
    say: Any = None
    think: str = ""
    call: str | None = None
    arguments: dict[str, Any] = {}
    refuse: str = ""
    error: str | None = None

    def fits(self, question: Question) -> bool:
        """Whether this is the step for a question."""
        if self.after is not None and (question.output is None or question.output[0] != self.after):
            return False
        if self.after is None and self.when is not None and question.output is not None:
            return False
        return self.when is None or self.when.casefold() in question.text.casefold()

    def answer(self, question: Question) -> Answer:
        """What is answered."""
        said = self.say if isinstance(self.say, str | None) else json.dumps(self.say, ensure_ascii=False)
        output = question.output[1] if question.output else ""
        text = (said or "").replace("{text}", question.text).replace("{output}", output)
        if question.schema is not None and isinstance(self.say, str):
            text = json.dumps(instance(question.schema, text), ensure_ascii=False)
        calls = [(self.call, json.dumps(self.arguments, ensure_ascii=False))] if self.call else []
        return Answer(text, self.think, calls, self.refuse, self.error)


class ScriptInvalid(ValueError):
    """A script cannot be used; the text says why."""


class Script:
    """The steps of a script; none for an echo."""

    def __init__(self, steps: Sequence[Step] = ()) -> None:
        self._steps = tuple(steps)

    @classmethod
    def read(cls, path: Path) -> Script:
        """The script in a file.

        Raises:
            OSError: it cannot be read.
            ScriptInvalid: it is not one.
        """
        with path.open("rb") as file:
            content = file.read(_LARGEST_SCRIPT + 1)
        if len(content) > _LARGEST_SCRIPT:
            raise ScriptInvalid("it is larger than a megabyte")
        return cls.of(content)

    @classmethod
    def of(cls, content: bytes | str) -> Script:
        """The script in a text.

        Raises:
            ScriptInvalid: it is not one.
        """
        try:
            steps = _STEPS.validate_python(yaml.safe_load(content))
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
            if isinstance(error, ValidationError):
                first = error.errors(include_url=False)[0]
                place = ".".join(str(part) for part in first["loc"])
                raise ScriptInvalid(f"{place or 'the file'}: {first['msg']}") from None
            raise ScriptInvalid(" ".join(str(error).split())[:200]) from None
        for number, step in enumerate(steps):
            if step.error is not None and step.error not in FAILURES:
                raise ScriptInvalid(f"{number}.error: there is no {step.error}")
        return cls(steps)

    def answer(self, question: Question) -> Answer:
        """The answer to a question."""
        for step in self._steps:
            if step.fits(question):
                return step.answer(question)
        return _echo(question)


_STEPS: TypeAdapter[list[Step]] = TypeAdapter(list[Step])


def _echo(question: Question) -> Answer:
    """The question, said back; in the form that a schema wants."""
    if question.schema is not None:
        return Answer(json.dumps(instance(question.schema, question.text), ensure_ascii=False))
    if question.output is not None:
        return Answer(question.output[1])
    images = f" [{question.images} images]" if question.images else ""
    return Answer((question.text or "Hello.") + images)


def instance(schema: Any, text: str, depth: int = 0) -> Any:
    """The smallest value that a JSON schema allows, with `text` in its texts."""
    if not isinstance(schema, dict) or depth > 20:
        return None
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return instance(schema[name][0], text, depth + 1)
    kind: Literal["object"] | Any = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0] if kind else "null"
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: instance(properties[name], text, depth + 1) for name in properties}
    values = {"string": text, "integer": 0, "number": 0, "boolean": True, "array": [], "null": None}
    return values.get(kind)


def pieces(text: str) -> Iterator[str]:
    """A text as a model streams it: by the word, and long words in parts."""
    start = 0
    while start < len(text):
        end = text.find(" ", start)
        end = min(len(text) if end == -1 else end + 1, start + 12)
        yield text[start:end]
        start = end


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    return max(1, len(text.encode()) // 4)


def new_id(prefix: str) -> str:
    """An id as the API gives them."""
    return f"{prefix}_{token_hex(24)}"
