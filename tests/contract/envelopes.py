"""Checks every envelope that the suite has produced against the row of its command."""

from __future__ import annotations

import functools
import json

import jsonschema

from bridge import registry
from bridge.core import schema
from bridge.envelope import KEYS
from bridge.errors import CODES
from bridge.spec import COMMON_ERRORS

TYPES = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list, "object": dict}

# What no test can reach on the machine that runs it, each with its reason.
UNREACHED = {
    ("pane-is-running", "ERR_UNSUPPORTED"): "Linux always tells what a process waits for",
    ("pane-wait", "ERR_UNSUPPORTED"): "Linux always tells what a process waits for",
    ("pane-exec-timeout", "ERR_UNSUPPORTED"): "Linux always tells what a process waits for",
    ("pane-signal", "ERR_UNSUPPORTED"): "Linux always has pidfds",
    ("pane-stop", "ERR_UNSUPPORTED"): "Linux always has pidfds",
    ("pane-respawn", "ERR_PANE_GONE"): "the pane has to end between two tmux calls",
    ("group-exec", "ERR_TOO_LARGE"): "no argument can be so long; a caller in the same process could give one",
    ("mcp", "ERR_FORBIDDEN"): "an answer inside the protocol, which its own tests ask for",
}


def problems(records: list[dict]) -> list[str]:
    """What is wrong with these answers: undeclared or missing fields, wrong types, undeclared errors."""
    found: dict[str, None] = {}
    for record in records:
        for text in _check(record):
            found[f"{record['words'][:4]}: {text}"] = None
    return list(found)


def unreached(records: list[dict]) -> list[str]:
    """The declared errors that no call has answered with, and exemptions from what is not declared any more.

    A race may reach what is exempted: that is no finding.
    """
    seen = set()
    for record in records:
        try:
            answer = json.loads(record["stdout"])
        except ValueError:
            continue
        if "error" in answer:
            seen.add((answer["command"], answer["error"]["code"]))
    declared = {(row.name, code) for row in registry.load_all() for code in row.errors}
    missing = [f"no test reaches {code} of {name}" for name, code in sorted(declared - seen - set(UNREACHED))]
    return missing + [
        f"the exemption of {code} for {name} is not needed" for name, code in UNREACHED if (name, code) not in declared
    ]


@functools.cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    """What checks the answers of a command against the schema that `bridge schema` tells."""
    row = registry.load(name)
    assert row is not None
    described = schema.result(row)
    jsonschema.Draft202012Validator.check_schema(described)
    return jsonschema.Draft202012Validator(described)


def _check(record: dict) -> list[str]:
    try:
        answer = json.loads(record["stdout"])
    except ValueError:
        return ["stdout is not one JSON document"]
    if tuple(answer)[:6] != KEYS:
        return [f"keys {list(answer)[:6]}"]
    row = registry.load(answer["command"])
    if row is None:
        return [] if answer["status"] == "error" else [f"success of an unknown command {answer['command']!r}"]
    declared = {field.name: field.type for field in row.returns}
    wrong = [f"the schema: {problem.message[:200]}" for problem in _validator(row.name).iter_errors(answer)]
    wrong += [f"undeclared field {name!r}" for name in list(answer)[6:] if name not in declared and name != "error"]
    for name, kind in declared.items():
        value = answer.get(name)
        if name in answer and value is not None and not isinstance(value, TYPES[kind]):
            wrong.append(f"{name} is no {kind}: {value!r}")
    wrong += [text for key, value in answer.items() for text in _spelt(key, value)]
    if answer["status"] == "success":
        wrong += [f"missing field {name!r}" for name in declared if name not in answer]
        return wrong
    error = answer["error"]
    if error["code"] not in (*row.errors, *COMMON_ERRORS):
        wrong.append(f"undeclared error {error['code']}")
    if list(error) != ["code", "message", "hint", "retryable"] or error["code"] not in CODES:
        wrong.append(f"error object {error}")
    if record["status"] == 0:
        wrong.append("an error with exit status 0")
    return wrong


# What is declared as yes or no anywhere is so everywhere, in objects inside an answer as well.
YES_OR_NO = {field.name for row in registry.load_all() for field in row.returns if field.type == "boolean"}
YES_OR_NO |= {"is_running", "exists", "waits"}
YES_OR_NO -= {"check", "equal"}  # in the rows of doctor the name of a check, in the scores of a diff a number
# Texts that are somebody's own, so that `true` is a word in them: what programs print, names, commands, values.
_WORDS = {
    *(
        "output",
        "value",
        "default",
        "command",
        "name",
        "label",
        "title",
        "text",
        "lines",
        "matches",
        "message",
        "argv",
        "callback",
    ),
    *("metadata", "environment", "before", "after", "data", "arguments", "settings", "session", "group", "key"),
}


def _spelt(key: str, value: object) -> list[str]:
    """Where a yes or no is no JSON boolean, or is written as a word."""
    if isinstance(value, list):
        return [text for item in value for text in _spelt(key, item)]
    if key in YES_OR_NO and not isinstance(value, (bool, dict)) and value is not None:
        return [f"{key} is neither true, false nor null: {value!r}"]
    if isinstance(value, dict):
        return [text for name, item in value.items() if key not in _WORDS for text in _spelt(name, item)]
    if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no") and key not in _WORDS:
        return [f"{key} is a word for yes or no: {value!r}"]
    return []
