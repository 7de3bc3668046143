"""Reading a pane's byte log by offset: bytes, what is gone of them, the last lines."""

from __future__ import annotations

import posix

from bridge import pause
from bridge.core.text import LineReader, join
from bridge.features.output import logfiles

_LINES_AROUND = 16_384  # bytes before a place that a reader is told: the rows that a program may go up to
_LONGEST_STRING = 1 << 18


class LogFile:
    """The file of a byte log, for reading; offsets are bytes from the log's beginning, whatever of it is gone.

    `pane_size` is the width and the height of the pane, which decide how its bytes read.
    """

    path: str
    start: int
    generation: str
    pane_size: tuple[int, int]
    _file: int

    def fetch(self, offset: int, most: int = 1 << 18) -> tuple[int, bytes]:
        """How many bytes from the offset on are gone because the log is bounded, and at most so many that follow."""
        pause.look()  # who reads much is here often
        data = self._read(offset, most)
        while (first := self.first(offset)) > offset:
            # Asked after the read: bytes may have gone meanwhile.
            data = self._read(first, most)
            if self.first(first) == first:
                return first - offset, data
        return 0, data

    def first(self, offset: int = 0) -> int:
        """The lowest offset, from `offset` on, that can still be read."""
        try:
            return posix.lseek(self._file, offset, posix.SEEK_DATA)
        except (OSError, AttributeError):
            return offset  # nothing behind it, or a system that does not tell

    def _read(self, offset: int, most: int) -> bytes:
        """What was written there; bytes that are gone read as NUL, so nobody else may ask."""
        return posix.pread(self._file, most, offset)

    def tail(self, count: int) -> tuple[list[str], int, int]:
        """The last lines, the column of the cursor in the very last one, and the offset behind them.

        What stood on the screen when the log began counts as being before it; where the log has let its
        beginning go, there may be fewer lines.
        """
        size, window = self.size(), 65_536
        while True:
            begin = max(0, size - window)
            data = self._read(begin, size - begin)
            if begin == 0 or data.count(b"\n") > count + 1 or self.first(begin) > begin:
                break
            window *= 4
        reader = LineReader(*self.pane_size)
        if begin == 0 and self.first() == 0:
            column, before, _ = logfiles.load_before(self.path.removesuffix(".log"))
            *lines, last = before
            lines = [line.rstrip() for line in lines]
            reader.resume(last, column, lines)
        else:
            data, lines = data.lstrip(b"\0").partition(b"\n")[2], []
        reader.late = True
        text = join(reader.feed(data))
        lines += text.split("\n")[:-1] + reader.rest()
        return lines[-count:] if count else [""], reader.column, size - reader.unread

    def last_lines(self, offset: int, count: int) -> int:
        """Where to begin so that the last lines are read, not before the offset."""
        end, window = self.size(), 65_536
        while True:
            begin = max(offset, self.first(offset), end - window)
            data = self._read(begin, end - begin)
            if begin <= max(offset, self.first(offset)) or data.count(b"\n") > count:
                break
            window *= 4
        at = len(data)
        for _ in range(count + 1):
            at = data.rfind(b"\n", 0, at)
            if at < 0:
                return begin
        return begin + at + 1

    def reader_at(self, offset: int) -> LineReader:
        """A reader that knows what stands in the line of the offset and in the rows above it, and the cursor's column.

        The lines above count as given out.
        """
        reader = LineReader(*self.pane_size)
        begin = max(0, offset - _LINES_AROUND)
        before = self._read(begin, offset - begin)
        if begin == 0:
            column, lines, _ = logfiles.load_before(self.path.removesuffix(".log"))
            reader.resume(lines[-1], column, lines[:-1])
        elif (end := before.rfind(b"\n", 0, len(before) // 2)) >= 0:
            before = before[end + 1 :]
        else:
            before = before[before.find(b"\n") + 1 :]
        if begin and b"\x1b" in before:
            before = self._string_before(offset, before)
        reader.feed(before)
        reader.settle()
        return reader

    def _string_before(self, offset: int, before: bytes) -> bytes:
        """The bytes before the offset, from the string (a picture, say) on that is not ended at their beginning."""
        from bridge.core import sequences  # noqa: PLC0415 - it loads regular expressions

        begin = max(0, offset - _LONGEST_STRING)
        data = self._read(begin, offset - len(before) - begin)
        at = sequences.open_string(data)
        return data[at:] + before if at >= 0 else before

    def size(self) -> int:
        """How many bytes the pane has printed since the log began."""
        return posix.fstat(self._file).st_size
