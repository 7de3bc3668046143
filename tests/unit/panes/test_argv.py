"""Words and formats for tmux, against a small reader of tmux's own rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.tmux import argv, rows

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)
TEXT = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
    st.text("a';\\\" #{}$~\n%", max_size=10),
)


def config_words(line: str) -> list[str]:
    """The words of a configuration line (tmux(1) PARSING SYNTAX): quotes, backslashes, blanks; `;` is a word."""
    words: list[str] = []
    word: str | None = None
    at = 0
    while at < len(line):
        char = line[at]
        if char == "'":
            end = line.index("'", at + 1)
            word, at = (word or "") + line[at + 1 : end], end + 1
            continue
        if char == "\\":
            word, at = (word or "") + line[at + 1], at + 2
            continue
        assert char not in '"$~{}#', f"{char!r} outside of quotes means something to tmux"
        if char in " ;":
            if word is not None:
                words.append(word)
            word = None
            if char == ";":
                words.append(";")
        else:
            word = (word or "") + char
        at += 1
    return words if word is None else [*words, word]


def commands_of(words: list[str]) -> list[list[str]]:
    """The commands that tmux takes from the words of a call: a `;` at a word's end separates, `\\;` is a `;`."""
    commands: list[list[str]] = [[]]
    for word in words:
        if word.endswith("\\;"):
            commands[-1].append(word[:-2] + ";")
        elif word.endswith(";"):
            if word[:-1]:
                commands[-1].append(word[:-1])
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


@BOUNDED
@given(TEXT)
def test_quoted_text_is_one_word(text):
    assert config_words(argv.quoted(text)) == [text]


@BOUNDED
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_quoted_words_stay_apart(words):
    assert config_words(" ".join(argv.quoted(word) for word in words)) == words


@BOUNDED
@given(st.lists(TEXT, min_size=1, max_size=3), st.lists(TEXT, min_size=1, max_size=3))
def test_nested_commands_are_read_back(one, other):
    words = config_words(argv.nested(tuple(one), tuple(other)))
    assert words == [*one, ";", *other]


@BOUNDED
@given(st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=3))
def test_commands_of_one_call_stay_apart(commands):
    words = argv.sequence(tuple(tuple(command) for command in commands))
    assert commands_of(words) == commands


def reader_of_formats(text: str) -> str:
    """What tmux makes of a format: `##` is `#`, but before a bracket it stays; a condition gives its value."""
    out = ""
    while text:
        if text.startswith("#{?pid,##,}"):
            out, text = out + "#", text[11:]
        elif text.startswith("#"):
            run = len(text) - len(text.lstrip("#"))
            run -= text[run : run + 1] == "{" and text[run - 1 :].startswith("#{?pid,##,}")
            assert run % 2 == 0
            assert text[run : run + 1] != "["
            out, text = out + "#" * (run // 2), text[run:]
        else:
            out, text = out + text[0], text[1:]
    return out


@BOUNDED
@given(TEXT)
def test_plain_text_is_no_format(text):
    assert reader_of_formats(argv.plain(text)) == text


@BOUNDED
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_a_label_is_read_back(label):
    assert rows.decode_label(argv.encode_label(label)) == label


@BOUNDED
@given(TEXT)
def test_an_encoded_label_is_not_empty_and_has_no_ascii_control_characters(label):
    value = argv.encode_label(label)
    assert value.startswith("=")
    assert all(char >= " " and char != "\x7f" for char in value)


@pytest.mark.parametrize("value", ["", "main", " =x", "\\0a"])
def test_a_value_that_is_not_ours_is_no_label(value):
    assert rows.decode_label(value) is None


def test_an_empty_label_is_a_label():
    assert rows.decode_label(argv.encode_label("")) == ""


def test_a_format_is_framed_field_by_field():
    assert argv.framed(("pane_id", "@x")) == "=#{pane_id},#{n:@x}:#{@x},"


@pytest.mark.parametrize("name", ["dev", "my app", "日本", "a-b_c", "1"])
def test_a_plain_name_is_an_exact_target(name):
    assert argv.list_panes(name) == ("list-panes", "-s", "-F", argv.PANE_FORMAT, "-t", f"={name}:")


@pytest.mark.parametrize("name", ["a.b", "a,b", "a}b", "#(x)", "a:b", "", "$x", "$", "a*", "$٣", "é!"])
def test_any_other_name_never_becomes_part_of_a_format(name):
    assert argv.list_panes(name) == argv.list_panes() == ("list-panes", "-a", "-F", argv.PANE_FORMAT)


def test_a_session_id_is_compared_with_ids_and_names():
    assert argv.list_panes("$3")[-1] == "#{||:#{==:#{session_id},$3},#{==:#{session_name},$3}}"


def test_a_check_and_its_action_are_one_command():
    command = argv.only_if("%1", "#{x}", ("kill-pane", "-t", "%1"))
    assert command[:5] == ("if-shell", "-F", "-t", "%1", "#{x}")
    witness = [";", "display-message", "-p", argv.DONE]
    assert config_words(command[5].replace("%", "")) == ["kill-pane", "-t", "1", *witness]
    assert config_words(command[6]) == ["display-message", "-p", "REFUSED", *witness]
