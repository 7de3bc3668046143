"""Typing text into a pane, byte for byte."""

from __future__ import annotations

import time

from bridge import errors
from bridge.context import Context
from bridge.core import promptstate, typedtext
from bridge.core.brackets import NEVER
from bridge.core.typedtext import Mark
from bridge.errors import BridgeError
from bridge.features.panes import brackets, typed
from bridge.model import Pane, Process
from bridge.store.lastcode import last_code
from bridge.system import foreground, ids, process, tty
from bridge.tmux import argv, versions
from bridge.tmux.client import refused

_YOUNG = 10.0
STARTING = 5.0  # seconds that a starting shell is given to prompt


def type_lines(ctx: Context, pane: Pane, text: str, *, raw: bool = False) -> None:
    """Type each line of the text and press Enter after it, whatever runs in the pane.

    A shell that is still starting is given up to 5 seconds to prompt first; copy-mode is left. The
    typed lines are remembered with the pane, so that their echo is not taken for output.

    Raises ERR_PANE_GONE for a dead pane, ERR_BUSY where input is off, ERR_CONTROL_CHARACTERS and
    ERR_TOO_LARGE; nothing is typed then.
    """
    send(ctx, pane, prepare(ctx, pane, text, raw=raw))


def send(ctx: Context, pane: Pane, commands: tuple[tuple[str, ...], ...]) -> None:
    """Have tmux do what `prepare` gave; other commands may stand before it. Raises ERR_PANE_GONE, ERR_TMUX_FAILED."""
    script = f"{argv.witnessed(*commands)}\n"
    ctx.typed = True
    answer = ctx.tmux.run(("source-file", "-"), text=script.encode("utf-8", "surrogateescape"))
    if answer.status:
        ctx.tmux.run(commands[-1])  # it takes the buffer away
        raise refused(answer, pane.address)


def prepare(
    ctx: Context,
    pane: Pane,
    text: str,
    *,
    raw: bool = False,
    before: str = "",
    shown: tuple[str, ...] = (),
    keys: str = "",
) -> tuple[tuple[str, ...], ...]:
    """The tmux commands that type the text as `type_lines` does; the last one takes away what they leave in tmux.

    `before` are keys that are pressed first, `shown` lines that will be printed and are no output of the text; `keys`
    are pressed instead of typing it, where they have its reader take the text itself.
    Raises as `type_lines`, but for what only tmux can tell.
    """
    check_usable(pane)
    lines = typedtext.check_text(text, raw=raw, canonical=_canonical(pane, text))
    column, mark, taken = _await_reader(pane, [] if keys else lines, raw, len(before + keys))
    prompts, _ = last_code(ctx.paths, pane.id, pane.pid)
    known = typedtext.remember(typed.lines(pane), lines, column)
    known = typedtext.remember(known, list(shown), 0)
    pane.typed_text = typed.encode(known, mark, prompts)
    return _commands(pane, [] if keys else lines, taken, f"bridge-{ids.nonce()}", before + keys)


def press(ctx: Context, pane: Pane, keys: str) -> None:
    """Send these bytes as they are, copy-mode left first. Raises as `send`."""
    send(ctx, pane, (*_leave_mode(pane), *_paste(pane, f"bridge-{ids.nonce()}", keys)))


def check_usable(pane: Pane) -> None:
    """Raise ERR_PANE_GONE for a dead pane, ERR_BUSY for one whose input is off."""
    if pane.dead:
        raise errors.dead(pane.address)
    if pane.input_off:
        raise BridgeError("ERR_BUSY", f"input of pane {pane.address} is off", hint=f"tmux select-pane -e -t {pane.id}")


def _canonical(pane: Pane, text: str) -> bool | None:
    # Only a long line can be cut, so only then is the terminal worth a look.
    return tty.is_canonical(pane.tty) if len(text) > typedtext.LONGEST_CANONICAL_LINE // 4 else None


def _await_reader(pane: Pane, lines: list[str], raw: bool, before: int) -> tuple[int, Mark | None, str]:
    """The column where the echo begins, -1 while nobody reads the terminal; the mark of the shell; how to paste.

    Waits for a shell that nobody has typed into and that is just starting.
    """
    end = time.monotonic() + STARTING
    while True:
        facts = foreground.look(pane.pid, pane.tty)
        shell, leader = facts.shell, facts.leader
        idle = promptstate.verdict(facts) == promptstate.IDLE
        if idle or shell is None or not is_starting(pane, shell, leader) or time.monotonic() > end:
            break
        from bridge import pause  # noqa: PLC0415 - only beside a shell that is just starting

        pause.nap(0.005)
    reads = idle or (leader is not None and bool(foreground.read(pane.pid, pane.tty).reader))
    judged = leader if idle and leader is not None else shell
    if judged is None:
        return -1, None, NEVER
    taken = NEVER if raw else brackets.judge(pane, facts, 1)
    bracketed = taken != NEVER and promptstate.has_line_editor(judged.argv or (judged.name,))
    size = typedtext.typed_size(lines, bracketed=bracketed)
    read = process.count_bytes_read(judged.pid)
    switches = process.count_switches(judged.pid)
    mark = Mark(judged.pid, switches, read + before + size, time.monotonic())
    return pane.cursor_x if reads else -1, mark, taken


def is_starting(pane: Pane, shell: Process, leader: Process | None) -> bool:
    """Whether the pane's shell still reads its start files, as far as can be told."""
    # In a pane of ours that nobody has typed into, even a foreground job is the shell's rc file at work.
    is_shell = shell.name in promptstate.SHELLS or shell.name.startswith("tmux")
    untouched = not pane.typed_text and (leader is None or bool(pane.owner))
    return is_shell and untouched and process.age(shell) < _YOUNG


def _commands(pane: Pane, lines: list[str], taken: str, name: str, before: str) -> tuple[tuple[str, ...], ...]:
    """What pastes each line and an Enter of its own into the pane.

    Pasting instead of send-keys: no key names, no options, no cut `;`, and synchronized panes do not
    get a copy. `taken` is how a line is pasted (core.brackets): a line editor takes a tab as text.
    """
    enter = f"{name}-enter"
    commands: list[tuple[str, ...]] = _leave_mode(pane)
    commands.append(("set-option", "-p", "-t", pane.id, argv.TYPED, pane.typed_text))
    commands.append(("set-buffer", "-b", enter, "\r"))
    if before:
        commands += _paste(pane, name, before)
    for line in lines:
        if line:
            commands.append(("set-buffer", "-b", name, "--", line))
            commands.append(brackets.paste(pane, name, taken))
        commands.append(versions.paste(pane.tmux, pane.id, enter))
    return (*commands, ("delete-buffer", "-b", enter))


def _leave_mode(pane: Pane) -> list[tuple[str, ...]]:
    return [("copy-mode", "-q", "-t", pane.id)] if pane.in_mode else []


def _paste(pane: Pane, name: str, keys: str) -> list[tuple[str, ...]]:
    return [("set-buffer", "-b", name, "--", keys), versions.paste(pane.tmux, pane.id, name, "-d")]
