"""From passages to an answer."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.agents.guide.answer import Answer, compose, nothing, trim
from teahouse.agents.guide.index import Passage, Topic
from teahouse.agents.guide.markdown import plain


def passage(text: str, *headings: str, position: int = 0, score: float = 10.0, path: str = "en/tea.md",
            title: str = "How to brew tea", language: str = "en") -> Passage:  # fmt: skip
    anchor = headings[-1].lower().replace(" ", "-") if headings else None
    return Passage(path, title, "", language, headings, anchor, None, text, position, score)


OPENING = passage("Pour water over leaves.", score=3.0)
GREEN = passage("Let it cool:\n\n```sh\nkettle --celsius 80\n```", "Green tea", position=1, score=10.0)
BLACK = passage("Boiling water. See [the pot](pot.md#lid).", "Black tea", position=2, score=8.0)
STORING = passage("In a tin.", "Where to store tea leaves for a year", position=3, score=0.0)
PAGE = [OPENING, GREEN, BLACK, STORING]
POT = passage("Of clay.", "Lid", path="en/pot.md", title="The pot", score=5.0)


def cited(text: Answer) -> str:
    """The text with its citations written out."""
    shown = text.text
    for number, citation in reversed(list(enumerate(text.citations, 1))):
        shown = f"{shown[: citation.index]}[{number}]{shown[citation.index :]}"
    return shown


def follow_ups(text: Answer) -> list[str]:
    return [unquote(asked) for asked in re.findall(r"\(chatkit-link://ask\?text=([^)]*)\)", text.text)]


def test_an_answer_is_the_passages_with_numbers_and_then_questions() -> None:
    reply = compose("green tea", [GREEN, BLACK, POT], PAGE, "en", "docs")
    assert cited(reply) == (
        "This is what the documentation says about “How to brew tea”:\n\n"
        "Pour water over leaves.[1]\n\n"
        "### Green tea\n\n"
        "Let it cool:[2]\n\n```sh\nkettle --celsius 80\n```\n\n"
        "### Black tea\n\n"
        "Boiling water. See [the pot](docs/en/pot#lid).[3]\n\n"
        "- [Where to store tea leaves for a year](chatkit-link://ask?text=Where%20to%20store%20tea%20leaves%20for%20a%20year)\n"
        "- [The pot](chatkit-link://ask?text=The%20pot)"
    )


def test_a_source_opens_the_passage_it_is_from() -> None:
    reply = compose("green tea", [GREEN], PAGE, "en", "docs")
    assert [c.passage.url("docs") for c in reply.citations] == ["docs/en/tea", "docs/en/tea#green-tea"]


def test_an_answer_speaks_the_questions_language() -> None:
    assert compose("绿茶", [GREEN], PAGE, "zh", "docs").text.startswith(
        "关于「How to brew tea」，文档里是这样说的：（目前只有其他语言的版本。）"
    )
    assert compose("緑茶", [GREEN], PAGE, "ja", "docs").text.startswith("「How to brew tea」について")
    assert compose("녹차", [GREEN], PAGE, "ko", "docs").text.startswith("‘How to brew tea’에 대해")


def test_documents_in_another_latin_language_are_not_called_foreign() -> None:
    german = passage("Wasser kochen.", language="de")
    assert "another language" not in compose("Wie koche ich Tee", [german], [], "en", "docs").text


def test_another_page_is_shown_when_it_answers_as_well() -> None:
    as_good = passage("Of clay.", "Lid", path="en/pot.md", title="The pot", score=9.0)
    assert "### The pot › Lid\n\nOf clay." in compose("tea", [GREEN, as_good], PAGE, "en", "docs").text
    assert "Of clay." not in compose("tea", [GREEN, POT], PAGE, "en", "docs").text


def test_the_best_passage_is_shown_however_much_there_is() -> None:
    long = [passage("word " * 300, f"Part {n}", position=n, score=10 - n / 10) for n in range(4)]
    reply = compose("word", long, long, "en", "docs")
    assert [c.passage.position for c in reply.citations] == [0]


def test_a_follow_up_can_be_understood_alone() -> None:
    """A chip below its page may say `Fix`; sent as a question, that alone asks nothing."""
    page = [GREEN, passage("x", "Fix", position=2), passage("y", "Why my tea is bitter after ten minutes", position=3)]
    asked = follow_ups(compose("green tea", [GREEN], page, "en", "docs"))
    assert asked == ["How to brew tea – Fix", "Why my tea is bitter after ten minutes"]


def test_there_are_three_follow_ups_at_most_and_one_leads_elsewhere() -> None:
    page = [GREEN, *(passage("x", f"Long heading about tea leaves {n}", position=n) for n in range(2, 9))]
    others = [POT, passage("z", path="en/cup.md", title="The cup", score=4.0)]
    asked = follow_ups(compose("green tea", [GREEN, *others], page, "en", "docs"))
    assert asked == ["Long heading about tea leaves 2", "Long heading about tea leaves 3", "The pot"]


def test_the_place_of_a_citation_counts_as_the_browser_does() -> None:
    reply = compose("tea", [passage("𠮷 tea 😀.")], [], "en", "docs")
    assert cited(reply).endswith("𠮷 tea 😀.[1]")


def test_a_citation_never_stands_in_code() -> None:
    code = passage("```sh\nkettle\n```", "Green tea", position=1)
    assert "### Green tea[1]\n\n```sh\nkettle\n```" in cited(compose("tea", [code], [], "en", "docs"))
    listed = passage("First:\n\n- pour\n\n  ```sh\n  kettle\n  ```", "Green tea", position=1)
    assert "First:[1]" in cited(compose("tea", [listed], [], "en", "docs"))


def test_titles_mean_nothing_as_markdown() -> None:
    reply = compose("x", [passage("text", title="`__init__` [fails](x) *always*")], [], "en", "docs")
    assert plain(reply.text).startswith("This is what the documentation says about “`__init__` [fails](x) *always*”:")


# Nothing found ----------------------------------------------------------------------------------------


def test_nothing_found_is_said_with_what_there_is_to_ask() -> None:
    topics = [Topic(f"en/{n}.md", f"Topic {n}", "") for n in range(20)]
    reply = nothing("how do I\nbake *bread*?", topics, "en", "docs")
    assert reply.text.startswith("I found nothing about “how do I bake \\*bread\\*?” in the documentation.")
    assert "about [Topic 6](docs/en/6), [Topic 8](docs/en/8)," in reply.text
    assert follow_ups(reply) == ["Topic 0", "Topic 2", "Topic 4"]
    assert reply.citations == ()


def test_the_outermost_documents_are_suggested_first() -> None:
    topics = [Topic(f"en/errors/{n}.md", f"Error {n}", "") for n in range(20)]
    topics += [Topic(f"en/{n}.md", f"Topic {n}", "") for n in range(8)]
    assert follow_ups(nothing("bread", topics, "en", "docs")) == ["Topic 0", "Topic 1", "Topic 2"]


def test_a_few_topics_are_all_named() -> None:
    reply = nothing("面包", [Topic("zh/tea.md", "怎样泡茶", "")], "zh", "docs")
    assert "[怎样泡茶](docs/zh/tea)" in reply.text
    assert follow_ups(reply) == ["怎样泡茶"]


@pytest.mark.parametrize("language", ["en", "zh", "ja", "ko", "fr"])
def test_no_documents_at_all_is_said_too(language: str) -> None:
    assert nothing("tea", [], language, "docs").text


# Trimming ---------------------------------------------------------------------------------------------


def test_a_short_passage_stays_whole() -> None:
    assert trim("a\n\nb", frozenset(), 10) == "a\n\nb"


def test_a_long_passage_keeps_its_beginning_and_what_is_asked_for() -> None:
    text = "\n\n".join(["Opening.", "x " * 50, "The kettle:\n\n```sh\nkettle --on\n```", "y " * 50])
    assert trim(text, frozenset({"kettl"}), 60) == "Opening.\n\n…\n\nThe kettle:\n\n```sh\nkettle --on\n```\n\n…"


def test_endless_code_ends_in_its_fence() -> None:
    trimmed = trim("```py\n" + "x = 1\n" * 500 + "```", frozenset(), 1_000)
    assert trimmed.endswith("x = 1\n…\n```")
    assert len(trimmed) < 500


def test_an_endless_table_ends_after_a_row() -> None:
    trimmed = trim("| a | b |\n|---|---|\n" + "| c | d |\n" * 1_000, frozenset(), 1_000)
    assert trimmed.endswith("| c | d |\n\n…")


@given(
    st.lists(
        st.sampled_from(
            [
                "Words.",
                "A list:",
                "- one\n- two",
                "```\ncode\n\ncode\n```",
                "> quoted",
                "x " * 200,
                "| a |\n|---|\n| b |",
            ]
        ),
        min_size=1,
    )
)
def test_any_passage_can_be_trimmed_and_cited(parts: list[str]) -> None:
    text = "\n\n".join(parts)
    reply = compose("code", [passage(text)], [], "en", "docs")
    assert len(reply.text) < 4_000
    assert reply.text.count("```") % 2 == 0
    (citation,) = reply.citations
    assert 0 < citation.index <= len(reply.text)
