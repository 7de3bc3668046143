"""Reading a pane's byte log by offset: bytes, what is gone of them, the last lines."""

from __future__ import annotations

import posix

from bridge.core.text import LineReader
from bridge.features import logfiles

_LONGEST_LINE = 8192


class LogFile:
    """Reading a log; offsets are in bytes and count from the log's beginning, whatever of it is gone."""

    path: str
    start: int
    generation: str
    _file: int

    def read(self, offset: int, most: int = 1 << 18) -> bytes:
        """What was written from the offset on, at most so many bytes; empty where there is nothing yet.

        Bytes that are gone because the log is bounded read as NUL; `fetch` tells them.
        """
        return posix.pread(self._file, most, offset)

    def fetch(self, offset: int, most: int = 1 << 18) -> tuple[int, bytes]:
        """How many bytes from the offset on are gone, and what follows them."""
        data = self.read(offset, most)
        while (first := self.first(offset)) > offset:
            # Asked after the read: bytes may have gone meanwhile.
            data = self.read(first, most)
            if self.first(first) == first:
                return first - offset, data
        return 0, data

    def first(self, offset: int = 0) -> int:
        """The lowest offset, from `offset` on, that can still be read."""
        try:
            return posix.lseek(self._file, offset, posix.SEEK_DATA)
        except (OSError, AttributeError):
            return offset  # nothing behind it, or a system that does not tell

    def tail(self, count: int) -> tuple[list[str], int, int]:
        """The last lines, the column of the cursor in the very last one, and the offset behind them.

        What stood on the screen when the log began counts as being before it; where the log has let its
        beginning go, there may be fewer lines.
        """
        size, window = self.size(), 65_536
        while True:
            begin = max(0, size - window)
            data = self.read(begin, size - begin)
            if begin == 0 or data.count(b"\n") > count + 1 or self.first(begin) > begin:
                break
            window *= 4
        reader, lines = LineReader(), [""]
        if begin == 0 and self.first() == 0:
            column, lines = logfiles.load_before(self.path.removesuffix(".log"))
            reader.resume(lines.pop(), column)
            lines = [line.rstrip() for line in lines] + reader.feed(data)
        else:
            lines = reader.feed(data.lstrip(b"\0").partition(b"\n")[2])
        lines.append(reader.peek())
        return lines[-count:] if count else [""], reader.column, size - reader.unread

    def reader_at(self, offset: int) -> LineReader:
        """A reader that knows what stands in the line where the offset is, and the cursor's column."""
        reader = LineReader()
        begin = max(0, offset - _LONGEST_LINE)
        before = self.read(begin, offset - begin)
        if (end := before.rfind(b"\n")) >= 0:
            before = before[end + 1 :]
        elif begin == 0:
            column, lines = logfiles.load_before(self.path.removesuffix(".log"))
            reader.resume(lines[-1], column)
        reader.feed(before)
        return reader

    def size(self) -> int:
        """How many bytes the pane has printed since the log began."""
        return posix.fstat(self._file).st_size
