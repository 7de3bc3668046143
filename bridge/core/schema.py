"""Rows of the command table as JSON Schema (2020-12)."""

from __future__ import annotations

from bridge.core.arguments import LARGEST_INTEGER
from bridge.core.names import LONGEST
from bridge.envelope import KEYS
from bridge.spec import COMMON_ERRORS, Arg, Command, Field

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TIMESTAMP = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"


def of_command(row: Command) -> dict[str, object]:
    """What is known of one command: `command`, `summary`, `effect`, `target`, and a schema each of call and answer."""
    return {
        "command": row.name,
        "summary": row.summary,
        "effect": row.effect,
        "target": row.target,
        "arguments": arguments(row),
        "result": result(row),
    }


def arguments(row: Command) -> dict[str, object]:
    """The schema of an object with the arguments by name; `positional` tells the order of those without a dash."""
    return {
        "$schema": DIALECT,
        "title": f"arguments of {row.name}",
        "type": "object",
        "properties": {arg.name: _argument(arg) for arg in row.args},
        "required": [arg.name for arg in row.args if arg.required],
        "additionalProperties": False,
        "positional": [arg.name for arg in row.args if arg.positional],
    }


def result(row: Command) -> dict[str, object]:
    """The schema of every envelope that the command answers with, successes and failures."""
    codes = list(dict.fromkeys((*row.errors, *COMMON_ERRORS)))
    error: dict[str, object] = {
        "type": "object",
        "properties": {
            "code": {"enum": codes},
            "message": {"type": "string", "description": "what failed; names the value"},
            "hint": {"type": ["string", "null"], "description": "the way out"},
            "retryable": {"type": "boolean", "description": "whether the same call may succeed later"},
        },
        "required": ["code", "message", "hint", "retryable"],
        "additionalProperties": False,
    }
    own = {field.name: _field(field) for field in row.returns}
    succeeded = {"properties": {"status": {"const": "success"}, "error": False}, "required": list(own)}
    failed = {"properties": {"status": {"const": "error"}}, "required": ["error"]}
    return {
        "$schema": DIALECT,
        "title": f"answer of {row.name}",
        "type": "object",
        "properties": {
            "status": {"enum": ["success", "error"]},
            "command": {"const": row.name},
            "session": {"type": "string"},
            "pane_id": {"type": "string"},
            "output": {"type": ["string", "array"], "description": row.output},
            "timestamp": {"type": "string", "pattern": _TIMESTAMP},
            **own,
            "error": error,
        },
        "required": list(KEYS),
        "additionalProperties": False,
        "oneOf": [succeeded, failed],
    }


def _argument(arg: Arg) -> dict[str, object]:
    kind: dict[str, object]
    if arg.type == "integer":
        kind = {"type": "integer", "minimum": 0, "maximum": LARGEST_INTEGER}
    elif arg.type == "seconds":
        kind = {"type": "number", "minimum": 0}
    elif arg.type == "flag":
        kind = {"type": "boolean"}
    elif arg.type == "choice":
        kind = {"type": "string", "enum": list(arg.choices)}
    elif arg.type == "name":
        kind = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    elif arg.type == "pattern":
        kind = {"type": "string", "format": "regex"}
    else:
        kind = {"type": "string"}
    if arg.many:
        kind = {"type": "array", "items": kind, "minItems": 1 if arg.required else 0}
    kind["description"] = arg.help
    if arg.type == "flag":
        kind["default"] = False
    elif arg.default is not None:
        kind["default"] = arg.default
    return kind


def _field(field: Field) -> dict[str, object]:
    """A field is null where its value is not known."""
    return {"type": [field.type, "null"], "description": field.help}
