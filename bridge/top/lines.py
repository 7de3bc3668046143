"""Lines of styled text as a widget: only those that have changed are painted again; nothing in them is markup."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

# A line: pieces of text, each with the words of its style ("bold green"), empty for plain.
Line = tuple[tuple[str, str], ...]


class Lines(Widget):
    """Shows the lines that it was given last."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.lines: list[Line] = []

    def show(self, lines: list[Line]) -> None:
        """Show these lines; those that are as before cost nothing."""
        before, self.lines = self.lines, lines
        regions = [
            Region(0, y, max(1, self.size.width), 1)
            for y in range(max(len(before), len(lines)))
            if y >= len(before) or y >= len(lines) or before[y] != lines[y]
        ]
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """One line, exactly as wide as the widget."""
        width = self.size.width
        pieces = self.lines[y] if y < len(self.lines) else ()
        segments = [Segment(text, style_of(words)) for text, words in pieces if text]
        rest = style_of(pieces[-1][1]) if pieces else None
        return Strip(segments).adjust_cell_length(width, rest)


@lru_cache(256)
def style_of(words: str) -> Style:
    """The style of its words."""
    return Style.parse(words) if words else Style.null()


def fit(text: str, width: int) -> str:
    """The text in exactly so many cells of the terminal; what is cut is told by an ellipsis."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"


def fit_end(text: str, width: int) -> str:
    """As `fit`, but the end of the text is what stays."""
    if width <= 0 or cell_len(text) <= width:
        return fit(text, width)
    while cell_len(text) > width - 1:
        text = text[max(1, (cell_len(text) - width) // 2) :]
    return fit(f"…{text}", width)


def wrapped(text: str, width: int, most: int) -> list[str]:
    """The text in at most so many lines, broken at blanks where that works."""
    rows = [""]
    for word in text.split():
        joined = f"{rows[-1]} {word}" if rows[-1] else word
        if cell_len(joined) <= width:
            rows[-1] = joined
        else:
            rows += chop_cells(word, max(2, width))
    rows = rows[1:] if len(rows) > 1 and not rows[0] else rows
    return rows if len(rows) <= most else [*rows[: most - 1], fit(rows[most - 1] + " …" * width, width)]
