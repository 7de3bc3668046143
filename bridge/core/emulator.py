"""What a program's bytes do to a screen, step by step as tmux does it (input.c, screen-write.c).

What needs no place on a screen (titles, modes of keys and mouse, questions) does nothing here; of colours only
whether there are any is known.
"""

from __future__ import annotations

from bridge.core import look, sequences
from bridge.core.pen import Pen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_AT_FIRST = (0, 0, (False, False), False, 0, False)


class Emulator(Pen):
    """A screen and the commands for it; text and sequences come from core.transcript."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.returns = False  # whether a newline is a carriage return too
        self._saved = _AT_FIRST
        self._before_alternate: tuple[int, int] | None = None
        self._look_before = 0

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
            self.end_joining()
            self.linefeed()
            if self.returns:
                self.x = 0
        elif byte == 0x0D:
            self.x = 0
        elif byte in (0x0E, 0x0F):
            self.shifted = byte == 0x0E
        self.last = ""

    def escape(self, between: bytes, final: bytes) -> None:
        """Carry out a sequence that is neither a control sequence nor a string."""
        if between in (b"(", b")"):
            if final in b"0B":
                self.sets[between == b")"] = final == b"0"
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
        self.last = ""

    def control_sequence(self, body: bytes, final: bytes) -> None:
        """Carry out CSI; `body` is what stands between it and the final byte."""
        last, self.last = self.last, ""
        if final == b"m":
            self.look = look.after(self.look, body)
            return
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
            self.inserts = on

    def _switch_private(self, number: int, *, on: bool) -> None:
        if number == 3:
            self.go(0, 0, by_origin=True)
            self.clear()
        elif number == 6:
            self.origin = on
            self.go(0, 0, by_origin=True)
        elif number == 7:
            self.wraps = on
        elif number in (47, 1047, 1049):
            if on:
                if not self.alternate and number == 1049:
                    self._before_alternate = (self.x, self.y)
                if not self.alternate:
                    self._look_before = self.look
                self.show_alternate()
            else:
                self.hide_alternate()
                if number == 1049 and self._before_alternate is not None:
                    self.x, self.y = self._before_alternate
                    self.look = self._look_before
                self.x = min(self.x, self.width - 1)
                self.row(self.y)

    def _repeat(self, char: str, count: int) -> None:
        self.write(char * min(count, self.width - self.x))  # what was drawn is not drawn again: it is in no set
        self.last = ""

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
        self._saved = (self.x, self.y, (self.sets[0], self.sets[1]), self.shifted, self.look, self.origin)

    def _restore(self) -> None:
        x, y, sets, self.shifted, self.look, self.origin = self._saved
        self.sets = list(sets)
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
        self.wraps, self.inserts, self.origin = True, False, False
        self.look = 0
        self.sets, self.shifted = [False, False], False
        self._saved = _AT_FIRST
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
