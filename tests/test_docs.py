"""The documentation is equal in both languages, and true: links lead somewhere, snippets parse, names exist."""

from __future__ import annotations

import ast
import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel

import teahouse.hosted.errors
import teahouse.store.errors
from teahouse import errors
from teahouse.agents.guide.anchors import Slugs, heading_text
from teahouse.cli.serve import serve
from teahouse.errors import Kind
from teahouse.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LANGUAGES = ("en", "zh")
PAGES = sorted(path.relative_to(DOCS).as_posix() for language in LANGUAGES for path in (DOCS / language).rglob("*.md"))
QUESTIONS = json.loads((ROOT / "tests/agents/guide_questions.json").read_text(encoding="utf-8"))

# Shown as examples of what not to write.
MISSPELT = {"TEAHOUSE_PROT", "TEAHOUSE_MODEL_NAME"}

MARKDOWN = MarkdownIt("commonmark").enable("table")


@cache
def source(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def front_matter(page: str) -> dict[str, Any]:
    opening, matter, _ = source(page).split("---\n", 2)
    assert opening == ""
    return dict(yaml.safe_load(matter))


@cache
def tokens(page: str) -> list[Token]:
    return MARKDOWN.parse(source(page).split("---\n", 2)[2])


def headings(page: str) -> Iterator[tuple[str, str]]:
    """Level and text of each heading: `("h2", "What you see")`."""
    parsed = tokens(page)
    for index, token in enumerate(parsed):
        if token.type == "heading_open":
            yield token.tag, heading_text(parsed[index + 1])


def anchors(page: str) -> set[str]:
    slugs = Slugs()
    return {slugs(text) for _, text in headings(page)}


def links(page: str) -> Iterator[str]:
    for block in tokens(page):
        for token in block.children or ():
            if token.type == "link_open":
                yield str(token.attrGet("href"))


def snippets(page: str, language: str) -> Iterator[str]:
    return (token.content for token in tokens(page) if token.type == "fence" and token.info.strip() == language)


def in_language(language: str) -> set[str]:
    return {page.removeprefix(f"{language}/") for page in PAGES if page.startswith(f"{language}/")}


def test_both_languages_have_the_same_pages() -> None:
    assert in_language("en") == in_language("zh")


@pytest.mark.parametrize("page", sorted(in_language("en")))
def test_both_languages_have_the_same_sections_and_snippets(page: str) -> None:
    """A section or an example that only one language has is a page that was half changed."""

    def shape(language: str) -> list[str]:
        return [
            token.tag + token.info for token in tokens(f"{language}/{page}") if token.type in ("heading_open", "fence")
        ]

    assert shape("en") == shape("zh")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_it_is(page: str) -> None:
    matter = front_matter(page)
    assert matter.keys() <= {"title", "description", "keywords"}
    assert isinstance(matter["title"], str)
    assert isinstance(matter["description"], str)
    keywords = matter.get("keywords", [])
    assert all(isinstance(keyword, str) for keyword in keywords)
    assert len(set(keywords)) == len(keywords)


@pytest.mark.parametrize("page", PAGES)
def test_the_title_is_the_only_heading_of_the_first_level(page: str) -> None:
    assert {tag for tag, _ in headings(page)} <= {"h2", "h3"}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_page_and_an_anchor_of_the_same_language(page: str) -> None:
    for link in links(page):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        assert not path.startswith("/"), f"{link}: links between pages are relative"
        target = (DOCS / page).parent.joinpath(path).resolve() if path else DOCS / page
        assert target.is_file(), link
        found = target.relative_to(DOCS).as_posix()
        assert found.split("/")[0] == page.split("/")[0], link
        assert not anchor or unquote(anchor) in anchors(found), link


@pytest.mark.parametrize("language", LANGUAGES)
def test_troubleshooting_leads_to_every_problem_and_error(language: str) -> None:
    expected = {page for page in in_language(language) if page.startswith(("problems/", "errors/"))}
    assert expected <= set(links(f"{language}/troubleshooting.md"))


def kinds() -> set[str]:
    modules = (errors, teahouse.store.errors, teahouse.hosted.errors)
    everything = [value for module in modules for value in vars(module).values()]
    return {value.code for value in everything if isinstance(value, Kind)}


def test_every_error_has_a_page_and_every_page_an_error() -> None:
    assert {Path(page).stem for page in in_language("en") if page.startswith("errors/")} == kinds()


@pytest.mark.parametrize("page", PAGES)
def test_snippets_are_well_formed(page: str) -> None:
    for snippet in snippets(page, "python"):
        ast.parse(snippet)
    for snippet in snippets(page, "json"):
        json.loads(snippet)
    for snippet in snippets(page, "toml"):
        tomllib.loads(snippet)


def variables(model: type[BaseModel], prefix: str = "TEAHOUSE_") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from variables(field.annotation, f"{prefix}{name.upper()}__")


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_is_named_exists(page: str) -> None:
    named = set(re.findall(r"\bTEAHOUSE_[A-Z0-9_]*[A-Z0-9]", source(page)))
    assert named <= MISSPELT | set(variables(Settings))


def defaults(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each setting as the page writes it, with its default as JSON has it (nothing for none)."""
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield from defaults(type(default), f"{prefix}{name}.")
        elif isinstance(default, Path):
            yield prefix + name, default.name
        else:
            yield prefix + name, "" if default is None else json.dumps(default).strip('"')


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_settings_page_lists_every_setting_with_its_default(language: str) -> None:
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \| (?:`(.*?)`|.*?) ?\|", source(f"{language}/settings.md"), re.MULTILINE)
    # Where the bundled documentation lies is not for people.
    assert dict(rows) == dict(defaults(Settings)) | {"docs": ""}


@pytest.mark.parametrize("page", PAGES)
def test_every_settings_file_that_is_shown_is_accepted(page: str) -> None:
    for snippet in snippets(page, "toml"):
        Settings.model_validate(tomllib.loads(snippet))


@pytest.mark.parametrize("page", PAGES)
def test_every_flag_of_serve_that_is_named_exists(page: str) -> None:
    known = {"--" + name.replace("_", "-") for name in inspect.signature(serve).parameters}
    for command in re.findall(r"teahouse serve([^\n`#|]*)", source(page)):
        assert set(re.findall(r"(?<!\S)--[a-z-]+", command)) <= known


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_place_on_somebodys_machine(page: str) -> None:
    text = source(page)
    assert not re.search(r"(?<![\w.~])/(home|root|Users|tmp)/", text)
    assert str(ROOT) not in text


def test_the_guide_is_asked_in_both_languages_about_pages_that_exist() -> None:
    assert {question["lang"] for question in QUESTIONS} == set(LANGUAGES)
    for question in QUESTIONS:
        assert (DOCS / question["lang"] / f"{question['page']}.md").is_file(), question
    asked = [question["question"] for question in QUESTIONS]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_is_asked_about_every_problem(language: str) -> None:
    asked = {question["page"] for question in QUESTIONS}
    problems = {page.removesuffix(".md") for page in in_language(language) if page.startswith("problems/")}
    assert problems <= asked
