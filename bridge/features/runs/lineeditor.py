"""Drafts: what a person has typed into a shell's line editor is neither run nor joined to our line.

A shell with our hook has keys for it in every mode (core.shellhook). Elsewhere the line is abandoned as a person
does it: by the terminal's interrupt key, which every editor takes in every mode.
"""

from __future__ import annotations

import time

from bridge import pause
from bridge.context import Context
from bridge.core import promptstate, shellhook
from bridge.features.panes import integration, keystrokes
from bridge.features.runs import shellprompt
from bridge.model import Pane
from bridge.store import runs
from bridge.system import foreground, process, tty
from bridge.system.foreground import Prompt

_LINES_PUT_ASIDE = 20
_STABLE_FOR = 0.004
_PROMPTS_WITHIN = 5.0
_DRAWS_WITHIN = 0.1
_WITH_KEYS = ("bash", "zsh", "fish")


def keys(ctx: Context, pane: Pane, prompt: Prompt) -> str:
    """The keys that have this shell run the line that is offered to it, empty where it does not know them."""
    if prompt.shell not in _WITH_KEYS or prompt.canonical is not False:
        return ""
    known = integration.is_started(ctx, prompt.pid) and (
        prompt.shell == "fish" or runs.has_prompted(ctx.paths, pane.id, prompt.pid)
    )
    return shellhook.KEYS if known or runs.has_hook(ctx.paths, pane.id, prompt.pid, prompt.identity) else ""


def knows_offers(ctx: Context, pane: Pane, prompt: Prompt) -> bool:
    """Whether a shell without our keys has the name of what is offered to it, from a run of ours before."""
    return runs.was_offered(ctx.paths, pane.id, prompt.pid, prompt.identity)


def withdraw(ctx: Context, pane: Pane, prompt: Prompt) -> bool:
    """Take back what the keys were to have run; whether the shell is at its prompt and so can't run it any more."""
    if not runs.withdraw(ctx.paths, pane.id, prompt.pid):
        return False
    facts = foreground.look(pane.pid, pane.tty)
    judged = facts.leader or facts.shell
    return judged is not None and judged.pid == prompt.pid and promptstate.verdict(facts) == promptstate.IDLE


def clear(ctx: Context, pane: Pane, prompt: Prompt, *, sure: bool = True) -> str:
    """Have the shell give up what was typed and not run; the keys that are to stand before our line.

    With `sure` a shell that nobody has woken since it prompted after a run of ours is left as it is: of that prompt
    only an unfinished line can be there that the terminal itself keeps, and takes away by a key. Raises ERR_BUSY
    where the shell does not prompt anew.
    """
    kill, interrupt = tty.editing_keys(pane.tty)
    lines = kill * 2 if prompt.canonical else ""  # of two the first may be quoted by the key before it
    if sure and runs.is_idle_since(ctx.paths, pane.id, prompt.pid, _sign(prompt.pid, prompt.identity)):
        return lines
    if prompt.shell in _WITH_KEYS and not prompt.inline:  # our line gives it the hook
        runs.note_hook(ctx.paths, pane.id, prompt.pid, prompt.identity)
    if not interrupt:
        raise shellprompt.busy(pane, "its terminal has no interrupt key, so a half typed line cannot be given up")
    if prompt.canonical:
        _press(ctx, pane, prompt, lines + interrupt)
    else:
        # The first ends whatever waits for a key, one that is to be quoted, or in fish the end of a paste. Where the
        # interrupt ends a search or a mode only, the second ends the line.
        _press(ctx, pane, prompt, ("\x1b[201~" if prompt.shell == "fish" else "") + (kill or "\x15"))
        for _ in range(1 if prompt.shell == "bash" else 2):
            _press(ctx, pane, prompt, interrupt)
        if prompt.shell == "zsh":  # it brings back what was put aside (push-line), with the cursor at its end
            return "\x15" * _LINES_PUT_ASIDE
    return ""


def note(ctx: Context, pane: Pane, record: dict[str, object]) -> None:
    """Remember the fresh prompt of a shell without keys, if it has drawn it already, for `clear`."""
    inline = bool(record.get("inline"))
    if (record["shell"] in _WITH_KEYS and not inline) or record["outcome"] != "exited":
        return
    # An interrupt would cost the status of the last command, which the next one may ask for: worth a short wait.
    end, last = time.monotonic() + (_DRAWS_WITHIN if inline else 0.0), ""
    while True:
        facts = foreground.look(pane.pid, pane.tty)
        judged = facts.leader or facts.shell
        if judged is not None and promptstate.verdict(facts) == promptstate.IDLE:
            sign = _sign(judged.pid, process.image(judged.pid))
            if time.monotonic() >= end or sign == last:
                runs.note_idle(ctx.paths, pane.id, judged.pid, sign)
                if not inline:  # what went over the terminal leaves no name behind
                    runs.note_hook(ctx.paths, pane.id, judged.pid, process.image(judged.pid))
                return
            last = sign
        elif time.monotonic() >= end:
            return
        pause.nap(_STABLE_FOR)


def _press(ctx: Context, pane: Pane, prompt: Prompt, keys: str) -> None:
    """Press keys that wake the shell, and wait until it is at a prompt again."""
    before = process.count_switches(prompt.pid)
    keystrokes.press(ctx, pane, keys)
    end = time.monotonic() + _PROMPTS_WITHIN
    since, last = 0.0, before
    while True:
        facts = foreground.look(pane.pid, pane.tty)
        judged = facts.leader or facts.shell
        now, switches = time.monotonic(), process.count_switches(prompt.pid)
        idle = judged is not None and judged.pid == prompt.pid and promptstate.verdict(facts) == promptstate.IDLE
        if not idle or switches != last:
            since, last = now, switches
        elif switches != before and now - since >= _STABLE_FOR:
            return
        if now > end:
            raise shellprompt.busy(pane, "its shell does not give up a half typed line")
        pause.nap(0.001)


def _sign(pid: int, image: str) -> str:
    return f"{image} {process.count_switches(pid)}"
