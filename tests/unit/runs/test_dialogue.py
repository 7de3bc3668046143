"""The conversation with a shell that can't read our files: what is typed is safe for every terminal on the way."""

from __future__ import annotations

import subprocess

import pytest

from bridge.core import dialogue, inlinescript
from bridge.core.runscript import Run

RUN = Run("0123456789ab", "fedcba9876543210", "/nowhere")
HARD = "~.\n~~\necho 'it''s' \"$x\" \\\t\x03\x04\x1b[31m ä 日 \udcff @SHOWN TEXT NONCE WORD\n"
KINDS = ("", *dialogue.KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_opening_is_one_line_of_printable_ascii_with_a_leading_blank(kind):
    line = dialogue.opening("0a1b2c3d", kind)
    assert line.startswith(" ")
    assert line.isascii()
    assert line.isprintable()
    assert "~" not in line
    assert "!" not in line  # history expansion
    assert len(line) < 1000  # what busybox's editor takes


@pytest.mark.parametrize("echoing", [True, False])
@pytest.mark.parametrize("kind", dialogue.KINDS)
def test_what_carries_a_script_is_printable_and_fits_a_terminals_line(kind, echoing):
    script = inlinescript.script(kind, RUN, "0a1b2c3d", HARD * 200)
    data, size = dialogue.carried(script, kind, echoing=echoing)
    assert set(data) <= set(range(0x20, 0x7F)) - {ord("~")} | {0x0A}
    body = data[:-3] if echoing and kind != "fish" else data
    assert size == len(body.replace(b"\n", b""))
    if echoing and kind != "fish":
        assert max(map(len, data.split(b"\n"))) < 1000
        assert data.endswith(b"\n.\n")


@pytest.mark.parametrize("kind", dialogue.KINDS)
def test_no_text_is_taken_for_a_place_of_the_script(kind):
    script = inlinescript.script(kind, RUN, "0a1b2c3d", HARD)
    assert "@SHOWN TEXT NONCE WORD" in script
    assert "\0" not in script
    assert script.count(RUN.nonce) == 2  # the two marks


def test_printf_gives_back_what_was_escaped():
    given = dialogue.escape(HARD).decode()
    done = subprocess.run(["sh", "-c", 'printf %b "$1"', "sh", given], capture_output=True, check=True)
    assert done.stdout == HARD.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("told", "has"),
    [
        (b"", False),
        (b"trap -- 'rm x' EXIT\n", True),
        (b"trap -- 'rm x' INT\n", False),
        (b"trap -- '__bridge_far_mark \"$?\"' EXIT\n", False),
    ],
)
def test_the_trap_of_somebody_else_is_seen(told, has):
    seen = b"\x1b]6973;0a1b2c3d;T;" + told + b"\x07"
    assert dialogue.has_exit_trap("0a1b2c3d", b"echo" + seen + b"\x1b]6973;0a1b2c3d;R;;1\x07") is has
