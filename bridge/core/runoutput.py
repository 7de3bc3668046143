"""What a run printed: the bytes between its two marks, in bounded memory."""

from __future__ import annotations

from bridge.core.runscript import Run
from bridge.core.text import LineReader, read_on, read_text

_LONGEST_CODE = 24
_ST = b"\x1b\\"  # stands before the end mark, so that an unfinished sequence of the program can't swallow it


class RunOutput:
    """Feed it the bytes of the pane from before the run; it finds the marks and keeps the end of what is between.

    `begun` and `ended` tell which marks were seen, `lost` that bytes are gone, which may have been marks;
    `exit_code` is the end mark's (-1: none that can be read); `size` counts the bytes of output, `start` and
    `stop` are its offsets in what was fed.
    """

    def __init__(self, run: Run, most: int, size: tuple[int, int] = (0, 0)) -> None:
        """`most` bytes of text are kept; `size` is the pane's, as core.text takes it."""
        self._pane_size = size
        self.begun = self.ended = self.lost = False
        self.exit_code = -1
        self.size = 0
        self.start = 0
        self._run = run
        # Escape sequences take room in the bytes but not in the text, so more bytes are kept than asked for.
        self._most = max(4 * most, 65536)
        self._text_most = most
        self._kept: list[bytes] = []
        self._kept_size = 0
        self._dropped = False
        self._fed = 0
        self._tail = b""
        self._within = False  # whether what comes is output, as far as is known

    @property
    def stop(self) -> int:
        """The offset behind the output that is known."""
        return self.start + self.size

    def skip(self, count: int) -> None:
        """Note that so many bytes were lost here."""
        self._fed += count
        self.lost = True
        if not self._within:  # the mark may have been among them
            self._enter(self._fed)
            self._tail = b""
        elif not self.ended:
            self._keep(self._tail)
            self._tail = b""
            self.size += count
        self._dropped = True

    def feed(self, data: bytes) -> None:
        """The next bytes that the pane printed."""
        if self.ended:
            return
        self._fed += len(data)
        data = self._tail + data
        mark = self._run.start_mark
        if not self.begun and (at := data.find(mark)) >= 0:
            data = data[at + len(mark) :]
            self.begun = True
            self._kept.clear()
            self._kept_size = self.size = 0
            self._dropped = self.lost = False  # what was before does not matter
            self._enter(self._fed - len(data))
        if not self._within:
            self._tail = data[-(len(mark) - 1) :]
            return
        mark = self._run.end_mark
        at = data.find(mark)
        end = data.find(b"\x07", at) if at >= 0 else -1
        if at >= 0 and end >= 0:
            self._keep(data[:at].removesuffix(_ST))
            self._tail = b""
            self.exit_code = _code(data[at + len(mark) : end])
            self.ended = True
        else:
            # What may be the beginning of the mark is held back.
            begin = max(0, (at if at >= 0 else len(data) - len(mark)) - len(_ST))
            begin = data.find(b"\x1b", begin)
            begin = len(data) if begin < 0 else begin
            self._keep(data[:begin])
            self._tail = data[begin:]

    def finish(self) -> None:
        """No more bytes come: what was held back as the possible beginning of a mark is output."""
        if self._within and not self.ended:
            self._keep(self._tail)
            self._tail = b""

    def kept(self) -> bytes:
        """The bytes that are kept, from its end: all of the output unless `is_cut`."""
        return b"".join(self._kept)

    @property
    def is_cut(self) -> bool:
        """Whether the beginning of the output is not kept."""
        return self._dropped

    def restore(self, data: bytes, size: int, *, cut: bool) -> None:
        """Be as one that has read an output of this size to its end and has kept these bytes of it."""
        self._kept = [data]
        self._kept_size = len(data)
        self.size = size
        self._dropped = cut
        self.begun = self.ended = True

    def text(self) -> tuple[str, bool]:
        """The output as a terminal's text, nothing added at its end, and whether its beginning was cut."""
        data = self._bytes()
        cut = self._dropped
        if cut:
            data = data[data.find(b"\n") + 1 :]
        text = read_text(data, self._pane_size, self._text_most)
        raw = text.encode()
        if len(raw) > self._text_most:
            cut = True
            text = raw[len(raw) - self._text_most :].decode("utf-8", "ignore")
            text = text[text.find("\n") + 1 :] if "\n" in text[:-1] else text
        return text, cut

    def text_since(self, offset: int) -> tuple[str, int]:
        """The output from this offset in it, and how many of its bytes were not kept."""
        data = b"".join(self._kept)
        first = self.size - self._kept_size
        lost = max(0, first - offset)
        reader = LineReader(*self._pane_size)
        reader.feed(data[: max(0, offset - first)])
        return read_on(reader, data[max(0, offset - first) :])[0], lost

    def raw(self) -> tuple[bytes, bool]:
        """The exact bytes, and whether the beginning was cut."""
        data = self._bytes()
        return data[max(0, len(data) - self._text_most) :], self._dropped or len(data) > self._text_most

    def _bytes(self) -> bytes:
        """What is kept, without the line in which a shell that traces (set -x) tells that it sources our file."""
        data = b"".join(self._kept)
        line, newline, rest = data.partition(b"\n")
        ours = f"{self._run.base}.cmd".encode()
        traced = not self._dropped and newline and line.rstrip(b"\r'\"").endswith(ours) and b". " in line
        return rest if traced else data

    def _enter(self, offset: int) -> None:
        self._within = True
        self.start = offset

    def _keep(self, data: bytes) -> None:
        if not data:
            return
        self.size += len(data)
        self._kept.append(data)
        self._kept_size += len(data)
        while self._kept_size - len(self._kept[0]) > self._most:
            self._kept_size -= len(self._kept.pop(0))
            self._dropped = True


def _code(digits: bytes) -> int:
    return int(digits) if digits.isdigit() and len(digits) < _LONGEST_CODE else -1
