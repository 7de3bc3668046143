"""The box on a screen in which a message is written, and what stands in it."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.core.agents.frame import Frame

_LINE = "─━═╌┄┈—▔▁▀▄╍╴╶"
_TOP, _BOTTOM = "╭┌┏╔", "╰└┗╚╹"
_SIDES = "│┃║"
_BARS = "▌┃"  # a box that has a bar at its left and nothing else
_RULE = re.compile(rf"^\s*[{_TOP}{_BOTTOM}├┣╠]?[{_LINE}]")
_ASIDE = re.compile(r"\s{3,}(\S.*)$|\s{2,}((?:esc|ctrl)\b.*)$", re.IGNORECASE)
_HIGHEST = 30  # rows of a box
_FOOT = 12  # rows with something on them below a box


class Composer:
    """The rows of a box: `top` and `bottom` are those of its frame, `start` and `end` those of its text (inclusive).

    `kind` is `empty`, `ghost` (a placeholder or a suggestion), `paste` (a mark for text that was pasted) or `draft`.
    `aside` is what the same row says at its right end.
    """

    __slots__ = ("aside", "bottom", "end", "form", "glyph", "kind", "start", "text", "top")

    def __init__(self, form: str, top: int, start: int, end: int, bottom: int, glyph: str) -> None:
        self.form = form
        self.top = top
        self.start = start
        self.end = end
        self.bottom = bottom
        self.glyph = glyph
        self.text = ""
        self.aside = ""
        self.kind = "empty"


class Shape:
    """What a profile knows of its box."""

    __slots__ = ("_prompt", "forms", "glyphs", "is_ghost", "is_not", "is_paste")

    def __init__(
        self,
        glyphs: tuple[str, ...],
        forms: tuple[str, ...],
        is_ghost: Callable[[str], bool],
        is_paste: Callable[[str], bool],
        is_not: Callable[[str], bool],
        prompt: re.Pattern[str],
    ) -> None:
        self.glyphs = glyphs
        self.forms = forms
        self.is_ghost = is_ghost
        self.is_paste = is_paste
        self.is_not = is_not
        self._prompt = prompt

    def glyph(self, text: str) -> str:
        """What of a text, without blanks around it, is the sign that a box begins with; empty where there is none."""
        for sign in self.glyphs:
            if sign and (text == sign or text.startswith(sign + " ")):
                return sign
        found = self._prompt.match(text)
        return found[0].rstrip() if found is not None else ""


def is_rule(row: str) -> bool:
    """Whether a row is a line from side to side, alone or with a title in it, or the top or bottom of a box."""
    text = row.strip()
    if len(text) < 3 or not _RULE.match(row):
        return False
    lines = sum(text.count(char) for char in _LINE)
    return lines >= 8 or lines * 2 > len(text) or (text[0] in _TOP + _BOTTOM and text[-1] in "╮┐┓╗╯┘┛╝")


def inside(row: str) -> str:
    """A row without the sides of the boxes around it; where it has a left side, one blank less too."""
    text = row
    while True:
        bare = text.lstrip()
        if not bare or bare[0] not in _SIDES:
            return text
        rest = bare[1:]
        end = rest.rstrip()
        if end and end[-1] in _SIDES:
            rest = end[:-1].rstrip()
        text = rest[1:] if rest.startswith(" ") else rest


def find(
    frame: Frame, shape: Shape, is_chrome: Callable[[str], bool], is_head: Callable[[str], bool]
) -> Composer | None:
    """The box at the end of the screen; None where the last thing on it is something else."""
    found = _framed(frame.rows, shape) or ("bare" in shape.forms and _bare(frame, shape, is_chrome, is_head)) or None
    if found is not None:
        _read(frame, found, shape)
    return found


def _framed(rows: list[str], shape: Shape) -> Composer | None:
    below = 0
    for bottom in range(len(rows) - 1, 0, -1):
        text = rows[bottom].strip()
        if text and is_rule(rows[bottom]):
            found = _box(rows, bottom, shape)
            if found is not None:
                return found
        below += bool(text)
        if below > _FOOT:
            return None
    return None


def _box(rows: list[str], bottom: int, shape: Shape) -> Composer | None:
    """The box that ends in this row."""
    mark = rows[bottom].strip()[0]
    top = bottom - 1
    least = max(-1, bottom - _HIGHEST)
    while top > least and not is_rule(rows[top]) and not (mark == "╹" and not rows[top].strip().startswith("┃")):
        top -= 1
    if top <= least and mark in _BOTTOM and rows[bottom - 1].strip()[:1] in tuple(_SIDES):
        top = bottom - 2  # its upper part is not on the screen
    if top <= least or top == bottom - 1:
        # Two lines with nothing between are the frame of a box that the next row is cut off from.
        if not ("hollow" in shape.forms and top == bottom - 1 and top >= 0 and rows[top].strip()[:1] in _TOP):
            return None
        return Composer("box", top, bottom, bottom - 1, bottom, "")
    if mark == "╹":
        return Composer("bar", top + 1, top + 1, bottom - 1, bottom, "") if "bar" in shape.forms else None
    boxed = mark in _BOTTOM
    form = "box" if boxed else "rules"
    above = rows[top].strip()[:1]
    if form not in shape.forms or (above and (above not in _TOP if boxed else above in _TOP + _BOTTOM)):
        return None
    start = top + 1
    while start < bottom and not inside(rows[start]).strip():
        start += 1
    first = inside(rows[start]).strip() if start < bottom else ""
    glyph = shape.glyph(first)
    if not glyph and (first or "" not in shape.glyphs) and not (first and shape.is_ghost(first)):
        return None
    if shape.is_not("\n".join(inside(row) for row in rows[start:bottom])):
        return None
    return Composer(form, top, start if first else top + 1, bottom - 1, bottom, glyph)


def _bare(
    frame: Frame, shape: Shape, is_chrome: Callable[[str], bool], is_head: Callable[[str], bool]
) -> Composer | None:
    """A prompt of its own without a frame: the last row but for the line of status below it.

    A prompt with nothing in it, or with a placeholder, is no message that was sent: below that anything may stand.
    """
    rows = frame.rows
    below = strange = 0
    for at in range(len(rows) - 1, -1, -1):
        text = inside(rows[at])
        if not text.strip():
            continue
        bare = text.strip()
        indent = len(text) - len(text.lstrip())
        glyph = shape.glyph(bare)
        if (glyph and indent <= 4) or (not glyph and shape.is_ghost(bare)):
            rest = bare[len(glyph) :].strip()
            if glyph and shape.is_not(bare):
                return None
            is_there = frame.cursor is not None and frame.cursor[1] == at + frame.first
            if strange > 1 and rest and not (is_there or shape.is_ghost(rest) or _is_faint(frame, at, rest)):
                return None
            top = at
            while glyph and glyph in _BARS and top > 0 and inside(rows[top - 1]).strip()[:1] == glyph:
                top -= 1
            return Composer("bare", top, top, at, at, glyph)
        above = inside(rows[at - 1]) if at else ""
        if is_head(text) or below >= _FOOT:
            return None
        if not (is_chrome(text) or is_rule(rows[at])):
            # The rest of a line of status that was wrapped counts as one row of it.
            strange += 1 if is_chrome(above) and not is_head(above) else 2
        if strange > _FOOT:
            return None
        below += 1
    return None


def _is_faint(frame: Frame, row: int, text: str) -> bool:
    at = frame.rows[row].find(text)
    return at >= 0 and frame.is_faint(row, at, at + len(text))


def _read(frame: Frame, found: Composer, shape: Shape) -> None:
    """Tell what stands in the box."""
    texts: list[str] = []
    is_faint = True
    first = found.start if found.form != "bar" else _first_filled(frame.rows, found)
    for row in range(found.start, found.end + 1):
        text = inside(frame.rows[row]).strip()
        if found.glyph and (row == found.start or found.glyph in _BARS):
            text = text.removeprefix(found.glyph).strip()
        if row == first and (aside := _ASIDE.search(text)):
            found.aside = aside[1] or aside[2]
            text = text[: aside.start()].rstrip()
        if not text:
            continue
        if found.form == "bar" and (row == found.end or shape.is_not(text)):
            continue  # what the box says of itself
        at = frame.rows[row].find(text)
        is_faint = is_faint and at >= 0 and frame.is_faint(row, at, at + len(text))
        texts.append(text)
    found.text = "\n".join(texts)
    if not texts:
        return
    if shape.is_paste(found.text):
        found.kind = "paste"
    elif is_faint or shape.is_ghost(found.text):
        found.kind = "ghost"
    else:
        found.kind = "draft"


def _first_filled(rows: list[str], found: Composer) -> int:
    return next((row for row in range(found.start, found.end) if inside(rows[row]).strip()), found.start)
