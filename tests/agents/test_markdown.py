"""Markdown: links of documents, seen from the chat."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.agents.guide.markdown import blocks, page_address, plain, resolve_links


@pytest.mark.parametrize(
    ("link", "resolved"),
    [
        ("[a](pot.md#lid)", "[a](docs/en/pot#lid)"),
        ("[a](../zh/tea.md)", "[a](docs/zh/tea)"),
        ("[a](#lid)", "[a](docs/en/tea#lid)"),
        ("![a](img/pot.png)", "![a](docs/en/img/pot.png)"),
        ('[a](pot.md "title")', '[a](docs/en/pot "title")'),
        ("[a](my%20pot.md)", "[a](docs/en/my%20pot)"),
        ("[a](https://example.com/x.md)", "[a](https://example.com/x.md)"),
        ("[a](mailto:tea@example.com)", "[a](mailto:tea@example.com)"),
        ("[a](/absolute.md)", "[a](/absolute.md)"),
        ("[a](//example.com/x.md)", "[a](//example.com/x.md)"),
        ("[a](../../../etc/passwd)", "[a](docs)"),
        ("`[a](pot.md)`", "`[a](pot.md)`"),
        ("```\n[a](pot.md)\n```", "```\n[a](pot.md)\n```"),
        ("- x\n\n  ```\n  [a](pot.md)\n  ```\n\n[b](pot.md)", "- x\n\n  ```\n  [a](pot.md)\n  ```\n\n[b](docs/en/pot)"),
    ],
)
def test_relative_links_lead_to_pages_and_code_is_left_alone(link: str, resolved: str) -> None:
    assert resolve_links(link, "en/tea.md", "docs") == resolved


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("en/tea.md", "docs/en/tea"),
        ("手册/泡茶.md", "docs/%E6%89%8B%E5%86%8C/%E6%B3%A1%E8%8C%B6"),
        ("a/b.pdf", "docs/a/b.pdf"),
    ],
)
def test_a_page_has_the_address_of_its_document_without_md(path: str, address: str) -> None:
    assert page_address(path, "docs/") == address


def test_the_words_of_a_document_are_searched_without_marks_and_addresses() -> None:
    source = "**Pour** the [tea](pot.md)<br> into `cups`:\n\n| a | b |\n|---|---|\n| c | d |\n\n```sh\nkettle\n```"
    assert plain(source).split() == ["Pour", "the", "tea", "into", "cups:", "a", "b", "c", "d", "kettle"]


@given(st.lists(st.sampled_from([*"#*_`>-+|[]()!\\ \n\t1.", "a", "```\n", "\n\n", "](x.md)", "    "])).map("".join))
def test_nothing_between_documents_and_answers_is_lost(source: str) -> None:
    """Blocks hold all that is written, and resolving links twice is resolving them once."""
    assert "".join(plain(source).split()) == "".join(plain("\n\n".join(b.text for b in blocks(source))).split())
    once = resolve_links(source, "en/tea.md", "https://example.com/docs")
    assert resolve_links(once, "en/tea.md", "https://example.com/docs") == once
