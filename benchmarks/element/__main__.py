"""Measure the element beside deep-chat and the plainest page there can be, in one run of one browser.

python -m benchmarks.element                 # all of it, about ten minutes
python -m benchmarks.element --rounds 1 --deltas 1000

Before the first run: npm ci --prefix benchmarks/element
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page
from tests.browser.chromium import chromium

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "src" / "teahouse" / "static"
SIDES = {"floor": None, "ours": "chatkit.js", "deep-chat": "deepChat.bundle.js"}
"""Who is measured, and the script each needs."""

VIEW = {"width": 1100, "height": 800}
SLOW = 4
"""How much slower the processor is made for one of the measurements of the start."""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, *said: Any) -> None:
        """Nothing."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the element beside deep-chat and a plain page.")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is measured (3)")
    parser.add_argument("--messages", type=int, default=2000, metavar="N", help="of the long thread (2000)")
    parser.add_argument("--deltas", type=int, default=5000, metavar="N", help="of the answer (5000)")
    parser.add_argument("--paged", type=int, default=10_000, metavar="N", help="items to page through (10000)")
    parser.add_argument("--sides", nargs="*", default=list(SIDES), choices=list(SIDES), help="whom to measure")
    given = parser.parse_args()
    with served() as base, chromium() as browser:
        for title, measure in measurements(given.messages, given.deltas):
            rounds: dict[str, list[dict[str, float]]] = {side: [] for side in given.sides}
            for _ in range(given.rounds):
                for side in given.sides:
                    rounds[side].append(fresh(browser, base, side, measure))
            report(title, rounds)
        if "ours" in given.sides:
            report_paging(fresh(browser, base, "ours", partial(page_through, count=given.paged)))


@contextmanager
def served() -> Iterator[str]:
    """The pages, the element and deep-chat, from a folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(STATIC, folder, dirs_exist_ok=True)
        for source in (*HERE.glob("*.js"), HERE / "page.css", bundle()):
            shutil.copy(source, folder)
        for side, script in SIDES.items():
            tag = f'<script src="{script}"{" type=module" if side == "deep-chat" else ""}></script>' if script else ""
            page = f'<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="page.css">{tag}<body></body>'
            (folder / f"{side}.html").write_text(page)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


def bundle() -> Path:
    """The peer's script."""
    found = HERE / "node_modules" / "deep-chat" / "dist" / "deepChat.bundle.js"
    if not found.exists():
        raise SystemExit("deep-chat is not there: npm ci --prefix benchmarks/element")
    return found


Measure = Callable[[Page, CDPSession, str], dict[str, float]]


def measurements(messages: int, deltas: int) -> list[tuple[str, Measure]]:
    """What is measured, in order."""
    return [
        ("ready to type", partial(start, slow=1)),
        (f"ready to type, processor {SLOW} times slower", partial(start, slow=SLOW)),
        (
            f"open a thread of {messages:,} messages",
            partial(run, statements=f"return measure.open(contestant, {messages});"),
        ),
        (f"an answer of {deltas:,} deltas", partial(answer, deltas=deltas, under=0)),
        (f"the same under {messages:,} messages", partial(answer, deltas=deltas, under=messages)),
    ]


def fresh(browser: Browser, base: str, side: str, measure: Measure) -> dict[str, float]:
    """One measurement, in a browser context that knows nothing of those before."""
    context = browser.new_context(viewport=VIEW)
    context.set_default_timeout(400_000)
    page = context.new_page()
    try:
        cdp = context.new_cdp_session(page)
        cdp.send("Performance.enable")
        return measure(page, cdp, f"{base}/{side}.html")
    finally:
        context.close()


def start(page: Page, cdp: CDPSession, url: str, *, slow: int) -> dict[str, float]:
    """From the beginning of the page to where one can type."""
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": slow})
    return run(page, cdp, url, statements="return measure.ready(contestant);")


def run(page: Page, cdp: CDPSession, url: str, *, statements: str) -> dict[str, float]:
    """A measurement that the page makes by itself."""
    page.goto(url)
    return page.evaluate(in_page(statements, url))


def answer(page: Page, cdp: CDPSession, url: str, *, deltas: int, under: int) -> dict[str, float]:
    """An answer while it streams; the time of the main thread is the browser's own account."""
    spent: list[float] = []
    page.expose_function("account", lambda: spent.append(metric(cdp, "TaskDuration")))
    page.goto(url)
    before = f"await measure.open(contestant, {under});" if under else "contestant.mount([]);"
    statements = f"{before} return measure.stream(contestant, {deltas}, account, account);"
    result: dict[str, float] = page.evaluate(in_page(statements, url))
    return {**result, "busy": round(spent[1] - spent[0], 2)}


def page_through(page: Page, cdp: CDPSession, url: str, *, count: int) -> dict[str, float]:
    """Go up through a thread, page by page, and see what is kept."""
    page.goto(url)
    statements = f"side.setPageSize(40); contestant.mount(measure.thread({count})); window.chat = side.chat;"
    page.evaluate(in_page(statements, url))
    kept: dict[str, float] = {}
    for part in (1, 5, 10):
        page.evaluate(GO_UP, [count * part // 10, count])
        cdp.send("HeapProfiler.collectGarbage")
        kept[f"{count * part // 10} MB"] = round(metric(cdp, "JSHeapUsedSize") / 1e6, 1)
        kept[f"{count * part // 10} nodes"] = page.evaluate("chat.shadowRoot.querySelectorAll('*').length")
    return kept


GO_UP = """async ([wanted, count]) => {
    const scroller = chat.shadowRoot.querySelector('.scroller');
    const first = `Question ${count - wanted}?`;
    const began = performance.now();
    while (!chat.shadowRoot.querySelector('.turn')?.textContent.includes(first)) {
        if (performance.now() - began > 200_000) throw new Error('It took too long.');
        scroller.scrollTop = 0;
        await new Promise(requestAnimationFrame);
    }
}"""


def in_page(statements: str, url: str) -> str:
    """JavaScript with the page's contestant at hand."""
    side = url.rsplit("/", 1)[-1].removesuffix(".html")
    return f"""async () => {{
        const measure = await import('./measure.js');
        const side = await import('./{side}.js');
        const {{ contestant }} = side;
        {statements}
    }}"""


def metric(cdp: CDPSession, name: str) -> float:
    """One of the browser's own counters."""
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return next(entry["value"] for entry in metrics if entry["name"] == name)


def report(title: str, rounds: dict[str, list[dict[str, float]]]) -> None:
    """The medians, a line for each side."""
    print(f"\n{title}")
    for side, results in rounds.items():
        numbers = {name: statistics.median(result[name] for result in results) for name in results[0]}
        print(f"  {side:<10}" + "  ".join(f"{name} {value:g}" for name, value in numbers.items()), flush=True)


def report_paging(kept: dict[str, float]) -> None:
    """What is kept after some of the items, and after all."""
    print("\npaging through a long thread, the element alone")
    print("  " + "  ".join(f"{name} {value:g}" for name, value in kept.items()))


if __name__ == "__main__":
    main()
