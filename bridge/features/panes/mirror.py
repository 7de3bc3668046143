"""The state file of a session, written after each change for whoever reads it."""

from __future__ import annotations

from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.panes import lookup
from bridge.model import Pane
from bridge.store import atomic, state
from bridge.system import clock


def write(ctx: Context, session: str, all_panes: list[Pane], *, new: bool = False) -> None:
    """Write the state file from what tmux says; the caller holds the session's lock. Raises ERR_STATE.

    In a `new` session nothing runs yet but the shell's own start.
    """
    current = [pane for pane in all_panes if pane.window_active]
    now = clock.epoch()
    created = clock.timestamp(all_panes[0].created)
    entries = [_entry(ctx, pane, new) for pane in current]
    aside = state.write(ctx.paths.state_file(session), session, created, entries, now)
    if aside and not ctx.script:
        ctx.note("warn", f"the old state file could not be read; it is kept as {aside}")


def follow(
    ctx: Context,
    session: str,
    all_panes: list[Pane],
    done: str,
    *,
    pane_id: str | None = None,
    fields: dict[str, object],
    new: bool = False,
) -> None:
    """Write the file after a deed is done; an ERR_STATE tells of the deed, so that nobody does it twice."""
    try:
        write(ctx, session, all_panes, new=new)
    except BridgeError as problem:
        raise _after(
            problem, f"{done}; once that is mended, bridge state-sync {session} writes it", pane_id, fields
        ) from None


def remove(ctx: Context, session: str, *, pane_id: str | None = None, fields: dict[str, object] | None = None) -> None:
    """Remove the state file of a session that has ended; an ERR_STATE tells that it has."""
    try:
        atomic.remove(ctx.paths.state_file(session))
    except BridgeError as problem:
        raise _after(
            problem, f"session {session} has ended; its file is left to be removed", pane_id, fields or {}
        ) from None


def _after(problem: BridgeError, hint: str, pane_id: str | None, fields: dict[str, object]) -> BridgeError:
    problem.hint, problem.pane_id, problem.fields = hint, pane_id, fields
    return problem


def _entry(ctx: Context, pane: Pane, new: bool) -> dict[str, object]:
    running, command = (False, pane.command) if new else lookup.activity(pane)
    return {
        "pane_id": pane.index,
        "label": pane.name,
        "command": pane.command if ctx.script else command,
        "status": "running" if running else "idle",
        "pid": pane.pid,
        "metadata": lookup.metadata(pane),
        "pane": pane.id,
    }
