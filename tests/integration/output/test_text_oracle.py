"""What is read from a terminal's bytes is what tmux shows of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from conftest import TMUX
from text_oracle import SIZES, Oracle, is_same, random_stream

from bridge.core.text import read_text
from bridge.tmux import versions

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
    "\x1b[300G\x1b[3P글",  # to the end of the row: nothing moves, so nothing is in use
    "abc\x1b[2P日\x1b[2D\x1b[300P語\r\n",
    "ab日\r\x1b[2C\x1b[1Jé~\r\n",  # what is written over the half of a wide one that is gone
    "x\x1b[?7l  \x1b[?7h\x1b[300G日",
)
# A tab that something else is put over, or behind which the line goes on in the next row. From 3.6 on tmux has them.
WITH_TABS = (
    "\t\x1b[300G語",
    "=\r\n \t\x1b[300G語",
    "\t\x1b[300G語\x1b[At",
    "\t\x1b[1@🎈",
    "a\t\x1b[2J語",
    "\x1b[@\t\x1b[2J語",
)
LOOKS = (
    *(
        "",
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "21",
        "53",
        "58;5;9",
        "1;0",
        "0;1",
        "1;22",
        "2;22",
        "1;2;22",
        "3;23",
    ),
    *(
        "4;24",
        "21;24",
        "5;25",
        "6;25",
        "7;27",
        "8;28",
        "9;29",
        "53;55",
        "1;23",
        "31",
        "97",
        "31;39",
        "31;49",
        "42",
        "107",
        "42;49",
    ),
    *(
        "38;5;12",
        "38;5;12;39",
        "38;5",
        "38;5;256",
        "38;5;1;38;5;256",
        "38;5;1;38;5;",
        "38;2;1;2;3",
        "38;2;1;2;3;0",
        "38;2;1;2",
    ),
    *(
        "38;2;1;2;300",
        "48;2;0;0;0",
        "38",
        "38;1;7",
        "4:3",
        "4:0",
        "4:3;4:0",
        "4:9",
        "4:1:2",
        "38:2:1:2:3",
        "38:2::1:2:3",
    ),
    *(
        "38:5:1",
        "38:5:1;38:5:256",
        "38:5",
        "48:5:1;49",
        "7;38;5;0;27;39",
        "32:1",
        "10",
        "99999999999;1",
        ";1",
        "1;",
        "?1",
        ">4;1",
    ),
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
    files = sorted((Path(__file__).parents[2] / "recorded_streams").iterdir())
    assert len(files) > 10
    streams = [file.read_bytes() for file in files]
    for file, stream, shown in zip(files, streams, oracle.ask((80, 24), streams), strict=True):
        assert is_same(shown, read_text(stream, (80, 24))), (file.name, shown, read_text(stream, (80, 24)))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_wrong_once(oracle, size):
    """Each of them as it stands, in every size."""
    for text, shown in zip(KNOWN, oracle.ask(size, [text.encode() for text in KNOWN]), strict=True):
        assert is_same(shown, read_text(text.encode(), size)), (text[:80], shown, read_text(text.encode(), size))


def test_tabs_that_are_gone(oracle):
    version = subprocess.run([TMUX, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    if versions.number(version) >= (3, 6):
        pytest.skip("this tmux keeps tabs")
    for size in SIZES:
        for text, shown in zip(WITH_TABS, oracle.ask(size, [text.encode() for text in WITH_TABS]), strict=True):
            assert is_same(shown, read_text(text.encode(), size)), (text, size, shown)


@pytest.mark.parametrize(
    "way",
    [
        pytest.param("\x1b[%sm", id="alone"),
        pytest.param("\x1b[%sm\x1b7\x1b[0m\x1b8", id="kept with the cursor"),
        pytest.param("\x1b[%sm\x1b[?1049h\x1b[0m\x1b[1m\x1b[?1049l", id="kept by the alternate screen"),
        pytest.param(
            "a line\r\n" * 20 + "\x1b[1mbold\x1b[0m\r\n\x1b[%smcoloured\r\n" + "lines\r\n" * 200,
            id="within plain lines",
        ),
    ],
)
def test_a_blank_that_looks_like_something(oracle, way):
    """Such a blank makes a row that goes into the history; a plain one is none where lines don't wrap."""
    streams = [f"{way % look}\x1b[?7l\x1b[H\x1b[J \x1b[H\x1b[Jh".encode() for look in LOOKS]
    for look, stream, shown in zip(LOOKS, streams, oracle.ask((80, 24), streams), strict=True):
        assert is_same(shown, read_text(stream, (80, 24))), (look, shown)
