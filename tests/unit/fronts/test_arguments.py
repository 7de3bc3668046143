"""Words of a call to values, by the row of the command."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import registry
from bridge.core import arguments
from bridge.core.arguments import take_globals
from bridge.errors import BridgeError
from bridge.spec import Arg, Command, Result

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)
WORDS = st.one_of(
    st.sampled_from(
        ["--", "--raw", "--size", "--size=1", "--other", "-", "-n", "", "dev", "0", "12", "1.5", "\0", "£"]
    ),
    st.text(max_size=6),
)

SESSION = Arg("session", "the session", "session", required=True)
PANE = Arg("pane", "the pane", "pane", required=True)
TEXT = Arg("command", "the text", required=True)
LINES = Arg("lines", "how many", "integer", default=20)
TIMEOUT = Arg("timeout", "how long", "seconds", required=True)
PATTERN = Arg("pattern", "the pattern", "pattern", required=True)
RAW = Arg("raw", "as it is", "flag", positional=False)
SIZE = Arg("size", "columns x rows", positional=False)
LIMIT = Arg("limit", "the most", "integer", positional=False)


def row(*args: Arg) -> Command:
    return Command("do", "Do it.", lambda ctx, params: Result(""), effect="read", target="none", output="", args=args)


TYPING = row(SESSION, PANE, TEXT, RAW, SIZE)
SHOWING = row(SESSION, LINES, RAW, SIZE, LIMIT)


def parse(command: Command, *words: str, script: bool = False) -> dict[str, object]:
    return arguments.parse(command, list(words), script=script)


def refusal(command: Command, *words: str, script: bool = False) -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        parse(command, *words, script=script)
    assert caught.value.code == "ERR_USAGE"
    return caught.value


def test_every_argument_of_the_row_has_a_value():
    assert parse(SHOWING, "dev") == {"session": "dev", "lines": 20, "raw": None, "size": None, "limit": None}


@pytest.mark.parametrize(
    "words",
    [
        ("--raw", "--size", "1x2", "dev", "0", "ls"),
        ("dev", "--raw", "0", "--size=1x2", "ls"),
        ("dev", "0", "ls", "--size", "1x2", "--raw"),
        ("--size", "9x9", "dev", "0", "--size", "1x2", "ls", "--raw"),
    ],
)
def test_options_stand_anywhere_and_the_last_one_counts(words):
    values = parse(TYPING, *words)
    assert values == {"session": "dev", "pane": "0", "command": "ls", "raw": True, "size": "1x2"}


def test_behind_two_dashes_every_word_is_an_argument():
    values = parse(TYPING, "dev", "0", "--", "--raw")
    assert (values["command"], values["raw"]) == ("--raw", None)
    assert parse(TYPING, "--", "--size", "0", "--")["command"] == "--"


def test_the_value_of_an_option_may_begin_with_dashes():
    assert parse(TYPING, "--size", "--raw", "dev", "0", "ls") == parse(TYPING, "--size=--raw", "dev", "0", "ls")


def test_only_the_first_equals_sign_separates():
    assert parse(TYPING, "dev", "0", "ls", "--size=a=b")["size"] == "a=b"
    assert parse(TYPING, "dev", "0", "ls", "--size=")["size"] == ""


@pytest.mark.parametrize("text", ["-n", "-", "--verbose", "--size2", "--raw2=x", "", " ", "-L", "a --raw"])
def test_text_may_begin_with_dashes(text):
    assert parse(TYPING, "dev", "0", text)["command"] == text


@pytest.mark.parametrize("pattern", ["-e", "--ERROR", "--- FAIL", "-1"])
def test_a_pattern_may_begin_with_dashes(pattern):
    assert parse(row(SESSION, PATTERN), "dev", pattern)["pattern"] == pattern


@pytest.mark.parametrize("words", [("--other", "0", "ls"), ("dev", "--other", "ls"), ("dev", "0", "ls", "--other")])
def test_an_unknown_option_is_named_where_no_text_is_expected(words):
    problem = refusal(TYPING, *words)
    assert "'--other'" in problem.message
    assert "usage: bridge do SESSION PANE COMMAND [--raw] [--size SIZE]" in str(problem.hint)


@pytest.mark.parametrize("word", ["-", "-1", "-dev"])
def test_one_dash_begins_no_option(word):
    assert parse(TYPING, word, "0", "ls")["session"] == word


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dev", "0", "ls", "--size"), "--size: needs a value"),
        (("dev", "0", "ls", "--raw=yes"), "--raw: takes no value: 'yes'"),
        (("dev", "0", "ls", "--raw="), "--raw: takes no value: ''"),
        (("dev", "0", "ls", "more"), "unexpected argument: 'more'"),
        (("dev", "0", "a\0b"), "command: holds a NUL byte"),
        ((), "missing argument: SESSION"),
        (("dev",), "missing argument: PANE"),
        (("dev", "0", "--raw"), "missing argument: COMMAND"),
        (("--",), "missing argument: SESSION"),
    ],
)
def test_what_is_wrong_is_named(words, told):
    assert told in refusal(TYPING, *words).message


def test_a_missing_argument_shows_the_usage_as_a_human_line():
    logs = refusal(TYPING, "dev").logs
    assert logs[0] == ("error", "Missing arguments")
    assert logs[1] == ("usage", "usage: bridge do SESSION PANE COMMAND [--raw] [--size SIZE]")
    assert refusal(SHOWING).logs[0] == ("error", "Missing session name")


@pytest.mark.parametrize("word", ["0", "7", "007", str(2**31 - 1)])
def test_whole_numbers_are_digits(word):
    assert parse(SHOWING, "dev", word)["lines"] == int(word)
    assert parse(SHOWING, "dev", "--limit", word)["limit"] == int(word)


@pytest.mark.parametrize("word", ["-1", "1.5", "x", " 1", "1 ", "+1", "²", "٣", "0x10", "1e3", "1_000", str(2**31)])
def test_another_whole_number_is_refused_by_name(word):
    assert refusal(SHOWING, "dev", word).message.startswith("lines: ")
    assert repr(word) in refusal(SHOWING, "dev", word).message
    assert refusal(SHOWING, "dev", f"--limit={word}").message.startswith("limit: ")


def test_a_number_of_very_many_digits_is_refused_like_any_other():
    refusal(SHOWING, "dev", "9" * 5000)


@pytest.mark.parametrize(("word", "value"), [("0", 0.0), ("10", 10.0), ("1.5", 1.5), (".5", 0.5), ("2.", 2.0)])
def test_seconds_may_have_a_fraction(word, value):
    assert parse(row(SESSION, TIMEOUT), "dev", word)["timeout"] == value


@pytest.mark.parametrize("word", ["", ".", "-1", "1.2.3", "inf", "nan", "1e3", "5s", " 5", "٣", "9" * 13])
def test_other_seconds_are_refused_by_name(word):
    assert refusal(row(SESSION, TIMEOUT), "dev", word).message.startswith("timeout: ")


def test_an_optional_argument_that_is_empty_means_its_default():
    assert parse(SHOWING, "dev", "")["lines"] == 20
    assert parse(SHOWING, "", "3") == parse(SHOWING, "--", "", "3")


def test_a_choice_is_one_of_its_words():
    command = row(Arg("kind", "which", "choice", choices=("a", "b"), required=True))
    assert parse(command, "b") == {"kind": "b"}
    problem = refusal(command, "c")
    assert "'c'" in problem.message
    assert problem.hint == "one of a, b"


@pytest.mark.parametrize(
    ("words", "text"),
    [(("dev", "0", "--raw"), "--raw"), (("dev", "0", "--"), "--"), (("dev", "0", "--size=1"), "--size=1")],
)
def test_the_scripts_form_takes_positions_alone(words, text):
    values = parse(TYPING, *words, script=True)
    assert values == {"session": "dev", "pane": "0", "command": text, "raw": None, "size": None}


def test_the_scripts_form_passes_over_superfluous_words():
    assert parse(SHOWING, "dev", "5", "more", "--raw", script=True)["lines"] == 5


def test_the_scripts_form_names_bad_values_too():
    assert refusal(SHOWING, "dev", "many", script=True).message.startswith("lines: ")
    assert refusal(TYPING, "dev", script=True).message == "missing argument: PANE"


@BOUNDED
@given(st.lists(WORDS, max_size=7), st.booleans(), st.sampled_from([TYPING, SHOWING, row(SESSION, TIMEOUT), row()]))
def test_any_words_give_values_or_a_usage_error(words, script, command):
    code, values = "", {}
    try:
        values = arguments.parse(command, words, script=script)
    except BridgeError as problem:
        code = problem.code
    assert (list(values) == [arg.name for arg in command.args]) if not code else code == "ERR_USAGE"


@BOUNDED
@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_any_text_is_taken_as_it_is_behind_two_dashes(text):
    assert parse(TYPING, "dev", "0", "--", text)["command"] == text
    assert parse(TYPING, "dev", "0", text, script=True)["command"] == text


def test_the_last_argument_may_take_many_words():
    from bridge.core.arguments import parse, usage_line
    from bridge.registry import load

    row = load("pane-send-keys")
    assert usage_line(row).startswith("usage: bridge pane-send-keys SESSION PANE KEYS… ")
    assert parse(row, ["s", "0", "a", "--literal", "--x", "", "--", "--literal"]) == {
        "session": "s",
        "pane": "0",
        "keys": ("a", "--x", "", "--literal"),
        "literal": True,
    }
    with pytest.raises(BridgeError, match="missing argument: KEYS"):
        parse(row, ["s", "0"])
    with pytest.raises(BridgeError, match="missing argument: PANE"):
        parse(row, ["s"])
    assert parse(load("pane-respawn"), ["s", "0"])["command"] == ()


def test_an_option_of_every_call_is_never_taken_for_the_name_of_something():
    for row in registry.load_all():
        places = [arg for arg in row.args if arg.positional]
        for at, arg in enumerate(places):
            if arg.type in ("text", "pattern"):
                break  # a text takes what comes
            found, rest = take_globals(row, [*["x"] * at, "--table"])
            assert (found, rest) == (["--table"], ["x"] * at), (row.name, arg.name)
    (row,) = [row for row in registry.load_all() if row.name == "session-snapshots"]
    assert take_globals(row, ["--table"]) == (["--table"], [])
