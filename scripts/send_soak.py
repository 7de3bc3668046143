"""Send N messages into an input box, and count those that were lost, doubled or changed.

python scripts/send_soak.py dist/bridge.pyz [N]
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    bridge, count = str(Path(sys.argv[1]).resolve()), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as folder:
        env = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
        env |= {"HOME": folder, "TMUX_TMPDIR": folder, "BRIDGE_STATE_DIR": f"{folder}/state", "SHELL": "/bin/bash"}
        try:
            return soak(bridge, count, Path(folder), env)
        finally:
            subprocess.run([shutil.which("tmux") or "tmux", "kill-server"], env=env, capture_output=True, check=False)


def soak(bridge: str, count: int, folder: Path, env: dict[str, str]) -> int:
    def call(*words: str, text: str = "") -> tuple[int, dict[str, object], float]:
        began = time.monotonic()
        done = subprocess.run([bridge, *words], env=env, input=text.encode(), capture_output=True, check=False)
        return done.returncode, json.loads(done.stdout), time.monotonic() - began

    file = folder / "messages"
    file.write_text("")
    call("session-create", "soak")
    call("pane-exec", "soak", "0", f"{sys.executable} {ROOT}/tests/programs/input_box.py {file} 7")
    time.sleep(1.5)
    chance = random.Random(1)
    sent, refused, times = [], 0, []
    for number in range(count):
        lines = chance.choice((1, 1, 2, 5, 40))
        text = "\n".join(f"message {number} line {line} {'é' * chance.randrange(30)}." for line in range(lines))
        status, answer, seconds = call("pane-send-stdin", "soak", "0", "-", "--enter", text=text)
        sent.append(text)
        times.append(seconds)
        if status:
            refused += 1
            print(number, answer.get("entered"), answer["error"])
    got = [json.loads(row) for row in file.read_text().splitlines()]
    lost = len(set(sent) - set(got))
    doubled = len(got) - len(set(got))
    strange = len(set(got) - set(sent))
    print(f"sent {count}, received {len(got)}, lost {lost}, doubled {doubled}, changed {strange}, unsure {refused}")
    print(f"seconds a send: median {statistics.median(times):.3f}, most {max(times):.3f}")
    return 1 if lost or doubled or strange or refused else 0


if __name__ == "__main__":
    sys.exit(main())
