"""Is a pane at its prompt? The verdict over what the system says of its terminal.

The name of the foreground command is no evidence: `bash script.sh` is called `bash` and a prompt of
`dash` is called `dash`. The terminal's foreground process group is (tcgetpgrp(3), proc(5) tpgid).
"""

from __future__ import annotations

from bridge.model import Facts, Process

IDLE, RUNNING, GONE, UNKNOWN = "idle", "running", "gone", "unknown"

SHELLS = frozenset(("sh", "bash", "zsh", "fish", "dash", "ash", "ksh", "ksh93", "mksh", "lksh", "yash")) | frozenset(
    ("rbash", "rksh", "rksh93", "rmksh", "rzsh")
)
# All that a person may have in a pane instead of a program, also those of whose prompt nothing is known.
PERSONAL = SHELLS | {
    "csh",
    "tcsh",
    "elvish",
    "ion",
    "nu",
    "oksh",
    "osh",
    "loksh",
    "pdksh",
    "posh",
    "pwsh",
    "xonsh",
    "ysh",
}
# Their line editors take the terminal out of canonical mode at the prompt, so a canonical read is
# the `read` builtin of a script's function or a loop.
_EDITORS = frozenset(("bash", "rbash", "zsh", "rzsh", "fish"))
_OPTIONS_WITH_VALUE = frozenset(("-o", "+o", "-O", "+O", "--rcfile", "--init-file", "--init-command", "--emulate"))
# One program of many names, told by its first word; its shell edits its line, but takes no bracketed paste.
_MANY = frozenset(("busybox", "toybox"))
# The names of processes that may be shells at their prompt.
PROGRAMS = SHELLS | _MANY
_RESTRICTED = frozenset(("rbash", "rksh", "rksh93", "rmksh", "rzsh"))


def verdict(facts: Facts) -> str:
    """`idle` at a prompt, `running`, `gone`, or `unknown` where the system does not say enough."""
    shell = facts.shell
    if shell is None or shell.state in "ZX" or facts.foreground < 0:
        return GONE
    if facts.foreground == shell.group:
        return _at_prompt(shell, facts)
    if facts.leader is None:
        return RUNNING
    return _at_prompt(facts.leader, facts)


def is_interactive_shell(argv: tuple[str, ...], known: frozenset[str] = SHELLS) -> bool:
    """Whether these words start a shell that prompts: one of those known, no script, no `-c`."""
    argv = own_words(argv)
    if not argv or shell_name(argv[0]) not in known:
        return False
    words = iter(argv[1:])
    for word in words:
        if word in ("-s", "--"):
            return word == "-s" or next(words, None) is None
        if word in _OPTIONS_WITH_VALUE or (word == "-C" and shell_name(argv[0]) == "fish"):
            next(words, None)
        elif word.startswith("--"):
            if word.split("=")[0] == "--command":
                return False
        elif word.startswith("-"):
            if "c" in word[1:]:
                return False
            if word.endswith(("o", "O")):
                next(words, None)
        elif not word.startswith("+"):
            return False
    return True


def own_words(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The words without the name of a program of many names before them: `busybox ash -l` is `ash -l`."""
    return argv[1:] if len(argv) > 1 and shell_name(argv[0]) in _MANY else argv


def is_restricted(argv: tuple[str, ...]) -> bool:
    """Whether the shell was started as a restricted one: it reads no file by its path and redirects nothing."""
    argv = own_words(argv)
    if not argv or not is_interactive_shell(argv):
        return False
    flags = [word for word in argv[1:] if word.startswith("-")]
    short = any("r" in word for word in flags if not word.startswith("--"))
    name = shell_name(argv[0])
    return name in _RESTRICTED or "--restricted" in flags or (short and name in ("bash", "zsh", "ksh", "ksh93", "mksh"))


def prompts(process: Process) -> bool:
    """Whether the process is a shell that takes its commands from the terminal, so that it prompts."""
    return process.interactive and is_interactive_shell(process.argv)


def has_line_editor(argv: tuple[str, ...]) -> bool:
    """Whether the shell edits its input line itself, which also lets it take pasted text as text."""
    return bool(argv) and shell_name(argv[0]) in _EDITORS and "--noediting" not in argv


def shell_name(word: str) -> str:
    """The program's name from its first word: `-bash` of a login shell and `/bin/bash` are `bash`."""
    return word.rpartition("/")[2].lstrip("-")


def _at_prompt(process: Process, facts: Facts) -> str:
    if not prompts(process) or process.state not in "SI" or facts.queued > 0:
        return RUNNING
    if process.reading is False:
        return RUNNING
    edits = has_line_editor(process.argv) or own_words(process.argv) != process.argv
    if edits and facts.canonical:
        return RUNNING
    if process.reading is None and not (edits and facts.canonical is False):
        return UNKNOWN
    return IDLE
