"""HTML from templates; everything that goes into one is escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from starlette.types import Scope

from teahouse.errors import Language

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "back": "Back to the chat",
        "contents": "On this page",
        "documents": "Documents",
        "navigation": "Documentation",
        "other": "简体中文",
        "other_code": "zh-CN",
        "skip": "Skip to the text",
    },
    "zh": {
        "back": "返回聊天",
        "contents": "本页内容",
        "documents": "文档",
        "navigation": "文档导航",
        "other": "English",
        "other_code": "en",
        "skip": "跳到正文",
    },
}
"""What our own pages say around their content."""

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: object) -> str:
    """A page: the template `templates/<template>` with `values`."""
    return _TEMPLATES.get_template(template).render(values)


def frame(language: Language, scope: Scope) -> dict[str, Any]:
    """What every page needs: its words, its language, and where Teahouse is mounted."""
    return {
        "words": WORDS[language],
        "html_language": "zh-CN" if language == "zh" else "en",
        "root": scope.get("root_path", ""),
    }
