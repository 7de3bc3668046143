"""Whether what is printed looks other than plain (SGR, as tmux keeps it): nothing else of its colours is known here.

tmux keeps a blank that looks like something in places where it drops a plain one. A look is a number, 0 is plain.
"""

from __future__ import annotations

import re

from bridge.core import sequences

_INK, _GROUND = 512, 1024
_MARKS = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 16, 7: 32, 8: 64, 9: 128, 21: 8, 53: 256}
_ENDS = {22: 3, 23: 4, 24: 8, 25: 16, 27: 32, 28: 64, 29: 128, 39: _INK, 49: _GROUND, 55: 256}
_COLOURS = {
    **dict.fromkeys((38, *range(30, 38), *range(90, 98)), _INK),
    **dict.fromkeys((48, *range(40, 48), *range(100, 108)), _GROUND),
}
_SEQUENCE = re.compile(rb"\x1b\[([\d;:]*)m")
_LARGEST = 255


def after(look: int, text: bytes) -> int:
    """The look behind one sequence, whose parameters these are."""
    numbers = sequences.parameters(text)
    if numbers is None:
        return look
    numbers = numbers or [0]
    at = 0
    while at < len(numbers):
        number = numbers[at] or 0
        at += 1
        if number < 0:
            look = _after_parts(look, text.split(b";")[at - 1].split(b":"))
        elif number in (38, 48, 58):
            kind, bit = numbers[at : at + 1], _COLOURS.get(number, 0)
            at += 1
            if kind == [2] and _are_levels(numbers[at : at + 3], 3):
                look |= bit
                at += 3
            elif kind == [5]:
                look = look | bit if _are_levels(numbers[at : at + 1], 1) else look & ~bit
                at += 1
        else:
            look = (look | _MARKS.get(number, 0) | _COLOURS.get(number, 0)) & ~_ENDS.get(number, 0) if number else 0
    return look


def behind(look: int, data: bytes, start: int, end: int) -> int:
    """The look behind bytes that hold any number of sequences."""
    # What stands before the last one that makes all plain counts for nothing.
    start = max(start, data.rfind(b"\x1b[m", start, end), data.rfind(b"\x1b[0m", start, end))
    # Each sets, ends or leaves a thing, so of those that are equal the last one alone counts.
    last = dict.fromkeys(reversed(_SEQUENCE.findall(data, start, end)))
    for text in reversed(last):
        look = after(look, text)
    return look


def _after_parts(look: int, parts: list[bytes]) -> int:
    """One parameter with parts: `4:3`, `38:2:R:G:B`, `38:2::R:G:B`, `38:5:N`."""
    kind, *values = [int(part[:11]) if part else None for part in parts]
    first = values[0]
    if kind == 4 and len(values) == 1 and first is not None and first <= 5:
        return look | _MARKS[4] if first else look & ~_MARKS[4]
    if kind not in (38, 48):
        return look
    bit = _COLOURS[kind]
    if first == 5 and len(values) > 1:
        return look | bit if _are_levels(values[1:2], 1) else look & ~bit
    levels = values[1:4] if len(values) == 4 else values[2:5]
    return look | bit if first == 2 and _are_levels(levels, 3) else look


def _are_levels(values: list[int | None], count: int) -> bool:
    return len(values) == count and all(value is not None and 0 <= value <= _LARGEST for value in values)
