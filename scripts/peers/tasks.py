"""What people and agents do all day, done by each tool in its own best way; tmux and files are the witnesses."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from peers.callers import Failed
from peers.contestant import Contestant, NoWayError, last_lines
from peers.ground import Ground

YES, NO, NO_WAY = "yes", "no", "no way"
Work = Callable[[Contestant, Ground], tuple[bool, str]]
Task = tuple[str, Work]
IGNORES = "python3 -c 'import signal,time; signal.signal(2,signal.SIG_IGN); print(\"up\",flush=True); time.sleep(600)'"
TABS = "def f():\n\tif x:\n\t\treturn 'a\\tb'; # $HOME `id`\n\treturn {1}\n- a dash first\nEnter\nends with;"


@dataclass
class Done:
    """What came of a task."""

    task: str
    result: str
    calls: int = 0
    read: int = 0
    seconds: float = 0.0
    saw: str = ""


def run_and_code(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    ran = tool.run(ground.pane(), "echo out; sh -c 'exit 7'", 20)
    return ran.code == 7 and last_lines(ran.output) == "out", f"{ran.code} {ran.output[-80:]!r}"


def tests_that_fail(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    lines = [f"echo 'test_{n:02} ... ok'" for n in range(1, 31)]
    lines[16] = "test -e fixed && echo 'test_17 ... ok' || { echo 'test_17 ... FAILED: no file'; bad=1; }"
    (ground.work / "tests.sh").write_text("\n".join([*lines, "exit ${bad-0}", ""]))
    pane = ground.pane()
    first, second = tool.run(pane, "sh tests.sh", 20), tool.run(pane, "touch fixed; sh tests.sh", 20)
    which = re.search(r"^(test_\d+) .*FAILED", first.output, re.MULTILINE)
    found = first.code, which and which[1], second.code
    return found == (1, "test_17", 0), repr(found)


def edit_and_run(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    (ground.work / "check.sh").write_text("n=$(grep -c bug code.txt) && { echo $n bugs; exit 1; } || echo ok\n")
    (ground.work / "code.txt").write_text("bug\nbug\nbug\n")
    pane, found = ground.pane(), []
    for command in ("sh check.sh", "sed -i 1d code.txt; sh check.sh", "sed -i 1,2d code.txt; sh check.sh"):
        ran = tool.run(pane, command, 20)
        lines = re.findall(r"^(\d bugs|ok)$", ran.output, re.MULTILINE)
        found.append((ran.code, lines[-1] if lines else None))
    return found == [(1, "3 bugs"), (1, "2 bugs"), (0, "ok")], repr(found)


def wait_for_printed_line(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    """The pattern begins at the line's begin, so that it does not fit the typed command."""
    pane, began = ground.pane(), time.monotonic()
    line = tool.send_and_wait(pane, "sleep 1.5; echo READY now", "^READY now", 20)
    spent = time.monotonic() - began
    return bool(line) and spent >= 1.5, f"{line!r} after {spent:.2f} s"


def wait_for_line(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    """The typed line holds the word, too: only the printed one counts, which comes after 1.5 s."""
    pane, began = ground.pane(), time.monotonic()
    line = tool.send_and_wait(pane, "sleep 1.5; echo READY now", "READY now", 20)
    spent = time.monotonic() - began
    return bool(line) and spent >= 1.5, f"{line!r} after {spent:.2f} s"


def server_is_up(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = tool.send_and_wait(ground.pane(), f"python3 -u -m http.server {port} --bind 127.0.0.1", "^Serving HTTP", 30)
    with socket.socket() as client:
        listens = client.connect_ex(("127.0.0.1", port)) == 0
    return bool(line) and listens, f"{line!r}, listens: {listens}"


def error_in_a_log(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    rows = "for n in $(seq 60); do echo INFO request $n; done; sleep 1.2; echo ERROR E42 disk full; sleep 60"
    (ground.work / "app.sh").write_text(rows)
    line = tool.send_and_wait(ground.pane(), "sh app.sh", r"^ERROR \w+", 30)
    return line.startswith("ERROR E42"), repr(line)


def long_build(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    (ground.work / "build.sh").write_text(
        "for n in 1 2 3 4 5 6; do echo compiling part $n; sleep 0.5; done; echo error: linker failed; exit 3"
    )
    pane = ground.pane()
    handle = tool.begin(pane, "sh build.sh")
    ground.wait(lambda: "part 1" in ground.screen(pane))
    look = tool.look(pane)
    code, said = tool.end(pane, handle, 30)
    why = re.search(r"^error: (\w+)", said, re.MULTILINE)
    found = "part 1" in look, code, why and why[1]
    return found == (True, 3, "linker"), repr(found)


def four_at_once(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    panes = [ground.pane() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(tool.run, pane, f"sleep 0.{n}; sh -c 'exit {n}'", 30) for n, pane in enumerate(panes, 2)]
        codes = [run.result().code for run in runs]
    return codes == [2, 3, 4, 5], repr(codes)


def five_thousand_lines(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    ran = tool.run(ground.pane(), "seq 1 5000", 20)
    lines = ran.output.split()
    return lines == [str(n) for n in range(1, 5001)], f"{len(lines)} words, code {ran.code}"


def end_of_long_output(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    (ground.work / "long.sh").write_text("seq -f 'line %g of very many' 20000; echo total 4711; exit 2\n")
    ran = tool.run(ground.pane(), "sh long.sh", 20, last=20)
    total = re.search(r"^total (\d+)", ran.output, re.MULTILINE)
    return (ran.code, total and total[1]) == (2, "4711"), f"code {ran.code}, total {total and total[1]}"


def text_with_tabs(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    pane = ground.pane()
    ground.tmux("send-keys", "-t", pane.place, "cat >typed", "Enter")
    ground.wait(lambda: ground.foreground(pane) == "cat")
    before = tool.calls
    tool.send(pane, TABS)
    assert tool.calls > before
    ground.wait(lambda: (ground.work / "typed").read_bytes().count(b"\n") >= TABS.count("\n") + 1, 3)
    ground.tmux("send-keys", "-t", pane.place, "C-d")
    ground.wait(lambda: ground.foreground(pane) == "bash", 3)
    typed = (ground.work / "typed").read_bytes().decode("utf-8", "replace")
    return typed == TABS + "\n", repr(typed)


def two_questions(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    pane = ground.pane()
    tool.ask(pane, "python3 -q", "^>>> $")
    first, second = tool.ask(pane, "2 * sum(range(10))", "^>>> $"), tool.ask(pane, "1 / 0", "^>>> $")
    found = bool(re.search(r"^90$", first, re.MULTILINE)), "ZeroDivisionError" in second
    return found == (True, True), repr((first[-80:], second[-80:]))


def a_crash_in_pdb(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    (ground.work / "bug.py").write_text("def half(total):\n    return total / 0\n\nhalf(7)\n")
    pane = ground.pane()
    crash = tool.ask(pane, "python3 -m pdb -c continue bug.py", r"^\(Pdb\) $")
    value = tool.ask(pane, "p total", r"^\(Pdb\) $")
    found = "ZeroDivisionError" in crash, bool(re.search(r"^7$", value, re.MULTILINE))
    return found == (True, True), repr((crash[-80:], value[-80:]))


def leave_an_editor(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    editor = shutil.which("vim") or shutil.which("vi")
    if editor is None:
        raise NoWayError("not tried: no vim here")
    (ground.work / "x.txt").write_text("text\n")
    pane = ground.pane()
    ground.tmux("send-keys", "-t", pane.place, f"{editor} -u NONE x.txt", "Enter")
    ground.wait(lambda: "x.txt" in ground.screen(pane).split("\n", 1)[-1] and "text" in ground.screen(pane))
    tool.send(pane, ":wq")
    left = ground.wait(lambda: ground.foreground(pane) == "bash", 3)
    text = (ground.work / "x.txt").read_text()
    return left and text == "text\n", f"left: {left}, file {text!r}"


def interrupt_sleep(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    pane = ground.pane()
    ground.tmux("send-keys", "-t", pane.place, "sleep 600", "Enter")
    ground.wait(lambda: ground.foreground(pane) == "sleep")
    tool.interrupt(pane)
    return ground.wait(lambda: ground.foreground(pane) == "bash", 3), ground.foreground(pane)


def end_what_ignores(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    pane = ground.pane()
    ground.tmux("send-keys", "-t", pane.place, IGNORES, "Enter")
    ground.wait(lambda: "\nup" in ground.screen(pane))
    said = tool.stop(pane)
    return ground.wait(lambda: ground.foreground(pane) == "bash", 3), said


def another_user(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    if os.getuid() != 0:
        raise NoWayError("not tried: only root becomes another user without a password")
    for path in (ground.home, *ground.home.rglob("*")):
        path.chmod(path.stat().st_mode | 0o055)
    pane = ground.pane()
    line = f"clear; cd /; HOME={ground.home} PS1='far$ ' su -p -s /bin/bash nobody"
    ground.tmux("send-keys", "-t", pane.place, line, "Enter")
    ground.wait(lambda: re.search(r"^(far)?\$ *$", ground.screen(pane).rstrip().split("\n")[-1]), 10)
    time.sleep(0.3)
    ran = tool.run(pane, "whoami; sh -c 'exit 9'", 15)
    return ran.code == 9 and last_lines(ran.output) == "nobody", f"code {ran.code} {ran.output[-200:]!r}"


def command_that_ends_the_shell(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    """`exit 3` in the pane's shell: is it told that the pane has gone, or is it survived with the right code?"""
    pane = ground.pane()
    ran = tool.run(pane, "false || exit 3", 8)
    there = f"\n{pane.session}\n" in "\n" + ground.tmux("list-sessions", "-F", "#{session_name}")
    told = ran.said.get("pane_ended") is True
    return ran.code == 3 and (there or told), f"code {ran.code}, pane there: {there}, told: {told}"


def a_question_to_a_person(tool: Contestant, ground: Ground) -> tuple[bool, str]:
    said = tool.is_waiting(ground.pane(), "read -p 'Sure? [y/n] ' answer")
    return said, repr(said)


TASKS: tuple[Task, ...] = (
    ("a command: its output alone, exit code 7", run_and_code),
    ("tests fail: which one; mend, run again", tests_that_fail),
    ("edit and run again, three times", edit_and_run),
    ("four panes at the same time", four_at_once),
    ("a long build: a look on the way, then its code", long_build),
    ("5,000 lines of output, all of them", five_thousand_lines),
    ("20,000 lines: the last one and the exit code", end_of_long_output),
    ("wait for a line that comes after 1.5 s", wait_for_printed_line),
    ("the same by a pattern that fits the typed command, too", wait_for_line),
    ("a server: start it, wait for its line", server_is_up),
    ("follow a log until an error", error_in_a_log),
    ("a Python prompt: two questions", two_questions),
    ("a crash in pdb: where, and a variable", a_crash_in_pdb),
    ("type seven lines with tabs, byte for byte", text_with_tabs),
    ("leave vim by `:wq`", leave_an_editor),
    ("interrupt `sleep`", interrupt_sleep),
    ("end a program that ignores Ctrl-C", end_what_ignores),
    ("a run in a `su` shell, code 9", another_user),
    ("`exit 3` in the command: the code, and that the pane has gone", command_that_ends_the_shell),
    ("a program asks a person: is it said?", a_question_to_a_person),
)


def perform(tool: Contestant, todo: Sequence[Task], cache: Path) -> list[dict[str, object]]:
    """Every task in a ground of its own, since one may leave something running."""
    found = []
    for name, task in todo:
        for _ in range(2):  # the machine may be busy: what is wrong is tried once more
            done = attempt(tool, name, task, cache)
            if done.result != NO:
                break
        found.append(asdict(done))
        print(f"{tool.name}: {name}: {done.result}", flush=True)
    return found


def attempt(tool: Contestant, name: str, task: Work, cache: Path) -> Done:
    with Ground(tool, shutil.which("bash") or "/bin/bash", cache) as ground:
        calls, read, began = tool.calls, tool.read, time.monotonic()
        try:
            right, saw = task(tool, ground)
            result = YES if right else NO
        except NoWayError as reason:
            result, saw = NO_WAY, str(reason)
        except (Failed, OSError, KeyError, ValueError, TimeoutError, subprocess.TimeoutExpired) as problem:
            result, saw = NO, f"{type(problem).__name__}: {str(problem)[:300]}"
        return Done(name, result, tool.calls - calls, tool.read - read, round(time.monotonic() - began, 2), saw)
