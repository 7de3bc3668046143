"""Streams show every line once, and end cleanly whichever side ends them."""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, wait_until


def piped(box) -> bool:
    return box.tmux("list-panes", "-F", "#{pane_pipe}").strip() == "1"


def stream(box, *words, **kwargs):
    process = box.start(*words, **kwargs)
    wait_until(lambda: piped(box), "pipe")
    return process


def test_five_thousand_lines_without_loss(box):
    box.session()
    process = stream(box, "pane-stream", "dev", "0")
    box.bridge("pane-exec-timeout", "dev", "0", "20", "seq 1 5000").ok()
    box.bridge("session-kill", "dev").ok()
    stdout, stderr = process.communicate(timeout=10)
    assert process.returncode == 0
    numbers = [line for line in stdout.decode().splitlines() if line.isdigit()]
    assert numbers == [str(number) for number in range(1, 5001)]
    assert b"Pane 0 exited" in stderr


def test_only_what_is_new_is_shown(box):
    box.session()
    box.bridge("pane-exec-timeout", "dev", "0", "10", "echo OLD").ok()
    process = stream(box, "pane-stream", "dev", "0")
    box.bridge("pane-exec-timeout", "dev", "0", "10", "echo LIVE").ok()
    box.bridge("session-kill", "dev").ok()
    stdout, _ = process.communicate(timeout=10)
    assert stdout.decode().splitlines()[:2] == ["echo LIVE", "LIVE"]


def test_tail_joins_history_and_what_comes(box):
    box.session()
    box.bridge("pane-exec-timeout", "dev", "0", "10", "seq 1 100").ok()
    process = stream(box, "pane-tail", "dev", "0", "5")
    box.bridge("pane-exec-timeout", "dev", "0", "10", "echo LIVE").ok()
    box.bridge("session-kill", "dev").ok()
    stdout, _ = process.communicate(timeout=10)
    assert stdout.decode().splitlines()[:6] == ["97", "98", "99", "100", "$ echo LIVE", "LIVE"]


def test_a_filter_is_one_pipeline_and_a_filter_that_matches_nothing_ends_nothing(box):
    box.session()
    process = stream(box, "pane-stream", "dev", "0", "grep -n ERR")
    box.bridge("pane-exec-timeout", "dev", "0", "10", "seq 1 50").ok()
    assert process.poll() is None
    box.bridge("pane-exec-timeout", "dev", "0", "10", "echo E''RR1; echo E''RR2").ok()
    box.bridge("session-kill", "dev").ok()
    stdout, _ = process.communicate(timeout=10)
    found = [line.split(":", 1) for line in stdout.decode().splitlines()]
    assert [text for _, text in found] == ["ERR1", "ERR2"]
    assert int(found[1][0]) == int(found[0][0]) + 1


@pytest.mark.parametrize(
    ("command", "how"),
    [
        ("gerp X", "exit status 127"),
        ("exit 3", "exit status 3"),
        ("echo 'x", "exit status 2"),
        ("kill -9 $$", "signal 9"),
        ("-n X", "exit status 127"),
    ],
)
def test_a_filter_that_fails_before_the_pane_is_a_failure(box, command, how):
    box.session()
    done = box.bridge("pane-stream", "dev", "0", command)
    assert (done.code, done.status) == ("ERR_COMMAND_FAILED", 1)
    assert how in done.json["error"]["message"]
    assert repr(command) in done.json["error"]["message"]
    assert "exited" not in done.stderr
    assert not piped(box)


def test_a_filter_that_has_enough_ends_the_stream(box):
    box.session()
    process = stream(box, "pane-stream", "dev", "0", "head -1")
    box.bridge("pane-exec", "dev", "0", "echo one; echo two").ok()
    stdout, stderr = process.communicate(timeout=5)
    assert (process.returncode, len(stdout.splitlines())) == (0, 1)
    assert b"exited" not in stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["sleep 7{0}", "sleep 7{0}; :", "trap '' TERM; cat >&2 | sleep 7{0}"])
def test_a_filter_ends_with_its_stream(box, number, command):
    box.session()
    argument = f"{os.getpid()}{number:d}"
    process = stream(box, "pane-stream", "dev", "0", command.format(argument))

    sought = f"sleep\x007{argument}\x00".encode()

    def sleepers() -> list[Path]:
        return [path for path in Path("/proc").glob("[0-9]*/cmdline") if _content(path) == sought]

    wait_until(sleepers, "the filter")
    process.send_signal(number)
    process.communicate(timeout=5)
    assert process.returncode == 128 + number
    wait_until(lambda: not sleepers(), "the end of the filter")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_dead_pane_prints_nothing_more(box):
    box.session()
    box.tmux("set-option", "-t", "dev", "remain-on-exit", "on")
    box.tmux("respawn-pane", "-k", "-t", "dev", "echo LAST; exit 3")
    wait_until(lambda: box.tmux("list-panes", "-F", "#{pane_dead}").strip() == "1", "the end of the program")
    for call in (("pane-stream", "dev", "0"), ("pane-tail", "dev", "0"), ("pane-watch-timeout", "dev", "0", "NO", "1")):
        done = box.bridge(*call)
        assert (call, done.code, done.status) == (call, "ERR_PANE_GONE", 1)
    assert box.bridge("pane-watch-timeout", "dev", "0", "LAST", "1").ok()["output"] == "LAST\n"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_quietly_and_leaves_nothing(box, number, status):
    box.session()
    process = stream(box, "pane-stream", "dev", "0")
    process.send_signal(number)
    _, stderr = process.communicate(timeout=5)
    assert process.returncode == status
    assert b"Traceback" not in stderr
    assert not piped(box)
    assert not list(box.directory.glob("state/**/run/*"))


def test_a_closed_pipe_ends_it(box):
    box.session()
    shell = f"'{box.built}' pane-stream dev 0 | head -n 1"
    process = subprocess.Popen(["bash", "-c", shell], env=box.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: piped(box), "pipe")
    box.bridge("pane-exec-timeout", "dev", "0", "10", "echo one; echo two").ok()
    stdout, stderr = process.communicate(timeout=5)
    assert len(stdout.splitlines()) == 1
    assert b"Traceback" not in stderr
    wait_until(lambda: not piped(box), "the end of the pipe")


def test_two_streams_of_one_pane_see_the_same(box):
    box.session()
    first = stream(box, "pane-stream", "dev", "0")
    second = box.start("pane-stream", "dev", "0")
    wait_until(lambda: b"Press" in second.stderr.readline(), "second stream")
    wait_until(lambda: len(list(box.directory.glob("state/**/run/*.lease"))) == 1, "one log")
    box.bridge("pane-exec-timeout", "dev", "0", "10", "sleep 0.3; seq 1 2000").ok()
    box.bridge("session-kill", "dev").ok()
    for process in (first, second):
        stdout, _ = process.communicate(timeout=10)
        assert [line for line in stdout.decode().splitlines() if line.isdigit()] == [str(n) for n in range(1, 2001)]


def test_raw_gives_the_bytes(box):
    box.session()
    process = stream(box, "pane-stream", "dev", "0", "--raw")
    box.bridge("pane-exec-timeout", "dev", "0", "10", "printf '\\033[31mred\\033[0m\\n'").ok()
    box.bridge("session-kill", "dev").ok()
    stdout, _ = process.communicate(timeout=10)
    assert b"\x1b[31mred\x1b[0m\r\n" in stdout


def test_the_scripts_form_ends_with_the_envelope(box):
    box.session()
    shim = ROOT / "compat" / "claude-tmux-bridge.sh"
    process = subprocess.Popen(
        [shim, "pane-stream", "dev", "0"], env=box.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    wait_until(lambda: piped(box), "pipe")
    box.bridge("session-kill", "dev").ok()
    stdout, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert '"output": "Stream ended\\n"' in stdout.decode()


def numbers(text: str) -> list[int]:
    return [int(line) for line in text.splitlines() if line.isdigit()]


def test_fifty_thousand_lines_as_events(box):
    box.session()
    process = stream(box, "pane-stream", "dev", "0", "--json")
    box.bridge("pane-exec-timeout", "dev", "0", "20", "seq 1 50000").ok()
    box.bridge("session-kill", "dev").ok()
    stdout, _ = process.communicate(timeout=10)
    events = [json.loads(line) for line in stdout.decode().splitlines()]
    keys = ["event_type", "session", "pane_id", "pane", "timestamp", "data", "cursor"]
    assert {tuple(event) for event in events} == {tuple(keys)}
    assert [event["event_type"] for event in events] == ["pane-output"] * (len(events) - 1) + ["pane-exit"]
    assert {(event["session"], event["pane_id"]) for event in events} == {("dev", "0")}
    assert numbers("".join(event["data"] for event in events)) == list(range(1, 50001))


def test_an_events_cursor_leads_to_what_follows(box):
    box.session()
    process = stream(box, "pane-stream", "dev", "0", "--json")
    box.bridge("pane-exec-timeout", "dev", "0", "20", "seq 1 100").ok()
    for raw in process.stdout:
        event = json.loads(raw)
        if "100" in event["data"].splitlines():
            break
    process.terminate()
    process.communicate(timeout=5)
    box.bridge("pane-exec-timeout", "dev", "0", "20", "echo NEXT").ok()
    read = box.bridge("pane-read", "dev", "0", "--since", event["cursor"]).ok()
    assert read["output"] == ("" if "$ " in event["data"] else "$ ") + "echo NEXT\nNEXT\n$ \n"


def test_raw_events_keep_sequences_and_whole_characters(box):
    box.session()
    process = stream(box, "pane-stream", "dev", "0", "--json", "--raw")
    box.bridge(
        "pane-exec-timeout", "dev", "0", "10", "printf '\\033[31mr\\303'; sleep 0.2; printf '\\244d\\033[0m\\n'"
    ).ok()
    box.bridge("session-kill", "dev").ok()
    stdout, _ = process.communicate(timeout=10)
    data = "".join(json.loads(line)["data"] for line in stdout.decode().splitlines())
    assert "\x1b[31mräd\x1b[0m\r\n" in data


def test_tail_joins_a_running_log_without_gap_or_repeat(box):
    box.session()
    box.bridge("pane-exec-timeout", "dev", "0", "10", "seq 1 40").ok()
    box.bridge("pane-log", "dev", "0", "on").ok()
    box.bridge("pane-exec", "dev", "0", "seq 41 400000").ok()
    tails = [box.start("pane-tail", "dev", "0", str(count)) for count in (20, 200, 3000)]
    box.bridge("pane-wait", "dev", "0", "30").ok()
    late = box.start("pane-tail", "dev", "0", "100")
    wait_until(lambda: b"Press" in late.stderr.readline(), "the last tail")
    time.sleep(0.3)
    box.bridge("session-kill", "dev").ok()
    for process in (*tails, late):
        stdout, _ = process.communicate(timeout=20)
        found = numbers(stdout.decode())
        assert found == list(range(found[0], 400001)), process.args
        assert found[0] > 1 or process in tails


def test_tail_of_a_young_log_begins_before_it(box):
    box.session()
    box.bridge("pane-exec-timeout", "dev", "0", "10", "seq 1 40").ok()
    box.bridge("pane-log", "dev", "0", "on").ok()
    box.bridge("pane-exec-timeout", "dev", "0", "10", "seq 41 50").ok()
    process = box.start("pane-tail", "dev", "0", "31")
    wait_until(lambda: b"Press" in process.stderr.readline(), "the tail")
    time.sleep(0.3)
    box.bridge("session-kill", "dev").ok()
    stdout, _ = process.communicate(timeout=10)
    assert numbers(stdout.decode()) == list(range(22, 51))


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_reader_that_is_too_slow_is_told_what_it_lost(box, options):
    box.session()
    process = stream(box, "pane-stream", "dev", "0", *options, env={"BRIDGE_LOG_LIMIT_MB": "1"})
    process.send_signal(signal.SIGSTOP)
    box.bridge("pane-exec-timeout", "dev", "0", "20", "seq 1 600000").ok()
    process.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    box.bridge("session-kill", "dev").ok()
    stdout, stderr = process.communicate(timeout=10)
    told = re.findall(r"\[WARN\] (\d+) bytes were lost", stderr.decode())
    assert sum(map(int, told)) > 3_000_000
    if options:
        events = [json.loads(line) for line in stdout.decode().splitlines()]
        assert [event["lost_bytes"] for event in events if event["event_type"] == "lost-bytes"] == [*map(int, told)]
        text = "".join(event["data"] for event in events)
    else:
        text = stdout.decode()
    assert numbers(text)[-1] == 600000
    assert "\0" not in text


def test_it_ends_soon_when_nobody_reads_any_more(box):
    box.session()
    process = stream(box, "pane-stream", "dev", "0")
    began = time.monotonic()
    process.stdout.close()
    assert process.wait(timeout=5) == 0
    assert time.monotonic() - began < 0.5
    wait_until(lambda: not piped(box), "the end of the pipe")


def test_output_comes_within_milliseconds(box):
    box.session()
    process = stream(box, "pane-stream", "dev", "0")
    box.bridge(
        "pane-exec", "dev", "0", "clear; for n in 1 2 3 4 5 6 7 8 9; do echo AT $EPOCHREALTIME; sleep 0.05; done"
    ).ok()
    late = []
    for raw in process.stdout:
        found = re.match(rb"AT (\d+\.\d+)$", raw)
        if found:
            late.append(time.time() - float(found[1]))
        if len(late) == 9:
            break
    process.terminate()
    process.communicate(timeout=5)
    assert statistics.median(late) < 0.05


def test_a_signal_whose_exception_is_dropped_ends_it_too(box):
    """Python drops what is raised in a callback, of the collector here, as of imports."""
    box.session("dev")
    code = f"""
import gc, os, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from bridge.cli.app import main
sent = []
def late(*_):
    if not sent and callable(signal.getsignal(signal.SIGTERM)):
        sent.append(True)
        os.kill(os.getpid(), signal.SIGTERM)
gc.callbacks.append(late)
gc.enable()
gc.set_threshold(1)
main()
"""
    done = box.call([sys.executable, "-c", code, "pane-tail", "dev", "0", "5"], timeout=20)
    assert "Exception ignored" in done.stderr
    assert done.status == 128 + signal.SIGTERM
