"""An anonymous visitor for each browser, kept by a signed cookie that scripts cannot read."""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import HTTPConnection

from teahouse.identity import Identified
from teahouse.protocol import Visitor, now

COOKIE = "teahouse_visitor"
"""What the cookie's name begins with; the rest tells the key. See `AnonymousIdentity.cookie`."""
# Browsers keep no cookie longer than 400 days (RFC 6265bis); it is renewed on the way.
_LIFETIME = timedelta(days=400)
_RENEW_AFTER = timedelta(days=30)
_SHORTEST_KEY = 16


class AnonymousIdentity:
    """Gives each browser an id of 128 random bits, signed so that nobody can name another's.

    Args:
        key: signs the cookies; whoever has it can be any visitor.
        cross_site: whether pages of other sites use this server; their browsers send a cookie back only
            when it is `SameSite=None`, which needs HTTPS.

    Attributes:
        cookie: its name. It depends on the key, because browsers send cookies to every port of a host: two
            servers on one machine would otherwise overwrite each other's visitor.
    """

    def __init__(self, key: str, *, cross_site: bool = False) -> None:
        self.cookie = f"{COOKIE}_{hmac.new(key.encode(), b'name', 'sha256').hexdigest()[:8]}"
        self._signer = TimestampSigner(key, salt="teahouse.visitor")
        self._cross_site = cross_site

    async def identify(self, request: HTTPConnection) -> Identified:
        """The visitor of the cookie, or a new one."""
        known = self._read(request.cookies.get(self.cookie, ""))
        if known is None:
            visitor = Visitor(f"vis_{secrets.token_hex(16)}")
            return Identified(visitor, self._cookie(visitor, request))
        visitor, fresh = known
        return Identified(visitor, None if fresh else self._cookie(visitor, request))

    def _read(self, cookie: str) -> tuple[Visitor, bool] | None:
        try:
            value, signed = self._signer.unsign(cookie, int(_LIFETIME.total_seconds()), return_timestamp=True)
        except BadSignature:
            return None
        return Visitor(value.decode()), now() - signed < _RENEW_AFTER

    def _cookie(self, visitor: Visitor, request: HTTPConnection) -> str:
        cookie = SimpleCookie({self.cookie: self._signer.sign(visitor.id).decode()})
        crumb = cookie[self.cookie]
        crumb["path"] = request.scope.get("root_path", "") or "/"
        crumb["max-age"] = int(_LIFETIME.total_seconds())
        crumb["httponly"] = True
        secure = request.scope["scheme"] in ("https", "wss")
        crumb["secure"] = secure
        crumb["samesite"] = "None" if self._cross_site and secure else "Lax"
        return crumb.OutputString()


def key_in(folder: Path) -> str:
    """The signing key kept in a folder; made once, readable by this user alone.

    Raises:
        OSError: when the folder cannot be read or written.
    """
    path = folder / "visitor.key"
    if not path.exists():
        draft = _draft_in(folder)
        with suppress(FileExistsError):  # of two servers that start together one wins
            os.link(draft, path)
        draft.unlink()
    elif len(path.read_text().strip()) < _SHORTEST_KEY:
        # What a power cut may leave. With a known key every cookie could be forged.
        _draft_in(folder).replace(path)
    return path.read_text().strip()


def _draft_in(folder: Path) -> Path:
    """A new key under another name, whole and on the disk: nobody ever reads half a one."""
    draft = folder / f".visitor.key.{secrets.token_hex(8)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    return draft
