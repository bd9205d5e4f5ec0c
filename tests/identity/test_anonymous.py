from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from itsdangerous import TimestampSigner
from starlette.requests import HTTPConnection

from teahouse.identity import Identified
from teahouse.identity.anonymous import AnonymousIdentity, key_in

KEY = "a key for the tests, of no other use"
COOKIE = AnonymousIdentity(KEY).cookie


def request(
    cookie: str | None = None, *, scheme: str = "http", root: str = "", host: str = "chat.test"
) -> HTTPConnection:
    headers = [(b"host", host.encode())] + ([(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else [])
    return HTTPConnection(
        {"type": "http", "scheme": scheme, "path": f"{root}/chatkit", "root_path": root, "headers": headers}
    )


def identify(connection: HTTPConnection, **options: Any) -> Identified:
    return asyncio.run(AnonymousIdentity(KEY, **options).identify(connection))


def crumb(who: Identified) -> Morsel[str]:
    assert who.set_cookie is not None
    return SimpleCookie(who.set_cookie)[COOKIE]


def test_a_new_browser_gets_a_visitor_and_a_cookie() -> None:
    first, second = identify(request()), identify(request())
    assert first.visitor.id.startswith("vis_")
    assert len(first.visitor.id) == 4 + 32
    assert first.visitor != second.visitor
    again = identify(request(crumb(first).value))
    assert again.visitor == first.visitor
    assert again.set_cookie is None


def test_two_servers_on_one_host_leave_each_others_cookies_alone() -> None:
    assert AnonymousIdentity("another key of another server").cookie != COOKIE
    assert AnonymousIdentity(KEY).cookie == COOKIE


@pytest.mark.parametrize(
    ("scheme", "cross_site", "secure", "same_site"),
    [
        ("http", False, False, "Lax"),
        ("https", False, True, "Lax"),
        ("https", True, True, "None"),
        ("http", True, False, "Lax"),
    ],
)
def test_the_cookie_is_as_closed_as_it_can_be(scheme: str, cross_site: bool, secure: bool, same_site: str) -> None:
    morsel = crumb(identify(request(scheme=scheme), cross_site=cross_site))
    assert morsel["httponly"]
    assert bool(morsel["secure"]) is secure
    assert morsel["samesite"] == same_site
    assert morsel["path"] == "/"
    assert morsel["domain"] == ""
    assert int(morsel["max-age"]) == 400 * 24 * 3600


def test_the_cookie_goes_only_to_where_we_are_mounted() -> None:
    assert crumb(identify(request(root="/chat")))["path"] == "/chat"


def forged() -> Iterator[str]:
    genuine = crumb(identify(request())).value
    value, stamp, signature = genuine.split(".")
    yield from ("", "vis_1", f"vis_{'0' * 32}.{stamp}.{signature}", f"{value}.{stamp}", f"{value}.{stamp}.x")
    yield f"{value}.AAAAAA.{signature}"
    yield TimestampSigner("another key", salt="teahouse.visitor").sign(value).decode()
    yield TimestampSigner(KEY, salt="another purpose").sign(value).decode()
    yield "é" * 50


@pytest.mark.parametrize("cookie", list(forged()))
def test_a_forged_cookie_is_nobodys(cookie: str) -> None:
    who = identify(request(cookie))
    assert who.set_cookie is not None
    assert who.visitor.id not in cookie


class Later(TimestampSigner):
    """Signs as if it were some days ago."""

    days = 0

    def get_timestamp(self) -> int:
        return super().get_timestamp() - int(timedelta(days=self.days).total_seconds())


def signed(days_ago: int) -> str:
    signer = Later(KEY, salt="teahouse.visitor")
    signer.days = days_ago
    return signer.sign("vis_of_old").decode()


def test_a_cookie_is_renewed_on_the_way() -> None:
    assert identify(request(signed(29))).set_cookie is None
    renewed = identify(request(signed(31)))
    assert renewed.visitor.id == "vis_of_old"
    assert identify(request(crumb(renewed).value)).set_cookie is None


def test_an_expired_cookie_is_nobodys() -> None:
    assert identify(request(signed(401))).visitor.id != "vis_of_old"


@pytest.mark.parametrize("host", ["[", "]:x", "a b", ""])
def test_a_strange_host_makes_no_difference(host: str) -> None:
    assert identify(request(host=host)).set_cookie is not None


# --- The key ------------------------------------------------------------------------------------------


def test_the_key_is_made_once_for_this_user_alone(tmp_path: Path) -> None:
    key = key_in(tmp_path)
    assert len(key) == 64
    assert key_in(tmp_path) == key
    assert (tmp_path / "visitor.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["visitor.key"]


def test_two_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from teahouse.identity.anonymous import key_in;"
        "sys.stdin.readline(); print(key_in(pathlib.Path(sys.argv[1])))"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    keys = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert keys == {key_in(tmp_path)}


@pytest.mark.parametrize("left", ["", "   \n", "short"])
def test_a_key_that_a_power_cut_left_empty_is_made_anew(tmp_path: Path, left: str) -> None:
    """Signed with an empty key, every cookie could be forged."""
    (tmp_path / "visitor.key").write_text(left)
    assert len(key_in(tmp_path)) == 64
    assert len((tmp_path / "visitor.key").read_text()) == 64
