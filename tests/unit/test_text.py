"""Bytes of a terminal as the text that a person would read."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.core.text import LineReader

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)
# Pieces of what programs print; the column stays in the line, so no cursor movement among them.
PIECE = st.one_of(
    st.sampled_from(
        [
            *(b"a", b"word ", b"\t", b"\n", b"\r\n", b"\r", b"\b", b"\x00", b"\x07", b"\x7f", b"\x0e"),
            *(b"\x1b[31m", b"\x1b[0m", b"\x1b[K", b"\x1b[?2004h", b"\x1b[1;2;3m", b"\x1b(B", b"\x1b=", b"\x1bM"),
            *(
                b"\x1b]0;title\x07",
                b"\x1b]8;;http://x\x1b\\",
                b"\x1bPq#0\x1b\\",
                b"\x1b_x\x1b\\",
                b"\x1b[2D",
                b"\x1b[P",
            ),
            *("é".encode(), "日本".encode(), "🎈".encode(), b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f"),
        ]
    ),
    st.binary(max_size=3).filter(lambda data: b"\x1b" not in data and not data.startswith(b"[")),
)
STREAM = st.lists(PIECE, max_size=14).map(b"".join)
ANY = st.one_of(STREAM, st.binary(max_size=60))


def read(*pieces: bytes) -> list[str]:
    reader = LineReader()
    return [line for piece in pieces for line in reader.feed(piece)]


def with_rest(*pieces: bytes) -> tuple[list[str], str]:
    reader = LineReader()
    return [line for piece in pieces for line in reader.feed(piece)], reader.peek()


def controls(text: str) -> list[str]:
    return [char for char in text if unicodedata.category(char) == "Cc" and char != "\t"]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(b"plain\tx", "plain\tx", id="plain text and tabs"),
        pytest.param("été 日本 🎈".encode(), "été 日本 🎈", id="UTF-8"),
        pytest.param(b"a\xffb\xc3", "a\ufffdb\ufffd", id="bytes that are not UTF-8"),
        pytest.param(b"10%\r20%\r30%", "30%", id="a progress bar"),
        pytest.param(b"long text\rshort", "shorttext", id="a carriage return erases nothing"),
        pytest.param(b"long text\rshort\x1b[K", "short", id="erase to the end of the line"),
        pytest.param(b"long text\r\x1b[2Kshort", "short", id="erase the whole line"),
        pytest.param(b"abc\x1b[2Kx", "   x", id="the cursor stays where the line is erased"),
        pytest.param(b"abx\bc", "abc", id="backspace"),
        pytest.param(b"\b\bab", "ab", id="backspace at the margin"),
        pytest.param(b"m\bma\ban\bn", "man", id="overstrike"),
        pytest.param(b"abc\x1b[2DX", "aXc", id="cursor left"),
        pytest.param(b"a\x1b[3Cb", "a   b", id="cursor right"),
        pytest.param(b"abc\x1b[GX", "Xbc", id="cursor to the first column"),
        pytest.param(b"abc\x1b[5GX", "abc X", id="cursor to a column"),
        pytest.param(b"abcd\x1b[3D\x1b[2P", "ad", id="delete characters"),
        pytest.param(b"ab\x1b[D\x1b[2@X", "aX b", id="insert characters"),
        pytest.param(b"\x1b[1;31mred\x1b[0m", "red", id="colours"),
        pytest.param(b"\x1b[?2004h$ ls\x1b[?2004l", "$ ls", id="private modes"),
        pytest.param(b"\x1b]0;title\x07text", "text", id="OSC ended by BEL"),
        pytest.param(b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link", id="OSC ended by ST"),
        pytest.param(b"\x1bPq#0;2\x1b\\text\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\", "text", id="the other strings"),
        pytest.param(b"\x1b(Bascii\x1b)0", "ascii", id="character sets"),
        pytest.param(b"\x1b7saved\x1b8\x1b=\x1bc", "saved", id="two byte sequences"),
        pytest.param(b"\x00a\x07b\x0ec\x7fd", "abcd", id="other control bytes"),
    ],
)
def test_a_line_reads_as_on_a_terminal(data, line):
    assert read(data + b"\n") == [line]


def test_windows_newlines_are_newlines():
    assert read(b"a\r\nb\r\r\n\r\nc\n") == ["a", "b", "", "c"]


@pytest.mark.parametrize("text", ["é", "日本", "🎈 ok", "e\u0301", "a\u200bb", "\u202eabc"])
def test_utf8_may_be_cut_at_every_byte(text):
    data = text.encode() + b"\n"
    for at in range(len(data)):
        assert read(data[:at], data[at:]) == [text]
    assert read(*(data[at : at + 1] for at in range(len(data)))) == [text]


@pytest.mark.parametrize(
    "data",
    [
        b"a\x1b[1;31mb\x1b[0m\nc\n",
        b"a\x1b]0;title\x07b\n",
        b"a\x1b]8;;x\x1b\\b\n",
        b"a\x1bPq\x1b\\b\n",
        b"abc\x1b[2DX\r\n",
        b"abc\x1b[2K\rx\n",
        b"long\rab\x1b[K\nnext\n",
        b"ab\x1b[D\x1b[1@X\n",
        b"\x1b(Ba\x1b[?25lb\n",
    ],
)
def test_a_sequence_may_be_cut_at_every_byte(data):
    whole = read(data)
    for at in range(len(data)):
        assert read(data[:at], data[at:]) == whole
    assert read(*(data[at : at + 1] for at in range(len(data)))) == whole


@BOUNDED
@given(STREAM, st.data())
def test_however_a_stream_is_cut_its_lines_are_the_same(stream, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    pieces = [stream[at:end] for at, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert with_rest(*pieces) == with_rest(stream)


@pytest.mark.parametrize("moved", [b"\x1b[5C", b"\x1b[5G", b"abc\x1b[2K", b"ab\x1b[2D\x1b[2P\x1b[4C"])
def test_a_cut_behind_a_cursor_movement_changes_nothing(moved):
    assert read(moved, b"plain\nnext\n") == read(moved + b"plain\nnext\n")


@BOUNDED
@given(ANY)
@example(b"\x1b[31")
@example(b"\x1b]0;never ended")
def test_what_was_read_reads_the_same_again(stream):
    lines = read(stream, b"\n")
    assert read("".join(f"{line}\n" for line in lines).encode()) == lines


@BOUNDED
@given(ANY)
def test_no_control_character_is_left(stream):
    lines, rest = with_rest(stream)
    text = "".join(lines) + rest
    assert [char for char in controls(text) if char < "\x80"] == []
    assert "\n" not in text


@pytest.mark.parametrize("char", ["\x80", "\x9b", "\x9d", "\x9f"])
def test_no_control_character_of_eight_bits_is_left(char):
    assert controls(read(f"a{char}31mb\n".encode())[0]) == []


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        pytest.param(b"a\x1b\nb\n", 2, id="a newline within a sequence is carried out"),
        pytest.param(b"\x1b]0;t\x18text\nmore\n", 2, id="CAN ends a sequence"),
    ],
)
def test_no_newline_is_lost_in_a_broken_sequence(data, lines):
    assert len(read(data)) == lines


def test_an_escape_begins_a_sequence_anew():
    assert read(b"\x1b\x1b[31mred\n") == ["red"]


@pytest.mark.parametrize("start", [b"\x1b]0;", b"\x1bP", b"\x1b[", b"\x1b("])
def test_a_sequence_without_end_is_given_up(start):
    reader = LineReader()
    filler = b"   " * 9 if start == b"\x1b(" else b"111" * 9
    lines = reader.feed(start)
    for _ in range(400):
        lines += reader.feed(filler)
        assert len(reader._pending) < LineReader.LONGEST_SEQUENCE
    lines += reader.feed(b"\nnext\n")
    assert lines[-1] == "next"


def test_a_sequence_without_end_in_one_piece_is_dropped():
    reader = LineReader()
    assert reader.feed(b"a\x1b]0;" + b"x" * 100_000) == []
    assert reader.feed(b"b\n") == ["ab"]


@pytest.mark.parametrize("data", [b"\x1b[9999C" * 20 + b"x", b"\x1b[9999@" * 20])
def test_a_line_is_no_wider_than_a_terminal_and_what_was_printed(data):
    assert len(read(data + b"\n")[0]) <= 10_000 + len(data)


def test_a_line_may_begin_in_the_middle():
    reader = LineReader()
    reader.resume("$ ls", 4)
    assert reader.feed(b" -l\r\nfile\n") == ["$ ls -l", "file"]
    reader.resume("$ ", 5)
    assert reader.feed(b"x\n") == ["$    x"]


def test_peeking_takes_nothing():
    reader = LineReader()
    reader.feed(b"done\npar")
    assert (reader.peek(), reader.peek()) == ("par", "par")
    assert reader.feed(b"tial\n") == ["partial"]


@BOUNDED
@given(STREAM, STREAM)
def test_peeking_changes_nothing(first, second):
    looked, plain = LineReader(), LineReader()
    lines, expected = looked.feed(first), plain.feed(first)
    looked.peek()
    assert lines + looked.feed(second) == expected + plain.feed(second)
