"""The body of `POST /v1/chatkit/sessions`, checked before it leaves. No I/O.

OpenAI's own SDK checks nothing: what is wrong goes out and comes back as an error, or as a session that fails later.
Source of the limits: OpenAPI 2.3.0, `CreateChatSessionBody`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from teahouse import reasons
from teahouse.errors import Problem, Words
from teahouse.hosted import errors
from teahouse.settings import Hosted, StateValue, check_state_variables

_LONGEST_USER = 512  # what the list of threads takes as `user`
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def configured(workflow_id: str | None, config: Hosted | None, options: Mapping[str, Any]) -> Hosted:
    """The settings of a library's user, which come as arguments.

    Raises:
        Problem: HOSTED_REQUEST_INVALID, naming the argument; HOSTED_NOT_CONFIGURED without a workflow.
    """
    if config is None:
        try:
            config = Hosted(workflow_id=workflow_id, **options)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise _invalid(".".join(map(str, first["loc"])) or "options", reasons.of_validation(first)) from None
    if config.workflow_id is None:
        raise Problem(errors.HOSTED_NOT_CONFIGURED)
    return config


def request_body(config: Hosted, user: object, state_variables: object = None) -> bytes:
    """The request for one session, as JSON.

    Args:
        config: what sessions are like.
        user: whose threads these are.
        state_variables: in place of those in `config`.

    Raises:
        Problem: HOSTED_REQUEST_INVALID, naming the field.
    """
    body = {
        "user": _user(user),
        "workflow": _workflow(config, _state(config, state_variables)),
        "expires_after": {"anchor": "created_at", "seconds": config.expires_seconds},
        "chatkit_configuration": {
            "automatic_thread_titling": {"enabled": config.titling},
            "file_upload": _without_none(
                enabled=config.file_upload, max_file_size=config.max_file_size, max_files=config.max_files
            ),
            "history": _without_none(enabled=config.history, recent_threads=config.recent_threads),
        },
    }
    if config.requests_per_minute is not None:
        body["rate_limits"] = {"max_requests_per_1_minute": config.requests_per_minute}
    return _as_json(body).encode("utf-8", "replace")


def _user(user: object) -> str:
    if not isinstance(user, str):
        reason = Words("it has to be text: the id of the person at your side", "应为文本，即您这边的用户 id")
    elif not user.strip():
        reason = Words("it is empty; every person needs an id of their own", "不能为空，每个用户都要有自己的 id")
    elif len(user) > _LONGEST_USER:
        reason = Words(f"{_LONGEST_USER} characters are the most", f"最多 {_LONGEST_USER} 个字符")
    else:
        return user
    raise _invalid("user", reason)


def _state(config: Hosted, given: object) -> dict[str, StateValue]:
    if given is None and isinstance(config.state_variables, str):
        return {}  # it names a function, which whoever has the request calls
    variables = config.state_variables if given is None else given
    if variables is None:
        return {}
    try:
        return check_state_variables(variables)
    except ValueError as error:
        raise _invalid("state_variables", error.args[0]) from None


def _workflow(config: Hosted, state: dict[str, StateValue]) -> dict[str, Any]:
    workflow: dict[str, Any] = _without_none(id=config.workflow_id, version=config.version)
    if state:
        workflow["state_variables"] = state
    if not config.tracing:
        workflow["tracing"] = {"enabled": False}
    return workflow


def _without_none(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _invalid(field: str, reason: Words) -> Problem:
    return Problem(errors.HOSTED_REQUEST_INVALID, param=field, field=field, reason=reason)
