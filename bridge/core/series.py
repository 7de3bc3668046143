"""Figures over time: buckets with minimum, average, maximum and 95th percentile, and the forms of an export."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FIGURES = ("cpu_percent", "memory_mb", "io_read_kb", "io_write_kb", "process_count", "thread_count")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST = 366 * 86400.0
_HELP = {
    "cpu_percent": ("gauge", "Share of the CPU that the pane's processes use; 100 is one core."),
    "memory_mb": ("gauge", "Memory of the pane's processes, shared pages by their part, in megabytes."),
    "memory_percent": (
        "gauge",
        "memory_mb as a share of the machine's memory.",
    ),
    "io_read_kb": ("counter", "Kilobytes read from storage by the pane's processes."),
    "io_write_kb": ("counter", "Kilobytes written to storage by the pane's processes."),
    "uptime_seconds": ("gauge", "Seconds since the pane's process began."),
    "thread_count": ("gauge", "Threads of the pane's processes."),
    "process_count": ("gauge", "Processes of the pane."),
}
PLACES = ("session", "window", "pane_id", "pane", "label")


def duration(text: str) -> float | None:
    """Seconds of `90`, `30s`, `10m`, `1.5h`, `2d`; None for what is no such time above 0 and up to a year."""
    unit = text[-1:] if text[-1:] in "smhd" else ""
    digits = text[: len(text) - len(unit)]
    if len(digits) > 12 or not digits.isascii() or not digits.replace(".", "", 1).isdigit():
        return None
    value = float(digits) * _UNITS[unit]
    return value if 0 < value <= LONGEST else None


def percentile(values: list[float], share: float = 0.95) -> float:
    """The value that this share of the values does not exceed, between two of them in proportion."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def summary(values: list[float]) -> dict[str, object]:
    """Minimum, average, maximum and 95th percentile of some values, at least one."""
    return {
        "minimum": round(min(values), 2),
        "average": round(sum(values) / len(values), 2),
        "maximum": round(max(values), 2),
        "percentile_95": round(percentile(values), 2),
    }


def merge(parts: list[dict[str, float]]) -> dict[str, float]:
    """Several summaries (with their `samples`) as one; the percentile is then the largest of theirs."""
    samples = sum(part["samples"] for part in parts)
    return {
        "samples": samples,
        "minimum": min(part["minimum"] for part in parts),
        "average": sum(part["average"] * part["samples"] for part in parts) / samples,
        "maximum": max(part["maximum"] for part in parts),
        "percentile_95": max(part["percentile_95"] for part in parts),
    }


def buckets(points: list[dict[str, float]], width: float) -> list[tuple[float, list[dict[str, float]]]]:
    """Points by the time `at` in buckets of a width, as (beginning, points), oldest first, none empty."""
    found: dict[float, list[dict[str, float]]] = {}
    for point in points:
        found.setdefault(point["at"] // width * width, []).append(point)
    return sorted(found.items())


def prometheus(panes: list[dict[str, object]]) -> str:
    """The text format of Prometheus, version 0.0.4. A figure that the system does not tell has no line."""
    lines: list[str] = []
    for name, (kind, text) in _HELP.items():
        rows = [(pane, pane[name]) for pane in panes if isinstance(pane.get(name), (int, float))]
        if not rows:
            continue
        full = f"bridge_pane_{name}" + ("_total" if kind == "counter" else "")
        lines += [f"# HELP {full} {text}", f"# TYPE {full} {kind}"]
        lines += [f"{full}{{{_labels(pane)}}} {value}" for pane, value in rows]
    return "\n".join(lines) + "\n" if lines else ""


def _labels(pane: dict[str, object]) -> str:
    return ",".join(f'{name}="{_escaped(str(pane[name]))}"' for name in PLACES)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def csv(panes: list[dict[str, object]]) -> str:
    """One row a pane behind a row of names (RFC 4180, with plain line ends)."""
    names = (*PLACES, *_HELP)
    return "\n".join((",".join(names), *(",".join(_cells(pane, names)) for pane in panes))) + "\n"


def _cells(pane: dict[str, object], names: Iterable[str]) -> Iterable[str]:
    for name in names:
        text = "" if pane[name] is None else str(pane[name])
        if text[:1] in ("=", "+", "-", "@") and isinstance(pane[name], str):
            text = "'" + text  # a spreadsheet would take it for a formula
        yield '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
