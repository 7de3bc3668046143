"""Runs with random exit codes in every shell: how many were wrong, and how late the answers were.

Usage: run_soak.py BUILT [RUNS]
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SHELLS = ("bash", "zsh", "fish", "dash", "ksh")


def main(built: str, runs: int) -> int:
    """Print one line a shell; the exit status is 1 where an answer was wrong."""
    wrong = 0
    for shell in SHELLS:
        program = shutil.which(shell)
        if program:
            wrong += soak(os.path.abspath(built), program, runs // len(SHELLS))
    print(f"wrong: {wrong}")
    return 1 if wrong else 0


def soak(built: str, program: str, runs: int) -> int:
    """The runs of one shell."""
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as directory:
        env = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
        env |= {"HOME": directory, "SHELL": program, "TMUX_TMPDIR": directory, "BRIDGE_STATE_DIR": f"{directory}/state"}
        for name in (".bash_profile", ".zshrc"):
            with open(f"{directory}/{name}", "w", encoding="ascii") as file:
                file.write("PS1='$ '\n")

        def call(*words: str) -> tuple[dict[str, object], float]:
            began = time.monotonic()
            done = subprocess.run([built, *words], env=env, capture_output=True, check=False)
            return json.loads(done.stdout), time.monotonic() - began

        try:
            call("session-create", "soak")
            call("pane-run", "soak", "0", "true")
            wrong, counts, trues, late = 0, [], [], []
            for number in range(runs):
                code = random.randrange(256)
                answer, _ = call("pane-run", "soak", "0", f"sh -c 'date +%s.%N; exit {code}'", "--timeout", "20")
                now = time.time()
                if answer["exit_code"] != code or answer["outcome"] != "exited":
                    wrong += 1
                    print(f"{program}: run {number}: {code} was told as {answer['outcome']} {answer['exit_code']}")
                else:
                    late.append(now - float(str(answer["output"])))
                if number % 10 == 0:
                    counts.append(call("pane-count", "soak")[1])
                    trues.append(call("pane-run", "soak", "0", "true")[1])
            count, true = statistics.median(counts), statistics.median(trues)
            print(
                f"{program}: {runs} runs, {wrong} wrong; from the end of the command to the answer "
                f"{statistics.median(late) * 1000:.1f} ms; pane-count {count * 1000:.1f} ms, "
                f"pane-run true {true * 1000:.1f} ms"
            )
            return wrong
        finally:
            subprocess.run(["tmux", "kill-server"], env=env, capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500))
