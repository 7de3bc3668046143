"""Who is in front of a terminal, who reads it and who waits for a person: the same to everybody who asks."""

from __future__ import annotations

import shutil
import sys

import pytest
from conftest import wait_until

from bridge.core import promptstate
from bridge.system import foreground

IGNORING = f"{sys.executable} -c 'import signal, time; signal.signal(2, signal.SIG_IGN); time.sleep(300)'"
RAW = "import sys, termios, tty; tty.setcbreak(0); print('menu', flush=True); "


class Case:
    """A program in the foreground: its line, the name in front, who reads, whether a person is waited for."""

    def __init__(self, name: str, line: str, front: str, reader: str | None, waits: bool, step: str = "interrupt"):
        self.name, self.line, self.front, self.reader, self.waits, self.step = name, line, front, reader, waits, step
        self.needs = line.split(maxsplit=1)[0] if "|" not in line else line.rsplit("|", 1)[1].split(maxsplit=1)[0]


PYTHON, WAITS, WORKS = "python", True, False
CASES = [
    Case("a pipeline whose first part has ended", f"true | {IGNORING}", PYTHON, None, WORKS, "terminate"),
    Case("a pager behind a pipe", "seq 1 500 | less", "less", "less", WAITS, "terminate"),
    Case("a script from a pipe", "echo 'sleep 200; sleep 200' | sh", "sh", None, WORKS),
    Case("the last part reads", "true | cat - /dev/tty", "cat", "cat", WAITS),
    Case("a program that works", "sleep 300", "sleep", None, WORKS),
    Case("a pager", "less /etc/services", "less", "less", WAITS, "terminate"),
    Case("an editor", "vim -u NONE -N file", "vim", "vim", WAITS, "terminate"),
    Case("an interpreter", f"{sys.executable} -q", PYTHON, PYTHON, WAITS, "terminate"),
    Case("whole lines", "cat", "cat", "cat", WAITS),
    Case("the shell's own read", "read -t 250 line", "bash", "bash", WAITS),
    Case("a child of a script", "bash -c 'echo hi; read line'", "bash", "bash", WAITS),
    Case("below a wrapper", "sh -c 'cat; true'", "sh", "cat", WAITS),
    Case("a select", f'{sys.executable} -c "import select; select.select([0], [], [])"', PYTHON, PYTHON, WAITS),
    Case("a menu of keys", f'{sys.executable} -c "{RAW}sys.stdin.read(1)"', PYTHON, PYTHON, WAITS),
    Case("an event loop", f'{sys.executable} -c "{RAW}import asyncio; l = asyncio.new_event_loop(); '
         'l.add_reader(0, print); l.run_forever()"', PYTHON, PYTHON, WAITS),
    Case("another thread", f'{sys.executable} -c "import threading, sys, time; '
         'threading.Thread(target=sys.stdin.readline, daemon=True).start(); time.sleep(300)"', PYTHON, PYTHON, WAITS),
    Case("a server with a key", f'{sys.executable} -c "import select, socket; s = socket.create_server((\'\', 0)); '
         'select.select([0, s], [], [])"', PYTHON, PYTHON, WORKS),
    Case("a prompt behind another terminal", "script -qc 'cat' /dev/null", "script", "script", WAITS),
    Case("work behind another terminal", "script -qc 'sleep 300' /dev/null", "script", "script", WORKS),
]  # fmt: skip


def begin(box, case: Case) -> tuple[int, str]:
    """Run the program until it is what the case says; the pane's process and terminal."""
    if case.needs not in ("true", "read", sys.executable) and shutil.which(case.needs) is None:
        pytest.skip(f"{case.needs} is not installed")
    box.session()
    box.bridge("pane-exec", "dev", "0", case.line).ok()
    pid, tty = box.tmux("display-message", "-p", "-t", "dev", "#{pane_pid} #{pane_tty}").split()

    def settled() -> bool:
        front = foreground.read(int(pid), tty)
        return (
            front.first is not None
            and front.first.name.startswith(case.front)
            and (front.reader.name[:7] if front.reader else None) == (case.reader and case.reader[:7])
            and bool(front.waits) is case.waits
        )

    wait_until(settled, case.name)
    return int(pid), tty


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_everybody_tells_the_same(box, case):
    pid, tty = begin(box, case)
    pane = box.bridge("pane-status", "dev", "0").ok()
    assert pane["running"] is True
    shell = case.front == "bash"
    name = "bash" if shell else foreground.read(pid, tty).first.name
    assert pane["output"].split(":")[1] == name or case.name == "a child of a script"
    assert box.bridge("pane-is-running", "dev", "0").status == 0
    for command in ("pane-list-json", "pane-list-detailed"):
        entry = box.bridge(command, "dev").ok()["output"][0]
        assert (entry["is_running"], entry["command"]) == (True, pane["output"].split(":")[1])
    look = box.bridge("pane-snapshot", "dev", "0").ok()["foreground"]
    assert look["name"] == name
    assert look["waits"] is case.waits
    assert (look["reader"] or {"name": None})["name"] == (foreground.read(pid, tty).reader and look["reader"]["name"])
    busy = box.bridge("pane-run", "dev", "0", "true", "--timeout", "0.3")
    assert busy.code == "ERR_BUSY"
    assert f": {name} " in busy.json["error"]["message"]
    idle = box.bridge("pane-signal", "dev", "0", "CONT")
    assert idle.status == (1 if case.front == "bash" and "bash -c" not in case.line else 0), idle.stdout
    waited = box.bridge("pane-wait", "dev", "0", "0.1")
    assert waited.code == "ERR_TIMEOUT"
    assert box.bridge("pane-stop", "dev", "0", "--grace", "1").ok()["ended_by"] in (case.step, "terminate")
    assert promptstate.verdict(foreground.look(pid, tty)) == promptstate.IDLE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_person_is_told_within_seconds_or_not_at_all(box, case):
    box.session()
    done = box.bridge("pane-run", "dev", "0", case.line, "--timeout", "15" if case.waits else "3.5")
    assert done.json["outcome"] == ("needs-input" if case.waits else "timeout")
    assert not case.waits or 1900 <= done.json["duration_ms"] < 10_000


@pytest.mark.parametrize("case", [CASES[1], CASES[8], CASES[13]], ids=lambda case: case.name)
def test_a_wait_tells_of_a_person_too(box, case):
    begin(box, case)
    done = box.bridge("pane-wait", "dev", "0", "20")
    assert (done.code, done.json["outcome"]) == ("ERR_NEEDS_INPUT", "needs-input")
    assert 1900 <= done.json["waited_ms"] < 10_000
    assert box.bridge("pane-wait", "dev", "0", "2.6", "--patient").code == "ERR_TIMEOUT"
    assert box.shim("pane-wait", "dev", "0", "3").json["status"] == "error"
    box.bridge("pane-stop", "dev", "0", "--grace", "0.5").ok()
    done = box.bridge("pane-exec-timeout", "dev", "0", "20", case.line)
    assert (done.code, done.json["outcome"]) == ("ERR_NEEDS_INPUT", "needs-input")


WORKING = [
    "while :; do :; done",
    f'{sys.executable} -c "import sys, time, threading; t = threading.Thread(target=sys.stdin.readline, daemon=True); '
    't.start(); [print(n, flush=True) or time.sleep(0.5) for n in range(99)]"',
    f'{sys.executable} -c "import sys, threading; threading.Thread(target=sys.stdin.readline, daemon=True).start(); '
    '[hash(n) for n in iter(int, 1)]"',
    f'{sys.executable} -c "{RAW}import select; [(print(n, flush=True), select.select([0], [], [], 2.6)) '
    'for n in range(99)]"',
]  # fmt: skip


@pytest.mark.parametrize("line", WORKING, ids=["loop", "prints", "calculates", "draws anew"])
def test_what_works_with_an_open_ear_is_not_waiting(box, line):
    box.session()
    done = box.bridge("pane-run", "dev", "0", line, "--timeout", "6")
    assert done.json["outcome"] in ("timeout", "needs-input")
    assert done.seconds >= 6


def test_the_shell_itself_is_no_program_in_front(box):
    box.session()
    assert box.bridge("pane-signal", "dev", "0", "TERM").code == "ERR_IDLE"
    assert box.bridge("pane-stop", "dev", "0").ok()["ended_by"] == "none"


def test_an_answer_ends_the_waiting(box):
    box.session()
    done = box.bridge("pane-run", "dev", "0", "bash -c 'read line; echo got-$line'", "--timeout", "20")
    assert done.json["outcome"] == "needs-input"
    box.bridge("pane-exec", "dev", "0", "yes").ok()
    assert box.bridge("run-result", done.json["run_id"], "--wait", "9").ok()["output"].endswith("got-yes\n")


SHELLS = {
    "zsh --emulate sh -f": "exited",
    "zsh --emulate ksh -f": "exited",
    "busybox ash": "exited",
    "busybox sh -l": "exited",
    "rbash --norc": "",
    "bash --norc --restricted": "",
}


@pytest.mark.parametrize("words", SHELLS)
def test_a_shell_by_another_name_prompts_and_is_given_what_it_can_run(box, words):
    if shutil.which(words.split()[0]) is None:
        pytest.skip(f"{words.split()[0]} is not installed")
    box.tmux("new-session", "-d", "-s", "dev", f"exec {words}")
    wait_until(lambda: box.bridge("pane-is-running", "dev", "0").status == 1, "the prompt")
    assert box.bridge("pane-wait", "dev", "0", "10").ok()["status"] == "success"
    done = box.bridge("pane-run", "dev", "0", "echo hi; (exit 7)", "--timeout", "20")
    if SHELLS[words]:
        assert (done.json["outcome"], done.json["exit_code"], done.json["output"]) == ("exited", 7, "hi\n")
    else:
        assert done.code == "ERR_UNSUPPORTED"
        assert "(restricted)" in done.json["error"]["message"]
    box.bridge("pane-exec", "dev", "0", "sleep 300").ok()
    wait_until(lambda: box.bridge("pane-is-running", "dev", "0").status == 0, "the command")
    assert box.bridge("pane-stop", "dev", "0").ok()["ended_by"] == "interrupt"
