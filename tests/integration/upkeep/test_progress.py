"""What takes long tells a person what it does just now, on a terminal only, and leaves no trace there."""

from __future__ import annotations

import json
import shlex

import pexpect
import pytest

ERASED = "\r\x1b[K"
LONG = {
    "session-restore": (("dev", "--as", "again"), "making 1 pane"),
    "group-start": (("shop",), "web (1 of 1): until it is healthy"),
    "gc-run": (("force",), "looking again in a second"),
}


def prepare(box) -> None:
    box.session()
    box.bridge("session-save", "dev").ok()
    box.bridge("group-create", "shop").ok()
    box.bridge("group-add", "shop", "web").ok()


def on_a_terminal(box, *words, columns: int = 80) -> str:
    """What a terminal gets on stderr; the answer goes to a file."""
    line = f"{shlex.join(map(str, words))} >{box.work}/answer"
    done = spawn(box, line, columns)
    assert json.loads((box.work / "answer").read_text())["status"] == "success"
    return done


def spawn(box, line: str, columns: int) -> str:
    person = pexpect.spawn(
        "/bin/sh",
        ["-c", line],
        env=box.env | {"TERM": "xterm"},
        cwd=str(box.work),
        timeout=30,
        encoding="utf-8",
        dimensions=(24, columns),
    )
    person.expect(pexpect.EOF)
    person.close()
    return person.before


@pytest.mark.parametrize("name", LONG)
def test_a_terminal_shows_it_and_keeps_nothing_of_it(box, name):
    prepare(box)
    words, told = LONG[name]
    shown = on_a_terminal(box, box.built, name, *words)
    assert f"{ERASED}{told}" in shown.replace("again: ", "")
    left = shown.rpartition(ERASED)[2]
    assert left.startswith("\x1b[")
    assert "[SUCCESS]" in left
    assert told not in left


@pytest.mark.parametrize("name", LONG)
def test_a_pipe_gets_none_of_it(box, name):
    prepare(box)
    words, _ = LONG[name]
    done = box.bridge(name, *words)
    done.ok()
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stderr.startswith("[SUCCESS]")


def test_a_quiet_call_shows_none(box):
    prepare(box)
    assert on_a_terminal(box, box.built, "--quiet", "gc-run", "force") == ""


def test_a_narrow_terminal_gets_one_line(box):
    prepare(box)
    shown = on_a_terminal(box, box.built, "gc-run", "force", columns=12)
    assert f"{ERASED}looking aga{ERASED}" in shown
