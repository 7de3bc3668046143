"""What ten typical tasks cost an agent: calls, bytes to read, seconds; by the bash script, the CLI, `batch` and MCP.

The script's way is a sensible agent's: it never sleeps longer than it must and never reads more than a screen.
It types the command with `; echo EXIT1:$?`, waits for that line by pane-watch-timeout (which looks once a
second and prints the lines alone), and captures the screen only where the answer is not in those lines. REPLs
have no such line: it waits half a second and captures. Where LEGACY_SCRIPT names the script that one is called;
else plain tmux commands answer in its form, with the same poll interval and without its own start-up, so the
seconds of the script's way are too low.

bridge's ways ask for the fields that they need (`--fields`, `"fields"` of a batch); `cli whole` is the same with
whole envelopes. For MCP the larger of text and structure counts, since a client shows its model one of them.
Calls that one decision leads to are one turn; calls of one turn can be chained in one shell line. Sessions and
panes are made before, since that costs the same in all ways. A way that answers wrongly has failed, and so has
the benchmark; it also fails where calls are more than half or bytes more than a third of the script's in total.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from agent_tasks import TASKS, Task
from agent_ways import Batch, Cli, Mcp, Ours, Place, Plain, Script, Way

WAYS = (Script, Cli, Batch, Mcp, Plain)


class Cost:
    """What a way has cost for one task, or in all."""

    def __init__(self, calls: int = 0, turns: int = 0, read: int = 0, seconds: float = 0.0) -> None:
        self.calls = calls
        self.turns = turns
        self.read = read
        self.seconds = seconds

    def add(self, other: Cost) -> None:
        self.calls += other.calls
        self.turns += other.turns
        self.read += other.read
        self.seconds += other.seconds


def measure(kind: type[Task], way_kind: type[Way], built: Path) -> tuple[Cost, Way, object]:
    """Do a task in one way, in a place of its own; the cost, and what is wrong with the answer."""
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as name:
        place = Place(Path(name), built)
        task = kind()
        task.prepare(place.work)
        try:
            place.session(task.panes)
            way = way_kind(place)
            try:
                began = time.monotonic()
                try:
                    found = task.by_script(way) if isinstance(way, Script) else task.by_bridge(way)
                except (KeyError, StopIteration, IndexError) as problem:
                    found = (f"{type(problem).__name__} {problem}",)
                seconds = time.monotonic() - began
            finally:
                way.close()
        finally:
            place.close()
    return Cost(way.calls, way.turns, way.read, seconds), way, None if found == task.wanted else found


def main(built: str) -> int:
    """Print the table; 1 where an answer is wrong or the aim is missed."""
    totals = {way: Cost() for way in WAYS}
    wrong, text, structure, schemas = [], 0, 0, 0
    heads = "".join(f"{way.name:>24}" for way in WAYS)
    print(f"{'calls/turns, bytes, seconds':48}{heads}")
    for task in TASKS:
        row = f"{task.name:48}"
        for kind in WAYS:
            cost, way, found = measure(task, kind, Path(built).resolve())
            totals[kind].add(cost)
            row += cell(cost)
            if found is not None:
                wrong.append(f"{kind.name}: {task.name}: {found!r}, not {task.wanted!r}")
            if isinstance(way, Mcp):
                text, structure, schemas = text + way.text, structure + way.structure, way.schemas
        print(row, flush=True)
    print(f"{'total':48}" + "".join(cell(cost) for cost in totals.values()))
    base = totals[Script]
    missed = []
    for kind, cost in totals.items():
        if not issubclass(kind, Ours):
            continue
        calls, read = cost.calls / base.calls, cost.read / base.read
        met = calls <= 1 / 2 and read <= 1 / 3
        aim = "aim met" if met else "aim missed"
        print(
            f"{kind.name:10} {calls:4.0%} of the calls, {cost.turns / base.turns:4.0%} of the turns, "
            f"{read:4.0%} of the bytes, {cost.seconds / base.seconds:4.0%} of the time: {aim}"
        )
        if not met and kind is not Plain:
            missed.append(kind.name)
    print(f"mcp: {text} bytes as text, {structure} as structure; the tools are told once, in {schemas} bytes")
    for problem in wrong:
        print(f"WRONG  {problem}")
    return 1 if wrong or missed else 0


def cell(cost: Cost) -> str:
    return f"{cost.calls:>5}/{cost.turns:<3}{cost.read:>8}{cost.seconds:>7.1f}s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "dist/bridge.pyz"))
