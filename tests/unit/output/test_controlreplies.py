"""Replies of control mode, with everything in them that a pane may show."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.controlreplies import Replies, is_speakable, request

NONCE = "0123456789abcdef"


def frame(number: int, text: bytes, *, end: bytes = b"end", flags: int = 1) -> bytes:
    guard = f"1700000000 {number} {flags}".encode()
    return b"%begin " + guard + b"\n" + text + b"%" + end + b" " + guard + b"\n"


def conversation(*texts: bytes) -> bytes:
    parts = []
    for number, text in enumerate(texts):
        parts += [frame(2 * number + 1, text), frame(2 * number + 2, NONCE.encode() + b"\n")]
    return b"".join(parts) + frame(900, NONCE.encode() + b"-end\n")


def read(data: bytes, *commands: str) -> tuple[int, bytes, str]:
    replies = Replies(NONCE)
    assert replies.feed(data)
    return replies.result(tuple((command,) for command in commands))


def test_the_words_of_a_request_are_quoted():
    text = request((("display-message", "-p", "a;'b' $HOME #{x}"),), NONCE)
    assert text.startswith(b"'display-message' '-p' 'a;'\\''b'\\'' $HOME #{x}' ; display-message -p " + NONCE.encode())
    assert text.count(b"\n") == 2


def test_words_that_would_end_a_line_are_not_spoken():
    assert is_speakable((("display-message", "-p", "日本 x"),))
    assert not is_speakable((("display-message", "-p", "a\nb"),))
    assert not is_speakable((("display-message", "-p", "a\x1bb"),))


def test_outputs_follow_each_other_as_those_of_one_process():
    assert read(conversation(b"one\n", b"two\nthree\n"), "list-panes", "list-sessions") == (0, b"one\ntwo\nthree\n", "")


def test_notices_and_frames_of_others_are_passed_over():
    data = b"%session-changed $0 dev\n" + frame(1, b"attached\n", flags=0) + b"%window-add @1\n" + conversation(b"x\n")
    assert read(data, "list-panes") == (0, b"x\n", "")


def test_an_error_ends_the_sequence():
    data = frame(1, b"no such pane\n", end=b"error") + frame(900, NONCE.encode() + b"-end\n")
    assert read(data, "list-panes", "list-sessions") == (1, b"", "no such pane")
    data = (
        frame(1, b"first\n")
        + frame(2, NONCE.encode() + b"\n")
        + frame(3, b"parse error: unknown command: x\n", end=b"error")
        + frame(900, NONCE.encode() + b"-end\n")
    )
    assert read(data, "list-panes", "x") == (1, b"first\n", "unknown command: x")


def test_commands_that_run_others_have_several_frames():
    data = frame(1, b"") + frame(2, b"REFUSED\n") + frame(3, NONCE.encode() + b"\n")
    data += frame(900, NONCE.encode() + b"-end\n")
    assert read(data, "if-shell") == (0, b"REFUSED\n", "")
    data = frame(1, b"") + frame(2, b"can't\n", end=b"error") + frame(900, NONCE.encode() + b"-end\n")
    assert read(data, "if-shell") == (1, b"", "can't")


LINES = st.sampled_from(
    [b"%end 1700000000 1 1", b"%error 1700000000 1 1", b"%begin 1700000000 1 1", b"%exit", b"", b"x", b"%end"]
)


@given(st.lists(LINES, min_size=1, max_size=8))
def test_no_line_of_a_pane_ends_its_reply(lines):
    text = b"".join(line + b"\n" for line in lines)
    assert read(conversation(text, b"next\n"), "capture-pane", "list-panes") == (0, text + b"next\n", "")


@given(st.integers(1, 40))
def test_a_reply_may_come_in_pieces(size):
    data = conversation(b"text\n" * 5)
    replies = Replies(NONCE)
    told = [replies.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert told == [False] * (len(told) - 1) + [True]
    assert replies.result((("capture-pane",),)) == (0, b"text\n" * 5, "")
