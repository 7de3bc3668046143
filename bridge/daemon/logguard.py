"""Notices that a pane's byte log has ended although the pane goes on, which no byte in the log can tell."""

from __future__ import annotations

import os

from bridge.core import loglife
from bridge.features.output import logfiles
from bridge.system import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from bridge.features.output.bytelog import ByteLog

_LOOK_EVERY = 1.0  # while the writer has yet to come, and where the system tells no ends of processes


class Guard:
    """Calls `stopped`, once, when the log has ended before its pane; it sleeps until the writer ends."""

    def __init__(self, loop: asyncio.AbstractEventLoop, log: ByteLog, stopped: Callable[[], None]) -> None:
        self._loop = loop
        self._log = log
        self._stopped = stopped
        self._end = -1
        self._timer: asyncio.TimerHandle | None = None
        self._look()

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._end >= 0:
            self._loop.remove_reader(self._end)
            os.close(self._end)
            self._end = -1

    def _look(self) -> None:
        self.close()
        state = self._log.state()
        if self._log.private or state in (loglife.ENDED, loglife.CUT):
            return  # a log that nobody else writes, or the end of the pane, which others tell
        if state in (loglife.STOPPED, loglife.NONE):
            self._stopped()
            return
        writer = logfiles.writer(self._log.path.removesuffix(".log"))[0]
        self._end = process.watch_end(writer) if writer else -1
        if self._end >= 0:
            self._loop.add_reader(self._end, self._look)
        else:
            self._timer = self._loop.call_later(_LOOK_EVERY, self._look)
