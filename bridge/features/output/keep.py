"""A byte log that goes on without a reader because somebody asked for it: `pane-log on`."""

from __future__ import annotations

from bridge.context import Context
from bridge.core.cursors import Cursor
from bridge.features.output import bytelog, logfiles, read
from bridge.features.panes import lookup

_NAME = "log"


class State:
    """Whether a pane's byte log is kept, where its file is, and the cursor of its end."""

    __slots__ = ("address", "cursor", "enabled", "pane_id", "path", "size")

    def __init__(self, pane_id: str, address: str, enabled: bool) -> None:
        self.pane_id = pane_id
        self.address = address
        self.enabled = enabled
        self.path: str | None = None
        self.cursor: str | None = None
        self.size = 0


def switch(ctx: Context, session: str, argument: str, action: str) -> State:
    """Turn the log of a pane `on` or `off`, or only look (`status`).

    Raises ERR_UNSUPPORTED where the pane's pipe is somebody else's, ERR_PANE_GONE for a dead pane.
    """
    _, pane = lookup.find(ctx, session, argument)
    base = logfiles.base(ctx, pane.id, pane.pid)
    if action == "on":
        log = read.open_log(ctx, pane)
        bytelog.keep(ctx, pane, _NAME)
        log.close()
    elif action == "off" and _NAME in logfiles.keeps(base):
        bytelog.release(ctx, pane, _NAME)
    state = State(pane.id, pane.address, _NAME in logfiles.keeps(base))
    generation = logfiles.writer(base)[1]
    if generation:
        state.path = f"{base}.log"
        state.size = logfiles.size(base)
        state.cursor = str(Cursor(pane.id, pane.pid, generation, state.size))
    return state
