"""Names that sessions may have, and the names of their files."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bridge.core import names
from bridge.errors import BridgeError

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)
# Any bytes that a program can be given, as Python sees them.
ANY = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=300),
    st.text("aé日/.%: A1", min_size=1, max_size=12),
    st.binary(min_size=1, max_size=12)
    .filter(lambda data: b"\0" not in data)
    .map(lambda data: data.decode("utf-8", "surrogateescape")),
)


def reason(name: str) -> str:
    with pytest.raises(BridgeError) as caught:
        names.check_session_name(name)
    assert caught.value.code == "ERR_BAD_NAME"
    return f"{caught.value.message} | {caught.value.hint}"


@pytest.mark.parametrize(
    "name", ["dev", "a", "0", "my app", "日本", "été", "a-b_c", "x" * 64, "1st", "é" * 64, "Дом 2", "a  b"]
)
def test_names_within_the_grammar_are_taken(name):
    names.check_session_name(name)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "empty"),
        ("x" * 65, "65"),
        ("-x", "'-'"),
        ("_x", "'_'"),
        (" x", "' '"),
        ("x ", "blank"),
        ("my.app", "use my_app"),
        ("a:b", "':'"),
        ("a/b", "use a_b"),
        ("..", "use letters"),
        ("a\nb", "'\\n'"),
        ("a#b", "'#'"),
        ("%1", "use 1"),
        ("e\u0301te", "use \u00e9te"),
    ],
)
def test_other_names_are_refused_with_the_reason_or_a_better_one(name, told):
    assert told in reason(name)


@BOUNDED
@given(ANY)
def test_a_suggested_name_is_within_the_grammar(name):
    hint = ""
    try:
        names.check_session_name(name)
    except BridgeError as problem:
        hint = str(problem.hint)
    assert hint == "" or hint.startswith("use ")
    if hint and not hint.startswith("use letters"):
        names.check_session_name(hint.removeprefix("use "))


@BOUNDED
@given(ANY)
def test_a_taken_name_is_composed_and_short(name):
    try:
        names.check_session_name(name)
    except BridgeError:
        return
    assert 1 <= len(name) <= 64
    assert unicodedata.is_normalized("NFC", name)
    assert names.file_name(name) == name or len(name.encode()) > 180


@BOUNDED
@given(ANY)
def test_a_file_name_is_one_component_that_fits(name):
    file = names.file_name(name) + ".state"
    assert "/" not in file
    assert "\0" not in file
    assert file.removesuffix(".state") not in ("", ".", "..")
    assert len(file.encode("utf-8", "surrogateescape")) <= 255
    assert all(char.isprintable() for char in file)


@BOUNDED
@given(ANY, ANY)
def test_different_names_have_different_files(one, other):
    assume(one != other)
    assert names.file_name(one) != names.file_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("a.b", "a_b"),
        ("é", "e\u0301"),
        ("\udce9", "é"),
        ("Dev", "dev"),
        ("x" * 300, "x" * 301),
        ("日" * 100, "日" * 101),
    ],
)
def test_similar_names_have_different_files(one, other):
    assert names.file_name(one) != names.file_name(other)


def test_no_short_name_has_the_file_of_a_long_one():
    long = next(
        name
        for name in (f"{number:0200d}" for number in range(10_000))
        if hashlib.sha256(name.encode()).hexdigest()[:2] == "21"
    )
    text = names.file_name(long)
    short = text.replace("%21", "!")
    assert short != long
    assert names.file_name(short) != text


@pytest.mark.parametrize(
    ("name", "file"), [(".", "%2E"), ("..", "%2E%2E"), ("a/b", "a%2Fb"), ("my app", "my app"), ("50%", "50%25")]
)
def test_file_names_are_readable(name, file):
    assert names.file_name(name) == file
