"""Everything that speaks for an agent's state, with its source and age, and what decided."""

from __future__ import annotations

import calendar
import time

from bridge.core.agents import life
from bridge.features.agents.sight import Agent
from bridge.system import clock

_FRONT = {
    life.AGENT: "the agent is in front",
    life.CHILD: "a program that it has started is in front",
    life.SHELL: "a shell is in front",
    life.FOREIGN: "a program that is not the agent's is in front",
    life.NOBODY: "nobody is in front",
}


def of_agent(agent: Agent) -> list[dict[str, object]]:
    """The evidence, in the order of trust: objects with source, says, rule, text, age_ms, decided."""
    found: list[dict[str, object]] = []
    age = round((clock.monotonic() - agent.looked) * 1000)

    def add(source: str, says: str, *, rule: str | None = None, text: str | None = None, at: int | None = age) -> None:
        decided = source == agent.found.decided and not any(row["source"] == source for row in found)
        found.append({"source": source, "says": says, "rule": rule, "text": text, "age_ms": at, "decided": decided})

    row, facts, shown = agent.row, agent.facts, agent.shown
    since = _age_ms(str(row["since"]))
    add("record", f"{row['state']} since {row['since']}", at=since)
    if facts is None:
        if agent.found.decided != "record":
            add(agent.found.decided, agent.found.reason)
        return found
    add("server", "a tmux server runs" if facts.server else "no tmux server runs")
    if shown is None:
        add("pane", f"pane {row['pane']} with process {row['pane_pid']} is gone")
    else:
        mode = ", in copy-mode" if shown.in_mode else ""
        add("pane", f"pane {shown.id} is {'dead' if shown.dead else 'there'}{mode}, {shown.size[0]}x{shown.size[1]}")
    lives = f"lives for {facts.age:.0f} s" if facts.alive else "has ended"
    add("process", f"process {facts.pid} {lives}")
    if shown is not None and not shown.dead:
        told = f"{_FRONT[facts.front]}: {facts.front_name} (process group {facts.front_pid})"
        add("terminal", told if facts.front != life.NOBODY else _FRONT[facts.front])
        add("title", "the title that the program has set", text=shown.title)
        if shown.progress is not None:
            add("progress", f"the program has told progress {shown.progress} (OSC 9;4)")
        add("cursor", f"column {shown.cursor[0]}, row {shown.cursor[1]}")
    verdict = agent.found.verdict
    if verdict is not None:
        says = f"{verdict.state}: {verdict.reason}"
        add("screen", says, rule=verdict.rule or None)
        for seen in verdict.evidence:
            place = f"{seen['region']}, row {seen['row']}" if seen["row"] is not None else str(seen["region"])
            add("screen", place, rule=verdict.rule or None, text=str(seen["text"]))
    return found


def _age_ms(stamp: str) -> int | None:
    try:
        return max(0, round((clock.wall() - calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ"))) * 1000))
    except ValueError:
        return None
