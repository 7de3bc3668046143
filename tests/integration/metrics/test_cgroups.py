"""Limits that the kernel keeps, on a machine where a cgroup can be made; the decisions on any machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from burners import BURN, FORKS, HOLD, breaches, go, is_alive, limits, share, start
from conftest import wait_until

from bridge.core import limits as rules
from bridge.core.limits import Limit
from bridge.system import cgroups, process

TOP = cgroups.mount_point()


def offered() -> tuple[str, frozenset[str]]:
    return cgroups.home(TOP, cgroups.directory(os.getpid(), TOP)) if TOP else ("", frozenset())


@pytest.fixture
def served(box):
    """A session at its prompt and a daemon, where the kernel can keep all limits."""
    if offered()[1] != set(cgroups.CONTROLLERS):
        pytest.skip("no cgroup with cpu, memory and pids can be made here; make kernel-check has a kernel for it")
    box.bridge("session-create", "dev").ok()
    box.bridge("daemon-start").ok()
    wait_until(lambda: "$" in box.screen("dev"), "the prompt")
    return box


def shell(box) -> psutil.Process:
    return psutil.Process(int(box.tmux("display-message", "-p", "-t", "dev:.0", "#{pane_pid}")))


def group_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cgroup").read_text().splitlines()[-1].removeprefix("0::")


def is_contained(pid: int) -> bool:
    return f"/{cgroups.PREFIX}" in group_of(pid)


def left_over() -> list[str]:
    return [path.name for path in Path(offered()[0]).glob(f"{cgroups.PREFIX}*")]


def test_the_kernel_keeps_the_cpu(served):
    served.bridge("pane-create", "dev", "second").ok()
    burner, other = start(served, BURN), start(served, BURN, "1")
    answer = served.bridge("pane-set-limit", "dev", "0", "cpu", "12").ok()
    assert (answer["enforced"], answer["limit"]["enforced_by"]) == (True, "cgroup")
    assert 2 <= share(burner, 3) <= 22
    event = wait_until(lambda: breaches(served), "the event")[0]
    assert (event["pane"], event["data"]["enforced_by"], event["data"]["done"]) == ("%0", "cgroup", "throttled")
    server = int(served.tmux("display-message", "-p", "#{pid}"))
    daemon = served.bridge("daemon-status").ok()["pid"]
    assert is_contained(burner.pid)
    assert is_contained(shell(served).pid)
    assert not any(is_contained(pid) for pid in (other.pid, server, daemon))
    assert served.bridge("pane-clear-limit", "dev", "0").ok()["cleared"] == ["cpu"]
    wait_until(lambda: not left_over(), "the cgroup removed")
    assert group_of(burner.pid) == group_of(server)
    assert share(burner, 1) > 22


def test_the_kernel_ends_what_takes_too_much_memory(served):
    served.bridge("pane-create", "dev", "second").ok()
    job, other = start(served, HOLD), start(served, HOLD, "1")
    answer = served.bridge("pane-set-limit", "dev", "0", "mem", "150").ok()
    assert answer["limit"]["enforced_by"] == "cgroup"
    go(served, "1")
    go(served)
    wait_until(lambda: not is_alive(job), "the end of the job", 60)
    data = wait_until(lambda: breaches(served), "the event")[0]["data"]
    assert (data["kind"], data["done"], data["enforced_by"]) == ("mem", "killed", "cgroup")
    assert is_alive(other)
    wait_until(lambda: "Killed" in served.screen("dev:.0"), "the shell's word")
    assert int(Path(offered()[0], left_over()[0], "memory.events").read_text().split("oom_kill ")[1].split()[0]) == 1


def test_what_it_held_before_is_not_forgotten(served):
    """Memory stays charged to the cgroup that it was taken in: the daemon looks as well."""
    job = start(served, HOLD)
    go(served)
    wait_until(lambda: job.memory_info().rss > 200 << 20, "the memory taken", 60)
    served.bridge("pane-set-limit", "dev", "0", "mem", "150").ok()
    wait_until(lambda: not is_alive(job), "the end of the job", 60)
    assert wait_until(lambda: breaches(served), "the event")[0]["data"]["enforced_by"] == "daemon"


def test_the_kernel_refuses_processes_and_the_job_ends(served):
    job = start(served, FORKS)
    assert served.bridge("pane-set-limit", "dev", "0", "procs", "12").ok()["limit"]["enforced_by"] == "cgroup"
    shell = job.parent()
    go(served)
    most = 0
    while is_alive(job):
        most = max(most, len(shell.children(recursive=True)) + 1)
        time.sleep(0.01)
    assert most <= 12
    data = wait_until(lambda: breaches(served), "the event")[0]["data"]
    assert (data["done"], data["measured"], data["enforced_by"]) == ("killed", 12, "cgroup")
    assert shell.is_running()


def test_what_the_kernel_cannot_do_as_asked_stays_the_daemons(served):
    for words in (("mem", "300", "--action", "stop"), ("cpu", "50", "--action", "warn"), ("io", "100")):
        assert served.bridge("pane-set-limit", "dev", "0", *words).ok()["limit"]["enforced_by"] == "daemon"
    assert not is_contained(shell(served).pid)
    served.bridge("pane-set-limit", "dev", "0", "procs", "50").ok()
    found = {kind: row["enforced_by"] for kind, row in limits(served).items()}
    assert found == {"cpu": "daemon", "mem": "daemon", "procs": "cgroup", "io": "daemon"}


def test_a_pane_that_ends_or_starts_anew_leaves_nothing(served):
    served.bridge("pane-create", "dev", "second").ok()
    served.bridge("pane-set-limit", "dev", "0", "procs", "50").ok()
    first = left_over()
    served.tmux("respawn-pane", "-k", "-t", "dev:.0")
    wait_until(lambda: len(left_over()) == 1 and left_over() != first, "the cgroup of the new process")
    wait_until(lambda: is_contained(shell(served).pid), "the new process in it")
    served.bridge("pane-kill", "dev", "0").ok()
    wait_until(lambda: not left_over(), "the cgroup removed")


def test_the_end_of_the_daemon_frees_and_its_death_is_told(served):
    served.bridge("pane-set-limit", "dev", "0", "procs", "50").ok()
    os.kill(served.bridge("daemon-status").ok()["pid"], signal.SIGKILL)
    wait_until(lambda: served.bridge("daemon-status").status == 1, "the death of the daemon")
    assert limits(served)["procs"]["enforced_by"] == "cgroup"
    answer = served.bridge("pane-set-limit", "dev", "0", "procs", "60").ok()
    assert answer["limit"]["enforced_by"] == "none"  # the kernel still has the other number
    served.bridge("daemon-start").ok()
    wait_until(lambda: limits(served)["procs"]["enforced_by"] == "cgroup", "the new daemon")
    os.kill(served.bridge("daemon-status").ok()["pid"], signal.SIGKILL)
    wait_until(lambda: served.bridge("daemon-status").status == 1, "the death of the second")
    served.bridge("pane-clear-limit", "dev", "0").ok()
    assert left_over() == []
    served.bridge("daemon-start").ok()
    served.bridge("pane-set-limit", "dev", "0", "procs", "50").ok()
    assert left_over() != []
    served.bridge("daemon-stop").ok()
    assert left_over() == []
    assert not is_contained(shell(served).pid)


def test_clean_up_removes_what_a_dead_pane_has_left(served):
    served.bridge("pane-set-limit", "dev", "0", "procs", "50").ok()
    os.kill(served.bridge("daemon-status").ok()["pid"], signal.SIGKILL)
    assert served.bridge("gc-run").ok()["removed"] == []
    served.bridge("pane-create", "dev", "second").ok()
    path = f"{offered()[0]}/{left_over()[0]}"
    served.bridge("pane-kill", "dev", "0").ok()
    for words in (("--dry-run",), ()):
        assert os.path.isdir(path)
        removed = served.bridge("gc-run", *words).ok()["removed"]
        assert [(item["kind"], item["name"]) for item in removed] == [("cgroup", path)]
    assert not os.path.exists(path)


# --- on any machine that has cgroups at all ---


def test_a_cgroup_is_filled_and_emptied():
    """Without a controller, so wherever a cgroup may be made."""
    own = cgroups.directory(os.getpid(), TOP) if TOP else ""
    if not own or not os.access(own, os.W_OK) or not os.access(f"{own}/cgroup.procs", os.W_OK):
        pytest.skip("no cgroup of version 2 may be made here")
    child = subprocess.Popen([sys.executable, "-c", "import os; os.fork(); os.read(0, 1)"], stdin=subprocess.PIPE)
    try:
        wait_until(lambda: psutil.Process(child.pid).children(), "the fork")
        found = process.read_process(child.pid)
        group = cgroups.Group.make(own, child.pid, found.started)
        try:
            assert cgroups.Group.of(child.pid, found.started, TOP) is None
            assert all(
                group.add(each.pid) for each in [psutil.Process(child.pid), *psutil.Process(child.pid).children()]
            )
            assert cgroups.Group.of(child.pid, found.started, TOP).path == group.path
            assert len(group.pids()) == 2
            assert not group.is_empty()
            assert not cgroups.remove(group.path)
            assert not group.release(f"{own}/nowhere")
        finally:
            assert wait_until(lambda: group.release(own), "the removal")
        assert cgroups.directory(child.pid, TOP) == own
    finally:
        child.stdin.close()
        child.wait()
    gone = cgroups.Group.make(own, child.pid, found.started)
    assert cgroups.abandoned(TOP) == [gone.path]
    cgroups.sweep(TOP)
    assert cgroups.abandoned(TOP) == []
    assert not os.path.exists(gone.path)


# --- decisions, on files with the bytes that the kernel's would have ---


def tree(top: Path, *places: str, offered: str = "cpu io memory pids", handed: str = "") -> None:
    for place in places:
        folder = top / place
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in {"controllers": offered, "subtree_control": handed, "procs": ""}.items():
            (folder / f"cgroup.{name}").write_text(f"{text}\n")


def test_a_place_is_ones_own_or_delegated(tmp_path, monkeypatch):
    tree(tmp_path, ".", "slice", handed="cpu memory pids")
    tree(tmp_path, "slice/scope", handed="")
    (tmp_path / "slice/scope/cgroup.subtree_control").chmod(0o400)
    (tmp_path / "slice/scope/cgroup.controllers").write_text("\n")
    top, own = str(tmp_path), str(tmp_path / "slice/scope")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert cgroups.home(top, own) == ("", frozenset())  # those above belong to somebody else
    assert cgroups.home(top, str(tmp_path / "slice")) == (str(tmp_path / "slice"), {"cpu", "memory", "pids"})
    monkeypatch.setattr(os, "geteuid", lambda: os.stat(top).st_uid or 12345)
    monkeypatch.setattr(cgroups, "_is_delegated", lambda place: place == str(tmp_path / "slice"))
    assert cgroups.home(top, own) == (str(tmp_path / "slice"), {"cpu", "memory", "pids"})
    (tmp_path / "slice/cgroup.subtree_control").write_text("memory io\n")
    (tmp_path / "slice/cgroup.controllers").write_text("memory io\n")
    assert cgroups.home(top, own)[1] == {"memory"}
    assert cgroups.home(top, "/elsewhere") == ("", frozenset())


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (Limit("cpu", 12, "throttle"), "12000 100000"),
        (Limit("cpu", 250, "throttle"), "250000 100000"),
        (Limit("cpu", 0.5, "throttle"), "5000 1000000"),
        (Limit("cpu", 0.01, "throttle"), ""),
        (Limit("cpu", 12, "warn"), ""),
        (Limit("cpu", 12, "kill"), ""),
        (Limit("mem", 150, "kill"), str(150 << 20)),
        (Limit("mem", 0.01, "kill"), ""),
        (Limit("mem", 150, "stop"), ""),
        (Limit("procs", 12, "kill"), "12"),
        (Limit("procs", 12, "stop"), "12"),
        (Limit("procs", 12, "warn"), ""),
        (Limit("io", 100, "throttle"), ""),
    ],
)
def test_what_the_kernel_is_told(limit, text):
    assert rules.kernel_setting(limit) == text
