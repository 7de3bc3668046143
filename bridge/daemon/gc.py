"""Clean-up on a timer: a look, a second one where something is idle, then nothing for an hour."""

from __future__ import annotations

import asyncio

from bridge.config import number
from bridge.errors import BridgeError
from bridge.features.gc import collect, timer
from bridge.features.gc.collect import Outcome
from bridge.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.hub import Hub, Kept

_LONGEST_SLEEP = 30.0  # the loop's clock stands still while the machine is suspended
_AFTER_AN_ERROR = 300.0


class Collecting:
    """Runs while the policy says so. What it does survives a restart: the time of the last run is on disk."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._keeper: Kept | None = None

    async def follow(self) -> None:
        """Begin or end, as the policy says now."""
        try:
            files = collect.open_files(self._hub.ctx)
            policy = await self._hub.lanes.run("files", files.policy, clock.epoch())
        except BridgeError as problem:
            self._hub.note("ERROR", f"clean-up: {problem.message}")
            self._hub.supervisor.tell("clean-up", "", problem.message)
            return  # what was wanted before is what is known
        self._hub.supervisor.tell("clean-up", "", "")
        if not policy["enabled"]:
            self.close()
        elif self._keeper is None:
            self._keeper = self._hub.supervisor.keep("clean-up", self._run)

    def close(self) -> None:
        """End the timer; a run under way ends by itself."""
        if self._keeper is not None:
            self._keeper.cancel()
            self._keeper = None

    async def _run(self) -> None:
        ctx = self._hub.ctx
        apart = collect.seconds_apart(ctx)
        await asyncio.sleep(apart)  # who has just started knows too little to end anything
        while True:
            looks = await self._hub.lanes.run("files", collect.open_files(ctx).looks, clock.epoch())
            left = timer.seconds_left(ctx, looks)
            if left > 0:
                await asyncio.sleep(min(left, _LONGEST_SLEEP))
                continue
            first = await self._collect()
            if first is None:
                await asyncio.sleep(min(_AFTER_AN_ERROR, number(ctx.environ, "BRIDGE_GC_INTERVAL")))
            elif first.pending:
                await asyncio.sleep(apart + 0.1)
                await self._collect()

    async def _collect(self) -> Outcome | None:
        """One run; None where it failed, and ended nothing."""
        hub = self._hub
        try:
            outcome = await hub.lanes.run("clean-up", collect.run, hub.ctx)
        except BridgeError as problem:
            hub.note("ERROR", f"clean-up ended nothing: {problem.message}")
            hub.supervisor.tell("clean-up", "run", problem.message)
            return None
        hub.supervisor.tell("clean-up", "run", "")
        for item in outcome.removed:
            if item["kind"] in collect.TOLD:
                hub.emit(collect.EVENT, str(item["session"]), collect.sentence(item), data=item)
        hub.note("INFO", f"clean-up: {outcome.counts()}, {len(outcome.pending)} to be looked at again")
        return outcome
