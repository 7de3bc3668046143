"""Two snapshots compared field by field: what differs, and how much of each field is the same."""

from __future__ import annotations

from bridge.core import layouts, snapshots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# What a restore can bring back at once; a command is only typed, so it is counted apart.
RUNNING = ("command",)
_WINDOW = ("automatic_rename", "layout", "zoomed")
_PANE = ("label", "metadata", "title", "working_dir", "marked", "input_off")


class Comparison:
    """How many values of each field were compared and were equal, and the differences."""

    __slots__ = ("counts", "differences")

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = {}
        self.differences: list[dict[str, object]] = []

    def note(self, item: str, field: str, before: object, after: object, *, equal: bool | None = None) -> None:
        """Count one value of a field."""
        same = before == after if equal is None else equal
        count = self.counts.setdefault(field, [0, 0])
        count[0] += same
        count[1] += 1
        if not same:
            self.differences.append({"item": item, "field": field, "before": before, "after": after})

    def scores(self) -> dict[str, object]:
        """Per field: how many were compared, how many are equal, and the share in percent."""
        return {
            field: {"equal": equal, "compared": total, "percent": round(100 * equal / total, 1)}
            for field, (equal, total) in self.counts.items()
        }

    def percent(self) -> float:
        """The share of all values that are equal."""
        total = sum(count[1] for count in self.counts.values())
        return round(100 * sum(count[0] for count in self.counts.values()) / total, 2) if total else 100.0


def compare(
    before: dict[str, object],
    after: dict[str, object],
    *,
    without: Iterable[str] = (),
    name: bool = False,
    inherited: bool = False,
) -> Comparison:
    """Compare two checked documents.

    `without` are fields to leave out, `name` compares the sessions' names too. Where panes have
    `inherited` variables that the first document does not know, they do not count.
    """
    found = Comparison()
    if name:
        found.note("session", "session_name", before["session_name"], after["session_name"])
    own, other = snapshots.session(before), snapshots.session(after)
    _tables(found, "session", "session_options", own["options"], other["options"])
    _tables(found, "session", "session_environment", own["environment"], other["environment"])
    found.note("session", "removed_environment", own["removed_environment"], other["removed_environment"])
    first = {snapshots.integer(window["index"]): window for window in snapshots.windows(before)}
    second = {snapshots.integer(window["index"]): window for window in snapshots.windows(after)}
    for index in sorted(first.keys() | second.keys()):
        item = f"window {index}"
        found.note(item, "windows", index if index in first else None, index if index in second else None)
        if index in first and index in second:
            _windows(found, item, first[index], second[index])
            _panes(found, index, snapshots.panes(before, index), snapshots.panes(after, index), inherited=inherited)
    for field, of in (("active_window", _active), ("last_windows", _stack)):
        found.note("session", field, of(before), of(after))
    left_out = set(without)
    for field in left_out:
        found.counts.pop(field, None)
    found.differences = [difference for difference in found.differences if str(difference["field"]) not in left_out]
    return found


def _windows(found: Comparison, item: str, before: dict[str, object], after: dict[str, object]) -> None:
    # A name that tmux gives by what runs says nothing of its own.
    named = not (before.get("named_by_tmux") and after.get("named_by_tmux"))
    if named:
        found.note(item, "window_name", before["name"], after["name"])
    for field in _WINDOW:
        equal = _form(before[field]) == _form(after[field]) if field == "layout" else None
        found.note(item, field, before[field], after[field], equal=equal)
    _tables(found, item, "window_options", before["options"], after["options"])


def _panes(
    found: Comparison,
    index: int,
    before: list[dict[str, object]],
    after: list[dict[str, object]],
    *,
    inherited: bool,
) -> None:
    found.note(f"window {index}", "panes", len(before), len(after))
    for one, other in zip(before, after, strict=False):
        item = f"pane {index}.{one['pane_id']}"
        for field in _PANE:
            found.note(item, field, one[field], other[field])
        known = snapshots.texts(one["environment"])
        there = snapshots.texts(other["environment"])
        if inherited:
            there = {key: value for key, value in there.items() if key in known}
        _tables(found, item, "environment", known, there)
        _tables(found, item, "pane_options", one["options"], other["options"])
        found.note(item, "command", snapshots.words(one), snapshots.words(other))
        if one.get("history") is not None and other.get("history") is not None:
            same = str(other["history"]).startswith(str(one["history"]).rstrip())
            found.note(item, "history", one["history"], other["history"], equal=same)
    for field, key in (("active_pane", "active"), ("last_pane", "last")):
        places = [[number for number, pane in enumerate(panes) if pane[key]] for panes in (before, after)]
        found.note(f"window {index}", field, places[0], places[1])


def _tables(found: Comparison, item: str, field: str, before: object, after: object) -> None:
    one, other = snapshots.texts(before), snapshots.texts(after)
    for name in sorted(one.keys() | other.keys()):
        found.note(f"{item}: {name}", field, one.get(name), other.get(name))


def _form(layout: object) -> str:
    try:
        return layouts.read(str(layout)).form
    except ValueError:
        return str(layout)


def _active(document: dict[str, object]) -> list[object]:
    return [window["index"] for window in snapshots.windows(document) if window["active"]]


def _stack(document: dict[str, object]) -> list[object]:
    """The windows that were looked at before, the last one first."""
    seen = [window for window in snapshots.windows(document) if window["stack"] and not window["active"]]
    return [window["index"] for window in sorted(seen, key=lambda window: snapshots.integer(window["stack"]))]
