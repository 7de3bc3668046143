"""The log of a pane: complete, bounded, shared, kept as long as it is wanted and no longer."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import wait_until

from bridge.config import Config
from bridge.context import Context
from bridge.features.output import bytelog, logfiles, panelog
from bridge.features.output.bytelog import ByteLog
from bridge.features.panes import lookup


def context(box, **settings: str) -> Context:
    environ = box.env | settings
    return Context(Config(environ), environ, script=False)


def pane_of(ctx: Context, index: str = "0"):
    return lookup.find(ctx, "dev", index)[1]


def run(box, text: str, pane: str = "0") -> None:
    box.bridge("pane-exec-timeout", "dev", pane, "20", text).ok()


def piped(box) -> list[str]:
    return box.tmux("list-panes", "-s", "-t", "dev", "-F", "#{pane_pipe}").split()


def run_files(box) -> list[str]:
    return sorted(path.name for path in box.directory.glob("state/**/run/*"))


def age(box, hours: float) -> None:
    """Let all logs and keeps be older, by both clocks."""
    for path in box.directory.glob("state/**/run/*.*"):
        if ".keep-" in path.name:
            path.write_text(f"{float(path.read_text()) - hours * 3600}\n")
        os.utime(path, (path.stat().st_mtime - hours * 3600,) * 2)


def printed(log, end: bytes) -> bytes:
    return wait_until(lambda: (text := log.fetch(0, 1 << 24)[1]).endswith(end) and text, f"{end!r} in the log")


def test_it_holds_every_byte_and_leaves_nothing(box):
    box.session()
    ctx = context(box)
    log = ByteLog(ctx, pane_of(ctx))
    run(box, "seq 1 50000")
    text = printed(log, b"50000\r\n\x1b[?2004h$ ")
    assert b"".join(b"%d\r\n" % number for number in range(1, 50001)) in text
    assert log.size() == len(text)
    assert log.fetch(0, 10) == (0, text[:10])
    log.close()
    assert piped(box) == ["0"]
    assert run_files(box) == []


def test_it_is_bounded_though_nobody_reads_and_tells_what_is_gone(box):
    box.session()
    ctx = context(box, BRIDGE_LOG_LIMIT_MB="1")
    log = ByteLog(ctx, pane_of(ctx))
    run(box, "seq 1 600000; echo LAST")
    wait_until(lambda: b"LAST" in log.fetch(log.size() - 100)[1], "the last line")
    size = log.size()
    assert size > 4_600_000
    assert wait_until(lambda: os.stat(log.path).st_blocks * 512 <= 1 << 20, "what is over to be given back", 60)
    lost, data = log.fetch(0, 1 << 22)
    assert lost == log.first() > size - (1 << 20)
    assert lost + len(data) == size
    assert b"LAST\r\n" in data[-40:]
    numbers = [int(line) for line in data.split(b"\r\n")[1:] if line.isdigit()]
    assert numbers == list(range(numbers[0], 600001))
    log.close()


def test_without_fallocate_it_is_complete_all_the_same(box, tmp_path):
    for folder in ("/usr/bin", "/bin"):
        for path in Path(folder).iterdir():
            if path.name != "fallocate" and not (tmp_path / path.name).exists():
                (tmp_path / path.name).symlink_to(path)
    box.env["PATH"] = str(tmp_path)
    box.session()
    ctx = context(box, BRIDGE_LOG_LIMIT_MB="1")
    log = ByteLog(ctx, pane_of(ctx))
    run(box, "seq 1 300000")
    assert b"".join(b"%d\r\n" % number for number in range(1, 300001)) in printed(log, b"$ ")
    log.close()
    assert run_files(box) == []


def test_the_last_bytes_of_a_pane_are_there(box):
    box.session()
    ctx = context(box)
    for number in range(5):
        box.tmux("split-window", "-d", "-t", "dev", "exec sh -c 'read x; seq 1 4000; printf END; sleep 0.2'")
        pane = wait_until(lambda: [found for found in lookup.survey(ctx, "dev").panes if found.index == 1], "pane")[0]
        log = ByteLog(ctx, pane)
        box.tmux("send-keys", "-t", pane.id, "Enter")
        wait_until(log.pane_ended, "the end of the pane")
        log.await_writer()
        assert log.fetch(0, 1 << 20)[1].endswith(b"3999\r\n4000\r\nEND"), number
        log.close()
    assert run_files(box) == []


def test_a_keep_makes_it_live_on(box):
    box.session()
    ctx = context(box)
    pane = pane_of(ctx)
    log = ByteLog(ctx, pane)
    bytelog.keep(ctx, pane, "run-1")
    bytelog.keep(ctx, pane, "log")
    log.close()
    assert piped(box) == ["1"]
    run(box, "echo KEPT")
    again = ByteLog(ctx, pane)
    assert again.joined
    assert again.generation == log.generation
    assert b"KEPT\r\n" in printed(again, b"$ ")
    again.close()
    bytelog.release(ctx, pane, "run-1")
    assert piped(box) == ["1"]
    bytelog.release(ctx, pane, "log")
    assert piped(box) == ["0"]
    assert run_files(box) == []
    bytelog.release(ctx, pane, "log")
    assert run_files(box) == []


def test_a_kept_log_outlives_its_pane_for_a_day(box):
    box.session("dev", panes=3)
    ctx = context(box)
    kept, released = pane_of(ctx, "1"), pane_of(ctx, "2")
    for pane in (kept, released):
        log = ByteLog(ctx, pane)
        bytelog.keep(ctx, pane, "run-7")
        log.close()
    for pane in (kept, released):
        box.tmux("send-keys", "-t", pane.id, "echo LAST; sleep 0.2; exit", "Enter")
    wait_until(lambda: len(piped(box)) == 1, "the end of the panes")
    for pane in (kept, released):
        log = panelog.open_kept(ctx, pane.id, pane.pid)
        assert log.pane_ended()
        log.await_writer()
        assert re.search(rb"[\r\a]LAST\r\n", log.fetch(log.start)[1])
        assert log.fetch(log.size()) == (0, b"")
        log.close()
    bytelog.release_kept(ctx, released.id, released.pid, "run-7")
    assert panelog.open_kept(ctx, released.id, released.pid) is None
    ByteLog(ctx, pane_of(ctx)).close()
    assert [name for name in run_files(box) if not name.startswith(f"pane-{kept.id[1:]}-")] == []
    age(box, 25)
    ByteLog(ctx, pane_of(ctx)).close()
    assert panelog.open_kept(ctx, kept.id, kept.pid) is None
    assert run_files(box) == []


def test_a_keep_of_a_living_pane_does_not_grow_old(box):
    box.session("dev", panes=2)
    ctx = context(box)
    pane = pane_of(ctx)
    log = ByteLog(ctx, pane)
    bytelog.keep(ctx, pane, "log")
    log.close()
    age(box, 25)
    ByteLog(ctx, pane_of(ctx, "1")).close()
    assert piped(box) == ["1", "0"]


def test_many_that_begin_at_once_share_one_log(box):
    box.session()
    waits = [box.start("pane-wait-for", "dev", "0", "--pattern", "^TOGETHER", "--timeout", "15") for _ in range(6)]
    time.sleep(1.5)
    logs = list(box.directory.glob("state/**/run/*.log"))
    assert len(logs) == 1
    box.bridge("pane-exec", "dev", "0", "echo TOGE''THER").ok()
    for process in waits:
        stdout, _ = process.communicate(timeout=10)
        assert process.returncode == 0, stdout


@pytest.mark.parametrize(("ending", "writes"), [(".pid", True), (".log", True), (".other", False)])
def test_a_writer_that_has_just_told_its_pid_is_seen(tmp_path, ending, writes):
    """While a shell's builtin prints into the one file, its standard output is not the other."""
    base = str(tmp_path / "pane-1-2")
    logfiles.announce(base, "generation")
    with (
        open(f"{base}{ending}", "a") as output,
        subprocess.Popen(["sh", "-c", "read x"], stdin=-1, stdout=output) as sh,
    ):
        Path(f"{base}.pid").write_text(f"{sh.pid} generation\n")
        assert logfiles.writer(base) == (sh.pid if writes else 0, "generation")
        assert logfiles.is_written(base) is writes
        sh.kill()


def test_a_killed_reader_and_a_hangup_leave_the_writer_alone(box):
    box.session()
    ctx = context(box)
    log = ByteLog(ctx, pane_of(ctx))
    reader = box.start("pane-stream", "dev", "0")
    time.sleep(0.4)
    reader.kill()
    reader.wait()
    writer = wait_until(lambda: logfiles.writer(log.path.removesuffix(".log"))[0], "the writer")
    os.kill(writer, signal.SIGHUP)  # one that this test's own server has started
    run(box, "seq 1 2000; echo STILL")
    assert b"\nSTILL\r\n" in printed(log, b"$ ")
    log.close()
    assert run_files(box) == []


def test_a_pipe_that_replaces_ours_ends_the_log_and_is_left_alone(box):
    box.session()
    ctx = context(box)
    log = ByteLog(ctx, pane_of(ctx))
    box.tmux("pipe-pane", "-O", "-t", "dev", f"cat >>{box.work}/mine")
    log.await_writer()
    log.close()
    assert piped(box) == ["1"]
    run(box, "echo THEIRS")
    assert "THEIRS" in (box.work / "mine").read_text()


@pytest.mark.parametrize("text", ["abc", "0", "-1"])
def test_the_limit_must_be_a_number(box, text):
    assert box.bridge("pane-read", "dev", "0", env={"BRIDGE_LOG_LIMIT_MB": text}).code == "ERR_USAGE"
