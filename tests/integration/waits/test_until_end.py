"""A wait is never early, never late by much, and never a success when the pane is gone."""

from __future__ import annotations

import signal
import time

import pytest
from conftest import wait_until

COMMANDS = [
    "bash -c 'sleep 0.4; :'",
    "sleep 0.4",
    "sleep 0.1 | sleep 0.4",
    "for n in 1 2 3; do sleep 0.15; done",
    "(sleep 0.4)",
    "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done",
    "printf 'sleep 0.4\\n' >s.sh; sh ./s.sh",
    "sleep 0.4 & wait",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_wait_right_after_exec_is_not_early(box, command):
    box.session()
    box.bridge("pane-exec", "dev", "0", f"cd {box.work}").ok()
    box.bridge("pane-exec", "dev", "0", f"{command}; touch done").ok()
    box.bridge("pane-wait", "dev", "0", "20").ok()
    assert (box.work / "done").exists()


def test_wait_in_a_session_whose_shell_starts_slowly_is_not_early(box):
    (box.home / ".bash_profile").write_text("sleep 0.5\nPS1='$ '\n")
    box.bridge("session-create", "dev").ok()
    box.bridge("pane-exec", "dev", "0", f"touch {box.work}/done").ok()
    box.bridge("pane-wait", "dev", "0", "20").ok()
    assert (box.work / "done").exists()


def test_wait_for_several_typed_lines_waits_for_the_last(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", f"sleep 0.2\nsleep 0.2\ntouch {box.work}/done").ok()
    box.bridge("pane-wait", "dev", "0", "20").ok()
    assert (box.work / "done").exists()


def test_wait_for_text_larger_than_the_terminal_buffer(box):
    box.session()
    lines = "\n".join(f": {number} {'x' * 90}" for number in range(300))
    box.bridge("pane-exec", "dev", "0", f"{lines}\ntouch {box.work}/done").ok()
    box.bridge("pane-wait", "dev", "0", "30").ok()
    assert (box.work / "done").exists()


@pytest.mark.parametrize("shell", ["zsh", "fish", "dash", "ksh"])
def test_other_shells_are_idle_at_their_prompt_and_running_a_command(box, shell):
    box.use_shell(shell)
    box.bridge("session-create", "dev").ok()
    box.await_prompt("dev")
    box.bridge("pane-exec", "dev", "0", f"sleep 0.4; touch {box.work}/done").ok()
    assert box.bridge("pane-is-running", "dev", "0").status == 0
    box.bridge("pane-wait", "dev", "0", "20").ok()
    assert (box.work / "done").exists()


def test_shell_started_by_hand_is_idle_at_its_prompt(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "dash").ok()
    wait_until(lambda: box.bridge("pane-status", "dev", "0").json["output"].split(":")[1] == "dash", "dash")
    box.await_prompt("dev")


def test_read_builtin_is_running(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "read line").ok()
    done = box.bridge("pane-wait", "dev", "0", "0.5")
    assert (done.status, done.code) == (1, "ERR_TIMEOUT")


def test_a_timeout_is_an_error_after_the_time_given(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "sleep 30").ok()
    done = box.bridge("pane-wait", "dev", "0", "0.7")
    assert (done.status, done.code) == (1, "ERR_TIMEOUT")
    assert 0.7 <= done.seconds < 3
    assert done.json["waited_ms"] >= 690


@pytest.mark.parametrize("how", ["pane-kill", "session-kill", "kill-window", "kill-server", "exit"])
@pytest.mark.parametrize("program", ["sleep 30", "trap '' HUP; sleep 30"])
def test_a_pane_that_ends_is_no_success(box, how, program):
    box.session()
    until = f"sh -c 'until [ -e {box.work}/go ]; do sleep 0.05; done'; exit 3"
    box.bridge("pane-exec", "dev", "0", program if how != "exit" else until).ok()
    waiting = box.start("pane-wait", "dev", "0", "20")
    wait_until(lambda: box.bridge("pane-is-running", "dev", "0").status == 0, "program")
    if how == "pane-kill":
        box.bridge("pane-kill", "dev", "0").ok()
    elif how == "session-kill":
        box.bridge("session-kill", "dev").ok()
    elif how != "exit":
        box.tmux(how, check=False)
    else:
        (box.work / "go").touch()
    began = time.monotonic()
    waiting.communicate(timeout=5)
    assert waiting.returncode == 1
    assert time.monotonic() - began < 2


def test_ctrl_c_ends_a_wait_with_130(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "sleep 30").ok()
    waiting = box.start("pane-wait", "dev", "0")
    wait_until(lambda: b"Waiting" in (waiting.stderr.readline() or b""), "start")
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(5) == 130


def test_exec_timeout_tells_completion_and_timeout(box):
    box.session()
    assert box.bridge("pane-exec-timeout", "dev", "0", "10", "sleep 0.3").ok()["output"] == "Completed in time\n"
    done = box.bridge("pane-exec-timeout", "dev", "0", "0.4", "sleep 20")
    assert (done.status, done.code) == (1, "ERR_TIMEOUT")


def test_a_stopped_job_gives_the_prompt_back(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "sleep 30").ok()
    waiting = box.start("pane-wait", "dev", "0", "20")
    wait_until(lambda: box.bridge("pane-is-running", "dev", "0").status == 0, "program")
    box.tmux("send-keys", "-t", "dev", "C-z")
    assert waiting.wait(5) == 0
