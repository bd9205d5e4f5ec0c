"""Signed leave to read or fill one attachment, for addresses that the browser itself opens.

A picture in a page and an upload of chatkit.js bring no header, and across sites no cookie. The ticket in
their address says whose attachment it is; everything else is checked as if they had asked in person.
"""

from __future__ import annotations

import hashlib
import time
from typing import Literal

from itsdangerous import BadData, URLSafeSerializer

Use = Literal["read", "fill"]

_DAY = 86_400


class Tickets:
    """Issues and reads tickets.

    Args:
        key: signs them.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    def reading(self, attachment_id: str, visitor_id: str) -> str:
        """Leave to read, until the end of tomorrow: the same all day, so that browsers keep what they have read."""
        return self._issue("read", attachment_id, visitor_id, (int(time.time()) // _DAY + 2) * _DAY)

    def filling(self, attachment_id: str, visitor_id: str, seconds: int) -> str:
        """Leave to upload, for some time."""
        return self._issue("fill", attachment_id, visitor_id, int(time.time()) + seconds)

    def visitor_of(self, ticket: str, use: Use, attachment_id: str) -> str | None:
        """Whose attachment it is; None if the ticket is forged, for something else, or too old."""
        try:
            visitor_id, until = self._serializer(use, attachment_id).loads(ticket)
        except (BadData, ValueError, TypeError):
            return None
        return str(visitor_id) if until > time.time() else None

    def _issue(self, use: Use, attachment_id: str, visitor_id: str, until: int) -> str:
        return str(self._serializer(use, attachment_id).dumps([visitor_id, until]))

    def _serializer(self, use: Use, attachment_id: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._key,
            salt=f"teahouse.files.{use}.{attachment_id}",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )
