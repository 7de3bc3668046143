"""Runs with random exit codes in every shell: how many were wrong, how late the answers were, what a run costs.

The shells take turns, so that a slow minute of the machine is all of theirs. Usage: run_soak.py BUILT [RUNS]
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

SHELLS = ("bash", "zsh", "fish", "dash", "ksh")
_PAUSE = 0.03  # the shell is at its prompt again, and the machine has nothing else to do


class Soak:
    """The runs of one shell in a server of its own."""

    def __init__(self, built: str, program: str, directory: str) -> None:
        self.program = program
        self.runs = self.wrong = 0
        self.late: list[float] = []
        self.counts: list[float] = []
        self.trues: list[float] = []
        self._built = built
        self._env = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
        self._env |= {"HOME": directory, "SHELL": program, "TMUX_TMPDIR": directory}
        self._env |= {"BRIDGE_STATE_DIR": f"{directory}/state"}
        for name in (".bash_profile", ".zshrc"):
            with open(f"{directory}/{name}", "w", encoding="utf-8") as file:
                file.write("PS1='$ '\n")
        self._call("session-create", "soak")
        self._call("pane-run", "soak", "0", "true")

    def close(self) -> None:
        """End the server."""
        subprocess.run(["tmux", "kill-server"], env=self._env, capture_output=True, check=False)

    def run(self) -> None:
        """One run with a random exit code."""
        code = random.randrange(256)
        answer, _ = self._call("pane-run", "soak", "0", f"sh -c 'date +%s.%N; exit {code}'", "--timeout", "20")
        now = time.time()
        self.runs += 1
        if answer["exit_code"] != code or answer["outcome"] != "exited":
            self.wrong += 1
            print(f"{self.program}: run {self.runs}: {code} was told as {answer['outcome']} {answer['exit_code']}")
        else:
            self.late.append(now - float(str(answer["output"])))

    def compare(self) -> None:
        """What a run costs beside a call that only asks tmux, each after a pause."""
        time.sleep(_PAUSE)
        self.counts.append(self._call("pane-count", "soak")[1])
        time.sleep(_PAUSE)
        self.trues.append(self._call("pane-run", "soak", "0", "true")[1])

    def told(self) -> str:
        """The line of this shell."""
        count, true = statistics.median(self.counts) * 1000, statistics.median(self.trues) * 1000
        return (
            f"{self.program}: {self.runs} runs, {self.wrong} wrong; from the end of the command to the answer "
            f"{statistics.median(self.late) * 1000:.1f} ms; pane-run true {true:.1f} ms, pane-count {count:.1f} ms, "
            f"{true - count:.1f} ms more ({len(self.trues)} pairs)"
        )

    def _call(self, *words: str) -> tuple[dict[str, object], float]:
        began = time.monotonic()
        done = subprocess.run([self._built, *words], env=self._env, capture_output=True, check=False)
        return json.loads(done.stdout), time.monotonic() - began


@contextlib.contextmanager
def soaks(built: str) -> Iterator[list[Soak]]:
    """One for each shell that the system has."""
    with contextlib.ExitStack() as stack:
        found = []
        for program in filter(None, map(shutil.which, SHELLS)):
            place = stack.enter_context(tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True))
            found.append(Soak(built, program, place))
            stack.callback(found[-1].close)
        yield found


def main(built: str, runs: int) -> int:
    """Print one line a shell; the exit status is 1 where an answer was wrong."""
    with soaks(os.path.abspath(built)) as found:
        rounds = max(1, runs // len(found))
        every = max(1, rounds // 100)
        for number in range(rounds):
            for soak in found:
                soak.run()
                if number % every == 0:
                    soak.compare()
        for soak in found:
            print(soak.told())
    wrong = sum(soak.wrong for soak in found)
    print(f"wrong: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500))
