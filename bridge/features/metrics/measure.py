"""What panes use, measured by two looks at all processes."""

from __future__ import annotations

from bridge import pause
from bridge.core import usage
from bridge.system import processes
from bridge.system.memory import Memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.usage import Entry
    from bridge.model import Pane

Look = dict[int, "list[Entry]"]


def look(panes: list[Pane], memory: Memory | None = None) -> Look:
    """The processes of all these panes by one pass; a pane whose process has ended has no entry.

    Who looks again and again gives the `memory` that remembers what it has read.
    """
    found = usage.members(processes.scan(), _roots(panes))
    (memory or Memory()).share_out(found.values())
    return found


def measure(panes: list[Pane], interval: float) -> dict[str, tuple[dict[str, object], list[dict[str, object]]]]:
    """Figures and largest processes of each pane by its `%id`, after waiting for the interval.

    With an interval of 0 the CPU's share is that of the processes' whole life. A pane whose process has
    ended has no entry.
    """
    if interval <= 0:
        return figures(panes, {}, look(panes))
    entries, roots = processes.scan(), _roots(panes)
    before = usage.members(entries, roots)
    for members in before.values():
        for entry in members:
            del entries[entry.pid]
    pause.nap(interval)
    after = usage.members(processes.scan(entries), roots)
    Memory().share_out(after.values())
    return figures(panes, before, after)


def _roots(panes: list[Pane]) -> dict[int, int]:
    return {pane.pid: processes.terminal_number(pane.tty) for pane in panes if not pane.dead}


def figures(
    panes: list[Pane], before: Look, after: Look
) -> dict[str, tuple[dict[str, object], list[dict[str, object]]]]:
    """What two looks tell of each pane, by its `%id`."""
    machine = processes.memory_of_machine()
    found = {}
    for pane in panes:
        now = after.get(pane.pid)
        if now is not None:
            then = before.get(pane.pid)
            found[pane.id] = (usage.metrics(then, now, processes.io_bytes(now), machine), usage.top(then, now))
    return found


def key(pane: Pane, root: Entry) -> str:
    """What tells a pane's process from any other, whatever session the pane is moved to."""
    return f"{pane.id} {root.pid} {root.started}"
