"""Waiting until an agent is in a state."""

from __future__ import annotations

from bridge import pause
from bridge.context import Context
from bridge.core.agents import life
from bridge.errors import BridgeError, usage
from bridge.features.agents import sight
from bridge.store.roster import Row
from bridge.system import clock

# An agent in one of these has drawn itself.
PAST_START = tuple(state for state in life.STATES if state not in ("starting", "unknown", "exited"))
_NAPS = (0.02, 0.2)  # seconds between two looks: first, and at last


def states(text: str) -> tuple[str, ...]:
    """The states that a list with commas names. Raises ERR_USAGE."""
    found = tuple(word.strip() for word in text.split(",") if word.strip())
    wrong = [word for word in found if word not in life.STATES]
    if wrong or not found:
        raise usage(f"state: no state: {(wrong or [text])[0]!r}", hint="one or some of " + ", ".join(life.STATES))
    return found


def wait(ctx: Context, row: Row, wanted: tuple[str, ...], timeout: float) -> sight.Agent:
    """The agent once it is in one of these states; a timeout of 0 waits for ever.

    Raises ERR_TIMEOUT with the state that it is in, ERR_AGENT_ENDED where it ended and that was not waited for.
    """
    end = clock.monotonic() + timeout if timeout else float("inf")
    nap = _NAPS[0]
    while True:
        agent = sight.look(ctx, [row])[0]
        if agent.state in wanted:
            return agent
        if agent.state == "exited":
            raise ended(agent)
        left = end - clock.monotonic()
        if left <= 0:
            raise BridgeError(
                "ERR_TIMEOUT",
                f"agent {agent.id!r} was not {' or '.join(wanted)} within {timeout:g} s: it is {agent.state}",
                hint=f"bridge agent-explain {agent.id} tells why",
                fields=agent.known(),
            )
        pause.nap(min(nap, left))
        nap = min(nap * 1.3, _NAPS[1])


def ended(agent: sight.Agent) -> BridgeError:
    """The agent has ended."""
    return BridgeError(
        "ERR_AGENT_ENDED",
        f"agent {agent.id!r} has ended: {agent.found.reason}",
        hint=f"bridge agent-explain {agent.id} tells how; agent-terminate {agent.id} removes what is left",
        fields=agent.known(),
    )
