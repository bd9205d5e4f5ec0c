"""`/docs`: the documents as pages."""

from __future__ import annotations

import html
import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from house import Browser, problem_in
from teahouse.agents.guide import readers
from teahouse.web.docs import find, page_of

MARKDOWN = """---
title: Tea
description: How to make it
---

# Tea

Intro.

## How to: pour `it`

Text with a [link](other.md), a [trap](javascript:alert(1)), a <script>alert(1)</script>, an
<img src=x onerror=alert(1)> and a ![picture](data:text/html,x).

## 泡茶

| a | b |
|:--|--:|
| 1 | 2 |

## 泡茶

<javascript:alert(1)>
"""

HTML = """<html><head><title>Menu & prices</title><script>alert(1)</script></head><body>
<h1>Menu</h1><p onclick="alert(1)">Green <b>tea</b> &lt;script&gt; [x](javascript:alert(1))</p>
<h2 id="cold-drinks">Cold</h2><p>Iced tea</p><h2>Hot # drinks</h2><p># not a heading</p>
<iframe src="https://evil.test"></iframe></body></html>"""

TEXT = "Opening hours\n\n# Not a heading\n* 9 to 5\n\n<script>alert(1)</script>\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    for path, content in {
        "en/tea.md": MARKDOWN,
        "zh/tea.md": "# 茶\n\n水。",
        "en/only.md": "# Only\n\nEnglish.",
        "en/index.md": "# Start\n\nHere.",
        "en/deep/index.md": "# Deep\n\n[Up](../tea.md)",
        "menu.html": HTML,
        "hours.txt": TEXT,
        "secret.env": "KEY=1",
        "a picture.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "windows.md": "---\r\ntitle: Windows\r\n---\r\n\r\n# Windows\r\n\r\n## A part\r\n\r\nText.\r\n",
    }.items():
        file = docs / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8", newline="")
    (docs / "paper.pdf").write_bytes(b"%PDF-1.4\n")
    (tmp_path / "outside.md").write_text("# Outside")
    (docs / "way-out.md").symlink_to(tmp_path / "outside.md")
    (docs / "loop.md").symlink_to(docs / "loop.md")
    return docs


@pytest.fixture
async def browser(open_house: Any, visit: Any, folder: Path) -> Browser:
    arrived: Browser = visit(await open_house(docs=folder))
    return arrived


async def shown(browser: Browser, path: str) -> str:
    response = await browser.http.get(path)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    text: str = response.text
    return text


def live(page: str) -> list[str]:
    """Whatever in a page could run something."""
    main = page[page.index("<main") : page.index("</main>")]
    return re.findall(
        r"<(?:script|iframe|object|embed|svg)|<[^>]*\son\w+=|(?:href|src)=\"(?:javascript|data|vbscript):", main, re.I
    )


async def test_markdown_becomes_a_page(browser: Browser) -> None:
    page = await shown(browser, "/docs/en/tea")
    assert "<title>Tea · Teahouse</title>" in page
    assert '<meta name="description" content="How to make it">' in page
    assert page.count("<h1 ") == 1
    assert '<a href="other.md">link</a>' in page
    assert "<table>" in page
    assert "style=" not in page
    assert '<html lang="en">' in page
    assert await shown(browser, "/docs/en/tea.md") == page


async def test_every_anchor_of_the_reader_is_on_the_page(browser: Browser, folder: Path) -> None:
    """A source's address is what the reader says; the page has to have that place."""
    for path in ("en/tea.md", "zh/tea.md", "menu.html", "windows.md"):
        page = await shown(browser, f"/docs/{path}")
        read = readers.parse((folder / path).read_bytes(), PurePosixPath(path))
        for section in read.sections:
            if section.anchor:
                assert f'id="{section.anchor}"' in page, (path, section.anchor)
    assert 'id="cold"' in await shown(browser, "/docs/menu")
    tea = await shown(browser, "/docs/en/tea")
    assert 'id="泡茶"' in tea
    assert 'id="泡茶-1"' in tea
    assert 'id="a-part"' in await shown(browser, "/docs/windows")


@pytest.mark.parametrize("path", ["/docs/en/tea", "/docs/menu", "/docs/menu.html", "/docs/hours", "/docs/hours.txt"])
async def test_nothing_in_a_document_runs(browser: Browser, path: str) -> None:
    assert live(await shown(browser, path)) == []


async def test_html_and_text_are_shown_as_what_they_say(browser: Browser) -> None:
    menu = await shown(browser, "/docs/menu.html")
    assert "<title>Menu &amp; prices · Teahouse</title>" in menu
    assert "Green tea &lt;script&gt; [x](javascript:alert(1))" in menu
    assert "Hot # drinks" in menu
    hours = await shown(browser, "/docs/hours.txt")
    assert "# Not a heading" in hours
    assert "<h1>Not" not in hours


@pytest.mark.parametrize(
    ("path", "kind"), [("/docs/a%20picture.svg", "image/svg+xml"), ("/docs/paper.pdf", "application/pdf")]
)
async def test_pictures_and_papers_are_sent_as_they_are_and_run_nothing(browser: Browser, path: str, kind: str) -> None:
    response = await browser.http.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == kind
    assert response.headers["content-security-policy"].startswith("default-src 'none';")


@pytest.mark.parametrize(
    "path",
    [
        "/docs/nothing",
        "/docs/secret.env",
        "/docs/secret",
        "/docs/way-out.md",
        "/docs/loop.md",
        "/docs/..%2foutside.md",
        "/docs/%2e%2e/outside.md",
        "/docs/en/..%2f..%2foutside",
        "/docs/%2fetc%2fpasswd",
        "/docs/a%00b",
        "/docs/" + "a" * 300,
        "/docs/" + "a/" * 2500,
        "/docs/%ff",
        "/docs/en/tea.md/x",
    ],
)
async def test_nothing_else_is_shown(browser: Browser, path: str) -> None:
    error = problem_in(await browser.http.get(path, headers={"accept": "application/json"}))
    assert (error["status"], error["code"]) == (404, "not_found")


def test_no_path_leads_out_of_the_folder(folder: Path) -> None:
    for path in ("../outside.md", "en/../../outside", str(folder.parent / "outside.md"), "..", "."):
        assert find(folder, path) is None


async def test_a_page_links_to_itself_in_the_other_language(browser: Browser) -> None:
    assert 'href="/docs/zh/tea"' in await shown(browser, "/docs/en/tea")
    chinese = await shown(browser, "/docs/zh/tea")
    assert 'href="/docs/en/tea"' in chinese
    assert '<html lang="zh-CN">' in chinese
    assert 'class="twin"' not in await shown(browser, "/docs/en/only")


async def test_the_way_in_is_the_index_in_the_visitors_language(browser: Browser) -> None:
    assert (await browser.http.get("/docs")).headers["location"] == "/docs/en/index"
    assert (await browser.http.get("/docs/")).headers["location"] == "/docs/en/index"
    assert (await browser.http.get("/docs", headers={"accept-language": "zh"})).headers["location"] == "/docs/en/index"


async def test_a_folders_index_is_shown_where_its_links_are_right(browser: Browser) -> None:
    """`../tea.md` would lead elsewhere from `/docs/en/deep`."""
    for path in ("/docs/en/deep", "/docs/en/deep/"):
        assert (await browser.http.get(path)).headers["location"] == "/docs/en/deep/index"
    assert 'href="../tea.md"' in await shown(browser, "/docs/en/deep/index")


async def test_without_an_index_everything_is_listed(open_house: Any, visit: Any, tmp_path: Path) -> None:
    docs = tmp_path / "plain"
    docs.mkdir()
    (docs / "one & [two].md").write_text("# One\n\nFirst.")
    (docs / "ignored.env").write_text("KEY=1")
    browser = visit(await open_house(docs=docs))
    page = await shown(browser, "/docs")
    assert "ignored" not in page
    [link] = re.findall(r'<a href="([^"]*one[^"]*)">', page)
    assert "First." in await shown(browser, html.unescape(link))
    chinese = await browser.http.get("/docs", headers={"accept-language": "zh-CN"})
    assert ">文档</h1>" in chinese.text


async def test_our_own_documents_stand_behind_the_operators(browser: Browser) -> None:
    """The links in errors have to lead somewhere."""
    assert "thread_not_found" in await shown(browser, "/docs/en/errors/thread_not_found")


async def test_a_changed_document_is_shown_as_it_is_now(browser: Browser, folder: Path) -> None:
    assert "English." in await shown(browser, "/docs/en/only")
    (folder / "en" / "only.md").write_text("# Only\n\nChanged, and longer.")
    assert "Changed, and longer." in await shown(browser, "/docs/en/only")


def test_a_page_is_made_once(folder: Path) -> None:
    file, path = folder / "en" / "tea.md", PurePosixPath("en/tea.md")
    assert page_of(file, path, 1) is page_of(file, path, 1)
