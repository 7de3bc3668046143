"""Ending agents: what stood on the screen is kept, the program is asked, then made to end; leaves come first."""

from __future__ import annotations

import os

from bridge import pause
from bridge.context import Context
from bridge.core import promptstate
from bridge.core.agents import lineage
from bridge.errors import BridgeError
from bridge.features.agents import roll, sight
from bridge.features.panes import mirror
from bridge.store import atomic
from bridge.store.roster import Row
from bridge.system import clock, process, termination
from bridge.tmux import argv, rows

_SOON = 1.0  # seconds that a killed process has to be gone
_STARTED_WITHIN = 10.0
_STEP = 0.02


def terminate(ctx: Context, agent_id: str, grace: float, *, cascade: bool) -> tuple[list[sight.Agent], list[str]]:
    """End an agent, with `cascade` all below it before it; those that were ended, and the children that live on.

    Raises ERR_AGENT_NOT_FOUND, ERR_SELF where the call comes from one of them, ERR_STATE, ERR_LOCKED.
    """
    chosen: list[str] = []

    def claim(stored: list[Row]) -> list[Row]:
        roll.pick(stored, agent_id)
        chosen[:] = lineage.family(stored, agent_id) if cascade else [agent_id]
        own = ctx.environ.get("BRIDGE_AGENT_ID", "")
        for row in stored:
            if row["agent_id"] in chosen and (own == row["agent_id"] or (ctx.own_pane and ctx.own_pane == row["pane"])):
                raise BridgeError(
                    "ERR_SELF", f"the call comes from agent {row['agent_id']!r} itself", hint="ask its parent, or leave"
                )
        # None of them starts another one from here on.
        return [row | {"ending": True} if row["agent_id"] in chosen else row for row in stored]

    roll.roster(ctx).change(clock.epoch(), claim)
    found = []
    for name in reversed(chosen):
        row = _begun(ctx, name)
        if row is not None and (name == agent_id or not row.get("terminated")):
            found.append(_end(ctx, row, grace))
    left = [row for row in roll.rows(ctx) if row["parent_id"] == agent_id and roll.lives(row)]
    return found, [str(row["agent_id"]) for row in left]


def remove(ctx: Context, row: Row) -> None:
    """End what a start that failed has left: the pane and its process."""
    if row.get("pane"):
        _close(ctx, row)
        _await_end(row, _SOON)
        termination.send(roll.number(row["pid"]), roll.number(row["started"]), "KILL")


def _begun(ctx: Context, name: str) -> Row | None:
    """The row of an agent once its pane is there; None where its start failed meanwhile."""
    end = clock.monotonic() + _STARTED_WITHIN
    while True:
        row = next((row for row in roll.rows(ctx) if row["agent_id"] == name), None)
        if row is None or row.get("pane") or clock.monotonic() > end:
            return row
        pause.nap(_STEP)


def _end(ctx: Context, row: Row, grace: float) -> sight.Agent:
    agent = sight.look(ctx, [row])[0]
    update: Row = {}
    if agent.shown is not None or row.get("ended_at"):
        update["kept"] = _keep(ctx, row) or row.get("kept")
    if not row.get("ended_at"):
        _stop(ctx, agent, grace)
        agent = sight.look(ctx, [row])[0]
    if not row.get("adopted"):
        _close(ctx, row)
        _await_end(row, _SOON)
    if roll.lives(row | {"ending": False}):
        raise BridgeError(
            "ERR_TIMEOUT",
            f"process {row['pid']} of agent {row['agent_id']!r} does not end",
            hint=f"kill -KILL {row['pid']} tells why",
            fields=agent.known(),
        )
    now = clock.timestamp()
    update |= {"terminated": True, "ending": False, "ended_at": row.get("ended_at") or now, "state": "exited"}
    row.update(update)

    def merge(stored: list[Row]) -> list[Row]:
        same = (row["agent_id"], row["generation"])
        return [old | row if (old["agent_id"], old.get("generation")) == same else old for old in stored]

    roll.roster(ctx).change(clock.epoch(), merge)
    return sight.look(ctx, [row])[0]


def _stop(ctx: Context, agent: sight.Agent, grace: float) -> None:
    """Ask the program to end, after the grace make it; what it has started and left is asked too."""
    row, pid = agent.row, roll.number(agent.row["pid"])
    own = process.read_process(pid)
    if own is None or own.started != row["started"]:
        return
    family = [found for member in process.family(pid) if (found := process.read_process(member)) is not None]
    group = [member for member in family if member.group == own.group]
    # An interactive shell takes no notice of TERM.
    name = "HUP" if own.name in promptstate.SHELLS else "TERM"
    for sent in (name, "CONT"):
        for member in group:
            termination.send(member.pid, member.started, sent)
    if not _await_end(row, grace):
        for member in group:
            termination.send(member.pid, member.started, "KILL")
        _await_end(row, _SOON)
    for member in family:
        termination.send(member.pid, member.started, "TERM")


def _await_end(row: Row, seconds: float) -> bool:
    """Whether the agent's process has ended within so many seconds."""
    if not roll.runs(row):
        return True
    descriptor = process.watch_end(roll.number(row["pid"]))
    if descriptor < 0:
        end = clock.monotonic() + seconds
        while roll.runs(row) and clock.monotonic() < end:
            pause.nap(_STEP)
    else:
        try:
            pause.ready(descriptor, seconds)
        finally:
            os.close(descriptor)
    return not roll.runs(row)


def _keep(ctx: Context, row: Row) -> str | None:
    """The directory with the pane's last screen and all that stands above it; None where the pane is gone."""
    place = ("-t", str(row["pane"]))
    same = f"#{{==:#{{pane_pid}},{row['pane_pid']}}}"
    screen = ctx.tmux.run(argv.only_if(str(row["pane"]), same, ("capture-pane", "-p", *place)))
    whole = ctx.tmux.run(argv.only_if(str(row["pane"]), same, ("capture-pane", "-p", "-J", "-S", "-", *place)))
    if screen.status or whole.status or screen.output.startswith(b"REFUSED\n"):
        return None
    stamp = clock.timestamp().replace(":", "").replace("-", "")
    folder = f"{ctx.paths.base}/agents/{row['agent_id']}/{stamp}"
    atomic.write(f"{folder}/screen.txt", screen.output.rstrip() + b"\n", synced=False)
    atomic.write(f"{folder}/transcript.txt", whole.output.rstrip() + b"\n", synced=False)
    return folder


def _close(ctx: Context, row: Row) -> None:
    """End the pane of an agent that we have started, and the state file of a session that ends with it."""
    pane, session = str(row["pane"]), str(row["session"])
    same = f"#{{&&:#{{==:#{{pane_id}},{pane}}},#{{==:#{{pane_pid}},{row['pane_pid']}}}}}"
    name = ctx.tmux.run(("display-message", "-p", "-t", pane, "#{session_name}"))
    if not name.status and name.output.strip():
        session = name.output.decode("utf-8", "replace").rstrip("\n")
    with ctx.lock(session):
        rest = []
        try:
            ctx.tmux.run(argv.only_if(pane, same, ("kill-pane", "-t", pane)))
            answer = ctx.tmux.run(argv.list_panes(session))
            if not answer.status:
                rest = [found for found in rows.panes(answer.output) if found.session == session]
        except BridgeError as problem:
            if problem.code != "ERR_SERVER_GONE":  # a server ends with its last session
                raise
        if rest:
            mirror.write(ctx, session, rest)
        else:
            mirror.remove(ctx, session)
