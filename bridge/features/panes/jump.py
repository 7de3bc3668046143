"""Going to a pane: inside tmux the terminal's client is switched, elsewhere tmux is attached to it."""

from __future__ import annotations

from bridge.core.topview import Seen
from bridge.errors import BridgeError
from bridge.tmux import attachment
from bridge.tmux.client import Answer, refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.context import Context


def is_inside(ctx: Context) -> bool:
    """Whether our terminal is a pane of the same tmux server, so that its client can be switched."""
    return bool(ctx.own_pane)


def switch(ctx: Context, pane: Seen) -> None:
    """Show the pane in the terminal that shows ours. Raises ERR_NO_TERMINAL where none does, ERR_PANE_GONE."""
    clients = attachment.clients_of(ctx.tmux, ctx.own_pane)
    if not clients:
        raise BridgeError(
            "ERR_NO_TERMINAL", "no terminal shows the pane that this view is in", hint="attach to it: tmux attach"
        )
    _check(attachment.switch(ctx.tmux, clients[0], pane.target), pane)


def attach(ctx: Context, pane: Seen) -> None:
    """Give our terminal to tmux until the person detaches. Raises ERR_PANE_GONE, ERR_TMUX_FAILED."""
    _check(attachment.attach(ctx.tmux, pane.target), pane)


def _check(answer: Answer, pane: Seen) -> None:
    if answer.status:
        raise refused(answer, pane.place)
