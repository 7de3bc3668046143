"""Automatic saves: a part of the daemon for each session that is to be saved, and one save after the other."""

from __future__ import annotations

import asyncio
from functools import partial

from bridge.errors import BridgeError
from bridge.features.snapshots import autosave
from bridge.features.snapshots.autosave import Outcome
from bridge.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.hub import Hub, Kept

_LONGEST_SLEEP = 30.0  # the loop's clock stands still while the machine is suspended


class Autosave:
    """Follows the file of autosaves; what was due while no daemon ran is done at once."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._keepers: dict[str, Kept] = {}
        self._due_at: dict[str, float] = {}
        self._intervals: dict[str, float] = {}
        self._states: dict[str, str] = {}
        self._failed: dict[str, str] = {}

    async def follow(self) -> None:
        """Save what the file asks for, and nothing else."""
        file = autosave.file(self._hub.ctx)
        try:
            found = await self._hub.lanes.run("files", file.load, clock.epoch())
        except BridgeError as problem:
            self._hub.note("ERROR", f"autosaves: {problem.message}")
            return
        if file.aside:
            self._hub.note("WARN", f"an unreadable file is kept as {file.aside}")
        wanted = {str(item["session"]): item for item in found}
        for name in set(self._intervals) - set(wanted):
            self._forget(name)
        for name, item in wanted.items():
            interval, tried = item["interval_seconds"], item.get("tried")
            assert isinstance(interval, (int, float))
            if self._intervals.get(name) == interval:
                continue
            self._forget(name)
            self._intervals[name] = interval
            # A clock that was set back must not put the next save off for longer than the interval.
            left = tried + interval - clock.wall() if isinstance(tried, (int, float)) else 0.0
            self._due_at[name] = clock.boottime() + min(max(left, 0.0), interval)
            self._keepers[name] = self._hub.supervisor.keep("autosave", partial(self._run, name), name)

    def failed(self) -> dict[str, str]:
        """The sessions whose last save has failed, and why: known here also where no file can tell it."""
        return self._failed

    def close(self) -> None:
        """Save no more."""
        for name in list(self._intervals):
            self._forget(name)

    def _forget(self, name: str) -> None:
        for known in (self._intervals, self._due_at, self._failed, self._states):
            known.pop(name, None)
        self._hub.supervisor.tell("autosave", name, "")
        if (keeper := self._keepers.pop(name, None)) is not None:
            keeper.cancel()

    async def _run(self, name: str) -> None:
        while True:
            left = self._due_at[name] - clock.boottime()
            if left > 0:
                await asyncio.sleep(min(left, _LONGEST_SLEEP))
                continue
            self._due_at[name] = clock.boottime() + self._intervals[name]
            await self._save(name)

    async def _save(self, name: str) -> None:
        try:
            outcome = await self._hub.lanes.run("saves", autosave.run_once, self._hub.ctx, name)
        except Exception as problem:
            self._tell(Outcome(name, autosave.FAILED, reason=f"{type(problem).__name__}: {problem}"))
            raise
        self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        name, state = outcome.session, outcome.state
        if state == autosave.SAVED:
            self._hub.emit("snapshot-saved", name, "Snapshot saved", data={"file": outcome.file, "automatic": True})
        elif state != self._states.get(name) and state in (autosave.HELD, autosave.FAILED):
            self._hub.note("WARN", f"autosave of {name}: {state}: {outcome.reason}")
        self._states[name] = state
        failed = outcome.reason if state == autosave.FAILED else ""
        if failed:
            self._failed[name] = failed
        else:
            self._failed.pop(name, None)
        self._hub.supervisor.tell("autosave", name, failed)
