"""What the full-screen view costs with many panes, and how soon it answers a key: in a real terminal of 80x24."""

import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

PANES = 100
WARM, MEASURED = 4.0, 20.0
KEYS = 60


def main(built: str) -> int:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="b") as name:
        keep = {key: os.environ[key] for key in ("PATH", "LANG", "BRIDGE_PYTHON") if key in os.environ}
        env = keep | {
            "HOME": name,
            "SHELL": shutil.which("bash") or "/bin/sh",
            "TERM": "xterm-256color",
            "TMUX_TMPDIR": name,
            "BRIDGE_STATE_DIR": f"{name}/state",
            "BRIDGE_CACHE_DIR": str(Path(built).resolve().parent / "cache"),
        }
        try:
            fill(env)
            measure(built, env)
        finally:
            subprocess.run(["tmux", "kill-server"], env=env, check=False, capture_output=True)
    return 0


def fill(env: dict[str, str]) -> None:
    """Ten sessions of ten windows each: half of the panes are shells, the others run something."""
    words: list[str] = []
    for number in range(PANES):
        program = ["bash --norc"] if number % 2 else ["while sleep 1; do date; done"]
        new = ["new-session", "-d", "-s", f"s{number // 10}"] if number % 10 == 0 else []
        words += [*(new or ["new-window", "-d", "-t", f"=s{number // 10}:"]), *program, ";"]
    subprocess.run(["tmux", *words], env=env, check=True)
    time.sleep(2)


def begin(built: str, env: dict[str, str]) -> tuple[int, int, float]:
    """Start the view; its process, its terminal, and the seconds until panes are shown."""
    began = time.monotonic()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(built, [built, "top"], env)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    shown = b""
    while b"s0:" not in shown:
        shown += drain(terminal, 0.05)
    return pid, terminal, time.monotonic() - began


def measure(built: str, env: dict[str, str]) -> None:
    pid, terminal, first = begin(built, env)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(terminal)
    pid, terminal, second = begin(built, env)
    try:
        print(f"panes                      {PANES}")
        print(f"first screen after         {second:6.2f} s, {first:.2f} s the first time")
        watch(terminal, WARM)
        before = used(pid)
        start = time.monotonic()
        written = watch(terminal, MEASURED)
        share = (used(pid) - before) / (time.monotonic() - start) * 100
        print(f"share of one core          {share:6.1f} %, {written / MEASURED:.0f} bytes a second to the terminal")
        times = [answer(terminal, b"\x1b[B" if number % 40 < 20 else b"\x1b[A") for number in range(KEYS)]
        times.sort()
        print(
            f"key to first repaint       {statistics.median(times) * 1000:6.1f} ms median, "
            f"{times[int(len(times) * 0.95)] * 1000:.1f} ms at 95 %"
        )
        print(f"memory                     {resident(pid):6.1f} MB")
        os.write(terminal, b"q")
        watch(terminal, 1.0)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def answer(terminal: int, key: bytes) -> float:
    """Seconds from a key to the first bytes behind it, in a moment when nothing else is painted."""
    while drain(terminal, 0.06):
        pass
    began = time.monotonic()
    os.write(terminal, key)
    select.select([terminal], [], [], 2)
    found = time.monotonic() - began
    drain(terminal, 0.02)
    return found


def watch(terminal: int, seconds: float) -> int:
    """Read for so long; how many bytes came."""
    end, size = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        size += len(drain(terminal, 0.2))
    return size


def drain(terminal: int, seconds: float) -> bytes:
    if not select.select([terminal], [], [], seconds)[0]:
        return b""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "dist/bridge.pyz"))
