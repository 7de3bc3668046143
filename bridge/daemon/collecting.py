"""Clean-up on a timer: a look, a second one where something is idle, then nothing for an hour."""

from __future__ import annotations

import asyncio

from bridge.config import number
from bridge.errors import BridgeError
from bridge.features import collecting, policing
from bridge.features.collecting import Outcome
from bridge.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.service import Service

_LONGEST_SLEEP = 30.0  # the loop's clock stands still while the machine is suspended
_AFTER_AN_ERROR = 300.0


class Collecting:
    """Runs while the policy says so. What it does survives a restart: the time of the last run is on disk."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._task: asyncio.Task[object] | None = None

    def follow(self) -> None:
        """Begin or end, as the policy says now."""
        try:
            policy = collecting.open_files(self._service.ctx).policy(clock.epoch())
        except BridgeError as problem:
            self._service.note("ERROR", f"clean-up: {problem.message}")
            policy = {"enabled": False}
        if self._task is not None and (self._task.done() or not policy["enabled"]):
            self._task.cancel()
            self._task = None
        if policy["enabled"] and self._task is None:
            self._task = self._service.spawn(self._run())

    def close(self) -> None:
        """End the timer; a run under way ends by itself."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        ctx = self._service.ctx
        apart = collecting.seconds_apart(ctx)
        await asyncio.sleep(apart)  # who has just started knows too little to end anything
        while True:
            looks = collecting.open_files(ctx).looks(clock.epoch())
            left = policing.seconds_left(ctx, looks)
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
        service = self._service
        try:
            outcome = await asyncio.to_thread(collecting.run, service.ctx)
        except BridgeError as problem:
            service.note("ERROR", f"clean-up ended nothing: {problem.message}")
            return None
        for item in outcome.removed:
            if item["kind"] in collecting.TOLD:
                service.emit(collecting.EVENT, str(item["session"]), collecting.sentence(item), data=item)
        service.note("INFO", f"clean-up: {outcome.counts()}, {len(outcome.pending)} to be looked at again")
        return outcome
