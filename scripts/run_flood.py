"""A run that prints 100 MB: what it costs, and whether its end is told exactly.

Usage: run_flood.py BUILT [MEGABYTES]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

LINE = "x" * 99
LARGEST_RSS_MB = 150


def main(built: str, megabytes: int) -> int:
    """Print one line; the exit status is 1 where the answer was wrong or the memory was not bounded."""
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as directory:
        env = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
        env |= {"HOME": directory, "TMUX_TMPDIR": directory, "BRIDGE_STATE_DIR": f"{directory}/state"}
        try:
            return flood(os.path.abspath(built), env, megabytes)
        finally:
            subprocess.run(["tmux", "kill-server"], check=False, env=env, capture_output=True)


def flood(built: str, env: dict[str, str], megabytes: int) -> int:
    subprocess.run([built, "session-create", "dev"], env=env, capture_output=True, check=True)
    lines = megabytes * 10_000
    text = f'awk \'BEGIN {{ for (n = 1; n <= {lines}; n++) printf "%09d%s\\n", n, "{LINE[:90]}" }}\'; (exit 5)'
    began = time.monotonic()
    process = subprocess.Popen(
        [built, "pane-run", "dev", "0", text, "--timeout", "300"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    answer = json.loads(process.stdout.read())
    _, _, usage = os.wait4(process.pid, 0)
    seconds, rss = time.monotonic() - began, usage.ru_maxrss / 1024
    shown = answer["output"].split("\n")
    expected = [f"{number:09d}{LINE[:90]}" for number in range(lines - len(shown) + 2, lines + 1)]
    exact = shown == [*expected, ""] and len(expected) > 10_000
    sound = (answer["outcome"], answer["exit_code"], answer["truncated"], answer["bytes"] >= megabytes * 10**6)
    right = exact and sound == ("exited", 5, True, True)
    print(
        f"{megabytes} MB: {seconds:.1f} s, {answer['bytes'] / 1e6 / seconds:.1f} MB/s, largest memory {rss:.0f} MB, "
        f"{len(answer['output'])} bytes kept, {'exact' if right else f'WRONG: {sound} {exact}'}"
    )
    return 0 if right and rss < LARGEST_RSS_MB else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100))
