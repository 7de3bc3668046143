"""A terminal's screen, as tmux keeps that of a pane: rows, a cursor, and the lines that have left it at the top."""

from __future__ import annotations

from bridge.core.row import ERASED, Row, finished
from bridge.model import Piece

LONGEST_PIECE = 65_536


class Screen:
    """Rows of a width and a height, changed as tmux would; the commands are in core.emulator.

    A line is one however many rows it fills. `out` gets the lines in their order: where `early` each as soon as
    the cursor leaves it by a newline, and again if it is changed later; otherwise when it leaves the screen.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = max(2, width)
        self.height = max(1, height)
        self.early = True
        self.out: list[str] = []
        self.x = self.y = 0
        self.top, self.bottom = 0, self.height - 1
        self.rows: list[Row] = [Row()]  # at least down to the cursor's
        self._behind: list[Row] | None = None  # the ordinary rows, where the alternate screen is shown
        self._behind_y = 0
        self._head: list[str] = []  # of the line in the first row, what has left the screen
        self._head_size = 0
        self._head_fresh = self._split = False
        self._clean = 0  # nothing is to be given out above this row
        self._passed: list[str] = []  # plain lines that are not laid out yet

    @property
    def alternate(self) -> bool:
        """Whether the alternate screen is shown: nothing of it is a line."""
        return self._behind is not None

    def row(self, number: int) -> Row:
        """A row by its number, to be looked at."""
        rows = self.rows
        while number >= len(rows):
            rows.append(Row())
        return rows[number]

    def changing(self, number: int) -> Row:
        """A row that is about to be changed."""
        row = self.row(number)
        row.fresh = True
        self._clean = min(self._clean, number)
        return row

    def linefeed(self, *, wrapped: bool = False) -> None:
        """Down one row; at the bottom the rows go up and the first one leaves."""
        y = self.y
        if wrapped:
            self.row(y).wrapped = True
        elif self.early and self._clean <= y and self._behind is None:
            self._give_at(y)
        if y == self.bottom:
            self.scroll_up()
        elif y < self.height - 1:
            self.y = y + 1
            self.row(y + 1)

    def scroll_up(self) -> None:
        """The first row of the scrolling region leaves; it becomes history."""
        top, bottom = self.top, self.bottom
        if self._behind is not None:
            self.move_rows(top, top + 1, bottom - top)
            return
        rows = self.rows
        if bottom >= len(rows):
            self.row(bottom)
        row = rows.pop(top)
        if row.fresh or row.wrapped or self._head or self._split:
            self._retire(row)
        if top <= self._clean:
            self._clean = max(0, self._clean - 1)
        rows.insert(bottom, Row())
        if self._clean > bottom:
            self._clean = bottom

    def move_rows(self, to: int, start: int, count: int) -> None:
        """Move rows; those that they are put over are lost, those that they leave are empty."""
        if count == 0 or to == start:
            return
        self.row(self.height - 1)
        self._unwrap(to - 1)
        moved = self.rows[start : start + count]
        for number in range(start, start + count):
            if not to <= number < to + count:
                self.rows[number] = Row()
        self.rows[to : to + count] = moved
        if start < to or start >= to + count:
            self._unwrap(start - 1)
        self._clean = min(self._clean, start, to)

    def clear_rows(self, start: int, count: int) -> None:
        """Empty so many rows (none for a count below 0); the line before them ends there."""
        if count == 0:
            return
        for number in range(start, min(start + count, len(self.rows))):
            self.rows[number].clear()
        self._clean = min(self._clean, start)
        self._unwrap(start - 1)

    def clear(self) -> None:
        """Empty the screen; what stood there is history."""
        last = 0
        for number, row in enumerate(self.rows):
            if row.cells and not row.is_blank():
                last = number + 1
        if self._behind is None:
            for row in self.rows[:last]:
                self._retire(row)
            del self.rows[:last]
            self._clean = 0
        if self._behind is not None or last < self.height:
            self.clear_rows(0, self.height)
        self.row(self.y)

    def show_alternate(self) -> None:
        """Go to the alternate screen, which is empty."""
        if self._behind is None:
            self._behind, self.rows, self._behind_y = self.rows, [], self.y
            self.row(self.y)
            self._unwrap(-1)

    def hide_alternate(self) -> None:
        """Back to the ordinary screen as it was."""
        if self._behind is not None:
            self.rows, self._behind = self._behind, None
            self._clean = 0

    def is_plain(self) -> bool:
        """Whether the cursor is at the beginning of an empty row, with nothing below it, and nothing special is set."""
        if self.x or self._behind is not None or self.top or self.bottom != self.height - 1:
            return False
        if self._passed:
            return True
        rows = self.rows
        while len(rows) > self.y + 1 and not rows[-1].cells:
            rows.pop()
        if len(rows) > self.y + 1 or self.row(self.y).cells or self.row(self.y).given is not None:
            return False
        return not rows[self.y - 1].wrapped if self.y else not self._head and not self._split

    def pass_lines(self, lines: list[str]) -> None:
        """Take whole lines of plain text; only where it `is_plain`. The last one must not be empty."""
        height = self.height
        if self.early:
            if not self._passed and self.y:
                self._give(self.y - 1, all_of_it=True)
            self.out += lines
            if len(lines) > height:
                lines = lines[-height:]
        self._passed += lines
        if len(self._passed) >= height:
            for row in self.rows[: self.y]:
                self._retire(row)
            self.rows, self.y, self._clean = [Row()], 0, 0
            if not self.early:
                self.out += self._passed[:-height]
            del self._passed[:-height]

    def take_passed(self) -> list[str]:
        """The plain lines that wait to be laid out."""
        passed, self._passed = self._passed, []
        return passed

    def note_given(self, line: str) -> None:
        """The line that ends in the cursor's row was given out already."""
        self.row(self.y)
        first = self._span(self.rows, self.y)[0]
        for row in self.rows[first : self.y + 1]:
            row.fresh = False
        self.rows[self.y].given = line
        if not first:
            self._head_fresh = False
        self._clean = self.y + 1

    def line(self) -> str:
        """The whole line that the cursor is in, on the ordinary screen."""
        rows, number = self._ordinary()
        if self._passed or number >= len(rows):
            return ""
        return self._line(rows, *self._span(rows, number))

    def settle(self) -> list[str]:
        """Give out the empty lines that were held back, since what follows might have gone up over them again."""
        if self._behind is None and self.y:
            self._give(self.y - 1, all_of_it=True)
        out, self.out = self.out, []
        return out

    def rest(self) -> list[str]:
        """The lines of the screen that were not given out as they stand now; the cursor's own is among them."""
        rows, cursor = self._ordinary()
        last = max((number for number, row in enumerate(rows) if row.cells), default=0)
        last = max(last, cursor)
        lines: list[str] = []
        number = 0
        while number <= min(last, len(rows) - 1):
            start, end = self._span(rows, number)
            text = self._line(rows, start, end)
            fresh = any(row.fresh for row in rows[start : end + 1]) or (start == 0 and self._head_fresh)
            if (fresh and text != rows[end].given) or start <= cursor <= end:
                lines.append(text)
            number = end + 1
        return lines

    def _line(self, rows: list[Row], start: int, end: int) -> str:
        parts = [row.text() for row in rows[start : end + 1]]
        return finished([*self._head, *parts] if start == 0 else parts)

    def _ordinary(self) -> tuple[list[Row], int]:
        return (self.rows, self.y) if self._behind is None else (self._behind, self._behind_y)

    @staticmethod
    def _span(rows: list[Row], number: int) -> tuple[int, int]:
        """The first and the last row of the line that goes through this one."""
        start = end = number
        while start and rows[start - 1].wrapped:
            start -= 1
        while rows[end].wrapped and end + 1 < len(rows):
            end += 1
        return start, end

    def _give_at(self, y: int) -> None:
        """Give out the line in the cursor's row, which is left by a newline, and what waits above it."""
        rows = self.rows
        row = rows[y]
        if row.wrapped or self._head or (y and rows[y - 1].wrapped) or self._clean != y or row.given is not None:
            if row.cells or row.given is not None or self._head or (y and rows[y - 1].wrapped):
                self._give(y)
        elif row.cells:
            text = "".join(row.cells)
            if ERASED in text:
                text = finished([text])
            if text:
                self.out.append(text)
                row.given, row.fresh = text, False
                self._clean = y + 1

    def _give(self, last: int, *, all_of_it: bool = False) -> None:
        """Give out the lines that end above or in this row and were not given out as they are.

        Empty ones wait for one that is not, unless `all_of_it`.
        """
        rows, number = self.rows, min(self._clean, last)
        number = self._span(rows, number)[0] if number < len(rows) else number
        waiting: list[tuple[str, int, int]] = []
        while number <= last and number < len(rows):
            start, end = self._span(rows, number)
            if end > last:
                break
            text = self._line(rows, start, end)
            fresh = any(row.fresh for row in rows[start : end + 1]) or (start == 0 and self._head_fresh)
            if fresh and not (start == 0 and self._split) and not text and rows[end].given is not None:
                fresh = False  # a line that was erased is no new line
            if fresh and text != rows[end].given:
                waiting.append((text, start, end))
            number = end + 1
            if text or all_of_it or not waiting:
                self.out += [given for given, _, _ in waiting]
                for given, first, final in waiting:
                    rows[final].given = given
                    for row in rows[first : final + 1]:
                        row.fresh = False
                waiting = []
                self._clean = number

    def _unwrap(self, number: int) -> None:
        if number >= 0:
            self.row(number).wrapped = False
        elif self._head or self._split:
            self._end_head(None)

    def _retire(self, row: Row) -> None:
        """A row leaves the screen at the top."""
        text = row.text()
        self._head_fresh = self._head_fresh or row.fresh
        self._head.append(text)
        if not row.wrapped:
            self._end_head(row.given)
            return
        self._head_size += len(text)
        if self._head_size >= LONGEST_PIECE:
            if self._head_fresh:
                self.out.append(Piece("".join(self._head).replace("\0", " ")))
            self._split = True
            self._head, self._head_size = [], 0

    def _end_head(self, given: str | None) -> None:
        text = finished(self._head) if self._head else ""
        if self._head_fresh and (self._split or text != given) and (text or given is None or self._split):
            self.out.append(text)
        self._head, self._head_size, self._head_fresh, self._split = [], 0, False, False
