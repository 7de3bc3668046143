"""Text to a program, byte for byte, with Enter as a step of its own that is seen to be taken."""

from __future__ import annotations

import time

from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features import typing
from bridge.model import Pane, Process
from bridge.system import ids, process
from bridge.tmux import argv

_TAKEN_WITHIN = 2.0
_SWALLOWED_FOR = 0.5
_PRESSES = 3


def deliver(ctx: Context, pane: Pane, text: str, *, raw: bool) -> int:
    """Paste the text into the pane, in brackets where the program asked for them; how many bytes those are.

    Raises ERR_PANE_GONE, ERR_BUSY, ERR_CONTROL_CHARACTERS, ERR_TOO_LARGE; nothing is typed then.
    """
    typing.check_usable(pane)
    size = typing.check_block(pane, text, raw=raw)
    if not text:
        return 0
    name = f"bridge-{ids.nonce()}"
    rows = [f"copy-mode -q -t {pane.id}"] if pane.in_mode else []
    rows.append(f"set-buffer -b {name} -- {argv.quoted(text)}")
    rows.append(f"paste-buffer {'' if raw else '-p '}-r -d -b {name} -t {pane.id}")
    ctx.tmux.ask(("source-file", "-"), text=("\n".join(rows) + "\n").encode("utf-8", "surrogateescape"))
    return size


def press_enter(ctx: Context, pane: Pane) -> bool | None:
    """Press Enter once the text was taken, and see that something came of it; None where nothing tells.

    A program may ignore an Enter right after a paste. It is pressed again only while the screen is as it
    was before it, cursor and all, so that nothing is sent twice.
    """
    _await_taken(pane)
    for _ in range(_PRESSES):
        before = _look(ctx, pane)
        _press(ctx, pane)
        end = time.monotonic() + _SWALLOWED_FOR
        while time.monotonic() < end:
            time.sleep(0.02)
            if _look(ctx, pane) != before:
                return True
    return None


def _press(ctx: Context, pane: Pane) -> None:
    name = f"bridge-{ids.nonce()}"
    rows = f'set-buffer -b {name} "\\r"\npaste-buffer -r -d -b {name} -t {pane.id}\n'
    ctx.tmux.ask(("source-file", "-"), text=rows.encode())


def _look(ctx: Context, pane: Pane) -> bytes:
    answer = ctx.tmux.run(
        ("display-message", "-p", "-t", pane.id, "#{cursor_x} #{cursor_y} #{pane_dead} #{history_size}"),
        ("capture-pane", "-p", "-e", "-t", pane.id),
    )
    if answer.status:
        raise BridgeError("ERR_PANE_GONE", f"pane {pane.address} ended meanwhile", pane_id=pane.address)
    return answer.output


def _await_taken(pane: Pane) -> None:
    """Wait until the program has read what was typed and sleeps again, as far as the system tells."""
    end = time.monotonic() + _TAKEN_WITHIN
    calm = 0
    last = (0, 0)
    while time.monotonic() < end and calm < 3:
        facts = process.look(pane.pid, pane.tty)
        judged: Process | None = facts.leader or facts.shell
        now = (judged.pid, process.count_bytes_read(judged.pid)) if judged else (0, 0)
        calm = calm + 1 if now == last and facts.queued == 0 else 0
        last = now
        time.sleep(0.01)
