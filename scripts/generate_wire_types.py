"""Write the element's wire types from the pydantic models of openai-chatkit.

`python scripts/generate_wire_types.py` writes element/src/api/wire.ts; with `--check` it writes nothing and
exits with 1 when the file is not what would be written. `--output PATH` takes another file than that one.

Requests are described as the server validates them, everything else as it serializes it: a field with a
default is optional in the first case and always present in the second. The server leaves `None` out, so a
nullable field is an optional one and never `null`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaWarningKind
from typing_extensions import TypeVar

with warnings.catch_warnings():
    # openai-chatkit 1.6 warns of its own widget classes while it is imported.
    warnings.simplefilter("ignore", DeprecationWarning)
    from chatkit import icons, types, widgets

Schema = dict[str, Any]

OUTPUT = Path(__file__).parent.parent / "element" / "src" / "api" / "wire.ts"

SENT_BY_THE_SERVER: dict[str, Any] = {
    "ThreadStreamEvent": types.ThreadStreamEvent,
    "ThreadItem": types.ThreadItem,
    "ThreadItemUpdate": types.ThreadItemUpdate,
    "ThreadStatus": types.ThreadStatus,
    "UserMessageContent": types.UserMessageContent,
    "Attachment": types.Attachment,
    "StructuredInput": types.StructuredInput,
    "Task": types.Task,
    "WorkflowSummary": types.WorkflowSummary,
    "Source": types.Source,
    "WidgetRoot": widgets.WidgetRoot,
    "WidgetComponent": widgets.WidgetComponent,
    "WidgetStatus": widgets.WidgetStatus,
    "IconName": icons.IconName,
    "FeedbackKind": types.FeedbackKind,
}
"""The unions that have a name in Python, and everything they reach."""

MORE_SENT_BY_THE_SERVER: tuple[Any, ...] = (
    types.ThreadMetadata,
    types.Page[types.Thread],
    types.TranscriptionResult,
    types.SyncCustomActionResponse,
)
"""Models that no union above reaches: what is left of the answers to JSON requests."""

SENT_BY_THE_CLIENT: dict[str, Any] = {
    "ChatKitReq": types.ChatKitReq,
    "StreamingReq": types.StreamingReq,
    "NonStreamingReq": types.NonStreamingReq,
    "UserMessageContentInput": types.UserMessageContent,
}

OPEN_ENUMS = {"ErrorCode"}
"""chatkit.errors: "Not a closed enum, new error codes can and will be added as needed"."""


PRIMITIVES = {
    "string": "string",
    "boolean": "boolean",
    "integer": "number",
    "number": "number",
    None: "unknown",
}


class WireSchema(GenerateJsonSchema):
    """JSON schema in which `required` says what is on the wire."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {  # noqa: RUF012
        "skipped-choice",
        "non-serializable-default",
    }

    def field_is_required(self, field: Any, total: bool) -> bool:
        if self.mode == "serialization" and field["type"] != "typed-dict-field":
            return True
        schema = field["schema"]
        is_tag = schema.get("schema", {}).get("type") == "literal" and len(schema["schema"]["expected"]) == 1
        # `Action[str, Any].type` has a TypeVar for its default: it has none, in other words.
        has_no_value = isinstance(schema.get("default"), TypeVar)
        return super().field_is_required(field, total) or is_tag or has_no_value


def render() -> str:
    """Return the text of wire.ts."""
    schemas, definitions = _schemas()
    return TypeScript(definitions).module(schemas)


def _schemas() -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Return the schema of each named union, and the definitions they refer to."""
    inputs: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
        *((name, "serialization", TypeAdapter(kind)) for name, kind in SENT_BY_THE_SERVER.items()),
        *((f"answer {n}", "serialization", TypeAdapter(kind)) for n, kind in enumerate(MORE_SENT_BY_THE_SERVER)),
        *((name, "validation", TypeAdapter(kind)) for name, kind in SENT_BY_THE_CLIENT.items()),
    ]
    schemas, root = TypeAdapter.json_schemas(inputs, schema_generator=WireSchema, ref_template="{model}")
    named = {name: schema for (name, _), schema in schemas.items() if not name.startswith("answer ")}
    return named, root["$defs"]


class TypeScript:
    """Writes a set of JSON schema definitions as TypeScript declarations."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions
        self._aliases: dict[frozenset[str], str] = {}

    def module(self, unions: dict[str, Schema]) -> str:
        """Return the module that declares the unions by name, and every definition."""
        members = {name: self._members(schema) for name, schema in unions.items()}
        self._aliases = {frozenset(union): name for name, union in members.items()}
        declared = {self._name(key): self._declaration(key) for key in self._definitions}
        aliases = [f"export type {name} ={_union(union)};" for name, union in members.items()]
        return "\n\n".join([_header(), *aliases, *(declared[name] for name in sorted(declared))]) + "\n"

    def _declaration(self, key: str) -> str:
        schema = self._definitions[key]
        name = self._name(key)
        comment = _comment(schema.get("description"))
        if "enum" in schema:
            other = ["(string & {})"] if name in OPEN_ENUMS else []
            return f"{comment}export type {name} = {' | '.join([*map(_literal, schema['enum']), *other])};"
        body = self._body(schema)
        if _is_page(schema):
            body = body.replace(f"data: {self._page_of(schema)}[]", "data: T[]")
            return f"{comment}export interface Page<T> {body}"
        return f"{comment}export interface {name} {body}"

    def _body(self, schema: Schema) -> str:
        required = schema.get("required", [])
        fields = [
            self._field(name, field, required=name in required) for name, field in schema.get("properties", {}).items()
        ]
        if schema.get("additionalProperties") is True:
            fields.append("  [key: string]: unknown;\n")
        return "{\n" + "".join(fields) + "}"

    def _field(self, name: str, schema: Schema, *, required: bool) -> str:
        mark = "" if required and not _is_nullable(schema) else "?"
        key = name if name.isidentifier() else _literal(name)
        return f"{_comment(schema.get('description'), '  ')}  {key}{mark}: {self._type(schema)};\n"

    def _type(self, schema: Schema) -> str:
        members = self._members(schema)
        return self._aliases.get(frozenset(members)) or " | ".join(members)

    def _members(self, schema: Schema) -> list[str]:
        """Return the alternatives of a schema, without `null`, those of nested unions included."""
        options = schema.get("anyOf") or schema.get("oneOf")
        if not options:
            return self._simple(schema)
        members = [member for option in options for member in self._members(option)]
        return ["unknown"] if "unknown" in members else list(dict.fromkeys(members))

    def _simple(self, schema: Schema) -> list[str]:
        match schema:
            case {"$ref": key}:
                return [self._reference(key)]
            case {"const": value}:
                return [_literal(value)]
            case {"enum": values}:
                return [_literal(value) for value in values]
            case {"type": "null"}:
                return []
            case {"type": "string", "pattern": pattern}:
                return [_prefixed(pattern)]
            case {"type": "array", "items": items}:
                members = self._type(items)
                return [f"({members})[]" if " | " in members else f"{members}[]"]
            case {"type": "object", "additionalProperties": values}:
                return [f"Record<string, {'unknown' if values is True else self._type(values)}>"]
        return [PRIMITIVES[schema.get("type")]]

    def _reference(self, key: str) -> str:
        schema = self._definitions[key]
        return f"Page<{self._page_of(schema)}>" if _is_page(schema) else self._name(key)

    def _page_of(self, schema: Schema) -> str:
        return self._type(schema["properties"]["data"]["items"])

    def _name(self, key: str) -> str:
        """Return the Python class's name; `Input` is added to what the client sends when it differs."""
        schema = self._definitions[key]
        name: str = schema.get("title", key).partition("[")[0]
        if not key.endswith("-Input"):
            return name
        output = self._definitions[key.removesuffix("-Input") + "-Output"]
        return name if self._body(schema) == self._body(output) else name + "Input"


def _header() -> str:
    return (
        f"/**\n * The ChatKit protocol's wire types.\n *\n"
        f" * Generated by scripts/generate_wire_types.py from openai-chatkit {version('openai-chatkit')};"
        " not to be edited.\n */"
    )


def _is_page(schema: Schema) -> bool:
    return str(schema.get("title", "")).startswith("Page[")


def _is_nullable(schema: Schema) -> bool:
    return schema.get("default", ...) is None or {"type": "null"} in schema.get("anyOf", [])


def _union(members: list[str]) -> str:
    line = " " + " | ".join(members)
    return line if len(line) <= 80 else "".join(f"\n  | {member}" for member in members)


def _literal(value: str | int | bool) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _prefixed(pattern: str) -> str:
    """Return the type of strings that begin as the pattern says; the protocol has no other patterns."""
    prefix = re.fullmatch(r"\^([\w:.-]+)", pattern)
    if not prefix:
        raise NotImplementedError(f"no TypeScript for the pattern {pattern}")
    return f"`{prefix[1]}${{string}}`"


def _comment(description: str | None, indent: str = "") -> str:
    if not description:
        return ""
    text = " ".join(description.split()).replace("*/", "*\\/")
    return f"{indent}/** {text} */\n"


def main(arguments: list[str]) -> Literal[0, 1]:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(description="Write the element's wire types.")
    parser.add_argument("--check", action="store_true", help="exit with 1 when the file is out of date")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    text = render()
    if not options.check:
        options.output.write_text(text, encoding="utf-8")
        return 0
    if options.output.is_file() and options.output.read_text(encoding="utf-8") == text:
        return 0
    print(f"{options.output.name} is out of date: run python scripts/generate_wire_types.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
