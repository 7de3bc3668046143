"""What a new agent is given to read first, where its program does not take it as a word."""

from __future__ import annotations

from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.agents import until_state
from bridge.features.panes import delivery, lookup
from bridge.store.roster import Row

_LONGEST = 8000  # bytes: tmux takes 16,000 of all words together
_WITHIN = 30.0


def check(text: str) -> str:
    """The text as it is given. Raises ERR_TOO_LARGE, ERR_CONTROL_CHARACTERS."""
    text = text.strip()
    if len(text.encode("utf-8", "surrogateescape")) > _LONGEST:
        raise BridgeError(
            "ERR_TOO_LARGE",
            f"the context has over {_LONGEST} bytes",
            hint="put it in a file of the agent's directory, and name that file in the context",
        )
    if any((char < " " and char not in "\n\t") or char == "\x7f" for char in text):
        raise BridgeError("ERR_CONTROL_CHARACTERS", "the context holds control characters", hint="give it as text")
    return text


def give(ctx: Context, row: Row, text: str, timeout: float) -> None:
    """Type the text into an agent's empty box once it is idle, and press Enter.

    Raises ERR_TIMEOUT, ERR_AGENT_ENDED, and ERR_AGENT_STATE where the box was not empty, or did not take the text.
    """
    agent = until_state.wait(ctx, row, ("idle",), timeout or _WITHIN)
    box = agent.found.verdict.composer() if agent.found.verdict is not None else None
    if box is None or box["kind"] not in ("empty", "ghost"):
        raise _refused(row, "its box is not empty")
    data = text.encode("utf-8", "surrogateescape")
    try:
        pane = lookup.find(ctx, str(row["session"]), str(row["pane"]))[1]
        reader = delivery.Reader(pane)
        delivery.paste(ctx, pane, data, raw=False)
        taken = delivery.enter(ctx, pane, data, reader)
    except BridgeError as problem:
        if problem.code in ("ERR_SESSION_NOT_FOUND", "ERR_PANE_NOT_FOUND", "ERR_PANE_GONE", "ERR_BUSY"):
            raise _refused(row, problem.message) from None
        raise
    if taken is not True:
        raise _refused(row, "its box did not take it")


def _refused(row: Row, why: str) -> BridgeError:
    return BridgeError(
        "ERR_AGENT_STATE",
        f"agent {row['agent_id']!r} could not be given its context: {why}",
        hint="start it without --context, and see what stands in its way",
    )
