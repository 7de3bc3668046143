"""Waiting until somebody listens on a port, and whether that is what runs in the pane."""

from __future__ import annotations

import os
import select
import time

from bridge import pause
from bridge.context import Context
from bridge.core import promptstate
from bridge.errors import BridgeError
from bridge.features.waits import until_end
from bridge.model import Pane
from bridge.system import foreground, kin, process, sockets

_NAP, _LONGEST_NAP = 0.01, 0.05
_SHARE = 20  # a look takes at most so small a part of the time, however many sockets there are
_ASK_EVERY, _ASK_AT_LEAST = 0.1, 1.0


class Opening:
    """How a wait for a port ended: `listening`, `ended`, `gone` or `timeout`.

    `listeners` are the addresses on which somebody listened at the last look. `in_pane` tells whether a process
    of the pane does: None where nobody listens, or the system does not say.
    """

    __slots__ = ("in_pane", "listeners", "name")

    def __init__(self, name: str, listeners: list[str], *, in_pane: bool | None) -> None:
        self.name = name
        self.listeners = listeners
        self.in_pane = in_pane


def wait_port(ctx: Context, pane: Pane, port: int, timeout: float, *, patient: bool = False) -> Opening:
    """Wait until somebody listens on the TCP port of the loopback; a timeout of 0 waits for ever.

    `gone` once the pane's process has ended. Unless `patient`, `ended` once the shell prompts and no other process
    of the pane lives: nothing is left there that could open a port. Raises ERR_UNSUPPORTED where the system lists
    no sockets.
    """
    end = time.monotonic() + timeout if timeout else float("inf")
    descriptor = process.watch_end(pane.pid)
    poller = select.poll()
    if descriptor >= 0:
        poller.register(descriptor, select.POLLIN)
    nap, asked, ask_every = _NAP, 0.0, _ASK_EVERY
    try:
        while True:
            began = time.monotonic()
            found = _listeners(pane, port)
            now = time.monotonic()
            if found:
                return _opening("listening", pane, found)
            if pane.dead or process.has_ended(pane.pid):
                return _opening("gone", pane, _listeners(pane, port))
            if now >= end:
                return Opening("timeout", [], in_pane=None)
            if not patient and now - asked >= ask_every:
                if _is_over(ctx, pane):  # what ended may have left a server behind, a moment ago
                    found = _listeners(pane, port)
                    return _opening("listening" if found else "ended", pane, found)
                asked, ask_every = time.monotonic(), min(ask_every * 1.5, _ASK_AT_LEAST)
            nap = min(nap * 1.5, _LONGEST_NAP)
            pause.poll(poller, max(0.0, min(max(nap, _SHARE * (now - began)), end - now)) * 1000 + 0.5)
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _listeners(pane: Pane, port: int) -> dict[str, str]:
    found = sockets.listeners(port)
    if found is None:
        raise BridgeError(
            "ERR_UNSUPPORTED",
            "this system does not list who listens on its ports",
            hint="wait for what the server prints: bridge pane-wait-for --pattern",
            pane_id=pane.address,
        )
    return found


def _opening(name: str, pane: Pane, found: dict[str, str]) -> Opening:
    members = [pane.pid, *kin.Table().others(pane.pid, pane.tty)] if found else []
    in_pane = sockets.is_held(members, set(found)) if found else None
    return Opening(name, sorted(found.values()), in_pane=in_pane)


def _is_over(ctx: Context, pane: Pane) -> bool:
    """Whether the pane's shell prompts, and nothing else of the pane lives; tmux is asked only where it looks so."""
    if promptstate.verdict(foreground.look(pane.pid, pane.tty)) != promptstate.IDLE:
        return False
    return not kin.Table().others(pane.pid, pane.tty) and until_end.has_prompted(ctx, pane)
