"""The newest events of the log, with a daemon or without."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING

from bridge.features.daemon import lifecycle
from bridge.features.events import eventlog

if TYPE_CHECKING:
    from bridge.context import Context
    from bridge.store.events import EventLog

KEPT = 200
_BATCH = 500


class Events:
    """Reads on whenever the log's files have changed; looking whether they have costs two calls of the system."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._path = lifecycle.place(ctx).events_file
        self._log: EventLog | None = None
        self._at = 0
        self._sign: tuple[object, ...] = ()
        self._settled = False
        self.newest: deque[dict[str, object]] = deque(maxlen=KEPT)

    def read(self) -> bool:
        """Whether there are new ones. A log that nobody has begun is not made. Raises ERR_STATE."""
        sign = (_stamp(self._path), _stamp(f"{self._path}-wal"))
        # The file is written before the event can be read: after a change there is one look more.
        if sign == self._sign and self._settled:
            return False
        self._settled = sign == self._sign
        self._sign = sign
        if self._log is None:
            if sign[0] is None:
                return False
            self._log = eventlog.open_log(self._ctx)
            found = self._log.read(0, KEPT, newest=True)
        else:
            found = self._log.read(self._at, _BATCH)
        if found:
            self._at = int(str(found[-1]["seq"]))
            self.newest.extend(found)
            self._settled = False
        return bool(found)

    def has_daemon(self) -> bool:
        """Whether a daemon makes events."""
        return lifecycle.place(self._ctx).holder() is not None

    def close(self) -> None:
        """Let go of the log."""
        if self._log is not None:
            self._log.close()
            self._log = None


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
