"""How long the event loop was kept from what came next, measured at each of its turns.

Two readings of a clock a turn and no timer of its own: a daemon that has nothing to do does not wake for it.
"""

from __future__ import annotations

import asyncio
import selectors
import time

_MINUTE = 60.0


class _Selector(selectors.DefaultSelector):
    """Tells its pulse when the loop sleeps and when it wakes."""

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self._pulse = pulse

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As the selector's own; what ran since the last one is a turn of the loop."""
        self._pulse.beat(time.monotonic())
        found: list[tuple[selectors.SelectorKey, int]] = super().select(timeout)
        self._pulse.woke = time.monotonic()
        return found


class Pulse:
    """The longest turns of a loop that `loop` has made."""

    def __init__(self) -> None:
        self.woke = time.monotonic()
        self._worst = self._now = self._before = 0.0
        self._since = self.woke

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> Pulse:
        """The pulse of a loop; one that never beats where the loop was not made here."""
        found = getattr(loop, "pulse", None)
        return found if isinstance(found, Pulse) else cls()

    def beat(self, now: float) -> None:
        """Note the end of a turn."""
        took = now - self.woke
        if now - self._since >= _MINUTE:
            self._before, self._now, self._since = self._now, 0.0, now
        self._now = max(self._now, took)
        self._worst = max(self._worst, took)

    def reset(self) -> None:
        """Forget the turns so far: the daemon's beginning takes its time, and nobody waits yet."""
        self.woke = self._since = time.monotonic()
        self._worst = self._now = self._before = 0.0

    def worst(self) -> float:
        """Milliseconds of the longest turn."""
        return round(self._worst * 1000, 1)

    def recent(self) -> float:
        """Milliseconds of the longest turn within the last minute or two."""
        return round(max(self._now, self._before) * 1000, 1)


class _Loop(asyncio.SelectorEventLoop):
    pulse: Pulse


def loop() -> asyncio.AbstractEventLoop:
    """A loop with a pulse."""
    pulse = Pulse()
    made = _Loop(_Selector(pulse))
    made.pulse = pulse
    return made
