"""Text that is typed, and its echo."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core import typedtext
from bridge.core.echo import EchoFilter, EditorReader
from bridge.core.marks import BEGINS
from bridge.core.text import LineReader
from bridge.core.typedtext import check_text, remember
from bridge.errors import BridgeError

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)
TYPEABLE = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\t"), max_size=20)


def refusal(text: str, **options) -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        check_text(text, **({"raw": False, "canonical": None} | options))
    return caught.value


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("ls", ["ls"]),
        ("ls\n", ["ls"]),
        ("ls\n\n", ["ls", ""]),
        ("a\nb", ["a", "b"]),
        ("", [""]),
        ("\n", [""]),
        ("a\tb", ["a\tb"]),
        (" a ", [" a "]),
        ("日本; `x` \"$y\" '!' #", ["日本; `x` \"$y\" '!' #"]),
    ],
)
def test_text_is_typed_line_by_line(text, lines):
    assert check_text(text, raw=False, canonical=None) == lines


@pytest.mark.parametrize("char", ["\x00", "\x01", "\x03", "\x1b", "\r", "\b", "\x0b", "\x7f", "\x80", "\x9b", "\x9f"])
def test_a_control_character_is_refused_unless_raw(char):
    problem = refusal(f"a{char}b")
    assert problem.code == "ERR_CONTROL_CHARACTERS"
    assert f"U+{ord(char):04X}" in problem.message
    assert check_text(f"a{char}b", raw=True, canonical=None) == [f"a{char}b"]


@BOUNDED
@given(st.lists(TYPEABLE, min_size=1, max_size=4))
def test_lines_without_control_characters_are_typed_as_they_are(lines):
    text = "\n".join(lines)
    assert check_text(text + "\n", raw=False, canonical=True) == lines


def test_the_largest_text_is_a_million_bytes():
    assert len(check_text("x" * typedtext.LARGEST, raw=False, canonical=False)[0]) == typedtext.LARGEST
    assert refusal("x" * (typedtext.LARGEST + 1)).code == "ERR_TOO_LARGE"
    assert refusal("é" * (typedtext.LARGEST // 2 + 1), raw=True).code == "ERR_TOO_LARGE"


@pytest.mark.parametrize("line", ["x" * 4096, "é" * 2048, "ok\n" + "x" * 4096])
def test_a_long_line_is_refused_where_the_terminal_reads_whole_lines(line):
    problem = refusal(line, canonical=True)
    assert problem.code == "ERR_TOO_LARGE"
    assert "4095" in problem.message
    assert check_text(line, raw=False, canonical=False) == line.split("\n")
    assert check_text(line, raw=False, canonical=None) == line.split("\n")


def test_a_line_that_just_fits_is_taken():
    assert check_text("x" * 4095, raw=False, canonical=True) == ["x" * 4095]


def test_the_newest_lines_are_remembered_with_the_first_ones_column():
    assert remember([(0, "old")], ["a", "", "b"], 2) == [(0, "old"), (2, "a"), (-1, "b")]
    many = remember([], [str(number) for number in range(30)], 0)
    assert [text for _, text in many] == [str(number) for number in range(10, 30)]


def test_of_a_long_line_the_end_is_remembered():
    assert remember([], ["x" * 3000 + "end"], -1) == [(-1, "x" * 1997 + "end")]


# --- the echo ---


@pytest.mark.parametrize("prompt", ["$ ", "user@host:~$ ", "", "% ", "[12:00] > "])
def test_a_line_behind_its_prompt_is_an_echo(prompt):
    assert EchoFilter([(len(prompt), "make")]).output([f"{prompt}make", "made"]) == ["made"]


def test_blanks_at_the_end_of_the_screen_line_do_not_matter():
    assert EchoFilter([(2, "make  ")]).output(["$ make", "$ make    "]) == ["$ make    "]


def test_a_prompt_of_wide_characters_has_fewer_characters_than_columns():
    assert EchoFilter([(7, "ls")]).output(["日本 $ ls"]) == []
    assert EchoFilter([(10, "ls")]).output(["日本日本日ls"]) == []


@pytest.mark.parametrize("line", ["make", "xmake", "a much longer line with make", "$ maker", "$ Make"])
def test_text_at_another_column_is_output(line):
    assert EchoFilter([(4, "make")]).output([line]) == [line]


def test_wrapped_lines_are_compared_joined():
    command = "echo " + "word " * 40 + "end"
    assert EchoFilter([(2, command)]).output([f"$ {command}", "word"]) == ["word"]


def test_the_echo_of_a_long_line_is_an_echo():
    command = "echo " + "x" * 3000
    assert EchoFilter(remember([], [command], 2)).output([f"$ {command}"]) == []


def test_a_line_has_one_echo():
    assert EchoFilter([(2, "make")]).output(["$ make", "$ make"]) == ["$ make"]


def test_a_line_typed_twice_has_two_echoes():
    assert EchoFilter([(2, "make"), (2, "make")]).output(["$ make", "$ make", "$ make"]) == ["$ make"]


def test_a_line_typed_ahead_has_the_terminals_echo_and_the_editors():
    assert EchoFilter([(-1, "make")]).output(["make", "$ make", "make"]) == ["make"]


def test_a_program_that_prints_the_typed_text_is_heard():
    echo = EchoFilter([(2, "echo ready")])
    assert echo.output(["$ echo ready", "ready"]) == ["ready"]
    assert EchoFilter([(2, "cat")]).output(["cat", "$ cat", "cat"]) == ["cat", "cat"]


def test_looking_ahead_counts_nothing():
    echo = EchoFilter([(2, "make")])
    assert echo.output(["$ make"], peek=True) == []
    assert echo.output(["$ make", "$ make"]) == ["$ make"]


def test_what_was_typed_since_is_learned_once():
    echo = EchoFilter([(2, "a")])
    assert echo.output(["$ a"]) == []
    echo.update([(2, "a"), (2, "b")])
    echo.update([(2, "a"), (2, "b")])
    assert echo.output(["$ a", "$ b", "$ b"]) == ["$ a", "$ b"]


def test_a_list_that_lost_its_oldest_line_continues_the_known_one():
    lines = [(2, str(number)) for number in range(20)]
    echo = EchoFilter(lines)
    assert echo.output([f"$ {number}" for number in range(20)]) == []
    echo.update([*lines[1:], (2, "new")])
    assert echo.output(["$ 5", "$ new"]) == ["$ 5"]


@BOUNDED
@given(
    st.lists(st.text("ab $", max_size=4), max_size=6),
    st.lists(st.tuples(st.integers(-1, 4), st.text("ab", min_size=1, max_size=3)), max_size=4),
)
def test_the_filter_only_takes_away(lines, typed):
    left = EchoFilter(typed).output(lines)
    rest = iter(lines)
    assert all(line in rest for line in left)
    assert len(lines) - len(left) <= sum(1 if column >= 0 else 2 for column, _ in typed)
    assert EchoFilter([]).output(lines) == lines


def test_output_that_only_ends_like_a_later_line_is_output():
    seen = EchoFilter(remember([], ["for i in 1; do", 'echo all d""one', "done"], 2))
    echo = ["$ for i in 1; do", '> echo all d""one', "> done"]
    assert seen.output([*echo, "all done", "done"]) == ["all done", "done"]


def test_a_line_that_was_typed_ahead_has_two_echoes_and_no_third():
    seen = EchoFilter(remember([], ["cat <<X", "HIT one", "X"], 2))
    lines = ["$ cat <<X", "HIT one", "X", "> HIT one", "> X", "HIT one"]
    assert seen.output(lines) == ["HIT one"]


def test_a_word_is_not_taken_for_a_prompt():
    assert EchoFilter([(-1, "y")]).output(["the server is ready"]) == ["the server is ready"]


def test_what_a_program_gives_back_is_output():
    assert EchoFilter([(-1, "hello")]).output(["hello", "hello"]) == ["hello"]


def test_a_wrapped_line_that_is_drawn_anew_is_an_echo():
    text = ": HIT " + "a" * 70
    for drawn in (f"{text}    ", text[:60]):
        assert EchoFilter([(20, text)]).output([f"{'$ ':>20}{drawn}{text}"]) == []
    assert EchoFilter([(20, text)]).output([f"{'$ ':>20}other{text}"]) != []


def test_an_echo_behind_blanks():
    assert EchoFilter(remember([], ["if true", "ls", "end"], 2)).output(["> if true", "      ls", "  end", "ls"]) == [
        "ls"
    ]
    assert EchoFilter([(4, "ls")]).output(["me> ls", "    ls", "    ls", "ls"]) == ["    ls", "ls"]


@pytest.mark.parametrize("behind", ["   [right]", " 12:00:01", ""])
def test_what_stands_apart_behind_the_text_is_a_right_prompt(behind):
    assert EchoFilter([(2, "make")]).output([f"$ make{behind}", "$ make"]) == ["$ make"]
    assert EchoFilter([(2, "make")]).output([f"$ maker{behind}"]) != []


BASH = b"\x1b[?2004h$ %s\r\n\x1b[?2004l\r" + BEGINS
ZSH = b"%% \x1b[?2004h%s\x1b[?2004l\r\r\n" + BEGINS
PLAIN = b"$ %s\r\n" + BEGINS


@pytest.mark.parametrize("editor", [BASH, ZSH, BASH.removesuffix(BEGINS), ZSH.removesuffix(BEGINS), PLAIN])
@pytest.mark.parametrize("shown", ["make", "<U+1FAE0> m~", "make   12:01", "ma…"])
@pytest.mark.parametrize("size", [1000, 1])
def test_what_an_editor_had_when_it_was_left_is_the_echo_whatever_it_looks_like(editor, shown, size):
    if size == 1 and (shown in ("<U+1FAE0> m~", "ma…") and editor is not ZSH):
        pytest.skip("where the newline comes first, alone, the line is judged by what it holds")
    data = editor % shown.encode() + b"$ make\r\nmake\r\n\r\nend\r\n"
    reader, lines = EditorReader(LineReader(80, 24)), []
    for at in range(0, len(data), size):
        lines += reader.feed(data[at : at + size])
    assert EchoFilter([(2, "make")]).output(lines) == ["$ make", "make", "", "end"]


def test_the_time_for_a_line_does_not_grow_with_what_was_typed():
    echo, typed = EchoFilter([]), []
    for number in range(5000):
        typed = remember(typed, [f"echo {number}"], 2)
        echo.update(typed)
    assert len(echo._known) <= 40
    assert echo.output(["$ echo 4999", "$ echo 4999", "$ echo 3"]) == ["$ echo 4999", "$ echo 3"]
