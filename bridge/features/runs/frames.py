"""The end of what we gave to a shell that can't read our files, told by the marks around it: nothing else can tell."""

from __future__ import annotations

import time

from bridge.context import Context
from bridge.core.outcome import NEEDS_INPUT, TIMEOUT, Outcome
from bridge.errors import BridgeError
from bridge.features.runs import carriers, execution, launch
from bridge.features.runs.execution import Running
from bridge.model import Pane
from bridge.store import runs


def run(ctx: Context, pane: Pane, command: str, timeout: float) -> Outcome | None:
    """Run the command in the shell that is carried in front and wait for its end; None where none is at its prompt.

    The outcome is as of `Running.wait`, but what waits for input is waited for. Raises as features.runs.transfer.
    """
    if not carriers.is_in_front(ctx, pane):
        return None
    try:
        begun = launch.start(ctx, pane, command, within=timeout)
    except BridgeError as problem:
        if problem.code in ("ERR_BUSY", "ERR_UNSUPPORTED"):
            return None
        raise
    return _complete(begun, timeout)


def await_end(ctx: Context, pane: Pane, timeout: float) -> Outcome | None:
    """Wait for the end of what was given to the shell that is carried in front; None where nothing was."""
    if not carriers.is_in_front(ctx, pane):
        return None
    for record, _ in runs.unfinished(ctx.paths):
        here = (record["pane"], record["pid"]) == (pane.id, pane.pid)
        if here and record.get("inline") and record["outcome"] == "running":
            return _complete(execution.resume(ctx, pane, record), timeout)
    return None


def _complete(begun: Running, timeout: float) -> Outcome:
    end = time.monotonic() + timeout if timeout else float("inf")
    outcome = Outcome(TIMEOUT)
    try:
        while True:
            left = end - time.monotonic()
            outcome = begun.wait(max(left, 0.001) if timeout else 0.0)
            if outcome.kind != NEEDS_INPUT or left <= 0:
                return outcome
    finally:
        begun.finish(outcome)
