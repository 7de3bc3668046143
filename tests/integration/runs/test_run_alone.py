"""A run and what else goes on in its pane: half typed lines, a second run, options and traps, a killed call."""

from __future__ import annotations

import json
import time

import pytest
from conftest import wait_until

SHELLS = ("bash", "zsh", "dash", "ksh", "fish")


def run(box, command, *options):
    return box.bridge("pane-run", "dev", "0", *options, "--", command)


def screen(box) -> str:
    return box.tmux("capture-pane", "-p", "-t", "dev:")


def press(box, *keys: str) -> None:
    box.tmux("send-keys", "-t", "dev:", *keys)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_half_typed_line_is_not_run(box, shell):
    box.use_shell(shell)
    box.session()
    run(box, "true").ok()
    bad = box.work / "bad"
    press(box, "-l", f"touch {bad} ; echo ")
    wait_until(lambda: "touch" in screen(box), "the half typed line")
    press(box, "Left", "Left", "Left") if shell != "dash" else None
    done = run(box, "echo hi").ok()
    assert (done["output"], done["exit_code"]) == ("hi\n", 0)
    assert run(box, "echo two").ok()["output"] == "two\n"
    assert not bad.exists()


@pytest.mark.parametrize("mode", ["", "vi"])
def test_a_search_or_a_vi_command_mode_is_left(box, mode):
    box.session()
    if mode:
        run(box, "set -o vi").ok()
        press(box, "Escape")
    else:
        press(box, "C-r", "t", "r")
    time.sleep(0.3)
    assert run(box, "echo hi").ok()["output"] == "hi\n"


@pytest.mark.parametrize("kept", [False, True])
def test_of_two_runs_at_once_one_is_refused(box, kept):
    """What reads the terminal would be given the line of the other."""
    box.session()
    run(box, "true").ok()
    if kept:
        box.bridge("pane-log", "dev", "0", "on").ok()
    told = []
    for _ in range(6):
        calls = [box.start("pane-run", "dev", "0", "read -t 0.3 x; echo got=[$x]") for _ in range(3)]
        told += [json.loads(call.communicate(timeout=30)[0]) for call in calls]
    ended = [answer["output"] for answer in told if answer["outcome"] == "exited"]
    assert len(ended) >= 6
    assert set(ended) == {"got=[]\n"}
    assert {answer["error"]["code"] for answer in told if answer["outcome"] != "exited"} <= {"ERR_BUSY"}
    assert run(box, "echo hi").ok()["output"] == "hi\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash", "ksh"])
def test_a_shell_that_exits_on_errors_lives_on(box, shell):
    box.use_shell(shell)
    box.session()
    run(box, "setopt err_exit" if shell == "zsh" else "set -e").ok()
    press(box, "C-c")
    time.sleep(0.3)
    assert run(box, "echo one").ok()["output"] == "one\n"
    assert run(box, "echo two").ok()["output"] == "two\n"


@pytest.mark.parametrize(("shell", "trap"), [("bash", "trap 'echo ERR' ERR"), ("zsh", "TRAPZERR() { echo ERR; }")])
def test_a_trap_of_errors_does_not_hear_ours(box, shell, trap):
    box.use_shell(shell)
    box.session()
    run(box, trap).ok()
    assert run(box, "(exit 5)").json["exit_code"] == 5
    assert run(box, "echo second $?").ok()["output"] == "second 5\n"


def test_a_run_whose_call_was_killed_is_told_with_what_is_known(box):
    box.session()
    call = box.start("pane-run", "dev", "0", "echo a; sleep 0.5; echo b; (exit 4)")
    wait_until(lambda: "\na" in screen(box), "the first line")
    call.kill()
    call.wait()
    wait_until(lambda: "\nb" in screen(box), "the last line")
    assert run(box, "echo later").ok()["output"] == "later\n"
    identity = box.bridge("run-list").ok()["output"][1]["run_id"]
    answer = box.bridge("run-result", identity).json
    assert (answer["outcome"], answer["exit_code"], answer["truncated"]) == ("exited", 4, True)


def test_output_that_cannot_be_kept_is_told_as_cut(box):
    """The pane's pipe is the user's: a run that is left is not read any more."""
    box.session()
    box.tmux("pipe-pane", "-t", "dev:", "cat >/dev/null")
    run_id = run(box, "echo y1; sleep 1.5; echo y2; (exit 3)", "--timeout", "1").json["run_id"]
    answer = box.bridge("run-result", run_id, "--wait", "5").json
    assert (answer["outcome"], answer["exit_code"], answer["truncated"]) == ("exited", 3, True)


def test_a_line_that_cannot_be_given_up_is_left_alone(box):
    """A terminal without an interrupt key, a shell without our keys: nothing is typed, and it is told."""
    box.session()
    press(box, "stty intr undef; exec bash --norc", "Enter")
    wait_until(lambda: "bash-5" in screen(box).splitlines()[-1] or "bash-" in screen(box), "the other shell")
    box.await_prompt("dev")
    press(box, "-l", "echo half")
    assert run(box, "echo hi").code == "ERR_BUSY"
    assert "half" in screen(box)
    press(box, " typed", "Enter")
    wait_until(lambda: "\nhalf typed" in screen(box), "the line's output")


def test_busy_is_told_within_the_time_given(box):
    """After a run a shell is given 5 seconds for its prompt, but not more than the caller has."""
    box.session()
    run(box, "true").ok()
    press(box, "sleep 20", "Enter")
    wait_until(lambda: box.bridge("pane-is-running", "dev", "0").status == 0, "the sleep")
    began = time.monotonic()
    assert run(box, "true", "--timeout", "0.5").code == "ERR_BUSY"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_that_finds_no_program_runs_what_it_has(box, shell):
    box.use_shell(shell)
    box.session()
    run(box, "set -gx PATH /none 2>/dev/null" if shell == "fish" else "PATH=/none").ok()
    done = run(box, "echo hi; false")
    assert (done.json["output"], done.json["exit_code"]) == ("hi\n", 1)
