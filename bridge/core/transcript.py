"""Any bytes of a terminal as lines: plain stretches as they are, the rest by way of a screen."""

from __future__ import annotations

import re

from bridge.core import charwidth, look, sequences
from bridge.core.emulator import Emulator
from bridge.core.row import finished
from bridge.core.utf8 import whole_characters

_PLAIN = bytes(byte for byte in range(256) if byte in b"\t\n" or (byte >= 0x20 and byte != 0x7F))
# What a stretch of plain lines ends at: a control character, or a sequence that may move the cursor.
_ACTS = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]|\r(?!\r?\n)|\x1b(?!" + sequences.INERT.pattern[4:] + rb")"
)
_RUN = re.compile(rb"[\x20-\x7e\x80-\xff]+")
_C1 = re.compile("[\x80-\x9f]")
_WORTH_IT = 1024  # bytes of plain lines that pay for leaving the screen alone
LONGEST_STRING = 16 << 20


class Transcript:
    """What core.text's LineReader promises, for any bytes; LineReader itself does it for plain text alone."""

    def __init__(self, width: int, height: int, *, late: bool, returns: bool) -> None:
        """`returns` tells that a newline alone is a carriage return too."""
        self._screen = Emulator(width, height)
        self._screen.early = not late
        self._screen.returns = returns
        self._pending = b""
        self._string = b""  # the kind of the string that we are in
        self._string_size = 0

    @property
    def late(self) -> bool:
        """Whether lines are given out when they leave the screen."""
        return not self._screen.early

    @late.setter
    def late(self, value: bool) -> None:
        self._catch_up()
        self._screen.lay_out()
        self._screen.early = not value

    def begin(self, lines: list[str], data: bytes) -> None:
        """Begin below lines of plain ASCII, which were given out already unless we are `late`, and feed plain data."""
        if lines:
            self._screen.pass_lines(lines)
            if self._screen.early:
                self._screen.out = []
        self._screen.out = self.feed(data)

    def feed(self, data: bytes) -> list[str]:
        """The lines that are to be given out now, without their newline."""
        screen = self._screen
        if self._pending:
            data, self._pending = self._pending + data, b""
        at, size = 0, len(data)
        if self._string:
            at = self._skip_string(data, 0)
        window = size  # how far to look for plain lines: far only where that was worth it
        while at < size:
            if size - at > _WORTH_IT and screen.is_plain():
                end = self._pass(data, at, min(size, at + window))
                window = _WORTH_IT * 4 if end == at else window * 2
                if end > at:
                    at = end
                    continue
            if at and size - at < screen.width and _RUN.fullmatch(data, at) and screen.is_plain():
                # The beginning of a row: it is looked at when somebody asks, or with its rest.
                self._pending, at = data[at:], size
                break
            # To the next newline that may be followed by plain lines.
            at = self._parse(data, at, data.find(b"\n", at + _WORTH_IT) + 1 or size)
        out, screen.out = screen.out, []
        return out

    def _catch_up(self) -> None:
        """Carry out what waits, as far as it is complete."""
        data, self._pending = self._pending, b""
        if data:
            self._parse(data, self._skip_string(data, 0) if self._string else 0, len(data))

    def peek(self) -> str:
        """The whole line that the cursor is in; nothing is taken."""
        self._catch_up()
        return self._screen.line()

    def settle(self) -> list[str]:
        """The empty lines above the cursor that wait for one that is not empty. For a pane that rests."""
        self._catch_up()
        return self._screen.settle()

    def rest(self) -> list[str]:
        """The lines that were not given out as they stand, the cursor's own among them; nothing is taken."""
        self._catch_up()
        self._screen.lay_out()
        return [*self._screen.out, *self._screen.rest()]

    def shown(self) -> list[str]:
        """The rows of the screen as they stand, from its first one to the last that was written; nothing is taken."""
        self._catch_up()
        self._screen.lay_out()
        return [finished([row.text()]) for row in self._screen.rows]

    @property
    def column(self) -> int:
        """The cursor's column in its row, from 0; the pane's width where the next character begins a new row."""
        self._catch_up()
        return self._screen.x

    @property
    def unread(self) -> int:
        """How many bytes at the end belong to a character, a sequence or a string that is not complete."""
        self._catch_up()
        return len(self._pending) + self._string_size

    def resume(self, line: str, column: int, above: list[str] | None = None) -> None:
        """Begin with the cursor at this column of the last row of `line`, with those lines above it.

        The lines above count as given out; `line` is given out, whole, when it is complete.
        """
        old, self._pending, self._string, self._string_size = self._screen, b"", b"", 0
        screen = self._screen = Emulator(old.width, old.height)
        screen.returns = old.returns
        for text in above[-screen.height :] if above else ():
            screen.write_tabbed(text.rstrip())
            screen.note_given(text.rstrip())
            screen.x = 0
            screen.linefeed()
        screen.write_tabbed(line.translate(_CONTROLS))
        screen.x = min(column, screen.width)
        screen.out = []
        screen.early = old.early

    def _pass(self, data: bytes, at: int, limit: int) -> int:
        """Take whole lines of plain text from `at` on as they are; returns where they end."""
        end = data.rfind(b"\n", at, limit) + 1
        text = self._plain_text(data[at:end]) if end else ""
        if text is None:
            found = _ACTS.search(data, at, end)
            end = data.rfind(b"\n", at, found.start()) + 1 if found is not None else end
            text = self._plain_text(data[at:end]) if end - at >= _WORTH_IT else ""
        lines = (text or "").split("\n")
        count, least = len(lines) - 1, len(lines) - 1 - self._screen.height
        # Empty lines at the end wait on the screen, as many as it has rows.
        while count > max(0, least) and not lines[count - 1]:
            count -= 1
        if not count:
            return at
        del lines[count:]
        self._screen.pass_lines(lines)
        left = data.count(b"\n", at, end) - count
        if left > self._screen.height:
            end -= len(data[at:end].split(b"\n", count)[count])
        else:
            for _ in range(left):
                end = data.rfind(b"\n", at, end - 1) + 1
        if data.find(b"\x1b", at, end) >= 0:
            self._screen.look = look.behind(self._screen.look, data, at, end)
        return end

    def _plain_text(self, data: bytes) -> str | None:
        """Lines without what only colours them, up to one where widths matter; None where something moves."""
        if not data.isascii():
            try:
                data.decode()  # as it stands: what is taken out must not put halves of characters together
            except UnicodeDecodeError:
                return None
        if b"\x1b" in data:
            data = sequences.INERT.sub(b"", data)
        if b"\r\r" in data:
            data = data.replace(b"\r\r\n", b"\r\n")
        size = len(data)
        data = data.replace(b"\r\n", b"\n")
        if not self._screen.returns and size - len(data) != data.count(b"\n"):
            return None  # a newline alone goes straight down
        if data.translate(None, _PLAIN):
            return None
        text = data.decode()
        if text.isascii():
            return text
        end = charwidth.simple_end(text)
        return text if end == len(text) else text[: text.rfind("\n", 0, end) + 1]

    def _parse(self, data: bytes, at: int, stop: int) -> int:
        """Carry out bytes one by one, up to `stop` or the end of a sequence over it; returns where it ended."""
        screen = self._screen
        screen.lay_out()
        size = len(data)
        while at < stop:
            byte = data[at]
            if byte >= 0x20:
                if byte == 0x7F:
                    at += 1
                    continue
                run = _RUN.match(data, at, stop)
                assert run is not None
                end = run.end()
                whole = end if end < size else whole_characters(data, at, end)
                screen.write(_shown(data[at:whole]))
                if whole < end:
                    self._pending = data[whole:]
                    return size
                at = end
            elif byte == 0x1B:
                at = self._sequence(data, at)
            else:
                screen.control(byte)
                at += 1
        return at

    def _sequence(self, data: bytes, at: int) -> int:
        """Carry out the sequence that begins at `at`; returns where it ends."""
        found = sequences.SEQUENCE.match(data, at)
        if found is None:
            return self._unfinished(data, at)
        aside, body, final, string, between, escape, single = found.groups(b"")
        inside = body or between
        if aside or sequences.ASIDE.search(inside):
            for byte in aside + inside:
                if byte < 0x20:
                    self._screen.control(byte)
            inside = sequences.ASIDE.sub(b"", inside)
        if string:
            self._string, self._string_size = string, found.end() - at
            return self._skip_string(data, found.end())
        if final:
            self._screen.control_sequence(inside, final)
        else:
            self._screen.escape(inside, escape or single)
        return found.end()

    def _unfinished(self, data: bytes, at: int) -> int:
        """What begins with ESC and is no sequence: its end is still to come, or something has ended it."""
        begun = sequences.UNFINISHED.match(data, at)
        if begun is None:
            # Ended by another ESC, or by CAN or SUB; control characters before that were carried out.
            ended = sequences.BROKEN.match(data, at)
            end = ended.end() if ended is not None else at + 1
            for byte in data[at + 1 : end]:
                if byte < 0x20 and byte not in b"\x18\x1a":
                    self._screen.control(byte)
            return end
        self._pending = data[at:]
        if len(self._pending) > sequences.LONGEST_SEQUENCE:
            for byte in self._pending[1:]:
                if byte < 0x20:
                    self._screen.control(byte)
            # Nothing comes of it any more, but it goes on.
            self._pending = b"\x1b[0<" if b"[" in self._pending[:2] else b"\x1b   "
        return len(data)

    def _skip_string(self, data: bytes, at: int) -> int:
        """Pass over a string; returns the index behind it, the size of `data` where it goes on."""
        end, again = sequences.string_end(self._string, data, at)
        if end < 0:
            end = len(data) - again
            self._pending = data[end:]
            self._string_size += end - at
            if self._string_size < LONGEST_STRING:
                return len(data)
            self._pending = b""  # nobody ends it: what comes is text again
        self._string, self._string_size = b"", 0
        return end


_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if code != 9}


def _shown(data: bytes) -> str:
    """The text without the control characters of eight bits (C1), which some terminals act on."""
    text = data.decode("utf-8", "replace")
    return text if text.isascii() else _C1.sub("", text)
