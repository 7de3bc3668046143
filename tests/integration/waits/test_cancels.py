"""Calls that nobody waits for any more: they end wherever they are, and leave nothing."""

from __future__ import annotations

import ast
import asyncio
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from conftest import ROOT, wait_until

from bridge import pause
from bridge.client import AsyncBridge, CallError
from bridge.config import Config
from bridge.context import Context
from bridge.features.output.bytelog import ByteLog
from bridge.features.panes import lookup
from bridge.store.wholelock import WholeLock
from bridge.system import threads
from bridge.tmux.apart import apart

# Who waits without looking whether anybody wants it: no thread of a call that can be cancelled comes there, or ...
ELSEWHERE = {
    **dict.fromkeys(("daemon", "archive", "cli", "top"), "another front"),
    "batch/entry.py": "the main thread, and one that only looks whether the reader is there",
    "client/follow.py": "the caller's own thread",
    "mcp/resources.py": "the event loop",
    "mcp/calls.py": "the event loop",
    "client/calls.py": "the event loop",
    "system/threads.py": "the event loop",
    "commands/daemon.py": "prints until it ends, so it is no call of a library",
    "features/events/eventlog.py": "as that",
    "features/upkeep/logs.py": "as that",
    "features/output/stream.py": "as that",
    "features/screens/interact.py": "as that",
    "system/terminal.py": "as that",
    "system/outlet.py": "as that",
    "tmux/attachment.py": "as that",
    "store/rendezvous.py": "the daemon's start",
    "tmux/doorbell.py": "the daemon's",
    "system/matcher.py": "the daemon's",
    "pause.py": "the place itself",
    "features/daemon/autostart.py": "crontab answers at once, and has 10 seconds",
    "system/process.py": "ps, where there is no /proc",
}
ALLOWED = {
    ("features/daemon/lifecycle.py", "os.waitpid"): "its child forks and ends",
    ("features/daemon/lifecycle.py", "connection.recv"): "behind a look whether there is something",
    ("system/probes.py", "running.wait"): "it was ended by force before",
    ("system/termination.py", "os.waitpid"): "as that",
    ("system/grep.py", "posix.waitpid"): "as that",
    ("tmux/drain.py", "posix.waitpid"): "as that",
    ("tmux/client.py", "posix.waitpid"): "it has said its last word",
    ("tmux/controlmode.py", "os.waitpid"): "it has left, or was ended by force",
    ("tmux/controlmode.py", "poller.poll"): "gives back: at most a second",
    ("tmux/controlmode.py", "ours.accept"): "behind a look whether there is something",
    ("tmux/controlmode.py", "select.select"): "a thread of its own, which ends with the client",
    ("tmux/controlmode.py", "end.recv"): "as that",
    ("features/runs/frames.py", "begun.wait"): "a wait of ours",
    ("features/runs/execution.py", "self.wait"): "as that",
    ("commands/run.py", "run.wait"): "as that",
    ("commands/agentlist.py", "until_state.wait"): "as that",
    ("features/agents/firstmessage.py", "until_state.wait"): "as that",
    ("features/agents/spawn.py", "until_state.wait"): "as that",
}


def blocks(node: ast.Call) -> bool:
    name, words = ast.unparse(node.func), [ast.unparse(word) for word in node.args]
    last = name.rpartition(".")[2]
    if not isinstance(node.func, ast.Attribute) or isinstance(node.func.value, ast.Constant):
        return False
    return (
        name in ("time.sleep", "select.select")
        or name.startswith("subprocess.run")
        or last in ("accept", "recv", "communicate", "acquire", "wait", "create_connection")
        or (last == "poll" and name not in ("pause.poll", "select.poll") and words != ["0"])
        or (last == "waitpid" and "WNOHANG" not in " ".join(words))
        or (last == "flock" and "LOCK_NB" not in " ".join(words))
    )


def test_every_wait_of_a_call_looks_whether_it_is_wanted():
    found = set()
    for path in (ROOT / "bridge").rglob("*.py"):
        name = path.relative_to(ROOT / "bridge").as_posix()
        if name in ELSEWHERE or name.split("/")[0] in ELSEWHERE:
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        found |= {(name, ast.unparse(node.func)) for node in calls if blocks(node)}
    assert found == set(ALLOWED)


@pytest.fixture
def deaf():
    """The port of a server that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("localhost", 0))
        listening.listen()
        yield listening.getsockname()[1]


def held_back(box, make, waits=lambda: True) -> float:
    """Seconds that a call took to end once it was cancelled; nothing of it may be left."""
    before = {"thread": threading.active_count()}

    async def cancel() -> float:
        async with AsyncBridge(environ=box.env) as bridge:
            task = asyncio.ensure_future(make(bridge))
            await asyncio.sleep(0.3)
            end = time.monotonic() + 20
            while not waits() and time.monotonic() < end:
                await asyncio.sleep(0.01)
            assert not task.done(), "it did not wait"
            began = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return time.monotonic() - began

    took = asyncio.run(cancel())
    assert not any(thread.name == threads.NAME for thread in threading.enumerate())
    wait_until(lambda: threading.active_count() <= before["thread"], "no thread of the call")
    return took


def children() -> list[str]:
    found = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True, check=False
    )
    ours = ("ps ", f"{sys.executable} -c")  # the second is what forks the Click front for the tests
    return [row for row in found.stdout.splitlines() if not row.startswith(ours)]


@pytest.fixture
def dev(box):
    box.session("dev")
    box.await_prompt("dev", "0")
    return box


def test_a_check_of_an_address_that_does_not_answer(dev, deaf):
    dev.bridge("session-health-set", "dev", "--http", f"http://localhost:{deaf}/").ok()
    assert held_back(dev, lambda bridge: bridge.session_health("dev")) < 2


def test_a_check_by_a_command_that_does_not_end(dev):
    dev.bridge("session-health-set", "dev", "--command", "exec sleep 617").ok()
    sleeps = lambda: any("sleep 617" in row for row in children())  # noqa: E731
    assert held_back(dev, lambda bridge: bridge.session_health("dev"), sleeps) < 2
    assert not sleeps()


def test_a_lock_that_somebody_else_has(dev):
    dev.bridge("pane-metadata-set", "dev", "0", "key", "value").ok()
    (path,) = (path for path in (dev.home / "..").resolve().rglob("dev.lock"))
    dev.env["BRIDGE_LOCK_TIMEOUT"] = "60"
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert held_back(dev, lambda bridge: bridge.pane_metadata_set("dev", "0", "key", "new")) < 2


def test_a_pattern_that_takes_long(dev):
    dev.bridge("pane-exec", "dev", "0", "echo " + "a" * 60).ok()
    pattern = r"^(a*)*(a*)*(a*)*(a*)*\1\2\3\4b$"
    assert held_back(dev, lambda bridge: bridge.pane_wait_for("dev", "0", pattern=pattern, timeout=60)) < 4
    assert not any(row.startswith("grep") for row in children())


@pytest.mark.parametrize("name", ["pane_capture", "session_list", "pane_metadata_set"])
def test_a_tmux_that_does_not_answer(dev, name):
    server = int(dev.tmux("display-message", "-p", "#{pid}"))
    arguments = {"pane_capture": ("dev", "0"), "session_list": (), "pane_metadata_set": ("dev", "0", "k", "v")}[name]
    os.kill(server, signal.SIGSTOP)
    try:
        assert held_back(dev, lambda bridge: getattr(bridge, name)(*arguments)) < 4
    finally:
        os.kill(server, signal.SIGCONT)
    assert children() == []


def test_a_cancelled_run_goes_on_and_can_be_asked_for(dev):
    """What was typed is not taken back: its record and its log stay, for run-result."""
    release = dev.home / "release"
    text = f"until [ -e {release} ]; do sleep 0.02; done; echo done; exit 7"
    typed = lambda: "true" in dev.bridge("pane-is-running", "dev", "0").stdout  # noqa: E731
    held_back(dev, lambda bridge: bridge.pane_run("dev", "0", text, timeout=60, subshell=True), typed)
    (run,) = dev.bridge("run-list").ok()["output"]
    assert run["outcome"] == "running"
    release.touch()
    wait_until(
        lambda: dev.bridge("run-result", run["run_id"]).json.get("exit_code") == 7, "the end of the run that was left"
    )


def test_random_cancels_leave_nothing():
    """A few hundred of what `make cancel-soak` does by the thousand."""
    words = [sys.executable, str(ROOT / "scripts" / "cancel_soak.py"), "500"]
    done = subprocess.run(
        words, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("parallel", ["1", "4"])
def test_a_batch_whose_reader_has_left_ends(dev, parallel):
    """Also where it waits for what would take an hour, and nothing is to be written."""
    calls = [
        {"id": 1, "argv": ["pane-count", "dev"]},
        {"id": 2, "argv": ["pane-wait-for", "dev", "0", "--pattern", "never"]},
    ]
    source, target = os.pipe()
    running = subprocess.Popen(
        [dev.built, "batch", "--parallel", parallel], env=dev.env, stdin=source, stdout=subprocess.PIPE
    )
    os.close(source)
    assert running.stdout is not None
    os.write(target, "".join(f"{json.dumps(call)}\n" for call in calls).encode())
    assert json.loads(running.stdout.readline())["id"] == 1
    time.sleep(0.3)
    running.stdout.close()
    assert running.wait(timeout=20) == 0
    os.close(target)


def test_a_batch_that_is_interrupted_ends(dev):
    calls = [{"id": number, "argv": ["pane-wait-for", "dev", "0", "--pattern", "never"]} for number in range(3)]
    running = subprocess.Popen(
        [dev.built, "batch", "--parallel", "4"], env=dev.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert running.stdin is not None
    running.stdin.write("".join(f"{json.dumps(call)}\n" for call in calls).encode())
    running.stdin.flush()
    wait_until(lambda: dev.tmux("list-clients").strip(), "the batch's client")
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=20) == 130
    running.stdin.close()


def test_an_error_of_a_call_is_still_an_error(dev):
    async def ask() -> None:
        async with AsyncBridge(environ=dev.env) as bridge:
            with pytest.raises(CallError):
                await bridge.pane_count("none")

    asyncio.run(ask())


@pytest.mark.parametrize("is_foreign", [False, True], ids=["a pipe of ours", "a pipe of somebody else"])
def test_a_log_that_is_called_off_anywhere_leaves_nothing(dev, monkeypatch, is_foreign):
    """At each of the places in turn at which it looks whether it is wanted."""
    if is_foreign:
        dev.tmux("pipe-pane", "-t", "dev", "cat >/dev/null")
    ctx = Context(Config(dev.env), dev.env, script=False, lock_class=WholeLock)
    ctx.tmux = apart(ctx.tmux)
    pane = lookup.find(ctx, "dev", "0")[1]

    def held() -> tuple[object, ...]:
        return sorted(os.listdir("/proc/self/fd")), children(), dev.tmux("list-clients")

    before, strike, number = held(), pause._strike, 0
    while True:
        request, left = pause.Request(), [number]

        def counted(request, left=left):
            left[0] -= 1
            if left[0] < 0:
                request.call_off()
            strike(request)

        monkeypatch.setattr(pause, "_strike", counted)
        try:
            pause.within(request, lambda: ByteLog(ctx, pane).close())
            break
        except pause.Cancelled:
            number += 1
        finally:
            request.close()
            monkeypatch.setattr(pause, "_strike", strike)
        wait_until(lambda: held() == before, f"nothing to be left by a call that ended at look {number}", 10)
    assert number > (12 if is_foreign else 2)
    wait_until(lambda: held() == before, "nothing to be left by the call that was wanted", 10)
    files = [path for path in (dev.directory / "state").rglob("pane-*") if path.suffix in (".log", ".lease", ".pid")]
    assert files == []
