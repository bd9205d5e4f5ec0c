"""The last requests, and the page that lists them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import jinja2

from teahouse.errors import Language

_KEPT = 200

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "OpenAI, emulated",
        "what": "This is Teahouse's local OpenAI platform. Programs reach it at",
        "scenario": "Scenario",
        "recent": "The last requests, the newest first",
        "none": "No request has come yet.",
        "time": "Time (UTC)",
        "request": "Request",
        "status": "Status",
        "milliseconds": "ms",
        "condition": "Condition",
        "refresh": "Refresh",
        "no_answer": "no answer",
    },
    "zh": {
        "title": "OpenAI 模拟器",
        "what": "这是 Teahouse 的本地 OpenAI 平台。程序访问地址：",
        "scenario": "场景",
        "recent": "最近的请求，新的在前",
        "none": "还没有收到请求。",
        "time": "时间（UTC）",
        "request": "请求",
        "status": "状态",
        "milliseconds": "毫秒",
        "condition": "状况",
        "refresh": "刷新",
        "no_answer": "未应答",
    },
}


@dataclass(frozen=True)
class Exchange:
    """One request and what became of it. Without its key, its body and its query's values."""

    at: datetime
    method: str
    path: str
    status: int
    """0 when there was no answer."""
    milliseconds: int
    condition: str


class Recent:
    """The last `200` exchanges."""

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=_KEPT)

    def add(self, method: str, path: str, status: int, seconds: float, condition: str) -> None:
        """Note what happened."""
        exchange = Exchange(datetime.now(UTC), method, path[:300], status, round(seconds * 1000), condition)
        self._exchanges.appendleft(exchange)

    def page(self, language: Language, *, base: str, scenario: str) -> str:
        """The list as HTML."""
        return _TEMPLATES.get_template("recent.html").render(
            language="zh-CN" if language == "zh" else "en",
            words=WORDS[language],
            exchanges=list(self._exchanges),
            base=base,
            scenario=scenario,
        )


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
