"""Markdown as the guide needs it: blocks that may be left out, the words without marks, links that lead somewhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

_SPECIAL = re.compile(r"([\\`*\[\]<>#|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;))")
_LIST_OR_RULE = re.compile(r"^[ \t]*(?:([-+=])|(\d+)(?=[.)])|)", re.MULTILINE)
_CODE_OR_TARGET = re.compile(r"(?P<code>(?P<ticks>`+)[^`].*?(?P=ticks)(?!`))|\]\((?P<target>[^()\s]+)", re.DOTALL)
_CODE_OR_REFERENCE = re.compile(
    r"(?P<code>(?P<ticks>`+)[^`].*?(?P=ticks)(?!`))|\[(?P<text>[^\[\]]+)\]\[(?P<label>[^\[\]]*)\]", re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A top-level block: a paragraph, a list, a whole table, a whole code block."""

    kind: str
    """markdown-it's word: `paragraph`, `heading`, `fence`, `bullet_list`, `table`, …"""
    text: str
    """Its Markdown source."""
    level: int = 0
    """1 to 6 for a heading."""


@cache
def parser() -> MarkdownIt:
    """CommonMark with tables. A parser is read-only once made, so all threads share it."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def blocks(source: str) -> list[Block]:
    """The top-level blocks of `source`, in order."""
    lines = source.split("\n")
    return [_block(token, lines) for token in parser().parse(source) if _opens(token)]


def _opens(token: Token) -> bool:
    return token.level == 0 and token.nesting >= 0 and token.map is not None


def _block(token: Token, lines: list[str]) -> Block:
    start, end = token.map or (0, 0)
    level = int(token.tag[1]) if token.type == "heading_open" else 0
    return Block(token.type.removesuffix("_open"), "\n".join(lines[start:end]).rstrip(), level)


def plain(source: str) -> str:
    """The words of `source`, as they are searched: no marks, no link targets, no raw HTML."""
    return "\n".join(_words(parser().parse(source)))


def _words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"fence", "code_block"}:
            yield token.content
        elif token.type == "inline":
            yield "".join(_shown(child) for child in token.children or ())


def _shown(child: Token) -> str:
    if child.type in {"softbreak", "hardbreak"}:
        return "\n"
    return "" if child.type == "html_inline" else child.content


def ends_in_code(source: str) -> bool:
    """Whether the last thing in a list or quotation is a code block, after which nothing can be written."""
    inner = [token for token in parser().parse(source) if token.nesting == 0]
    return bool(inner) and inner[-1].type in {"fence", "code_block"}


def escape(text: str) -> str:
    """Plain `text` as Markdown that shows these characters and means nothing by them. Indents are dropped."""

    def line_start(match: re.Match[str]) -> str:
        mark, number = match.groups()
        return f"\\{mark}" if mark else f"{number}\\" if number else ""

    return _LIST_OR_RULE.sub(line_start, _SPECIAL.sub(r"\\\1", text))


def inline_references(source: str, references: dict[str, dict[str, Any]]) -> str:
    """`[text][label]` as `[text](href)`, because a section may stand alone, far from its definitions."""
    if not references:
        return source

    def replaced(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        label = " ".join((match["label"] or match["text"]).split()).upper()
        found = references.get(label)
        return f"[{match['text']}]({found['href']})" if found else match[0]

    return _outside_fences(source, lambda text: _CODE_OR_REFERENCE.sub(replaced, text))


def resolve_links(source: str, path: str, docs_url: str) -> str:
    """Relative links of the document `path` as addresses below `docs_url`; others stay."""

    def replaced(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        return f"]({resolve(match['target'], path, docs_url)}"

    return _outside_fences(source, lambda text: _CODE_OR_TARGET.sub(replaced, text))


def resolve(target: str, path: str, docs_url: str) -> str:
    """Where a link of the document `path` leads, seen from the chat."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or target.startswith("/"):
        return target
    linked = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(parts.path))) if parts.path else path
    if linked.startswith(".."):  # out of the folder: nothing is served there
        return docs_url
    return page_address(linked, docs_url) + (f"#{parts.fragment}" if parts.fragment else "")


def page_address(path: str, docs_url: str) -> str:
    """The address of the page that shows the document `path`: Markdown without its suffix."""
    stem, suffix = posixpath.splitext(path)
    shown = stem if suffix == ".md" else path
    return f"{docs_url.rstrip('/')}/{quote(shown)}"


def _outside_fences(source: str, change: Callable[[str], str]) -> str:
    """Apply `change` to everything but code blocks."""
    lines = source.split("\n")
    changed: list[str] = []
    position = 0
    for token in parser().parse(source):
        if token.type in {"fence", "code_block"} and token.map and token.map[0] >= position:
            start, end = token.map
            changed += change("\n".join(lines[position:start])).split("\n") if start > position else []
            changed += lines[start:end]
            position = end
    if position < len(lines):
        changed.append(change("\n".join(lines[position:])))
    return "\n".join(changed)
