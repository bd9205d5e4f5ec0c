"""How often each kind of fault was survived with each run log."""

from __future__ import annotations

from collections.abc import Mapping

from .schedule import LOGS


def table(counts: Mapping[tuple[str, str], int]) -> str:
    """A Markdown table: a row for each kind, a column for each log; a dash where it did not happen."""
    rows = [["fault", *LOGS]]
    for kind in sorted({kind for kind, _ in counts}):
        rows.append([kind, *(str(counts.get((kind, log), "–")) for log in LOGS)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| "
        + " | ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        + " |"
        for row in rows
    ]
    rule = f"|{'-' * (widths[0] + 2)}|" + "|".join("-" * (width + 1) + ":" for width in widths[1:]) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
