"""Everything that can go wrong with a request, on demand.

A scenario is a list of names and values: `expired-key`, or `rate-limited, every=3, retry-after=2`, or
`latency=0.2, jitter=0.1`. It holds for all requests (`teahouse emulate --scenario …`) or for one, in the header
`X-Emulate`; what the header names takes the place of what the command line names.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from teahouse.emulator.refusals import Refusal

HEADER = "x-emulate"


@dataclass(frozen=True)
class Failure:
    """An answer of the API that is an error."""

    status: int
    message: str
    code: str | None = None
    kind: str = "invalid_request_error"
    param: str | None = None
    wait: bool = False
    """Whether it says when to come back."""

    def refusal(self, retry_after: float) -> Refusal:
        """The error as it is sent."""
        headers = {"Retry-After": f"{retry_after:g}"} if self.wait else {}
        return Refusal(self.status, self.message, code=self.code, kind=self.kind, param=self.param, headers=headers)


FAILURES: Mapping[str, Failure] = {
    "invalid-key": Failure(
        401,
        "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
        "invalid_api_key",
    ),
    "expired-key": Failure(401, "Your API key has expired. Create a new one in the dashboard.", "invalid_api_key"),
    "no-organization": Failure(401, "You must be a member of an organization to use the API.", "invalid_organization"),
    "missing-scope": Failure(
        401, "You have insufficient permissions for this operation. Missing scopes: api.chatkit.write.", None
    ),
    "wrong-project": Failure(
        403, "Project does not have access to this workflow.", "access_denied", param="workflow.id"
    ),
    "unverified-organization": Failure(
        403,
        "Your organization must be verified to use this model. Please go to: "
        "https://platform.openai.com/settings/organization/general and click on Verify Organization.",
        "organization_verification_required",
    ),
    "unsupported-region": Failure(
        403,
        "Country, region, or territory not supported",
        "unsupported_country_region_territory",
        "request_forbidden",
    ),
    "account-deactivated": Failure(
        403, "The OpenAI account associated with this API key has been deactivated.", "account_deactivated"
    ),
    "workflow-not-found": Failure(
        404, "Workflow with id 'wf_demo' not found.", "workflow_not_found", param="workflow.id"
    ),
    "model-not-found": Failure(
        404, "The model does not exist or you do not have access to it.", "model_not_found", param="model"
    ),
    "gone": Failure(410, "This endpoint is no longer available.", "endpoint_retired"),
    "unknown-parameter": Failure(400, "Unknown parameter: 'domain_key'.", "unknown_parameter", param="domain_key"),
    "file-upload-disabled": Failure(400, "File uploads are disabled for this session.", "chatkit.file_upload_disabled"),
    "file-type-rejected": Failure(
        400, "Uploaded file type is not allowed for this session.", "chatkit.file_upload_type_rejected"
    ),
    "context-too-long": Failure(
        400, "Your input exceeds the context window of this model.", "context_length_exceeded", param="input"
    ),
    "rate-limited": Failure(
        429, "Rate limit reached. Please try again later.", "rate_limit_exceeded", "requests", wait=True
    ),
    "quota-exceeded": Failure(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
    ),
    "server-error": Failure(
        500, "The server had an error while processing your request. Sorry about that!", None, "server_error"
    ),
    "bad-gateway": Failure(502, "Bad gateway.", "bad_gateway", "server_error"),
    "overloaded": Failure(
        503,
        "The engine is currently overloaded, please try again later.",
        "overloaded",
        "server_error",
        wait=True,
    ),
}
"""Errors by name."""

WEATHER = {
    "dropped": "the connection ends before the answer",
    "cut": "the connection ends in the middle of the answer",
    "silent": "no answer ever comes",
    "stream-error": "a stream breaks off with an error event",
    "flaky": "one request in eight meets 429, 500, 503 or a dropped connection",
    "short-sessions": "sessions live for three seconds, whatever was asked for",
}
"""What else a scenario may name."""

NUMBERS = {
    "latency": 0.0,  # seconds before each answer
    "jitter": 0.0,  # up to so many seconds more
    "slow": 0.0,  # seconds between the pieces of a stream
    "every": 1.0,  # of so many requests, one fails
    "first": float("inf"),  # so many requests fail, later ones do not
    "retry-after": 1.0,  # what 429 and 503 say
    "session-seconds": 0.0,  # how long sessions live; 0 for what was asked for
}
"""The values that a scenario may give, and what they are otherwise."""


class UnknownScenario(ValueError):
    """A scenario names what there is not. Its text is the name."""


@dataclass
class Conditions:
    """How requests fare.

    Attributes:
        names: what happens to them.
        numbers: how much of it.
    """

    names: frozenset[str] = frozenset()
    numbers: Mapping[str, float] = field(default_factory=lambda: dict(NUMBERS))
    _dice: Random = field(default_factory=lambda: Random(2025))  # noqa: S311 - the same storms every time
    _count: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def of(cls, text: str) -> Conditions:
        """The conditions that a scenario names.

        Raises:
            UnknownScenario: with the word that is not known.
        """
        names, numbers = set(), dict(NUMBERS)
        for word in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = (part.strip() for part in word.partition("="))
            if equals:
                numbers[_known(name, NUMBERS)] = _positive(value, word)
            elif name != "normal":
                names.add(_known(name, FAILURES.keys() | WEATHER.keys()))
        return cls(frozenset(names), numbers)

    @property
    def delay(self) -> float:
        """Seconds before this answer."""
        return self.numbers["latency"] + self._dice.uniform(0, self.numbers["jitter"])

    @property
    def session_seconds(self) -> float | None:
        """How long a session lives; None for what was asked for."""
        return 3.0 if "short-sessions" in self.names else self.numbers["session-seconds"] or None

    def next(self) -> str | None:
        """What happens to the next request: a name of `FAILURES` or `WEATHER`, or None."""
        number = next(self._count)
        if "flaky" in self.names:
            ill = ("rate-limited", "server-error", "overloaded", "dropped")
            return self._dice.choice(ill) if self._dice.random() < 1 / 8 else None
        if number > self.numbers["first"] or number % self.numbers["every"]:
            return None
        return next(
            (name for name in (*FAILURES, "dropped", "cut", "silent", "stream-error") if name in self.names), None
        )

    def refusal(self, name: str) -> Refusal:
        """The error that `name` stands for."""
        return FAILURES[name].refusal(self.numbers["retry-after"])


def _known(name: str, names: object) -> str:
    if name not in names:  # type: ignore[operator]
        raise UnknownScenario(name)
    return name


def _positive(value: str, word: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise UnknownScenario(word) from None
    if not 0 <= number <= 86_400:
        raise UnknownScenario(word)
    return number
