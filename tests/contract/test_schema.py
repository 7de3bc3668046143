"""The schemas that the table makes: they are valid, answers fit them, and what is wrong does not."""

from __future__ import annotations

import jsonschema
import pytest
from contract import envelopes
from walks import over

from bridge import registry
from bridge.core import schema

ROWS = registry.load_all()
Validator = jsonschema.Draft202012Validator
each_row = over(ROWS, lambda row: row.name)


def envelope(row, **changes) -> dict:
    """An answer of the command as the row declares it."""
    values = {"string": "x", "boolean": True, "integer": 1, "number": 1.5, "array": [], "object": {}}
    return {
        "status": "success",
        "command": row.name,
        "session": "dev",
        "pane_id": "0",
        "output": "x\n",
        "timestamp": "2026-01-01T10:30:00Z",
        **{field.name: values[field.type] for field in row.returns},
    } | changes


def failure(row, code: str) -> dict:
    detail = {"code": code, "message": "m", "hint": None, "retryable": False}
    return {key: value for key, value in envelope(row).items() if key in envelopes.KEYS} | {
        "status": "error",
        "error": detail,
    }


@each_row
def test_both_schemas_of_a_row_are_schemas(row):
    Validator.check_schema(schema.arguments(row))
    Validator.check_schema(schema.result(row))


@each_row
def test_the_answers_that_a_row_declares_fit(row):
    check = Validator(schema.result(row))
    check.validate(envelope(row))
    for code in (*row.errors, "ERR_INTERNAL"):
        check.validate(failure(row, code))


@each_row
def test_what_a_row_does_not_declare_does_not_fit(row):
    check = Validator(schema.result(row))
    wrong = [
        envelope(row, other=1),
        envelope(row, command="other"),
        envelope(row, timestamp="now"),
        envelope(row, error=failure(row, "ERR_INTERNAL")["error"]),
        envelope(row, status="error"),
        failure(row, "ERR_NONE_SUCH"),
        *(envelope(row, **{field.name: object()}) for field in row.returns[:1]),
        *({key: value for key, value in envelope(row).items() if key != field.name} for field in row.returns[:1]),
    ]
    assert [answer for answer in wrong if check.is_valid(answer)] == []


def test_arguments_are_checked_as_the_parser_checks_them():
    check = Validator(schema.arguments(registry.load("pane-capture")))
    check.validate({"session": "dev", "pane": "0"})
    check.validate({"session": "dev", "pane": "0", "lines": 5})
    for wrong in ({"session": "dev"}, {"session": "dev", "pane": "0", "lines": -1}, {"session": "dev", "pain": "0"}):
        assert not check.is_valid(wrong)
    many = Validator(schema.arguments(registry.load("pane-send-keys")))
    many.validate({"session": "dev", "pane": "0", "keys": ["C-c"]})
    assert not many.is_valid({"session": "dev", "pane": "0", "keys": "C-c"})


@pytest.mark.parametrize("front", ["fast", "click"])
def test_the_command_tells_the_schemas(box, front):
    one = box.bridge("schema", "pane-run", front=front).ok()
    (told,) = one["schemas"]
    assert one["output"] == "pane-run\n"
    assert (told["command"], told["effect"], told["target"]) == ("pane-run", "write", "pane")
    assert told["arguments"]["positional"][:2] == ["session", "pane"]
    Validator(told["result"]).validate(envelope(registry.load("pane-run")))
    every = box.bridge("schema", front=front).ok()
    assert [found["command"] for found in every["schemas"]] == list(registry.names())


def test_an_unknown_command_has_no_schema(box):
    refused = box.bridge("schema", "pane-rum")
    assert (refused.status, refused.code) == (1, "ERR_UNKNOWN_COMMAND")
    assert "pane-run" in refused.json["error"]["hint"]


def test_real_answers_fit_and_a_changed_one_does_not(box):
    box.session()
    calls = [("session-list",), ("pane-list-json", "dev"), ("pane-list-detailed", "dev"), ("pane-count", "none")]
    for words in calls:
        done = box.bridge(*words)
        check = Validator(schema.result(registry.load(words[0])))
        check.validate(done.json)
        assert not check.is_valid(done.json | {"output": 5})
