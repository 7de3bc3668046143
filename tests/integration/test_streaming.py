"""Streams show every line once, and end cleanly whichever side ends them."""

from __future__ import annotations

import signal
import subprocess

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
