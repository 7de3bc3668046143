"""Pressing keys, signalling and restarting what runs in a pane."""

from __future__ import annotations

from bridge import errors
from bridge.context import Context
from bridge.core import keys, promptstate, typedtext
from bridge.errors import BridgeError
from bridge.model import Facts, Pane
from bridge.system import foreground, ids, signals, tty
from bridge.tmux import argv, versions
from bridge.tmux.client import refused


def check_target(ctx: Context, pane: Pane, allowed: bool) -> None:
    """Raise ERR_SELF for the caller's own pane unless that is allowed."""
    if pane.id == ctx.own_pane and not allowed:
        raise BridgeError("ERR_SELF", f"pane {pane.address} is the one you are in", hint="give --self if you mean it")


def check_input(pane: Pane) -> None:
    """Raise ERR_PANE_GONE for a dead pane, ERR_BUSY where its input is off."""
    check_alive(pane)
    if pane.input_off:
        raise BridgeError("ERR_BUSY", f"input of pane {pane.address} is off", hint=f"tmux select-pane -e -t {pane.id}")


def check_alive(pane: Pane) -> None:
    """Raise ERR_PANE_GONE for a pane whose program has ended."""
    if pane.dead:
        raise BridgeError(
            "ERR_PANE_GONE",
            f"the program of pane {pane.address} has ended",
            hint="bridge pane-respawn starts it again",
            pane_id=pane.address,
        )


def press(ctx: Context, pane: Pane, words: tuple[str, ...], *, literal: bool) -> None:
    """Press keys by tmux's names and type other words as text (with `literal` all); copy-mode is left first.

    Raises ERR_USAGE for a misspelt name, ERR_UNSUPPORTED for a key that the pane's program cannot tell from others,
    ERR_CONTROL_CHARACTERS, ERR_TOO_LARGE, ERR_PANE_GONE, and ERR_BUSY where input is off or tmux would give the keys to
    every pane of the window. Nothing is sent then.
    """
    check_input(pane)
    canonical = tty.is_canonical(pane.tty) if sum(map(len, words)) > typedtext.LONGEST_CANONICAL_LINE // 4 else None
    typedtext.check_text("".join(words), raw=False, canonical=canonical)
    leave = [("copy-mode", "-q", "-t", pane.id)] if pane.in_mode else []
    if literal:
        ctx.typed = True
        name = f"bridge-{ids.nonce()}"
        filled = ("set-buffer", "-b", name, "--", "".join(words))
        line = argv.witnessed(*leave, filled, versions.paste(pane.tmux, pane.id, name, "-d")) + "\n"
        answer = ctx.tmux.run(("source-file", "-"), text=line.encode("utf-8", "surrogateescape"))
    else:
        plan = keys.plan(words)
        if sum(map(len, words)) > argv.LARGEST_ARGUMENT // 2:
            raise BridgeError(
                "ERR_TOO_LARGE", "the words have over 8,000 characters", hint="pane-send-stdin takes text"
            )
        press = [
            ("send-keys", *(("-l",) if literal else ()), "-t", pane.id, "--", *part) for literal, part in plan.parts
        ]
        alone = f"#{{&&:#{{==:#{{pane_pid}},{pane.pid}}},#{{?pane_synchronized,0,1}}}}"
        if plan.needs:
            alone = f"#{{&&:{alone},{versions.READS_ALL_KEYS if plan.needs == keys.ALL_KEYS else versions.READS_MORE}}}"
        ctx.typed = True
        answer = ctx.tmux.run(argv.only_if(pane.id, alone, *leave, *press))
    if answer.status:
        raise refused(answer, pane.address)
    if answer.output.startswith(b"REFUSED\n"):
        ctx.typed = False
        if not literal and plan.needs and not _is_synchronized(ctx, pane):
            raise keys.unreadable(words, plan.needs)
        raise BridgeError(
            "ERR_BUSY",
            f"pane {pane.address} is synchronized: every pane of its window would get the keys",
            hint=f"tmux set-option -p -t {pane.id} synchronize-panes off; --literal reaches the one pane",
        )


def _is_synchronized(ctx: Context, pane: Pane) -> bool:
    answer = ctx.tmux.run(("display-message", "-p", "-t", pane.id, "#{pane_synchronized}"))
    return answer.output.strip() == b"1"


def signal_foreground(pane: Pane, value: int, *, shell: bool) -> int:
    """Send a signal to the foreground group of the pane's terminal; its number.

    Raises ERR_IDLE where that is a shell's own group unless `shell`, ERR_PANE_GONE, ERR_UNSUPPORTED.
    """
    check_alive(pane)
    if not signals.is_supported():
        raise BridgeError(
            "ERR_UNSUPPORTED", "this system cannot hold on to a process by its identity", hint="bridge pane-send-keys"
        )
    facts = foreground.look(pane.pid, pane.tty)
    if promptstate.verdict(facts) == promptstate.GONE:
        raise errors.pane_gone(pane.address)
    if is_shell(facts) and not shell:
        raise BridgeError(
            "ERR_IDLE",
            f"the foreground of pane {pane.address} is its shell itself",
            hint="--shell if the shell is meant; bridge pane-send-keys SESSION PANE C-c interrupts what it does",
            pane_id=pane.address,
        )
    if not signals.signal_group(facts.foreground, pane.tty, value):
        raise BridgeError(
            "ERR_IDLE",
            f"no process of group {facts.foreground} is left in pane {pane.address}, or it is another user's",
            hint="bridge pane-is-running tells what goes on",
            pane_id=pane.address,
        )
    return facts.foreground


def is_shell(facts: Facts) -> bool:
    """Whether the foreground is a shell that prompts, be it the pane's own or one started in it."""
    if facts.leader is None and facts.shell is not None and facts.foreground != facts.shell.group:
        return False  # the shell has not taken the terminal back yet
    if facts.leader is None:
        # Its input is elsewhere for as long as a builtin of it reads a file; it is the pane's shell all the same.
        return facts.shell is not None and promptstate.is_interactive_shell(facts.shell.argv)
    return promptstate.prompts(facts.leader)


def respawn(ctx: Context, pane: Pane, words: tuple[str, ...], *, kill: bool) -> int:
    """Start a pane's program again, or the given one, in the same pane; the new process.

    One word is a shell command, several are a program and its arguments. Label and metadata stay.
    Raises ERR_BUSY for a living pane unless `kill`.
    """
    same = f"#{{==:#{{pane_pid}},{pane.pid}}}"
    condition = same if kill else f"#{{&&:{same},#{{pane_dead}}}}"
    again = ("respawn-pane", *(("-k",) if kill else ()), "-t", pane.id, *(("--", *words) if words else ()))
    forget = ("set-option", "-p", "-u", "-t", pane.id, argv.TYPED)
    shown = ("display-message", "-p", "-t", pane.id, "#{pane_pid}")
    answer = ctx.tmux.run(argv.only_if(pane.id, condition, again, forget, shown))
    if answer.status:
        raise refused(answer, pane.address)
    if answer.output.startswith(b"REFUSED\n"):
        raise BridgeError(
            "ERR_BUSY",
            f"something still runs in pane {pane.address}",
            hint="--kill ends it first",
            pane_id=pane.address,
        )
    return int(answer.output.split()[0])
