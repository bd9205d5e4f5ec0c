"""Logging: structured, without secrets.

Our lines go to the standard library's loggers under `teahouse`, so that an application that mounts a Teahouse
decides what becomes of them; each carries its fields as `record.fields`. `configure` is for our own server.
They do not depend on structlog's global configuration: its default prints every local variable of a
traceback, which here are people's messages and keys.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, Literal

import structlog

_SECRET = re.compile(
    # Providers quote a refused key with its middle masked: sk-proj-****abcd.
    r"\b(?:sk|pk|ek|rk)[-_][A-Za-z0-9_\-*.]{8,}"
    r"|(?<=Bearer )\S+"
    r"|(?<=teahouse_visitor_)[0-9a-f]{8}=[^;\s]+"
)
_known_secrets: frozenset[str] = frozenset()

Event = MutableMapping[str, Any]


def redact(text: str) -> str:
    """`text` without anything that looks like a key, a token or a visitor's cookie, or is known to be one."""
    for secret in _known_secrets:
        text = text.replace(secret, "[secret]")
    return _SECRET.sub("[secret]", text)


def without_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """A structlog processor: `redact` on every text."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = redact(value)
    return event


def _to_standard_library(_logger: Any, _method: str, event: Event) -> tuple[tuple[str], dict[str, Any]]:
    """The line as a person reads it, its fields beside it."""
    fields = {key: value for key, value in event.items() if key not in ("event", "exception")}
    words = " ".join((str(event["event"]), *(f"{key}={value}" for key, value in fields.items())))
    line = "\n".join(filter(None, (words, event.get("exception"))))
    # The traceback is in the line, redacted; `Logger.exception` would add it once more as it was.
    return (line,), {"extra": {"fields": dict(event)}, "exc_info": None}


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: `log = logs.get(__name__)`, then `log.info("what happened", key=value)`."""
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            without_secrets,
            _to_standard_library,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return logger


def _with_fields(_logger: Any, _method: str, event: Event) -> Event:
    """Our own lines as they were before they became text."""
    event.update(getattr(event["_record"], "fields", {}))
    return event


def configure(level: str, style: Literal["auto", "console", "json"], *, known_secrets: Iterable[str] = ()) -> None:
    """Show our lines, and the warnings of other libraries, on standard error.

    Args:
        level: least important of our lines that is shown.
        style: `auto` is `console` on a terminal, else `json`.
        known_secrets: what must not be shown even where it looks like nothing.
    """
    global _known_secrets
    _known_secrets = frozenset(filter(None, known_secrets))
    is_console = style == "console" or (style == "auto" and sys.stderr.isatty())
    renderer: Any = (
        # The traceback is text already; a prettier one would show local variables.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if is_console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                _with_fields,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_secrets,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("teahouse").setLevel(level.upper())
