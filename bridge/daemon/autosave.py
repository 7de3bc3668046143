"""Automatic saves: a timer for each session that is to be saved, and one save after the other."""

from __future__ import annotations

import asyncio

from bridge.errors import BridgeError
from bridge.features import autosaving
from bridge.features.autosaving import Outcome
from bridge.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.service import Service

_LONGEST_SLEEP = 30.0  # the loop's clock stands still while the machine is suspended


class Autosave:
    """Follows the file of autosaves; what was due while no daemon ran is done at once."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._due_at: dict[str, float] = {}
        self._intervals: dict[str, float] = {}
        self._states: dict[str, str] = {}
        self._one_at_a_time = asyncio.Lock()

    def follow(self) -> None:
        """Set the timers that the file asks for, and no others."""
        file = autosaving.file(self._service.ctx)
        try:
            wanted = {str(item["session"]): item for item in file.load(clock.epoch())}
        except BridgeError as problem:
            self._service.note("ERROR", f"autosaves: {problem.message}")
            return
        if file.aside:
            self._service.note("WARN", f"an unreadable file is kept as {file.aside}")
        for name in set(self._intervals) - set(wanted):
            self._forget(name)
        for name, item in wanted.items():
            interval, tried = item["interval_seconds"], item.get("tried")
            assert isinstance(interval, (int, float))
            if self._intervals.get(name) == interval:
                continue
            self._intervals[name] = interval
            # A clock that was set back must not put the next save off for longer than the interval.
            left = tried + interval - clock.wall() if isinstance(tried, (int, float)) else 0.0
            self._due_at[name] = clock.boottime() + min(max(left, 0.0), interval)
            self._set(name)

    def close(self) -> None:
        """Cancel all timers."""
        for name in list(self._intervals):
            self._forget(name)

    def _forget(self, name: str) -> None:
        self._intervals.pop(name, None)
        self._due_at.pop(name, None)
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _set(self, name: str) -> None:
        old = self._timers.pop(name, None)
        if old is not None:
            old.cancel()
        left = self._due_at[name] - clock.boottime()
        self._timers[name] = self._service.loop.call_later(min(max(left, 0.0), _LONGEST_SLEEP), self._wake, name)

    def _wake(self, name: str) -> None:
        if clock.boottime() < self._due_at[name]:
            self._set(name)
            return
        self._due_at[name] = clock.boottime() + self._intervals[name]
        self._set(name)
        self._service.spawn(self._save(name))

    async def _save(self, name: str) -> None:
        async with self._one_at_a_time:
            if name not in self._intervals:
                return
            outcome = await asyncio.to_thread(autosaving.run_once, self._service.ctx, name)
        self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        name, state = outcome.session, outcome.state
        if state == autosaving.SAVED:
            self._service.emit("snapshot-saved", name, "Snapshot saved", data={"file": outcome.file, "automatic": True})
        elif state != self._states.get(name) and state in (autosaving.HELD, autosaving.FAILED):
            self._service.note("WARN", f"autosave of {name}: {state}: {outcome.reason}")
        self._states[name] = state
