"""Lines of tmux's control mode."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.controllines import OutputLines, unescape

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)


def escape(data: bytes) -> bytes:
    return b"".join(b"\\%03o" % byte if byte < 0x20 or byte == 0x5C else bytes((byte,)) for byte in data)


@BOUNDED
@given(st.binary())
def test_escaped_bytes_are_read_back(data):
    assert unescape(escape(data)) == data


@BOUNDED
@given(st.lists(st.binary(max_size=8), max_size=4), st.integers(1, 9))
def test_output_is_the_same_however_it_is_cut(outputs, size):
    stream = b"".join(b"%%output %%1 %s\n" % escape(data) for data in outputs)
    reader = OutputLines("%1")
    pieces = (stream[at : at + size] for at in range(0, len(stream), size))
    assert b"".join(reader.feed(piece) for piece in pieces) == b"".join(outputs)


def test_only_the_pane_itself_is_heard():
    reader = OutputLines("%1")
    assert reader.feed(b"%output %10 a\n%output %2 b\n%begin 1 2 0\n%output %1 c\n%end 1 2 0\n%output %1 d") == b"c"
    assert reader.feed(b"\n") == b"d"


@pytest.mark.parametrize(
    ("line", "attached", "ended"),
    [(b"%session-changed $1 dev\n", True, False), (b"%exit\n", False, True), (b"%exit server exited\n", False, True)],
)
def test_attaching_and_ending_are_told(line, attached, ended):
    reader = OutputLines("%1")
    reader.feed(line)
    assert (reader.attached, reader.ended) == (attached, ended)
