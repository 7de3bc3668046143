"""Lists as tables for people."""

from __future__ import annotations

from bridge.core.visible import in_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def render(envelope: dict[str, object]) -> str:
    """The first list of objects in an answer as aligned columns, empty where there is none."""
    rows = next((value for value in envelope.values() if _is_rows(value)), None)
    if not isinstance(rows, list):
        return ""
    columns = list(rows[0])
    cells = [[column.upper() for column in columns]] + [[_cell(row.get(column)) for column in columns] for row in rows]
    count: Callable[[str], int] = len
    if not all(cell.isascii() for line in cells for cell in line):
        from bridge.core import charwidth  # noqa: PLC0415 - what is plain needs no table

        count = charwidth.columns
    widths = [max(count(line[number]) for line in cells) for number in range(len(columns))]
    lines = (
        "  ".join(cell + " " * (width - count(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
    return "\n".join(lines) + "\n"


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
    if isinstance(value, dict):
        return in_line(" ".join(f"{key}={item}" for key, item in value.items()))
    return "" if value is None else in_line(str(value).replace("\n", " "))
