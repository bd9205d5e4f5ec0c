"""The page at `/`, the built element, and what the page asks about this server."""

from __future__ import annotations

import stat
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import teahouse
from teahouse.errors import Language
from teahouse.files.attachments import ACCEPT
from teahouse.runs.turn import overrides
from teahouse.settings import bundled_docs
from teahouse.web.services import STATIC, Services

_ENCODINGS = {"br": ".br", "gzip": ".gz"}

# What the guide about Teahouse itself suggests; other assistants bring their own (`page.prompts`).
GUIDE_PROMPTS: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        ("What is Teahouse?", "sparkle"),
        ("How do I put this chat on my own page?", "square-code"),
        ("Why is the chat blank after deploy?", "bug"),
        ("How do I answer with my own agent?", "agent"),
    ),
    "zh": (
        ("Teahouse 是什么？", "sparkle"),
        ("怎样把这个聊天放进自己的网页？", "square-code"),
        ("部署后聊天一片空白，怎么办？", "bug"),
        ("怎样接入我自己的 Agent？", "agent"),
    ),
}
GREETING: dict[Language, str] = {
    "en": "What would you like to know?",
    "zh": "想了解点什么？",
}


class BuiltFiles(StaticFiles):
    """The built files, in the smallest encoding that the build made and the browser takes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at `path`."""
        if "\0" in path:
            raise HTTPException(404)
        accepted = _accepted(Headers(scope=scope).get("accept-encoding", ""))
        for encoding, ending in _ENCODINGS.items():
            if encoding in accepted and self._is_file(path + ending):
                response = await super().get_response(path + ending, scope)
                response.headers["content-encoding"] = encoding
                response.headers["content-type"] = self._media_type(path)
                break
        else:
            response = await super().get_response(path, scope)
        response.headers["vary"] = "accept-encoding"
        lasting = path.startswith("assets/")  # their names carry a hash of what is in them
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return response

    def _is_file(self, path: str) -> bool:
        _, found = self.lookup_path(path)
        return found is not None and stat.S_ISREG(found.st_mode)

    @staticmethod
    def _media_type(path: str) -> str:
        kinds = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
        return f"{kinds.get(Path(path).suffix, 'application/octet-stream')}; charset=utf-8"


def _accepted(header: str) -> set[str]:
    """The encodings that a browser takes; one with `q=0` it does not."""
    offers = (offer.replace(" ", "").lower().partition(";q=") for offer in header.split(","))
    return {name for name, _, quality in offers if quality.rstrip("0.") or not quality}


FILES = BuiltFiles(directory=STATIC, check_dir=False)


async def static(request: Request, services: Services) -> Response:
    """A built file; the page and the element also bring the visitor's cookie.

    It has to be there before the element's first requests, or two of them at once would make two visitors.
    """
    path: str = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    path = path.strip("/") or "index.html"
    response = await FILES.get_response(path, request.scope)
    if path in ("index.html", "chatkit.js", "loader.js"):
        _, who = await services.visitor(request)
        if who.set_cookie:
            response.headers["set-cookie"] = who.set_cookie
            response.headers["cache-control"] = "private, no-cache"
    return response


def _attachments(services: Services) -> dict[str, object] | None:
    """`composer.attachments` for the page; None where nothing is taken.

    Somebody's own ChatKitServer may not know what to do with a file: its page says itself that it does.
    """
    if services.files is None or not services.answers_files:
        return None
    limits = services.settings.files
    return {"enabled": True, "maxSize": limits.max_bytes, "maxCount": limits.max_count, "accept": ACCEPT}


async def about(request: Request, services: Services) -> JSONResponse:
    """`GET /api`: name and version, and what the page shows in the visitor's language."""
    context, _ = await services.visitor(request)
    page = services.settings.page
    if page.prompts is not None:
        prompts = [{"label": prompt, "prompt": prompt} for prompt in page.prompts]
    else:
        is_about_us = services.is_guide and services.docs[0] == bundled_docs()
        known = GUIDE_PROMPTS[context.language] if is_about_us else ()
        prompts = [{"label": label, "prompt": label, "icon": icon} for label, icon in known]
    return JSONResponse(
        {
            "name": "Teahouse",
            "version": teahouse.__version__,
            "page": {
                "title": page.title or "Teahouse",
                "greeting": page.greeting or GREETING[context.language],
                "prompts": prompts,
            },
            "attachments": _attachments(services),
            # For loader.js on pages that do not say it themselves.
            "loader": {
                "mode": services.settings.hosted.loader,
                "session": "api/chatkit/session" if services.hosted else None,
            },
            "dictation": services.transcriber is not None or overrides(services.server, "transcribe"),
        },
        headers={"cache-control": "no-cache", "vary": "accept-language"},
    )
