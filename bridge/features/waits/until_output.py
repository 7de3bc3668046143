"""Waiting for what a pane prints, for its silence, or for its end: asleep until the log grows, never asking tmux."""

from __future__ import annotations

import os
import select
import time

from bridge import pause
from bridge.context import Context
from bridge.core import cursors
from bridge.core.echo import EchoFilter, EditorReader
from bridge.errors import BridgeError
from bridge.features.output import logfiles, panelog, read
from bridge.features.output.bytelog import ByteLog
from bridge.features.panes import lookup, typed
from bridge.model import Pane
from bridge.system import process
from bridge.system.grep import matching_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_EVERY = 0.02  # seconds between two looks while there is always something new
_RESTED = 0.008  # a line without an end counts when it has not grown for so long: an echo comes in pieces
_LARGEST_LOOK = 8 << 20
_GONE_SEEN_WITHIN = 0.25
_ASK_EVERY = 0.1


class Outcome:
    """How a wait ended, the matching lines, and where it stopped.

    `name` is `matched`, `idle`, `exited`, `ended`, `timeout` or `gone`.
    """

    __slots__ = ("cursor", "lost", "matches", "name")

    def __init__(self, name: str, cursor: str | None = None, matches: list[str] | None = None, lost: int = 0) -> None:
        self.name = name
        self.cursor = cursor
        self.matches = matches or []
        self.lost = lost


def wait_exit(pane: Pane, timeout: float) -> Outcome:
    """Wait until the pane's process has ended; 0 waits for ever."""
    end = _deadline(timeout)
    descriptor = process.watch_end(pane.pid)
    poller = select.poll()
    if descriptor >= 0:
        poller.register(descriptor, select.POLLIN)
    most = _GONE_SEEN_WITHIN if descriptor >= 0 else _LOOK_EVERY
    try:
        while not (pane.dead or process.has_ended(pane.pid)):
            left = end - time.monotonic()
            if left <= 0:
                return Outcome("timeout")
            pause.poll(poller, min(left, most) * 1000 + 0.5)
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    return Outcome("exited")


def wait_silence(ctx: Context, pane: Pane, milliseconds: int, timeout: float) -> Outcome:
    """Wait until the pane has printed nothing for so long."""
    end = _deadline(timeout)
    log = _open(ctx, pane)
    try:
        offset, since, lost = log.start, time.monotonic(), 0
        while True:
            gone, data = log.fetch(offset)
            now = time.monotonic()
            if data:
                lost += gone
                offset, since = max(log.size(), offset + gone + len(data)), now
            left = since + milliseconds / 1000 - now
            if log.pane_ended():
                return Outcome("gone", log.cursor(offset), lost=lost)
            _check_goes_on(log, pane)
            if left <= 0:
                return Outcome("idle", log.cursor(offset), lost=lost)
            if now >= end:
                return Outcome("timeout", log.cursor(offset), lost=lost)
            log.await_more(offset, min(left, end - now))
    finally:
        log.close()


def wait_match(
    ctx: Context,
    pane: Pane,
    pattern: str,
    timeout: float,
    since: str | None = None,
    *,
    screen: bool = False,
    over: Callable[[], bool] | None = None,
) -> Outcome:
    """Wait until the pane has printed a line that matches: after the call, since a cursor, or on its `screen` too.

    `over` is asked now and then; once it says so nothing more is waited for, and the outcome is `ended`.
    The echo of what we typed counts for nothing. Raises ERR_BAD_PATTERN, ERR_BAD_CURSOR.
    """
    matching_lines(pattern, "")
    end = _deadline(timeout)
    cursor = cursors.parse(since) if since is not None else None
    if cursor is not None:
        read.check_cursor(ctx, pane, cursor)
    log = _open(ctx, pane, 0 if screen else None)
    try:
        if cursor is not None:
            read.check_generation(log, cursor)
        echo = EchoFilter(typed.lines(pane))
        if screen:
            found = echo.output(matching_lines(pattern, log.screen), peek=True)
            if found:
                return Outcome("matched", log.cursor(log.start), found)
        look = _Look(ctx, pane, log, pattern, echo, cursor.offset if cursor else log.start)
        return look.until(end, over)
    finally:
        log.close()


class _Look:
    """Looking at what is new in a log, line by line, with one grep for all that came meanwhile."""

    def __init__(self, ctx: Context, pane: Pane, log: ByteLog, pattern: str, echo: EchoFilter, offset: int) -> None:
        self._ctx = ctx
        self._pane = pane
        self._log = log
        self._pattern = pattern
        self._echo = echo
        self._offset = offset
        self._lost = 0
        self._reader = EditorReader(log.reader_at(offset))
        self._seen = self._reader.peek()

    def until(self, end: float, over: Callable[[], bool] | None) -> Outcome:
        """Look again whenever there is something new, until the deadline."""
        log = self._log
        from bridge.core import transcript  # noqa: F401, PLC0415 - now, and not once there is something to tell

        is_over = False
        while True:
            began = time.monotonic()
            ended = log.pane_ended()
            if ended:
                log.await_writer()
            lines = self._fresh()
            found = self._match(lines) if lines else []
            if (not found and not lines) or ended:
                found = found or self._match_partial(rested=ended)
            if found:
                return Outcome("matched", log.cursor(self._offset), found, self._lost)
            now = time.monotonic()
            if not ended and not lines:
                _check_goes_on(log, self._pane)
            if ended and not lines:
                return Outcome("gone", log.cursor(self._offset), lost=self._lost)
            if now >= end:
                return Outcome("timeout", log.cursor(self._offset), lost=self._lost)
            if is_over and not lines:
                return Outcome("ended", log.cursor(self._offset), lost=self._lost)
            if over is not None and not lines:
                log.await_more(self._offset, min(_ASK_EVERY, end - now))
                # What was printed before may still be on its way into the log: it is looked at once more.
                is_over = log.size() <= self._offset and over()
                if is_over:
                    log.await_more(self._offset, _ASK_EVERY)
            elif lines:
                pause.nap(max(0.0, min(_LOOK_EVERY - (now - began), end - now) if len(lines) > 1000 else 0.0))
            else:
                log.await_more(self._offset, end - now)

    def _fresh(self) -> list[str]:
        lines: list[str] = []
        taken = 0
        while taken < _LARGEST_LOOK:
            lost, data = self._log.fetch(self._offset)
            if not data:
                break
            self._lost += lost
            self._offset += lost + len(data)
            fresh = self._reader.feed(data)
            taken += len(data) + sum(map(len, fresh))
            lines += fresh
        if lines:
            self._seen = ""
        return lines

    def _match(self, lines: list[str]) -> list[str]:
        return self._real(matching_lines(self._pattern, "".join(f"{line}\n" for line in lines)), lines, peek=False)

    def _match_partial(self, *, rested: bool) -> list[str]:
        """The line that is not complete, if it has changed and rests; empty lines that wait before it."""
        if (empty := self._reader.settle()) and (found := self._match(empty)):
            return found
        line = self._reader.peek()
        if line == self._seen:
            return []
        found = matching_lines(self._pattern, line)
        if found and not rested:
            pause.nap(_RESTED)
            if self._log.fetch(self._offset, 1)[1]:
                return []
        self._seen = line
        return self._real(found, [line], peek=True)

    def _real(self, found: list[str], lines: list[str], *, peek: bool) -> list[str]:
        """Those that are no echo; what was typed during the wait is asked for once there is a candidate."""
        hits = set(found)
        if not hits or not any(line in hits for line in self._echo.output(lines, peek=True)):
            if not peek:
                self._echo.defer(lines)
            return []
        try:
            _, now = lookup.find(self._ctx, self._pane.session_id, self._pane.id)
        except BridgeError:
            pass  # the pane has ended meanwhile
        else:
            self._echo.update(typed.lines(now))
        return [str(line) for line in self._echo.output(lines, peek=peek) if line in hits]


def _open(ctx: Context, pane: Pane, history: int | None = None) -> ByteLog:
    """The pane's log; it is kept for a while, so that the cursor of the answer leads somewhere."""
    log = ByteLog(ctx, pane, history)
    if not log.private:
        logfiles.mark(log.path.removesuffix(".log"), logfiles.READ)
    return log


def _check_goes_on(log: ByteLog, pane: Pane) -> None:
    """Raise ERR_STATE where the log has ended: its silence would say nothing of the pane."""
    if log.has_stopped():
        raise panelog.stopped(pane.address, {"pane": pane.id})


def _deadline(timeout: float) -> float:
    return time.monotonic() + timeout if timeout else float("inf")
