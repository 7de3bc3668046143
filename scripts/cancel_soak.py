"""Calls of the library and of a batch, cancelled at random moments: what they leave behind, and what they print.

After every round nothing may be left: no thread, no child, no descriptor, no client of tmux, no lock, no file, and not
a line on standard error. Usage: cancel_soak.py [CANCELS]
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from bridge.client import AsyncBridge, CallError
from bridge.system import threads

_AT_ONCE = 8
_ROUND = 250
_LATEST = 0.06  # seconds after which a call is cancelled
_SETTLES_WITHIN = 10.0
_PROMPTLY = 0.05


class Soak:
    """Sessions of a tmux server of its own, and the calls that are made there."""

    def __init__(self, directory: str) -> None:
        self._environ = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
        self._environ |= {"HOME": directory, "SHELL": "/bin/sh", "TMUX_TMPDIR": directory}
        self._environ |= {"BRIDGE_STATE_DIR": f"{directory}/state", "XDG_RUNTIME_DIR": ""}
        self._state = Path(directory, "state")
        self._error = Path(directory, "stderr")
        self.kinds: Counter[str] = Counter()
        self.late: list[float] = []
        self.finished = 0

    async def prepare(self) -> None:
        """Panes that are silent, that print and that run something."""
        async with AsyncBridge(environ=self._environ) as bridge:
            for name in ("quiet", "loud", "spare"):
                await bridge.session_create(name)
            await bridge.pane_exec("loud", "0", "while :; do echo tick; sleep 0.05; done")
            await bridge.group_create("both")
            await bridge.group_add("both", "quiet")

    def _calls(self) -> dict[str, object]:
        bridge = self._bridge
        number = random.randrange(4)
        return {
            "pane-wait-for": lambda: bridge.pane_wait_for("loud", "0", pattern="never", timeout=30),
            "pane-wait": lambda: bridge.pane_wait("loud", "0", 30),
            "pane-read": lambda: bridge.pane_read("loud", "0", lines=20),
            "pane-run": lambda: bridge.pane_run("quiet", "0", f"sleep 0.0{number}; exit {number}", timeout=30),
            "pane-ask": lambda: bridge.pane_ask("spare", "0", "echo hello", pattern="never", timeout=30),
            "pane-wait-idle": lambda: bridge.pane_wait_for("loud", "0", idle=20_000, timeout=30),
            "pane-capture": lambda: bridge.pane_capture("loud", "0"),
            "pane-has-pattern": lambda: bridge.pane_has_pattern("loud", "0", "t.ck"),
            "pane-metadata-set": lambda: bridge.pane_metadata_set("quiet", "0", f"key{number}", "value"),
            "pane-send-stdin": lambda: bridge.pane_send_keys("spare", "0", ["Enter"]),
            "pane-metrics": lambda: bridge.pane_metrics("loud", "0", interval=0.2),
            "session-save": lambda: bridge.session_save("quiet"),
            "sessions-list-all": bridge.sessions_list_all,
            "event-log": bridge.event_log,
            "wait-healthy": lambda: bridge.session_wait_healthy("loud", timeout=30),
        }

    async def cancel(self, count: int) -> None:
        """So many calls, each cancelled at some moment."""

        async def one() -> None:
            name, make = random.choice(list(self._calls().items()))
            task = asyncio.ensure_future(make())
            await asyncio.wait((task,), timeout=random.uniform(0, _LATEST))
            began = time.monotonic()
            task.cancel()
            try:
                await task
                self.finished += 1
            except asyncio.CancelledError:
                self.late.append(time.monotonic() - began)
            except CallError:
                self.finished += 1
            self.kinds[name] += 1

        async def lane(number: int) -> None:
            for _ in range(number):
                await one()

        async with AsyncBridge(environ=self._environ) as bridge:
            self._bridge = bridge
            await asyncio.gather(*(lane(count // _AT_ONCE) for _ in range(_AT_ONCE)))

    def left(self) -> list[str]:
        """What is there that was not before the calls."""
        found = [f"thread {thread.name}" for thread in threading.enumerate() if thread.name == threads.NAME]
        found += [f"child {pid}" for pid in _children()]
        found += [f"client {row}" for row in self._tmux("list-clients", "-F", "#{client_pid}").split()]
        found += [f"lock {path.name}" for path in self._state.rglob("*lock*") if path.is_file() and _is_locked(path)]
        keeps = [path for path in self._state.rglob("*.keep-*") if not path.name.endswith(".keep-read")]
        runs = {path.name.rpartition(".keep-")[2] for path in keeps}
        known = {path.stem for path in self._state.rglob("*.json")}
        found += [f"file {name}" for name in runs if not any(name in stem for stem in known)]
        found += [f"file {path.name}" for path in self._state.rglob("*.tmp*")]
        found += [f"file {path}" for path in self._state.rglob("door-*")]
        return found

    def _tmux(self, *words: str) -> str:
        return subprocess.run(["tmux", *words], env=self._environ, capture_output=True, text=True, check=False).stdout

    def close(self) -> None:
        """End the server."""
        self._tmux("kill-server")


def _children() -> list[str]:
    path = f"/proc/self/task/{os.getpid()}/children"
    own = Path(path).read_text(encoding="ascii").split()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            own += (task / "children").read_text(encoding="ascii").split()
    return sorted(set(own))


def _is_locked(path: Path) -> bool:
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def _settled(soak: Soak) -> list[str]:
    end = time.monotonic() + _SETTLES_WITHIN
    while (found := soak.left()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def main() -> int:
    """Cancel in rounds, look after each, and tell."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    wrong = 0
    with tempfile.TemporaryDirectory() as directory:
        soak = Soak(directory)
        said = os.dup(2)
        heard = os.open(f"{directory}/stderr", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        try:
            asyncio.run(soak.prepare())
            os.dup2(heard, 2)
            asyncio.run(soak.cancel(_AT_ONCE))
            before, done, began = _descriptors(), 0, time.monotonic()
            while done < count:
                asyncio.run(soak.cancel(_ROUND))
                done += _ROUND // _AT_ONCE * _AT_ONCE
                found = _settled(soak)
                if (now := _descriptors()) != before:
                    found.append(f"{now - before} descriptors")
                if text := os.pread(heard, 4000, 0).decode():
                    found.append(f"on standard error: {text}")
                    os.ftruncate(heard, 0)
                for left in found:
                    wrong += 1
                    print(f"after {done}: {left}", flush=True)
                if done // 2000 != (done - _ROUND) // 2000 or done >= count:
                    print(f"{done} cancels, {wrong} wrong, {time.monotonic() - began:.0f} s", flush=True)
        finally:
            os.dup2(said, 2)
            soak.close()
        late = sorted(soak.late)
        print(dict(soak.kinds.most_common()))
        print(
            f"{done} calls, {len(late)} cancelled under way, {soak.finished} had ended: {wrong} left something; "
            f"a cancelled call ended after {statistics.median(late) * 1000:.1f} ms (median), "
            f"{late[int(len(late) * 0.99)] * 1000:.0f} (99 %), {late[-1] * 1000:.0f} (most); "
            f"over {_PROMPTLY * 1000:.0f} ms: {sum(seconds > _PROMPTLY for seconds in late)}"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
