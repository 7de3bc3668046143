"""The Click front's encoder writes the same bytes as the envelope's own, with and without orjson."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import envelope
from bridge.cli import encoding

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)
TEXT = st.text(max_size=8) | st.binary(max_size=4).map(lambda data: data.decode("utf-8", "surrogateescape"))
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(-9999, 9999).map(lambda number: round(number, 3))
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def without_library(value: object) -> str:
    """`encode` as it runs where the wheel does not fit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "orjson", None)
        return encoding.encode(value)


def test_the_library_is_there():
    assert encoding.orjson is not None


@BOUNDED
@given(VALUES)
def test_both_encoders_write_the_same(value):
    repaired = json.loads(envelope.compact(value))  # keys that become equal by repair are one key
    assert encoding.encode(repaired) == envelope.compact(repaired)


@BOUNDED
@given(VALUES)
def test_without_the_library_they_write_the_same(value):
    repaired = json.loads(envelope.compact(value))
    assert without_library(repaired) == envelope.compact(repaired)


@BOUNDED
@given(TEXT)
def test_text_that_was_not_utf8_is_repaired_alike(text):
    assert encoding.encode(text) == without_library(text) == envelope.quote(text)


@pytest.mark.parametrize("value", [2**53, 2**64 - 1, -(2**63), 0.1, -0.0, 1.5, 123456.789, True, None, "\x7f\u2028"])
def test_plain_values_are_written_alike(value):
    assert encoding.encode(value) == without_library(value) == envelope.compact(value)


@pytest.mark.parametrize("value", [1e16, 1e-7, 1.5e300])
def test_numbers_with_an_exponent_are_written_alike(value):
    assert encoding.encode(value) == envelope.compact(value)


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**30])
def test_long_integers_are_written_alike(value):
    assert encoding.encode(value) == envelope.compact(value)


def test_nested_values_are_written_alike():
    value: object = []
    for _ in range(300):
        value = [value]
    assert encoding.encode(value) == envelope.compact(value)


def test_numbers_and_nesting_need_no_library():
    value: object = [1e16, 1e-7, 10**30]
    for _ in range(200):
        value = [value]
    assert without_library(value) == envelope.compact(value)
