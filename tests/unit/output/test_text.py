"""Bytes of a terminal as the text that a person would read."""

from __future__ import annotations

import random
import tracemalloc
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from text_oracle import random_stream

from bridge.core import charwidth, sequences
from bridge.core.text import LineReader, join, read_text

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


@pytest.mark.parametrize("text", ["é", "日本", "🎈 ok", "e\u0301", "a\u200bb", "a\u202ebc"])
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
    ("data", "text"),
    [
        pytest.param(b"a\x1b\nb\n", "a\n\n", id="a newline within a sequence is carried out, what follows ends it"),
        pytest.param(b"\x1b]0;t\x18text\nmore\n", "text\nmore\n", id="CAN ends a sequence"),
    ],
)
def test_no_newline_is_lost_in_a_broken_sequence(data, text):
    assert read_text(data) == text


def test_an_escape_begins_a_sequence_anew():
    assert read(b"\x1b\x1b[31mred\n") == ["red"]


@pytest.mark.parametrize("start", [b"\x1b[", b"\x1b("])
def test_a_sequence_without_end_is_carried_on_without_being_kept(start):
    reader = LineReader()
    filler = b"   " * 9 if start == b"\x1b(" else b"111" * 9
    reader.feed(b"a" + start)
    for _ in range(400):
        assert reader.feed(filler) == []
        assert reader.unread < 2 * sequences.LONGEST_SEQUENCE
    assert reader.feed(b"mb\n") == ["ab"]


@pytest.mark.parametrize("kind", [b"]", b"P", b"X", b"^", b"_", b"k"])
@pytest.mark.parametrize("size", [1, 100, 5000, 70_000])
def test_a_string_is_no_text_however_long_it_is(kind, size):
    stream = b"a\x1b" + kind + b"QUJD" * 50_000 + b"\x1b\\b\r\nafter\r\n"
    reader = LineReader(80, 24)
    lines = [line for at in range(0, len(stream), size) for line in reader.feed(stream[at : at + size])]
    assert lines == ["ab", "after"]


def test_a_string_that_nobody_ends_is_given_up_some_time():
    reader = LineReader(80, 24)
    reader.feed(b"\x1bP")
    for _ in range(17):
        reader.feed(b"x" * (1 << 20))
    assert reader.feed(b"\r\nnext\r\n")[-1] == "next"


@pytest.mark.parametrize("final", ["C", "G", "@", "X", "a", "`"])
def test_a_line_is_no_wider_than_the_pane(final):
    reader = LineReader(80, 24)
    lines = reader.feed(f"\x1b[9999{final}a\r\n".encode() * 5000)
    assert max(map(len, lines)) <= 80
    assert len(lines) == 5000


@pytest.mark.parametrize(("number", "size"), [(n, size) for size in ((80, 24), (9, 4), (20, 6)) for n in range(120)])
def test_a_stream_reads_the_same_in_any_pieces(number, size):
    stream = random_stream(number)
    pick = random.Random(number)
    whole = read_text(stream, size)
    for most in (1, 7, 200):
        reader, lines, at = LineReader(*size, late=True), [], 0
        early, given = LineReader(*size), []
        while at < len(stream):
            count = pick.randint(1, most)
            lines += reader.feed(stream[at : at + count])
            given += early.feed(stream[at : at + count])
            at += count
        *rest, last = reader.rest()
        assert join(lines + rest) + last == whole
        assert given == LineReader(*size).feed(stream)


def test_what_a_program_goes_up_and_changes_is_given_out_again():
    reader = LineReader(80, 24)
    assert reader.feed(b"one 10%\r\ntwo 10%\r\n") == ["one 10%", "two 10%"]
    assert reader.feed(b"\x1b[2A\x1b[2Kone 20%\r\n\x1b[2Ktwo 10%\r\n") == ["one 20%"]
    assert reader.feed(b"end\r\n") == ["end"]


def test_room_that_a_line_editor_makes_is_no_output():
    reader = LineReader(80, 24)
    assert reader.feed(b"In [1]: " + b"\r\n" * 8 + b"\x1b[8A\r\x1b[8C1+1\r\n2\r\n") == [
        "In [1]: ",
        "In [1]: 1+1",
        "2",
    ]
    assert read_text(b"In [1]: " + b"\r\n" * 8 + b"\x1b[8A\r\x1b[8C1+1\r\n2\r\n", (80, 24)) == "In [1]: 1+1\n2\n"


def test_empty_lines_wait_for_the_next_one_or_for_rest():
    reader = LineReader(80, 24)
    assert reader.feed(b"a\r\n\r\n\r\n") == ["a"]
    assert reader.settle() == ["", ""]
    assert reader.feed(b"\r\nb\r\n") == ["", "b"]


def test_what_an_alternate_screen_shows_is_no_output():
    stream = b"before\r\nhalf\x1b[?1049h\x1b[H\x1b[2Jvim\r\n~\r\n~\x1b[?1049l done\r\n"
    assert LineReader(80, 24).feed(stream) == ["before", "half done"]
    reader = LineReader(80, 24)
    reader.feed(stream[:40])
    assert reader.peek() == "half"


def test_memory_is_bounded_by_the_screen():
    reader = LineReader(80, 24)
    tracemalloc.start()
    size = sum(len(line) for _ in range(40) for line in reader.feed(b"a" * 250_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 9_000_000
    assert peak < 8_000_000


def test_characters_taken_for_narrow_and_wide_are_so():
    for char in map(chr, range(0x20, 0x20000)):
        if charwidth.is_narrow(char):
            assert charwidth.width(char) == 1, hex(ord(char))
        elif charwidth.simple_end(char) and char not in "\t\n":
            assert charwidth.width(char) == 2, hex(ord(char))


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
