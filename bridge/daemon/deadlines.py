"""Deadlines of `timeout` subscriptions: they go by a clock that nobody sets, and survive a restart."""

from __future__ import annotations

import asyncio
from functools import partial

from bridge.core.events import EVERYTHING
from bridge.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.hub import Hub, Kept

_LONGEST_SLEEP = 30.0  # the loop's clock stands still while the machine is suspended


class Deadlines:
    """One timer for each `timeout` subscription."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._timers: dict[str, Kept] = {}

    def follow(self) -> None:
        """Set the timers that the subscriptions ask for, and no others."""
        wanted = {
            str(item["subscription_id"]): item for item in self._hub.subscriptions if item["event_type"] == "timeout"
        }
        for name in set(self._timers) - set(wanted):
            self._timers.pop(name).cancel()
        for name, item in wanted.items():
            if name not in self._timers:
                self._timers[name] = self._hub.supervisor.keep(
                    "deadlines", partial(self._run, name, item), name, ends=True
                )

    def close(self) -> None:
        """Cancel all timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def _run(self, name: str, item: dict[str, object]) -> None:
        while (left := seconds_left(item)) > 0:
            await asyncio.sleep(min(left, _LONGEST_SLEEP))
        self._due(name, item)

    def _due(self, name: str, item: dict[str, object]) -> None:
        # Its timer stays until the subscription has ended, so that it fires once however late it is stored.
        covered = self._hub.structure.covered(item)
        place = covered[0] if item.get("pane") and len(covered) == 1 else None  # none that is named by chance
        session = str(item["session"])
        if place is not None or (covered and session != EVERYTHING):
            session = covered[0].session
        self._hub.emit(
            "timeout",
            session,
            f"Deadline: {item.get('deadline', '')}",
            place=place,
            pane_id=str(item.get("pane") or ""),
            data={"subscription_ids": [name], "after_seconds": item.get("after_seconds")},
        )


def seconds_left(item: dict[str, object]) -> float:
    """Seconds until the deadline, by the time since boot; by the wall clock after the machine was booted anew."""
    at, wall = item.get("deadline_boottime"), item.get("deadline")
    if item.get("boot_id") == clock.boot_id() and isinstance(at, (int, float)):
        return at - clock.boottime()
    return wall - clock.wall() if isinstance(wall, (int, float)) else 0.0
