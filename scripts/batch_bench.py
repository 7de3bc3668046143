"""How many cheap calls a second: by `batch`, by a process each, and what a call costs in a running MCP server."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEPARATE = 60
TOGETHER = 4000
ROUNDS = 3


def main(built: str) -> int:
    """Print the rates; 1 where they are lower than promised."""
    with tempfile.TemporaryDirectory(prefix="b") as name:
        directory = Path(name)
        keep = {key: os.environ[key] for key in ("PATH", "LANG", "BRIDGE_PYTHON") if key in os.environ}
        env = keep | {
            "HOME": name,
            "SHELL": shutil.which("bash") or "/bin/sh",
            "TMUX_TMPDIR": name,
            "BRIDGE_CACHE_DIR": str(Path(built).resolve().parent / "cache"),
        }
        subprocess.run([built, "session-create", "dev"], env=env, check=True, capture_output=True)
        try:
            return rates(built, env, directory)
        finally:
            subprocess.run(["tmux", "kill-server"], env=env, check=False, capture_output=True)


def rates(built: str, env: dict[str, str], directory: Path) -> int:
    calls = directory / "calls.jsonl"
    rows = (json.dumps({"id": number, "argv": ["pane-count", "dev"]}) for number in range(TOGETHER))
    calls.write_text("\n".join(rows) + "\n")
    separate, together, parallel = [], [], []
    for _ in range(ROUNDS):  # one after the other, so that a busy machine is busy for each
        began = time.monotonic()
        for _ in range(SEPARATE):
            subprocess.run([built, "pane-count", "dev"], env=env, check=True, capture_output=True)
        separate.append(SEPARATE / (time.monotonic() - began))
        for found, more in ((together, ()), (parallel, ("--parallel", "4"))):
            began = time.monotonic()
            done = subprocess.run([built, "batch", calls, *more], env=env, check=False, capture_output=True)
            found.append(TOGETHER / (time.monotonic() - began))
            failed = [row for row in done.stdout.splitlines() if b'"status":"success"' not in row]
            assert not failed, failed[:3]
    one, many = max(separate), max(together)
    print(f"separate calls            {one:8.0f} a second")
    print(f"batch                     {many:8.0f} a second, {many / one:.1f} times as many")
    print(f"batch --parallel 4        {max(parallel):8.0f} a second")
    return 0 if many >= 1000 and many >= 20 * one else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "dist/bridge.pyz"))
