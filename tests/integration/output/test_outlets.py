"""Descriptors as callers leave them: closed, non-blocking, with a reader that takes its time; blocked signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time

import pytest


def slow_pipe() -> tuple[int, int]:
    """A pipe as an event loop makes it: neither end blocks, whoever holds it."""
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends


def drained(end: int) -> bytes:
    """All that comes, read late and in small pieces."""
    found, quiet = b"", 0
    time.sleep(0.3)  # the pipe is full by then
    while True:
        try:
            data = os.read(end, 3000)
        except BlockingIOError:
            quiet += 1
            assert quiet < 10_000, found[-200:]
            time.sleep(0.002)
            continue
        if not data:
            return found
        found += data


def output_of(box, *words, **kwargs) -> tuple[int, bytes, bytes]:
    read_end, write_end = slow_pipe()
    process = box.start(*words, stdout=write_end, **kwargs)
    os.close(write_end)
    found = drained(read_end)
    errors = process.stderr.read()
    os.close(read_end)
    return process.wait(30), found, errors


@pytest.fixture
def large(box):
    """A pane that has printed more than a pipe holds."""
    box.session("dev")
    box.bridge("pane-run", "dev", "0", "seq 1 40000", "--timeout", "30").ok()
    return box


@pytest.mark.parametrize("front", ["fast", "click"])
def test_a_large_answer_to_a_pipe_that_does_not_block_is_whole(large, front):
    words = ("--compact", "--quiet", "pane-run", "dev", "0", "seq 1 40000", "--timeout", "30")
    status, found, errors = output_of(large, *words, front=front)
    assert (status, errors) == (0, b"")
    assert json.loads(found)["output"].splitlines()[-1] == "40000"
    assert len(found) > 200_000


def test_a_batch_goes_on_where_its_reader_is_slow(large, tmp_path):
    calls = tmp_path / "calls"
    calls.write_text('{"argv": ["pane-capture", "dev", "0", "2000"]}\n' * 40)
    for more in ((), ("--parallel", "4")):
        status, found, _ = output_of(large, "batch", str(calls), *more)
        assert status == 0
        assert [json.loads(row)["status"] for row in found.splitlines()] == ["success"] * 40
        assert len(found) > 65_536


def test_a_batch_waits_for_its_lines(large):
    read_end, write_end = slow_pipe()
    process = subprocess.Popen(
        [*large.command("fast"), "batch"], env=large.env, stdin=read_end, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    os.close(read_end)
    time.sleep(0.3)  # it waits by then
    os.write(write_end, b'{"argv": ["pane-count", "dev"]}\n')
    os.close(write_end)
    found, _ = process.communicate(timeout=30)
    assert json.loads(found)["status"] == "success"


def test_a_stream_to_a_pipe_that_does_not_block_is_whole(large):
    read_end, write_end = slow_pipe()
    process = large.start("pane-tail", "dev", "0", "1", stdout=write_end)
    os.close(write_end)
    rows: list[bytes] = []
    reading = threading.Thread(target=lambda: rows.extend(drained(read_end).splitlines()))
    reading.start()
    time.sleep(1)
    large.bridge("pane-run", "dev", "0", "seq 100001 140000", "--timeout", "30").ok()
    large.bridge("session-kill", "dev").ok()
    reading.join()
    os.close(read_end)
    process.wait(30)
    assert [row for row in rows if row.startswith(b"1") and len(row) == 6] == [b"%d" % n for n in range(100001, 140001)]


def test_the_server_of_the_protocol_waits_for_both_ends(large):
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        *({"jsonrpc": "2.0", "id": number, "method": "tools/list"} for number in range(2, 30)),
    ]
    (source, given), (taken, target) = slow_pipe(), slow_pipe()
    process = subprocess.Popen(
        [*large.command("fast"), "mcp", "--tools", "all"],
        env=large.env,
        stdin=source,
        stdout=target,
        stderr=subprocess.PIPE,
    )
    for end in (source, target):
        os.close(end)
    time.sleep(1)  # it waits by then
    for question in asked:
        line = json.dumps(question).encode() + b"\n"
        while line:
            try:
                line = line[os.write(given, line) :]
            except BlockingIOError:
                time.sleep(0.01)
    found: list[bytes] = []
    end = time.monotonic() + 30
    while b"".join(found).count(b"\n") < 29 and time.monotonic() < end:
        try:
            found.append(os.read(taken, 4096))
        except BlockingIOError:
            time.sleep(0.01)
    os.close(given)
    answers = [json.loads(row) for row in b"".join(found).splitlines()]
    assert sorted(answer["id"] for answer in answers) == list(range(1, 30))
    assert process.wait(20) == 0
    process.stderr.close()
    os.close(taken)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors_are_taken_by_nothing_else(large, closed):
    """Whatever is opened next would get the number, and the answer or the stream would be written there."""
    for words in ("pane-count dev", "help", "session-list", "pane-run dev 0 'echo ok'", "state-sync dev"):
        done = large.call(["sh", "-c", f'"$0" {words} {closed}', large.built])
        if ">&-" not in closed.replace("2>&-", ""):
            assert done.stdout, (words, done.stderr)
        assert b"Traceback" not in done.stderr.encode()
    watched = subprocess.Popen(["sh", "-c", f'exec "$0" pane-tail dev 0 5 {closed}', large.built], env=large.env)
    try:
        time.sleep(0.5)
        large.bridge("pane-run", "dev", "0", "seq 1 2000").ok()
    finally:
        watched.terminate()
        watched.wait(20)
    for path in large.directory.rglob("*"):
        if path.is_file() and path.suffix in (".lease", ".lock", ".pid"):
            assert path.stat().st_size < 300, path
            assert b"1999" not in path.read_bytes(), path
    assert large.bridge("pane-count", "dev").ok()


def test_a_deadline_holds_where_its_signal_is_blocked(box, tmp_path):
    box.session("dev")
    hanging = tmp_path / "tmux"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGALRM,))
    try:
        done = box.bridge("pane-count", "dev", env={"BRIDGE_TMUX": str(hanging), "BRIDGE_TMUX_TIMEOUT": "0.5"})
        other = box.bridge("pane-count", "dev").ok()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert done.code == "ERR_TIMEOUT"
    assert other["status"] == "success"
