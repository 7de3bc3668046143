"""A screen of an agent's program as rows, with what was drawn faintly told apart."""

from __future__ import annotations

import re

from bridge.core import charwidth, sgr

_COLOUR = re.compile(r"\x1b\[([0-9;:]*)m")
# A sequence that moves the cursor or erases, or a carriage return within a line: the text is a stream, no picture.
_MOVES = re.compile(r"\x1b\[[0-9;?]*[A-HJKPSTXfdru`@LM]|\r(?!\r*\n)|\x08")
_PLACE = re.compile(r"\x1b\[([0-9]{1,9});([0-9]{1,9})[Hf]([^\x00-\x1f]*)")
_TITLE = re.compile(r"\x1b\][02];([^\x07\x1b]{0,300})")
_STEPS = re.compile(r"\x1b\[[0-9]*[A-D]")
_RUN = re.compile(r"[^\x00-\x1f]+")
_STREAM_SIZE = (120, 50)
_LARGEST = 500  # columns and rows of a size that is worked out
_WIDEST = 2000  # characters of a row that are looked at
_MOST = 400  # rows that are looked at, the last ones
# Faint by its own attribute, or in the greys that programs take for what is not typed yet.
_GREYS = frozenset(("90", "38;5;8", *(f"38;5;{number}" for number in range(238, 250))))
_BLANKS = str.maketrans({"\xa0": " ", "\t": " ", "\0": " "})


class Frame:
    """The rows of a screen without their blanks at the end, and of each which characters were drawn faintly.

    `faint` has a character for each of the row's: `1` for a faint one. `first` is the number that the first row has on
    the screen. `cursor` is (column, row) on the screen, None where nobody told it; `progress` is the state of
    OSC 9;4, None where nobody told it. `spoilt` tells that the text is a stream that lost its carriage returns.
    """

    __slots__ = ("cursor", "faint", "first", "progress", "rows", "size", "spoilt", "title")

    def __init__(
        self,
        rows: list[str],
        faint: list[str],
        *,
        title: str = "",
        cursor: tuple[int, int] | None = None,
        size: tuple[int, int] | None = None,
        progress: int | None = None,
        spoilt: bool = False,
    ) -> None:
        self.spoilt = spoilt
        self.first = max(0, len(rows) - _MOST)
        self.rows = rows[self.first :]
        self.faint = faint[self.first :]
        self.title = title
        self.cursor = cursor
        self.size = size
        self.progress = progress

    def column(self, row: int, at: int) -> int:
        """The column of the screen at which a character of a row begins."""
        return charwidth.columns(self.rows[row][:at])

    def is_faint(self, row: int, start: int, end: int) -> bool:
        """Whether all that is not blank between two characters of a row was drawn faintly; there must be some."""
        found = [
            mark
            for mark, char in zip(self.faint[row][start:end], self.rows[row][start:end], strict=True)
            if char != " "
        ]
        return bool(found) and "0" not in found


def read(
    text: str,
    *,
    title: str = "",
    cursor: tuple[int, int] | None = None,
    size: tuple[int, int] | None = None,
    progress: int | None = None,
) -> Frame:
    """The frame of a text: plain, with colours as `capture-pane -e` gives it, or the bytes of a stream."""
    spoilt = False
    if _MOVES.search(text):
        titles = _TITLE.findall(text)
        title = title or (titles[-1] if titles else "")
        # A terminal's lines end in both; without the first nobody knows in which column the cursor was.
        spoilt = "\n" in text and "\r" not in text and _STEPS.search(text) is not None
        rows = _drawn(text, size)
        faint = ["0" * len(row) for row in rows]
    else:
        rows, faint = _coloured(text)
    while rows and not rows[-1].strip():
        rows.pop()
        faint.pop()
    return Frame(rows, faint, title=title.strip(), cursor=cursor, size=size, progress=progress, spoilt=spoilt)


def _drawn(text: str, size: tuple[int, int] | None) -> list[str]:
    from bridge.core.transcript import Transcript  # noqa: PLC0415 - for a stream alone

    places = [(int(row), int(column) + len(run) - 1) for row, column, run in _PLACE.findall(text)]
    # A program that drew a line in one go had room for it.
    longest = max((len(run) for run in _RUN.findall(text)), default=0)
    width = max([_STREAM_SIZE[0], longest, *(column for _, column in places)])
    height = max([_STREAM_SIZE[1], *(row for row, _ in places)])
    width, height = size or (min(width, _LARGEST), min(height, _LARGEST))
    screen = Transcript(width, height, late=True, returns=True)
    screen.feed(text.encode("utf-8", "surrogateescape"))
    return [row.translate(_BLANKS).rstrip()[:_WIDEST] for row in screen.shown()]


def _coloured(text: str) -> tuple[list[str], list[str]]:
    rows, faint = [""], [""]
    now = False
    at = 0
    text = text.replace("\r", "")
    for match in [*_COLOUR.finditer(text), None]:
        piece = sgr.plain(text[at : match.start() if match is not None else len(text)]).translate(_BLANKS)
        for number, part in enumerate(piece.split("\n")):
            if number:
                rows.append("")
                faint.append("")
            rows[-1] += part
            faint[-1] += ("1" if now else "0") * len(part)
        if match is not None:
            now = _is_faint(match[1], now)
            at = match.end()
    shown = [row.rstrip()[:_WIDEST] for row in rows]
    return shown, [marks[: len(row)] for marks, row in zip(faint, shown, strict=True)]


def _is_faint(code: str, before: bool) -> bool:
    """Whether text is faint behind a sequence of colours."""
    parts = code.replace(":", ";").split(";")
    if parts in ([""], ["0"]):
        return False
    if parts[0] in ("38", "48"):
        return ";".join(parts) in _GREYS if parts[0] == "38" else before
    for part in parts:
        if part in ("2", "90"):
            before = True
        elif part in ("", "0", "22", "39") or ("30" <= part <= "37" and len(part) == 2):
            before = False
    return before
