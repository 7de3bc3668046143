"""The daemon's life: one at a time, started quickly, ended wholly, never mistaken for another process."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from conftest import ROOT, TMUX, wait_until

from bridge.tmux.client import Tmux
from bridge.tmux.doorbell import Doorbell

EVENT = {
    "seq": 0,
    "event_id": "1",
    "event_type": "go",
    "session": "dev",
    "pane_id": "",
    "pane": "",
    "timestamp": "",
    "message": "",
    "data": {},
}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def daemon_pids(box) -> list[int]:
    """Every process that runs as this sandbox's daemon; a child that is about to become tmux is none."""
    marker = f"BRIDGE_STATE_DIR={box.env['BRIDGE_STATE_DIR']}".encode()
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            if b"--daemon" in words and marker in (path / "environ").read_bytes().split(b"\0"):
                found[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return [pid for pid, parent in found.items() if parent not in found]


def hooks(box) -> list[str]:
    rows = box.tmux("show-hooks", "-g") + box.tmux("show-hooks", "-gw")
    return [row for row in rows.splitlines() if "bridge-" in row]


def socket_of(box) -> Path:
    return next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("*.sock"))


def test_start_status_stop(box):
    assert box.bridge("daemon-status").json["running"] is False
    assert box.bridge("daemon-status").status == 1
    started = box.bridge("daemon-start").ok()
    status = box.bridge("daemon-status").ok()
    assert status["running"] is True
    assert status["pid"] == started["pid"]
    assert (status["sessions"], status["subscriptions"], status["queue_depth"]) == (0, 0, 0)
    assert status["rss_mb"] > 5
    assert daemon_pids(box) == [started["pid"]]
    stopped = box.bridge("daemon-stop").ok()
    assert stopped["pid"] == started["pid"]
    assert not alive(started["pid"])
    again = box.bridge("daemon-stop")
    assert again.code == "ERR_DAEMON"
    assert again.status == 1


def test_start_returns_quickly_also_inside_a_substitution(box):
    box.bridge("version").ok()
    script = f'out=$("{box.built}" --compact daemon-start) && echo "$out" | grep -c success'
    began = time.monotonic()
    done = box.call(["sh", "-c", script], timeout=5)
    took = time.monotonic() - began
    assert done.stdout == "1\n", done.stderr
    assert took < 1.0
    assert box.bridge("daemon-status").ok()["running"]


def test_the_daemon_holds_nothing_of_its_starter(box):
    pid = box.bridge("daemon-start").ok()["pid"]
    links = [os.readlink(f"/proc/{pid}/fd/{number}") for number in (0, 1, 2)]
    assert links == ["/dev/null"] * 3
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    assert fields[4] == "0"  # no terminal
    assert os.getsid(pid) != os.getsid(0)


def test_one_instance_however_many_start(box):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: box.bridge("daemon-start"), range(8)))
    started = [done.json["pid"] for done in answers if done.status == 0]
    refused = [done for done in answers if done.status]
    assert len(started) == 1
    assert {done.code for done in refused} == {"ERR_DAEMON"}
    assert {done.json["pid"] for done in refused} == set(started)
    assert daemon_pids(box) == started
    assert box.bridge("daemon-status").ok()["pid"] == started[0]


def test_a_start_waits_for_one_that_is_ending(box):
    first = box.bridge("daemon-start").ok()["pid"]
    began = box.directory / "began"
    box.bridge("event-subscribe", "dev", "go", f"echo x >{began}; sleep 1").ok()
    box.bridge("event-publish", "dev", "go").ok()
    wait_until(began.exists, "a callback that holds the end up")
    with box.start("daemon-stop") as stopping:
        wait_until(lambda: not list(Path(box.env["BRIDGE_STATE_DIR"]).rglob("*.sock")), "the end's beginning")
        second = box.bridge("daemon-start").ok()["pid"]
        assert stopping.wait(20) == 0
    assert second != first
    assert daemon_pids(box) == [second]


def test_restart_also_where_none_ran(box):
    first = box.bridge("daemon-restart").ok()
    assert first["previous_pid"] is None
    second = box.bridge("daemon-restart", "dev").ok()
    assert second["previous_pid"] == first["pid"]
    assert box.bridge("daemon-restart").ok()["monitor"] == "dev"
    assert len(daemon_pids(box)) == 1


def test_a_foreign_pid_file_is_ignored(box):
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file = box.directory / "d.pid"
        pid_file.write_text(f"{stranger.pid}\n")
        env = {"BRIDGE_PID_FILE": str(pid_file)}
        assert box.bridge("daemon-status", env=env).json["running"] is False
        assert box.bridge("daemon-stop", env=env).code == "ERR_DAEMON"
        assert stranger.poll() is None
        pid = box.bridge("daemon-start", env=env).ok()["pid"]
        assert pid_file.read_text() == f"{pid}\n"
        box.bridge("daemon-stop", env=env).ok()
        assert not pid_file.exists()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_killed_daemon_leaves_no_process_and_the_next_start_recovers(box):
    box.session("dev")
    pid = box.bridge("daemon-start").ok()["pid"]
    assert len(hooks(box)) >= 8
    clients = psutil.Process(pid).children(recursive=True)
    clients = [client for client in clients if "wait-for" in client.cmdline()]
    assert len(clients) == 1
    assert "-C" not in clients[0].cmdline()  # one that is just arriving can end the server
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid), "the end of the daemon")
    assert box.bridge("daemon-status").json["running"] is False
    wait_until(lambda: not alive(clients[0].pid), "the end of its client")
    second = box.bridge("daemon-start").ok()["pid"]
    assert second != pid
    assert len(hooks(box)) >= 8
    box.bridge("daemon-stop").ok()
    assert hooks(box) == []


def test_a_doorbell_that_cannot_be_hung_leaves_nothing_open(box):
    """However many descriptors there are, and whichever is the one too many."""
    box.session("dev")
    bell = Doorbell(Tmux(box.env, TMUX, ("-S", box.tmux("display-message", "-p", "#{socket_path}").strip())), "0" * 16)
    me, limits = psutil.Process(), resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.ExitStack() as opened:
        last = max(int(name) for name in os.listdir("/proc/self/fd"))
        while opened.enter_context(open(os.devnull)).fileno() < last:
            pass  # no gaps below
        hang_at_every_limit(bell, me, limits, last + 2)


def hang_at_every_limit(bell, me, limits, lowest):
    before, failed = me.num_fds(), 0
    for limit in range(lowest, lowest + 16):
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limits[1]))
        try:
            bell.listen(("list-panes", "-a", "-F", "#{pane_id}"))
        except OSError:
            failed += 1
        else:
            assert bell.answer().output == b"%0\n"
            assert not bell.has_ended()
            bell.close()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert bell.has_ended()
        assert me.num_fds() == before
    assert 5 <= failed < 15


def test_a_daemon_that_hangs_is_told_and_replaced(box):
    pid = box.bridge("daemon-start").ok()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        done = box.bridge("daemon-health")
        assert done.json["health"] == "unhealthy"
        assert done.status == 1
        status = box.bridge("daemon-status")
        assert status.code == "ERR_DAEMON"
        assert str(pid) in status.json["error"]["message"]
        second = box.bridge("daemon-restart", timeout=60).ok()
        assert second["previous_pid"] == pid
    finally:
        if alive(pid):
            os.kill(pid, signal.SIGCONT)
    assert not alive(pid)


def test_term_ends_it_cleanly(box):
    box.session("dev")
    pid = box.bridge("daemon-start").ok()["pid"]
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not alive(pid), "the end")
    assert hooks(box) == []
    assert list(Path(box.env["BRIDGE_STATE_DIR"]).rglob("*.sock")) == []
    assert box.bridge("pane-count", "dev").ok()["output"] == "1\n"


def test_health_and_logs(box):
    assert box.bridge("daemon-logs").code == "ERR_DAEMON"
    assert box.bridge("daemon-health").json["health"] == "stopped"
    box.bridge("daemon-start").ok()
    health = box.bridge("daemon-health").ok()
    assert health["health"] == "healthy"
    assert health["problems"] == ["no tmux server runs; the daemon waits for one"]
    lines = box.bridge("daemon-logs", "1").ok()["lines"]
    assert len(lines) == 1
    assert "INFO: Event loop started" in lines[0]


def test_the_log_is_followed(box):
    box.bridge("daemon-start").ok()
    with box.start("daemon-logs", "1", "--follow") as process:
        box.session("dev")
        wanted = process.stdout.readline()
        box.session("second")
        while b"session-created session=second" not in wanted:
            wanted += process.stdout.read1(4096)
        process.send_signal(signal.SIGINT)
        process.stdout.close()
        assert process.wait(10) == 130


def test_foreground_runs_here_until_interrupted(box):
    with box.start("daemon-start", "--foreground") as process:
        assert b"ready" in process.stderr.readline()
        assert box.bridge("daemon-status").ok()["pid"] == process.pid
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_it_waits_for_a_server_without_burning_time(box):
    pid = box.bridge("daemon-start").ok()["pid"]
    time.sleep(0.5)
    before = cpu(pid)
    time.sleep(2)
    assert cpu(pid) - before <= 0.02
    box.session("later")
    wait_until(lambda: box.bridge("daemon-status").ok()["sessions"] == 1, "the new session")


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_the_socket_is_ours_alone(box):
    box.bridge("daemon-start").ok()
    path = socket_of(box)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def ask(path: Path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(path))
        try:
            connection.sendall(data)
            return connection.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            return b""


@pytest.mark.parametrize(
    "question",
    [
        *(b"nonsense\n", b"[]\n", b"{}\n", b'{"op":"x"}\n'),
        *(b'{"op":"publish"}\n', b'{"op":"publish","event":{}}\n', b'{"op":"publish","event":[]}\n'),
        json.dumps({"op": "publish", "event": EVENT | {"data": 5}}).encode() + b"\n",
        json.dumps({"op": "publish", "event": EVENT | {"data": {"a": float("nan")}}}).encode() + b"\n",
        json.dumps({"op": "publish", "event": EVENT | {"event_type": "../../x"}}).encode() + b"\n",
        json.dumps({"op": "publish", "event": EVENT | {"session": []}}).encode() + b"\n",
    ],
)
def test_questions_that_make_no_sense_are_refused(box, question):
    box.bridge("daemon-start").ok()
    assert json.loads(ask(socket_of(box), question))["error"]["code"] == "ERR_USAGE"
    assert box.bridge("event-log", "*").ok()["events"] == []
    assert box.bridge("daemon-status").ok()["running"]


def test_large_and_slow_questions_are_cut_off(box):
    box.bridge("daemon-start").ok()
    path = socket_of(box)
    idle = []
    for _ in range(50):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        connection.send(b'{"op":')
        idle.append(connection)
    assert ask(path, b"x" * 5_000_000 + b"\n") == b""
    assert box.bridge("daemon-status").ok()["running"]
    idle[0].settimeout(10)
    assert idle[0].recv(10) == b""
    for connection in idle:
        connection.close()


def test_a_start_that_cannot_work_says_why(box):
    log = box.directory / "state" / "f"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    log.write_text("")
    done = box.bridge("daemon-start", env={"BRIDGE_STATE_DIR": str(log)})
    assert done.code == "ERR_STATE"
    for name in ("daemon-start", "daemon-restart"):
        done = box.bridge(name, env={"BRIDGE_CALLBACK_TIMEOUT": "soon"})
        assert done.code == "ERR_DAEMON"
        assert "BRIDGE_CALLBACK_TIMEOUT" in done.json["error"]["message"]
    assert daemon_pids(box) == []


@pytest.mark.parametrize(
    "words",
    [
        ("daemon-stop",),
        ("daemon-status",),
        ("daemon-health",),
        ("daemon-logs",),
        ("daemon-restart",),
        ("event-list",),
        ("event-log", "*"),
        ("event-subscribe", "dev", "pane-exit"),
        ("event-unsubscribe", "x"),
        ("event-publish", "dev", "done"),
        ("event-stream", "--since", "0"),
    ],
    ids=" ".join,
)
def test_a_state_directory_that_is_none_is_told(box, words):
    place = box.directory / "file"
    place.write_text("")
    assert box.bridge(*words, env={"BRIDGE_STATE_DIR": str(place)}).code == "ERR_STATE"


def test_a_long_state_directory_still_gets_a_socket(box):
    deep = box.directory / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True, mode=0o700)
    env = {"BRIDGE_STATE_DIR": str(deep)}
    box.bridge("daemon-start", env=env).ok()
    try:
        assert box.bridge("daemon-status", env=env).ok()["running"]
    finally:
        box.bridge("daemon-stop", env=env).ok()


def test_the_click_front_starts_it_too(box):
    pid = box.bridge("daemon-start", front="click").ok()["pid"]
    assert box.bridge("daemon-status").ok()["pid"] == pid


GUIDE = (ROOT / "docs" / "DAEMON_GUIDE.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_block_of_the_guide_runs(box, block):
    assert '"status": "error"' not in box.run_block("-euo", "pipefail", text=block)


def test_the_guide_names_only_what_there_is():
    from bridge import registry
    from bridge.core import events

    assert len(BLOCKS) == 4
    named = set(re.findall(r"`?bridge ((?:daemon|event|session|pane)-[a-z-]+)", GUIDE))
    assert named <= set(registry.names())
    assert set(events.TYPES) <= set(re.findall(r"`([a-z-]+)`", GUIDE))
