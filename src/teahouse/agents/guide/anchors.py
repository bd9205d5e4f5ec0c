"""Anchors of headings: what stands behind `#` in a source's address, and in the `id` of the page's heading.

Both sides must agree, so both use this module: the reader that splits a document, and the page under
`/docs` that shows it. Feed *every* heading of a page, in order, to one `Slugs`.
"""

from __future__ import annotations

import re

from markdown_it.token import Token

_DROPPED = re.compile(r"[^\w\- ]", re.UNICODE)


class Slugs:
    """Anchors for the headings of one page, in the manner of GitHub: unique, and in any script.

    >>> slugs = Slugs()
    >>> slugs("Fix: set `user`"), slugs("解决办法"), slugs("解决办法")
    ('fix-set-user', '解决办法', '解决办法-1')
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def __call__(self, heading: str) -> str:
        """The anchor of the next heading."""
        wanted = _DROPPED.sub("", heading.strip().lower()).replace(" ", "-") or "section"
        anchor, number = wanted, 0
        while anchor in self._taken:
            number += 1
            anchor = f"{wanted}-{number}"
        self._taken.add(anchor)
        return anchor


def heading_text(inline: Token) -> str:
    """What a reader sees of a heading: its words without Markdown marks.

    Args:
        inline: the `inline` token that follows a `heading_open`.
    """
    shown = {"text", "code_inline", "text_special"}
    parts = (
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in inline.children or ()
        if child.type in shown or child.type in {"softbreak", "hardbreak"}
    )
    return "".join(parts).strip()
