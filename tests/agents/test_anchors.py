"""Anchors of headings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.agents.guide.anchors import Slugs, heading_text
from teahouse.agents.guide.markdown import parser


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
