"""An open log of a pane, whoever has started it: what it holds, whether more can come, and its lease."""

from __future__ import annotations

import posix
import select
import time

from bridge import pause
from bridge.context import Context
from bridge.core import loglife
from bridge.core.cursors import Cursor
from bridge.errors import BridgeError
from bridge.features.output import logfiles
from bridge.features.output.logbytes import LogFile
from bridge.system import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.system.inotify import Bell

_DRAINED_WITHIN = 3.0
_LOOK_EVERY = 0.25
_SHORT_NAP, _NAPS_FOR = 0.001, 0.01


class PaneLog(LogFile):
    """The log of a pane's process, of one generation: what is read through it is never of another one."""

    def __init__(self, ctx: Context, pane_id: str, pid: int) -> None:
        """Take a lease on the log that is there. Raises OSError where there is none."""
        self._ctx = ctx
        self._pane_id = pane_id
        self._pid = pid
        self._base = logfiles.base(ctx, pane_id, pid)
        self.path = f"{self._base}.log"
        self.pane_size = logfiles.load_before(self._base)[2]
        self.start = 0
        self._bell: Bell | None = None
        self._pane_end = -1
        self._lease = logfiles.lease(self._base)
        try:
            self._open()
        except BaseException:
            posix.close(self._lease)
            raise

    def _open(self) -> None:
        while True:
            self.generation = logfiles.writer(self._base)[1]
            self._file = posix.open(self.path, posix.O_RDONLY | posix.O_CLOEXEC)
            if logfiles.writer(self._base)[1] == self.generation:
                return
            posix.close(self._file)

    @property
    def private(self) -> bool:
        """Whether the pane's pipe is somebody else's."""
        return False

    def cursor(self, offset: int) -> str | None:
        """The place of an offset, as `pane-read --since` takes it; None for a private log."""
        return None if self.private else str(Cursor(self._pane_id, self._pid, self.generation, offset))

    def pane_ended(self) -> bool:
        """Whether the pane's process has ended or the pane was closed."""
        return process.has_ended(self._pid)

    def state(self) -> str:
        """Where in its life (core.loglife) this log is."""
        return logfiles.state(self._base, self._pid, self.generation)

    def has_stopped(self) -> bool:
        """Whether the log has ended though the pane prints on: its writer has gone, or did not see the pane's end."""
        return self.state() in (loglife.STOPPED, loglife.CUT)

    def await_writer(self) -> None:
        """After the pane's end: wait until its last bytes have been written."""
        end = time.monotonic() + _DRAINED_WITHIN
        while logfiles.is_written(self._base) and time.monotonic() < end:
            pause.nap(0.002)

    def await_more(self, offset: int, seconds: float, also: tuple[int, ...] = (), file: str = "") -> None:
        """Sleep until there is something behind the offset or the pane has ended, at most so long.

        May return early. `also` are descriptors that end the sleep when they hang up, `file` is one more file
        whose change does. The first milliseconds are short naps, then the kernel wakes us: nothing is asked of
        tmux.
        """
        end = time.monotonic() + seconds
        if self._bell is None:
            until = min(end, time.monotonic() + _NAPS_FOR)
            while not self.private and time.monotonic() < until:
                if self.size() > offset:
                    return
                pause.nap(_SHORT_NAP)
            from bridge.system.inotify import Bell  # noqa: PLC0415 - only for who waits longer

            self._bell = Bell(self.path, *((file,) if file else ()))
            self._pane_end = process.watch_end(self._pid)
        self._bell.clear()
        if self.size() > offset or self.pane_ended():
            return
        poller = select.poll()
        for descriptor in (self._bell.descriptor, self._pane_end, self._listened()):
            if descriptor >= 0:
                poller.register(descriptor, select.POLLIN)
        for descriptor in also:
            poller.register(descriptor, 0)
        most = _LOOK_EVERY if self._bell.descriptor >= 0 else 0.005
        pause.poll(poller, max(0.0, min(end - time.monotonic(), most)) * 1000 + 0.5)

    def _listened(self) -> int:
        return -1

    def begin_close(self, also: tuple[tuple[str, ...], ...]) -> None:
        """Have tmux begin with the commands that a `close` with the same `also` will give it."""
        logfiles.begin_end(self._ctx, self._pane_id, self._base, self._lease, also)

    def close(self, also: tuple[tuple[str, ...], ...] = ()) -> None:
        """Give the lease back; the last reader ends the pipe and removes the log, unless it is kept.

        `also` as in `logfiles.end`.
        """
        posix.close(self._file)
        if self._bell is not None:
            self._bell.close()
        if self._pane_end >= 0:
            posix.close(self._pane_end)
        with pause.held():
            logfiles.end_unheld(self._ctx, self._pane_id, self._base, self._lease, also)


def open_kept(ctx: Context, pane_id: str, pid: int) -> PaneLog | None:
    """The kept log of a pane that may be gone, None where there is none (any more)."""
    base = logfiles.base(ctx, pane_id, pid)
    if not (logfiles.keeps(base) and logfiles.written_at(base)):
        return None
    try:
        return PaneLog(ctx, pane_id, pid)
    except FileNotFoundError:
        return None


def open_stopped(ctx: Context, pane_id: str, pid: int, generation: str) -> PaneLog | None:
    """The pane's byte log of that generation where it has stopped; None where it goes on or is gone."""
    base = logfiles.base(ctx, pane_id, pid)
    if logfiles.writer(base)[1] != generation or logfiles.is_written(base):
        return None
    log = open_kept(ctx, pane_id, pid)
    if log is not None and log.generation != generation:
        log.close()
        return None
    return log


def stopped(pane_id: str, fields: dict[str, object] | None = None) -> BridgeError:
    """The error for a byte log that has ended though the pane lives: what it printed since is not known."""
    return BridgeError(
        "ERR_STATE",
        f"the log of pane {pane_id} has ended while the pane goes on: its writer was ended, its disk is full, or "
        "somebody else took the pane's pipe",
        hint="the next call begins another log; bridge doctor looks at the disk, bridge pane-capture shows the screen",
        pane_id=pane_id,
        fields=fields,
    )
