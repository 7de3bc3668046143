"""How long a call takes: the tools in turns, so that a busy machine is busy for all of them alike."""

from __future__ import annotations

import contextlib
import statistics
import time
from pathlib import Path

from peers.cases import ADMITTED, judge
from peers.contestant import Contestant
from peers.ground import Ground
from run_corpus import Case

COMMANDS = {
    "echo hello": "hello\n",
    "seq 1 100": "".join(f"{number}\n" for number in range(1, 101)),
    "sleep 0.3; echo done": "done\n",
}


def measure(tools: list[Contestant], rounds: int, shell: str, cache: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Median milliseconds and bytes of an answer, and how many were right, for each command and tool."""
    spent: dict[tuple[str, str], list[tuple[float, int, bool]]] = {}
    with contextlib.ExitStack() as stack:
        grounds = [stack.enter_context(Ground(tool, shell, cache)) for tool in tools]
        for number in range(rounds + 1):
            for text, output in COMMANDS.items():
                for tool, ground in zip(tools, grounds, strict=True):
                    pane = ground.pane()
                    before, began = tool.read, time.monotonic()
                    told = judge(Case(text, text, output), tool.run(pane, text, 30))
                    took = (time.monotonic() - began) * 1000, tool.read - before, told[0] != ADMITTED and told[1]
                    if number:  # the first round warms caches
                        spent.setdefault((text, tool.name), []).append(took)
                    ground.remove(pane)
    found: dict[str, dict[str, dict[str, float]]] = {text: {} for text in COMMANDS}
    for (text, name), rows in spent.items():
        times, sizes, right = zip(*rows, strict=True)
        found[text][name] = {
            "milliseconds": round(statistics.median(times), 1),
            "bytes": statistics.median(sizes),
            "right": sum(right),
        }
    return found
