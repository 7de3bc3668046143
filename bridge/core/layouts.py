"""tmux's layout strings: `csum,80x24,0,0{40x24,0,0,1,39x24,41,0,2}`, read without tmux."""

from __future__ import annotations

LARGEST = 10_000  # what tmux allows a window
MOST_PANES = 1000
DEEPEST = 100


class Layout:
    """What a layout string says: the window's size, and its form without the panes' ids."""

    __slots__ = ("form", "height", "panes", "width")

    def __init__(self, width: int, height: int, panes: int, form: str) -> None:
        self.width = width
        self.height = height
        self.panes = panes
        self.form = form


def read(text: str) -> Layout:
    """Read a layout string; raises ValueError for what tmux could not have written."""
    given, comma, body = text.partition(",")
    if not comma or f"{checksum(body):04x}" != given:
        raise ValueError("the layout's checksum is wrong")
    cell = _Reader(body)
    width, height = cell.cell(0)
    if cell.at != len(body):
        raise ValueError("text behind the layout")
    return Layout(width, height, cell.panes, "".join(cell.form))


def tiled(text: str) -> str:
    """The layout string without the panes that float over the window: `csum,80x24,0,0{…,40x6,4,2,2}<40x6,4,2,2>`.

    tmux writes them among the others, and again at the end; such a string says nothing to `select-layout`.
    """
    _, _, body = text.partition(",")
    body, opening, floating = body.partition("<")
    if not opening:
        return text
    over = _Reader(floating.removesuffix(">"))
    gone = {over.pruned(set())}
    while not over.ended():
        over.at += 1
        gone.add(over.pruned(set()))
    under = _Reader(body)
    rest = under.pruned(gone)
    if not under.ended():
        raise ValueError("text behind the layout")
    rest = rest or f"{body.partition(',')[0]},0,0"  # nothing is tiled: one pane has the window
    return f"{checksum(rest):04x},{rest}"


def checksum(text: str) -> int:
    """The sum that tmux writes before a layout."""
    value = 0
    for char in text:
        value = ((value >> 1) + ((value & 1) << 15) + ord(char)) & 0xFFFF
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self.panes = 0
        self.form: list[str] = []

    def cell(self, depth: int) -> tuple[int, int]:
        if depth > DEEPEST:
            raise ValueError("the layout is nested too deeply")
        width = self._number("x")
        height = self._number(",")
        left = self._number(",")
        top = self._number("")
        if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
            raise ValueError(f"a cell of {width}x{height}")
        self.form.append(f"{width}x{height},{left},{top}")
        opening = self._text[self.at : self.at + 1]
        if opening in ("{", "["):
            self._cells("}" if opening == "{" else "]", opening, depth)
        else:
            self._leaf(opening)
        return width, height

    def ended(self) -> bool:
        """Whether everything was read."""
        return self.at == len(self._text)

    def pruned(self, gone: set[str], depth: int = 0) -> str:
        """The text of the next cell without some leaves; empty where nothing is left of it."""
        if depth > DEEPEST:
            raise ValueError("the layout is nested too deeply")
        start = self.at
        for follows in ("x", ",", ",", ""):
            self._number(follows)
        head, opening = self._text[start : self.at], self._text[self.at : self.at + 1]
        if opening not in ("{", "["):
            self._leaf(opening)
            leaf = self._text[start : self.at]
            return "" if leaf in gone else leaf
        cells = []
        follows = ","
        while follows == ",":
            self.at += 1
            cells.append(self.pruned(gone, depth + 1))
            follows = self._text[self.at : self.at + 1]
        self.at += 1
        kept = [cell for cell in cells if cell]
        if len(kept) < 2:
            return kept[0] if kept else ""  # what is alone needs no group
        return f"{head}{opening}{','.join(kept)}{follows}"

    def _cells(self, closing: str, opening: str, depth: int) -> None:
        self.form.append(opening)
        while True:
            self.at += 1
            self.cell(depth + 1)
            follows = self._text[self.at : self.at + 1]
            if follows == closing:
                break
            if follows != ",":
                raise ValueError("the layout's brackets do not fit")
            self.form.append(",")
        self.at += 1
        self.form.append(closing)

    def _leaf(self, follows: str) -> None:
        self.panes += 1
        if self.panes > MOST_PANES:
            raise ValueError(f"more than {MOST_PANES} panes")
        if follows == ",":
            # An id, unless what follows is the next cell: that has an `x` behind its first number.
            end = self.at + 1
            while self._text[end : end + 1].isdigit():
                end += 1
            if self._text[end : end + 1] != "x":
                self.at = end

    def _number(self, follows: str) -> int:
        end = self.at
        while self._text[end : end + 1].isdigit() and end - self.at < 6:
            end += 1
        word = self._text[self.at : end]
        if not word or not word.isascii() or (follows and self._text[end : end + 1] != follows):
            raise ValueError("not a layout")
        self.at = end + len(follows)
        return int(word)
