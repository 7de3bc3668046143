"""Events as they are stored, for a program that asks one after the other."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any, Self

from bridge.features.daemon import lifecycle
from bridge.features.events import eventlog
from bridge.store.paths import ensure, parent
from bridge.system.inotify import CREATE, MODIFY, Inotify

if TYPE_CHECKING:
    from bridge.context import Context

_BATCH = 500
_SOONEST, _LATEST = 0.001, 1.0


class Follower:
    """Reads the log of events from a place on; sleeps between changes of its file.

    SQLite writes the file before the event can be read: `nap` is after how many seconds to look again.
    It grows while there is nothing.
    """

    def __init__(self, ctx: Context, since: int | None, event_type: str) -> None:
        path = lifecycle.place(ctx).events_file
        ensure(parent(path))
        self._type = event_type
        self._watcher = Inotify()
        self._watcher.watch(parent(path), MODIFY | CREATE)
        self._log = eventlog.open_log(ctx)
        self._at = self._log.last() if since is None else since
        self.nap = _SOONEST

    @property
    def descriptor(self) -> int:
        """Becomes readable when the log may have grown."""
        found: int = self._watcher.descriptor
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()
        self._watcher.close()

    def read(self) -> list[dict[str, Any]]:
        """The events that have come since the last call."""
        found: list[dict[str, Any]] = []
        while batch := self._log.read(self._at, _BATCH, event_type=self._type):
            found += batch
            self._at = int(str(batch[-1]["seq"]))
        self.nap = _SOONEST if found else min(self.nap * 2, _LATEST)
        return found

    def wait(self) -> None:
        """Sleep until the log may have grown."""
        if select.select([self._watcher.descriptor], [], [], self.nap)[0]:
            self.drain()

    def drain(self) -> None:
        """Forget the changes that were told so far."""
        if select.select([self._watcher.descriptor], [], [], 0)[0]:
            self._watcher.read()
            self.nap = _SOONEST
