"""`teahouse migrate` as a person types it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.test_emulate import emulating
from teahouse.cli import main

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types `teahouse migrate …` in an empty folder: exit code, what it says, what it complains of."""
    monkeypatch.chdir(tmp_path)

    def typed(*arguments: str, **variables: str) -> tuple[int, str, str]:
        spoken = {"LC_ALL": "en_US.UTF-8", "OPENAI_API_KEY": "sk-oolong-1234567890"}
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["teahouse", "migrate", *arguments])
            for name, value in (spoken | variables).items():
                patched.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        shown = capsys.readouterr()
        return int(str(ended.value.code or 0)), shown.out, shown.err

    return typed


@pytest.fixture(scope="module")
def platform() -> Iterator[str]:
    """A running emulator with 12 threads of 5 items."""
    with emulating("--users", "3", "--threads", "4", "--items", "5") as (_, url):
        yield f"{url}/v1"


def test_one_command_saves_everything(migrate: Typed, platform: str, tmp_path: Path) -> None:
    said = migrate("threads", "--export", "safe", OPENAI_BASE_URL=platform)
    assert said[:2] == (0, "12 threads with 60 items are safe in safe.\n")
    assert len(list(tmp_path.glob("safe/threads/*/*.jsonl"))) == 12
    code, out, _ = migrate("threads", "--export", "safe", "--base-url", platform, "--verify", LC_ALL="zh_CN.UTF-8")
    assert (code, out) == (0, "12 个线程、60 个条目已安全保存在 safe。\n已与平台比对 12 个线程：全部一致。\n")


def test_a_dry_run_counts_and_writes_nothing(migrate: Typed, platform: str, tmp_path: Path) -> None:
    code, out, _ = migrate("threads", "--export", "safe", "--dry-run", "--base-url", platform)
    assert (code, out) == (0, "There are 12 threads of 3 users. Nothing was written.\n")
    code, out, _ = migrate("threads", "--export", "safe", "--dry-run", "--base-url", platform, "--user", "user_1")
    assert (code, out) == (0, "There are 4 threads of 1 users. Nothing was written.\n")
    assert not (tmp_path / "safe").exists()


def test_what_is_missing_is_told(migrate: Typed) -> None:
    code, _, complaint = migrate("threads", "--export", "safe", OPENAI_API_KEY="")
    assert (code, "OPENAI_API_KEY in the environment" in complaint) == (2, True)
    code, _, complaint = migrate("threads", "--export", "safe", "--base-url", "api.openai.com")
    assert (code, "--base-url in the command line is not valid" in complaint) == (2, True)


def test_a_key_is_never_shown(migrate: Typed) -> None:
    with emulating("--scenario", "expired-key") as (_, url):
        code, out, complaint = migrate("threads", "--export", "safe", "--base-url", f"{url}/v1")
    assert (code, "Your API key has expired" in complaint) == (2, True)
    assert "oolong" not in out + complaint


def test_help_is_in_both_languages(migrate: Typed) -> None:
    assert "Bring hosted ChatKit threads home." in migrate("--help")[1]
    assert "取回托管的 ChatKit 线程。" in migrate("--help", LC_ALL="zh_CN.UTF-8")[1]
