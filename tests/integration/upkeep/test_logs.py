"""The logs: one chain through call, daemon and callback; filters; many writers and a rotation; the audit."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, wait_until

DEBUG = {"BRIDGE_LOG_LEVEL": "debug"}


def logs(box) -> Path:
    return Path(box.env["BRIDGE_STATE_DIR"]) / "logs"


def records(box, *words) -> list[dict]:
    return box.bridge("logs-show", "500", *words).ok()["records"]


def test_plain_calls_are_not_logged(box):
    box.session()
    box.bridge("pane-count", "dev").ok()
    assert not logs(box).exists()
    assert records(box) == []


def test_a_call_is_logged_with_its_outcome(box):
    box.session()
    box.bridge("pane-count", "dev", env=DEBUG).ok()
    box.bridge("pane-count", "none", env=DEBUG)
    box.bridge("pane-count", env=DEBUG)
    good, bad, misused = records(box)
    assert (good["level"], good["command"], good["session"], good["status"]) == (
        "debug",
        "pane-count",
        "dev",
        "success",
    )
    assert good["error"] is None
    assert good["duration_ms"] > 0
    assert (bad["level"], bad["error"], bad["exit_status"]) == ("warn", "ERR_SESSION_NOT_FOUND", 1)
    assert misused["error"] == "ERR_USAGE"
    assert len({row["correlation_id"] for row in (good, bad, misused)}) == 3
    assert (logs(box) / "bridge.log").stat().st_mode & 0o777 == 0o600
    assert logs(box).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("level", "count"), [("debug", 3), ("info", 2), ("warn", 1), ("error", 0), ("off", 0)])
def test_the_level_decides_what_is_logged(box, level, count):
    env = {"BRIDGE_LOG_LEVEL": level}
    box.bridge("session-create", "dev", env=env).ok()
    box.bridge("pane-count", "dev", env=env).ok()
    box.bridge("pane-count", "none", env=env)
    assert len(records(box)) == count


def test_filters(box):
    box.bridge("session-create", "dev", env=DEBUG).ok()
    box.bridge("session-create", "other", env=DEBUG).ok()
    box.bridge("pane-count", "dev", env=DEBUG | {"BRIDGE_CORRELATION_ID": "task-7"}).ok()
    box.bridge("pane-count", "none", env=DEBUG)
    assert [row["session"] for row in records(box, "--command", "session-create")] == ["dev", "other"]
    assert [row["command"] for row in records(box, "--session", "dev")] == ["session-create", "pane-count"]
    assert [row["session"] for row in records(box, "--level", "warn")] == ["none"]
    assert [row["command"] for row in records(box, "--correlation", "task-7")] == ["pane-count"]
    assert [row["session"] for row in box.bridge("logs-show", "1").ok()["records"]] == ["none"]
    assert box.bridge("logs-show", "0").ok()["records"] == []


def test_one_id_leads_from_the_call_through_the_daemon_to_the_callback(box):
    env = DEBUG | {"BRIDGE_CORRELATION_ID": "task-7"}
    box.bridge("daemon-start", env=DEBUG).ok()
    told = box.work / "told"
    callback = f"'{box.built}' event-log '*' >/dev/null; echo \"$BRIDGE_CORRELATION_ID\" >{told}"
    box.bridge("event-subscribe", "*", "task_done", callback, env=env).ok()
    box.bridge("event-publish", "dev", "task_done").ok()
    wait_until(lambda: told.exists() and told.read_text(), "the callback")
    assert told.read_text() == "task-7\n"
    wait_until(
        lambda: (
            [(row["event"], row.get("command")) for row in records(box, "--correlation", "task-7")]
            == [("call", "event-subscribe"), ("daemon", None), ("call", "event-log")]
        ),
        "the chain",
    )


def test_a_log_that_cannot_be_written_stops_nobody(box):
    box.bridge("session-create", "dev").ok()
    logs(box).write_text("in the way")
    assert box.bridge("pane-count", "dev", env=DEBUG).ok()["count"] == 1
    killed = box.bridge("session-kill", "dev")
    killed.ok()
    assert "[WARN] the audit log" in killed.stderr


def test_damaged_lines_are_passed_over(box):
    box.bridge("version", env=DEBUG).ok()
    with (logs(box) / "bridge.log").open("ab") as file:
        file.write(b'\xff\n{"level": "info"\n[1]\n' + b"[" * 5000 + b"\n")
    box.bridge("version", env=DEBUG).ok()
    assert [row["command"] for row in records(box)] == ["version", "version"]


WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from bridge import log
from bridge.config import Config
config = Config({"HOME": "/nonexistent", "BRIDGE_STATE_DIR": sys.argv[2], "BRIDGE_LOG_ROTATE_MB": "0.03"})
for number in range(400):
    assert log.write(config, log.CALLS, {"level": "info", "writer": sys.argv[3], "number": number, "text": "x" * 40})
"""


def test_a_rotation_under_many_writers_loses_no_line(box):
    state = box.env["BRIDGE_STATE_DIR"]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, ROOT, state, str(number)]) for number in range(5)]
    assert [writer.wait(60) for writer in writers] == [0] * 5
    found = []
    for path in logs(box).glob("bridge.log*"):
        if not path.name.endswith(".lock"):
            found += [json.loads(line) for line in path.read_text().splitlines()]
    assert len(list(logs(box).glob("bridge.log.*"))) > 5
    assert sorted((row["writer"], row["number"]) for row in found) == sorted(
        (str(writer), number) for writer in range(5) for number in range(400)
    )
    assert len(records(box)) == 500


def test_the_oldest_file_goes(box):
    env = DEBUG | {"BRIDGE_LOG_ROTATE_MB": "0.00001"}
    for _ in range(14):
        box.bridge("version", env=env).ok()
    names = {path.name for path in logs(box).iterdir()}
    assert names == {"bridge.log.lock", *(f"bridge.log.{number}" for number in range(1, 11))}
    assert len(records(box)) == 10


# --- following ---


def test_tail_prints_what_fits_and_goes_on_behind_a_rotation(box):
    box.bridge("version", env=DEBUG).ok()
    box.bridge("session-list", env=DEBUG).ok()
    reader = box.start("logs-tail", "--command", "version")
    try:
        assert json.loads(reader.stdout.readline())["command"] == "version"
        for number in range(6):
            rotated = {"BRIDGE_LOG_ROTATE_MB": "0.0001"} if number == 2 else {}
            box.bridge("session-list", env=DEBUG).ok()
            box.bridge("version", env=DEBUG | rotated | {"BRIDGE_CORRELATION_ID": f"n{number}"}).ok()
            assert json.loads(reader.stdout.readline())["correlation_id"] == f"n{number}"
        assert (logs(box) / "bridge.log.1").exists()
        reader.send_signal(signal.SIGINT)
        assert reader.wait(10) == 130
    finally:
        reader.kill()
        reader.communicate()


def test_tail_ends_with_its_reader(box):
    box.bridge("version", env=DEBUG).ok()
    reader = box.start("logs-tail")
    reader.stdout.readline()
    reader.stdout.close()
    assert reader.wait(10) == 0
    reader.stderr.close()


def test_there_may_be_nothing_to_follow(box):
    refused = box.bridge("logs-tail")
    assert (refused.status, refused.code) == (1, "ERR_STATE")
    assert "log_level" in refused.json["error"]["hint"]


def test_a_log_that_is_none_is_told(box):
    (logs(box) / "bridge.log").mkdir(parents=True)
    for name in ("logs-show", "logs-tail"):
        refused = box.bridge(name)
        assert (refused.status, refused.code) == (1, "ERR_STATE")
        assert "bridge.log" in refused.json["error"]["message"]


# --- the audit ---


def test_what_destroys_is_noted_with_who_and_why(box):
    box.session("dev", panes=2)
    box.bridge("pane-kill", "dev", "1", env={"USER": "me", "BRIDGE_CORRELATION_ID": "task-7"}).ok()
    box.bridge("session-kill", "dev", "--self").ok()
    box.bridge("session-kill", "none")
    killed, ended, refused = records(box, "--audit")
    assert (killed["command"], killed["arguments"]) == ("pane-kill", {"session": "dev", "pane": "1"})
    assert (killed["user"], killed["uid"], killed["correlation_id"]) == ("me", os.getuid(), "task-7")
    assert killed["server"].startswith(str(box.directory))
    assert "refused" in killed["allowed"]
    assert ended["allowed"].startswith("--self")
    assert refused["arguments"] == {"session": "none"}
    assert [row["command"] for row in records(box, "--audit", "--session", "dev")] == ["pane-kill", "session-kill"]


def test_the_script_form_is_audited_too(box):
    box.session()
    done = box.shim("session-kill", "dev")
    assert done.status == 0
    assert "script" in records(box, "--audit")[0]["allowed"]


def test_a_call_that_cannot_be_read_destroys_nothing_and_is_not_noted(box):
    assert box.bridge("session-kill").code == "ERR_USAGE"
    assert not logs(box).exists()


def test_many_ends_at_once_are_all_noted(box):
    names = [f"s{number}" for number in range(6)]
    for name in names:
        box.tmux("new-session", "-d", "-s", name, "exec sleep 1000")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        assert [done.status for done in pool.map(lambda name: box.bridge("session-kill", name), names)] == [0] * 6
    assert sorted(row["arguments"]["session"] for row in records(box, "--audit")) == names
