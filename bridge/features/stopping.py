"""Ending what runs in a pane: asked first, told then, killed at last."""

from __future__ import annotations

import time

from bridge.context import Context
from bridge.core import completion
from bridge.errors import BridgeError
from bridge.features import waiting
from bridge.model import Pane, Process
from bridge.system import process, signals
from bridge.tmux import argv

STEPS = ("interrupt", "terminate", "kill")


def foreground(pane: Pane) -> Process | None:
    """The leader of what runs in the pane's foreground, None where a shell is at its prompt.

    Raises ERR_PANE_GONE.
    """
    facts = process.look(pane.pid, pane.tty)
    if pane.dead or facts.shell is None:
        raise BridgeError(
            "ERR_PANE_GONE", f"the program of pane {pane.address} has ended", hint="bridge pane-respawn starts it again"
        )
    if completion.verdict(facts) == completion.IDLE:
        return None
    return facts.leader or facts.shell


def shell_of(pane: Pane) -> Process:
    """The pane's own process. Raises ERR_PANE_GONE."""
    found = process.read_process(pane.pid)
    if found is None:
        raise BridgeError("ERR_PANE_GONE", f"the program of pane {pane.address} has ended", pane_id=pane.address)
    return found


def stop(ctx: Context, pane: Pane, grace: float) -> str:
    """End what runs; `none` where nothing did, else the step that ended it. Raises ERR_TIMEOUT, ERR_PANE_GONE.

    `grace` are the seconds that each step gets. The shell itself is interrupted, never killed.
    """
    if foreground(pane) is None:
        return "none"
    for step in STEPS:
        leader = foreground(pane)
        if leader is None:
            break
        if step == "interrupt":
            press_interrupt(ctx, pane)
        elif leader.pid != pane.pid:
            number = signals.NUMBERS["TERM" if step == "terminate" else "KILL"]
            signals.signal_group(leader.pid, number, leader.started)
            signals.signal_group(leader.pid, signals.NUMBERS["CONT"], leader.started)
        outcome = waiting.wait_idle(ctx, pane, max(grace, 0.05))
        if outcome == "gone":
            raise BridgeError("ERR_PANE_GONE", f"pane {pane.address} ended with what ran in it", pane_id=pane.address)
        if outcome == "idle":
            return step
    raise BridgeError(
        "ERR_TIMEOUT",
        f"what runs in pane {pane.address} has not ended within {grace:g} seconds after each step",
        hint="is it a shell's own loop? bridge pane-respawn --kill starts the pane's program anew",
        pane_id=pane.address,
    )


def press_interrupt(ctx: Context, pane: Pane) -> None:
    """Type Ctrl-C into this pane alone, leaving copy-mode first."""
    rows = [f"copy-mode -q -t {pane.id}"] if pane.in_mode else []
    rows += ['set-buffer -b bridge-interrupt "\\003"', f"paste-buffer -r -d -b bridge-interrupt -t {pane.id}"]
    ctx.tmux.ask(("source-file", "-"), text=("\n".join(rows) + "\n").encode())
    time.sleep(0.005)


def send_keys(ctx: Context, pane: Pane, keys: tuple[str, ...], *, literal: bool) -> None:
    """Press keys, or type the words as text, in this pane; copy-mode is left first. Raises ERR_BUSY, ERR_PANE_GONE."""
    commands: list[tuple[str, ...]] = [("copy-mode", "-q", "-t", pane.id)] if pane.in_mode else []
    mode = ("-l",) if literal else ()
    commands += [("send-keys", *mode, "-t", pane.id, "--", key) for key in keys]
    synchronized = ctx.tmux.ask(("display-message", "-p", "-t", pane.id, "#{pane_synchronized}"))
    if synchronized.strip() == b"1":
        raise BridgeError(
            "ERR_BUSY",
            f"the panes of pane {pane.address}'s window are synchronized: every one would get the keys",
            hint=f"tmux set-option -w -t {pane.id} synchronize-panes off, or bridge pane-send-stdin",
            pane_id=pane.address,
        )
    ctx.tmux.ask(*commands)


def respawn(ctx: Context, pane: Pane, command: str, *, kill: bool) -> None:
    """Start the pane's program again, or another one; a live one only with `kill`. Raises ERR_BUSY."""
    if not pane.dead and not kill:
        raise BridgeError(
            "ERR_BUSY",
            f"the program of pane {pane.address} still runs",
            hint="give --kill to end it, or bridge pane-stop for what runs in its shell",
            pane_id=pane.address,
        )
    flags = ("-k",) if kill else ()
    words = (command,) if command else ()
    same = f"#{{==:#{{pane_pid}},{pane.pid}}}"
    clear = ("set-option", "-p", "-u", "-t", pane.id, argv.TYPED)
    answer = ctx.tmux.ask(argv.only_if(pane.id, same, ("respawn-pane", *flags, "-t", pane.id, *words), clear))
    if answer.startswith(b"REFUSED"):
        raise BridgeError("ERR_PANE_GONE", f"pane {pane.address} is another one by now", pane_id=pane.address)
