"""How OpenAI's API says no: `{"error": {message, type, param, code}}` with an HTTP status.

The OpenAPI document describes that object and, for ChatKit's paths, no error of its own. The sentences are those
of OpenAI's validation as its users quote them; programs should read `code` and `param`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails
from starlette.responses import JSONResponse


class Refusal(Exception):
    """A request that is answered with an error.

    Args:
        status: the HTTP status.
        message: the sentence for people.
        code: what programs read.
        param: the field at fault, as in `expires_after.seconds`.
        kind: the error's `type`.
        headers: sent with it, `Retry-After` for example.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.error = {"message": message, "type": kind, "param": param, "code": code}

    def response(self) -> JSONResponse:
        """The refusal as HTTP."""
        return JSONResponse({"error": self.error}, self.status, headers=self.headers)


_TYPES = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "bool_type": "a boolean",
    "float_type": "a number",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "list_type": "an array",
}


def of_validation(error: ErrorDetails) -> Refusal:
    """The refusal for the first thing that pydantic finds wrong with a request's body or query."""
    # The names of a union's members are pydantic's, not the request's.
    param = ".".join(str(step) for step in error["loc"] if step not in ("str", "int", "bool", "float"))
    context = error.get("ctx", {})
    got = _named(error["input"])
    match error["type"]:
        case "missing":
            return _bad(f"Missing required parameter: '{param}'.", "missing_required_parameter", param)
        case "extra_forbidden":
            return _bad(f"Unknown parameter: '{param}'.", "unknown_parameter", param)
        case "greater_than_equal":
            said = f"integer below minimum value. Expected a value >= {context['ge']}, but got {error['input']} instead"
            return _bad(f"Invalid '{param}': {said}.", "integer_below_min_value", param)
        case "less_than_equal":
            said = f"integer above maximum value. Expected a value <= {context['le']}, but got {error['input']} instead"
            return _bad(f"Invalid '{param}': {said}.", "integer_above_max_value", param)
        case "string_too_short":
            said = "empty string. Expected a string with minimum length 1, but got an empty string instead"
            return _bad(f"Invalid '{param}': {said}.", "empty_string", param)
        case "string_too_long":
            said = f"string too long. Expected a string with maximum length {context['max_length']}"
            return _bad(f"Invalid '{param}': {said}.", "string_above_max_length", param)
        case "too_long":
            said = f"too many properties. Expected at most {context['max_length']}"
            return _bad(f"Invalid '{param}': {said}.", "object_above_max_properties", param)
        case "literal_error":
            supported = str(context["expected"]).replace(" or ", " and ")
            said = f"Invalid value: {str(error['input'])[:80]!r}. Supported values are: {supported}."
            return _bad(said, "invalid_value", param)
        case kind if kind in _TYPES:
            said = f"expected {_TYPES[kind]}, but got {got} instead"
            return _bad(f"Invalid type for '{param}': {said}.", "invalid_type", param)
        case _:
            return _bad(f"Invalid '{param}': {error['msg']}.", "invalid_value", param)


def _bad(message: str, code: str, param: str) -> Refusal:
    return Refusal(400, message, code=code, param=param)


def _named(value: Any) -> str:
    """A JSON value's type, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"
