"""What the emulated models answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.test_chatkit import browser
from teahouse.emulator import Emulator, Script
from teahouse.emulator.answers import Question, ScriptInvalid, instance, pieces


def test_the_first_step_that_fits_is_taken() -> None:
    script = Script.of("- {when: Tea, say: 'You said {text}.'}\n- {after: find, say: 'Found {output}'}\n- say: {a: 1}")
    assert script.answer(Question("green TEA")).text == "You said green TEA."
    assert script.answer(Question("green tea", output=("find", "4411"))).text == "Found 4411"
    assert script.answer(Question("coffee")).text == '{"a": 1}'


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("tea: 1", "list"),
        ("- {when: 1}", "0.when"),
        ("- {sya: tea}", "0.sya"),
        ("- {error: no-tea}", "there is no no-tea"),
        ("- [", "while parsing"),
        (b"\xff\xff", "unacceptable character"),
        ("!!python/object:os.system {}", "could not determine a constructor"),
    ],
)
def test_a_script_that_cannot_be_used_says_why(script: str | bytes, reason: str) -> None:
    with pytest.raises(ScriptInvalid, match=reason):
        Script.of(script)


@given(st.text())
def test_pieces_make_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "array"}}}, {"a": 0, "b": []}),
        ({"enum": ["tea", "coffee"]}, "tea"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
        ({"type": ["string", "null"]}, "hi"),
        ({"const": 7}, 7),
        ("nonsense", None),
    ],
)
def test_an_echo_follows_the_schema(schema: Any, value: Any) -> None:
    assert instance(schema, "hi") == value


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/responses", {"model": "gpt-5", "input": [{"role": "user", "content": [1, None, {"type": 3}]}]}),
        ("/v1/responses", {"model": "gpt-5", "input": [], "text": {"format": {"type": "json_schema"}}}),
        ("/v1/chat/completions", {"model": "gpt-5", "messages": [{}, {"role": "tool", "content": None}]}),
        ("/v1/chat/completions", {"model": "gpt-5", "messages": [{"role": "user", "content": 5}]}),
        ("/v1/chat/completions", {"model": "gpt-5", "messages": [{"role": "a", "tool_calls": [5]}]}),
        ("/v1/responses", {"model": "gpt-5", "input": "\ud800", "stream": True}),
        ("/v1/responses", {"model": 5}),
        ("/v1/files", {"file": "none"}),
    ],
)
async def test_odd_requests_are_answered_or_refused(path: str, body: dict[str, Any]) -> None:
    async with browser(Emulator()) as api:
        response = await api.post(path, content=json.dumps(body))
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert response.json()["error"]["message"]
