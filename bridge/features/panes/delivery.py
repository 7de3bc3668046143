"""Text for the program in a pane, as one paste, and an Enter whose effect is looked at."""

from __future__ import annotations

import itertools
import time

from bridge import pause
from bridge.context import Context
from bridge.core import charwidth, typedtext
from bridge.core.brackets import NEVER, has_box
from bridge.errors import BridgeError
from bridge.features.panes import brackets, control
from bridge.model import Pane
from bridge.system import foreground, ids, process, tty
from bridge.tmux.client import Answer, refused

_TAIL = 8
_LOOKS = (0.0, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.5)  # seconds between looks at the screen
_PATIENT = 5  # the look from which on text behind the cursor counts
_SHOWN_WITHIN = 15.0  # where nobody waits for input meanwhile
_PRESSES = 8
_TAKEN_WITHIN = 5.0
# Programs take an Enter right behind quick keys for a line of the paste (120 ms in one of them, 30 in another).
_SETTLES = 0.15
_PLACEHOLDER = "[Paste"  # [Pasted text #1 +60 lines], [Paste #1 - 60 lines], [Pasted Content 1000 chars]
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
    """Who reads the terminal, be it the first of the foreground, its child or a child's child."""

    def __init__(self, pane: Pane) -> None:
        """Look for it before the paste. Where nobody waits for input just now, anybody in front may be the one."""
        self._pane = pane
        front = foreground.read(pane.pid, pane.tty)
        if front.reader is not None:
            self._pids = [front.reader.pid]
        elif tty.is_canonical(pane.tty) or not front.members:
            self._pids = [front.first.pid if front.first is not None else pane.pid]
        else:
            self._pids = [member.pid for member in front.members]
        self._before: dict[int, int] = {}
        self.mark()
        self.boxed = has_box(brackets.named(front.members))

    def mark(self) -> None:
        """Count what is read from now on."""
        self._before = {pid: process.count_bytes_read(pid) for pid in self._pids}

    def has_taken(self, more: int) -> bool:
        """Wait until so many bytes have been read since `mark`, and the terminal holds nothing more.

        A program that reads files meanwhile has that counted too: what it shows is the proof, this is the first sign.
        """
        end = time.monotonic() + _TAKEN_WITHIN
        nap = 0.001
        while time.monotonic() < end:
            if self._has_read(more) and tty.count_queued(self._pane.tty) == 0:
                return True
            pause.nap(nap)
            nap = min(nap * 1.5, 0.02)
        return False

    def _has_read(self, more: int) -> bool:
        return any(
            before >= 0 and process.count_bytes_read(pid) >= before + more for pid, before in self._before.items()
        )


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
    tail = _bare(last.rpartition("\t")[2])[-_TAIL:]  # how a tab is drawn is the program's
    held = _await_text(ctx, pane, tail)
    if held is None:
        return False
    for _ in range(_PRESSES):
        reader.mark()
        _paste(ctx, pane, b"\r", NEVER)
        if not reader.has_taken(1):
            return None
        if not tail or _has_left(ctx, pane, held, tail, boxed=reader.boxed):
            return True
    return False


class _Place:
    """What stands at the cursor: its column, the bare text of its line, and with the line above it, as it may go on.

    `left` is what stands before the cursor alone: behind it a box may offer words of its own.
    """

    def __init__(self, column: int, above: str, line: str) -> None:
        self.column = column
        self.own = _bare(line)
        self.both = _bare(above + line)
        self.left = _bare(above + _cells(line, column))

    def holds(self, tail: str) -> bool:
        """Whether the end of the text stands here."""
        return tail in self.both or _PLACEHOLDER in self.both

    def ends(self, tail: str) -> bool:
        """Whether the end of the text stands before the cursor."""
        return tail in self.left or _PLACEHOLDER in self.left


def _await_text(ctx: Context, pane: Pane, tail: str) -> _Place | None:
    """The place of the cursor once the text is there, and has been for long enough to be no quick typing.

    Text that stands behind the cursor counts where none comes before it for a while: few programs keep it there.
    One that has much to do, as at its start, reads nothing meanwhile: it is given time.
    """
    began = time.monotonic()
    for number in itertools.count():
        pause.nap(_LOOKS[min(number, len(_LOOKS) - 1)])
        late = number >= _PATIENT
        if _is_there(_at_cursor(ctx, pane), tail, late=late):
            pause.nap(_SETTLES)
            held = _at_cursor(ctx, pane)
            if _is_there(held, tail, late=late):
                return held
        if number >= len(_LOOKS) - 1 and (
            time.monotonic() - began > _SHOWN_WITHIN or foreground.read(pane.pid, pane.tty).reader is not None
        ):
            break
    return None


def _is_there(place: _Place, tail: str, *, late: bool) -> bool:
    return place.ends(tail) or (late and place.holds(tail))


def _has_left(ctx: Context, pane: Pane, held: _Place, tail: str, *, boxed: bool) -> bool:
    """Whether the text has left the place where it stood; a box that was only moved on the screen still holds it."""
    # A program that has taken the Enter may need a moment to show it; a second Enter must not come early.
    for nap in _LOOKS[:7]:
        pause.nap(nap)
        now = _at_cursor(ctx, pane)
        if not now.holds(tail) or (held.ends(tail) and not now.ends(tail)):
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
    lines = ["", *screen.split("\n")][int(row or 0) : int(row or 0) + 2]
    return _Place(int(column or 0), lines[0] if lines else "", lines[1] if len(lines) > 1 else "")


def _cells(line: str, count: int) -> str:
    """The beginning of the line that takes up so many cells."""
    taken = 0
    for at, char in enumerate(line):
        taken += charwidth.width(char)
        if taken > count:
            return line[:at]
    return line


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
        raise refused(answer, pane.address)


def not_entered(pane: Pane, fields: dict[str, object]) -> BridgeError:
    """The error for text that was pasted and whose Enter was not taken, or nobody can tell."""
    return BridgeError(
        "ERR_TIMEOUT",
        f"the text was sent to pane {pane.address}, but that Enter was taken is not certain",
        hint="bridge pane-capture shows what the program did with it; do not send the text again unseen",
        pane_id=pane.address,
        fields=fields,
    )
