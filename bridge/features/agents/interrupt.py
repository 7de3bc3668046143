"""Ending an agent's turn, as a person does: by its profile's key, and only where there is one."""

from __future__ import annotations

from bridge import pause
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.agents import sight, until_state
from bridge.features.panes import control, lookup
from bridge.store import agents
from bridge.system import clock

_STEP = 0.05
# Escape would answer a menu, and what is in front may not be the agent.
_WHERE = ("working", "rate-limited")


def interrupt(ctx: Context, agent_id: str, timeout: float) -> sight.Agent:
    """Press the keys that end a turn, and see the agent leave it.

    Raises ERR_AGENT_NOT_FOUND, ERR_AGENT_ENDED, ERR_AGENT_STATE where there is no turn to end (nothing is pressed
    then), ERR_TIMEOUT where it works on, and as features.panes.control.press.
    """
    agent = sight.find(ctx, agent_id)
    if agent.state == "exited":
        raise until_state.ended(agent)
    if agent.state not in _WHERE or agent.shown is None:
        raise BridgeError(
            "ERR_AGENT_STATE",
            f"agent {agent_id!r} is {agent.state}: there is no turn to interrupt; nothing was pressed",
            hint=f"bridge agent-explain {agent_id} tells why",
            fields=agent.known(),
        )
    keys = agents.load(ctx.environ, str(agent.row["profile"])).words("interrupt", "keys") or ("Escape",)
    try:
        pane = lookup.find(ctx, agent.shown.session_id, agent.shown.id)[1]
        if pane.pid != agent.row["pane_pid"]:
            raise until_state.ended(sight.find(ctx, agent_id))
        control.press(ctx, pane, keys, literal=False)
    except BridgeError as problem:
        if problem.code in ("ERR_SESSION_NOT_FOUND", "ERR_PANE_NOT_FOUND", "ERR_PANE_GONE"):
            raise until_state.ended(sight.find(ctx, agent_id)) from None
        raise
    end = clock.monotonic() + timeout
    while True:
        agent = sight.look(ctx, [agent.row])[0]
        if agent.state not in _WHERE:
            return agent
        if clock.monotonic() > end:
            raise BridgeError(
                "ERR_TIMEOUT",
                f"agent {agent_id!r} works on, {timeout:g} s after {' '.join(keys)} was pressed",
                hint=f"bridge agent-terminate {agent_id} ends it",
                fields=agent.known(),
                retryable=False,
            )
        pause.nap(_STEP)
