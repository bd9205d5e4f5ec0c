"""OpenAI's answers, told one from another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.errors import Kind
from teahouse.hosted import errors
from teahouse.hosted.refusals import refusal, seconds_to_wait

PROJECT = "Project `proj_abc` does not have access to this workflow."
ORGANIZATION = "You must be a member of an organization to use the API."
VERIFY = "Your organization must be verified to use the model `gpt-5`. Please go to the settings and click on Verify."
REGION = "Country, region, or territory not supported"
SCOPES = "You have insufficient permissions for this operation. Missing scopes: api.workflows.read."

ANSWERS: list[tuple[int, dict[str, Any], Kind]] = [
    (401, {"message": "Incorrect API key provided: sk-abc***9.", "code": "invalid_api_key"}, errors.HOSTED_KEY_REFUSED),
    (403, {"message": PROJECT}, errors.HOSTED_PROJECT_DENIED),
    (403, {"message": ORGANIZATION}, errors.HOSTED_ORGANIZATION_DENIED),
    (403, {"message": VERIFY}, errors.HOSTED_VERIFICATION_NEEDED),
    (403, {"message": REGION, "code": "unsupported_country_region_territory"}, errors.HOSTED_REGION_UNSUPPORTED),
    (403, {"message": SCOPES}, errors.HOSTED_ACCESS_DENIED),
    (403, {}, errors.HOSTED_ACCESS_DENIED),
    (404, {"message": "Workflow with id 'wf_1' not found."}, errors.WORKFLOW_NOT_FOUND),
    (410, {}, errors.WORKFLOW_NOT_FOUND),
    (400, {"message": "Missing required parameter: 'user'.", "param": "user"}, errors.HOSTED_PARAMETER_REFUSED),
    (400, {"message": "Unknown parameter: 'domain_key'.", "param": "domain_key"}, errors.HOSTED_PARAMETER_REFUSED),
    (422, {}, errors.HOSTED_PARAMETER_REFUSED),
    (429, {"message": "Rate limit reached."}, errors.HOSTED_RATE_LIMITED),
    (429, {"message": "You exceeded your current quota", "code": "insufficient_quota"}, errors.HOSTED_QUOTA_USED_UP),
    (500, {"message": "The server had an error."}, errors.HOSTED_UNAVAILABLE),
    (503, {}, errors.HOSTED_UNAVAILABLE),
    (307, {}, errors.HOSTED_ANSWER_UNREADABLE),
]


@pytest.mark.parametrize(("status", "error", "kind"), ANSWERS)
def test_each_answer_has_a_kind_of_its_own(status: int, error: dict[str, Any], kind: Kind) -> None:
    problem = refusal(status, {"x-request-id": "req_7"}, json.dumps({"error": error}).encode(), workflow="wf_1")
    assert problem.kind is kind
    assert problem.details["upstream_request_id"] == "req_7"
    assert problem.param == error.get("param") or kind is errors.WORKFLOW_NOT_FOUND
    for language in ("en", "zh"):
        said = problem.message(language)
        assert "sk-abc" not in said
        assert "Words(" not in said


@given(status=st.integers(300, 599), body=st.binary() | st.just(b"[" * 100_000), header=st.text())
def test_whatever_comes_is_a_problem(status: int, body: bytes, header: str) -> None:
    problem = refusal(status, {"x-request-id": header, "retry-after": header}, body, workflow="wf_1")
    assert problem.message("en")
    assert problem.message("zh")


ANYTHING = st.none() | st.integers() | st.text() | st.lists(st.text())


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("message", "code", "param", "type"), ANYTHING)))
def test_whatever_an_error_object_holds_is_a_problem(error: dict[str, Any]) -> None:
    for status in (400, 401, 403, 404, 429, 500):
        assert refusal(status, {}, json.dumps({"error": error}).encode(), workflow="wf_1").message()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0.2", 1),
        ("0", 1),
        ("86400", 3600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("٣", None),
    ],
)
def test_how_long_to_wait(value: str, seconds: int | None) -> None:
    assert seconds_to_wait({"retry-after": value}) == seconds
