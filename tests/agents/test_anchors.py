"""Anchors of headings."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.agents.guide import readers
from teahouse.agents.guide.anchors import Slugs, heading_text
from teahouse.agents.guide.markdown import parser
from teahouse.settings import bundled_docs
from teahouse.web.docs import page_of


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Fix: set `user`", "fix-set-user"),
        ("解决办法：升级 openai", "解决办法升级-openai"),
        ("サーバーの設定", "サーバーの設定"),
        ("  Spaces  ", "spaces"),
        ("__init__() fails", "__init__-fails"),
        ("!!!", "section"),
    ],
)
def test_an_anchor_is_like_githubs_and_keeps_every_script(heading: str, anchor: str) -> None:
    assert Slugs()(heading) == anchor


@given(st.lists(st.one_of(st.text(), st.sampled_from(["a", "a-1", "a-1-1", "", "A"]))))
def test_anchors_of_a_page_are_unique(headings: list[str]) -> None:
    slugs = Slugs()
    anchors = [slugs(heading) for heading in headings]
    assert len(set(anchors)) == len(anchors)
    assert all(anchors)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("# *Set* `user` [here](x.md)", "Set user here"),
        ("Two\nlines\n=====", "Two lines"),
        ("# a <b>b</b> &amp; \\*c\\*", "a b & *c*"),
    ],
)
def test_a_headings_text_is_what_a_reader_sees(source: str, shown: str) -> None:
    assert heading_text(parser().parse(source)[1]) == shown


# A source's address and the page it opens ------------------------------------------------------------


def anchors_on_page(file: Path, path: PurePosixPath) -> set[str]:
    return set(re.findall(r'<h[1-6] id="([^"]*)"', page_of(file, path, 0).body))


@pytest.mark.parametrize(
    "path", sorted(path.relative_to(bundled_docs()) for path in bundled_docs().rglob("*.md")), ids=str
)
def test_every_source_of_our_documentation_opens_at_its_passage(path: Path) -> None:
    document = readers.parse((bundled_docs() / path).read_bytes(), PurePosixPath(path))
    cited = {section.anchor for section in document.sections if section.headings}
    assert cited <= anchors_on_page(bundled_docs() / path, PurePosixPath(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "## Fix\n\na\n\n> ## Fix\n\n## Fix\n\nb"),
        ("a.md", "---\r\ntitle: [broken\r\n---\r\n\r\n## One\r\n\r\na\r\n\r\nTwo\r\n---\r\n\r\nb"),
        ("a.md", "# T\n\n## `__init__` *fails*\n\na\n\n## &amp; so\n\nb"),
        (
            "a.html",
            "<title>T</title><main><h1>T</h1>x<h2>__init__ *a*</h2>a<h2>Empty</h2><h2>T</h2>b<h3>T</h3>c</main>",
        ),
        ("a.html", "<main><h2 id=x>A</h2>a<h2>A</h2>b</main>"),
    ],
)
def test_anchors_agree_for_awkward_documents(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_bytes(content.encode())
    document = readers.parse(file.read_bytes(), PurePosixPath(name))
    cited = [section.anchor for section in document.sections if section.headings]
    assert len(cited) == 2 + (name == "a.html" and "h3" in content)
    assert set(cited) <= anchors_on_page(file, PurePosixPath(name))
