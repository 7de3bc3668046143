"""What is kept of a session before clean-up ends it."""

from __future__ import annotations

import sys

from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features import panes
from bridge.features.gathering import Target
from bridge.store.collection import Collection
from bridge.system import clock

_HISTORY = 2000


def save_before(ctx: Context, files: Collection, target: Target) -> str:
    """Save the session; returns the path of what was saved. Raises where it could not be, and it must then live on."""
    name = "bridge.features.saving"
    try:
        __import__(name)
    except ImportError:
        return _keep_text(ctx, files, target)
    return str(sys.modules[name].save(ctx, target.session, scrollback=True).path)


def _keep_text(ctx: Context, files: Collection, target: Target) -> str:
    """What the panes showed, in a file of our own."""
    now = clock.epoch()
    shown = []
    for pane in target.panes:
        answer = ctx.tmux.run(
            ("display-message", "-p", "-t", pane.id, "#{pane_current_path}"),
            ("capture-pane", "-p", "-J", "-S", f"-{_HISTORY}", "-t", pane.id),
        )
        if answer.status:
            raise BridgeError("ERR_TMUX_FAILED", f"pane {pane.id} could not be saved: {answer.error}")
        path, _, text = answer.output.decode("utf-8", "replace").partition("\n")
        shown.append(
            {
                "pane_id": pane.index,
                "window": pane.window_index,
                "label": pane.name,
                "working_dir": path,
                "command": pane.command,
                "metadata": panes.metadata(pane),
                "text": text.rstrip("\n"),
            }
        )
    document: dict[str, object] = {
        "version": 1,
        "session_name": target.session,
        "session_id": target.session_id,
        "saved_at": clock.timestamp(now),
        "panes": shown,
    }
    return files.keep_text(target.session, now, document)
