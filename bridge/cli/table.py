"""Answers as tables for people."""

from __future__ import annotations

from bridge.core.visible import for_terminal, in_line
from bridge.envelope import KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def render(envelope: dict[str, object]) -> str:
    """An answer: the first list of objects as aligned columns, empty where the list that it is about is.

    One without such a list has a line for each field, and its text below them where that has several lines.
    """
    rows = next((value for value in envelope.values() if _is_rows(value)), None)
    if isinstance(rows, list):
        columns = list(rows[0])
        return _aligned(
            [[column.upper() for column in columns]] + [[_cell(row.get(column)) for column in columns] for row in rows]
        )
    fields = {name: value for name, value in envelope.items() if name not in KEYS and name not in _TOLD}
    output = envelope["output"]
    if output == [] or next(iter(fields.values()), None) == []:
        return ""
    text = for_terminal(output).rstrip("\n") if isinstance(output, str) else ""
    facts = [[name, _cell(value)] for name, value in fields.items() if not (isinstance(value, str) and "\n" in value)]
    if text and "\n" not in text and not any(_cell(value) == text for value in fields.values()):
        facts.insert(0, ["output", text])
    below = text if "\n" in text else ""
    return _aligned(facts) + (("\n" if facts else "") + below + "\n" if below else "")


def _aligned(cells: list[list[str]]) -> str:
    if not cells:
        return ""
    count: Callable[[str], int] = len
    if not all(cell.isascii() for line in cells for cell in line):
        from bridge.core import charwidth  # noqa: PLC0415 - what is plain needs no table

        count = charwidth.columns
    widths = [max(count(line[number]) for line in cells) for number in range(len(cells[0]))]
    lines = (
        "  ".join(cell + " " * (width - count(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
    return "\n".join(lines) + "\n"


# What a person need not be told in so many words.
_TOLD = ("untrusted",)


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def sparkline(values: list[float | None]) -> str:
    """Numbers as a row of bars from 0 to the largest; a blank where there is none."""
    largest = max((value for value in values if value is not None), default=0.0)
    bars = "▁▂▃▄▅▆▇█"
    return "".join(
        " " if value is None else bars[round(max(value, 0.0) / largest * (len(bars) - 1)) if largest > 0 else 0]
        for value in values
    )


def _cell(value: object) -> str:
    if isinstance(value, list) and value and all(item is None or isinstance(item, (int, float)) for item in value):
        return sparkline(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        between = "; " if any(isinstance(item, (dict, list)) for item in value) else ", "
        return between.join(_inner(item) for item in value)
    if isinstance(value, dict):
        return " ".join(f"{in_line(str(key))}={_inner(item)}" for key, item in value.items())
    return "" if value is None else in_line(str(value).replace("\n", " "))


def _inner(value: object) -> str:
    """A value within a cell; numbers are told as they are, where a row of them would be drawn."""
    return f"[{', '.join(map(_inner, value))}]" if isinstance(value, list) else _cell(value)
