"""Who agents are and whom they come from: roles, ids as the documents form them, depth, children."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, object]
SPECIALIST = "specialist"
_SHORT = {"executive": "exec", "manager": "mgr", SPECIALIST: "spec"}
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
ROLE = re.compile(r"[a-z][a-z0-9-]{0,23}")
_NUMBERED = re.compile(r"[a-z][a-z0-9-]*((?:_\d+)+)")


def next_ids(role: str, parent: str | None, taken: Iterable[str], count: int) -> list[str]:
    """The next `count` ids of a role below a parent: `exec_1`, `mgr_1_2`, `spec_1_2_3`. None was ever in `taken`."""
    above = ""
    if parent:
        numbered = _NUMBERED.fullmatch(parent)
        above = numbered[1] if numbered else f"_{parent}"
    stem = f"{_SHORT.get(role, role)}{above}_"
    rest = [name[len(stem) :] for name in taken if name.startswith(stem)]
    highest = max((int(text) for text in rest if text.isascii() and text.isdigit()), default=0)
    return [f"{stem}{highest + number}" for number in range(1, count + 1)]


def family(rows: list[Row], agent_id: str) -> list[str]:
    """The agent and all that descend from it, parents first."""
    found = [agent_id]
    for name in found:
        found += [str(row["agent_id"]) for row in rows if row["parent_id"] == name and row["agent_id"] not in found]
    return found


def tree(rows: list[Row]) -> list[tuple[int, Row]]:
    """The rows, each below its parent, with how far it is indented; one whose parent is not there stands alone."""
    known = {row["agent_id"] for row in rows}
    below: dict[object, list[Row]] = {}
    for row in rows:
        below.setdefault(row["parent_id"] if row["parent_id"] in known else None, []).append(row)
    found: list[tuple[int, Row]] = []
    waiting = [(0, row) for row in reversed(below.get(None, []))]
    while waiting:
        level, row = waiting.pop()
        found.append((level, row))
        waiting += [(level + 1, child) for child in reversed(below.get(row["agent_id"], []))]
    return found
