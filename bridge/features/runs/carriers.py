"""Shells that a program in front carries: another user's, another root's, another machine's.

Only what is known to carry a shell is typed into, and only while the shell is asleep reading its terminal,
as far as that can be seen from here; behind a network nothing tells but its own answer.
"""

from __future__ import annotations

import time

from bridge.context import Context
from bridge.core import promptstate
from bridge.core.runscript import dialect
from bridge.model import Facts, Pane, Process
from bridge.system import descent, foreground, process
from bridge.system import tty as terminals
from bridge.system.descent import can_read
from bridge.system.foreground import Prompt

# Those whose shell runs on this machine, below them.
_NEAR = frozenset(
    ("su", "sudo", "doas", "runuser", "setpriv", "newgrp", "sg", "run0", "pkexec", "script", "unshare", "nsenter")
) | frozenset(("chroot", "fakechroot", "proot", "fakeroot", "bwrap", "firejail", "busybox", "setsid", "env", "nice"))
# Those whose shell is somewhere else.
_FAR = frozenset(
    ("ssh", "dbclient", "mosh", "mosh-client", "et", "telnet", "adb", "sshpass", "autossh", "tsh", "machinectl")
) | frozenset(("docker", "podman", "nerdctl", "crictl", "kubectl", "oc", "lxc", "lxc-attach", "incus", "limactl"))
CARRIERS = _NEAR | _FAR
_MOST_LEVELS = 12
_ASKS = ("password:", "passphrase:", "pin:", "code:", "otp:", "(yes/no)?", "(yes/no/[fingerprint])?")


def find(ctx: Context, pane: Pane, facts: Facts, *, forced: bool = False) -> Prompt | str:
    """The shell that reads what is typed now, where one is carried; else what is in the way, empty for no carrier.

    `forced` takes any program in front that reads the terminal for a carrier.
    """
    looked = time.monotonic()
    front = facts.leader or facts.shell
    if front is None:
        return ""
    shell = _as_shell(front)
    if shell is not None:
        nested = facts.leader is not None
        return _here(ctx, pane, shell, looked, nested=nested, forced=forced or shell.name == "busybox")
    if front.name not in CARRIERS and not forced:
        return ""
    found, reason = _innermost(front, pane.tty)
    if reason:
        return reason
    if found is not None and found.argv:
        return _prompt(looked, front, _kind(found))
    if found is None and front.name in _NEAR and not forced:
        return f"{front.name} runs there, and no shell can be seen behind it"
    return _hidden(ctx, pane, front) or _prompt(looked, front, "")


def is_in_front(ctx: Context, pane: Pane) -> bool:
    """Whether something else than a shell that can read our files may read what is typed; a cheap look."""
    front = foreground.first(pane.pid, pane.tty)
    return front is not None and (front.name in CARRIERS or not can_read(front.pid, ctx.paths.root))


def _here(ctx: Context, pane: Pane, shell: Process, looked: float, *, nested: bool, forced: bool) -> Prompt | str:
    """A shell on the pane's own terminal that can't read our files, or that is forced."""
    if not forced and can_read(shell.pid, ctx.paths.root):
        return ""
    verdict = _verdict(shell, pane.tty)
    if verdict == promptstate.IDLE or (verdict == promptstate.UNKNOWN and shell.state in "SI"):
        tty = pane.tty if verdict == promptstate.IDLE and shell.name != "busybox" else ""
        return _prompt(looked, shell, _kind(shell), nested=nested, tty=tty)
    return ""


def _prompt(looked: float, front: Process, kind: str, *, nested: bool = True, tty: str = "") -> Prompt:
    """`tty` is given where the shell reads the pane's own terminal."""
    prompt = Prompt(looked, front, kind, nested=nested, canonical=terminals.is_canonical(tty) if tty else None)
    prompt.inline = "here" if tty else "beyond"
    return prompt


def _kind(shell: Process) -> str:
    name = dialect(shell.argv[0]) if shell.argv else ""
    if name == "dash":  # `sh` may be any of them
        name = dialect(process.program(shell.pid)) or name
    return name


def _innermost(front: Process, tty: str) -> tuple[Process | None, str]:
    """What reads behind a carrier, and what speaks against it.

    That is a shell at its prompt (with its argv), or a carrier behind which nothing can be seen (without); None
    where there is neither.
    """
    current, seen = front, False
    for _ in range(_MOST_LEVELS):
        shell = _as_shell(current)
        if shell is not None and promptstate.is_restricted(shell.argv):
            return None, f"{shell.name} (process {shell.pid}) is restricted: it can be given nothing to run"
        if shell is not None:
            seen = True
            verdict = _verdict(shell, tty)
            if verdict == promptstate.IDLE:
                return shell, ""
            if verdict == promptstate.UNKNOWN:
                return _bare(shell), ""
            leader = process.read_process(shell.foreground) if shell.foreground != shell.group else None
            if leader is None or leader.state in "ZX":
                return None, f"{shell.name} (process {shell.pid}) is at work"
            current = leader
        elif current.name in _FAR:
            return _bare(current), ""
        elif seen and current.name not in _NEAR:
            return None, f"{current.name} (process {current.pid}) runs there"
        else:
            below = descent.child(current.pid)
            if below is None:
                return None, ""
            current, tty = below, descent.terminal(below.pid) or tty
    return None, ""


def _bare(found: Process) -> Process:
    found.argv = ()
    return found


def _as_shell(found: Process) -> Process | None:
    """The process as the interactive shell that it is; None for another program."""
    found.argv = process.arguments(found.pid)
    words = promptstate.own_words(found.argv)
    if not promptstate.is_interactive_shell(words):
        return None
    found.argv = words
    return found


def _verdict(shell: Process, tty: str) -> str:
    if shell.foreground != shell.group:
        return promptstate.RUNNING
    shell.reading = foreground.reads(shell.pid, tty)
    facts = Facts(shell, None, shell.group, terminals.count_queued(tty), terminals.is_canonical(tty))
    return promptstate.verdict(facts)


def _hidden(ctx: Context, pane: Pane, front: Process) -> str:
    """What speaks against typing into a carrier whose shell can't be seen; empty for nothing."""
    if front.state not in "SI" or foreground.reads(front.pid, pane.tty) is False:
        return f"{front.name} (process {front.pid}) is at work"
    if terminals.is_canonical(pane.tty) is not False:
        return f"{front.name} (process {front.pid}) has not handed the terminal on: it connects, or asks"
    form = "#{alternate_on}:#{cursor_y}"
    answer = ctx.tmux.run(
        ("display-message", "-p", "-t", pane.id, form), ("capture-pane", "-p", "-t", pane.id)
    ).output.decode("utf-8", "replace")
    head, _, screen = answer.partition("\n")
    alternate, _, row = head.partition(":")
    if alternate == "1":
        return f"a program behind {front.name} has the whole screen"
    rows = screen.split("\n")
    line = rows[int(row)].rstrip() if row.isdigit() and int(row) < len(rows) else ""
    if line.lower().endswith(_ASKS):
        return f"{front.name} is asked for something: {line[-60:]!r}"
    return ""
