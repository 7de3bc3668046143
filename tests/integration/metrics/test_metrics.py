"""What panes use, compared with what the system and known burners say."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

import psutil
import pytest
from conftest import wait_until

HOLD = "import time; block = bytearray(b'x' * {size}); open({path!r}, 'w').write('up'); time.sleep(1000)"
# Burns the given share of a core, by short turns.
BURN = """
import os, sys, time
open({path!r}, "w").write(str(os.getpid()))
share = float({share})
while True:
    began, used = time.monotonic(), time.process_time()
    while time.process_time() - used < 0.02 * share:
        pass
    time.sleep(max(0.0, 0.02 - (time.monotonic() - began)))
"""


def program(box, name: str, text: str) -> str:
    (box.work / f"{name}.py").write_text(text)
    return f"{sys.executable} {box.work / name}.py"


def start(box, name: str, text: str, session: str = "dev", pane: str = "0") -> Path:
    """Run a program in a pane; returns when it has written the file that it is given."""
    path = box.work / f"{name}.up"
    box.bridge("pane-exec", session, pane, program(box, name, text.replace("{path!r}", repr(str(path))))).ok()
    wait_until(lambda: path.exists() and path.read_text(), f"{name} running")
    return path


def measured(box, *words) -> dict:
    return box.bridge("pane-metrics", "dev", "0", *words).ok()["metrics"]


def of(box, pane: str = "dev") -> psutil.Process:
    return psutil.Process(int(box.tmux("display-message", "-p", "-t", pane, "#{pane_pid}")))


def tree(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]


def pss(process: psutil.Process) -> float:
    """Megabytes, shared pages by their part; where the system does not tell, resident ones."""
    told = process.memory_full_info()
    return getattr(told, "pss", told.rss) / 2**20


def test_an_idle_shell(box):
    box.session()
    answer = box.bridge("pane-metrics", "dev", "0").ok()
    found = answer["metrics"]
    shell = of(box)
    assert (found["process_count"], found["thread_count"]) == (1, 1)
    share = pss(shell)
    assert found["memory_mb"] == pytest.approx(share, rel=0.2, abs=0.3)
    assert found["memory_percent"] == pytest.approx(share * 2**20 / psutil.virtual_memory().total * 100, abs=0.02)
    assert found["uptime_seconds"] == pytest.approx(time.time() - shell.create_time(), abs=2)
    assert found["cpu_percent"] < 20
    assert [(row["pid"], row["name"]) for row in answer["processes"]] == [(shell.pid, "bash")]
    assert answer["interval_seconds"] == 0.5


def test_memory_of_the_whole_tree(box):
    box.session()
    start(box, "hold", HOLD.replace("{size}", str(150 * 2**20)))
    found = measured(box, "--interval", "0")
    processes = tree(of(box))
    assert found["memory_mb"] == pytest.approx(sum(map(pss, processes)), rel=0.05)
    assert found["memory_mb"] > 150
    assert found["process_count"] == len(processes) == 2


def test_memory_that_workers_share_counts_once(box):
    """150 MB and five forked workers are no 900 MB: in a call, in the daemon's samples, and in the session's sum."""
    box.session()
    text = HOLD.replace("import time", "import os, time").replace("{size}", str(150 * 2**20))
    start(box, "forks", text.replace("time.sleep", "[os.fork() or time.sleep(1000) for _ in range(5)]; time.sleep"))
    wait_until(lambda: len(tree(of(box))) == 7, "the workers")
    for found in (measured(box, "--interval", "0"), measured(box, "--interval", "0.1")):
        assert 150 < found["memory_mb"] < 200
    total = box.bridge("session-metrics", "dev", "--interval", "0").ok()["metrics"]["total_memory_mb"]
    assert 150 < total < 200


def test_the_share_of_the_cpu(box):
    """The burner's own clock of CPU time is the witness: it counts what it got, however loaded the machine is."""
    box.session()
    path = start(box, "burn", BURN.replace("{share}", "0.6"))
    burner = psutil.Process(int(path.read_text()))
    for _ in range(5):
        before, at = sum(burner.cpu_times()[:2]), time.monotonic()
        found = measured(box, "--interval", "3")["cpu_percent"]
        share = (sum(burner.cpu_times()[:2]) - before) / (time.monotonic() - at) * 100
        if found == pytest.approx(share, rel=0.05):
            return
    pytest.fail(f"{found} where the system says {share}")


def test_processes_that_live_between_two_looks_count(box):
    box.session()
    body = "for n in range(40000): pass"
    text = (
        "import subprocess, sys\nopen({path!r}, 'w').write('up')\n"
        f"while True: subprocess.run([sys.executable, '-ISc', {body!r}])"
    )
    start(box, "many", text)
    root = of(box)

    def used() -> float:
        total = 0.0
        for each in reversed(tree(root)):
            with contextlib.suppress(psutil.NoSuchProcess):  # its parent has its time from then on, and is read later
                total += sum(each.cpu_times())
        return total

    for _ in range(5):
        before, at = used(), time.monotonic()
        found = measured(box, "--interval", "3")["cpu_percent"]
        share = (used() - before) / (time.monotonic() - at) * 100
        if found == pytest.approx(share, rel=0.1):
            return
    pytest.fail(f"{found} where the system says {share}")


def test_threads_and_processes_that_left_their_parent(box):
    box.session()
    text = (
        "import os, threading, time\n"
        "for n in range(4): threading.Thread(target=time.sleep, args=(1000,)).start()\n"
        "if os.fork() == 0:\n"
        "    if os.fork() == 0:\n"  # the child of a parent that has ended, still in the pane's terminal
        "        time.sleep(1000)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "open({path!r}, 'w').write('up')\n"
    )
    start(box, "threads", text)
    found = measured(box, "--interval", "0")
    assert (found["process_count"], found["thread_count"]) == (3, 7)


def test_bytes_to_storage(box):
    box.session()
    probe = psutil.Process().io_counters().write_bytes
    target = Path("/var/tmp") if os.access("/var/tmp", os.W_OK) else box.work
    file = target / f"bridge-{os.getpid()}.bin"
    try:
        with file.open("wb") as out:
            out.write(b"x" * 2**20)
            out.flush()
            os.fsync(out.fileno())
        if psutil.Process().io_counters().write_bytes == probe:
            pytest.skip("no file system here that counts what is written to it")
        before = measured(box, "--interval", "0")["io_write_kb"]
        text = (
            f"import os, time\nfile = open({str(file)!r}, 'wb')\nfile.write(b'x' * {20 * 2**20})\nfile.flush()\n"
            "os.fsync(file.fileno())\nopen({path!r}, 'w').write('up')\n"
        )
        start(box, "write", text)
        box.await_prompt("dev")
        # The program has ended: its shell, which waited for it, has its bytes.
        assert measured(box, "--interval", "0")["io_write_kb"] - before == pytest.approx(20 * 1024, rel=0.05)
    finally:
        file.unlink(missing_ok=True)


def test_another_panes_processes_are_not_counted(box):
    box.session("dev", panes=2)
    start(box, "hold", HOLD.replace("{size}", str(100 * 2**20)), pane="1")
    answer = box.bridge("session-metrics", "dev", "--interval", "0.2").ok()
    rows = {row["pane_id"]: row for row in answer["panes"]}
    assert (rows[0]["process_count"], rows[1]["process_count"]) == (1, 2)
    assert rows[0]["memory_mb"] < 60 < 100 < rows[1]["memory_mb"]
    total = answer["metrics"]
    assert total["pane_count"] == 2
    assert total["total_process_count"] == 3
    for name in ("cpu_percent", "memory_mb", "io_read_kb", "io_write_kb"):
        assert total[f"total_{name}"] == pytest.approx(sum(row[name] or 0 for row in rows.values()), abs=0.02)


def test_a_pane_whose_process_has_ended(box):
    box.session()
    box.tmux("set-option", "-t", "dev", "remain-on-exit", "on")
    box.tmux("respawn-pane", "-k", "-t", "dev", "exit 3")
    wait_until(lambda: box.tmux("list-panes", "-t", "dev", "-F", "#{pane_dead}").strip() == "1", "the end")
    done = box.bridge("pane-metrics", "dev", "0", "--interval", "0")
    assert (done.status, done.code, done.json["output"]) == (1, "ERR_NO_PROCESS", "Process not found\n")
    answer = box.bridge("session-metrics", "dev", "--interval", "0").ok()
    assert (answer["panes"], answer["metrics"]["pane_count"], answer["metrics"]["total_memory_mb"]) == ([], 1, 0)


@pytest.mark.parametrize("interval", ["61", "-1", "x", "1e3"])
def test_an_interval_that_cannot_be(box, interval):
    box.session()
    for words in (("pane-metrics", "dev", "0"), ("session-metrics", "dev")):
        done = box.bridge(*words, f"--interval={interval}")
        assert (done.status, done.code) == (1, "ERR_USAGE")
        assert interval in done.json["error"]["message"]
