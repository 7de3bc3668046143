"""Ending what runs in a pane by Ctrl-C, then TERM, then KILL, with a wait after each."""

from __future__ import annotations

import time

from bridge import errors
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.panes import control, lookup
from bridge.features.waits import until_end
from bridge.model import Pane
from bridge.system import foreground, ids
from bridge.tmux import argv, versions
from bridge.tmux.client import refused

_LATE_PROMPT = 2.0
_LAST_WAIT = 5.0  # after KILL nothing can hold a program but the kernel


def by_steps(ctx: Context, pane: Pane, grace: float) -> tuple[str, int]:
    """End what runs in the pane; the step that ended it and the milliseconds waited.

    The steps are C-c (`interrupt`), TERM (`terminate`) and KILL (`kill`), each with `grace` seconds;
    `none` where the pane was at its prompt. Raises ERR_PANE_GONE where the pane ends with what ran
    in it, ERR_TIMEOUT where the pane is still not at its prompt after the last step.
    """
    control.check_alive(pane)
    if lookup.is_running(pane) is False:
        return "none", 0
    began = time.monotonic()
    tried = "none"
    for step, value in (("interrupt", 0), ("terminate", 15), ("kill", 9)):
        facts = foreground.look(pane.pid, pane.tty)
        if value and control.is_shell(facts):
            # What was asked to leave has just left and its shell has yet to prompt; or it is a loop of the shell's own
            # that ignores C-c, where a signal would end the shell.
            if until_end.wait_idle(ctx, pane, _LATE_PROMPT) == "idle":
                return tried, round((time.monotonic() - began) * 1000)
            break
        if step == "interrupt":
            if pane.input_off:
                continue
            _press_interrupt(ctx, pane)
        else:
            try:
                control.signal_foreground(pane, value, shell=False)
            except BridgeError as problem:
                if problem.code != "ERR_IDLE":  # it has ended on its own between two looks
                    raise
        tried = step
        outcome = until_end.wait_idle(ctx, pane, _LAST_WAIT if step == "kill" else max(grace, 0.001))
        waited = round((time.monotonic() - began) * 1000)
        if outcome == "idle":
            return step, waited
        if outcome == "gone":
            raise errors.pane_gone(pane.address, {"pane": pane.id, "ended_by": step, "waited_ms": waited})
    raise BridgeError(
        "ERR_TIMEOUT",
        f"pane {pane.address} is not at its prompt after {tried}",
        hint="the shell itself may be busy: bridge pane-signal SESSION PANE KILL --shell ends it",
        pane_id=pane.address,
        fields={"pane": pane.id, "ended_by": "none", "waited_ms": round((time.monotonic() - began) * 1000)},
    )


def _press_interrupt(ctx: Context, pane: Pane) -> None:
    # In a synchronized window send-keys reaches every pane, a paste only this one.
    name = f"bridge-{ids.nonce()}"
    leave = [("copy-mode", "-q", "-t", pane.id)] if pane.in_mode else []
    filled = ("set-buffer", "-b", name, "\x03")
    paste = argv.witnessed(*leave, filled, versions.paste(pane.tmux, pane.id, name, "-d"))
    keys = argv.witnessed(*leave, ("send-keys", "-t", pane.id, "C-c"))
    answer = ctx.tmux.run(("if-shell", "-F", "-t", pane.id, "#{pane_synchronized}", paste, keys))
    if answer.status:
        raise refused(answer, pane.address)
