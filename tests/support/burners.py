"""Programs that exceed limits, and what is seen of them."""

from __future__ import annotations

import sys
import time

import psutil
from conftest import wait_until

BURN = "open({path!r}, 'w').write(str(__import__('os').getpid()))\nwhile True: pass\n"
HOLD = (
    "import os, time\nblocks = []\nopen({path!r}, 'w').write(str(os.getpid()))\n"
    "while True:\n    if os.path.exists({path!r} + '.go') and len(blocks) < 40:\n"
    "        blocks.append(bytearray(b'x' * 10485760))\n    time.sleep(0.01)\n"
)
FORKS = (
    "import os, time\nopen({path!r}, 'w').write(str(os.getpid()))\n"
    "while True:\n    if os.path.exists({path!r} + '.go') and os.fork() == 0: time.sleep(1000)\n    time.sleep(0.02)\n"
)


def start(box, text: str, pane: str = "0", session: str = "dev") -> psutil.Process:
    """Run a program in a pane; returns its process once it runs."""
    path = box.work / f"up-{session}-{pane}"
    path.unlink(missing_ok=True)
    file = box.work / f"program-{session}-{pane}.py"
    file.write_text(text.replace("{path!r}", repr(str(path))))
    box.bridge("pane-exec", session, pane, f"{sys.executable} {file}").ok()
    return psutil.Process(int(wait_until(lambda: path.exists() and path.read_text(), "the program running")))


def go(box, pane: str = "0") -> None:
    (box.work / f"up-dev-{pane}.go").touch()


def share(process: psutil.Process, seconds: float) -> float:
    used, began = sum(process.cpu_times()[:2]), time.monotonic()
    time.sleep(seconds)
    return (sum(process.cpu_times()[:2]) - used) / (time.monotonic() - began) * 100


def breaches(box) -> list[dict]:
    return box.bridge("event-log", "*", "limit-exceeded", "100").ok()["events"]


def limits(box, pane: str = "0") -> dict:
    return {row["kind"]: row for row in box.bridge("pane-get-limits", "dev", pane).ok()["limits"]}


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
