"""Typing text into a pane, byte for byte."""

from __future__ import annotations

import time

from bridge import errors
from bridge.context import Context
from bridge.core import completion, jsontext, typing
from bridge.envelope import compact
from bridge.errors import BridgeError
from bridge.model import Pane
from bridge.system import ids, process
from bridge.tmux import argv
from bridge.tmux.client import failed

_YOUNG = 10.0
_STARTING = 5.0


def type_lines(ctx: Context, pane: Pane, text: str, *, raw: bool = False) -> None:
    """Type each line of the text and press Enter after it, whatever runs in the pane.

    A shell that is still starting is given up to 5 seconds to prompt first; copy-mode is left. The
    typed lines are remembered with the pane, so that their echo is not taken for output.

    Raises ERR_PANE_GONE for a dead pane, ERR_BUSY where input is off, ERR_CONTROL_CHARACTERS and
    ERR_TOO_LARGE; nothing is typed then.
    """
    if pane.dead:
        raise BridgeError(
            "ERR_PANE_GONE", f"the program of pane {pane.address} has ended", hint="restart it, or kill the pane"
        )
    if pane.input_off:
        raise BridgeError("ERR_BUSY", f"input of pane {pane.address} is off", hint=f"tmux select-pane -e -t {pane.id}")
    lines = typing.check_text(text, raw=raw, canonical=_canonical(pane, text))
    column = pane.cursor_x if _await_reader(pane) else -1
    buffer = f"bridge-{ids.nonce()}"
    script = _script(pane, lines, column, raw, buffer)
    answer = ctx.tmux.run(("source-file", "-"), text=script.encode("utf-8", "surrogateescape"))
    if answer.status:
        ctx.tmux.run(("delete-buffer", "-b", f"{buffer}-enter"))
        if answer.no_server or "can't find pane" in answer.error:
            raise errors.pane_gone(pane.address)
        raise failed(answer)


def typed_lines(pane: Pane) -> list[tuple[int, str]]:
    """What was typed into the pane last, with the column where each echo begins."""
    try:
        value = jsontext.loads(pane.typed_text) if pane.typed_text else []
    except ValueError:
        return []
    return [(int(column), str(text)) for column, text in value] if isinstance(value, list) else []


def _canonical(pane: Pane, text: str) -> bool | None:
    # Only a long line can be cut, so only then is the terminal worth a look.
    return process.is_canonical(pane.tty) if len(text) > typing.LONGEST_CANONICAL_LINE // 4 else None


def _await_reader(pane: Pane) -> bool:
    """Whether somebody reads the terminal now, a prompt or a program, so that the echo comes at the cursor.

    Waits for a shell that nobody has typed into and that is just starting.
    """
    end = time.monotonic() + _STARTING
    while True:
        facts = process.look(pane.pid, pane.tty)
        if completion.verdict(facts) == completion.IDLE:
            return True
        shell, leader = facts.shell, facts.leader
        # In a pane of ours that nobody has typed into, even a foreground job is the shell's rc file at work.
        untouched = not pane.typed_text and (leader is None or bool(pane.owner))
        starting = shell is not None and untouched and process.age(shell) < _YOUNG
        if not starting or time.monotonic() > end:
            return leader is not None and bool(process.is_reading(leader.pid, pane.tty))
        time.sleep(0.005)


def _script(pane: Pane, lines: list[str], column: int, raw: bool, name: str) -> str:
    """Configuration lines that paste each line and an Enter of its own into the pane.

    Pasting instead of send-keys: no key names, no options, no cut `;`, and synchronized panes do not
    get a copy. `-p` lets a line editor take a tab as text.
    """
    rows = [f"send-keys -X -t {pane.id} cancel"] if pane.in_mode else []
    remembered = typing.remember(typed_lines(pane), lines, column)
    rows.append(f"set-option -p -t {pane.id} {argv.TYPED} {argv.quoted(compact(remembered))}")
    rows.append(f'set-buffer -b {name}-enter "\\r"')
    brackets = "" if raw else "-p "
    for line in lines:
        if line:
            rows.append(f"set-buffer -b {name} -- {argv.quoted(line)}")
            rows.append(f"paste-buffer {brackets}-r -d -b {name} -t {pane.id}")
        rows.append(f"paste-buffer -r -b {name}-enter -t {pane.id}")
    rows.append(f"delete-buffer -b {name}-enter")
    return "\n".join(rows) + "\n"
