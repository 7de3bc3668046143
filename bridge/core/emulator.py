"""What a program's bytes do to a screen, step by step as tmux does it (input.c, screen-write.c).

What needs no place on a screen (colours, titles, modes of keys and mouse, questions) does nothing here.
"""

from __future__ import annotations

import re

from bridge.core import charwidth, sequences
from bridge.core.canvas import Canvas
from bridge.core.screen import LONGEST_PIECE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ACS = dict(
    zip(
        map(ord, "+,-.0`abcdefghijklmnopqrstuvwxyz{|}~"),
        "→←↑↓▮◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·",
        strict=True,
    )
)
_NARROW_RUN = re.compile(f"[{charwidth.NARROW}]+")
_JOINER = "\u200d"


class Emulator(Canvas):
    """A screen and the commands for it; text and sequences come from core.text."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.returns = False  # whether a newline is a carriage return too
        self._wraps, self._inserts = True, False
        self._sets, self._shifted = [False, False], False  # line drawing in G0 and G1; which of them is used
        self._saved = (0, 0, [False, False], False, False)
        self._before_alternate: tuple[int, int] | None = None
        self._last = ""  # what REP repeats
        self._joins = False  # whether a zero width joiner was met

    def is_plain(self) -> bool:
        """As Screen's; also whether characters stand for themselves and lines wrap."""
        return self._wraps and not self._inserts and not (self._sets[0] or self._sets[1]) and super().is_plain()

    def lay_out(self) -> None:
        """Put the plain lines that only passed so far on the screen, since something is about to act on it."""
        passed = self.take_passed()
        for line in passed:
            start = 0
            if self.early and len(line) >= LONGEST_PIECE:
                # What would scroll away at once is not needed: it was given out.
                most = self.width * (self.height - 1)
                start = max(0, len(line) - most) // self.width * self.width
            self.write_tabbed(line[start:])
            if self.early:
                self.note_given(line)
            self.x = 0
            self.linefeed()
        if passed:
            self._last = ""

    def write_tabbed(self, text: str) -> None:
        """Print text that may hold tabs."""
        for number, part in enumerate(text.split("\t")):
            if number:
                self.tab()
            self.write(part)

    def write(self, text: str) -> None:
        """Print text, which holds no control characters."""
        if not text:
            return
        drawn = self._sets[self._shifted]
        if drawn:
            text = text.translate(_ACS)
        if drawn or self._inserts or not self._wraps or self._joins:
            for char in text:
                self._write_char(char)
        elif text.isascii() or charwidth.is_narrow(text):
            self._write_run(text)
        else:
            at = 0
            for run in _NARROW_RUN.finditer(text):
                for char in text[at : run.start()]:
                    self._write_char(char)
                at = run.start()
                if self._joins:
                    break
                self._write_run(run[0])
                at = run.end()
            for char in text[at:]:
                self._write_char(char)
        self._last = text[-1]

    def _write_run(self, text: str) -> None:
        """Print characters of one column each."""
        at, size, width, rows = 0, len(text), self.width, self.rows
        while at < size:
            x = self.x
            if x >= width:
                self.linefeed(wrapped=True)
                x = 0
            y = self.y
            row = rows[y] if y < len(rows) else self.row(y)
            row.fresh = True
            if y < self._clean:
                self._clean = y
            piece = text[at : at + width - x] if at or size > width - x else text
            cells = row.cells
            if row.special and not piece.isascii():
                for number, char in enumerate(piece, x):
                    if char.isascii():
                        row.put(number, char)
                    else:
                        row.put_char(number, char, 1)
                self.x = x + len(piece)
                at += len(piece)
                continue
            if x == len(cells):
                cells += piece
            else:
                row.put(x, piece)
            self.x = x + len(piece)
            at += len(piece)

    def _write_char(self, char: str) -> None:
        size = charwidth.width(char)
        if (size == 0 or not char.isascii()) and self._combine(char, size):
            return
        width = self.width
        if size > width or (not self._wraps and size > 1 and width - size < self.x != width):
            return
        row = self.changing(self.y)
        if self._inserts:
            row.insert(self.x, size, width)
        if self._wraps and self.x > width - size:
            self.linefeed(wrapped=True)
            self.x = 0
            row = self.changing(self.y)
        if self.x > width - size:
            return
        if self._wraps or self._inserts or char != " " or self.x < len(row.cells):
            row.put_char(self.x, char, size)
        edge = width - (not self._wraps)
        self.x = self.x + size if self.x + size <= edge else edge

    def _combine(self, char: str, size: int) -> bool:
        """Whether the character was put onto the one before, or is none without it."""
        if char == _JOINER:
            self._joins = True
        if self.x == 0:
            return size == 0
        row = self.row(self.y)
        if size and not (self._joins and self._follows_joiner(row.cells)):
            return False
        before = self._before(row.cells)
        if row.combine(self.x, char, max(1, charwidth.width(before[:1] or " "))):
            self.changing(self.y)
            return True
        return size == 0

    def _before(self, cells: list[str]) -> str:
        """The character before the cursor, whole."""
        place = self.x - 1
        if place >= len(cells):
            return " "
        if cells[place] == "" and place > 0:
            place -= 1
        return cells[place].replace("\0", " ")

    def _follows_joiner(self, cells: list[str]) -> bool:
        return self._before(cells).endswith(_JOINER)

    def control(self, byte: int) -> None:
        """Carry out a control character."""
        if byte == 0x08:
            if self.x:
                self.x -= 1
            elif self.y and self.row(self.y - 1).wrapped:
                self.y, self.x = self.y - 1, self.width - 1
        elif byte == 0x09:
            self.tab()
        elif 0x0A <= byte <= 0x0C:
            self._joins = False
            self.linefeed()
            if self.returns:
                self.x = 0
        elif byte == 0x0D:
            self.x = 0
        elif byte in (0x0E, 0x0F):
            self._shifted = byte == 0x0E
        self._last = ""

    def escape(self, between: bytes, final: bytes) -> None:
        """Carry out a sequence that is neither a control sequence nor a string."""
        if between in (b"(", b")"):
            if final in b"0B":
                self._sets[between == b")"] = final == b"0"
        elif between == b"#" and final == b"8":
            self._align()
        elif between:
            pass
        elif final == b"c":
            self._reset()
        elif final == b"D":
            self.linefeed()
        elif final == b"E":
            self.x = 0
            self.linefeed()
        elif final == b"H":
            self.stops = self.stops if self.stops is not None else set(range(8, self.width, 8))
            self.stops.add(self.x)
        elif final == b"M":
            if self.y == self.top:
                self.move_rows(self.top + 1, self.top, self.bottom - self.top)
            else:
                self.y = max(0, self.y - 1)
        elif final == b"7":
            self._save()
        elif final == b"8":
            self._restore()
        self._last = ""

    def control_sequence(self, body: bytes, final: bytes) -> None:
        """Carry out CSI; `body` is what stands between it and the final byte."""
        last, self._last = self._last, ""
        private = body[:1] == b"?" and final in b"hl"
        numbers = sequences.parameters(body[private:])
        if numbers is None:
            return
        if final in b"hl":
            for number in numbers:
                (self._switch_private if private else self._switch)(number or 0, on=final == b"h")
            return
        first, second = _at_least_1(numbers, 0), _at_least_1(numbers, 1)
        if final in _MOVES:
            if first > 0:
                _MOVES[final](self, first)
        elif final in b"JKg":
            self._erase(final, numbers[0] or 0 if numbers else 0)
        elif final in b"su":
            (self._save if final == b"s" else self._restore)()
        elif final in b"Hf" and first > 0 and second > 0:
            self.go(second - 1, first - 1, by_origin=True)
        elif final == b"b" and last:
            self._repeat(last, first)
        elif final == b"r":
            bottom = _at_least_1(numbers, 1, self.height)
            if first > 0 and bottom > 0:
                self._set_region(first - 1, min(bottom, self.height) - 1)

    def _switch(self, number: int, *, on: bool) -> None:
        if number == 4:
            self._inserts = on

    def _switch_private(self, number: int, *, on: bool) -> None:
        if number == 3:
            self.go(0, 0, by_origin=True)
            self.clear()
        elif number == 6:
            self.origin = on
            self.go(0, 0, by_origin=True)
        elif number == 7:
            self._wraps = on
        elif number in (47, 1047, 1049):
            if on:
                if not self.alternate and number == 1049:
                    self._before_alternate = (self.x, self.y)
                self.show_alternate()
            else:
                self.hide_alternate()
                if number == 1049 and self._before_alternate is not None:
                    self.x, self.y = self._before_alternate
                self.x = min(self.x, self.width - 1)
                self.row(self.y)

    def _repeat(self, char: str, count: int) -> None:
        self.write(char * min(count, self.width - self.x))  # what was drawn is not drawn again: it is in no set
        self._last = ""

    def _erase(self, final: bytes, what: int) -> None:
        if final == b"K":
            self.erase_in_row(what)
        elif final == b"J" and what == 0:
            if self.x == self.y == 0 and not self.alternate:
                self.clear()
                return
            if self.x < self.width:
                self.erase_columns(self.x, self.width)
            self.clear_rows(self.y + 1, self.height - self.y - 1)
        elif final == b"J" and what == 1:
            self.clear_rows(0, self.y)
            self.erase_columns(0, self.x + 1)
        elif final == b"J" and what == 2:
            self.clear()
        elif final == b"g" and what in (0, 3):
            stops = self.stops if self.stops is not None else set(range(8, self.width, 8))
            self.stops = stops - {self.x} if what == 0 else set()

    def _save(self) -> None:
        self._saved = (self.x, self.y, self._sets[:], self._shifted, self.origin)

    def _restore(self) -> None:
        x, y, sets, self._shifted, self.origin = self._saved
        self._sets = sets[:]
        self.go(x, y)

    def _set_region(self, top: int, bottom: int) -> None:
        if min(top, self.height - 1) < bottom:
            self.top, self.bottom = min(top, self.height - 1), bottom
            self.x = self.y = 0

    def _align(self) -> None:
        for number in range(self.height):
            row = self.changing(number)
            row.cells = ["E"] * self.width
        self.top, self.bottom = 0, self.height - 1
        self.x = self.y = 0

    def _reset(self) -> None:
        self.stops = None
        self.top, self.bottom = 0, self.height - 1
        self._wraps, self._inserts, self.origin = True, False, False
        self._sets, self._shifted = [False, False], False
        self._saved = (0, 0, [False, False], False, False)
        self.clear()
        self.x = self.y = 0


def _at_least_1(numbers: list[int | None], place: int, otherwise: int = 1) -> int:
    """A parameter that counts from 1; -1 where it is no number."""
    number = numbers[place] if place < len(numbers) else None
    if number is None:
        return otherwise
    return number if number < 0 else max(1, number)


_MOVES: dict[bytes, Callable[[Emulator, int], None]] = {
    b"@": Emulator.insert_columns,
    b"A": Emulator.up,
    b"B": Emulator.down,
    b"C": Emulator.right,
    b"D": Emulator.left,
    b"E": Emulator.next,
    b"F": Emulator.previous,
    b"G": Emulator.go_to_column,
    b"`": Emulator.go_to_column,
    b"L": Emulator.insert_rows,
    b"M": Emulator.delete_rows,
    b"P": Emulator.delete_columns,
    b"S": Emulator.scroll_rows_up,
    b"T": Emulator.scroll_rows_down,
    b"X": Emulator.erase_count,
    b"Z": Emulator.back_tab,
    b"d": Emulator.go_to_row,
}
