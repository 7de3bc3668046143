"""Measure metrics and limits on a private tmux server: metrics_bench.py FILE [PANES] [ROUNDS]

Prints JSON: the sampler's CPU with so many idle panes (percent of a core), pane-metrics as a ratio to a plain
call after its interval is taken off, session-metrics of all panes, and what a throttled burner gets.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from daemon_bench import Lab

INTERVAL = 0.2
IDLE_SECONDS = 30
BURN_SECONDS = 8
TICK = os.sysconf("SC_CLK_TCK")


def running(pid: int) -> float:
    """Seconds that the main thread of a process has run, to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def idle(lab: Lab, interval: str) -> float:
    """Percent of a core that a daemon uses that samples at this interval."""
    pid = lab.bridge("daemon-start", BRIDGE_METRICS_INTERVAL=interval)["pid"]
    time.sleep(3)
    before = running(pid)
    time.sleep(IDLE_SECONDS)
    used = (running(pid) - before) / IDLE_SECONDS * 100
    lab.bridge("daemon-stop")
    return round(used, 3)


def took(lab: Lab, *words: str) -> float:
    began = time.monotonic()
    assert lab.bridge(*words)["status"] == "success"
    return (time.monotonic() - began) * 1000


def throttled(lab: Lab, percent: int) -> float:
    """Percent of a core that a burner gets under a limit."""
    lab.tmux("new-window", "-d", "-n", "burn", "-t", "=s0:", "exec sh")
    burner = f"{sys.executable} -c 'while True: pass'"
    lab.tmux("send-keys", "-t", "=s0:burn", burner, "Enter")
    pane, shell = lab.tmux("display-message", "-p", "-t", "=s0:burn", "#{pane_id} #{pane_pid}").split()
    lab.bridge("pane-set-limit", "s0", pane, "cpu", str(percent))
    time.sleep(3)
    (child,) = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
    stat = Path(f"/proc/{child}/stat")

    def used() -> float:
        return sum(int(field) for field in stat.read_text().rpartition(")")[2].split()[11:13]) / TICK

    before, began = used(), time.monotonic()
    time.sleep(BURN_SECONDS)
    share = (used() - before) / (time.monotonic() - began) * 100
    lab.tmux("kill-pane", "-t", pane)
    return round(share, 1)


def main() -> None:
    built = Path(sys.argv[1]).resolve()
    panes, rounds = (int(word) for word in [*sys.argv[2:], "100", "30"][:2])
    directory = Path(tempfile.mkdtemp(prefix="b"))
    lab = Lab(built, directory)
    try:
        lab.tmux("new-session", "-d", "-s", "s0", "-x", "200", "-y", "400", "exec sh")
        for _ in range(panes - 1):
            lab.tmux("split-window", "-t", "=s0:", "exec sh")
            lab.tmux("select-layout", "-t", "=s0:", "tiled")
        lab.tmux("new-session", "-d", "-s", "one", "exec sh")
        lab.bridge("version")
        plain, metrics = [], []
        for _ in range(rounds):
            plain.append(took(lab, "pane-status", "one", "0"))
            metrics.append(took(lab, "pane-metrics", "one", "0", "--interval", str(INTERVAL)) - INTERVAL * 1000)
        whole = [took(lab, "session-metrics", "s0", "--interval", "0") for _ in range(5)]
        sampling, silent = idle(lab, "5"), idle(lab, "100000")
        lab.bridge("daemon-start")
        result = {
            "panes": panes,
            "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
            "daemon_cpu_percent": {"sampling": sampling, "without": silent, "sampler": round(sampling - silent, 3)},
            "plain_call_ms": round(statistics.median(plain), 1),
            "pane_metrics_ms_beyond_interval": round(statistics.median(metrics), 1),
            "ratio": round(statistics.median(metrics) / statistics.median(plain), 2),
            "session_metrics_of_all_ms": round(statistics.median(whole), 1),
            "throttled": {f"{percent} %": throttled(lab, percent) for percent in (10, 25, 50)},
        }
        print(json.dumps(result, indent=2))
    finally:
        lab.close()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
