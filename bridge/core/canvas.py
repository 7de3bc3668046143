"""What can be done at the cursor of a screen: moving, erasing, inserting, deleting, as tmux does it."""

from __future__ import annotations

from bridge.core.screen import Screen


class Canvas(Screen):
    """A screen whose cursor moves and whose rows are edited at it."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.origin = False  # whether rows are counted from the scrolling region's first one
        self.stops: set[int] | None = None  # None: every eighth column

    def go(self, column: int, row: int, *, by_origin: bool = False) -> None:
        """The cursor to a place; -1 leaves the row or the column as it is."""
        if row >= 0:
            if by_origin and self.origin:
                row = self.bottom if row > self.bottom - self.top else row + self.top
            self.y = min(row, self.height - 1)
            self.row(self.y)
        if column >= 0:
            self.x = min(column, self.width - 1)

    def go_to_column(self, count: int) -> None:
        """To a column, counted from 1."""
        self.go(count - 1, -1)

    def go_to_row(self, count: int) -> None:
        """To a row, counted from 1."""
        self.go(-1, count - 1, by_origin=True)

    def tab(self) -> None:
        """To the next tab stop, at most to the last column."""
        edge = self.width - 1
        if self.x >= edge:
            return
        stop = self.x + 1
        while stop < edge and (stop % 8 if self.stops is None else stop not in self.stops):
            stop += 1
        row = self.row(self.y)
        if stop - self.x <= 8 and row.put_tab(self.x, stop - self.x):
            self.changing(self.y)
        self.x = stop

    def up(self, count: int) -> None:
        """Up, at most to the edge of the scrolling region."""
        self.y -= min(count, self.y if self.y < self.top else self.y - self.top)
        self.x = min(self.x, self.width - 1)

    def down(self, count: int) -> None:
        """Down, at most to the edge of the scrolling region."""
        self.y += min(count, (self.height - 1 if self.y > self.bottom else self.bottom) - self.y)
        self.x = min(self.x, self.width - 1)
        self.row(self.y)

    def right(self, count: int) -> None:
        """To the right, at most to the last column."""
        self.x = min(self.x + count, self.width - 1)

    def left(self, count: int) -> None:
        """To the left."""
        self.x = max(0, self.x - count)

    def next(self, count: int) -> None:
        """To the beginning of a row below."""
        self.x = 0
        self.down(count)

    def previous(self, count: int) -> None:
        """To the beginning of a row above."""
        self.x = 0
        self.up(count)

    def back_tab(self, count: int) -> None:
        """To a tab stop on the left."""
        x = min(self.x, self.width - 1)
        while x > 0 and count > 0:
            count -= 1
            x -= 1
            while x > 0 and (x % 8 if self.stops is None else x not in self.stops):
                x -= 1
        self.x = x

    def insert_rows(self, count: int) -> None:
        """Make room for rows at the cursor's."""
        y = self.y
        if not self.top <= y <= self.bottom:
            count = min(count, self.height - y)
            self.move_rows(y + count, y, self.height - y - count)
            return
        count = min(count, self.bottom + 1 - y)
        kept = self.bottom + 1 - y - count
        self.move_rows(self.bottom + 1 - kept, y, kept)
        self.clear_rows(y + kept, count - kept)

    def delete_rows(self, count: int) -> None:
        """Take rows out from the cursor's on."""
        y = self.y
        if not self.top <= y <= self.bottom:
            count = min(count, self.height - y)
            self.move_rows(y, y + count, self.height - y - count)
            self.clear_rows(self.height - count, y + 2 * count - self.height)
            return
        count = min(count, self.bottom + 1 - y)
        kept = self.bottom + 1 - y - count
        self.move_rows(y, y + count, kept)
        self.clear_rows(y + kept, count - kept)

    def scroll_rows_up(self, count: int) -> None:
        """The rows of the region go up."""
        for _ in range(min(count, self.bottom - self.top + 1)):
            self.scroll_up()

    def scroll_rows_down(self, count: int) -> None:
        """The rows of the region go down."""
        for _ in range(min(count, self.bottom - self.top + 1)):
            self.move_rows(self.top + 1, self.top, self.bottom - self.top)

    def insert_columns(self, count: int) -> None:
        """Make room for columns at the cursor."""
        count = min(count, self.width - self.x)
        if count > 0 and self.row(self.y).insert(self.x, count, self.width):
            self.changing(self.y)

    def delete_columns(self, count: int) -> None:
        """Take columns out at the cursor."""
        count = min(count, self.width - self.x)
        if count == self.width:
            self.clear_rows(self.y, 1)
        elif count > 0 and self.row(self.y).delete(self.x, count, self.width):
            self.changing(self.y)

    def erase_count(self, count: int) -> None:
        """Erase so many columns from the cursor on."""
        self.erase_columns(self.x, min(self.x + count, self.width))

    def erase_in_row(self, what: int) -> None:
        """Erase the row: behind the cursor (0), up to it (1) or all (2)."""
        if (what == 0 and self.x == 0) or (what == 1 and self.x >= self.width - 1) or what == 2:
            if self.row(self.y).cells:
                self.clear_rows(self.y, 1)
        elif what == 0 and self.x < min(self.width, len(self.row(self.y).cells)):
            self.erase_columns(self.x, self.width)
        elif what == 1:
            self.erase_columns(0, self.x + 1)

    def erase_columns(self, start: int, end: int) -> None:
        """Erase these columns of the cursor's row; all of them make it an empty row."""
        if start == 0 and end >= self.width:
            self.clear_rows(self.y, 1)
        elif self.row(self.y).erase(start, end):
            self.changing(self.y)
