"""Names of files, made harmless and honest."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

_LONGEST = 160  # bytes: file systems take 255, and people read fewer
_SPACES = re.compile(r"\s+")
_RESERVED = re.compile(r'[<>:"|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)

_ENDINGS: dict[str, tuple[str, ...]] = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg", ".jfif"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "application/pdf": (".pdf",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
}
# Endings that make a double click run something, of files that are text to us.
_RUNS = re.compile(
    r"\.(bat|cmd|com|cpl|exe|hta|js|jse|lnk|msc|msi|ps1|psm1|reg|scr|sct|url|vb|vbe|vbs|ws|wsf|wsh|desktop|command)",
    re.IGNORECASE,
)


def clean(name: str) -> str:
    """A file's name without path, controls and characters that are not seen, 160 bytes at most.

    Among what is not seen are the marks that turn the direction of writing, which make `txt.exe` of `exe.txt`.
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode())
    seen = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    last = _SPACES.sub(" ", seen).replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    plain = _RESERVED.sub("_", last).strip(". ")
    if _DEVICES.fullmatch(plain):
        plain = f"_{plain}"
    return _shortened(plain) or "file"


def honest(name: str, mime_type: str) -> str:
    """`name`, with an ending that says what the bytes are: `photo.exe` with a PNG in it becomes `photo.exe.png`."""
    ending = PurePosixPath(name).suffix.lower()
    right = _ENDINGS.get(mime_type)
    if right is not None:
        return name if ending in right else _shortened(name, right[0])
    claimed = any(ending in endings for endings in _ENDINGS.values())
    return _shortened(name, ".txt") if claimed or _RUNS.fullmatch(ending) else name


def _shortened(name: str, more: str = "") -> str:
    """`name` and `more`, cut before the ending where it is too long."""
    if len((name + more).encode()) <= _LONGEST:
        return name + more
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        stem, ending = name, ""
    tail = (f".{ending}" if ending else "") + more
    room = _LONGEST - len(tail.encode()) - 3
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip() + "…" + tail
