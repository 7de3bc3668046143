"""Let the daemon work for some minutes and print what grows: soak.py FILE [MINUTES]

Sessions come and go, panes print, patterns match, callbacks run and fail. Prints JSON: the slopes an hour
of memory, descriptors and threads after the first fifth of the time, and what was left at the end.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from daemon_bench import Lab


def facts(pid: int) -> tuple[float, int, int, int]:
    """Memory in kB, descriptors, threads, zombies among the children."""
    rows = dict(row.split(":", 1) for row in Path(f"/proc/{pid}/status").read_text().splitlines())
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    zombies = 0
    for child in children:
        try:
            zombies += Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
    return int(rows["VmRSS"].split()[0]), len(list(Path(f"/proc/{pid}/fd").iterdir())), int(rows["Threads"]), zombies


def slope(samples: list[tuple[float, float]]) -> float:
    """Growth an hour, by least squares."""
    count = len(samples)
    middle_x, middle_y = sum(x for x, _ in samples) / count, sum(y for _, y in samples) / count
    spread = sum((x - middle_x) ** 2 for x, _ in samples)
    return sum((x - middle_x) * (y - middle_y) for x, y in samples) / spread * 3600 if spread else 0.0


def turn(lab: Lab, number: int) -> None:
    """One round of everything."""
    name = f"soak{number % 7}"
    lab.bridge("session-create", name)
    lab.bridge("pane-create", name)
    made = lab.bridge("event-subscribe", name, "pattern-match", "--pattern", "HIT", "true")["subscription_id"]
    lab.bridge("pane-exec", name, "0", f"seq 1 2000; echo H''IT {number}")
    lab.bridge("event-publish", name, "soak", str(number))
    if number % 5 == 0:
        lab.bridge("event-subscribe", name, "soak", "--once", "exit 1")
    time.sleep(0.2)
    lab.bridge("event-unsubscribe", made)
    lab.bridge("session-kill", name)


def main() -> int:
    built, minutes = Path(sys.argv[1]).resolve(), float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as directory:
        lab = Lab(built, Path(directory))
        try:
            lab.tmux("new-session", "-d", "-s", "keep")
            lab.bridge("version")
            pid = lab.bridge("daemon-start")["pid"]
            began, rounds = time.monotonic(), 0
            samples: list[tuple[float, tuple[float, int, int, int]]] = []
            while (passed := time.monotonic() - began) < minutes * 60:
                turn(lab, rounds)
                rounds += 1
                if passed > minutes * 12:
                    samples.append((passed, facts(pid)))
            status = lab.bridge("daemon-status")
            names = ("rss_kb", "descriptors", "threads", "zombies")
            result = {
                "minutes": minutes,
                "rounds": rounds,
                "events": status["events_total"],
                "growth_an_hour": {
                    name: round(slope([(at, found[place]) for at, found in samples]), 1)
                    for place, name in enumerate(names)
                },
                "first": dict(zip(names, samples[0][1], strict=True)) if samples else None,
                "last": dict(zip(names, facts(pid), strict=True)),
                "same_daemon": status["pid"] == pid,
            }
            print(json.dumps(result, indent=2))
            return 0 if status["pid"] == pid else 1
        finally:
            lab.close()


if __name__ == "__main__":
    sys.exit(main())
