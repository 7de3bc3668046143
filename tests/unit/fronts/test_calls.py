"""Calls with named arguments, as words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import registry
from bridge.core.arguments import parse
from bridge.core.calls import unknown_command, words_for, words_of
from bridge.errors import BridgeError

RUN = registry.load("pane-run")
CAPTURE = registry.load("pane-capture")


def test_names_become_places_and_options():
    words = words_for(RUN, {"session": "dev", "pane": 0, "command": "make", "timeout": 60.0, "background": True})
    assert parse(RUN, words)["timeout"] == 60.0
    assert parse(RUN, words)["background"] is True
    assert (parse(RUN, words)["pane"], parse(RUN, words)["command"]) == ("0", "make")


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_text_arrives_as_it_is(text):
    values = parse(RUN, words_for(RUN, {"session": "dev", "pane": "0", "command": text, "timeout": 5}))
    assert (values["command"], values["timeout"]) == (text, 5.0)


def test_what_is_left_out_is_the_default():
    assert words_for(CAPTURE, {"session": "dev", "pane": "0", "lines": None}) == ["dev", "0"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"session": "dev", "pain": "0"}, "pain"),
        ({"session": "dev", "command": "x"}, "missing argument: pane"),
        ({"session": ["dev"], "pane": "0", "command": "x"}, "session"),
        ({"session": "dev", "pane": True, "command": "x"}, "pane"),
        ({"session": "dev", "pane": "0", "command": "x", "background": "yes"}, "background"),
        ({"session": "dev", "pane": "0", "command": "\ud800"}, "command"),
        ({"session": "dev", "pane": "0", "command": "x", "timeout": float("nan")}, "timeout"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_by_name(values, told):
    with pytest.raises(BridgeError) as caught:
        words_for(RUN, values)
    assert caught.value.code == "ERR_USAGE"
    assert told in caught.value.message


@pytest.mark.parametrize("value", [[], "pane-count dev", [["x"]], [None], {}], ids=str)
def test_a_list_of_words_holds_words(value):
    with pytest.raises(BridgeError):
        words_of(value)


def test_a_word_alike_is_named():
    assert "pane-count" in str(unknown_command("pane-cuont", registry.names()).hint)
    assert "help" in str(unknown_command("zzzz", registry.names()).hint)
