"""The system's Chromium, and how long to wait for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    # A name that is not localhost: plain HTTP from it is no secure context.
    "--host-resolver-rules=MAP teahouse.test 127.0.0.1",
]
PATIENCE = 15_000  # ms; other work may share the machine

expect.set_options(timeout=PATIENCE)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run it."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    assert executable, "no Chromium: scripts/chromium.sh installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()
