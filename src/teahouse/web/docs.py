"""`/docs`: the guide's documents as pages, so that a source opens at the passage it was taken from."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from teahouse import errors
from teahouse.agents.guide import readers
from teahouse.agents.guide.anchors import Slugs, heading_text
from teahouse.agents.guide.markdown import escape
from teahouse.errors import Language, Problem, language_of
from teahouse.web import html
from teahouse.web.services import Services, locale_of

_SHOWN = (".md", ".html", ".htm", ".txt")
_FILES = (".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg")


@dataclass(frozen=True)
class Rendered:
    """A document as HTML; `anchor` is the title's."""

    title: str
    anchor: str
    description: str
    body: Markup
    contents: tuple[tuple[str, str], ...]


async def document(request: Request, services: Services) -> Response:
    """A document, one of its pictures, or the way in.

    Raises:
        Problem: NOT_FOUND.
    """
    path = request.path_params.get("path", "").strip("/")
    if not path:
        return await asyncio.to_thread(_entrance, request, services)
    for folder in services.docs:
        file = await asyncio.to_thread(find, folder, path)
        if file is not None and file.name == "index.md" and (folder.resolve() / path).is_dir():
            # Its links are relative to the folder; without the last step they would lead elsewhere.
            return RedirectResponse(f"{request.scope.get('root_path', '')}/docs/{quote(path)}/index")
        if file is not None:
            return await _shown(folder, file, request, services)
    raise _missing(request)


async def _shown(folder: Path, file: Path, request: Request, services: Services) -> Response:
    if file.suffix.lower() in _FILES:
        return _as_it_is(file)
    try:
        return await asyncio.to_thread(_page, folder, file, request, services)
    except readers.UnreadableDocument:
        raise _missing(request) from None


def find(folder: Path, path: str) -> Path | None:
    """The file behind a path under `/docs`: with its ending or without, and never outside the folder."""
    root = folder.resolve()
    for candidate in (path, *(path + ending for ending in _SHOWN), f"{path}/index.md"):
        try:
            real = (root / candidate).resolve()
            is_there = real.is_file()
        except (OSError, ValueError, RuntimeError):  # too long, with a NUL, a loop of links
            return None
        if is_there and real.is_relative_to(root) and real.suffix.lower() in _SHOWN + _FILES:
            return real
    return None


def _missing(request: Request) -> Problem:
    return Problem(errors.NOT_FOUND, path=request.scope["path"][:200])


def _as_it_is(file: Path) -> FileResponse:
    """A PDF or picture. The policy keeps an SVG from running what it may contain."""
    kind = mimetypes.guess_type(file.name)[0]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return FileResponse(file, media_type=kind, headers={"content-security-policy": policy})


def _entrance(request: Request, services: Services) -> Response:
    """The index page in the visitor's language; a plain list where there is none."""
    folder, language = services.docs[0], language_of(locale_of(request))
    for index in (f"{language}/index", "en/index", "zh/index", "index"):
        if find(folder, index):
            return RedirectResponse(f"{request.scope.get('root_path', '')}/docs/{index}")
    root = folder.resolve()
    files = sorted(file.relative_to(root).as_posix() for file in root.rglob("*") if find(root, str(file)))
    docs = f"{request.scope.get('root_path', '')}/docs"
    links = "\n".join(
        f"- [{escape(path)}](<{docs}/{quote(path)}>)"
        for path in files
        if Path(path).suffix.lower() in (*_SHOWN, ".pdf")
    )
    listed = render(f"# {html.WORDS[language]['documents']}\n\n{links}")
    return _respond(listed, language, None, request, services)


def _page(folder: Path, file: Path, request: Request, services: Services) -> Response:
    path = PurePosixPath(file.relative_to(folder.resolve()))
    rendered = page_of(file, path, file.stat().st_mtime_ns)
    language: Language = "zh" if path.parts[0] == "zh" else language_of(locale_of(request))
    language = "en" if path.parts[0] == "en" else language
    return _respond(rendered, language, _twin(folder, path), request, services)


def _twin(folder: Path, path: PurePosixPath) -> str | None:
    """The same document in the other language, if there is one."""
    other = {"en": "zh", "zh": "en"}.get(path.parts[0])
    if other is None or find(folder, twin := f"{other}/{'/'.join(path.parts[1:])}") is None:
        return None
    return twin.removesuffix(".md")


@lru_cache(maxsize=256)
def page_of(file: Path, path: PurePosixPath, changed: int) -> Rendered:
    """A file's page; `changed` (ns) makes a changed file another one to the cache."""
    raw = file.read_bytes()
    read = readers.parse(raw, path)
    if file.suffix.lower() == ".md":
        return render(readers.body(raw), read)
    # HTML and text are shown as what the reader understood, never as the file's own markup.
    parts = [f"# {escape(read.title)}"]
    anchors: list[str | None] = [None]
    last: tuple[tuple[str, ...], str | None] = ((), None)
    for section in read.sections:
        if section.headings and (section.headings, section.anchor) != last:
            parts.append(f"{'#' * min(len(section.headings) + 1, 6)} {escape(section.headings[-1])}")
            anchors.append(section.anchor)
            last = section.headings, section.anchor
        parts.append(section.text)
    return render("\n\n".join(parts), read, anchors)


class _Renderer(RendererHTML):
    """Headings with anchors, tables that scroll in a box of their own, languages without inline style."""

    def heading_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """A heading that can be linked to."""
        return f'<{tokens[index].tag} id="{Markup.escape(env["anchors"][index])}">'

    def heading_close(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """Its link to itself."""
        anchor = Markup.escape(env["anchors"][index - 2])
        link = f'<a class="anchor" href="#{anchor}" aria-hidden="true" tabindex="-1">#</a>'
        return f"{link}</{tokens[index].tag}>\n"

    def table_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """A table in its box."""
        return '<div class="table" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """Its end."""
        return "</table></div>\n"

    def _cell(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        # markdown-it writes alignment as inline style, which the Content-Security-Policy forbids.
        return f"<{tokens[index].tag}>"

    th_open = td_open = _cell


# Raw HTML stays off: a document may come from anywhere.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable(["table", "strikethrough"])


def render(source: str, read: readers.Document | None = None, given: Sequence[str | None] | None = None) -> Rendered:
    """Markdown as a page. The first heading of level 1 becomes its title.

    Args:
        source: the Markdown, without front matter.
        read: what the reader made of it, for title and description.
        given: the headings' anchors, where they are not made of their words.
    """
    own = iter(given or ())
    tokens = _MARKDOWN.parse(source)
    slugs, anchors, contents = Slugs(), {}, []
    title, title_at, title_anchor = read.title if read else "", None, ""
    for index, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        text = heading_text(tokens[index + 1])
        anchors[index] = next(own, None) or slugs(text)
        if token.tag == "h1" and title_at is None:
            title, title_at, title_anchor = title or text, index, anchors[index]
        elif token.tag == "h2":
            contents.append((anchors[index], text))
    if title_at is not None:
        tokens = tokens[:title_at] + tokens[title_at + 3 :]
        anchors = {at - 3 if at > title_at else at: anchor for at, anchor in anchors.items() if at != title_at}
    body = Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {"anchors": anchors}))  # noqa: S704
    return Rendered(title, title_anchor, read.description if read else "", body, tuple(contents))


def _respond(
    rendered: Rendered, language: Language, twin: str | None, request: Request, services: Services
) -> HTMLResponse:
    page = html.render(
        "document.html",
        title=rendered.title,
        anchor=rendered.anchor,
        description=rendered.description,
        body=rendered.body,
        contents=rendered.contents,
        twin=twin,
        site=services.settings.page.title or "Teahouse",
        **html.frame(language, request.scope),
    )
    return HTMLResponse(page, headers={"cache-control": "no-cache"})
