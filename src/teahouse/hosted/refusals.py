"""What an answer of OpenAI that is no session means to people. No I/O.

OpenAI documents the shape of its errors (OpenAPI, `ErrorResponse`) but no list of codes for ChatKit: codes are used
where they are known, the words of the message where they are not.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from teahouse import logs
from teahouse.errors import Kind, Problem, Words
from teahouse.hosted import errors

_LONGEST_WAIT = 3600
"""Most seconds that anybody is asked to wait."""
_USUAL_WAIT = 10
"""Seconds to wait where OpenAI names none; ChatKit's own limits are per minute."""

# What a 403 says, the most telling first.
_DENIALS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"unsupported_country|region|territory|country", re.I), errors.HOSTED_REGION_UNSUPPORTED),
    (re.compile(r"verif", re.I), errors.HOSTED_VERIFICATION_NEEDED),
    (re.compile(r"\bproject", re.I), errors.HOSTED_PROJECT_DENIED),
    (re.compile(r"\borgani[sz]ation", re.I), errors.HOSTED_ORGANIZATION_DENIED),
)


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, workflow: str) -> Problem:
    """The problem behind an answer with an error status.

    Args:
        status: HTTP status, 300 or more.
        headers: the answer's; any mapping that does not mind the case.
        body: the answer's, or its beginning.
        workflow: id of the workflow that was asked for.
    """
    error = _error_in(body)
    reason, code = _words(error), str(error.get("code") or "")
    named = {"upstream_request_id": logs.redact(headers.get("x-request-id", ""))[:100] or None}
    if status == 401:
        return Problem(errors.HOSTED_KEY_REFUSED, **named)  # its message repeats a part of the key
    if status == 403:
        kind = next((kind for said, kind in _DENIALS if said.search(f"{code} {reason}")), errors.HOSTED_ACCESS_DENIED)
        return Problem(kind, reason=reason, **named)
    if status in (404, 410):
        return Problem(errors.WORKFLOW_NOT_FOUND, param="workflow.id", workflow=workflow, **named)
    if status == 429 and "quota" in f"{code} {error.get('type')}":
        return Problem(errors.HOSTED_QUOTA_USED_UP, **named)
    if status == 429:
        return Problem(errors.HOSTED_RATE_LIMITED, seconds=seconds_to_wait(headers) or _USUAL_WAIT, **named)
    if status == 408:
        return Problem(errors.HOSTED_UNAVAILABLE, status=status, **named)
    if 400 <= status < 500:
        param = str(error.get("param") or "")[:100]
        field = param or Words("the field that is named", "其中指出的字段")
        return Problem(
            errors.HOSTED_PARAMETER_REFUSED, param=param or None, status=status, reason=reason, field=field, **named
        )
    if status < 400:
        reason_zh = Words(f"it leads elsewhere, with status {status}", f"它要求转到别处，状态码 {status}")
        return Problem(errors.HOSTED_ANSWER_UNREADABLE, reason=reason_zh, **named)
    return Problem(errors.HOSTED_UNAVAILABLE, status=status, **named)


def seconds_to_wait(headers: Mapping[str, str]) -> int | None:
    """What `Retry-After` asks for, in seconds or as a date; None where it says nothing that can be read."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value) else _until(value)
    except (ValueError, TypeError):
        return None
    return min(_LONGEST_WAIT, max(1, math.ceil(seconds)))


def _until(date: str) -> float:
    moment = parsedate_to_datetime(date)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime.now(UTC)).total_seconds()


def _error_in(body: bytes) -> dict[str, Any]:
    """The `error` object; empty where something else than OpenAI answered."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else {}


def _words(error: dict[str, Any]) -> str | Words:
    """OpenAI's own words: one line, short, and without anything that looks like a key."""
    said = " ".join(str(error.get("message") or "").split()).rstrip(".。")
    return logs.redact(said)[:300] if said else Words("no reason was given", "未说明原因")
