"""`teahouse emulate` as a person types it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

SDK_WARNS = "ignore:Direct usage of named widget classes:DeprecationWarning"
KEYS = {"authorization": "Bearer any", "openai-beta": "chatkit_beta=v1"}


def command(*arguments: str, language: str = "en_US.UTF-8") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from teahouse.cli import main; main()", "emulate", *arguments],
        env={"PATH": os.environ["PATH"], "LANG": language, "PYTHONWARNINGS": f"error,{SDK_WARNS}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@contextmanager
def emulating(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running emulator and the URL that it says it has."""
    process = command("--port", "0", *arguments)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://" in line, process.communicate(timeout=10)[1]
        yield process, line[line.index("http://") :].strip()
    finally:
        process.kill()
        process.communicate()


def test_it_says_where_it_is_serves_and_ends_in_order() -> None:
    with emulating("--users", "5", "--threads", "2", "--items", "3", "--scenario", "dropped, every=3") as (
        process,
        url,
    ):
        with httpx2.Client(headers=KEYS, trust_env=False) as api:
            page = api.get(f"{url}/v1/chatkit/threads").json()
            assert (len(page["data"]), page["has_more"]) == (10, False)
            items = api.get(f"{url}/v1/chatkit/threads/{page['first_id']}/items").json()
            assert len(items["data"]) == 3
            with pytest.raises(httpx2.RemoteProtocolError):
                api.get(f"{url}/v1/chatkit/threads")
            assert "no answer" in api.get(url).text
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scenario", "bad-wether"), "“bad-wether” is not known; there are invalid-key"),
        (("--scenario", "latency=soon"), "“latency=soon” is not known"),
        (("--users", "-1"), "--users in the command line is not valid"),
        (("--users", "10000", "--threads", "10000"), "a million threads are the most"),
    ],
)
def test_what_cannot_be_is_told(arguments: tuple[str, ...], said: str) -> None:
    process = command("--port", "0", *arguments)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, "")
    assert said in err
