"""Working in a pane by hand."""

from __future__ import annotations

from bridge.commands.words import NO_PANE, PANE, PANE_FIELD, SESSION
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.panes import control, lookup
from bridge.spec import Command, Field, Result


def _interact(ctx: Context, params: dict[str, object]) -> Result:
    survey, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    if ctx.own_pane in [other.id for other in survey.panes if other.window_id == pane.window_id]:
        raise BridgeError(
            "ERR_SELF",
            f"pane {pane.address} is in the window that you are in",
            hint=f"tmux select-pane -t {pane.id} goes there",
            pane_id=pane.address,
        )
    control.check_input(pane)
    from bridge.features.screens import interact  # noqa: PLC0415 - it needs a terminal's modules

    ctx.note("info", "Ctrl-], or Ctrl-D on an empty line, leaves the pane")
    reason = interact.interact(ctx, pane)
    text = "Detached" if reason == interact.DETACHED else "Pane ended"
    return Result(text, pane_id=pane.address, fields={"pane": pane.id, "reason": reason})


COMMANDS = (
    Command(
        name="pane-interact",
        summary="Work in a pane in the caller's terminal; Ctrl-], or Ctrl-D on an empty line, leaves it.",
        run=_interact,
        effect="write",
        target="pane",
        output="a sentence with the reason, after the screen",
        args=(SESSION, PANE),
        returns=(PANE_FIELD, Field("reason", "string", "detached, or ended: the pane has gone")),
        errors=(*NO_PANE, "ERR_NO_TERMINAL", "ERR_SELF", "ERR_BUSY", "ERR_PANE_GONE", "ERR_STATE"),
        examples=("bridge pane-interact dev 0",),
        waits=True,
        script=False,
    ),
)
