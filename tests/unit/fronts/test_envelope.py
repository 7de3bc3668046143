"""The envelope's shape and its JSON text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import envelope
from bridge.core import jsontext
from bridge.errors import BridgeError

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
CONTROLS = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}  # DEL as jq does, C1 for terminals' sake
WHEN = "2026-01-01T10:30:00Z"


@BOUNDED
@given(st.text())
def test_a_string_is_what_json_writes_with_delete_escaped(text):
    assert envelope.quote(text) == json.dumps(text, ensure_ascii=False).translate(CONTROLS)


@BOUNDED
@given(st.binary(max_size=30))
def test_bytes_that_are_not_utf8_become_replacement_characters(data):
    text = data.decode("utf-8", "surrogateescape")
    assert json.loads(envelope.quote(text)) == data.decode("utf-8", "replace")


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udbff\udc00x"])
def test_a_lone_surrogate_can_be_written(text):
    json.loads(envelope.quote(text)).encode()


@BOUNDED
@given(VALUES)
def test_compact_is_what_json_writes_without_blanks(value):
    expected = json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(CONTROLS)
    assert envelope.compact(value) == expected


@pytest.mark.parametrize("text", ["1e400", "-1e400", '{"limit":[1e999]}'])
def test_every_text_that_is_read_can_be_written_and_read_again(text):
    jsontext.loads(envelope.compact(jsontext.loads(text)))


def test_compact_takes_tuples_and_refuses_what_is_not_json():
    assert envelope.compact((1, ("a",))) == '[1,["a"]]'
    with pytest.raises(TypeError, match="set"):
        envelope.compact({1})


def test_a_success_has_the_six_keys_in_order_and_then_its_own():
    answer = envelope.success("pane-exec", "dev", "0", "Command: ls\n", WHEN, {"pane": "%0"})
    assert list(answer) == ["status", "command", "session", "pane_id", "output", "timestamp", "pane"]
    assert answer["status"] == "success"


def test_a_failure_ends_in_its_error():
    problem = BridgeError("ERR_BUSY", "input is off", hint="turn it on", output="busy", fields={"pane": "%1"})
    answer = envelope.failure("pane-exec", "dev", "0", problem, WHEN)
    assert list(answer) == [*envelope.KEYS, "pane", "error"]
    assert answer["output"] == "busy\n"
    assert answer["error"] == {
        "code": "ERR_BUSY",
        "message": "input is off",
        "hint": "turn it on",
        "retryable": True,
    }


@pytest.mark.parametrize(("text", "expected"), [("a", "a\n"), ("a\n\n\n", "a\n"), ("", "\n"), ("a\n\nb", "a\n\nb\n")])
def test_output_ends_in_exactly_one_newline(text, expected):
    assert envelope.line(text) == expected


def test_pretty_is_what_the_script_printed():
    answer = envelope.success("pane-exec", "dev", "0", "Command: ls\n", WHEN)
    assert envelope.dumps(answer) == (
        '{\n  "status": "success",\n  "command": "pane-exec",\n  "session": "dev",\n  "pane_id": "0",\n'
        '  "output": "Command: ls\\n",\n  "timestamp": "2026-01-01T10:30:00Z"\n}\n'
    )


def test_compact_style_is_one_line():
    text = envelope.dumps(envelope.success("x", "", "", "a\nb\n", WHEN), style="compact")
    assert text.count("\n") == 1
    assert text.endswith("}\n")


def test_c1_controls_are_escaped_but_in_the_script_s_form():
    answer = envelope.success("x", "", "", "a\x9bb\n", WHEN, {"list": [{"k\x85": "\x9b"}]})
    for style in ("pretty", "compact"):
        assert not set(envelope.dumps(answer, style=style)) & set(map(chr, range(0x80, 0xA0)))
    assert '"output": "a\x9bb\\n"' in envelope.dumps(answer, style="legacy")


def test_the_legacy_style_has_the_six_keys_alone():
    answer = envelope.success("x", "", "", "a\n", WHEN, {"more": 1})
    assert tuple(json.loads(envelope.dumps(answer, style="legacy"))) == envelope.KEYS


@BOUNDED
@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), st.sampled_from(["pretty", "compact"]))
def test_every_style_holds_the_same_values(fields, style):
    answer = envelope.success("x", "s", "0", "out\n", WHEN, fields)
    assert json.loads(envelope.dumps(answer, style=style)) == answer


def test_entries_of_a_list_stand_on_lines_of_their_own_and_deeper_values_are_compact():
    answer = envelope.success("x", "", "", [{"pane_id": 0, "metadata": {"a": [1, 2]}}, "b"], WHEN)
    assert '  "output": [\n    {\n      "pane_id": 0,\n      "metadata": {"a":[1,2]}\n    },\n    "b"\n  ],' in (
        envelope.dumps(answer)
    )


def test_empty_lists_and_objects_stay_on_one_line():
    text = envelope.dumps(envelope.success("x", "", "", [], WHEN, {"fields": {}}))
    assert '"output": []' in text
    assert '"fields": {}' in text
