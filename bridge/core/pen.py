"""Printing: what characters do to a screen at its cursor, as tmux does it (screen_write_cell in its screen-write.c)."""

from __future__ import annotations

import re

from bridge.core import charwidth
from bridge.core.canvas import Canvas
from bridge.core.screen import LONGEST_PIECE

_ACS = dict(
    zip(
        map(ord, "+,-.0`abcdefghijklmnopqrstuvwxyz{|}~"),
        "→←↑↓▮◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·",
        strict=True,
    )
)
_NARROW_RUN = re.compile(f"[{charwidth.NARROW}]+")
_JOINER = "\u200d"


class Pen(Canvas):
    """A screen that is printed on; where and how, the commands in core.emulator tell."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.wraps, self.inserts = True, False
        self.sets, self.shifted = [False, False], False  # line drawing in G0 and G1; which of them is used
        self.look = 0  # as of core.look
        self.last = ""  # what REP repeats
        self._joins = False  # whether a zero width joiner was met

    def end_joining(self) -> None:
        """What comes next is a character of its own."""
        self._joins = False

    def is_plain(self) -> bool:
        """As Screen's; also whether characters stand for themselves and lines wrap."""
        return self.wraps and not self.inserts and not (self.sets[0] or self.sets[1]) and super().is_plain()

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
            self.last = ""

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
        drawn = self.sets[self.shifted]
        if drawn:
            text = text.translate(_ACS)
        if drawn or self.inserts or not self.wraps or self._joins:
            for char in text:
                self._write_char(char, drawn=drawn)
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
        self.last = text[-1]

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

    def _write_char(self, char: str, *, drawn: bool = False) -> None:
        size = charwidth.width(char)
        if (size == 0 or not char.isascii()) and self._combine(char, size):
            return
        width = self.width
        if size > width or (not self.wraps and size > 1 and width - size < self.x != width):
            return
        row = self.changing(self.y)
        if self.inserts:
            row.insert(self.x, size, width)
        if self.wraps and self.x > width - size:
            self.linefeed(wrapped=True)
            self.x = 0
            row = self.changing(self.y)
        if self.x > width - size:
            return
        if char != " " or self.wraps or self.inserts or self.look or drawn or self.x < self._room(len(row.cells)):
            row.put_char(self.x, char, size)
        edge = width - (not self.wraps)
        self.x = self.x + size if self.x + size <= edge else edge

    def _room(self, size: int) -> int:
        """How many columns tmux holds ready of a row with so many in use: a quarter of it, half or all."""
        width = self.width
        return next((part for part in (width // 4, width // 2) if size <= part), width) if size else 0

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
