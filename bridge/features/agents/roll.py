"""The rows of agents: those that are stored, those that live, and those whose start was cut off."""

from __future__ import annotations

from bridge.context import Context
from bridge.errors import BridgeError
from bridge.store.roster import Roster, Row
from bridge.system import clock, ids, process
from bridge.tmux import screens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE = 0.5  # seconds that a look waits to note what it has seen


def roster(ctx: Context) -> Roster:
    """The store of this server's agents."""
    return Roster(ctx.paths.base, ctx.config.lock_timeout)


def rows(ctx: Context) -> list[Row]:
    """The rows of all agents, also of those that have ended. Raises ERR_STATE.

    Of a start that was cut off the agents are found again by their panes; where there is no pane, there is no agent.
    """
    store = roster(ctx)
    found = store.load(clock.epoch())
    if store.aside:
        ctx.note("warn", f"the list of agents could not be read; it is kept as {store.aside}")
    cut = [row for row in found if is_cut_off(row)]
    if cut:
        again = _found_again(ctx, cut)
        found = [again.get(str(row["agent_id"]), row) for row in found]
    return [row for row in found if not is_cut_off(row)]


def placed(row: Row, session: str, pane: str, pid: int) -> Row:
    """The row once its program has a pane: the pane's process is the program."""
    found = process.read_process(pid)
    begun = found.started if found is not None else 0
    known: Row = {"session": session, "pane": pane, "pane_pid": pid, "pane_started": begun, "pid": pid}
    known |= {"started": begun, "generation": f"{pane}-{pid}-{begun}"}
    return {name: value for name, value in row.items() if name != "starter"} | known


def _found_again(ctx: Context, cut: list[Row]) -> dict[str, Row]:
    """The rows of those whose pane is there, by their ids; they are stored."""
    shown = screens.look(ctx.tmux, [], ids.nonce()) or {}
    panes = {pane.agent: pane for pane in shown.values() if pane.agent}
    found = {
        name: placed(row, panes[name].session, panes[name].id, panes[name].pid)
        for row in cut
        if (name := str(row["agent_id"])) in panes
    }
    if found:
        note(ctx, lambda stored: [found.get(str(row["agent_id"]), row) if is_cut_off(row) else row for row in stored])
    return found


def is_cut_off(row: Row) -> bool:
    """Whether the agent was being started by a process that is gone."""
    starter = row.get("starter")
    return isinstance(starter, str) and process.started(int(starter.partition("-")[0])) != starter


def lives(row: Row) -> bool:
    """Whether the agent lives, or is just being started: by its process alone."""
    if row.get("ended_at") or row.get("ending"):
        return False
    if not row.get("pane"):
        return not is_cut_off(row)
    return runs(row)


def runs(row: Row) -> bool:
    """Whether the agent's process is there, and still the one that was started."""
    found = process.read_process(number(row["pid"]))
    return found is not None and found.started == row["started"] and found.state not in "ZX"


def pick(known: list[Row], agent_id: str) -> Row:
    """The row of an agent. Raises ERR_AGENT_NOT_FOUND."""
    for row in known:
        if row["agent_id"] == agent_id:
            return row
    from bridge.core import suggestions  # noqa: PLC0415 - only for a mistake

    close = suggestions.options(agent_id, [str(row["agent_id"]) for row in known])
    hint = f"did you mean {' or '.join(close)}?" if close else "bridge agent-list shows the agents"
    raise BridgeError("ERR_AGENT_NOT_FOUND", f"no agent has the id {agent_id!r}", hint=hint)


def note(ctx: Context, work: Callable[[list[Row]], list[Row]]) -> None:
    """Change the rows by what was seen; where somebody else changes them now, the next look does. Raises ERR_STATE."""
    store = Roster(ctx.paths.base, min(ctx.config.lock_timeout, _PATIENCE))
    try:
        store.change(clock.epoch(), work)
    except BridgeError as problem:
        if problem.code != "ERR_LOCKED":  # somebody else changes the list: the next look notes it
            raise


def number(value: object) -> int:
    """A number of a row, -1 where it is none."""
    return value if isinstance(value, int) else -1
