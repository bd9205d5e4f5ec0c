from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from teahouse import logs

log = logs.get("teahouse.test")


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Lets a test configure logging as our own server does."""
    root, ours = logging.getLogger(), logging.getLogger("teahouse")
    handlers, level, our_level = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level = handlers, level
    ours.setLevel(our_level)
    logs._known_secrets = frozenset()


def shown(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(capsys.readouterr().err)
    return line


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abcdef123456.",
        "Incorrect API key provided: sk-abcd********wxyz. You can find your key",
        "authorization: Bearer eyJhbGciOi.J9",
        "cookie: teahouse_visitor_0a1b2c3d=vis_1.abc.def; other=1",
    ],
)
def test_what_looks_like_a_secret_is_not_logged(text: str) -> None:
    redacted = logs.redact(text)
    assert "[secret]" in redacted
    assert not {"abcdef123456", "wxyz", "eyJhbGciOi", "vis_1"} & set(redacted.replace(".", " ").split())
    assert "wxyz" not in redacted


def test_an_application_that_mounts_us_gets_standard_log_records(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever structlog is configured to do: by default it would print to standard output."""
    log.warning("tea is out", kind="oolong")
    [record] = caplog.records
    assert record.name == "teahouse.test"
    assert record.getMessage() == "tea is out kind=oolong"
    assert record.fields == {"event": "tea is out", "kind": "oolong"}  # type: ignore[attr-defined]


def test_a_traceback_shows_no_local_variable_and_no_key(caplog: pytest.LogCaptureFixture) -> None:
    said = "what the visitor said"

    def fail() -> None:
        secret = said.upper()
        raise ValueError(f"key sk-abcd********wxyz refused, {len(secret)}")

    try:
        fail()
    except ValueError:
        log.exception("answer failed")
    assert "ValueError" in caplog.text
    assert "wxyz" not in caplog.text
    assert said.upper() not in caplog.text


@pytest.mark.usefixtures("own_logging")
def test_our_own_server_writes_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    log.info("served", path="/茶", status=200)
    line = shown(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "served",
        "path": "/茶",
        "status": 200,
        "level": "info",
        "logger": "teahouse.test",
    }


@pytest.mark.usefixtures("own_logging")
def test_known_secrets_are_hidden_in_the_lines_of_libraries_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json", known_secrets=["hush-hush"])
    try:
        raise ValueError("the key hush-hush is wrong")
    except ValueError:
        logging.getLogger("some.library").warning("request with %s failed", "hush-hush", exc_info=True)
    line = shown(capsys)
    assert line["event"] == "request with [secret] failed"
    assert "ValueError: the key [secret] is wrong" in line["exception"]


@pytest.mark.usefixtures("own_logging")
def test_lines_below_the_level_and_chatter_of_libraries_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "json")
    log.info("served")
    logging.getLogger("some.library").info("chatter")
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("own_logging")
def test_a_terminal_gets_readable_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "console")
    log.info("served", status=200)
    line = capsys.readouterr().err
    assert "served" in line
    assert "status" in line
