"""A command for a shell that can't read our files, as the script that it evaluates (core.dialogue brings it there).

Functions for the begin and the end mark, a hook at the next prompt and at the shell's exit, the text itself;
at the end all of it is taken away again. The exit code is in the end mark alone.
"""

from __future__ import annotations

from bridge import shells
from bridge.core.dialogue import escape
from bridge.core.runscript import Run, display


def script(kind: str, run: Run, word: str, command: str, before: str = "", *, traps: bool = True) -> str:
    """What the shell evaluates; `before` is printed first, and behind it the command as a watcher sees it.

    `traps`: dash and ksh can't tell what they do on exit; whether nothing, so that the end mark may be set there.
    """
    shown = escape(before + display(command) + "\n").decode()
    if kind == "fish":
        shown = shown.replace("\\", "\\\\").replace("'", "\\'")
        text = command.replace("\\", "\\\\").replace("'", "\\'")
    else:
        shown = shown.replace("'", "'\\''")
        text = command.replace("'", "'\\''")
    # No text holds a NUL, so nothing in one is taken for a place where another belongs.
    lines, put, jobs = _SCRIPTS[kind]
    lines = lines.replace("FUNCTIONS\n", _FUNCTIONS).replace("BEGIN\n", _BEGIN)
    lines = lines.replace("PUT", put).replace("JOBS", jobs).replace("SHOWN", "\0S").replace("TEXT", "\0T")
    lines = lines.replace("ONTRAP", _TRAP if traps else ":").replace("UNTRAP", "\\trap - 0" if traps else ":")
    lines = lines.replace("NONCE", run.nonce).replace("WORD", word)
    end = "" if command.endswith("\n") else "\n"
    return lines.replace("\0S", f"'{shown}'").replace("\0T", f"'{text}{end}'")


# The marks go to the terminal itself; where it has no name there (a bare chroot), to where the shell prompts.
_FUNCTIONS = shells.text("inline_functions.sh")
# Where commands are traced the begin mark is set by the text itself, behind what is told of its sourcing.
_BEGIN = shells.text("inline_begin.sh")
_BASH = shells.text("inline.bash")
_ZSH = shells.text("inline.zsh")
# A prompt is the only hook that dash and ksh have. It runs in a subshell, so after Ctrl-C it stays until the next run.
_PLAIN = shells.text("inline.sh")
_FISH = shells.text("inline.fish")
_TRAP = """\\trap '__bridge_far_mark "$?"' 0"""
# The lines, how the shell prints a mark, and what keeps it from telling of a job that has ended amid the output.
_SCRIPTS = {
    "bash": (_BASH, "\\builtin printf %b", ""),
    "zsh": (_ZSH, "\\builtin printf %b", ""),
    "dash": (_PLAIN, "\\command printf %b", "\\jobs >/dev/null"),
    "ksh": (_PLAIN, "\\command print -n --", ":"),
    "fish": (_FISH, "", ""),
}
