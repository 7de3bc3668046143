"""How long a pane has printed nothing, for whoever subscribed to that."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from bridge.core.events import Place
    from bridge.daemon.hub import Hub

_IDLE_BY_DEFAULT = 5.0


class Silence:
    """A timer for each subscription to `pane-idle`; told once, until there is output again."""

    def __init__(self, hub: Hub, place: Callable[[], Place]) -> None:
        self._hub = hub
        self._place = place
        self._seconds: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle | None] = {}  # None: told
        self._last_output = time.monotonic()

    def follow(self, subscriptions: list[dict[str, object]]) -> None:
        """Time the subscriptions that are wanted now, and no others any more."""
        wanted = {str(item["subscription_id"]): item for item in subscriptions if item["event_type"] == "pane-idle"}
        for name in set(self._timers) - set(wanted):
            if (timer := self._timers.pop(name)) is not None:
                timer.cancel()
        for name, item in wanted.items():
            value = item.get("after_seconds")
            self._seconds[name] = float(value) if isinstance(value, (int, float)) else _IDLE_BY_DEFAULT
            if name not in self._timers:
                self._arm(name, self._seconds[name])

    def end(self) -> None:
        """Begin anew: the pane has printed something."""
        self._last_output = time.monotonic()
        for name, timer in self._timers.items():
            if timer is None:
                self._arm(name, self._seconds[name])

    def _arm(self, name: str, seconds: float) -> None:
        self._timers[name] = self._hub.loop.call_later(seconds, self._quiet, name)

    def _quiet(self, name: str) -> None:
        after = self._seconds[name]
        left = self._last_output + after - time.monotonic()
        if left > 0.001:
            self._arm(name, left)
            return
        self._timers[name] = None
        place = self._place()
        data: dict[str, object] = {"after_seconds": after, "subscription_ids": [name]}
        self._hub.emit("pane-idle", place.session, f"No output for {after:g} s", place=place, data=data)
