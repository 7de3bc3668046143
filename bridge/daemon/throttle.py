"""A pane's share of the CPU, or of storage, kept by holding what uses it for moments.

What the limit allows is saved up and what is used is taken off, so that an error of one moment is mended
by the next; while there is a debt, what runs is held.
"""

from __future__ import annotations

import os
import time

from bridge.core import usage
from bridge.core.limits import Limit
from bridge.core.usage import Entry
from bridge.system import processes
from bridge.system.hold import Hold

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_SHORTEST, _LONGEST = 0.02, 0.25  # seconds between two looks
_SAVED, _OWED = 0.1, 2.0  # seconds of the limit that may be saved up and owed
_ACTIVE = 1.0  # who has used something within these seconds is held
_AGAIN = 0.002
_CORES = os.cpu_count() or 1


class Throttle:
    """Keeps one pane to one limit, from `follow` to `close`. `breached` is called when it first holds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: Limit, breached: Callable[[float], None]) -> None:
        self._loop = loop
        self.limit = limit
        self._breached = breached
        self._hold = Hold()
        self._before: list[Entry] = []
        self._bytes = 0
        self._active: dict[int, float] = {}
        self._credit, self._at = 0.0, time.monotonic()
        self._since, self._sum = self._at, 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.unable = False

    @property
    def _rate(self) -> float:
        """What a second allows: seconds of CPU, or kilobytes."""
        return self.limit.value / 100 if self.limit.kind == "cpu" else self.limit.value

    def follow(self, members: list[Entry]) -> None:
        """Take over which processes the pane has now."""
        known = {entry.pid for entry in self._before}
        fresh = [entry for entry in members if entry.pid not in known]
        if self._timer is None:
            self._before = members
            self._bytes = self._transferred(members)
            self._at = self._since = time.monotonic()
            self._timer = self._loop.call_later(_SHORTEST, self._turn)
        else:
            # What is new counts from its beginning, unless it was there all the time.
            for entry in fresh:
                entry.used = entry.reaped = 0.0
            self._before += fresh

    def close(self) -> None:
        """Let every held process go on."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._hold.release():
            self._loop.call_later(_AGAIN, self.close)

    def _turn(self) -> None:
        self._timer = self._loop.call_later(_LONGEST, self._turn)  # whatever goes wrong now
        timer = self._timer
        self._look()
        timer.cancel()

    def _look(self) -> None:
        now = time.monotonic()
        if self._hold and not self._hold.release():
            self._timer = self._loop.call_later(_AGAIN, self._turn)
            return
        entries = processes.look([entry.pid for entry in self._before])
        used = self._used(entries, now)
        rate = self._rate
        self._credit = min(max(self._credit + (now - self._at) * rate - used, -_OWED * rate), _SAVED * rate)
        self._at, self._before = now, entries
        self._sum += used
        if self._credit < 0:
            pause = -self._credit / rate
            active = [entry for entry in entries if now - self._active.get(entry.pid, -9e9) < _ACTIVE]
            if self._hold.take(active):
                self._breached(self._sum / max(now - self._since, 0.05) * (100 if self.limit.kind == "cpu" else 1))
                self._sum, self._since = 0.0, now
            self.unable = self._hold.denied and not self._hold
            pause = max(pause, _SHORTEST)
        elif self.limit.kind == "cpu":
            pause = min(max(self._credit / _CORES, _SHORTEST), _LONGEST)
        else:
            pause = _SHORTEST * 2
        self._timer = self._loop.call_later(pause, self._turn)

    def _used(self, entries: list[Entry], now: float) -> float:
        """What was used since the last look; notes who did."""
        old = {entry.pid: entry for entry in self._before}
        for entry in entries:
            known = old.get(entry.pid)
            if known is None or entry.total > known.total or (self.limit.kind == "io" and entry.state in "RD"):
                self._active[entry.pid] = now
        if self.limit.kind == "cpu":
            return usage.spent(self._before, entries)
        before, self._bytes = self._bytes, self._transferred(entries)
        return max(0, self._bytes - before) / 1024

    def _transferred(self, entries: list[Entry]) -> int:
        return sum(processes.io_bytes(entries) or (0, 0)) if self.limit.kind == "io" else 0
