"""How many processes callbacks may leave in the background."""

from __future__ import annotations

import asyncio

_LEFT_BY_ONE, _LEFT_BY_ALL = 16, 64  # two descriptors and a process each, until they end or their time is over


class Left:
    """What callbacks have left in the background: so much and no more, of one subscription and of all."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._changed = asyncio.Event()

    def has_room(self, name: str) -> bool:
        """Whether a callback of this subscription may leave something behind."""
        return self._counts.get(name, 0) < _LEFT_BY_ONE and sum(self._counts.values()) < _LEFT_BY_ALL

    async def room(self, name: str) -> None:
        """Wait until there is room."""
        while not self.has_room(name):
            self._changed.clear()
            await self._changed.wait()

    def add(self, name: str) -> None:
        """A callback of this subscription has left something."""
        self._counts[name] = self._counts.get(name, 0) + 1

    def remove(self, name: str) -> None:
        """Forget a process that has ended."""
        self._counts[name] -= 1
        if not self._counts[name]:
            del self._counts[name]
        self._changed.set()
