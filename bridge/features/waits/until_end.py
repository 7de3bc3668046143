"""Waiting for the end of what runs in a pane: asleep until a process ends, never in a loop over tmux."""

from __future__ import annotations

import os
import select
import time

from bridge import pause
from bridge.context import Context
from bridge.core import promptstate
from bridge.errors import BridgeError
from bridge.features.panes import lookup, typed
from bridge.model import Facts, Pane
from bridge.system import foreground, process

_LEADER_NAP = 0.1  # a stopped job gives the terminal back without ending
_SHORT, _LONG = 0.001, 0.02
_SHORT_NAPS = 12  # after a change: a shell prompts some milliseconds after what it ran has ended
_UNKNOWN_FOR = 1.0
_LOOK_AFTER = 0.2


def wait_idle(ctx: Context, pane: Pane, timeout: float, *, patient: bool = True) -> str:
    """Wait until the pane is at its prompt: `idle`, `timeout` or `gone`. A timeout of 0 waits for ever.

    Unless `patient`, `needs-input` once what runs has waited for a person for two seconds. Typed text that the
    shell has not read yet counts as running, so a wait begun right after typing is not early. Raises
    ERR_UNSUPPORTED where the system does not tell.
    """
    began = time.monotonic()
    end = began + timeout if timeout else float("inf")
    nap, naps, leader, unknown_since = _SHORT, 0, -1, 0.0
    silence = None
    shell_end = process.watch_end(pane.pid)
    try:
        while True:
            facts = foreground.look(pane.pid, pane.tty)
            verdict = promptstate.GONE if pane.dead else promptstate.verdict(facts)
            if verdict == promptstate.GONE:
                return "gone"
            if verdict == promptstate.IDLE:
                settled = _confirm(ctx, pane, facts)
                if settled:
                    return settled
                verdict = promptstate.RUNNING
            unknown_since = (unknown_since or time.monotonic()) if verdict == promptstate.UNKNOWN else 0.0
            if unknown_since and time.monotonic() - unknown_since > _UNKNOWN_FOR:
                raise BridgeError(
                    "ERR_UNSUPPORTED",
                    f"this system does not tell whether pane {pane.address} is at its prompt",
                    hint="run the command in bash, zsh or fish",
                    pane_id=pane.address,
                )
            left = end - time.monotonic()
            if left <= 0:
                return "timeout"
            if not patient and time.monotonic() - began >= _LOOK_AFTER:
                if silence is None:
                    from bridge.system.silence import Silence  # noqa: PLC0415 - what ends soon needs none

                    silence = Silence(pane, listening=True)
                if silence.look():
                    return "needs-input"
            if facts.foreground != leader:
                nap, naps, leader = _SHORT, 0, facts.foreground
            sleeper = facts.leader.pid if facts.leader else 0
            _sleep(shell_end, sleeper, min(left, _LEADER_NAP if sleeper else nap))
            naps += 1
            nap = min(nap * 1.5, _LONG) if naps > _SHORT_NAPS else _SHORT
    finally:
        if shell_end >= 0:
            os.close(shell_end)


def has_prompted(ctx: Context, pane: Pane) -> bool:
    """Whether the pane's shell is at its prompt, having read all that was typed; asks tmux only where it looks so."""
    facts = foreground.look(pane.pid, pane.tty)
    return promptstate.verdict(facts) == promptstate.IDLE and _confirm(ctx, pane, facts) == "idle"


def _confirm(ctx: Context, pane: Pane, facts: Facts) -> str:
    """`idle` if the pane stayed asleep at its prompt over a round trip to tmux, `gone`, else empty.

    tmux writes what it still holds for a pane before it answers the next call; what is then still on
    its way inside the kernel is what `typed.is_waiting` looks for (1 of 900 waits was early without).
    """
    judged = facts.leader or facts.shell or process.read_process(pane.pid)
    if judged is None:
        return "gone"
    if typed.is_waiting(pane, judged.pid):
        return ""
    switches = process.count_switches(judged.pid)
    try:
        _, now = lookup.find(ctx, pane.session_id, pane.id)
    except BridgeError as problem:
        if problem.code in ("ERR_SESSION_NOT_FOUND", "ERR_PANE_NOT_FOUND", "ERR_SERVER_GONE"):
            return "gone"
        raise
    if now.pid != pane.pid or now.dead:
        return "gone"
    again = foreground.look(pane.pid, pane.tty)
    same = again.foreground == facts.foreground and process.count_switches(judged.pid) == switches
    return "idle" if same and promptstate.verdict(again) == promptstate.IDLE else ""


def _sleep(shell_end: int, leader: int, seconds: float) -> None:
    """Sleep until the pane's process or the foreground leader ends, at most so long."""
    leader_end = process.watch_end(leader) if leader else -1
    poller = select.poll()
    for descriptor in (shell_end, leader_end):
        if descriptor >= 0:
            poller.register(descriptor, select.POLLIN)
    if leader and leader_end < 0:  # it has just ended, or this system has no pidfd
        seconds = min(seconds, _LONG)
    try:
        pause.poll(poller, max(seconds * 1000, 0.5))
    finally:
        if leader_end >= 0:
            os.close(leader_end)
