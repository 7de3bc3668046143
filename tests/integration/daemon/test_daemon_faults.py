"""What goes wrong around the daemon takes none of its parts along, is told, and is mended by itself."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest
from conftest import wait_until

from bridge.client import Bridge


@pytest.fixture
def served(box):
    box.session("dev")
    box.bridge("daemon-start").ok()
    return box


def state(box, name: str) -> Path:
    """A file or directory below the state directory."""
    return next(Path(box.env["BRIDGE_STATE_DIR"]).rglob(name))


def problems(box) -> list[str]:
    return box.bridge("daemon-health").json["problems"]


def events(box, kind: str, session: str = "*") -> list[dict]:
    return box.bridge("event-log", session, kind, "10000").ok()["events"]


def matches(box) -> list[str]:
    return [event["data"]["line"] for event in events(box, "pattern-match")]


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def daemon_pid(box) -> int:
    return box.bridge("daemon-status").ok()["pid"]


def kill_daemon(box) -> None:
    os.kill(daemon_pid(box), signal.SIGKILL)
    wait_until(lambda: box.bridge("daemon-status").status == 1, "the end of the daemon")


# --- what anybody can write into an option ---

HOSTILE = (
    *("=\\zz", "=\\", "=\\4", "=a\\4", "\\", "=\\00\\00\\00", "[[1]]", '{"lines":[["x"]]}', '{"lines":[[1e999,2]]}'),
    *('{"lines":[5,[1,2,3]],"mark":["a",{},[],null,"x"]}', '{"mark":[%PID,1,"x",1,1]}', '{"mark":[%PID,{},2,[],"x"]}'),
    *("[" * 3000, "{" * 3000 + "}" * 3000, "%0 1e+e5 kill", "%0 nan kill", "%0 1e+999 kill", "%0 ٣ kill", "-1"),
    *("99999999999999999999999", "a:b", ":%0", "x\x1b]0;y\x07", "\xff\xfe", "#{pane_id}#(touch pwned)", " ", "NaN"),
)
OPTIONS = (
    *("@bridge_label", "@bridge_metadata", "@bridge_typed", "@bridge_pane_owner", "@bridge_log", "@bridge_interact"),
    *("@bridge_limit_cpu", "@bridge_limit_mem", "@bridge_limit_procs", "@bridge_limit_io"),
    *("@bridge_ended", "@bridge_held", "@bridge_gc_watched", "@bridge_gc_touched"),
)
SESSION_OPTIONS = ("@bridge_session_owner", "@bridge_restoring", "@bridge_protected")
READS = (
    *(("pane-count", "dev"), ("pane-list-detailed", "dev"), ("pane-status", "dev", "0"), ("pane-snapshot", "dev", "0")),
    *(("pane-is-running", "dev", "0"), ("pane-get-limits", "dev", "0"), ("pane-metadata-get", "dev", "0", "k")),
    *(("session-health", "dev"), ("sessions-list-all",), ("gc-status",), ("session-save", "dev")),
    *(("pane-read", "dev", "0"), ("pane-find", "dev", "x"), ("state-sync", "dev"), ("session-metrics", "dev")),
)


def test_every_option_of_ours_is_among_the_hostile_ones():
    from bridge.core import limits
    from bridge.tmux import argv

    ours = {value for value in vars(argv).values() if isinstance(value, str) and value.startswith("@bridge_")}
    assert ours | set(limits.OPTIONS) <= {*OPTIONS, *SESSION_OPTIONS}


def test_no_option_of_a_pane_spoils_its_session_or_the_daemon(served):
    """All values in turn, in every option at once: of a pane's own and of its session."""
    pid = served.tmux("display-message", "-p", "-t", "dev:", "#{pane_pid}").strip()
    for number, value in enumerate(HOSTILE):
        text = value.replace("%PID", pid)
        for option in OPTIONS:
            served.tmux("set-option", "-p", "-t", "dev:", option, text, check=False)
        for option in SESSION_OPTIONS:
            served.tmux("set-option", "-t", "dev:", option, text, check=False)
        for words in READS if number < 3 else READS[:5]:
            done = served.bridge(*words)
            assert "ERR_INTERNAL" not in done.stdout, (value, words, done.stdout)
        name = f"n{number}"
        served.tmux("new-session", "-d", "-s", name)
        wait_until(lambda name=name: events(served, "session-created", name), f"{value!r} hides no session")
    assert served.bridge("daemon-health").json["health"] == "healthy", problems(served)
    assert not (served.work / "pwned").exists()


# --- a port that talks no HTTP ---


@pytest.fixture
def rude():
    """A server that greets as SSH does, whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_a_port_that_talks_no_http_is_unhealthy_and_no_defect(served, rude):
    url = f"http://127.0.0.1:{rude}/"
    served.bridge("session-health-set", "dev", "--http", url, "--interval", "0.1", "--retries", "1").ok()
    answer = served.bridge("session-health", "dev").json
    assert url in json.dumps(answer)
    assert "ERR_INTERNAL" not in json.dumps(answer)
    wait_until(lambda: events(served, "health-changed"), "the daemon tells it")
    assert served.bridge("daemon-health").json["health"] == "healthy"


# --- descriptors ---


def test_out_of_descriptors_nothing_is_lost_and_it_is_told(box):
    box.session("dev")
    box.call(["sh", "-c", f"ulimit -n 120; exec {box.built} daemon-start"])
    hit = box.directory / "hit"
    box.bridge("event-subscribe", "dev", "tick", f'echo "$message" >>{hit}').ok()
    box.bridge("pane-set-limit", "dev", "0", "procs", "5", "--action", "warn").ok()
    pid = daemon_pid(box)
    held = []
    try:
        for _ in range(200):  # each connection that says nothing is a descriptor of the daemon's
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(2)
            with contextlib.suppress(OSError):
                connection.connect(str(state(box, "*.sock")))
            held.append(connection)
        wait_until(lambda: psutil.Process(pid).num_fds() >= 115, "no descriptor is left", 5)
        box.tmux("new-session", "-d", "-s", "meanwhile")
        time.sleep(1)
    finally:
        for connection in held:
            connection.close()
    wait_until(lambda: events(box, "session-created", "meanwhile"), "what happened meanwhile", 20)
    for number in range(20):
        box.bridge("event-publish", "dev", "tick", str(number)).ok()
    wait_until(lambda: lines(hit) == [str(number) for number in range(20)], "all callbacks", 20)
    box.bridge("pane-exec", "dev", "0", "for i in 1 2 3 4 5 6 7 8; do sleep 30 & done").ok()
    wait_until(lambda: events(box, "limit-exceeded"), "the limits are looked at", 20)
    assert box.bridge("daemon-status").ok()["dead_letters"] == 0


def sleepers(box) -> list[psutil.Process]:
    """What the callbacks of this sandbox have left."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            own = process.environ()
            if process.name() == "sleep" and own.get("BRIDGE_STATE_DIR") == box.env["BRIDGE_STATE_DIR"]:
                found += [process] if "BRIDGE_EVENT_ID" in own else []
    return found


def test_jobs_that_callbacks_leave_are_bounded(box):
    box.session("dev")
    box.bridge("daemon-start", env={"BRIDGE_CALLBACK_TIMEOUT": "20"}).ok()
    hit = box.directory / "hit"
    box.bridge("event-subscribe", "dev", "tick", f"sleep 60 & echo x >>{hit}").ok()
    box.bridge("event-subscribe", "dev", "other", f"echo other >>{hit}").ok()
    for _ in range(30):
        box.bridge("event-publish", "dev", "tick").ok()
    wait_until(lambda: lines(hit).count("x") == 16, "as many as may be")
    box.bridge("event-publish", "dev", "other").ok()
    wait_until(lambda: "other" in lines(hit), "others are not held up")
    assert lines(hit).count("x") == 16
    left = sleepers(box)
    assert len(left) == 16
    assert any("left in the background" in text for text in problems(box))
    for child in left[:5]:
        child.kill()
    wait_until(lambda: lines(hit).count("x") == 21, "the next ones")


def test_a_message_of_many_bytes_starts_its_callback(served):
    hit = served.directory / "hit"
    served.bridge(
        "event-subscribe", "dev", "go", f'printf "%s" "$BRIDGE_MESSAGE" | wc -c >>{hit}; cat >{hit}.json'
    ).ok()
    served.bridge("event-publish", "dev", "go", "あ" * 43_690).ok()
    wait_until(lambda: lines(hit), "the callback")
    assert 63_990 <= int(lines(hit)[0]) <= 64_000
    kept = served.directory / "hit.json"
    wait_until(lambda: kept.exists() and kept.read_text().endswith("}"), "its stdin")
    assert len(json.loads(kept.read_text())["message"]) == 43_690


# --- who waits ---


@contextlib.contextmanager
def locked(box):
    """Somebody writes to the log of events and does not end."""
    connection = sqlite3.connect(state(box, "events.db"), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def test_a_locked_database_delays_no_answer(served):
    served.bridge("event-log", "*").ok()
    with locked(served):
        for number in range(3):
            served.tmux("new-session", "-d", "-s", f"n{number}")
        began = time.monotonic()
        status = served.bridge("daemon-status").ok()
        assert time.monotonic() - began < 3  # the lock is waited for for 5 seconds
        wait_until(lambda: served.bridge("daemon-status").ok()["queue_depth"] or None, "what waits")
        assert status["loop_late_ms"] < 3000
    wait_until(lambda: len(events(served, "session-created")) == 3, "all are stored", 20)
    assert [event["session"] for event in events(served, "session-created")] == ["n0", "n1", "n2"]


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers when the test is over."""

    over = threading.Event()

    def do_GET(self) -> None:
        self.over.wait(20)

    def log_message(self, *_) -> None:
        return


def test_checks_that_hang_delay_nothing_else(served):
    Slow.over.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            for number in range(10):
                served.tmux("new-session", "-d", "-s", f"h{number}")
                url = f"http://127.0.0.1:{server.server_port}/"
                served.bridge("session-health-set", f"h{number}", "--http", url, "--interval", "0.1").ok()
            served.bridge("event-subscribe", "dev", "pattern-match", "--pattern", "^M[0-9]").ok()
            began = time.monotonic()
            served.tmux("send-keys", "-t", "dev:", "echo M1", "Enter")
            wait_until(lambda: matches(served), "a match while ten checks hang", 4)  # a check takes 5 seconds
            assert time.monotonic() - began < 4
        finally:
            Slow.over.set()
            server.shutdown()


# --- what could not be done is done later ---


def test_a_pane_that_could_not_be_watched_is_told_and_tried_again(served):
    served.bridge("event-subscribe", "dev", "pattern-match", "--pattern", "^E[0-9]").ok()
    run = state(served, "run")
    aside = run.with_name("aside")
    run.rename(aside)
    run.write_text("in the way")
    try:
        served.tmux("split-window", "-t", "dev:")
        wait_until(lambda: any("cannot be watched" in text for text in problems(served)), "it is told")
        answer = served.bridge("daemon-health").json
        assert answer["health"] == "degraded"
        served.tmux("send-keys", "-t", "dev:", "echo E1", "Enter")
        row = served.bridge("event-list").ok()["subscriptions"][0]
        assert row["enforced"] is False
        assert "cannot be watched" in row["hint"]
    finally:
        run.unlink()
        aside.rename(run)
    wait_until(lambda: matches(served) == ["E1"], "what was printed meanwhile", 20)
    served.tmux("send-keys", "-t", "dev:", "echo E2", "Enter")
    wait_until(lambda: matches(served) == ["E1", "E2"], "it is watched")
    assert problems(served) == []
    assert served.bridge("event-list").ok()["subscriptions"][0]["enforced"] is True


def test_an_autosave_that_fails_is_told_from_memory(served):
    served.states.mkdir(exist_ok=True)
    served.bridge("session-autosave", "dev", "1").ok()
    wait_until(lambda: events(served, "snapshot-saved"), "the first save")
    folder = next(path for path in served.directory.rglob("*") if path.suffix == ".snapshot").parent
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("in the way")
    served.bridge("pane-label", "dev", "0", "new").ok()
    wait_until(lambda: any(text.startswith("autosave dev") for text in problems(served)), "it is told", 15)
    folder.unlink()
    aside.rename(folder)
    wait_until(lambda: problems(served) == [], "it is mended", 15)


def test_a_log_that_cannot_be_written_is_told_and_written_later(box):
    log = box.directory / "logs" / "daemon.log"
    env = {"BRIDGE_DAEMON_LOG": str(log)}
    box.session("dev")
    box.bridge("daemon-start", env=env).ok()
    aside = log.parent.with_name("aside")
    log.parent.rename(aside)
    log.parent.write_text("in the way")
    assert box.bridge("event-publish", "dev", "go", env=env).ok()["enforced"] is True
    wait_until(lambda: any("could not be written" in text for text in problems(box)), "it is told")
    assert len(events(box, "go")) == 1
    log.parent.unlink()
    aside.rename(log.parent)
    box.bridge("event-publish", "dev", "go").ok()
    assert sum("EVENT: go" in row for row in log.read_text().splitlines()) == 2
    assert problems(box) == []


# --- one request ---


def test_no_request_leaves_a_transaction_open(served):
    event = {"seq": 0, "event_id": "1", "event_type": "go", "session": "dev", "pane_id": "", "pane": ""}
    text = json.dumps(event | {"timestamp": "", "message": ""})[:-1]
    for depth in (99, 101, 400, 100_000):
        deep = text + ', "data": ' + '{"a":' * depth + "1" + "}" * depth + "}"
        question = f'{{"op": "publish", "event": {deep}}}\n'.encode()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(state(served, "*.sock")))
            connection.sendall(question)
            assert b"ERR_USAGE" in connection.recv(65536), depth
        served.bridge("event-publish", "dev", "next").ok()
    assert len(events(served, "next")) == 4


def test_a_state_directory_that_is_removed_ends_its_daemon(box):
    box.session("dev")
    pid = box.bridge("daemon-start").ok()["pid"]
    place = Path(box.env["BRIDGE_STATE_DIR"])
    subprocess.run(["rm", "-rf", str(place)], check=True)
    second = box.bridge("daemon-start").ok()["pid"]
    wait_until(lambda: not psutil.pid_exists(pid), "the end of the first", 15)
    assert daemon_pid(box) == second
    box.tmux("new-session", "-d", "-s", "later")
    wait_until(lambda: events(box, "session-created", "later"), "the second hears")
    assert len(events(box, "session-created", "later")) == 1


def test_one_that_is_alone_makes_no_new_state_directory(box):
    box.session("dev")
    pid = box.bridge("daemon-start").ok()["pid"]
    place = Path(box.env["BRIDGE_STATE_DIR"])
    subprocess.run(["rm", "-rf", str(place)], check=True)
    wait_until(lambda: not psutil.pid_exists(pid), "its end", 15)
    assert not list(place.rglob("daemon*"))


def test_a_start_by_the_library_takes_no_other_childs_status(box, monkeypatch):
    for name, value in box.env.items():
        monkeypatch.setenv(name, value)
    box.session("dev")
    child = subprocess.Popen(["sh", "-c", "exit 3"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    before = {each.pid for each in psutil.Process().children()}
    Bridge().daemon_start()
    assert child.wait() == 3
    assert {each.pid for each in psutil.Process().children()} <= before
    assert box.bridge("daemon-status").ok()["running"]


# --- read on where one that was killed left ---


def test_what_was_printed_while_no_daemon_ran_is_told_once(served):
    hit = served.directory / "hit"
    served.bridge(
        "event-subscribe", "dev", "pattern-match", "--pattern", "^E[0-9]", f'echo "$BRIDGE_LINE" >>{hit}'
    ).ok()
    served.tmux("send-keys", "-t", "dev:", "echo E1; printf 'E2 half'", "Enter")
    wait_until(lambda: lines(hit) == ["E1", "E2 half"] or lines(hit)[:1] == ["E1"], "what is told at once")
    kill_daemon(served)
    served.tmux("send-keys", "-t", "dev:", "", "Enter")
    served.tmux("send-keys", "-t", "dev:", "for i in 3 4 5; do echo E$i; done", "Enter")
    wait_until(lambda: "E5" in served.screen("dev:"), "what is printed meanwhile")
    late = served.bridge("event-subscribe", "dev", "pattern-match", "--pattern", "^E[0-9]").ok()["subscription_id"]
    served.bridge("daemon-start").ok()
    wait_until(lambda: lines(hit)[-3:] == ["E3", "E4", "E5"], "it reads on", 15)
    served.tmux("send-keys", "-t", "dev:", "echo E6", "Enter")
    wait_until(lambda: lines(hit)[-1] == "E6", "and goes on")
    assert [line for line in lines(hit) if line in ("E1", "E3", "E4", "E5", "E6")] == ["E1", "E3", "E4", "E5", "E6"]
    told = [
        event["data"]["line"] for event in events(served, "pattern-match") if late in event["data"]["subscription_ids"]
    ]
    assert told == ["E6"]  # who subscribed later is not told of what was before
    kill_daemon(served)
    served.bridge("daemon-start").ok()
    time.sleep(1)
    assert lines(hit)[-1] == "E6"
    assert lines(hit).count("E6") == 1


def test_a_log_that_was_not_kept_is_told(served):
    served.bridge("event-subscribe", "dev", "pattern-match", "--pattern", "^E[0-9]").ok()
    wait_until(lambda: served.bridge("daemon-status").ok()["watched_panes"] == 1, "the pane is watched")
    kill_daemon(served)
    served.tmux("pipe-pane", "-t", "dev:")
    for path in state(served, "run").iterdir():
        path.unlink() if path.is_file() else None
    served.bridge("daemon-start").ok()
    wait_until(lambda: events(served, "overflow"), "the loss")
    assert events(served, "overflow")[0]["data"] == {"reason": "no log"}


def test_an_end_in_order_keeps_nothing(served):
    served.bridge("event-subscribe", "dev", "pattern-match", "--pattern", "^E[0-9]").ok()
    wait_until(lambda: list(state(served, "run").glob("*.keep-daemon")), "the keep")
    served.bridge("daemon-stop").ok()
    assert list(state(served, "run").glob("pane-*")) == []


# --- a restore ---


def test_a_restore_makes_no_pane_exit(served):
    served.bridge("pane-create", "dev", "second").ok()
    served.bridge("session-save", "dev").ok()
    served.bridge("session-kill", "dev").ok()
    served.tmux("new-session", "-d", "-s", "keeps")
    wait_until(lambda: len(events(served, "session-closed")) == 1, "the end")
    before = len(events(served, "pane-exit"))
    served.bridge("session-restore", "dev").ok()
    wait_until(lambda: events(served, "session-created", "dev"), "the session")
    served.tmux("new-session", "-d", "-s", "mark")
    wait_until(lambda: events(served, "session-created", "mark"), "what comes behind it")
    assert len(events(served, "pane-exit")) == before
    served.tmux("kill-pane", "-t", "dev:")
    wait_until(lambda: len(events(served, "pane-exit")) == before + 1, "an end that is one")
