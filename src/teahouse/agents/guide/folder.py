"""The documents in a folder, as files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from teahouse.agents.guide import readers
from teahouse.agents.guide.readers import UnreadableDocument

_IGNORED = frozenset({"node_modules", "__pycache__"})


class File(NamedTuple):
    """A file that may be a document.

    Attributes:
        path: in its folder, with `/`.
        modified: in nanoseconds.
    """

    path: str
    file: Path
    size: int
    modified: int


def scan(folders: Sequence[Path]) -> Iterator[File]:
    """The documents in `folders`; hidden files and links that lead out of their folder are left out."""
    for root in reversed(folders):  # the first folder's file is seen last, and so stays
        inside = root.resolve()
        for folder, subfolders, names in os.walk(inside):
            subfolders[:] = sorted(s for s in subfolders if s[0] != "." and s not in _IGNORED)
            for name in sorted(names):
                file = Path(folder, name)
                if name[0] == "." or file.suffix.lower() not in readers.SUFFIXES:
                    continue
                if file.is_symlink() and not file.resolve().is_relative_to(inside):
                    continue
                with suppress(OSError):  # gone since, or a link to nothing
                    status = file.stat()
                    if stat.S_ISREG(status.st_mode):
                        path = os.fsencode(file.relative_to(inside).as_posix()).decode(errors="replace")
                        yield File(path, file, status.st_size, status.st_mtime_ns)


def load(file: File) -> bytes:
    """The content of `file`.

    Raises:
        UnreadableDocument: it is too large, may not be read, or cannot have an address.
    """
    if "\ufffd" in file.path:
        raise UnreadableDocument("its name is not UTF-8")
    if file.size > readers.MAX_BYTES:  # do not even load it
        raise UnreadableDocument(readers.TOO_LARGE)
    try:
        return file.file.read_bytes()
    except OSError as error:
        raise UnreadableDocument(error.strerror or "cannot be opened") from error
