"""Following what a pane prints, from now on or from its last lines."""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import os
import select
import time

from bridge.context import Context
from bridge.core.text import LineReader
from bridge.features.bytelog import ByteLog
from bridge.model import Pane

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_NAP = 0.005
_QUIET = 0.1  # a line without an end, a prompt say, is shown after so many seconds of silence
_LOOK_EVERY = 0.05


class Sink:
    """Where the text goes: our own stdout, or a filter's stdin. `closed` tells that nobody reads."""

    def __init__(self, ctx: Context, filter_command: str | None) -> None:
        self._ctx = ctx
        self._pid = 0
        self._descriptor = 1
        if filter_command is not None:
            read_end, self._descriptor = os.pipe()
            self._pid = os.posix_spawn(
                "/bin/sh",
                ["sh", "-c", filter_command],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, read_end, 0)],
                setsigdef=(signal.SIGPIPE,),
            )
            os.close(read_end)

    def write(self, data: bytes) -> None:
        """Pass the bytes on; raises BrokenPipeError where nobody reads any more."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def closed(self) -> bool:
        """Whether the reader has gone, also while nothing is printed."""
        poller = select.poll()
        poller.register(self._descriptor, 0)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poller.poll(0))

    def finish(self) -> None:
        """Let the filter print what it still holds."""
        if self._pid:
            os.close(self._descriptor)
            os.waitpid(self._pid, 0)


def follow(
    ctx: Context, pane: Pane, *, filter_command: str | None = None, last: int | None = None, raw: bool = False
) -> None:
    """Print what the pane prints, once and in order, until it ends or nobody reads.

    With `last`, its last so many lines first; nothing falls between them and what follows. Text has
    escape sequences resolved; `raw` gives the bytes. Raises KeyboardInterrupt as it comes.
    """
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    log = ByteLog(ctx, pane, history=last)
    try:
        sink = Sink(ctx, filter_command)
        try:
            _copy(log, sink, pane, last, raw)
        except BrokenPipeError:
            return
        sink.finish()
    finally:
        log.close()


def _copy(log: ByteLog, sink: Sink, pane: Pane, last: int | None, raw: bool) -> None:
    writer = _RawWriter(sink) if raw else _TextWriter(sink)
    if last:
        writer.begin(log.screen.split("\n")[-last:], pane.cursor_x)
    else:
        writer.begin_within(pane.cursor_x)
    offset = log.start
    heard = looked = time.monotonic()
    while True:
        data = log.read(offset)
        now = time.monotonic()
        if data:
            offset += len(data)
            heard = now
            writer.write(data)
            continue
        if now - heard > _QUIET:
            writer.show_partial()
        if now - looked >= _LOOK_EVERY:
            looked = now
            if sink.closed():
                return
            if log.pane_ended():
                break
        time.sleep(_NAP)
    log.await_writer()
    while data := log.read(offset):
        offset += len(data)
        writer.write(data)
    writer.end()


class _RawWriter:
    """The bytes as they are."""

    def __init__(self, sink: Sink) -> None:
        self.write = sink.write

    def begin(self, lines: list[str], column: int) -> None:
        self.write("\r\n".join(lines).encode())

    def begin_within(self, column: int) -> None:
        """Bytes need no column."""

    def show_partial(self) -> None:
        """Nothing is held back."""

    def end(self) -> None:
        """Nothing is held back."""


class _TextWriter:
    """Lines of text; a line without an end is shown when it rests, and continued where it was."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._reader = LineReader()
        self._shown = ""

    def begin(self, lines: list[str], column: int) -> None:
        self._lines(line.rstrip() for line in lines[:-1])
        self._reader.resume(lines[-1], column)

    def begin_within(self, column: int) -> None:
        """Begin with the cursor behind text that is not ours to print."""
        self._reader.resume("", column)
        self._shown = " " * column

    def write(self, data: bytes) -> None:
        self._lines(self._reader.feed(data))

    def show_partial(self) -> None:
        line = self._reader.peek()
        if line != self._shown and line.strip():
            self._sink.write(self._rest(line).encode())
            self._shown = line

    def end(self) -> None:
        self.show_partial()
        if self._shown.strip():
            self._sink.write(b"\n")

    def _lines(self, lines: Iterable[str]) -> None:
        text = ""
        for line in lines:
            text += self._rest(line) + "\n" if self._shown else line + "\n"
            self._shown = ""
        if text:
            self._sink.write(text.encode())

    def _rest(self, line: str) -> str:
        """What is to be printed of a line whose beginning may stand there already."""
        if line.startswith(self._shown):
            return line[len(self._shown) :]
        return f"\n{line}" if self._shown.strip() else line


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)
