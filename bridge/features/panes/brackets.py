"""Whether what reads a pane's terminal now takes a bracketed paste, and the tmux command for it."""

from __future__ import annotations

from bridge.core import promptstate
from bridge.core.brackets import ALWAYS, NEVER, choose
from bridge.model import Facts, Pane, Process
from bridge.system import foreground, process, tty
from bridge.tmux import argv, versions


def judge(pane: Pane, facts: Facts, lines: int) -> str:
    """When a paste of so many lines is bracketed, as core.brackets.choose says; `facts` is a look from just now."""
    if promptstate.verdict(facts) == promptstate.IDLE:
        return choose(facts.leader or facts.shell, [], canonical=facts.canonical, lines=lines)
    canonical = tty.is_canonical(pane.tty)
    members = [] if canonical else named(foreground.read(pane.pid, pane.tty).members)
    return choose(None, members, canonical=canonical, lines=lines)


def named(members: list[Process]) -> list[Process]:
    """The processes, each with its argv."""
    for member in members:
        member.argv = process.arguments(member.pid)
    return members


def paste(pane: Pane, buffer: str, brackets: str) -> tuple[str, ...]:
    """The command that gives the pane a buffer's bytes and removes it; `brackets` is what `judge` said."""
    bare = versions.paste(pane.tmux, pane.id, buffer, "-d")
    if brackets == NEVER:
        return bare
    bracketed = versions.paste(pane.tmux, pane.id, buffer, "-p", "-d")
    if brackets == ALWAYS:
        return bracketed
    return ("if-shell", "-F", "-t", pane.id, "#{alternate_on}", argv.nested(bare), argv.nested(bracketed))
