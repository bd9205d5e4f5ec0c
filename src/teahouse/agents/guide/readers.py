"""A document on disk -> its sections, as Markdown.

Markdown, HTML, plain text and PDF. Documents are the operator's, but may come from anywhere: whatever is in
one, reading it ends in a `Document` or an `UnreadableDocument`, never in another exception.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from teahouse.agents.guide import language, markdown
from teahouse.agents.guide.anchors import Slugs, heading_text

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_BYTES = 20 * 1024 * 1024
"""Larger documents are skipped."""

TOO_LARGE = f"larger than {MAX_BYTES // 1024 // 1024} MB"

_LONGEST_SECTION = 2_400  # characters; longer ones are divided between blocks, so that a passage stays readable
_LONGEST_FIELD = 300  # characters of a title, description or keyword that are kept
_MOST_PAGES = 2_000
_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class UnreadableDocument(Exception):
    """A document that cannot be read; the message is the reason, for people."""


@dataclass(frozen=True)
class Section:
    """A part of a document that can be cited by itself.

    Attributes:
        headings: from the outermost heading below the title to the section's own.
        text: Markdown, without the heading.
        anchor: what stands behind `#` in the address of the section, if it has one.
        page: the page of a PDF, from 1.
    """

    headings: tuple[str, ...]
    text: str
    anchor: str | None = None
    page: int | None = None


@dataclass(frozen=True)
class Document:
    """What one file says."""

    title: str
    sections: tuple[Section, ...]
    description: str = ""
    keywords: tuple[str, ...] = ()
    language: str = "en"


@dataclass
class _Draft:
    """A document being read: sections grow heading by heading."""

    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    language: str | None = None
    sections: list[Section] = field(default_factory=list)
    slugs: Slugs = field(default_factory=Slugs)
    path: list[tuple[int, str]] = field(default_factory=list)
    anchor: str | None = None
    pending: list[str] = field(default_factory=list)

    def enter(self, level: int, heading: str, anchor: str | None) -> None:
        """What follows stands under `heading`."""
        while self.path and self.path[-1][0] >= level:
            self.path.pop()
        self.anchor = anchor
        if level == 1 and not self.title:
            self.title = heading
        elif level > 1 or heading != self.title:
            self.path.append((level, heading))

    def add(self, text: str, page: int | None = None) -> None:
        """`text` belongs to the heading entered last."""
        headings = tuple(heading for _, heading in self.path)
        for part in divide(text):
            self.sections.append(Section(headings, part, self.anchor, page))

    def continue_with(self, block: str) -> None:
        """One more block of a section whose end is not known yet."""
        self.pending.append(block)

    def end_section(self) -> None:
        """The blocks since the last heading are a section."""
        self.add("\n\n".join(self.pending))
        self.pending.clear()

    def finish(self, path: PurePosixPath) -> Document:
        title = _one_line(self.title) or path.stem.replace("-", " ").replace("_", " ")
        words = "\n".join((title, *(section.text for section in self.sections)))
        return Document(
            title=title,
            sections=tuple(self.sections),
            description=_one_line(self.description),
            keywords=self.keywords,
            language=language.of_folder(path.parts[0]) or self.language or language.of_document(words),
        )


def parse(raw: bytes, path: PurePosixPath) -> Document:
    """The document whose bytes are `raw`.

    Args:
        raw: the content of the file.
        path: its path in the folder of documents. Its suffix tells the format; a first part such as `zh`
            tells the language.

    Raises:
        UnreadableDocument: too large, encrypted, damaged, empty or not text; the message says which.
    """
    if len(raw) > MAX_BYTES:
        raise UnreadableDocument(TOO_LARGE)
    draft = _Draft()
    try:
        _READERS[path.suffix.lower()](raw, draft)
    except UnreadableDocument:
        raise
    except RecursionError as error:
        raise UnreadableDocument("nested too deeply") from error
    except Exception as error:  # parsers of hostile files fail in ways of their own
        raise UnreadableDocument(f"damaged ({type(error).__name__})") from error
    if not draft.sections:
        raise UnreadableDocument("no text in it")
    document = draft.finish(path)
    return _with_anchors(document) if path.suffix.lower() in {".html", ".htm"} else document


def divide(text: str) -> Iterator[str]:
    """`text` in readable lengths, divided between blocks; a block is never cut unless it is a long paragraph."""
    if len(text) <= _LONGEST_SECTION:
        if text.strip():
            yield text.strip("\n")
        return
    part: list[str] = []
    for block in _shortened(text):
        if part and sum(map(len, part)) + len(block) > _LONGEST_SECTION:
            yield "\n\n".join(part)
            part = []
        part.append(block)
    if part:
        yield "\n\n".join(part)


def _shortened(text: str) -> Iterator[str]:
    for block in markdown.blocks(text):
        if block.kind != "paragraph" or len(block.text) <= _LONGEST_SECTION:
            yield block.text
            continue
        for start in range(0, len(block.text), _LONGEST_SECTION):
            yield block.text[start : start + _LONGEST_SECTION]


def decode(raw: bytes) -> str:
    """The text in `raw`, whatever its encoding.

    Raises:
        UnreadableDocument: it is not text.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # It costs 30 ms to import and is needed for few documents.
        from charset_normalizer import from_bytes

        best = from_bytes(raw).best()
        if best is None:
            raise UnreadableDocument("not text, or in an unknown encoding") from None
        text = str(best)
    if "\0" in text:
        raise UnreadableDocument("not text")
    return _shown(text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))


def _shown(text: str) -> str:
    """`text` without what cannot be shown or stored: control characters and halves of surrogate pairs."""
    return _UNSHOWN.sub("", text)


# Markdown ---------------------------------------------------------------------------------------------

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


def body(raw: bytes) -> str:
    """The Markdown of a Markdown document: decoded, without its front matter.

    Raises:
        UnreadableDocument: it is not text.
    """
    return _FRONT_MATTER.sub("", decode(raw), count=1)


def _read_markdown(raw: bytes, draft: _Draft) -> None:
    _read_front_matter(decode(raw), draft)
    source = body(raw)
    references: dict[str, Any] = {}
    tokens = markdown.parser().parse(source, references)
    definitions = references.get("references", {})
    lines = source.split("\n")
    start = 0
    for heading, inline in pairwise(tokens):
        if heading.type != "heading_open":
            continue
        text = heading_text(inline)
        anchor = draft.slugs(text)
        if heading.level or heading.map is None:  # in a list or quotation: part of its section
            continue
        draft.add(_section(lines, start, heading.map[0], definitions))
        draft.enter(int(heading.tag[1]), text, anchor)
        start = heading.map[1]
    draft.add(_section(lines, start, len(lines), definitions))


def _read_front_matter(text: str, draft: _Draft) -> None:
    """Put the front matter's fields into `draft`. A broken one is as good as none."""
    match = _FRONT_MATTER.match(text)
    try:
        fields = yaml.safe_load(match["yaml"]) if match else None
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date such as 2026-13-45
        return
    if isinstance(fields, dict):
        draft.title = _one_line(fields.get("title"))
        draft.description = _one_line(fields.get("description"))
        draft.keywords = _keywords(fields.get("keywords"))
        tongue = fields.get("lang") or fields.get("language")
        draft.language = language.primary(tongue) if isinstance(tongue, str) else None


def _section(lines: list[str], start: int, end: int, definitions: dict[str, Any]) -> str:
    text = markdown.inline_references("\n".join(lines[start:end]).strip("\n"), definitions)
    return text if markdown.parser().parse(text) else ""


def _keywords(value: object) -> tuple[str, ...]:
    values = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(filter(None, map(_one_line, values[:100])))


def _one_line(value: object) -> str:
    scalar = isinstance(value, str | int | float)
    return " ".join(_shown(str(value)).split())[:_LONGEST_FIELD] if scalar else ""


# HTML -------------------------------------------------------------------------------------------------

_DROPPED = "script, style, noscript, template, iframe, object, svg, canvas, nav, header, footer, aside, form, [hidden]"
_MAIN = ("main", "[role=main]", "article", "body")
_BLOCKS = frozenset(
    "address article blockquote body caption dd details div dl dt fieldset figcaption figure li main ol p pre "
    "section summary table tbody tfoot thead tr ul".split()
)
_SPACES = frozenset("br hr td th".split())
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())


def _read_html(raw: bytes, draft: _Draft) -> None:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(decode(raw))
    draft.title = _one_line(_text_of(tree.css_first("title")))
    draft.description = _meta(tree, "description")
    draft.keywords = _keywords(_meta(tree, "keywords"))
    root = tree.css_first("html")
    tongue = (root.attributes.get("lang") or "") if root else ""
    draft.language = language.primary(tongue) or None
    main = next(filter(None, map(tree.css_first, _MAIN)), None)
    if main is None:
        return
    for node in main.css(_DROPPED):
        node.decompose(recursive=True)
    for part in _flow(main):
        if isinstance(part, str):
            draft.continue_with(part)
        else:
            draft.end_section()
            draft.enter(int((part.tag or "h6")[1]), _one_line(_text_of(part)), None)
    draft.end_section()


def _with_anchors(document: Document) -> Document:
    """The document with the anchors of its page under `/docs`, which shows title and headings as Markdown's."""
    slugs = Slugs()
    slugs(document.title)
    headings: tuple[str, ...] = ()
    anchor: str | None = None
    sections = []
    for section in document.sections:
        if section.headings != headings:
            headings = section.headings
            anchor = slugs(headings[-1]) if headings else None
        sections.append(replace(section, anchor=anchor))
    return replace(document, sections=tuple(sections))


def _meta(tree: Any, name: str) -> str:
    node = tree.css_first(f"meta[name={name}]")
    return _one_line(node.attributes.get("content")) if node else ""


def _flow(main: LexborNode) -> Iterator[str | LexborNode]:
    """What is below `main`, in order: headings as nodes, everything else as Markdown blocks."""
    line: list[str] = []
    mark = ""
    # A stack, not recursion: a hostile page nests deeper than Python's calls may. None ends the node before.
    stack: list[LexborNode | None] = [main]
    while stack:
        node = stack.pop()
        tag = node.tag if node is not None else "end"
        if node is not None and tag == "-text":
            line.append(_text_of(node))
        elif tag in _SPACES:
            line.append(" ")
        if node is None or tag in _BLOCKS or tag in _HEADINGS:
            yield from _paragraph(line, mark)
            line.clear()
            mark = "- " if tag == "li" else mark if tag == "p" else ""
        if node is None:
            continue
        if tag in _HEADINGS:
            yield node
        elif tag == "pre":
            yield _code_block(_text_of(node).strip("\n"))
        else:
            stack += [None] if tag in _BLOCKS else []
            stack += reversed(list(node.iter(include_text=True)))


def _paragraph(line: list[str], mark: str) -> Iterator[str]:
    text = " ".join("".join(line).split())
    if text:
        yield mark + markdown.escape(text)


def _code_block(code: str) -> str:
    longest = max(map(len, re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code}\n{fence}"


def _text_of(node: LexborNode | None) -> str:
    if node is None:
        return ""
    return (node.text_content if node.tag == "-text" else node.text()) or ""


# Plain text and PDF -----------------------------------------------------------------------------------


def _read_text(raw: bytes, draft: _Draft) -> None:
    draft.add(_paragraphs(decode(raw)))


def _read_pdf(raw: bytes, draft: _Draft) -> None:
    from io import BytesIO

    from pypdf import PasswordType, PdfReader

    # It logs every oddity of a file without naming the file; what cannot be read is reported by us.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(BytesIO(raw))
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise UnreadableDocument("encrypted")
    if reader.metadata is not None:
        draft.title = _one_line(reader.metadata.title)
    for number, page in enumerate(reader.pages[:_MOST_PAGES], 1):
        draft.add(_paragraphs(_shown(page.extract_text())), page=number)


def _paragraphs(text: str) -> str:
    """Plain text as Markdown paragraphs."""
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(filter(None, (markdown.escape(paragraph).strip() for paragraph in paragraphs)))


_READERS: dict[str, Callable[[bytes, _Draft], None]] = {
    ".md": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    ".txt": _read_text,
    ".pdf": _read_pdf,
}

SUFFIXES = frozenset(_READERS)
"""The kinds of file that are read, by suffix in lower case."""
