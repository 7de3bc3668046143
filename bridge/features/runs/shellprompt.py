"""Whether a pane's shell is ready to be given a command, and which shell it is."""

from __future__ import annotations

import time

from bridge import pause
from bridge.context import Context
from bridge.core import promptstate
from bridge.core.runscript import FOREIGN, dialect
from bridge.errors import BridgeError
from bridge.features.panes import keystrokes, typed
from bridge.model import Facts, Pane, Process
from bridge.system import foreground, process
from bridge.system.descent import can_read
from bridge.system.foreground import Prompt

_ENDED = "@bridge_ended"
_SETTLES_WITHIN = 0.04  # what is on its way through the kernel, a prompt that is being drawn
_PROMPT_WITHIN = 5.0  # how long a prompt may take after a run of ours


def await_prompt(ctx: Context, pane: Pane, most: float = 0.0, *, inline: bool = False) -> Prompt:
    """The shell that will read what is typed now; with `inline` as one that can't read our files.

    A shell that is still starting is given 5 seconds, and so is one whose prompt is not drawn yet after
    a run of ours, but no more than `most` (0: no limit); everything else is refused at once. Raises
    ERR_PANE_GONE for a dead pane, ERR_BUSY where input is off or something runs, ERR_UNSUPPORTED for a
    shell that we can't talk to.
    """
    keystrokes.check_usable(pane)
    began = time.monotonic()
    ended = None
    while True:
        looked = time.monotonic()
        facts = foreground.look(pane.pid, pane.tty)
        judged = facts.leader or facts.shell
        if facts.shell is None or judged is None:
            raise gone(pane)
        if judged.name in FOREIGN or promptstate.is_restricted(judged.argv):
            raise _foreign(pane, judged)
        verdict = promptstate.verdict(facts)
        idle = verdict == promptstate.IDLE and not (pane.typed_text and typed.is_waiting(pane, judged.pid))
        many = promptstate.own_words(judged.argv) != judged.argv
        if idle and not inline and not many and can_read(judged.pid, ctx.paths.root):
            return _prompt(looked, judged, facts)
        waited = time.monotonic() - began
        if idle or waited > _SETTLES_WITHIN:
            from bridge.features.runs import carriers  # noqa: PLC0415 - few panes have one in front

            found = carriers.find(ctx, pane, facts, forced=inline)
            if isinstance(found, Prompt):
                return found
            if ended is None:
                ended = _last_end(ctx, pane)
            if waited > min(_patience(pane, facts, ended), most or _PROMPT_WITHIN):
                raise busy(pane, found or f"{judged.name} (process {judged.pid}) runs there")
        pause.nap(0.002)


def ending(pane: Pane) -> tuple[str, ...]:
    """The tmux command that notes that a run of ours ends now, so that its shell may still be about to prompt."""
    return ("set-option", "-p", "-t", pane.id, _ENDED, str(time.monotonic()))


def _last_end(ctx: Context, pane: Pane) -> float:
    """The monotonic time of the last end of a run of ours in the pane, 0 where there was none."""
    answer = ctx.tmux.run(("display-message", "-p", "-t", pane.id, f"#{{{_ENDED}}}"))
    try:
        return float(answer.output)
    except ValueError:
        return 0.0


def _patience(pane: Pane, facts: Facts, ended: float) -> float:
    assert facts.shell is not None
    if keystrokes.is_starting(pane, facts.shell, facts.leader):
        return keystrokes.STARTING
    recent = 0 < time.monotonic() - ended < _PROMPT_WITHIN
    return _PROMPT_WITHIN if recent and typed.last_time(pane) < ended else _SETTLES_WITHIN


def _prompt(looked: float, judged: Process, facts: Facts) -> Prompt:
    shell = dialect(judged.argv[0] if judged.argv else "") or dialect(judged.name)
    if shell == "dash":  # `sh` may be any of them
        shell = dialect(process.program(judged.pid)) or shell
    return Prompt(looked, judged, shell, nested=facts.leader is not None, canonical=facts.canonical)


def _foreign(pane: Pane, judged: Process) -> BridgeError:
    kind = " (restricted)" if judged.name not in FOREIGN else ""
    return BridgeError(
        "ERR_UNSUPPORTED",
        f"pane {pane.address} runs a shell that bridge can't give commands to: {judged.name}{kind}",
        hint="bridge pane-exec types the text, or start bash, zsh, fish, dash or ksh",
        pane_id=pane.address,
    )


def busy(pane: Pane, reason: str) -> BridgeError:
    """The error for a pane that can be given nothing to run now."""
    return BridgeError(
        "ERR_BUSY",
        f"pane {pane.address} is busy: {reason}; nothing was typed",
        hint="bridge pane-wait waits for its end, bridge pane-stop ends it",
        pane_id=pane.address,
    )


def gone(pane: Pane) -> BridgeError:
    """The error for a pane that has no process any more."""
    return BridgeError(
        "ERR_PANE_GONE",
        f"the program of pane {pane.address} has ended",
        hint="bridge pane-create makes another",
        pane_id=pane.address,
    )
