"""Logging for our own server: structured, on standard error, without secrets.

A Teahouse mounted in somebody's application leaves logging to it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

_SECRET = re.compile(r"\b(?:sk|pk|ek|rk)[-_][A-Za-z0-9_\-]{8,}|(?<=Bearer )\S+|(?<=teahouse_visitor=)[^;\s]+")

Event = MutableMapping[str, Any]


def redact(text: str) -> str:
    """`text` without anything that looks like a key, a token or a visitor's cookie."""
    return _SECRET.sub("[secret]", text)


def without_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """A structlog processor: `redact` on every text."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = redact(value)
    return event


def configure(level: str, style: Literal["auto", "console", "json"]) -> None:
    """Send structlog's and the standard library's lines through the same processors."""
    is_console = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Any] = (
        # Tracebacks are rendered to text first, so that they are redacted, too.
        [structlog.processors.format_exc_info, without_secrets, structlog.dev.ConsoleRenderer()]
        if is_console
        else [
            structlog.processors.format_exc_info,
            without_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("teahouse").setLevel(level.upper())
