"""One tmux process for one question: what is told of it, and when."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bridge.errors import BridgeError
from bridge.tmux import argv
from bridge.tmux.client import Tmux


@pytest.fixture
def tmux(box) -> Tmux:
    box.bridge("session-create", "dev").ok()
    return Tmux(box.env, box.env["BRIDGE_TMUX"])


def children() -> list[str]:
    """The states of the processes that this one has started and not waited for."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] for pid in found]


def test_all_that_is_printed_is_read(tmux):
    """More than a pipe holds."""
    answer = tmux.run(*[("display-message", "-p", "#{p9000:session_name}#{n:session_name}")] * 40)
    assert (answer.status, answer.output.decode()) == (0, (f"{'dev':<9000}3\n") * 40)


@pytest.mark.parametrize(
    "failing",
    [
        ("capture-pane", "-p", "-t", "=absent:"),
        ("if-shell", "-F", "1", "capture-pane -p -t =absent:"),
        ("set-option", "-t", "=absent:", "@x", "y"),
    ],
    ids=lambda command: command[0],
)
def test_a_failure_is_told_wherever_it_is(tmux, failing):
    """A failure inside if-shell does not end the sequence, so that what follows it proves nothing."""
    answer = tmux.run(("display-message", "-p", "before"), failing)
    assert answer.status == 1
    assert answer.output == b"before\n"
    assert "absent" in answer.error


def test_no_server_is_told(box):
    assert Tmux(box.env, box.env["BRIDGE_TMUX"]).run(("list-sessions",)).no_server


def test_processes_do_not_pile_up(tmux):
    before = len(children())
    for _ in range(20):
        assert tmux.run(argv.list_panes("dev")).status == 0
        assert len(children()) <= before + 2


def scripted(box, tmp_path, script: str) -> Tmux:
    """A program that prints what a busy tmux might; `$last` is the word that ends an answer."""
    program = tmp_path / "tmux"
    program.write_text(f"#!/bin/sh\nfor last; do :; done\n{script}\n")
    program.chmod(0o755)
    return Tmux(box.env, str(program), deadline=3.0)


def test_an_answer_that_comes_in_pieces(box, tmp_path):
    """The word is found across reads, and nothing but the word at the very end is taken for it."""
    script = (
        'printf \'%s\\n%sx\\n\' "$last" "$last"; sleep 0.1; printf %.9s "$last"; sleep 0.1\n'
        "printf '%s\\n' \"${last#?????????}\"; exec sleep 2.5"
    )
    tmux = scripted(box, tmp_path, script)
    began = time.monotonic()
    answer = tmux.run(("list-sessions",))
    word = answer.output.partition(b"\n")[0]
    assert answer.output == word + b"\n" + word + b"x\n"
    assert time.monotonic() - began < 2


def test_a_failure_after_a_part_of_the_answer(box, tmp_path):
    answer = scripted(box, tmp_path, "echo row; echo reason >&2; exit 3").run(("list-sessions",))
    assert (answer.status, answer.output, answer.error) == (3, b"row\n", "reason")


def test_a_silent_one_is_ended_in_time(box, tmp_path):
    tmux = scripted(box, tmp_path, "echo row; exec sleep 60")
    with pytest.raises(BridgeError) as caught:
        tmux.run(("list-sessions",))
    assert caught.value.code == "ERR_TIMEOUT"
    assert "S" not in children()
