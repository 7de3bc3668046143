"""Print how late waits and watches answer, and how often one was early: lateness.py FILE [TRIES]"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = (
    "sleep 0.31",
    "bash -c 'sleep 0.3; :'",
    "sleep 0.2 | sleep 0.35",
    "for n in 1 2 3; do sleep 0.1; done",
    "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done",
    "true",
)


def main() -> None:
    built, tries = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 60
    with tempfile.TemporaryDirectory(prefix="late", ignore_cleanup_errors=True) as scratch:
        env = {key: value for key, value in os.environ.items() if not key.startswith(("TMUX", "BRIDGE_"))} | {
            "TMUX_TMPDIR": scratch,
            "BRIDGE_STATE_DIR": f"{scratch}/state",
            "HOME": scratch,
            "SHELL": shutil.which("bash") or "/bin/sh",
        }

        def bridge(*words: str) -> subprocess.CompletedProcess:
            return subprocess.run([built, "--quiet", "--compact", *words], env=env, capture_output=True, check=False)

        try:
            bridge("session-create", "dev")
            bridge("pane-wait", "dev", "0")
            costs = []
            for _ in range(9):
                began = time.time()
                bridge("pane-wait", "dev", "0")
                costs.append((time.time() - began) * 1000)
            print(f"a wait for an idle pane costs {statistics.median(costs):.1f} ms")
            measure(bridge, Path(scratch) / "end", tries)
        finally:
            subprocess.run(["tmux", "kill-server"], env=env, capture_output=True, check=False)


def measure(bridge, mark: Path, tries: int) -> None:
    late: list[float] = []
    watched: list[float] = []
    early = 0
    for number in range(tries):
        mark.unlink(missing_ok=True)
        command = COMMANDS[number % len(COMMANDS)]
        bridge("pane-exec", "dev", "0", f"{command}; date +%s.%N >{mark}")
        bridge("pane-wait", "dev", "0", "30")
        now = time.time()
        if mark.exists() and mark.read_text().strip():
            late.append((now - float(mark.read_text())) * 1000)
        else:
            early += 1
        bridge("pane-exec", "dev", "0", f"clear; sleep 0.3; date +%s.%N >{mark}; echo FOUND$(:){number}")
        bridge("pane-watch-timeout", "dev", "0", f"^FOUND{number}$", "30")
        watched.append((time.time() - float(mark.read_text())) * 1000)
        bridge("pane-wait", "dev", "0", "30")
    print(f"pane-wait: {early} of {tries} early")
    print(f"pane-wait: late by {statistics.median(late):.1f} ms (median), {max(late):.1f} ms (most)")
    print(f"pane-watch-timeout: late by {statistics.median(watched):.1f} ms (median), {max(watched):.1f} ms (most)")


if __name__ == "__main__":
    main()
