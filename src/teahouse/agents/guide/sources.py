"""A passage as a source of an answer, in ChatKit's types."""

from __future__ import annotations

from chatkit.types import Annotation, URLSource

from teahouse.agents.guide import answer
from teahouse.agents.guide.index import Passage


def source(passage: Passage, language: str, docs_url: str) -> URLSource:
    """The source that opens `passage`."""
    title, attribution = answer.source_names(passage, language)
    return URLSource(
        title=title,
        attribution=attribution,
        url=passage.url(docs_url),
        description=answer.snippet(passage),
    )


def annotation(passage: Passage, index: int, language: str, docs_url: str) -> Annotation:
    """`passage` cited at `index` of a text."""
    return Annotation(source=source(passage, language, docs_url), index=index)
