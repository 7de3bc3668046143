"""What of a pane's bytes is shown, what of the typed ones is sent, and how a screen is painted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.relay import Keyboard, Picture, Relay

SHOWN = [
    b"text \xc3\xa9\r\n\t\x07\x0e\x0f",
    b"\x1b[31;1mred\x1b[m\x1b[2J\x1b[5;3H\x1b[K\x1b[3;9r",
    b"\x1b[?25l\x1b[?1000h\x1b[?2004h\x1b[4 q\x1b[!p\x1b[u\x1b7\x1b8\x1b=\x1b(0\x1bM",
    b"\x1b[?1049h\x1b[?1049l",
]
HIDDEN = [
    *(b"\x1b[c", b"\x1b[>c", b"\x1b[=0c", b"\x1b[6n", b"\x1b[?6n", b"\x1b[>q", b"\x1b[?2026$p", b"\x1b[14t", b"\x05"),
    *(b"\x1b[>4;2m", b"\x1b[>1u", b"\x1b[?u", b"\x1b[<u", b"\x1bZ", b"\x1b[5i", b"\x1b[x"),
    *(b"\x1b]0;title\x07", b"\x1b]52;c;aGk=\x1b\\", b"\x1b]11;?\x07", b"\x1bkname\x1b\\"),
    *(b"\x1bP+q544e\x1b\\", b"\x1bPtmux;\x1b\x1b[c\x1b\\", b"\x1b_G\x07more\x1b\\", b"\x1b^x\x18"),
]


@pytest.mark.parametrize("data", SHOWN)
def test_what_a_screen_shows_is_passed_on(data):
    assert Relay().feed(data) == data


@pytest.mark.parametrize("data", HIDDEN)
def test_questions_and_strings_are_not(data):
    relay = Relay()
    assert b"".join((relay.feed(b"a" + data + b"b"), relay.feed(b""))).replace(b"\x1b[c\x1b\\", b"") == b"ab"


@pytest.mark.parametrize("data", [*SHOWN, *HIDDEN])
def test_it_does_not_matter_where_a_sequence_is_cut(data):
    whole = Relay().feed(b"<" + data + b">")
    relay = Relay()
    assert b"".join(relay.feed(bytes((byte,))) for byte in b"<" + data + b">") == whole


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_bytes_are_the_same_in_pieces(parts):
    relay, other = Relay(), Relay()
    shown = b"".join(map(relay.feed, parts)) + relay.feed(b"\x1b\\\x1b[m.")
    assert shown == other.feed(b"".join(parts) + b"\x1b\\\x1b[m.")
    assert relay.alternate == other.alternate


def test_an_escape_that_begins_nothing_does_not_hold_the_rest_back():
    assert Relay().feed(b"a\x1b\nb") == b"a\x1b\nb"
    assert Relay().feed(b"\x1b[" + b"1" * 300) == b"\x1b[" + b"1" * 300


def test_the_screen_in_use_is_known_and_left():
    relay = Relay()
    relay.feed(b"\x1b[?25;1049h")
    assert relay.alternate
    assert relay.undo().startswith(b"\x1b\\\x1b[?1049l")
    relay.feed(b"\x1b[?1049l")
    assert not relay.alternate
    assert b"1049" not in relay.undo()
    for mode in (b"1000", b"1003", b"1006", b"1004", b"2004", b"1"):
        assert b"\x1b[?" + mode + b"l" in relay.undo()
    assert b"\x1b[?25h" in relay.undo()


@pytest.mark.parametrize(
    ("typed", "sent", "left"),
    [
        (b"ls\r", b"ls\r", False),
        (b"\x1dls", b"", True),
        (b"ls\x1d", b"ls", True),
        (b"\x04", b"", True),
        (b"a\x04", b"a\x04", False),
        (b"a\x04\x04", b"a\x04\x04", False),
        (b"a\r\x04", b"a\r", True),
        (b"a\n\x04", b"a\n", True),
        (b"a\x03\x04", b"a\x03", True),
        (b"\r\x1b[A\x04", b"\r\x1b[A\x04", False),
        (b"\x1b[200~a\x1d\r\x04\x1b[201~", b"\x1b[200~a\x1d\r\x04\x1b[201~", False),
        (b"\x1b[200~a\x1b[201~\x04", b"\x1b[200~a\x1b[201~\x04", False),
        (b"\x1b[200~a\x1b[201~\x1d", b"\x1b[200~a\x1b[201~", True),
        ("é日".encode(), "é日".encode(), False),
    ],
)
def test_keys_that_leave(typed, sent, left):
    keyboard = Keyboard()
    assert (keyboard.feed(typed, alternate=False), keyboard.left) == (sent, left)
    keyboard = Keyboard()
    got = b""
    for byte in typed:
        if not keyboard.left:
            got += keyboard.feed(bytes((byte,)), alternate=False)
    assert (got, keyboard.left) == (sent, left)


def test_a_full_screen_program_gets_ctrl_d():
    keyboard = Keyboard()
    assert keyboard.feed(b"\r\x04", alternate=True) == b"\r\x04"
    assert keyboard.feed(b"\x1d", alternate=True) == b""
    assert keyboard.left


def values(**given: int) -> bytes:
    usual = {"cursor_x": 2, "cursor_y": 1, "cursor_flag": 1, "wrap_flag": 1, "scroll_region_lower": 3, "pane_height": 4}
    return " ".join(str((usual | given).get(name, 0)) for name in Picture.FLAGS).encode()


def test_a_picture_is_painted_row_by_row():
    picture = Picture(values(), [b"one", b"", b"\x1b[44mthree"], []).paint(shown=False)
    assert picture.endswith(b"\x1b[2J\x1b[1;1Hone\x1b[3;1H\x1b[44mthree\x0f\x1b[m\x1b[2;3H")
    assert b"1049" not in picture


def test_the_ordinary_screen_is_painted_behind_the_alternate_one():
    given = values(alternate_on=1, alternate_saved_x=4, alternate_saved_y=2, mouse_button_flag=1, mouse_sgr_flag=1)
    picture = Picture(given, [b"front"], [b"behind"])
    first = picture.paint(shown=False)
    assert first.index(b"behind") < first.index(b"\x1b[3;5H\x1b[?1049h") < first.index(b"front")
    assert first.endswith(b"\x1b[2;3H\x1b[?1002h\x1b[?1006h")
    assert b"behind" not in picture.paint(shown=True)
    assert b"\x1b[?1049l" in Picture(values(), [b"x"], []).paint(shown=True)


def test_modes_are_set():
    given = values(
        cursor_flag=0,
        wrap_flag=0,
        insert_flag=1,
        keypad_flag=1,
        keypad_cursor_flag=1,
        origin_flag=1,
        scroll_region_upper=1,
        scroll_region_lower=2,
        cursor_y=2,
    )
    picture = Picture(given, [], []).paint(shown=False)
    assert picture.endswith(b"\x1b[2;3r\x1b[?6h\x1b[2;3H\x1b[4h\x1b[?1h\x1b=\x1b[?7l\x1b[?25l")
