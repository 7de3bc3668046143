"""Bytes of a terminal as the text that a person would read: escape sequences and control bytes gone.

The grammar of sequences is that of ECMA-48 (CSI, OSC, DCS …); of the cursor's movements only those
within a line are followed, which is what prompts, progress bars and line editors use.
"""

from __future__ import annotations

_PLAIN = bytes(byte for byte in range(256) if byte in b"\t\n" or (byte >= 0x20 and byte != 0x7F))
_STRINGS = b"]PX^_"  # OSC, DCS, SOS, PM, APC: run until ST or BEL


WIDEST = 10_000  # what tmux allows a pane
_CANCELS = b"\x18\x1a"  # CAN and SUB end any sequence
_C1 = dict.fromkeys(range(128, 160))


class LineReader:
    """Feed bytes, get lines. UTF-8 may be split between calls; memory is one line and one sequence."""

    LONGEST_SEQUENCE = 4096

    def __init__(self) -> None:
        self._pending = b""
        self._line: list[str] = []
        self._column = 0

    def feed(self, data: bytes) -> list[str]:
        """The lines that `data` completed, without their newline."""
        data = self._pending + data
        self._pending = b""
        if not self._line and not self._column:
            plain = data.replace(b"\r\n", b"\n")
            end = plain.rfind(b"\n") + 1
            if end and not plain[:end].translate(None, _PLAIN):
                self._pending = plain[end:]
                return _shown(plain[:end]).split("\n")[:-1]
        return self._parse(data)

    def peek(self) -> str:
        """What there is of the line that is not complete yet."""
        data, self._pending = self._pending, b""
        self._parse(data)
        return "".join(self._line)

    @property
    def column(self) -> int:
        """Where the next character would be written."""
        return self._column

    @property
    def unread(self) -> int:
        """After `peek`: how many bytes wait for the rest of their character or sequence."""
        return len(self._pending)

    def resume(self, line: str, column: int) -> None:
        """Begin in the middle of a line: what stands there, and the column of the cursor."""
        self._line, self._column = list(line.ljust(column)), column

    def _take(self) -> str:
        text = "".join(self._line)
        self._line, self._column = [], 0
        return text

    def _parse(self, data: bytes) -> list[str]:
        lines: list[str] = []
        at, size = 0, len(data)
        while at < size:
            byte = data[at]
            if byte == 0x1B:
                end = _sequence_end(data, at)
                if end < 0:
                    self._pending = data[at:] if size - at < self.LONGEST_SEQUENCE else b""
                    return lines
                self._apply(data[at:end])
                at = end
            elif byte == 0x0A:
                lines.append(self._take())
                at += 1
            elif byte == 0x0D:
                self._column = 0
                at += 1
            elif byte == 0x08:
                self._column = max(0, self._column - 1)
                at += 1
            elif byte == 0x09:
                self._write("\t")
                at += 1
            elif byte < 0x20 or byte == 0x7F:
                at += 1
            else:
                end = at
                while end < size and data[end] >= 0x20 and data[end] != 0x7F:
                    end += 1
                whole = end if end < size else _whole_characters(data, at, end)
                if whole == at:
                    self._pending = data[at:]
                    return lines
                self._write(_shown(data[at:whole]))
                at = whole
        return lines

    def _write(self, text: str) -> None:
        gap = self._column - len(self._line)
        if gap > 0:
            self._line.extend(" " * gap)
        self._line[self._column : self._column + len(text)] = text
        self._column += len(text)

    def _apply(self, sequence: bytes) -> None:
        if len(sequence) < 3 or sequence[1:2] != b"[":
            return
        body = sequence[2:-1].split(b";")[0]
        count = int(body) if body.isdigit() and len(body) < 5 else None
        final = sequence[-1:]
        if final == b"C":
            self._column = min(self._column + (count or 1), max(self._column, WIDEST))
        elif final == b"D":
            self._column = max(0, self._column - (count or 1))
        elif final == b"G":
            self._column = min((count or 1) - 1, WIDEST)
        elif final == b"K" and not count:
            del self._line[self._column :]
        elif final == b"K" and count == 2:
            self._line = []
        elif final == b"P":
            del self._line[self._column : self._column + (count or 1)]
        elif final == b"@":
            room = max(0, WIDEST - len(self._line))
            self._line[self._column : self._column] = " " * min(count or 1, room)


def _sequence_end(data: bytes, start: int) -> int:
    """The index behind the escape sequence that begins at `start`, -1 where it is not complete."""
    size = len(data)
    if start + 1 >= size:
        return -1
    kind = data[start + 1]
    if kind < 0x20:
        return start + 1  # not a sequence: what follows counts for itself
    if kind == 0x5B:
        at = start + 2
        while at < size:
            if 0x40 <= data[at] <= 0x7E:
                return at + 1
            if data[at] in _CANCELS:
                return at + 1
            if data[at] < 0x20 or data[at] > 0x7E:
                return at  # a broken sequence ends before the byte that broke it
            at += 1
        return -1
    if kind in _STRINGS:
        return _string_end(data, start + 2)
    if 0x20 <= kind <= 0x2F:
        at = start + 2
        while at < size and 0x20 <= data[at] <= 0x2F:
            at += 1
        return at + 1 if at < size else -1
    return start + 2


def _string_end(data: bytes, at: int) -> int:
    """The index behind a string sequence (OSC, DCS …), -1 where it is not complete."""
    size = len(data)
    while at < size:
        if data[at] == 0x07 or data[at] in _CANCELS:
            return at + 1
        if data[at] == 0x1B:
            if at + 1 >= size:
                return -1
            return at + 2 if data[at + 1] == 0x5C else at
        at += 1
    return -1


def _shown(data: bytes) -> str:
    """The text without the control characters of eight bits (C1), which some terminals act on."""
    text = data.decode("utf-8", "replace")
    return text if text.isascii() else text.translate(_C1)


def unfinished(data: bytes) -> int:
    """How many bytes at the end are the beginning of a character whose rest is still to come."""
    return len(data) - _whole_characters(data, 0, len(data))


def _whole_characters(data: bytes, start: int, end: int) -> int:
    """The end of the last complete UTF-8 character before `end` (RFC 3629 section 3)."""
    for back in range(1, min(4, end - start + 1)):
        byte = data[end - back]
        if byte >= 0xC0:
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return end if back >= need else end - back
        if byte < 0x80:
            return end
    return end
