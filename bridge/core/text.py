"""Bytes of a terminal as the text that a person would read: what tmux would show of them in a pane of that size.

Plain ASCII is read here; for anything else core.transcript is loaded, which has a screen.
"""

from __future__ import annotations

from bridge.model import Piece

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.transcript import Transcript

SIZE = (200, 50)
_PLAIN = bytes(byte for byte in range(256) if byte in b"\t\n" or 0x20 <= byte < 0x7F)
_PASTES = (b"\x1b[?2004h", b"\x1b[?2004l")  # what every prompt begins and ends with
_SHORT = 4096
_SLICE = 1 << 16


class LineReader:
    """Feed the bytes of a pane of this width and height, get its lines.

    A line is what one newline ends, however many rows of the pane it fills. By default it is given out as soon
    as the cursor leaves it by a newline; where the program goes up later and changes it, within the pane's height,
    it is given out again at the next newline below it. Empty lines are given out with the next line that is
    not empty (`settle` gives them out before that), since a program may have made room and go up again.
    With `late` set a line is given out when it leaves the screen, so that it is final; `rest` gives those that
    are still there. However the bytes are cut into pieces, the lines are the same; only where a line has more than
    65,536 characters it comes in parts, of which all but the last are `Piece`s (`join` puts them together).
    Memory is bounded by the screen and one part, whatever comes.

    Without a size the bytes are text that has been through no terminal: a newline alone begins a line, too.
    """

    def __init__(self, width: int = 0, height: int = 0, *, late: bool = False) -> None:
        self._width, self._height, self._returns = width or SIZE[0], height or SIZE[1], not width
        self._late = late
        self._full: Transcript | None = None
        self._passed: list[str] = []  # the last plain lines
        self._pending = b""  # what is behind them: empty lines, and the beginning of one

    @property
    def late(self) -> bool:
        """Whether lines are given out when they leave the screen."""
        return self._full.late if self._full is not None else self._late

    @late.setter
    def late(self, value: bool) -> None:
        if self._full is not None or self._passed or b"\n" in self._pending:
            self._all().late = value
        self._late = value

    def feed(self, data: bytes) -> list[str]:
        """The lines that are to be given out now, without their newline."""
        if self._full is None and (lines := self._feed_plain(data)) is not None:
            return lines
        return self._all().feed(data)

    def peek(self) -> str:
        """The whole line that the cursor is in; nothing is taken."""
        line = self._plain_line() if self._full is None else None
        return line if line is not None else self._all().peek()

    def settle(self) -> list[str]:
        """The empty lines above the cursor that wait for one that is not empty. For a pane that rests."""
        return self._all().settle() if self._full is not None or b"\n" in self._pending else []

    def rest(self) -> list[str]:
        """The lines that were not given out as they stand, the cursor's own among them; nothing is taken."""
        return self._all().rest()

    @property
    def column(self) -> int:
        """The cursor's column in its row, from 0; the pane's width where the next character begins a new row."""
        line = self._plain_line() if self._full is None else None
        if line is None or "\t" in line:
            return self._all().column
        return 0 if not line or self._pending.endswith(b"\r") else (len(line) - 1) % self._width + 1

    @property
    def unread(self) -> int:
        """How many bytes at the end belong to a character, a sequence or a string that is not complete."""
        if self._full is None:
            return len(self._pending) - at if (at := self._pending.rfind(b"\x1b", -7)) >= 0 else 0
        return self._full.unread

    def resume(self, line: str, column: int, above: list[str] | None = None) -> None:
        """Begin with the cursor at this column of the last row of `line`, with those lines above it.

        The lines above count as given out; `line` is given out, whole, when it is complete.
        """
        above = [text.rstrip() for text in (above or ())[-self._height :]]
        self._full = None
        self._passed, self._pending = [], b""
        simple = line.isascii() and line.isprintable() and len(line) == column < self._width
        if simple and not self._late and all(text.isascii() and text.isprintable() and text for text in above):
            self._passed, self._pending = above, line.encode()
        else:
            self._all().resume(line, column, above)

    def add_plain(self, data: bytes) -> str | None:
        """The text that the last bytes add, where all is plain ASCII; None otherwise, and nothing is taken then."""
        if self._full is not None or b"\n" in self._pending:
            return None
        text = plain_text(self._pending + data, returns=self._returns)
        before = self._plain_line()
        if text is None or before is None or not text.startswith(before):
            return None
        self._feed_plain(data)
        return text[len(before) :]

    def _all(self) -> Transcript:
        """From now on with a screen."""
        if self._full is None:
            from bridge.core.transcript import Transcript  # noqa: PLC0415 - what is plain needs none

            self._full = Transcript(self._width, self._height, late=self._late, returns=self._returns)
            self._full.begin(self._passed, self._pending)
            self._pending, self._passed = b"", []
        return self._full

    def _plain_line(self) -> str | None:
        """The line that the cursor is in, None where that is not so easily told."""
        text = _unmarked(self._pending)
        line = text[text.rfind(b"\n") + 1 :].lstrip(b"\r").removesuffix(b"\r")
        line = line[: line.find(b"\x1b")] if b"\x1b" in line else line
        return None if line.translate(None, _PLAIN) else line.decode()

    def _feed_plain(self, data: bytes) -> list[str] | None:
        """As `feed`, None where the data is not plain."""
        data = self._pending + data
        end = data.rfind(b"\n") + 1
        behind = _unmarked(data[end:]).lstrip(b"\r").removesuffix(b"\r")
        if behind.translate(None, _PLAIN):
            cut = behind.rfind(b"\x1b")
            if cut < 0 or not _PASTES[0].startswith(behind[cut:]) or behind[:cut].translate(None, _PLAIN):
                return None
        text = plain_text(data[:end], returns=self._returns)
        if text is None:
            return None
        shown = text.rstrip("\n")
        # Empty lines wait for one that is not; a line of nothing but \r\n has two bytes.
        for _ in range(len(text) - len(shown) - 1 if shown else 0):
            end = data.rfind(b"\n", 0, end - 1) + 1
        if not shown:
            end = 0
        if len(data) - end > _SHORT:
            return None
        self._pending = data[end:]
        lines = shown.split("\n") if shown else []
        if self._late:
            self._passed += lines
            lines = self._passed[: -self._height]
            del self._passed[: -self._height]
        elif len(lines) >= self._height:
            self._passed = lines[-self._height :]
        else:
            self._passed = (self._passed + lines)[-self._height :]
        return lines


def plain_text(data: bytes, *, returns: bool) -> str | None:
    """Bytes that are nothing but plain ASCII as text, None for others.

    `returns` as in Transcript.
    """
    if not data.isascii():
        return None
    data = _unmarked(data)
    size = len(data)
    data = data.replace(b"\r\n", b"\n")
    if not returns and size - len(data) != data.count(b"\n"):
        return None
    if b"\r" in data:
        data = data.replace(b"\n\r", b"\n").lstrip(b"\r")
    return None if data.translate(None, _PLAIN) else data.decode()


def _unmarked(data: bytes) -> bytes:
    """Without the switch of bracketed paste."""
    if b"\x1b" in data:
        for sequence in _PASTES:
            data = data.replace(sequence, b"")
    return data


def join(lines: list[str]) -> str:
    """Lines as one text, each with its newline, a Piece without."""
    if any(type(line) is Piece for line in lines):
        return "".join(line if type(line) is Piece else f"{line}\n" for line in lines)
    return "\n".join((*lines, "")) if lines else ""


def read_text(data: bytes, size: tuple[int, int] = (0, 0), most: int = 0) -> str:
    """All that these bytes leave on a pane of this width and height and in its history, as lines that are joined.

    Without a size as LineReader's. Lines at the beginning are left out where there are more than `most`
    characters (0: no limit) without them.
    """
    return read_on(LineReader(*size), data, most)[0]


def read_on(reader: LineReader, data: bytes, most: int = 0, stop: int = 0) -> tuple[str, int]:
    """The text that these bytes add to what the reader was fed before, and how many of them it stands for.

    A line that is changed comes again, whole; of the cursor's own line what was there before is left out.
    `most` as in `read_text`; behind `stop` characters (0: no limit) no more bytes are looked at.
    """
    if (plain := reader.add_plain(data)) is not None:
        return plain, len(data)
    reader.settle()
    before = reader.peek()
    reader.late = True
    parts: list[str] = []
    size = at = 0
    while at < len(data) and not (stop and size >= stop):
        parts.append(join(reader.feed(data[at : at + _SLICE])))
        at = min(at + _SLICE, len(data))
        size += len(parts[-1])
        while most and size - len(parts[0]) > most:
            size -= len(parts.pop(0))
    *lines, last = reader.rest()
    parts.append(join(lines) + last)
    return "".join(parts).removeprefix(before), at
