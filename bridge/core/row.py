"""One row of a terminal's screen."""

from __future__ import annotations

from bridge.core.charwidth import width

ERASED = "\0"  # a column that nothing was written in, or that was erased
BESIDE = ""  # a column that belongs to the character left of it: a wide one, or a tab


class Row:
    """The columns up to the last one that was ever written.

    `wrapped` tells that the line goes on in the next row; `special` that there may be columns which belong to the
    character before. Tabs at the end begin behind `used`: tmux before 3.6 only moves over them, so they are not there
    as soon as the row is changed before its end, or the line goes on in the next row. `fresh` tells that the row was
    changed since the line that ends in it was given out as `given`.
    """

    __slots__ = ("cells", "fresh", "given", "special", "used", "wrapped")

    def __init__(self) -> None:
        self.cells: list[str] = []
        self.wrapped = False
        self.special = False
        self.used = 0
        self.fresh = True
        self.given: str | None = None

    def text(self) -> str:
        """The columns as they stand, erased ones as NUL."""
        if self.wrapped and self.special and self._ends_in_tab():
            return "".join(self.cells[: self.used])
        return "".join(self.cells)

    def is_blank(self) -> bool:
        """Whether there is nothing but tabs."""
        return self.special and self._ends_in_tab() and not self.used

    def put(self, at: int, text: str) -> None:
        """Write characters of one column each from column `at` on; a `special` row takes ASCII so alone."""
        cells = self.cells
        size = len(text)
        if self.special and cells:
            self.uncover(at, size, together=True)
        gap = at - len(cells)
        if gap > 0:
            cells += ERASED * gap
        cells[at : at + size] = text

    def put_char(self, at: int, char: str, size: int) -> None:
        """Write one character of one or two columns."""
        cells = self.cells
        if self.special and at < len(cells):
            if size > 1 or cells[at] == BESIDE or (not cells[at].isascii() and width(cells[at][0]) > 1):
                self.uncover(at, size)
            else:
                self.untab()
        gap = at - len(cells)
        if gap > 0:
            cells += ERASED * gap
        cells[at : at + size] = [char, BESIDE][:size]
        if size > 1:
            self.special = True

    def put_tab(self, at: int, size: int) -> bool:
        """Write a tab over so many columns; false where something stands there, which it moves over."""
        cells = self.cells
        if any(cell != ERASED for cell in cells[at : at + size]):
            return False
        if not (self.special and self._ends_in_tab()):
            self.used = len(cells)
        cells += ERASED * (at - len(cells))
        cells[at : at + size] = ["\t", *[BESIDE] * (size - 1)]
        self.special = True
        return True

    def uncover(self, at: int, size: int, *, together: bool = False) -> None:
        """Make blanks of the halves that stay of characters which are about to be written over.

        `together` by several characters at once: then what is no wide character stays, and one in the first column.
        """
        cells = self.cells
        if at < len(cells):
            self.untab()
        if at < len(cells) and cells[at] == BESIDE:
            left = at
            while left > 0 and cells[left] == BESIDE:
                cells[left] = ERASED
                left -= 1
            if not together or (left > 0 and width(cells[left][:1] or " ") > 1):
                cells[left] = ERASED
        right = at + size
        while right < len(cells) and cells[right] == BESIDE:
            cells[right] = ERASED
            right += 1

    def untab(self) -> None:
        """Make blanks of tabs, but for those at the end: what is changed in a row stays in its column then."""
        cells = self.cells
        if self._ends_in_tab():
            del cells[self.used :]
        at = -1
        while "\t" in cells[at + 1 :]:
            at = cells.index("\t", at + 1)
            end = at
            cells[end] = " "
            while end + 1 < len(cells) and cells[end + 1] == BESIDE:
                end += 1
                cells[end] = " "

    def erase(self, start: int, end: int) -> bool:
        """Erase columns; whether there were any."""
        if start >= min(end, len(self.cells)):
            return False
        if self.special:
            self.untab()
        end = min(end, len(self.cells))
        if start >= end:
            return True
        self.cells[start:end] = ERASED * (end - start)
        return True

    def insert(self, at: int, count: int, edge: int) -> bool:
        """Make room for so many columns; what is pushed over the edge is lost."""
        if self.special:
            self.untab()
        if at >= edge - 1:
            return self.erase(at, at + 1)
        if at + count >= edge:
            return False  # tmux moves nothing then, and leaves what there is
        cells = self.cells
        cells += ERASED * (edge - len(cells))  # as tmux: the row is used up to its edge now
        # What lies between the moved columns and their new place stays as it is.
        moved = cells[at : edge - count]
        cells[at : at + min(len(moved), count)] = ERASED * min(len(moved), count)
        cells[at + count :] = moved
        return True

    def delete(self, at: int, count: int, edge: int) -> bool:
        """Take so many columns out; the rest moves left."""
        if self.special:
            self.untab()
        if at + count >= edge:  # nothing is moved
            self.erase(at, edge)
            return True
        size = max(len(self.cells), edge - count)
        del self.cells[at : at + count]
        self.cells += ERASED * (size - len(self.cells))
        return True

    def _head(self, at: int) -> str:
        """What the character in this column begins with."""
        cells = self.cells
        while at > 0 and cells[at] == BESIDE:
            at -= 1
        return cells[at]

    def _ends_in_tab(self) -> bool:
        return bool(self.cells) and self._head(len(self.cells) - 1) == "\t"

    def clear(self) -> None:
        """Make it an empty row."""
        self.cells = []
        self.wrapped = self.special = False
        self.fresh = True

    def combine(self, at: int, char: str, before: int) -> bool:
        """Put a character without a column onto the one before column `at`; false where none can take it."""
        cells = self.cells
        if self.special and at <= len(cells) and self._head(at - 1) == "\t":
            self.untab()
        if at > len(cells):
            cells += ERASED * (at - len(cells))
        place = at - 1
        if cells[place] == BESIDE and place > 0:
            place -= 1
        base = cells[place]
        if base in (BESIDE, ERASED):
            base = " "
        if at - place != before or len(base) + len(char) > LONGEST_CLUSTER:
            return False
        cells[place] = base + char
        return True


LONGEST_CLUSTER = 10


def finished(parts: list[str]) -> str:
    """The line that these rows make: blanks between what was written, none behind it."""
    text = parts[0] if len(parts) == 1 else "".join(parts)
    return text.rstrip(ERASED).replace(ERASED, " ") if ERASED in text else text
