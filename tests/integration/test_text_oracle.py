"""What is read from a terminal's bytes is what tmux shows of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import TMUX
from text_oracle import SIZES, Oracle, is_same, random_stream

from bridge.core.text import read_text

# The defects that were found with real programs; each is what tmux shows of it.
KNOWN = (
    "Working 🌑\b\b🌒\b\b🌓 ok\r\n",
    "日本語\x1b[2DX\r\n",
    "Progress: \x1b7 10%\x1b8 55%\x1b8100% done\r\nFetch: \x1b[s10%\x1b[u55% ok\r\n",
    "\x1b(0lqqk\x1b(B\r\n\x1b)0\x0etqq\x0f x\r\n",
    "\x1bkecho\x1b\\hello\r\n",
    "one\ttwo\r\n1\t2\b\b\b3\r\na\x1bEb\x1bDc\x0bd\x0ce\r\n",
    "abcdef\x1b[3D\x1b[X\x1b[1K\x1b[5`x\x1b[3bY\x1b[2aZ\x1b[2IW\x1b[ZV\r\n",
    "\x1b]52;c;" + "QUJD" * 30_000 + "\x07after\r\n",
    "long line " * 30 + "\rX\x1b[AY\r\n",
    "In [1]: " + "\r\n" * 10 + "\x1b[10A\r\x1b[8C1+1\r\nOut[1]: 2\r\n",
)


@pytest.fixture(scope="module")
def oracle():
    with Oracle(TMUX) as found:
        yield found


@pytest.mark.parametrize("size", SIZES)
def test_random_streams(oracle, size):
    """A quarter of a thousand each time; scripts/text_check.py asks about any number."""
    streams = [random_stream(100 * size[0] + number) for number in range(50)]
    wrong = [
        (stream, shown)
        for stream, shown in zip(streams, oracle.ask(size, streams), strict=True)
        if not is_same(shown, read_text(stream, size))
    ]
    assert len(wrong) <= 2, wrong  # tmux's versions tell a few rare things otherwise


def test_what_real_programs_said(oracle):
    """Recorded by scripts/record_streams.py in a terminal of this size."""
    files = sorted((Path(__file__).parent.parent / "recorded_streams").iterdir())
    assert len(files) > 10
    streams = [file.read_bytes() for file in files]
    for file, stream, shown in zip(files, streams, oracle.ask((80, 24), streams), strict=True):
        assert is_same(shown, read_text(stream, (80, 24))), (file.name, shown, read_text(stream, (80, 24)))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_wrong_once(oracle, size):
    for text, shown in zip(KNOWN, oracle.ask(size, [text.encode() for text in KNOWN]), strict=True):
        assert is_same(shown, read_text(text.encode(), size)), (text[:80], shown, read_text(text.encode(), size))
