"""When the server dies in the middle of an answer."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect

from .conftest import Visit
from .houses import teahouse_serve


def test_what_was_asked_is_still_there_when_the_server_is(visit: Visit, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with teahouse_serve(data, "--server", "tests.browser.scripted:StuckServer") as serving:
        chat = visit(f"{serving.url}/").open()
        chat.watch.allow("ERR_")
        turn = chat.ask("An important question")
        expect(turn).to_contain_text("Half")
        serving.kill()
        expect(chat.page.get_by_text("Connection lost. Reconnecting…")).to_be_visible()
        expect(turn).to_contain_text("Half")

    port = urlsplit(serving.url).port
    assert port
    with teahouse_serve(data, "--server", "tests.browser.scripted:ScriptedServer", port=port):
        alert = chat.page.get_by_role("alert")
        expect(alert).to_contain_text("The answer ended before it was complete.")
        expect(turn).to_contain_text("Half")
        alert.get_by_role("button", name="Try again").click()
        expect(turn).to_contain_text("You said: An important question")
        expect(turn).not_to_contain_text("Half")
        chat.converse("And now?")
        expect(chat.turns).to_have_count(2)
