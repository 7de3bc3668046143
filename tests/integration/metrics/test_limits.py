"""Limits that bite, in the pane that they are set on and nowhere else, and say by what."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from burners import BURN, FORKS, HOLD, breaches, go, is_alive, limits, share, start
from conftest import wait_until

from bridge.system import cgroups


@pytest.fixture(autouse=True)
def _by_the_daemon():
    """What is tested here is the daemon's own way; test_cgroups.py tests the kernel's."""
    top = cgroups.mount_point()
    if top and cgroups.home(top, cgroups.directory(os.getpid(), top))[1]:
        pytest.skip("the kernel keeps limits here")


@pytest.fixture
def served(box):
    """A session at its prompt and a daemon."""
    box.session("dev")
    box.bridge("daemon-start").ok()
    return box


def held(process: psutil.Process, seconds: float = 1.0) -> int:
    """How often the process was seen held within some seconds."""
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        count += process.status() == psutil.STATUS_TRACING_STOP
        time.sleep(0.005)
    return count


def test_without_a_daemon_nothing_pretends(box):
    box.session()
    assert box.bridge("pane-get-limits", "dev", "0").ok()["limits"] == []
    answer = box.bridge("pane-set-limit", "dev", "0", "mem", "300").ok()
    assert (answer["output"], answer["enforced"], answer["limit"]["enforced_by"]) == ("Limit set\n", False, "none")
    assert "daemon-start" in answer["hint"]
    box.bridge("pane-set-limit", "dev", "0", "cpu", "12.5", "--action", "warn").ok()
    answer = box.bridge("pane-get-limits", "dev", "0").ok()
    assert answer["limits"] == [
        {"kind": "cpu", "value": 12.5, "unit": "percent", "action": "warn", "enforced_by": "none"},
        {"kind": "mem", "value": 300, "unit": "mb", "action": "kill", "enforced_by": "none"},
    ]
    assert "daemon-start" in answer["hint"]
    box.bridge("daemon-start").ok()
    assert {row["enforced_by"] for row in limits(box).values()} == {"daemon"}
    assert box.bridge("pane-clear-limit", "dev", "0", "cpu").ok()["cleared"] == ["cpu"]
    assert list(limits(box)) == ["mem"]
    assert box.bridge("pane-clear-limit", "dev", "0").ok()["cleared"] == ["mem"]
    assert box.bridge("pane-clear-limit", "dev", "0").ok()["cleared"] == []


def test_a_limit_is_of_one_pane(box):
    """An option of the window or the server shows in all its panes: it is no limit of theirs."""
    box.session("dev", panes=2)
    box.bridge("pane-set-limit", "dev", "0", "mem", "300").ok()
    value = box.tmux("show-options", "-pv", "-t", "dev:.0", "@bridge_limit_mem").strip()
    box.tmux("set-option", "-w", "-t", "dev", "@bridge_limit_mem", value)
    assert limits(box, "1") == {}
    box.tmux("set-option", "-p", "-t", "dev:.0", "@bridge_limit_mem", "%0 much kill")
    assert limits(box, "0") == {}


def test_a_daemon_that_looks_elsewhere(box):
    box.session("dev")
    box.session("other")
    box.bridge("daemon-start", "other").ok()
    answer = box.bridge("pane-set-limit", "dev", "0", "cpu", "50").ok()
    assert answer["enforced"] is False
    assert "'other'" in answer["hint"] or "other" in answer["hint"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("disk", "5"), "disk"),
        (("cpu", "0"), "0"),
        (("cpu", "-5"), "-5"),
        (("cpu", "much"), "much"),
        (("cpu", "nan"), "nan"),
        (("cpu", "1e99"), "1e99"),
        (("procs", "2.5"), "2.5"),
        (("mem", "5", "--action", "throttle"), "throttle"),
        (("mem", "5", "--action", "beg"), "beg"),
    ],
)
def test_what_cannot_be_a_limit(box, words, named):
    box.session()
    done = box.bridge("pane-set-limit", "dev", "0", *words)
    assert (done.status, done.code) == (1, "ERR_USAGE")
    assert repr(named) in done.json["error"]["message"]
    assert done.json["error"]["hint"]
    assert limits(box) == {}


def test_a_pane_without_a_process_takes_none(box):
    box.session()
    box.tmux("set-option", "-t", "dev", "remain-on-exit", "on")
    box.tmux("respawn-pane", "-k", "-t", "dev", "exit 3")
    wait_until(lambda: box.tmux("list-panes", "-t", "dev", "-F", "#{pane_dead}").strip() == "1", "the end")
    assert box.bridge("pane-set-limit", "dev", "0", "cpu", "50").code == "ERR_NO_PROCESS"


def test_the_cpu_is_throttled(served):
    """Within ten points, the job staying in the foreground; another pane's job is left alone."""
    served.bridge("pane-create", "dev", "second").ok()
    burner, other = start(served, BURN), start(served, BURN, "1")
    answer = served.bridge("pane-set-limit", "dev", "0", "cpu", "12").ok()
    assert (answer["enforced"], answer["limit"]["enforced_by"]) == (True, "daemon")
    wait_until(lambda: breaches(served), "the event")
    assert wait_until(lambda: 2 <= share(burner, 4) <= 22, "ten points of the limit", 40)
    wait_until(lambda: held(burner), "the burner held", 40)
    assert held(other) == 0
    event = breaches(served)[0]
    assert (event["pane"], event["data"]["kind"], event["data"]["enforced_by"]) == ("%0", "cpu", "daemon")
    assert "Stopped" not in served.screen("dev:.0")
    assert served.bridge("pane-is-running", "dev", "0").status == 0
    served.bridge("pane-clear-limit", "dev", "0").ok()
    assert held(burner) == 0
    assert share(burner, 1) > 0
    served.bridge("pane-send-keys", "dev", "0", "C-c").ok()
    served.await_prompt("dev", "0")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_what_is_held_goes_on_when_the_daemon_ends(served, end):
    burner = start(served, BURN)
    served.bridge("pane-set-limit", "dev", "0", "cpu", "2").ok()
    wait_until(lambda: burner.status() == psutil.STATUS_TRACING_STOP, "the burner held")
    os.kill(served.bridge("daemon-status").ok()["pid"], end)
    wait_until(lambda: served.bridge("daemon-status").status == 1, "the end of the daemon")
    assert limits(served)["cpu"]["enforced_by"] == "none"
    assert held(burner) == 0
    assert share(burner, 1) > 0
    assert "Stopped" not in served.screen("dev")


@pytest.mark.parametrize("action", ["kill", "stop"])
def test_too_much_memory_ends_the_job_alone(served, action):
    served.bridge("pane-create", "dev", "second").ok()
    job, other = start(served, HOLD), start(served, HOLD, "1")
    shell = job.parent()
    served.bridge("pane-set-limit", "dev", "0", "mem", "150", "--action", action).ok()
    go(served, "1")
    go(served)
    wait_until(lambda: not is_alive(job), "the end of the job")
    assert shell.is_running()
    assert is_alive(other)
    data = wait_until(lambda: breaches(served), "the event")[0]["data"]
    assert (data["kind"], data["value"], data["pids"]) == ("mem", 150, [job.pid])
    assert data["done"] == {"kill": "killed", "stop": "terminated"}[action]
    assert data["measured"] > 150
    served.await_prompt("dev", "0")


def test_memory_that_workers_share_exceeds_no_limit(served):
    shared = "block = bytearray(b'x' * 157286400)\nimport os, time\n[os.fork() or time.sleep(1000) for _ in range(5)]\n"
    job = start(served, shared + HOLD)
    wait_until(lambda: len(job.children()) == 5, "the workers")
    assert sum(each.memory_info().rss for each in [job, *job.children()]) > 500 * 2**20
    served.bridge("pane-set-limit", "dev", "0", "mem", "400").ok()
    time.sleep(2)
    assert is_alive(job)
    assert breaches(served) == []
    go(served)
    wait_until(lambda: not is_alive(job), "the end of the job that grows")
    assert wait_until(lambda: breaches(served), "the event")[0]["data"]["measured"] < 700


def test_what_ignores_the_request_is_killed(served):
    job = start(served, "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + HOLD)
    served.bridge("pane-set-limit", "dev", "0", "mem", "150", "--action", "stop").ok()
    go(served)
    wait_until(lambda: not is_alive(job), "the end of the job")
    wait_until(lambda: [event["data"]["done"] for event in breaches(served)] == ["terminated", "killed"], "both told")


def test_too_many_processes(served):
    job = start(served, FORKS)
    served.bridge("pane-set-limit", "dev", "0", "procs", "12").ok()
    shell = job.parent()
    go(served)
    wait_until(lambda: breaches(served), "the event")
    wait_until(lambda: not shell.children(recursive=True), "the end of all of them")
    assert shell.is_running()


def test_a_warning_and_its_callback(served):
    hit = served.directory / "hit"
    served.bridge("event-subscribe", "dev", "limit-exceeded", f"cat >>{hit}").ok()
    burner = start(served, BURN)
    served.bridge("pane-set-limit", "dev", "0", "cpu", "5", "--action", "warn").ok()
    wait_until(lambda: hit.exists() and "limit-exceeded" in hit.read_text(), "the callback")
    time.sleep(1.5)
    assert len(breaches(served)) == 1  # told once while it goes on
    assert is_alive(burner)


def test_the_cpu_limit_that_ends_the_job(served):
    burner = start(served, BURN)
    served.bridge("pane-set-limit", "dev", "0", "cpu", "5", "--action", "kill").ok()
    wait_until(lambda: not is_alive(burner), "the end of the job")
    served.await_prompt("dev")


def test_a_shell_is_spared_unless_it_is_killed(served):
    served.bridge("pane-exec", "dev", "0", "while :; do :; done").ok()
    shell = psutil.Process(int(served.tmux("display-message", "-p", "-t", "dev", "#{pane_pid}")))
    served.bridge("pane-set-limit", "dev", "0", "cpu", "5", "--action", "stop").ok()
    event = wait_until(lambda: breaches(served), "the event")[0]
    assert event["data"]["done"].startswith("spared")
    assert event["data"]["enforced_by"] == "none"
    assert is_alive(shell)
    served.bridge("pane-set-limit", "dev", "0", "cpu", "5", "--action", "kill").ok()
    wait_until(lambda: not is_alive(shell), "the end of the shell")
