"""What the daemon script was recorded to do: `keep` is equal byte for byte, the rest is what was decided."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ROOT, wait_until

CASES = {
    case["id"]: case
    for case in map(json.loads, (Path(__file__).parent / "daemon.jsonl").read_text(encoding="utf-8").splitlines())
}
KEPT = [case for case in CASES.values() if case["class"] == "keep"]
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Place:
    """The script's fixed paths, in the sandbox."""

    def __init__(self, box) -> None:
        self.box = box
        self.events = box.directory / "events"
        self.file = box.directory / "daemon"
        self.env = {
            "BRIDGE_EVENTS_DIR": str(self.events),
            "BRIDGE_DAEMON_LOG": f"{self.file}.log",
            "BRIDGE_PID_FILE": f"{self.file}.pid",
        }
        self.started: list[subprocess.Popen] = []

    def fill(self, word: str) -> str:
        for name, value in (
            ("<EVENTS>", self.events),
            ("<STATES>", self.box.states),
            ("<DAEMON-FILE>", self.file),
            ("<WORK>", self.box.work),
        ):
            word = word.replace(name, str(value))
        return word

    def replaced(self, text: str) -> str:
        """The text with what varies replaced as in the recording."""
        text = re.sub(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\]", "[<LOGTS>]", text)
        text = re.sub(r"\(PID: \d+\)", "(PID: <PID>)", text)
        text = re.sub(r"\(deadline: \d+\)", "(deadline: <EPOCH>)", text)
        text = re.sub(r"Uptime: \S+", "Uptime: <UPTIME>", text)
        for name, value in (("<EVENTS>", self.events), ("<STATES>", self.box.states), ("<DAEMON-FILE>", self.file)):
            text = text.replace(str(value), name)
        return text

    def run(self, words, timeout=30.0):
        words = [self.fill(word) for word in words]
        if words[0] == "DAEMON":
            return self.box.call([ROOT / "compat" / "claude-tmux-daemon.sh", *words[1:]], env=self.env, timeout=timeout)
        if words[0] == "BRIDGE":
            return self.box.shim(*words[1:], env=self.env)
        return self.box.call(words, env=self.env)

    def case(self, name: str):
        case = CASES[name]
        for step in case["setup"]:
            if step[0] == "sleep":
                time.sleep(min(float(step[1]), 1.5))
            elif step[0] == "BG":
                words = [self.fill(word) for word in step[1:]]
                self.started.append(subprocess.Popen(words, cwd=self.box.work))
            else:
                self.run(step)
        return self.run(case["argv"])

    def told(self, kind: str, session: str = "dev") -> list[dict]:
        path = self.events / session / f"{kind}.log"
        return [json.loads(row) for row in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def place(box):
    place = Place(box)
    yield place
    for process in place.started:
        process.kill()
        process.wait()
    place.run(["DAEMON", "stop"])


@pytest.mark.parametrize("case", KEPT, ids=[case["id"] for case in KEPT])
def test_kept_case_is_equal(case, place):
    done = place.case(case["id"])
    if case["stdout"] == "<USAGE>":
        assert "Usage: claude-tmux-daemon.sh <command>" in done.stdout
    else:
        assert place.replaced(done.stdout) == case["stdout"]
    if not case["stderr_is_tool_noise"]:
        assert place.replaced(done.stderr) == case["stderr"]
    assert done.status == case["exit"]


def test_a_stale_pid_file_is_removed(place):
    place.case("daemon-stale-pid")
    assert not Path(f"{place.file}.pid").exists()


def test_pane_exit_is_one_event_and_names_the_killed_pane(place):
    done = place.case("daemon-event-pane-exit")
    assert done.status == 0
    assert "Total events: 7\n" in done.stdout
    assert [event["pane_id"] for event in place.told("pane-exit")] == ["1"]


def test_one_hit_is_one_callback(place):
    done = place.case("daemon-event-pattern")
    assert "Total events: 7\n" in done.stdout
    assert (place.box.work / "cb").read_text() == "cb\n"
    assert [event["message"] for event in place.told("pattern-match")] == ["Pattern: ^HIT"]


def test_the_whole_pattern_is_the_pattern(place):
    place.case("daemon-event-pattern-alternation")
    assert (place.box.work / "cb").exists()
    assert [event["message"] for event in place.told("pattern-match")] == ["Pattern: ERR|WARN"]


def test_a_killed_session_is_told(place):
    place.case("daemon-event-session-killed")
    wait_until(lambda: place.told("session-closed"), "the session's end")
    assert len(place.told("pane-exit")) == 1


def test_a_deadline_fires_once(place):
    place.case("daemon-event-timeout")
    wait_until((place.box.work / "cb").exists, "the callback")
    assert (place.box.work / "cb").read_text() == "tcb\n"
    assert re.fullmatch(r"Deadline: \d{10}", place.told("timeout")[0]["message"])
    assert sorted(os.listdir(place.events / "dev")) == ["timeout.log"]
    assert "Total events: 7\n" in place.run(["DAEMON", "status"]).stdout


def test_a_foreign_pid_is_not_the_daemon(place):
    done = place.case("daemon-foreign-pid")
    assert COLOURS.sub("", done.stdout) == "[DAEMON] Daemon is not running\n"
    assert place.run(["DAEMON", "stop"]).status == 1
    assert place.started[0].poll() is None


def test_restart_starts_what_did_not_run(place):
    done = place.case("daemon-restart-not-running")
    assert done.status == 0
    assert "Daemon started successfully" in done.stdout
    again = place.run(["DAEMON", "restart"])
    assert again.stdout.index("Daemon stopped") < again.stdout.index("Daemon started successfully")


def test_start_returns_inside_a_pipe(place):
    shim = ROOT / "compat" / "claude-tmux-daemon.sh"
    done = place.box.call(["sh", "-c", f'out=$("{shim}" start); echo "$out" | tail -1'], env=place.env, timeout=5)
    assert "Daemon started successfully" in done.stdout


def test_the_total_of_none_is_zero(place):
    done = place.case("daemon-status-running")
    assert done.stdout.endswith("Total events: 0\n")


def test_starting_twice_is_refused(place):
    place.run(["DAEMON", "start"])
    done = place.run(["DAEMON", "start"])
    assert done.status == 1
    assert place.replaced(done.stdout) == "\x1b[0;31m[DAEMON]\x1b[0m Daemon already running (PID: <PID>)\n"
    assert place.run(["DAEMON", "logs", "1"]).stdout.endswith(f"] ERROR: {COLOURS.sub('', done.stdout)[9:]}")


def test_subscribe_without_words_is_a_plain_line(place):
    done = place.case("daemon-subscribe-no-args")
    assert (done.status, done.stderr) == (1, "")
    assert "subscribe requires a session" in done.stdout


def test_seconds_are_not_evaluated(place):
    done = place.case("daemon-subscribe-timeout-inject")
    assert (done.status, done.stderr) == (1, "")
    assert "not a number of seconds" in done.stdout
    assert os.listdir(place.box.work) == []


def test_other_verbs(place):
    assert place.run(["DAEMON", "subscribe", "dev", "pane-exit"]).status == 0
    done = place.run(["DAEMON", "nonsense"])
    assert done.status == 1
    assert done.stdout.startswith("\x1b[0;31m[DAEMON]\x1b[0m Unknown command: nonsense\nClaude-tmux Event Daemon\n")
    assert place.run(["DAEMON", "logs", "1"]).stdout.endswith("] ERROR: Unknown command: nonsense\n")
    assert place.run(["DAEMON", "--help"]).status == 0
    bad = place.run(["DAEMON", "subscribe", "dev", "pattern-match", "0", "("])
    assert bad.status == 1
    assert "not a pattern" in bad.stdout


LINES = [
    (("stop",), 1, "1;33", "Daemon not running"),
    (("status",), 1, "0;34", "Daemon is not running"),
    (("logs", "5"), 1, "1;33", "No log file found"),
    (("subscribe", "dev", "pane-exit"), 0, "0;34", "pane-exit events are automatic (no subscription needed)"),
    (("subscribe", "dev", "pattern-match"), 1, "0;31", "pattern-match requires pane_id and pattern"),
    (("subscribe", "dev", "pattern-match", "0", ""), 1, "0;31", "pattern-match requires pane_id and pattern"),
    (("subscribe", "dev", "timeout", "", "5"), 1, "0;31", "timeout requires pane_id and deadline (seconds)"),
    (("subscribe", "dev", "pane-output"), 1, "0;31", "Unknown event type: pane-output"),
    (
        ("subscribe", "dev", "pattern-match", "0", "50% of a|b c"),
        0,
        "0;32",
        "Subscribed to pattern '50% of a|b c' on pane 0",
    ),
    (("subscribe", "my app", "pattern-match", "7", "x", "cb"), 0, "0;32", "Subscribed to pattern 'x' on pane 7"),
]


@pytest.mark.parametrize(("words", "status", "colour", "text"), LINES, ids=lambda value: str(value)[:40])
def test_every_refusal_and_answer_of_one_line(place, words, status, colour, text):
    done = place.run(["DAEMON", *words])
    assert (done.status, done.stderr) == (status, "")
    assert done.stdout == f"\x1b[{colour}m[DAEMON]\x1b[0m {text}\n"
    level = {"0;34": "INFO", "0;32": "SUCCESS", "1;33": "WARN", "0;31": "ERROR"}[colour]
    assert Path(f"{place.file}.log").read_text().endswith(f"] {level}: {text}\n")


def test_a_daemon_that_does_not_hear_is_killed_and_that_is_told(place):
    started = place.run(["DAEMON", "start"]).stdout
    pid = int(re.search(r"\(PID: (\d+)\)", started)[1])
    os.kill(pid, signal.SIGSTOP)
    done = place.run(["DAEMON", "stop"], timeout=60)
    assert (done.status, done.stderr) == (0, "")
    assert place.replaced(done.stdout) == (
        "\x1b[0;34m[DAEMON]\x1b[0m Stopping daemon (PID: <PID>)...\n"
        "\x1b[1;33m[DAEMON]\x1b[0m Daemon didn't stop gracefully, force killing...\n"
        "\x1b[0;32m[DAEMON]\x1b[0m Daemon stopped\n"
    )


def test_a_daemon_that_cannot_start_is_told_as_the_script_told_it(place):
    place.env["BRIDGE_EVENTS_DIR"] = str(place.events)
    done = place.box.call(
        [ROOT / "compat" / "claude-tmux-daemon.sh", "start"], env=place.env | {"BRIDGE_CALLBACK_TIMEOUT": "never"}
    )
    assert done.status == 1
    assert COLOURS.sub("", done.stdout.splitlines()[-1]) == "[DAEMON] Daemon failed to start"
    assert "BRIDGE_CALLBACK_TIMEOUT" in Path(f"{place.file}.log").read_text()


def test_every_recorded_case_is_looked_at():
    tested = Path(__file__).read_text(encoding="utf-8")
    others = [name for name, case in CASES.items() if case["class"] != "keep"]
    piped = "daemon-start-pipe-hangs"  # test_start_returns_inside_a_pipe
    assert [name for name in others if f'place.case("{name}")' not in tested] == [piped]
