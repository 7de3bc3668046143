"""No outcome without its witness: shells that end at the wrong moment, logs that end before their panes, lost bytes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import TMUX, wait_until

from bridge.config import Config
from bridge.context import Context
from bridge.core import loglife
from bridge.errors import BridgeError
from bridge.features.output import bytelog, logfiles, panelog, read
from bridge.features.output.bytelog import ByteLog
from bridge.features.panes import lookup
from bridge.system import process


def context(box, **settings: str) -> Context:
    environ = box.env | settings
    return Context(Config(environ), environ, script=False)


def pane_of(box, index: str = "0"):
    return lookup.find(context(box), "dev", index)[1]


def run(box, command, *options, pane="0", **more):
    return box.bridge("pane-run", "dev", pane, *options, "--", command, **more)


def writer_of(box, pane) -> int:
    base = logfiles.base(context(box), pane.id, pane.pid)
    return wait_until(lambda: logfiles.writer(base)[0], "the writer of the log")


def end_writer(box, pane, how: str) -> None:
    """End the pane's log while the pane lives on."""
    pid = writer_of(box, pane)
    if how == "killed":
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for number in (pid, *map(int, children)):
            os.kill(number, signal.SIGKILL)
    elif how == "ended":
        box.tmux("pipe-pane", "-t", pane.id)
    else:
        box.tmux("pipe-pane", "-O", "-t", pane.id, f"cat >>{box.work}/theirs")
    wait_until(lambda: not Path(f"/proc/{pid}/fd").exists() or not os.listdir(f"/proc/{pid}/fd"), "the writer's end")


ENDINGS = ("killed", "ended", "taken")


def held(box) -> str:
    """Words for a shell that go on once `let_go` was called, however long that takes."""
    return f"until [ -e {box.work}/go ]; do sleep 0.1; done"


def let_go(box) -> None:
    (box.work / "go").touch()


# --- somebody else's exit ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 7])
def test_a_shell_that_left_before_it_read_the_line_ran_nothing(box, code):
    """A shell that somebody told to exit at the moment of the call: its status is not that of our text."""
    box.session(panes=2)
    box.await_prompt("dev", "1")
    wrapper = box.work / "tmux"
    wrapper.write_text(
        "#!/bin/bash\n"
        f'for word; do [ "$word" = source-file ] && [ ! -e {box.work}/once ] && '
        f"{{ touch {box.work}/once; {TMUX} send-keys -t dev:0.1 'exit {code}' Enter; }}; done\n"
        f'exec {TMUX} "$@"\n'
    )
    wrapper.chmod(0o755)
    done = run(box, f"touch {box.work}/ran; false", "--timeout", "20", pane="1", env={"BRIDGE_TMUX": str(wrapper)})
    assert not (box.work / "ran").exists()
    assert (done.code, done.json["outcome"], done.json["exit_code"]) == ("ERR_PANE_GONE", "gone", None)
    assert done.json["pane_ended"] is True


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_an_exit_that_is_typed_beside_the_call_never_gives_it_a_code(box, shell):
    box.use_shell(shell)
    box.session()
    for number in range(int(os.environ.get("BRIDGE_EXIT_TRIES", "6"))):
        box.tmux("split-window", "-d", "-t", "dev:")
        mark = box.work / f"ran{number}"
        box.await_prompt("dev", "1")
        call = box.start("pane-run", "dev", "1", f"touch {mark}; (exit 5)", "--timeout", "20")
        time.sleep(0.02 * (number % 6))
        box.tmux("send-keys", "-t", "dev:0.1", "exit", "Enter", check=False)
        answer = json.loads(call.communicate(timeout=40)[0])
        if mark.exists():
            assert (answer["outcome"], answer["exit_code"]) == ("exited", 5), answer
        else:
            assert answer.get("exit_code") is None, answer
            assert answer["status"] == "error", answer
        box.tmux("kill-pane", "-a", "-t", "dev:0.0", check=False)


def test_the_status_of_the_shell_around_is_not_that_of_the_command(box):
    box.session(panes=2)
    pane = pane_of(box, "1")
    box.tmux("respawn-pane", "-k", "-t", pane.id, "bash --norc; exit 7")
    wait_until(lambda: "bash-" in box.screen(pane.id), "the shell within")
    done = run(box, "exit 3", "--timeout", "20", pane="1")
    assert (done.json["outcome"], done.json["exit_code"]) == ("gone", None)


# --- the log ends before the run --------------------------------------------------------------------------


@pytest.mark.parametrize("how", ENDINGS)
def test_a_run_whose_log_ends_is_told_by_the_shells_own_file(box, how):
    box.session()
    pane = pane_of(box)
    call = box.start("pane-run", "dev", "0", f"echo one; {held(box)}; echo two; (exit 3)", "--timeout", "40")
    wait_until(lambda: "\none" in box.screen("dev"), "the first line")
    end_writer(box, pane, how)
    let_go(box)
    answer = json.loads(call.communicate(timeout=60)[0])
    assert (answer["outcome"], answer["exit_code"], answer["truncated"]) == ("exited", 3, True)
    assert answer["output"] == "one\n"
    again = box.bridge("run-result", answer["run_id"]).json
    assert (again["outcome"], again["exit_code"], again["truncated"]) == ("exited", 3, True)


@pytest.mark.parametrize("how", ENDINGS)
def test_who_asks_later_is_told_the_same(box, how):
    box.session()
    pane = pane_of(box)
    run_id = run(box, f"echo one; {held(box)}; (exit 3)", "--background").ok()["run_id"]
    wait_until(lambda: "\none" in box.screen("dev"), "the first line")
    end_writer(box, pane, how)
    let_go(box)
    answer = box.bridge("run-result", run_id, "--wait", "40").json
    assert (answer["outcome"], answer["exit_code"], answer["output"]) == ("exited", 3, "one\n")
    assert answer["truncated"] is True


def test_a_run_whose_code_and_mark_are_lost_is_unknown(box):
    box.session()
    pane = pane_of(box)
    call = box.start("pane-run", "dev", "0", f"echo one; {held(box)}; (exit 3)", "--timeout", "40")
    wait_until(lambda: "\none" in box.screen("dev"), "the first line")
    for path in box.directory.glob("state/**/runs/*.end"):
        path.unlink()  # the shell finds no file: nobody seems to wait
    end_writer(box, pane, "killed")
    let_go(box)
    answer = json.loads(call.communicate(timeout=60)[0])
    assert (answer["outcome"], answer["exit_code"], answer["truncated"]) == ("unknown", None, True)


def test_a_full_disk_cuts_the_output_and_says_so(box):
    place = box.directory / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", place], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        box.env["BRIDGE_STATE_DIR"] = str(place / "state")
        box.session()
        run(box, "true").ok()
        free = os.statvfs(place)
        with (place / "filler").open("wb") as file:
            file.write(b"x" * (free.f_bavail * free.f_frsize - 100_000))
        done = run(box, "seq 1 50000; (exit 3)", "--timeout", "60", timeout=90)
        answer = done.json
        assert answer["outcome"] in ("exited", "unknown")
        assert answer["exit_code"] == (3 if answer["outcome"] == "exited" else None)
        assert answer["truncated"] is True
        assert answer["bytes"] < 288_000
        (place / "filler").unlink()
        assert run(box, "echo again", "--timeout", "30").ok()["output"] == "again\n"
    finally:
        box.tmux("kill-server", check=False)
        subprocess.run(["umount", "-l", place], check=False)


# --- cursors and other readers ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ENDINGS[:2])
def test_a_cursor_of_a_log_that_ended_is_refused_by_every_reader(box, how):
    box.session()
    pane = pane_of(box)
    cursor = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    run(box, "seq 1000 1020").ok()
    end_writer(box, pane, how)
    box.tmux("send-keys", "-t", pane.id, "Enter")  # tmux learns of a killed writer when it has bytes for it
    for words in (("pane-read",), ("pane-wait-for", "--pattern", "x", "--timeout", "5")):
        done = box.bridge(words[0], "dev", "0", *words[1:], "--since", cursor)
        assert done.code == "ERR_BAD_CURSOR", words
    fresh = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    assert box.bridge("pane-read", "dev", "0", "--since", cursor).code == "ERR_BAD_CURSOR"
    run(box, "seq 5000 5002").ok()
    assert "5000\n5001\n5002\n" in box.bridge("pane-read", "dev", "0", "--since", fresh).ok()["output"]


WAITING = (
    ("pane-wait-for", "dev", "0", "--pattern", "^NEVER", "--timeout", "40"),
    ("pane-wait-for", "dev", "0", "--idle", "30000", "--timeout", "40"),
    ("pane-watch-timeout", "dev", "0", "^NEVER", "40"),
    ("pane-stream", "dev", "0"),
    ("pane-tail", "dev", "0"),
    ("pane-read", "dev", "0", "--follow", "--timeout", "40"),
    ("pane-ask", "dev", "0", "sleep 50", "--pattern", "^NEVER", "--timeout", "40"),
)


def test_whoever_waits_on_a_log_that_ends_is_told(box):
    box.session(panes=len(WAITING))
    for number, _ in enumerate(WAITING):  # a prompt that comes late is output, and ends a wait for output
        box.await_prompt("dev", str(number))
        wait_until(lambda number=number: "$" in box.screen(f"dev:.{number}"), "its prompt")
    waits = []
    for number, words in enumerate(WAITING):
        waits.append(box.start(words[0], "dev", str(number), *words[3:]))
    for number, _ in enumerate(WAITING):
        end_writer(box, pane_of(box, str(number)), ("killed", "ended")[number % 2])
    for words, call in zip(WAITING, waits, strict=True):
        out, err = call.communicate(timeout=60)
        assert call.returncode == 1, words
        assert b"has ended while the pane goes on" in out + err, (words, out, err)


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("printed", [False, True])
def test_output_and_the_end_of_the_log_at_once_are_both_told(box, monkeypatch, how, printed):
    """Both happen while the reader sleeps: what the log holds is given, with the word that it has ended."""
    box.session()
    ctx, pane = context(box), pane_of(box)
    cursor = read.read(ctx, "dev", "0", None, None, None).cursor
    slept = []

    def both(log, offset, *_args):
        slept.append(offset)
        assert len(slept) == 1
        if printed:
            box.tmux("send-keys", "-t", pane.id, "-l", "typed")
            wait_until(lambda: log.size() >= offset + len("typed"), "the echo")
        end_writer(box, pane, how)

    monkeypatch.setattr(ByteLog, "await_more", both)
    if printed:
        found = read.read(ctx, "dev", "0", cursor, None, 30.0)
        assert (found.text, found.ended, found.cut) == ("typed", False, True)
    else:
        with pytest.raises(BridgeError, match="has ended while the pane goes on"):
            read.read(ctx, "dev", "0", cursor, None, 30.0)
    assert len(slept) == 1
    with pytest.raises(BridgeError) as caught:
        read.read(ctx, "dev", "0", cursor, None, 30.0)
    assert caught.value.code == "ERR_BAD_CURSOR"


@pytest.mark.parametrize("how", ENDINGS)
def test_the_daemon_tells_that_a_log_has_ended_and_begins_another(box, how):
    box.session()
    pane = pane_of(box)
    box.bridge("daemon-start").ok()
    box.bridge("event-subscribe", "dev", "pane-output").ok()
    box.bridge("event-subscribe", "dev", "pattern-match", "--pattern", "^AFTER[0-9]").ok()

    def told(kind):
        return box.bridge("event-log", "dev", kind, "100").ok()["events"]

    def printed(text):
        box.tmux("send-keys", "-t", pane.id, f"echo {text}", "Enter")
        return text in "".join(event["data"]["text"] for event in told("pane-output"))

    wait_until(lambda: printed("before"), "the output")
    assert not told("overflow")
    end_writer(box, pane, how)  # and nothing is printed that would tell
    event = wait_until(lambda: told("overflow"), "the end of the log to be told")[0]
    assert event["data"]["reason"] == "log ended"
    assert len(event["data"]["subscription_ids"]) == 2
    wait_until(lambda: printed("AFTER1"), "the output after it")
    wait_until(lambda: told("pattern-match"), "a match after it")
    assert len(told("overflow")) == 1
    assert box.bridge("daemon-health").ok()
    box.bridge("daemon-stop").ok()


def test_the_daemon_tells_a_pane_that_ends_after_its_log(box):
    box.session("dev", panes=2)
    pane = pane_of(box, "1")
    box.bridge("daemon-start").ok()
    box.bridge("event-subscribe", "dev", "pane-output").ok()
    os.kill(pane.pid, signal.SIGSTOP)
    writer = writer_of(box, pane)
    children = Path(f"/proc/{writer}/task/{writer}/children").read_text().split()
    for number in (pane.pid, writer, *map(int, children)):
        os.kill(number, signal.SIGKILL)

    def told():
        return box.bridge("event-log", "dev", "overflow", "100").ok()["events"]

    assert wait_until(told, "the loss")[0]["data"]["reason"] == "log ended"
    box.bridge("daemon-stop").ok()


def test_an_open_log_is_never_that_of_another_generation(box):
    box.session()
    ctx, pane = context(box), pane_of(box)
    first = ByteLog(ctx, pane)
    run(box, "echo FIRST").ok()
    wait_until(lambda: b"FIRST" in first.fetch(0)[1], "the output")
    before = first.fetch(0, 1 << 20)
    end_writer(box, pane, "killed")
    box.tmux("pipe-pane", "-t", pane.id)
    assert first.has_stopped()
    second = ByteLog(ctx, pane)
    assert second.generation != first.generation
    assert first.fetch(0, 1 << 20) == before
    assert first.state() == loglife.STOPPED
    wait_until(lambda: second.state() == loglife.WRITTEN, "the second writer")
    assert not second.joined
    second.close()
    first.close()


def test_the_states_of_a_log_are_lived_through(box):
    box.session("dev", panes=2)
    ctx, pane = context(box), pane_of(box, "1")
    base = logfiles.base(ctx, pane.id, pane.pid)

    def state(generation):
        return logfiles.state(base, pane.pid, generation)

    assert state("none") == loglife.NONE
    log = ByteLog(ctx, pane)
    assert state(log.generation) in (loglife.ANNOUNCED, loglife.WRITTEN)
    writer_of(box, pane)
    assert state(log.generation) == loglife.WRITTEN
    bytelog.keep(ctx, pane, "log")
    box.tmux("send-keys", "-t", pane.id, "exit", "Enter")
    wait_until(log.pane_ended, "the pane's end")
    log.await_writer()
    assert state(log.generation) == loglife.ENDED
    log.close()
    kept = panelog.open_kept(ctx, pane.id, pane.pid)
    assert kept is not None
    assert not kept.has_stopped()
    kept.close()
    bytelog.release_kept(ctx, pane.id, pane.pid, "log")
    assert state(log.generation) == loglife.NONE


def test_a_pane_that_ends_after_its_log_is_told_as_cut(box):
    box.session("dev", panes=2)
    pane = pane_of(box, "1")
    cursor = box.bridge("pane-read", "dev", "1").ok()["cursor"]
    box.bridge("pane-log", "dev", "1", "on").ok()
    end_writer(box, pane, "killed")
    box.tmux("kill-pane", "-t", pane.id)
    wait_until(lambda: len(box.tmux("list-panes", "-t", "dev").splitlines()) == 1, "the end of the pane")
    answer = box.bridge("pane-read", "dev", pane.id, "--since", cursor).ok()
    assert (answer["ended"], answer["truncated"]) == (True, True)


def test_a_pane_that_prints_faster_than_the_daemon_reads_is_told_as_overflow(box):
    box.session()
    box.env["BRIDGE_LOG_LIMIT_MB"] = "1"
    box.bridge("daemon-start").ok()
    box.bridge("event-subscribe", "dev", "pattern-match", "--pattern", "MATCH[0-9]").ok()
    text = "\\033[1mx\\033[0m" * 20
    program = f"for n in range(300000): print('{text}' + ('MATCH1' if n % 1000 == 0 else ''))"
    (box.work / "fast.py").write_text(program)
    run(box, f"python3 {box.work}/fast.py >/dev/tty; echo", "--timeout", "120", timeout=130).ok()

    def told():
        return box.bridge("event-log", "dev", "overflow", "100").ok()["events"]

    events = wait_until(told, "the loss to be told", 60)
    assert all(event["data"]["bytes"] > 0 for event in events)
    box.bridge("daemon-stop").ok()


# --- kept logs ---------------------------------------------------------------------------------------------


def test_a_log_that_is_kept_while_the_sweep_looks_stays(box, monkeypatch):
    """Between the first question and the lock, another call keeps the log and gives its lease back."""
    box.session("dev", panes=2)
    ctx, other = context(box), pane_of(box, "1")
    log = ByteLog(ctx, other)
    base = log.path.removesuffix(".log")
    taken = logfiles.try_alone

    def keeping_meanwhile(descriptor):
        nonlocal log
        if log is not None:
            mine, log = log, None
            logfiles.mark(base, "run-1")
            mine.close()
        return taken(descriptor)

    monkeypatch.setattr(logfiles, "try_alone", keeping_meanwhile)
    logfiles.sweep(ctx, logfiles.base(ctx, pane_of(box).id, pane_of(box).pid))
    assert Path(f"{base}.log").exists()
    assert logfiles.keeps(base) == ["run-1"]


@pytest.mark.parametrize("hours", [-30, 30])
def test_a_jump_of_the_clock_drops_no_kept_log(box, hours, monkeypatch):
    box.session("dev", panes=2)
    ctx, other = context(box), pane_of(box, "1")
    log = ByteLog(ctx, other)
    base = log.path.removesuffix(".log")
    for name in (logfiles.READ, "run-1"):
        logfiles.mark(base, name)
    log.close()
    end_writer(box, other, "ended")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + hours * 3600)
    assert sorted(logfiles.keeps(base)) == ["read", "run-1"]


def test_a_writer_that_was_announced_long_ago_keeps_nobody_waiting(box):
    box.session()
    ctx, pane = context(box), pane_of(box)
    base = logfiles.base(ctx, pane.id, pane.pid)
    logfiles.announce(base, "abc")
    assert logfiles.expected(base)
    for moment in (time.monotonic() - 60, time.monotonic() + 3600):
        Path(f"{base}.pid").write_text(f"0 abc {moment}\n")
        assert not logfiles.expected(base)


def test_many_kept_logs_are_looked_at_once_a_minute(box):
    box.session()
    ctx, pane = context(box), pane_of(box)
    place = Path(logfiles.base(ctx, pane.id, pane.pid)).parent
    for number in range(40):
        logfiles.announce(f"{place}/pane-9{number}-999999", "abc")
        logfiles.mark(f"{place}/pane-9{number}-999999", "run-1")
    opened = []
    real = logfiles._held
    try:
        logfiles._held = lambda base, names: opened.append(base) or real(base, names)
        for _ in range(3):
            logfiles.sweep(ctx, logfiles.base(ctx, pane.id, pane.pid))
    finally:
        logfiles._held = real
    assert len(opened) == 40


def test_a_gate_that_is_never_given_back_is_told(box):
    box.session()
    ctx = context(box, BRIDGE_TMUX_TIMEOUT="0.5")
    gate = bytelog.take_gate(ctx)
    done = run(box, "echo no", env={"BRIDGE_TMUX_TIMEOUT": "0.5"})
    assert done.code == "ERR_TIMEOUT"
    assert done.json["error"]["retryable"] is True
    assert "echo no" not in box.screen("dev")
    os.close(gate)


@pytest.mark.parametrize(
    "name", ["a#(touch pwned)b", "a$(touch pwned)b", "a`touch pwned`b", "a}#{b", "a'b\"c %H", "a##[b"]
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_name_of_the_state_directory_is_no_program(box, name, shell):
    box.use_shell(shell)
    box.env["BRIDGE_STATE_DIR"] = str(box.directory / name / "state")
    (box.directory / name).mkdir(mode=0o700)
    box.session()
    assert run(box, "echo text; sh -c 'exit 4'").json["exit_code"] == 4
    assert box.bridge("pane-read", "dev", "0").ok()["cursor"]
    assert not list(box.directory.rglob("pwned"))
    box.bridge("pane-exec", "dev", "0", "echo $PWD").ok()
    box.bridge("pane-wait", "dev", "0", "20").ok()


def test_the_pipe_ends_with_the_run_whatever_the_state_directory_is_called(box):
    box.env["BRIDGE_STATE_DIR"] = str(box.directory / "a}#{b" / "state")
    (box.directory / "a}#{b").mkdir(mode=0o700)
    box.session()
    run(box, "true").ok()
    assert box.tmux("list-panes", "-t", "dev", "-F", "#{pane_pipe}").strip() == "0"


# --- groups, lists, durations -----------------------------------------------------------------------------


def test_an_interrupted_group_keeps_the_output_of_every_member(box):
    box.session("dev")
    box.session("two")
    box.bridge("group-create", "g").ok()
    for name in ("dev", "two"):
        box.bridge("group-add", "g", name).ok()
    call = box.start("group-exec", "g", f"echo $TMUX_PANE; {held(box)}; echo later; (exit 6)", "--wait")
    for name in ("dev", "two"):
        wait_until(lambda name=name: "\n%" in box.screen(name), "the first line")
    call.send_signal(signal.SIGINT)
    call.communicate(timeout=20)
    let_go(box)
    listed = box.bridge("run-list").ok()["output"]
    assert len(listed) == 2
    for entry in listed:
        answer = box.bridge("run-result", entry["run_id"], "--wait", "30").json
        assert (answer["exit_code"], answer["truncated"]) == (6, False)
        assert answer["output"].endswith("later\n")


def test_a_list_settles_what_has_ended_and_tells_the_commands_own_time(box):
    box.session(panes=2)
    box.await_prompt("dev", "1")
    began = time.monotonic()
    first = run(box, "sleep 0.3; (exit 7)", "--background").ok()["run_id"]
    second = run(box, "sleep 60", "--background", pane="1").ok()["run_id"]
    box.bridge("pane-wait", "dev", "0", "20").ok()
    longest = (time.monotonic() - began) * 1000
    time.sleep(1)  # who counts until somebody asks has more than was there
    listed = {item["run_id"]: item for item in box.bridge("run-list").ok()["output"]}
    assert (listed[first]["outcome"], listed[first]["exit_code"]) == ("exited", 7)
    assert 250 <= listed[first]["duration_ms"] <= longest + 1
    assert listed[second]["outcome"] == "running"
    again = box.bridge("run-result", first).json["duration_ms"]
    assert again == listed[first]["duration_ms"]
    assert [item["run_id"] for item in box.bridge("run-list", "--running").ok()["output"]] == [second]
    assert [item["run_id"] for item in box.bridge("run-list", "--limit", "1").ok()["output"]] == [second]
    shell = pane_of(box, "1").pid
    box.tmux("kill-server")
    wait_until(lambda: not Path(f"/proc/{shell}").exists(), "the end of the shell")
    outcomes = {item["run_id"]: item["outcome"] for item in box.bridge("run-list").ok()["output"]}
    assert outcomes == {first: "exited", second: "gone"}
    box.session()
    assert box.bridge("run-list").ok()["count"] == 0
    assert box.bridge("run-list", "--all").ok()["count"] == 2


def test_the_end_of_a_run_that_nobody_saw_takes_no_time_that_is_made_up(box):
    box.session()
    for command in ("run-result", "run-list"):
        box.bridge("pane-create", "dev").ok()
        box.await_prompt("dev", "1")
        shell = pane_of(box, "1").pid
        run_id = run(box, "sleep 0.2; exit 0", "--background", pane="1").ok()["run_id"]
        wait_until(lambda shell=shell: process.has_ended(shell), "the shell's end", 20)
        if command == "run-list":  # it asks tmux for the status of a pane that has ended, too
            box.bridge(command).ok()
        done = box.bridge("run-result", run_id)
        assert (done.json["outcome"], done.json["exit_code"]) == ("exited", 0)
        assert (done.json["duration_ms"], done.json["pane_ended"]) == (None, True)
        assert "None" not in done.stderr


def test_a_list_of_large_outputs_reads_none_of_them(box):
    box.session()
    for _ in range(3):
        run(box, "seq 1 60000").ok()
    (place,) = Path(box.env["BRIDGE_STATE_DIR"]).rglob("run/runs")
    assert all(path.stat().st_size < 10_000 for path in place.glob("*.json"))
    assert len(list(place.glob("*.out"))) == 3
    run_id = box.bridge("run-list").ok()["output"][0]["run_id"]
    assert box.bridge("run-output", run_id).ok()["output"].endswith("\n59999\n60000\n")


def test_output_since_a_cursor_is_the_same_after_the_run_was_settled(box):
    box.session()
    run_id = run(box, "for i in 1 2 3 4 5 6; do echo line $i; sleep 0.3; done", "--background").ok()["run_id"]
    first = wait_until(
        lambda: (a := box.bridge("run-output", run_id).ok())["output"].count("\n") > 1 and a, "two lines"
    )
    box.bridge("run-result", run_id, "--wait", "20").ok()
    rest = box.bridge("run-output", run_id, "--since", first["cursor"]).ok()
    assert first["output"] + rest["output"] == "".join(f"line {number}\n" for number in range(1, 7))
    assert rest["lost_bytes"] == 0
    assert box.bridge("run-output", run_id, "--since", rest["cursor"]).ok()["output"] == ""


def test_no_output_is_asked_for_as_bytes(box):
    box.session()
    answer = run(box, "echo text", "--raw", "--max-output", "0").ok()
    assert (answer["output"], answer["truncated"]) == ("", True)


def test_a_look_at_a_run_that_goes_on_names_no_seconds(box):
    box.session()
    run_id = run(box, "sleep 20", "--background").ok()["run_id"]
    done = box.bridge("run-result", run_id)
    assert done.json["error"]["message"] == "the command goes on"


def test_a_run_that_is_waited_for_sleeps(box):
    """Asleep until something happens: a handful of wake-ups a second, not a hundred."""
    box.session()
    call = box.start("pane-run", "dev", "0", held(box), "--timeout", "60")
    wait_until(lambda: box.tmux("display-message", "-p", "-t", "dev:", "#{pane_current_command}") == "sleep\n", "sleep")
    time.sleep(1)  # what a call does at its start

    def wakeups() -> int:
        text = Path(f"/proc/{call.pid}/status").read_text()
        return int(text.partition("voluntary_ctxt_switches:")[2].split()[0])

    before = wakeups()
    time.sleep(2)
    assert wakeups() - before < 60
    let_go(box)
    answer = json.loads(call.communicate(timeout=30)[0])
    assert answer["exit_code"] == 0


# --- exit and set -e; what may be tried again -------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash", "ksh", "fish"])
def test_a_subshell_takes_the_exit_and_the_pane_stays(box, shell):
    box.use_shell(shell)
    box.session()
    (box.work / "in").write_text("given\n")
    for text in ("exit 6", "cd /nope 2>/dev/null || exit 6"):
        answer = run(box, text, "--subshell").json
        assert (answer["outcome"], answer["exit_code"], answer["pane_ended"]) == ("exited", 6, False)
    if shell != "fish":
        answer = run(box, "set -e; false; echo after", "--subshell").json
        assert (answer["exit_code"], answer["pane_ended"], answer["output"]) == (1, False, "")
    answer = run(box, "cat; cd /; echo 'a b'", "--subshell", "--stdin-file", str(box.work / "in")).ok()
    assert answer["output"] == "given\na b\n"
    assert run(box, "pwd").ok()["output"] != "/\n"


@pytest.mark.parametrize("text", ["cd /nope 2>/dev/null || exit 1", "set -e; false; echo after"])
def test_a_pane_that_ends_with_its_run_is_told(box, text):
    box.session(panes=2)
    box.await_prompt("dev", "1")
    done = run(box, text, pane="1")
    assert (done.json["outcome"], done.json["exit_code"], done.json["pane_ended"]) == ("exited", 1, True)
    assert "--subshell" in done.json["error"]["hint"]
    assert box.bridge("run-result", done.json["run_id"]).json["pane_ended"] is True


def test_a_group_runs_in_subshells(box):
    box.session("dev")
    box.bridge("group-create", "g").ok()
    box.bridge("group-add", "g", "dev").ok()
    done = box.bridge("group-exec", "g", "exit 3", "--wait", "--subshell")
    assert done.json["results"][0]["exit_code"] == 3
    assert done.json["results"][0]["pane_ended"] is False
    assert box.bridge("group-exec", "g", "true", "--subshell").code == "ERR_USAGE"


AGAIN = (
    ("pane-run", "dev", "0", "sleep 30", "--timeout", "0.3"),
    ("pane-run", "dev", "1", "read x", "--timeout", "20"),
    ("pane-ask", "dev", "2", "sleep 30", "--pattern", "^NEVER", "--timeout", "0.5"),
    ("pane-exec-timeout", "dev", "3", "0.3", "sleep 30"),
)


def test_what_was_typed_is_never_told_to_be_tried_again(box):
    box.session(panes=len(AGAIN))
    for number in range(len(AGAIN)):
        box.await_prompt("dev", str(number))
    for words in AGAIN:
        done = box.bridge(*words, timeout=60)
        assert done.json["error"]["retryable"] is False, (words, done.stdout)
        assert "bridge " in done.json["error"]["hint"] or "pane-wait-for" in done.json["error"]["hint"], words
    # Nothing was typed here: the same call may work later.
    assert box.bridge("pane-run", "dev", "0", "true").json["error"]["retryable"] is True


def test_what_tmux_did_not_answer_after_typing_is_not_tried_again(box):
    box.session()
    wrapper = box.work / "tmux"
    slow = shutil.which("sleep")
    wrapper.write_text(
        f"#!/bin/sh\nfor word; do case $word in source-file|load-buffer|if-shell) exec {slow} 30;; esac; done\n"
        f'exec {TMUX} "$@"\n'
    )
    wrapper.chmod(0o755)
    env = {"BRIDGE_TMUX": str(wrapper), "BRIDGE_TMUX_TIMEOUT": "1"}
    for words in (
        ("pane-exec", "dev", "0", "true"),
        ("pane-run", "dev", "0", "true"),
        ("pane-send-stdin", "dev", "0", "text"),
        ("pane-send-keys", "dev", "0", "Enter"),
        ("pane-send-keys", "dev", "0", "--literal", "x"),
    ):
        done = box.bridge(*words, env=env)
        assert (done.code, done.json["error"]["retryable"]) == ("ERR_TIMEOUT", False), words
    assert box.bridge("pane-count", "dev", env={"BRIDGE_TMUX": "/bin/false"}).status == 1
