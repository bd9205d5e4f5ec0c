"""`teahouse migrate` as a person types it."""

from __future__ import annotations

import contextlib
import sqlite3
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


def test_one_command_brings_everything_into_the_store(migrate: Typed, platform: str, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("user,visitor\nuser_1,vis_1\n")
    code, out, complaint = migrate("threads", "--users", "users.csv", OPENAI_BASE_URL=platform)
    assert (code, "12 threads with 60 items are safe in data/hosted." in out) == (0, True), complaint
    assert "SQLite data/teahouse.db has 12 threads with 60 items of 3 visitors; 0 were there." in out
    assert "Read back and compared: every item is there once, as it was." in out
    assert "contents of attached files" in out
    with contextlib.closing(sqlite3.connect(tmp_path / "data/teahouse.db")) as database:
        owners = {owner for (owner,) in database.execute("SELECT DISTINCT owner FROM threads")}
    assert owners == {"vis_1", "device-00000002", "客户3"}
    code, out, _ = migrate("threads", "--import", "data/hosted", "--users", "users.csv", LC_ALL="zh_CN.UTF-8")
    assert (code, "12 个线程、60 个条目，其中 12 个原已存在" in out) == (0, True)


def test_an_import_can_be_looked_at_before(migrate: Typed, platform: str, tmp_path: Path) -> None:
    migrate("threads", "--export", "safe", OPENAI_BASE_URL=platform)
    code, out, _ = migrate("threads", "--import", "safe", "--dry-run", "--user", "user_1")
    assert (code, "4 threads with 20 items of 1 visitors could be brought" in out) == (0, True)
    assert not (tmp_path / "data").exists()
    broken = next((tmp_path / "safe/threads").rglob("*.jsonl"))
    broken.write_bytes(broken.read_bytes()[:-40])
    code, out, _ = migrate("threads", "--import", "safe")
    assert (code, f"as far as it can be read (1): {broken.name}" in out) == (1, True)


def test_an_import_that_cannot_be_is_told(migrate: Typed, tmp_path: Path) -> None:
    code, _, complaint = migrate("threads", "--import", "nowhere")
    assert (code, "there is no export in it" in complaint) == (2, True)
    code, _, complaint = migrate("threads", "--import", "a", "--export", "b")
    assert (code, "leave both out to do both" in complaint) == (2, True)
    assert not (tmp_path / "nowhere").exists()


def test_an_import_that_was_interrupted_does_not_export_again(
    migrate: Typed, platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("teahouse.store.SqlStore.bring", dies)
        assert migrate("threads", OPENAI_BASE_URL=platform)[0] == 130
    code, out, complaint = migrate("threads", OPENAI_BASE_URL=platform)
    assert (code, "12 threads with 60 items of 3 visitors; 0 were there" in out) == (0, True)
    assert "Reading hosted threads" not in complaint
    assert "Reading hosted threads" in migrate("threads", OPENAI_BASE_URL=platform)[2]
