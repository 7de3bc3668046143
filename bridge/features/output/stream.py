"""Following what a pane prints, from now on or from its last lines."""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import os
import select
import time

from bridge import errors
from bridge.context import Context
from bridge.core.text import LineReader, join
from bridge.core.utf8 import unfinished
from bridge.core.visible import marked
from bridge.envelope import compact
from bridge.features.output import logfiles, panelog
from bridge.features.output.bytelog import ByteLog
from bridge.model import Pane
from bridge.system import clock, outlet

_QUIET = 0.1  # a line without an end, a prompt say, is shown after so many seconds of silence
_LOOK_EVERY = 0.25
_ENDS_WITHIN, _NAP = 0.3, 0.01  # what a filter is given at its input's end, and again at a SIGTERM
_UNREAD = (-signal.SIGPIPE, 128 + signal.SIGPIPE)  # how a filter ends that nobody reads


class Sink:
    """Where the text goes: our own stdout, or a filter's stdin. `closed` tells that nobody reads `descriptor`."""

    def __init__(self, filter_command: str | None) -> None:
        self._pid = 0
        # At a terminal a filter stays in the foreground: a pager reads keys, Ctrl-C is for both.
        self._grouped = not os.isatty(1)
        self.descriptor = 1
        if filter_command is not None:
            read_end, self.descriptor = os.pipe()
            self._pid = os.posix_spawn(
                "/bin/sh",
                ["sh", "-c", "--", filter_command],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, read_end, 0)],
                setsigdef=(signal.SIGPIPE,),
                setpgroup=0 if self._grouped else os.getpgrp(),
            )
            os.close(read_end)

    def write(self, data: bytes) -> None:
        """Pass the bytes on; raises BrokenPipeError where nobody reads any more."""
        outlet.write(self.descriptor, data)

    def closed(self) -> bool:
        """Whether the reader has gone, also while nothing is printed."""
        return _is_unread(self.descriptor)

    def finish(self) -> int:
        """Let the filter print what it still holds; its exit status, 0 without a filter."""
        if not self._pid:
            return 0
        self._close()
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return os.waitstatus_to_exitcode(status)

    def stop(self) -> None:
        """End a filter that has not ended by itself, and what it has started."""
        if not self._pid:
            return
        self._close()
        for number in (0, signal.SIGTERM, signal.SIGKILL):
            if number:
                (os.killpg if self._grouped else os.kill)(self._pid, number)
            end = time.monotonic() + _ENDS_WITHIN
            while time.monotonic() < end:
                if os.waitpid(self._pid, os.WNOHANG)[0]:
                    self._pid = 0
                    return
                time.sleep(_NAP)

    def _close(self) -> None:
        if self.descriptor != 1:
            os.close(self.descriptor)
            self.descriptor = 1


def _is_unread(descriptor: int) -> bool:
    """Whether nobody reads any more what is written there."""
    poller = select.poll()
    poller.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poller.poll(0))


def follow(
    ctx: Context,
    pane: Pane,
    *,
    filter_command: str | None = None,
    last: int | None = None,
    raw: bool = False,
    events: bool = False,
) -> bool:
    """Print what the pane prints, once and in order, until it ends or nobody reads.

    With `last`, its last so many lines first; nothing falls between them and what follows. Text has
    escape sequences resolved; `raw` gives the bytes; `events` gives a JSON object a line. A reader
    that is slower than the bounded log is told how many bytes it has missed, null where the log's end is
    missing. Tells whether the pane has ended. Raises ERR_PANE_GONE for a dead pane, ERR_STATE where the log
    ends before the pane, ERR_COMMAND_FAILED for a filter that fails before that, KeyboardInterrupt as it comes.
    """
    if pane.dead:
        raise errors.dead(pane.address)
    leaving = _Leaving()
    log = ByteLog(ctx, pane, history=last)
    keep = events and not log.private
    try:
        if keep:  # the cursors of the events are for pane-read
            logfiles.mark(log.path.removesuffix(".log"), logfiles.READ)
        sink = Sink(filter_command)
        try:
            try:
                ended = _copy(ctx, log, sink, pane, last, leaving, raw=raw, events=events)
            except BrokenPipeError:
                ended = False
            status = sink.finish()
        finally:
            sink.stop()
        if status and not ended and status not in _UNREAD and not _is_unread(1):
            raise _filter_failed(str(filter_command), status)
        return ended
    finally:
        if keep:
            logfiles.mark(log.path.removesuffix(".log"), logfiles.READ)
        log.close()


def _filter_failed(command: str, status: int) -> errors.BridgeError:
    how = f"exit status {status}" if status > 0 else f"signal {-status}"
    return errors.BridgeError(
        "ERR_COMMAND_FAILED",
        f"the filter ended with {how} before the pane: {command!r}",
        hint="what it wrote on stderr tells why",
    )


def _copy(
    ctx: Context,
    log: ByteLog,
    sink: Sink,
    pane: Pane,
    last: int | None,
    leaving: _Leaving,
    *,
    raw: bool,
    events: bool,
) -> bool:
    """Whether the pane has ended; nobody reads otherwise."""
    out = _Events(sink, log, pane) if events else _Plain(sink, exact=ctx.script)
    writer: _RawWriter | _TextWriter = _RawWriter(out) if raw else _TextWriter(out, log.pane_size)
    offset = _begin(log, writer, last)
    heard = time.monotonic()
    ended = False
    while True:
        leaving.check()
        lost, data = log.fetch(offset)
        if data:
            if lost:
                ctx.note("warn", f"{lost} bytes were lost: the reader is slower than the pane")
                out.lost(lost, offset + lost)
            offset += lost + len(data)
            heard = time.monotonic()
            writer.write(data, offset)
            continue
        if ended:
            break
        quiet = time.monotonic() - heard
        if quiet > _QUIET:
            writer.show_partial()
        if sink.closed():
            return False
        if log.pane_ended():
            log.await_writer()
            ended = True
            continue
        if quiet > _QUIET and log.has_stopped():
            raise panelog.stopped(pane.address)
        log.await_more(offset, _LOOK_EVERY if quiet > _QUIET else _QUIET - quiet + 0.001, (sink.descriptor,))
    writer.end()
    if log.has_stopped():
        ctx.note("warn", "the log ended before the pane: its last output is missing")
        out.lost(None, offset)
    out.end(offset)
    return True


def _begin(log: ByteLog, writer: _RawWriter | _TextWriter, last: int | None) -> int:
    """Show the last lines, or only know what stands in the line of the cursor; returns where to go on."""
    if not last:
        writer.begin_within(log.reader_at(log.start), log.start)
        return log.start
    if log.joined:
        lines, column, offset = log.tail(last)
    else:
        lines, column, offset = log.screen.split("\n")[-last:], log.column, log.start
    writer.begin(lines, column, offset)
    return offset


class _Plain:
    """Text or bytes as they are."""

    def __init__(self, sink: Sink, *, exact: bool) -> None:
        self._sink = sink
        self._exact = exact

    def put(self, text: str, _: int) -> None:
        self._sink.write((text if self._exact else marked(text)).encode())

    def put_bytes(self, data: bytes, _: int) -> None:
        self._sink.write(data)

    def lost(self, count: int | None, offset: int) -> None:
        """Tell on stderr that bytes were lost."""

    def end(self, offset: int) -> None:
        """Do nothing: the end of the output tells the reader."""


class _Events:
    """A JSON object a line; the cursor is the place behind the text that was given."""

    def __init__(self, sink: Sink, log: ByteLog, pane: Pane) -> None:
        self._sink = sink
        self._log = log
        self._pane = pane
        self._rest = b""

    def put(self, text: str, offset: int) -> None:
        self._event("pane-output", marked(text), offset)

    def put_bytes(self, data: bytes, offset: int) -> None:
        """Bytes as UTF-8; a character that is split between two reads is put together."""
        data = self._rest + data
        whole = len(data) - unfinished(data)
        self._rest = data[whole:]
        if whole:
            self._event("pane-output", data[:whole].decode("utf-8", "replace"), offset - len(self._rest))

    def lost(self, count: int | None, offset: int) -> None:
        self._event("lost-bytes", "", offset, {"lost_bytes": count})

    def end(self, offset: int) -> None:
        self._event("pane-exit", "", offset)

    def _event(self, kind: str, data: str, offset: int, more: dict[str, object] | None = None) -> None:
        event: dict[str, object] = {
            "event_type": kind,
            "session": self._pane.session,
            "pane_id": self._pane.address,
            "pane": self._pane.id,
            "timestamp": clock.timestamp(),
            "data": data,
            "cursor": self._log.cursor(offset),
        }
        self._sink.write(f"{compact(event | (more or {}))}\n".encode())


class _RawWriter:
    """The bytes as they are."""

    def __init__(self, out: _Plain | _Events) -> None:
        self.write = out.put_bytes

    def begin(self, lines: list[str], column: int, offset: int) -> None:
        self.write("\r\n".join(lines).encode(), offset)

    def begin_within(self, reader: LineReader, offset: int) -> None:
        """Bytes need no column."""

    def show_partial(self) -> None:
        """Nothing is held back."""

    def end(self) -> None:
        """Nothing is held back."""


class _TextWriter:
    """Lines of text; a line without an end is shown when it rests, and continued where it was."""

    def __init__(self, out: _Plain | _Events, size: tuple[int, int]) -> None:
        self._out = out
        self._reader = LineReader(*size)
        self._shown = ""
        self._foreign = False  # what is shown of the line is not of our printing
        self._offset = 0
        self._line_at = 0  # the offset behind the last line that is complete

    def begin(self, lines: list[str], column: int, offset: int) -> None:
        self._offset = self._line_at = offset
        above = [line.rstrip() for line in lines[:-1]]
        self._lines(above)
        self._reader.resume(lines[-1], column, above)

    def begin_within(self, reader: LineReader, offset: int) -> None:
        """Begin with the cursor behind text that is not ours to print."""
        self._offset = self._line_at = offset
        self._reader = reader
        self._shown = reader.peek()
        self._foreign = True

    def write(self, data: bytes, offset: int) -> None:
        self._offset = offset
        if b"\n" in data:
            self._line_at = offset - len(data) + data.rindex(b"\n") + 1
        self._lines(self._reader.feed(data))

    def show_partial(self) -> None:
        self._lines(self._reader.settle())
        line = self._reader.peek()
        if line != self._shown and line.strip():
            self._out.put(self._rest(line), self._offset - self._reader.unread)
            self._shown, self._foreign = line, False

    def end(self) -> None:
        self.show_partial()
        if self._shown.strip() and not self._foreign:
            self._out.put("\n", self._offset)

    def _lines(self, lines: list[str]) -> None:
        if not lines:
            return
        first = self._rest(lines[0]) if self._shown else lines[0]
        self._shown, self._foreign = "", False
        lines[0] = type(lines[0])(first)
        self._out.put(join(lines), self._line_at)

    def _rest(self, line: str) -> str:
        """What is to be printed of a line whose beginning may stand there already."""
        if line.startswith(self._shown):
            return line[len(self._shown) :]
        return line if self._foreign or not self._shown.strip() else f"\n{line}"


class _Leaving:
    """SIGTERM and SIGHUP end us by an exception, wherever we are.

    Where Python drops it (in a callback of the collector or of an import) it comes at the next `check`.
    """

    def __init__(self) -> None:
        self._number = 0
        signal.signal(signal.SIGTERM, self._note)
        signal.signal(signal.SIGHUP, self._note)

    def check(self) -> None:
        if self._number:
            raise SystemExit(128 + self._number)

    def _note(self, number: int, _: object) -> None:
        self._number = number
        self.check()
