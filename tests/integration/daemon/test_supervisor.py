"""Every part of the daemon is ended by every exception that it can meet: it begins again, and health says so."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import http.client
import os
import sqlite3
import threading
import time

import pytest
from conftest import wait_until

from bridge.config import Config
from bridge.context import Context
from bridge.daemon import autosave, pulse, service, supervisor
from bridge.daemon.deadlines import Deadlines
from bridge.daemon.finished import Finished
from bridge.daemon.lanes import Lanes
from bridge.daemon.ledger import Ledger
from bridge.errors import BridgeError
from bridge.features.daemon import lifecycle
from bridge.store.rendezvous import DaemonLog, Rendezvous
from bridge.system import process

EXCEPTIONS = (
    BridgeError("ERR_STATE", "the disk is full"),
    OSError(errno.EMFILE, "Too many open files"),
    ValueError("not a number"),
    sqlite3.OperationalError("database is locked"),
    RuntimeError("can't start new thread"),
    http.client.BadStatusLine("SSH-2.0"),
    asyncio.CancelledError("nobody asked"),
    MemoryError(),
    RecursionError("too deep"),
    SystemExit(3),
    KeyboardInterrupt(),
)
# What a part calls at each of its turns; all others hand work to threads.
CALLED = {
    "events": (Ledger, "_append"),
    "commands": (Finished, "_look_at_all"),
    "deadlines": (Deadlines, "_due"),
    "place": (Rendezvous, "is_ours"),
}


class Lab:
    """A daemon in this process, beside a real tmux; `break_part` lets a part fail until it is mended."""

    def __init__(self, box, monkeypatch) -> None:
        self.box = box
        self.broken = ("", None)
        self.hits = 0
        self.count = 0
        monkeypatch.setattr(supervisor, "FIRST_WAIT", 0.02)
        monkeypatch.setattr(supervisor, "LAST_WAIT", 0.05)
        monkeypatch.setattr(service, "_LOOKED_AT_EACH", 0.02)
        monkeypatch.setattr(autosave, "_LONGEST_SLEEP", 0.05)
        self._patch(monkeypatch, Lanes, "run", asynchronous=True)
        for owner, name in CALLED.values():
            self._patch(monkeypatch, owner, name, asynchronous=owner is Ledger)
        environ = box.env | {"BRIDGE_METRICS_INTERVAL": "0.05", "BRIDGE_GC_APART": "0.05", "BRIDGE_GC_INTERVAL": "0.1"}
        config = Config(environ, files={})
        self.ctx = Context(config, environ, script=False)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        assert self.ready.wait(20)

    def _patch(self, monkeypatch, owner, name, *, asynchronous) -> None:
        original = getattr(owner, name)

        def fail() -> None:
            kind, problem = self.broken
            own = asyncio.current_task()
            keepers = self.service.supervisor._keepers
            if kind and any(keeper.task is own and keeper.kind == kind for keeper in keepers):
                self.hits += 1
                raise problem

        async def later(*words, **named):
            fail()
            return await original(*words, **named)

        def now(*words, **named):
            fail()
            return original(*words, **named)

        monkeypatch.setattr(owner, name, later if asynchronous else now)

    def _run(self) -> None:
        meeting = Rendezvous(self.ctx.config, self.ctx.paths, self.ctx.environ)
        assert meeting.take(f"{os.getpid()} {process.read_process(os.getpid()).started}")

        async def serve() -> None:
            self.service = service.Service(self.ctx, "*", meeting, DaemonLog(meeting.log_path))
            self.service.ready = self.ready.set
            await self.service.run()

        with asyncio.Runner(loop_factory=pulse.loop) as runner:
            runner.run(serve())
        os.close(meeting._lock)

    def status(self) -> dict:
        return lifecycle.ask(self.ctx, {"op": "status"})

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def events(self, event_type: str, session: str = "*") -> list[dict]:
        return self.box.bridge("event-log", session, event_type, "1000").ok()["events"]

    @contextlib.contextmanager
    def break_part(self, kind: str, problem: BaseException):
        self.hits, self.broken = 0, (kind, problem)
        try:
            yield
        finally:
            self.broken = ("", None)

    def close(self) -> None:
        self.service.loop.call_soon_threadsafe(self.service.end)
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def lab(box, monkeypatch):
    box.session("dev")
    made = Lab(box, monkeypatch)
    yield made
    made.close()


def use_events(lab):
    return use_structure(lab)


def use_callbacks(lab):
    name = lab.name()
    lab.box.bridge("event-publish", "dev", "go", name).ok()
    return lambda: (lab.box.work / "called").read_text().split().count(name) if called(lab) else 0


def called(lab):
    return (lab.box.work / "called").exists()


def use_structure(lab):
    name = lab.name()
    lab.box.tmux("new-session", "-d", "-s", name)
    return lambda: len(lab.events("session-created", name))


def use_watches(lab):
    name = lab.name()
    lab.box.bridge("pane-exec", "dev", "0", f"echo MATCH{name}; true").ok()
    return lambda: [event["data"]["line"] for event in lab.events("pattern-match")].count(f"MATCH{name}")


def use_commands(lab):
    before = sum(event["data"]["commands"] for event in lab.events("command-finished"))
    lab.box.bridge("pane-exec", "dev", "0", "true").ok()
    return lambda: sum(event["data"]["commands"] for event in lab.events("command-finished")) - before


def use_health(lab):
    before = len(lab.events("health-changed"))
    flag = lab.box.work / "bad"
    flag.unlink() if flag.exists() else flag.write_text("")
    return lambda: len(lab.events("health-changed")) - before


def use_limits(lab):
    turns = []
    original = lab.service.limits._turn

    async def turn():
        await original()
        turns.append(1)

    lab.service.limits._turn = turn
    return lambda: min(len(turns), 1)


def use_metrics(lab):
    began = time.time()
    return lambda: min(len([p for p in points(lab) if p["at"] > began]), 1)


def points(lab):
    return lifecycle.ask(lab.ctx, {"op": "history", "pane": "%0", "since": 0})["points"]


def use_clean_up(lab):
    before = lab.box.bridge("gc-status").ok()["runs"]
    return lambda: min(lab.box.bridge("gc-status").ok()["runs"] - before, 1)


def use_autosave(lab):
    lab.box.bridge("pane-label", "dev", "0", lab.name()).ok()
    before = len(lab.events("snapshot-saved"))
    return lambda: len(lab.events("snapshot-saved")) - before


def use_deadlines(lab):
    before = len(lab.events("timeout"))
    lab.box.bridge("event-subscribe", "dev", "timeout", "--after", "0.01").ok()
    return lambda: len(lab.events("timeout")) - before


def use_place(lab):
    return lambda: int(lab.status()["pid"] == os.getpid())


USES = {
    "events": use_events,
    "callbacks": use_callbacks,
    "structure": use_structure,
    "watches": use_watches,
    "commands": use_commands,
    "health": use_health,
    "limits": use_limits,
    "metrics": use_metrics,
    "clean-up": use_clean_up,
    "autosave": use_autosave,
    "deadlines": use_deadlines,
    "place": use_place,
}


def prepare(lab, kind):
    """What makes the part have something to do."""
    box = lab.box
    if kind == "callbacks":
        box.bridge("event-subscribe", "dev", "go", f'echo "$message" >>{box.work}/called').ok()
    if kind == "watches":
        box.bridge("event-subscribe", "dev", "pattern-match", "--pattern", "^MATCH[a-z]").ok()
    if kind == "health":
        box.bridge("session-health-set", "dev", "--interval", "0.1", "--retries", "1",
                   "--command", f"! test -e {box.work}/bad").ok()  # fmt: skip
    if kind == "limits":
        box.bridge("pane-set-limit", "dev", "0", "procs", "500", "--action", "warn").ok()
    if kind == "clean-up":
        box.bridge("gc-enable", "7200").ok()
    if kind == "autosave":
        box.bridge("session-autosave", "dev", "1").ok()


def is_told(status, kind):
    return any(kind in text for text in status["troubles"]) or (kind == "events" and status["unstored"])


@pytest.mark.parametrize("kind", supervisor.PARTS)
def test_a_part_begins_again_whatever_ended_it(lab, kind):
    prepare(lab, kind)
    for problem in EXCEPTIONS:
        with lab.break_part(kind, problem):
            works = USES[kind](lab)
            wait_until(lambda: lab.hits, f"{kind} fails by {problem!r}")
            wait_until(lambda: is_told(lab.status(), kind), f"{problem!r} is told")
        wait_until(lambda works=works: works() == 1, f"{kind} works after {problem!r}", 20)
    answer = lab.box.bridge("daemon-health").json
    assert answer["health"] in ("degraded", "unhealthy")
    assert any(kind in text for text in answer["problems"])
    parts = {part["part"]: part for part in lab.box.bridge("daemon-status").ok()["parts"]}
    assert set(parts) == set(supervisor.PARTS)


def down(lab, kind):
    """The part is down and stays so while the answers are asked for."""
    return lab.break_part(kind, ValueError("not a number"))


def wait_until_down(lab, kind):
    wait_until(lambda: any(name.startswith(kind) for name in lab.status()["down"]), f"{kind} is down")


@pytest.fixture
def slow(monkeypatch, lab):
    """Parts that have failed wait long before they begin again."""
    monkeypatch.setattr(supervisor, "FIRST_WAIT", 30.0)
    monkeypatch.setattr(supervisor, "LAST_WAIT", 30.0)
    return lab


def test_limits_are_enforced_only_while_the_part_lives(slow):
    box = slow.box
    prepare(slow, "limits")
    with down(slow, "limits"):
        wait_until_down(slow, "limits")
    answer = box.bridge("pane-get-limits", "dev", "0").ok()
    assert {row["enforced_by"] for row in answer["limits"]} <= {"none", "cgroup"}
    if answer["limits"][0]["enforced_by"] == "none":
        assert "limits" in answer["hint"]
    assert box.bridge("daemon-health").json["health"] == "unhealthy"


def test_metrics_are_sampled_only_while_the_part_lives(slow):
    wait_until(lambda: points(slow), "samples")
    assert slow.box.bridge("metrics-history", "dev", "0").ok()["sampled"] is True
    with down(slow, "metrics"):
        wait_until_down(slow, "metrics")
    answer = slow.box.bridge("metrics-history", "dev", "0").ok()
    assert answer["sampled"] is False
    assert "metrics has failed" in answer["hint"]


def test_clean_up_is_enforced_only_while_the_part_lives(slow):
    assert slow.box.bridge("gc-enable", "7200").ok()["enforced"] is True
    with down(slow, "clean-up"):
        wait_until_down(slow, "clean-up")
    answer = slow.box.bridge("gc-status").ok()
    assert (answer["enforced"], answer["next_run"]) == (False, None)
    assert "clean-up has failed" in answer["hint"]


def test_autosaves_are_enforced_only_while_the_part_lives(slow):
    assert slow.box.bridge("session-autosave", "dev", "1").ok()["enforced"] is True
    with down(slow, "autosave"):
        wait_until_down(slow, "autosave")
    row = slow.box.bridge("session-snapshots", "dev").ok()["autosaves"][0]
    assert (row["state"], row["enforced"]) == ("failed", False)
    assert "not a number" in row["reason"]
    assert slow.box.bridge("session-autosave", "other").code  # nothing of that name
    slow.box.session("other")
    assert slow.box.bridge("session-autosave", "other", "60").ok()["enforced"] is False


def test_health_is_enforced_only_while_the_part_lives(slow):
    prepare(slow, "health")
    with down(slow, "health"):
        wait_until_down(slow, "health")
    answer = slow.box.bridge("session-health-set", "second", "--interval", "60").ok()
    assert answer["enforced"] is False
    assert "health dev has failed" in answer["hint"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("structure", ("session-created",)),
        ("structure", ("pane-exit",)),
        ("watches", ("pattern-match", "--pattern", "x")),
        ("commands", ("command-finished",)),
        ("events", ("go",)),
        ("structure", ("*",)),
    ],
)
def test_subscriptions_are_enforced_only_while_the_part_lives(slow, kind, words):
    slow.box.bridge("event-subscribe", "dev", "pattern-match", "--pattern", "^MATCH").ok()
    with down(slow, kind):
        if kind == "commands":
            slow.service.loop.call_soon_threadsafe(slow.service.finished._rung.set)
        else:
            slow.box.bridge("pane-exec", "dev", "0", "echo MATCH; true").ok()
            slow.box.tmux("new-session", "-d", "-s", "more")
        wait_until_down(slow, kind)
    answer = slow.box.bridge("event-subscribe", "dev", *words).ok()
    assert answer["enforced"] is False
    assert kind in answer["hint"]
    rows = {row["subscription_id"]: row for row in slow.box.bridge("event-list").ok()["subscriptions"]}
    assert rows[answer["subscription_id"]]["enforced"] is False
