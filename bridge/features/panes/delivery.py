"""Text for the program in a pane, as one paste, and an Enter whose effect is looked at."""

from __future__ import annotations

import time

from bridge import errors, pause
from bridge.context import Context
from bridge.core import typedtext
from bridge.core.brackets import NEVER, has_box
from bridge.errors import BridgeError
from bridge.features.panes import brackets, control
from bridge.model import Pane
from bridge.system import foreground, ids, process, tty
from bridge.tmux.client import Answer, failed

_TAIL = 8
_LOOKS = (0.0, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.5)  # seconds between looks at the screen
_PRESSES = 8
_TAKEN_WITHIN = 5.0
_READS_WITHIN = 1.0
# Programs take an Enter right behind quick keys for a line of the paste (120 ms in one of them, 30 in another).
_SETTLES = 0.15
_PLACEHOLDER = "[Pasted"
# What frames a box for text, and is not in it.
_FRAME = str.maketrans("", "", "│┃║|▌█")


def paste(ctx: Context, pane: Pane, data: bytes, *, raw: bool) -> None:
    """Give the pane's program these bytes as one paste; copy-mode is left first.

    The paste is bracketed where what reads takes that for text (core.brackets). Raises ERR_PANE_GONE, ERR_BUSY
    where input is off, ERR_CONTROL_CHARACTERS, ERR_TOO_LARGE; nothing is sent then.
    """
    control.check_input(pane)
    text = data.decode("utf-8", "surrogateescape")
    canonical = tty.is_canonical(pane.tty) if len(data) > typedtext.LONGEST_CANONICAL_LINE // 4 else None
    typedtext.check_text(text, raw=raw, canonical=canonical)
    if data:
        lines = text.count("\n") + 1
        _paste(ctx, pane, data, NEVER if raw else brackets.judge(pane, foreground.look(pane.pid, pane.tty), lines))


class Reader:
    """The process that reads the terminal, be it the first of the foreground, its child or a child's child."""

    def __init__(self, pane: Pane) -> None:
        """Look for it before the paste. One that is drawing just now reads in a moment."""
        self._pane = pane
        self._pid = 0
        end = time.monotonic() + _READS_WITHIN
        while not self._pid:
            front = foreground.read(pane.pid, pane.tty)
            if front.reader is not None:
                self._pid = front.reader.pid
            elif time.monotonic() > end or tty.is_canonical(pane.tty):
                self._pid = front.first.pid if front.first is not None else pane.pid
            else:
                pause.nap(0.02)
        self._before = self.count()
        self.boxed = has_box(brackets.named(front.members))

    def count(self) -> int:
        """How many bytes it has read so far, below 0 where nothing tells."""
        return process.count_bytes_read(self._pid)

    def has_taken(self, more: int, before: int | None = None) -> bool:
        """Wait until it has read so many bytes since `before`, and the terminal holds nothing more for it."""
        start = self._before if before is None else before
        end = time.monotonic() + _TAKEN_WITHIN
        nap = 0.001
        while time.monotonic() < end:
            if start >= 0 and self.count() >= start + more and tty.count_queued(self._pane.tty) == 0:
                return True
            pause.nap(nap)
            nap = min(nap * 1.5, 0.02)
        return False


def enter(ctx: Context, pane: Pane, data: bytes, reader: Reader) -> bool | None:
    """Press Enter once the pasted text has been taken; whether it was, None where nobody can tell.

    A terminal that reads whole lines keeps the order itself. Elsewhere the text is looked for where
    the cursor is: while it is not there, no Enter is pressed (False: a dialog may be in the way);
    while it is still there after an Enter, the Enter was swallowed and is pressed again. `reader` was
    found before the paste.
    """
    if tty.is_canonical(pane.tty):
        _paste(ctx, pane, b"\r", NEVER)
        return True if reader.has_taken(len(data) + 1) else None
    if not reader.has_taken(len(data)):
        return False
    last = data.decode("utf-8", "replace").rstrip().rpartition("\n")[2]
    tail = _bare(last)[-_TAIL:]
    held = _await_text(ctx, pane, tail)
    if held is None:
        return False
    for _ in range(_PRESSES):
        start = reader.count()
        _paste(ctx, pane, b"\r", NEVER)
        if not reader.has_taken(1, start):
            return None
        if not tail or _has_left(ctx, pane, held, tail, boxed=reader.boxed):
            return True
    return False


class _Place:
    """What stands at the cursor: its column, the bare text of its line, and with the line above it, as it may go on."""

    def __init__(self, column: int, own: str, both: str) -> None:
        self.column = column
        self.own = own
        self.both = both

    def holds(self, tail: str) -> bool:
        """Whether the end of the text stands here."""
        return tail in self.both or _PLACEHOLDER in self.both


def _await_text(ctx: Context, pane: Pane, tail: str) -> _Place | None:
    """The place of the cursor once the text is there, and has been for long enough to be no quick typing."""
    for nap in _LOOKS:
        pause.nap(nap)
        if _at_cursor(ctx, pane).holds(tail):
            pause.nap(_SETTLES)
            held = _at_cursor(ctx, pane)
            if held.holds(tail):
                return held
    return None


def _has_left(ctx: Context, pane: Pane, held: _Place, tail: str, *, boxed: bool) -> bool:
    """Whether the text has left the place where it stood; a box that was only moved on the screen still holds it."""
    # A program that has taken the Enter may need a moment to show it; a second Enter must not come early.
    for nap in _LOOKS[:7]:
        pause.nap(nap)
        now = _at_cursor(ctx, pane)
        if not now.holds(tail):
            return True
        still = tail in now.own or _PLACEHOLDER in now.own or (now.own, now.column) == (held.own, held.column)
        # On a line below: a shell goes on there, in a box it is another line of the same text.
        if not still and not boxed:
            return True
    return False


def _at_cursor(ctx: Context, pane: Pane) -> _Place:
    answer = ctx.tmux.run(
        ("display-message", "-p", "-t", pane.id, "#{cursor_x},#{cursor_y}"), ("capture-pane", "-p", "-t", pane.id)
    )
    _check(answer, pane)
    place, _, screen = answer.output.decode("utf-8", "replace").partition("\n")
    column, _, row = place.partition(",")
    lines = screen.split("\n")[max(int(row or 0) - 1, 0) : int(row or 0) + 1]
    return _Place(int(column or 0), _bare(lines[-1] if lines else ""), _bare("".join(lines)))


def _bare(text: str) -> str:
    """Without blanks and frames: a line that is broken in a box is indented, and may be drawn between two bars."""
    return "".join(text.translate(_FRAME).split())


def _paste(ctx: Context, pane: Pane, data: bytes, taken: str) -> None:
    name = f"bridge-{ids.nonce()}"
    leave = [("copy-mode", "-q", "-t", pane.id)] if pane.in_mode else []
    ctx.typed = True
    answer = ctx.tmux.run(("load-buffer", "-b", name, "-"), *leave, brackets.paste(pane, name, taken), text=data)
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
