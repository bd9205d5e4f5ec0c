"""Attached files: what they are, where their bytes lie, and what a model is shown of them."""

from __future__ import annotations

from teahouse.files.attachments import Attachments, Content
from teahouse.files.blobs import Blobs
from teahouse.files.disk import Disk

__all__ = ["Attachments", "Blobs", "Content", "Disk"]
