"""Small JSON texts read without the json package."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core import jsontext
from bridge.envelope import compact

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
NEAR_JSON = st.lists(
    st.sampled_from([*'[]{},:"\\ \n01-.eE', "true", "false", "null", "NaN", "Infinity", '"a"', "\\u00e9", "1.5"]),
    max_size=12,
).map("".join)


@BOUNDED
@given(VALUES)
def test_what_was_written_is_read_back(value):
    assert jsontext.loads(compact(value)) == value
    assert jsontext.loads(json.dumps(value, indent=2)) == value


@settings(BOUNDED, max_examples=60)
@given(NEAR_JSON)
def test_exactly_what_the_standard_library_reads_is_read(text):
    def refuse(name):
        raise ValueError(name)

    try:
        expected = json.loads(text, parse_constant=refuse)
    except ValueError:
        with pytest.raises(ValueError, match=r".*"):
            jsontext.loads(text)
    else:
        assert jsontext.loads(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "nul", "{", '{"a"}', "[1,]", '"a\nb"', "NaN", "-Infinity", "1 2", "{}x", "'a'", "\ufeff{}", "[" * 5000],
)
def test_anything_else_is_a_value_error(text):
    with pytest.raises(ValueError, match=r".*"):
        jsontext.loads(text)


@pytest.mark.parametrize("text", ["[]", '"a"', "1", "null", "not json"])
def test_an_object_must_be_an_object(text):
    with pytest.raises(ValueError, match=r".*"):
        jsontext.loads_object(text)


def test_an_object_keeps_its_order_and_its_last_duplicate():
    assert list(jsontext.loads_object(' {"b": 1, "a": 2, "b": 3}\n').items()) == [("b", 3), ("a", 2)]
