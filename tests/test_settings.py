from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from teahouse import settings
from teahouse.errors import Problem

File = Callable[[str], None]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> File:
    """Writes `teahouse.toml` in the folder one starts from."""
    monkeypatch.chdir(tmp_path)
    return lambda text: (tmp_path / "teahouse.toml").write_text(text, encoding="utf-8") and None


Env = Callable[..., None]


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Env:
    """Sets environment variables."""

    def set_all(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


def test_nothing_has_to_be_set(file: File) -> None:
    chosen = settings.load()
    assert (chosen.host, chosen.port, chosen.data) == ("127.0.0.1", 9000, Path("data"))
    assert (chosen.docs / "en" / "index.md").is_file()
    assert chosen.model.name is None


def test_flags_win_over_the_environment_and_that_over_the_file(file: File, env: Env) -> None:
    file('port = 1\nhost = "file"\ndata = "file"\n[model]\nname = "file"\nbase_url = "http://file"\n')
    assert settings.load().port == 1
    env(TEAHOUSE_PORT="2", TEAHOUSE_HOST="environment", TEAHOUSE_MODEL__NAME="environment")
    chosen = settings.load({"port": 3, "model": {"base_url": "http://flag"}, "host": None})
    assert (chosen.port, chosen.host, chosen.data) == (3, "environment", Path("file"))
    assert (chosen.model.name, chosen.model.base_url) == ("environment", "http://flag")


def test_port_is_read_under_the_name_that_everybody_uses(file: File, env: Env) -> None:
    file("port = 1")
    env(PORT="2")
    assert settings.load().port == 2
    assert settings.load({"port": 4}).port == 4
    env(TEAHOUSE_PORT="3")
    assert settings.load().port == 3
    assert settings.load({"port": 4}).port == 4


def test_an_empty_variable_is_not_set(file: File, env: Env) -> None:
    env(PORT="", TEAHOUSE_DATA="", TEAHOUSE_MODEL__NAME="")
    assert settings.load() == settings.Settings()


def test_lists_are_json_in_variables(file: File, env: Env) -> None:
    env(TEAHOUSE_ORIGINS='["https://a.example"]', TEAHOUSE_PAGE__PROMPTS='["Tea?", "茶？"]')
    chosen = settings.load()
    assert chosen.origins == ("https://a.example",)
    assert chosen.page.prompts == ("Tea?", "茶？")


def test_origins_are_compared_as_browsers_send_them(file: File) -> None:
    file('origins = ["https://WWW.example.com/", "http://localhost:3000", "http://[::1]:80"]')
    assert settings.load().origins == ("https://www.example.com", "http://localhost:3000", "http://[::1]:80")


REFUSED: list[tuple[str, dict[str, str], dict[str, Any], str, str, str]] = [
    # file, environment, flags; setting, source, reason
    ("port = ", {}, {}, "(file)", "teahouse.toml", "Invalid value"),
    ("prot = 1", {}, {}, "prot", "teahouse.toml", "there is no such key"),
    ('port = "tea"', {}, {}, "port", "teahouse.toml", "it has to be a whole number"),
    ("port = 70000", {}, {}, "port", "teahouse.toml", "it has to be 65535 or less"),
    ('[model]\nnmae = "x"', {}, {}, "model.nmae", "teahouse.toml", "there is no such key"),
    ('model = "gpt"', {}, {}, "model", "teahouse.toml", "it has to be an object"),
    ('[model]\nbase_url = "deepseek"', {}, {}, "model.base_url", "teahouse.toml", "it is not an address"),
    ('origins = ["*"]', {}, {}, "origins.0", "teahouse.toml", "it is not an origin"),
    ('origins = ["https://a.example/x"]', {}, {}, "origins.0", "teahouse.toml", "it is not an origin"),
    ('origins = ["https://a; script-src *"]', {}, {}, "origins.0", "teahouse.toml", "it is not an origin"),
    ('secret = "short"', {}, {}, "secret", "teahouse.toml", "it is too short, 16"),
    ('[rates]\nvisitor = "often"', {}, {}, "rates.visitor", "teahouse.toml", "it is not a rate such as 30/minute"),
    ('[rates]\naddress = "0/minute"', {}, {}, "rates.address", "teahouse.toml", "it is not a rate such as 30/minute"),
    ("[rates]\nvisitor_quick = 30", {}, {}, "rates.visitor_quick", "teahouse.toml", "it has to be text"),
    ("", {"TEAHOUSE_RATES__ADDRESS": "9/week"}, {}, "rates.address", "the environment", "it is not a rate such as"),
    ('redis = "localhost:6379"', {}, {}, "redis", "teahouse.toml", "it is not an address such as redis://"),
    ('redis = "redis://host:99999"', {}, {}, "redis", "teahouse.toml", "it is not an address such as redis://"),
    ("", {"PORT": "tea"}, {}, "port", "the environment", "it has to be a whole number"),
    ("", {"TEAHOUSE_PORT": "tea"}, {}, "port", "the environment", "it has to be a whole number"),
    ("", {"TEAHOUSE_PROT": "1"}, {}, "TEAHOUSE_PROT", "the environment", "there is no such setting"),
    ("", {"TEAHOUSE_MODEL__NMAE": "x"}, {}, "model.nmae", "the environment", "there is no such key"),
    ("", {"TEAHOUSE_LOG_LEVEL": "loud"}, {}, "log_level", "the environment", "it has to be 'debug', 'info'"),
    ("", {"TEAHOUSE_ORIGINS": "https://a.example"}, {}, "origins", "the environment", "it has to be JSON"),
    (
        "",
        {"TEAHOUSE_LIMITS__RESPONSE_SECONDS": "0"},
        {},
        "limits.response_seconds",
        "the environment",
        "it has to be greater than 0",
    ),
    ("", {}, {"port": -1}, "port", "the command line", "it has to be 0 or more"),
    ("port = 1", {"PORT": "2"}, {"port": 70000}, "port", "the command line", "it has to be 65535 or less"),
    ("", {}, {"model": {"base_url": "x"}}, "model.base_url", "the command line", "it is not an address"),
]


@pytest.mark.parametrize(("text", "variables", "flags", "setting", "source", "reason"), REFUSED)
def test_what_is_wrong_is_named_with_its_place(
    file: File,
    env: Env,
    text: str,
    variables: dict[str, str],
    flags: dict[str, Any],
    setting: str,
    source: str,
    reason: str,
) -> None:
    file(text)
    env(**variables)
    with pytest.raises(Problem) as caught:
        settings.load(flags)
    cause = caught.value.cause()
    assert cause.startswith(f"The setting {setting} in {source} is not valid: {reason}"), cause
    assert "\n" not in cause
    assert caught.value.cause("zh").startswith(
        "teahouse.toml" if source == "teahouse.toml" else ("环境变量", "命令行参数")
    )


def test_a_file_that_cannot_be_read_is_a_problem(file: File, tmp_path: Path) -> None:
    (tmp_path / "teahouse.toml").write_bytes(b'page.title = "\xff"')
    with pytest.raises(Problem, match="not UTF-8"):
        settings.load()
    (tmp_path / "teahouse.toml").unlink()
    (tmp_path / "teahouse.toml").mkdir()
    assert settings.load().port == 9000, "a folder of that name is somebody else's"


def test_secrets_are_not_shown(file: File, env: Env) -> None:
    env(TEAHOUSE_MODEL__API_KEY="sk-abcdefghijkl", TEAHOUSE_SECRET="a-long-secret-of-mine")
    env(TEAHOUSE_REDIS="redis://:abcdefghijkl@cache/0")
    chosen = settings.load()
    for shown in (repr(chosen), str(chosen), str(chosen.model_dump()), chosen.model_dump_json()):
        assert "abcdefghijkl" not in shown
        assert "of-mine" not in shown


@pytest.mark.parametrize("value", ["sk-abcdefghijkl-0123456789", '{"a": "sk-abcdefghijkl"}'])
def test_a_wrong_value_is_not_repeated(file: File, env: Env, value: str) -> None:
    """It may be a key that was put in the wrong place."""
    env(TEAHOUSE_PORT=value)
    with pytest.raises(Problem) as caught:
        settings.load()
    assert "abcdefghijkl" not in str(caught.value)


def test_settings_do_not_change() -> None:
    chosen = settings.Settings()
    for changed in (chosen, chosen.model, chosen.limits):
        with pytest.raises(ValueError, match="frozen"):
            changed.port = 1  # type: ignore[union-attr]


def test_every_setting_is_described() -> None:
    for group in (settings.Settings, settings.Model, settings.Page, settings.Limits, settings.Rates):
        for name, field in group.model_fields.items():
            assert field.description, name
