"""Reading documents: every format, and whatever may be wrong with a file."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath

import pytest
from documents import TEA, pdf
from hypothesis import given
from hypothesis import strategies as st

from teahouse.agents.guide import readers
from teahouse.agents.guide.markdown import plain
from teahouse.agents.guide.readers import Document, UnreadableDocument


def parse(content: str | bytes, path: str = "document.md") -> Document:
    raw = content.encode() if isinstance(content, str) else content
    return readers.parse(raw, PurePosixPath(path))


def reason(content: str | bytes, path: str = "document.md") -> str:
    with pytest.raises(UnreadableDocument) as caught:
        parse(content, path)
    return str(caught.value)


# Markdown ---------------------------------------------------------------------------------------------


def test_front_matter_names_a_markdown_document() -> None:
    document = parse(TEA, "en/tea.md")
    assert document.title == "How to brew tea"
    assert document.description == "Water, leaves and time."
    assert document.keywords == ("infusion", "泡茶")


def test_a_markdown_document_is_divided_at_its_headings() -> None:
    opening, green, black = parse(TEA).sections
    assert (opening.headings, opening.anchor) == ((), None)
    assert (green.headings, green.anchor) == (("Green tea",), "green-tea")
    assert black.text.startswith("Boiling water")


def test_code_and_links_stay_as_they_are_written() -> None:
    green = parse(TEA).sections[1]
    assert "```sh\nkettle --celsius 80\n```" in green.text


def test_headings_know_the_headings_above_them() -> None:
    document = parse("# T\n\n## A\n\na\n\n### B\n\nb\n\n## C\n\nc")
    assert [section.headings for section in document.sections] == [("A",), ("A", "B"), ("C",)]


def test_the_first_heading_is_the_title_when_nothing_else_is() -> None:
    document = parse("# The *pot*\n\ntext")
    assert document.title == "The pot"
    assert document.sections[0].anchor == "the-pot"
    assert document.sections[0].headings == ()


def test_a_file_is_named_after_itself_when_it_names_nothing() -> None:
    assert parse("text", "how-to_pour.md").title == "how to pour"


def test_a_heading_in_code_is_no_heading() -> None:
    document = parse("```sh\n# comment\n```\n\n## Real\n\ntext")
    assert [section.headings for section in document.sections] == [(), ("Real",)]


def test_a_reference_link_is_written_out_because_its_definition_may_be_in_another_section() -> None:
    document = parse("## A\n\n[the pot][pot] and [Lid][], not `[x][pot]`\n\n## B\n\nb\n\n[pot]: pot.md\n[lid]: lid.md")
    assert document.sections[0].text == "[the pot](pot.md) and [Lid](lid.md), not `[x][pot]`"


@pytest.mark.parametrize(
    "front_matter",
    [
        "title: [",
        "- a\n- b",
        "date: 2026-13-45",
        "title: {a: b}",
        "keywords: 7",
        "a: &a [*a]",
        "!!python/object:x y",
        r'title: "\ud800"',
    ],
)
def test_broken_front_matter_is_no_reason_to_lose_the_text(front_matter: str) -> None:
    document = parse(f"---\n{front_matter}\n---\n\ntext")
    assert [section.text for section in document.sections] == ["text"]


def test_a_long_section_is_divided_between_blocks_under_the_same_anchor() -> None:
    paragraphs = "\n\n".join(f"paragraph {n} " + "word " * 100 for n in range(20))
    document = parse(f"## Long\n\n{paragraphs}")
    assert len(document.sections) > 3
    assert {section.anchor for section in document.sections} == {"long"}
    assert all(section.text.startswith("paragraph") for section in document.sections)


# HTML -------------------------------------------------------------------------------------------------

PAGE = """<!doctype html><html lang="de"><head><title>Tee &amp; Kanne</title>
<meta name="description" content="Wasser und Zeit"><style>p { color: red }</style></head>
<body><nav>Menu</nav><main><h1 id="top">Tee &amp; Kanne</h1>Pour <b>hot</b> water<br>slowly
<p>Then *wait*.</p><h2 id="green">Green</h2>
<ul><li>cool <i>down</i></li><li><p>pour</p><ul><li>again</li></ul></li></ul>
<pre><code>kettle
  --on</code></pre><table><tr><th>a</th><td>b</td></tr></table>
<script>alert("evil")</script></main><footer>Legal</footer></body></html>"""


def test_an_html_page_gives_its_article_as_markdown() -> None:
    document = parse(PAGE, "tee.html")
    opening, green = document.sections
    assert (document.title, document.description, document.language) == ("Tee & Kanne", "Wasser und Zeit", "de")
    assert opening.text == "Pour hot water slowly\n\nThen \\*wait\\*."
    assert (green.headings, green.anchor) == (("Green",), "green")
    assert green.text == "- cool down\n\n- pour\n\n- again\n\n```\nkettle\n  --on\n```\n\na b"


def test_scripts_styles_and_navigation_are_left_out() -> None:
    text = " ".join(section.text for section in parse(PAGE, "tee.html").sections)
    assert not any(word in text for word in ("evil", "color", "Menu", "Legal"))


@pytest.mark.parametrize(
    "hostile",
    [
        "<main>" + "<div>" * 5_000 + "deep",
        "<main><p>a<script>b</p></main>",
        "<main><p>x</p><svg><script>alert(1)</script></svg><iframe srcdoc='<p>y'></iframe></main>",
        "<h9>x</h9><p>\x01text &#0; &#xD800;",
        "<p>[click](javascript:alert(1)) <b onclick=x>bold</b>",
        "<plaintext><p>text",
    ],
)
def test_hostile_html_is_text_like_any_other(hostile: str) -> None:
    for section in parse(hostile, "x.html").sections:
        assert "alert(1)</script>" not in section.text
        assert "](javascript:" not in section.text.replace("\\]", "")


# Plain text -------------------------------------------------------------------------------------------


def test_plain_text_means_nothing_as_markdown() -> None:
    text = "# not a heading\n\n* not a list\n1. nor this\n<b>nor bold</b> _nor_ [this](x)\n\n    nor code"
    (section,) = parse(text, "notes.txt").sections
    assert plain(section.text).split() == text.split()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("部署之后聊天窗口一片空白，控制台没有报错。" * 5, "gb18030"),
        ("部署之後聊天視窗一片空白，主控台沒有錯誤訊息。" * 5, "big5"),
        ("サーバーの設定を変更しても、画面が表示されません。" * 5, "shift_jis"),
        ("Пользователь не видит чат после развертывания сервера. " * 5, "windows-1251"),
        ("Crème brûlée à la carte, déjà vu. " * 5, "utf-16"),
        ("with a mark", "utf-8-sig"),
    ],
)
def test_text_is_read_in_the_encoding_it_has(text: str, encoding: str) -> None:
    assert parse(text.encode(encoding), "notes.txt").sections[0].text == text.strip()


# PDF --------------------------------------------------------------------------------------------------


def test_a_pdf_has_a_section_for_each_page_with_text() -> None:
    document = parse(pdf("Green tea", "", "Black tea", title="Teas"), "teas.pdf")
    assert document.title == "Teas"
    assert [(section.page, section.text) for section in document.sections] == [(1, "Green tea"), (3, "Black tea")]


# What cannot be read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "path", "why"),
    [
        (b"", "empty.md", "no text in it"),
        (b"---\ntitle: only front matter\n---\n", "empty.md", "no text in it"),
        (b"<html></html>", "empty.html", "no text in it"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture.txt", "not text, or in an unknown encoding"),
        (b"text\0with a zero", "zero.txt", "not text"),
        (b"%PDF-1.4 and then nothing", "broken.pdf", "damaged (PdfStreamError)"),
        (b"not a PDF at all", "fake.pdf", "damaged (PdfStreamError)"),
        (b"x" * (readers.MAX_BYTES + 1), "large.txt", "larger than 20 MB"),
    ],
)
def test_an_unreadable_document_says_why(content: bytes, path: str, why: str) -> None:
    assert reason(content, path) == why


def test_an_encrypted_pdf_says_so() -> None:
    assert reason(pdf("secret", password="open sesame"), "secret.pdf") == "encrypted"


def test_a_pdf_without_text_says_so() -> None:
    assert reason(pdf(""), "scan.pdf") == "no text in it"


# Anything at all --------------------------------------------------------------------------------------

marks = st.sampled_from(
    [*"#*_`>-+=|[]()!<&\\~:\n\t ", "```", "---\n", "\n\n", "## ", "<div>", "</p>", "<!--", "a", "茶"]
)
soup = st.lists(st.one_of(marks, st.text(max_size=5)), max_size=80).map("".join)


@given(soup, st.sampled_from([".md", ".html", ".txt"]))
def test_any_text_is_read_or_refused(text: str, suffix: str) -> None:
    with suppress(UnreadableDocument):
        document = parse(text.encode("utf-8", "surrogatepass"), f"x{suffix}")
        assert document.title.encode()
        assert all(section.text.strip().encode() for section in document.sections)


@given(st.binary(max_size=200), st.sampled_from(sorted(readers.SUFFIXES)))
def test_any_bytes_are_read_or_refused(raw: bytes, suffix: str) -> None:
    with suppress(UnreadableDocument):
        assert parse(raw, f"x{suffix}").sections


@given(st.text(alphabet=st.characters(exclude_categories=["C"]), max_size=200))
def test_escaped_text_shows_the_same_words(text: str) -> None:
    try:
        (section,) = parse(text, "x.txt").sections
    except UnreadableDocument:
        assert not text.strip()
    else:
        assert plain(section.text).split() == text.split()
