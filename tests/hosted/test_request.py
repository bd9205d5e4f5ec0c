"""What is sent to OpenAI, and what is not."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.errors import Problem
from teahouse.hosted import HostedSessions, errors
from teahouse.hosted.request import request_body
from teahouse.settings import Hosted

from .openai_sessions import CreateChatSessionBody

WORKFLOW = Hosted(workflow_id="wf_1")


def test_a_plain_request_says_what_it_wants() -> None:
    assert json.loads(request_body(WORKFLOW, "vis_1")) == {
        "user": "vis_1",
        "workflow": {"id": "wf_1"},
        "expires_after": {"anchor": "created_at", "seconds": 600},
        "chatkit_configuration": {
            "automatic_thread_titling": {"enabled": True},
            "file_upload": {"enabled": False},
            "history": {"enabled": True},
        },
    }


def test_everything_has_its_place() -> None:
    config = Hosted(
        workflow_id="wf_1",
        version="3",
        state_variables={"plan": "pro", "seats": 4, "ratio": 0.5, "trial": False},
        tracing=False,
        file_upload=True,
        max_files=5,
        max_file_size=20,
        history=False,
        recent_threads=2,
        titling=False,
        requests_per_minute=30,
        expires_seconds=60,
    )
    assert json.loads(request_body(config, "茶客")) == {
        "user": "茶客",
        "workflow": {
            "id": "wf_1",
            "version": "3",
            "state_variables": {"plan": "pro", "seats": 4, "ratio": 0.5, "trial": False},
            "tracing": {"enabled": False},
        },
        "expires_after": {"anchor": "created_at", "seconds": 60},
        "rate_limits": {"max_requests_per_1_minute": 30},
        "chatkit_configuration": {
            "automatic_thread_titling": {"enabled": False},
            "file_upload": {"enabled": True, "max_file_size": 20, "max_files": 5},
            "history": {"enabled": False, "recent_threads": 2},
        },
    }


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"version": "latest"}, "version", "leave it out for the newest that is deployed"),
    ({"expires_seconds": 0}, "expires_seconds", "it has to be 1 or more"),
    ({"expires_seconds": 1800}, "expires_seconds", "it has to be 600 or less"),
    ({"max_file_size": 513}, "max_file_size", "it has to be 512 or less"),
    ({"domain_key": "domain_pk_1"}, "options", "`domain_key`: sessions have none"),
    ({"domainKey": "domain_pk_1"}, "options", "`domainKey`: sessions have none"),
    ({"expires_after": 1800}, "options", "`expires_after`: write `expires_seconds`, 1 to 600"),
    ({"user": "me"}, "options", "`user`: it is the visitor"),
    ({"workflow_version": "1"}, "workflow_version", "there is no such key"),
    ({"state_variables": {"a": [1]}}, "state_variables", "'a' has to be text, a number, true or false"),
    ({"state_variables": {"a": float("nan")}}, "state_variables", "'a' has to be text"),
    ({"state_variables": {"a" * 65: 1}}, "state_variables", "has to have 1 to 64 characters"),
    ({"state_variables": {str(n): n for n in range(65)}}, "state_variables", "64 are the most, these are 65"),
    ({"proxy": "socks5://proxy"}, "proxy", "it is not an HTTP proxy"),
]


@pytest.mark.parametrize(("options", "field", "reason"), REFUSED)
def test_what_is_wrong_is_named_before_anything_leaves(options: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(Problem) as caught:
        HostedSessions("wf_1", api_key="sk-x", **options)
    assert caught.value.kind is errors.HOSTED_REQUEST_INVALID
    assert caught.value.param == field
    assert reason in caught.value.cause()
    assert "Words(" not in caught.value.message("zh")


@pytest.mark.parametrize("workflow_id", ["", "68df4b13", "wf_ 1", "wf_1/../x", "wf_" + "1" * 201])
def test_an_id_that_is_none_is_refused(workflow_id: str) -> None:
    with pytest.raises(Problem, match="workflow_id is not valid"):
        HostedSessions(workflow_id, api_key="sk-x")


@pytest.mark.parametrize("user", ["", "  ", None, 7, "u" * 513])
def test_a_user_is_needed(user: Any) -> None:
    with pytest.raises(Problem, match="user is not valid"):
        request_body(WORKFLOW, user)


@pytest.mark.parametrize("given", [[], "plan", {"a": None}, {1: "a"}])
def test_state_variables_of_the_moment_are_checked_too(given: Any) -> None:
    with pytest.raises(Problem, match="state_variables is not valid"):
        request_body(WORKFLOW, "vis_1", given)


@given(
    user=st.text(),
    state=st.dictionaries(
        st.text(max_size=70), st.none() | st.text() | st.integers() | st.booleans() | st.floats(), max_size=70
    ),
)
def test_what_leaves_is_always_what_openai_takes(user: str, state: dict[str, Any]) -> None:
    try:
        body = request_body(WORKFLOW, user, state)
    except Problem:
        return
    CreateChatSessionBody.model_validate_json(body)


def test_the_library_brings_nothing_of_the_server() -> None:
    """It stands in somebody's Flask; `chatkit.server` alone would cost them 1.5 s and 112 MB."""
    heavy = "starlette agents openai chatkit sqlalchemy uvicorn teahouse.app teahouse.web teahouse.protocol".split()
    program = f"import sys, teahouse.hosted; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
