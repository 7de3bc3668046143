"""Text for the program in a pane, as one paste, and an Enter whose effect is looked at."""

from __future__ import annotations

import time

from bridge import errors
from bridge.context import Context
from bridge.core import typing
from bridge.errors import BridgeError
from bridge.features import control
from bridge.model import Pane
from bridge.system import ids, process
from bridge.tmux import versions
from bridge.tmux.client import Answer, failed

TRUE, FALSE, UNKNOWN = "true", "false", "unknown"

_TAIL = 8
_LOOKS = (0.0, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.5)  # seconds between looks at the screen
_PRESSES = 8
_TAKEN_WITHIN = 5.0


def paste(ctx: Context, pane: Pane, data: bytes, *, raw: bool) -> None:
    """Give the pane's program these bytes as one paste; copy-mode is left first.

    Raises ERR_PANE_GONE, ERR_BUSY where input is off, ERR_CONTROL_CHARACTERS, ERR_TOO_LARGE; nothing
    is sent then.
    """
    control.check_input(pane)
    text = data.decode("utf-8", "surrogateescape")
    canonical = process.is_canonical(pane.tty) if len(data) > typing.LONGEST_CANONICAL_LINE // 4 else None
    typing.check_text(text, raw=raw, canonical=canonical)
    if data:
        _paste(ctx, pane, data, () if raw else ("-p",))


def enter(ctx: Context, pane: Pane, data: bytes, before: int) -> str:
    """Press Enter once the pasted text has been taken; whether it was: `true`, `false`, `unknown`.

    A terminal that reads whole lines keeps the order itself. Elsewhere the text is looked for where
    the cursor is: while it is not there, no Enter is pressed (`false`: a dialog may be in the way);
    while it is still there after an Enter, the Enter was swallowed and is pressed again. `before` is
    what `progress` said before the paste.
    """
    if process.is_canonical(pane.tty):
        _paste(ctx, pane, b"\r", ())
        return TRUE if _is_taken(pane, before + len(data) + 1) else UNKNOWN
    if not _is_taken(pane, before + len(data)):
        return FALSE
    tail = data.decode("utf-8", "replace").rstrip().rpartition("\n")[2][-_TAIL:]
    held = _await_text(ctx, pane, tail)
    if held is None:
        return FALSE
    for _ in range(_PRESSES):
        start = progress(pane)
        _paste(ctx, pane, b"\r", ())
        if not _is_taken(pane, start + 1):
            return UNKNOWN
        if not tail or _changed(ctx, pane, held):
            return TRUE
    return FALSE


def progress(pane: Pane) -> int:
    """How many bytes the program in the foreground has read so far, below 0 where nothing tells."""
    facts = process.look(pane.pid, pane.tty)
    judged = facts.leader or facts.shell
    return -1 if judged is None else process.count_bytes_read(judged.pid)


def _is_taken(pane: Pane, target: int) -> bool:
    """Wait until the program has read so much and the terminal holds nothing more for it."""
    end = time.monotonic() + _TAKEN_WITHIN
    nap = 0.001
    while time.monotonic() < end:
        if progress(pane) >= target and process.count_queued(pane.tty) == 0:
            return True
        time.sleep(nap)
        nap = min(nap * 1.5, 0.02)
    return False


def _await_text(ctx: Context, pane: Pane, tail: str) -> tuple[str, str] | None:
    for nap in _LOOKS:
        time.sleep(nap)
        place = _at_cursor(ctx, pane)
        if tail in place[1] or "[Pasted text #" in place[1]:
            return place
    return None


def _changed(ctx: Context, pane: Pane, held: tuple[str, str]) -> bool:
    # A program that has taken the Enter may need a moment to show it; a second Enter must not come early.
    for nap in _LOOKS[:6]:
        time.sleep(nap)
        if _at_cursor(ctx, pane) != held:
            return True
    return False


def _at_cursor(ctx: Context, pane: Pane) -> tuple[str, str]:
    """Where the cursor is, and the text of its line and the line before."""
    answer = ctx.tmux.run(
        ("display-message", "-p", "-t", pane.id, "#{cursor_x},#{cursor_y}"), ("capture-pane", "-p", "-t", pane.id)
    )
    _check(answer, pane)
    place, _, screen = answer.output.decode("utf-8", "replace").partition("\n")
    row = int(place.partition(",")[2] or 0)
    return place, "".join(line.rstrip() for line in screen.split("\n")[max(row - 1, 0) : row + 1])


def _paste(ctx: Context, pane: Pane, data: bytes, brackets: tuple[str, ...]) -> None:
    name = f"bridge-{ids.nonce()}"
    leave = [("copy-mode", "-q", "-t", pane.id)] if pane.in_mode else []
    pasted = versions.paste(pane.tmux, pane.id, name, *brackets, "-d")
    answer = ctx.tmux.run(("load-buffer", "-b", name, "-"), *leave, pasted, text=data)
    if answer.status and not answer.no_server:
        ctx.tmux.run(("delete-buffer", "-b", name))
    _check(answer, pane)


def _check(answer: Answer, pane: Pane) -> None:
    if answer.status:
        if answer.no_server or "can't find pane" in answer.error:
            raise errors.pane_gone(pane.address)
        raise failed(answer)


def not_entered(pane: Pane, fields: dict[str, object]) -> BridgeError:
    """The text is there, the Enter is not, or nobody knows."""
    return BridgeError(
        "ERR_TIMEOUT",
        f"the text was sent to pane {pane.address}, but that Enter was taken is not certain",
        hint="bridge pane-capture shows what the program did with it; do not send the text again unseen",
        pane_id=pane.address,
        fields=fields,
    )
