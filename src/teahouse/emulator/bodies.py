"""What requests hold, checked as OpenAI's OpenAPI document says."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.requests import Request

from teahouse.emulator.refusals import Refusal, of_validation

LARGEST = 32 * 1024 * 1024
"""Bytes of a body; images travel inside."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

Body = TypeVar("Body", bound=BaseModel)


class Strict(BaseModel):
    """An object of a request: nothing is converted, nothing is unknown."""

    model_config = ConfigDict(strict=True, extra="forbid")


Key = Annotated[str, StringConstraints(max_length=64)]
Text = Annotated[str, StringConstraints(max_length=10_485_760)]


class Tracing(Strict):
    """Whether a workflow's steps are recorded."""

    enabled: bool = True


class Workflow(Strict):
    """Which workflow a session runs."""

    id: str
    # An empty value stands for none given: null is no value of these fields.
    version: str = ""
    state_variables: Annotated[dict[Key, bool | int | float | Text], Field(max_length=64)] = Field(default_factory=dict)
    tracing: Tracing = Field(default_factory=Tracing)


class ExpiresAfter(Strict):
    """When a session ends."""

    anchor: Literal["created_at"]
    seconds: int = Field(ge=1, le=600)


class RateLimits(Strict):
    """How often a session may be used."""

    max_requests_per_1_minute: int = Field(10, ge=1)


class Titling(Strict):
    """Whether threads get titles by themselves."""

    enabled: bool = True


class FileUpload(Strict):
    """Whether files may be sent, and how large."""

    enabled: bool = False
    max_file_size: int = Field(512, ge=1, le=512)
    max_files: int = Field(10, ge=1)


class History(Strict):
    """Which threads a person sees."""

    enabled: bool = True
    recent_threads: int = Field(0, ge=1)  # 0 stands for all


class Configuration(Strict):
    """What ChatKit offers in a session."""

    automatic_thread_titling: Titling = Field(default_factory=Titling)
    file_upload: FileUpload = Field(default_factory=lambda: FileUpload())
    history: History = Field(default_factory=lambda: History())


class NewSession(Strict):
    """`POST /v1/chatkit/sessions`."""

    user: str = Field(min_length=1)
    workflow: Workflow
    expires_after: ExpiresAfter = Field(default_factory=lambda: ExpiresAfter(anchor="created_at", seconds=600))
    rate_limits: RateLimits = Field(default_factory=lambda: RateLimits())
    chatkit_configuration: Configuration = Field(default_factory=Configuration)


class PageQuery(BaseModel):
    """`?limit&order&after&before`, and `user` where threads are listed."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=0, le=100)
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None
    before: str | None = None


class ThreadsQuery(PageQuery):
    """`GET /v1/chatkit/threads`."""

    user: str | None = Field(None, min_length=1, max_length=512)


async def json_of(request: Request) -> Any:
    """The body as JSON.

    Raises:
        Refusal: it is none, or larger than `LARGEST`.
    """
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > LARGEST:
            raise Refusal(413, "The request is too large.", code="request_too_large")
        pieces.append(piece)
    body = b"".join(pieces)
    try:
        content = json.loads(body)
        if _SURROGATE.search(body):  # a pair is a character; half of one cannot be sent back
            json.dumps(content, ensure_ascii=False).encode()
        return content
    except (ValueError, RecursionError):
        said = "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload."
        raise Refusal(400, said) from None


async def body_of(request: Request, kind: type[Body]) -> Body:
    """The body as `kind`.

    Raises:
        Refusal: it is not one.
    """
    content = await json_of(request)
    return checked(kind, content)


def query_of(request: Request, kind: type[Body]) -> Body:
    """The query as `kind`.

    Raises:
        Refusal: it is not one.
    """
    return checked(kind, dict(request.query_params))


def checked(kind: type[Body], content: Any) -> Body:
    """`content` as `kind`.

    Raises:
        Refusal: it is not one; the first thing that is wrong.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise of_validation(error.errors(include_url=False)[0]) from None
