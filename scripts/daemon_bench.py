"""Measure the daemon on a private tmux server: daemon_bench.py FILE [SESSIONS] [PANES EACH] [ROUNDS]

Prints JSON: milliseconds from a line's printing to the callback's first instruction (one clock, read by both),
the longest that the event loop was kept busy, CPU when idle, CPU of ten waits through the daemon and of ten
that poll, events a second.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
IDLE_SECONDS = 10


class Lab:
    """A tmux server and a state directory of their own."""

    def __init__(self, built: Path, directory: Path) -> None:
        self.built = built
        self.directory = directory
        (directory / "tmux").mkdir(mode=0o700)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "SHELL": "/bin/sh",
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            "PS1": "$ ",
            "TMUX_TMPDIR": str(directory / "tmux"),
            "BRIDGE_STATE_DIR": str(directory / "state"),
            "BRIDGE_CACHE_DIR": str(directory / "cache"),
        }

    def bridge(self, *words: str, **env: str) -> dict:
        done = subprocess.run(
            [self.built, "--compact", "--quiet", *words],
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return json.loads(done.stdout)

    def tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", *words], env=self.env, capture_output=True, text=True, timeout=30, check=True)
        return done.stdout

    def close(self) -> None:
        self.bridge("daemon-stop")
        subprocess.run(["tmux", "kill-server"], env=self.env, capture_output=True, timeout=20, check=False)


def cpu(pid: int) -> float:
    """Seconds of processor time that a process and its ended children have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICK


# The program in the pane reads the clock, prints it and waits; the callback's first instruction reads it again.
PRINTER = """
import sys, time
for _ in range(int(sys.argv[1])):
    time.sleep(0.1)
    print(f"T{time.time_ns()}", flush=True)
"""


def latencies(lab: Lab, rounds: int) -> list[float]:
    """Milliseconds from the clock's reading in the pane to its reading by the callback's first instruction."""
    stamps, printer = lab.directory / "stamps", lab.directory / "printer.py"
    printer.write_text(PRINTER)
    noted = f'echo "$EPOCHREALTIME ${{BRIDGE_LINE#T}}" >>{stamps}'
    words = [word for each in ("bash", "-c", noted) for word in ("--argv", each)]
    lab.bridge("event-subscribe", "s0", "pattern-match", "--pane", "0", "--pattern", "^T[0-9]{15,}$", *words)
    lab.tmux("send-keys", "-t", "=s0:.0", f"{sys.executable} {printer} {rounds}", "Enter")
    end = time.monotonic() + rounds * 0.1 + 20
    while time.monotonic() < end and (not stamps.exists() or stamps.read_text().count("\n") < rounds):
        time.sleep(0.1)
    rows = [row.split() for row in stamps.read_text().splitlines()]
    return sorted(float(called) * 1000 - int(printed) / 1e6 for called, printed in rows)


def rate(lab: Lab) -> dict[str, float]:
    """Lines that become events, 1,200 a second for 5 seconds: stored, dropped, the rate that was reached.

    More is offered than the 1,000 that are wanted: starting the producer and looking for its end count as well.
    """
    lab.bridge("event-subscribe", "s0", "pattern-match", "--pane", "0", "--pattern", "E[0-9]+$")
    script = lab.directory / "flow.py"
    script.write_text(
        "import sys, time\nbegan = time.monotonic()\nfor n in range(6000):\n    print(f'E{n}', flush=n % 20 == 0)\n"
        "    time.sleep(max(0, began + n / 1200 - time.monotonic()))\n"
    )
    first = lab.bridge("daemon-status")["events_total"]
    began = time.monotonic()
    lab.tmux("send-keys", "-t", "=s0:.0", f"{sys.executable} {script}", "Enter")
    while lab.bridge("daemon-status")["events_total"] - first < 6000 and time.monotonic() - began < 30:
        time.sleep(0.1)
    took = time.monotonic() - began
    overflow = lab.bridge("event-log", "*", "overflow", "1000")["count"]
    stored = lab.bridge("daemon-status")["events_total"] - first
    return {"events": stored, "seconds": round(took, 2), "events_a_second": round(stored / took), "overflows": overflow}


def waits(lab: Lab, pid: int) -> dict[str, float]:
    """CPU seconds of ten waits of 5 seconds: by the daemon's subscriptions, and by looking each half second."""
    names = [
        lab.bridge("event-subscribe", "s0", "pattern-match", "--pattern", f"^never{number}$")["subscription_id"]
        for number in range(10)
    ]
    before = cpu(pid)
    time.sleep(5)
    by_daemon = cpu(pid) - before
    for name in names:
        lab.bridge("event-unsubscribe", name)
    before = os.times()
    for _ in range(10):
        for _ in range(10):
            subprocess.run(
                "tmux capture-pane -p -t =s0: | grep -qE never",
                shell=True,
                env=lab.env,
                capture_output=True,
                check=False,
            )
    after = os.times()
    polling = after.children_user + after.children_system - before.children_user - before.children_system
    return {"by_daemon_cpu_seconds": round(by_daemon, 3), "by_polling_cpu_seconds": round(polling, 3)}


def main() -> None:
    built = Path(sys.argv[1]).resolve()
    sessions, panes, rounds = (int(word) for word in [*sys.argv[2:], *("10", "10", "200")[len(sys.argv) - 2 :]])
    directory = Path(tempfile.mkdtemp(prefix="b"))
    lab = Lab(built, directory)
    try:
        for session in range(sessions):
            lab.tmux("new-session", "-d", "-s", f"s{session}", "-x", "200", "-y", "200", "sh")
            for _ in range(panes - 1):
                lab.tmux("split-window", "-t", f"=s{session}:", "sh")
                lab.tmux("select-layout", "-t", f"=s{session}:", "tiled")
        lab.bridge("version")
        started = lab.bridge("daemon-start")
        pid = started["pid"]
        found = latencies(lab, rounds)
        time.sleep(1)
        before = cpu(pid)
        time.sleep(IDLE_SECONDS)
        idle = (cpu(pid) - before) / IDLE_SECONDS * 100
        result = {
            "sessions": sessions,
            "panes": sessions * panes,
            "start_ms": started["started_ms"],
            "callback_ms": {
                "median": round(statistics.median(found), 1),
                "p99": round(found[min(len(found) - 1, int(len(found) * 0.99))], 1),
                "rounds": len(found),
            },
            "idle_cpu_percent": round(idle, 2),
            "waits": waits(lab, pid),
            "rate": rate(lab),
            "rss_mb": lab.bridge("daemon-status")["rss_mb"],
            "loop_late_ms_max": lab.bridge("daemon-status")["loop_late_ms_max"],
        }
        print(json.dumps(result, indent=2))
    finally:
        lab.close()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
