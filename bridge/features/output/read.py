"""What a pane has printed since a cursor, and the cursor to go on from."""

from __future__ import annotations

import time

from bridge import errors
from bridge.context import Context
from bridge.core import cursors, loglife
from bridge.core.text import LineReader, read_on
from bridge.errors import BridgeError
from bridge.features.output import logfiles, panelog
from bridge.features.output.bytelog import ByteLog
from bridge.features.output.panelog import PaneLog
from bridge.features.panes import lookup
from bridge.model import Pane
from bridge.system import process

LARGEST_ANSWER = 1 << 20
_MISSING = ("ERR_SESSION_NOT_FOUND", "ERR_PANE_NOT_FOUND")


class Reading:
    """What was read: text, its size in bytes, the cursor behind it, how much was lost before it, whether more follows.

    `cut` tells that the log ended before its pane did, whether or not that has ended since.
    """

    __slots__ = ("address", "cursor", "cut", "ended", "lost", "more", "pane_id", "size", "text")

    def __init__(self, pane_id: str, address: str) -> None:
        self.pane_id = pane_id
        self.address = address
        self.text = ""
        self.cursor: str | None = None
        self.size = self.lost = 0
        self.more = self.ended = self.cut = False


def read(
    ctx: Context, session: str, argument: str, since: str | None, lines: int | None, follow_for: float | None
) -> Reading:
    """What was printed since the cursor, at most 1 MB or the last `lines` lines of it; without one the screen.

    With `follow_for` it waits until something is printed, so many seconds (0: for ever). The first
    read starts the pane's log and keeps it for an hour after the last. A cursor goes on to be good
    after the pane has ended. Raises ERR_BAD_CURSOR, ERR_TIMEOUT, ERR_PANE_GONE, ERR_UNSUPPORTED.
    """
    cursor = cursors.parse(since) if since is not None else None
    try:
        _, pane = lookup.find(ctx, session, argument)
    except BridgeError as problem:
        rest = _after_end(ctx, argument, cursor) if cursor and problem.code in _MISSING else None
        if rest is None or cursor is None:
            raise
        found = Reading(cursor.pane_id, argument)
        _take(found, rest, cursor.offset, lines)
        rest.close()
        return found
    if cursor is not None:
        check_cursor(ctx, pane, cursor)
    log = open_log(ctx, pane, (lines or 0) if cursor is None else None)
    try:
        if cursor is not None:
            check_generation(log, cursor)
        if isinstance(log, ByteLog):
            logfiles.mark(log.path.removesuffix(".log"), logfiles.READ)
        found = Reading(pane.id, pane.address)
        offset = cursor.offset if cursor else log.start
        if follow_for is not None and isinstance(log, ByteLog):
            _await_output(log, pane, offset, follow_for)
        if cursor is None and follow_for is None and isinstance(log, ByteLog):
            _take_screen(found, log, lines)
        else:
            _take(found, log, offset, lines)
        return found
    finally:
        log.close()


def read_log(log: ByteLog, pane: Pane, offset: int) -> Reading:
    """What an open log holds from the offset on, at most 1 MB."""
    found = Reading(pane.id, pane.address)
    _take(found, log, offset, None)
    return found


def open_log(ctx: Context, pane: Pane, history: int | None = None) -> PaneLog:
    """The log of a pane that can be kept; raises ERR_UNSUPPORTED where the pane's pipe is somebody else's."""
    if process.has_ended(pane.pid):
        kept = panelog.open_kept(ctx, pane.id, pane.pid)
        if kept is None:
            raise errors.pane_gone(pane.address, {"pane": pane.id})
        return kept
    log = ByteLog(ctx, pane, history)
    if log.private:
        log.close()
        raise BridgeError(
            "ERR_UNSUPPORTED",
            f"pane {pane.address} has a pipe that is not ours, and a pane has only one",
            hint=f"bridge pane-capture shows the screen; tmux pipe-pane -t {pane.id} ends that pipe",
            pane_id=pane.address,
        )
    return log


def check_cursor(ctx: Context, pane: Pane, cursor: cursors.Cursor) -> None:
    """Raise ERR_BAD_CURSOR unless the cursor is of this pane's log as it is now."""
    if cursor.pane_id != pane.id:
        raise cursors.bad_cursor(str(cursor), f"it is of pane {cursor.pane_id}, not of {pane.id}")
    if cursor.pid != pane.pid:
        raise cursors.bad_cursor(str(cursor), f"pane {pane.id} runs another process since")
    path = logfiles.base(ctx, pane.id, pane.pid)
    if logfiles.writer(path)[1] != cursor.generation:
        raise _other_log(cursor)
    if cursor.offset > logfiles.size(path):
        raise cursors.bad_cursor(str(cursor), "the pane has not printed so much")
    if logfiles.state(path, pane.pid, cursor.generation) == loglife.STOPPED:
        raise cursors.bad_cursor(str(cursor), "its log has ended, and what the pane printed since is not known")


def check_generation(log: PaneLog, cursor: cursors.Cursor) -> None:
    """Raise ERR_BAD_CURSOR unless the open log is the one that the cursor points into.

    `check_cursor` asks before anything is opened; this is the word that counts.
    """
    if log.generation != cursor.generation:
        raise _other_log(cursor)


def _other_log(cursor: cursors.Cursor) -> BridgeError:
    return cursors.bad_cursor(str(cursor), "the log that it points into is gone")


def _after_end(ctx: Context, argument: str, cursor: cursors.Cursor) -> PaneLog | None:
    """The kept log that a cursor points into, if its pane is gone and may be the one that is meant."""
    if argument.startswith("%") and argument != cursor.pane_id:
        return None
    if not process.has_ended(cursor.pid):
        return None
    log = panelog.open_kept(ctx, cursor.pane_id, cursor.pid)
    if log is not None and (log.generation != cursor.generation or cursor.offset > log.size()):
        log.close()
        return None
    return log


def _await_output(log: ByteLog, pane: Pane, offset: int, seconds: float) -> None:
    end = time.monotonic() + seconds if seconds else float("inf")
    while log.size() <= offset and not log.pane_ended():
        left = end - time.monotonic()
        if left <= 0:
            raise BridgeError(
                "ERR_TIMEOUT",
                f"pane {pane.address} printed nothing within {seconds:g} seconds",
                hint="wait again with the same cursor; nothing is missed",
                pane_id=pane.address,
                fields={"pane": pane.id, "cursor": log.cursor(offset)},
            )
        if log.has_stopped():
            raise panelog.stopped(pane.address, {"pane": pane.id})
        log.await_more(offset, left)


def _take_screen(found: Reading, log: ByteLog, lines: int | None) -> None:
    if lines is None:
        # The offset was taken before the screen: what was in flight may be told again, but is never missed.
        text, offset = log.screen, log.start
    else:
        kept, _, offset = log.tail(lines)
        text = "\n".join(kept)
    found.text = text
    found.size = len(text.encode("utf-8", "replace"))
    found.cursor = log.cursor(offset)


def _take(found: Reading, log: PaneLog, offset: int, lines: int | None) -> None:
    """Read from the offset on; a character or a sequence that is not complete yet is left for the next time."""
    found.ended = log.pane_ended()
    if found.ended:
        log.await_writer()
    found.cut = log.has_stopped()  # asked first: what it holds then is all that it will hold
    end = log.size()
    if lines is not None:
        begin = log.last_lines(offset, lines)
        found.lost, data = log.fetch(begin, end - begin)
        found.lost = max(0, log.first(offset) - offset)
        found.more = begin > offset
    else:
        found.lost, data = log.fetch(offset, LARGEST_ANSWER)
        begin = offset
    at = begin + (found.lost if begin == offset else 0)
    if lines is None and at + len(data) < end:
        data = data[: data.rfind(b"\n") + 1] or data
        found.more = True
    reader = log.reader_at(at) if at == offset else LineReader(*log.pane_size)
    found.text, taken = read_on(reader, data, stop=0 if lines is not None else LARGEST_ANSWER)
    if taken < len(data):
        data, found.more = data[:taken], True
    if lines is not None:
        text = found.text.split("\n")
        text = text[-lines - 1 :] if not text[-1] else text[-lines:]
        found.text = "\n".join(text)
    held_back = 0 if found.ended else reader.unread
    if held_back >= len(data):
        held_back = 0  # a string that is longer than an answer
    found.cursor = log.cursor(at + len(data) - held_back)
    found.size = at + len(data) - held_back - offset - found.lost
