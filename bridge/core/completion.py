"""Is a pane at its prompt? The verdict over what the system says of its terminal.

The name of the foreground command is no evidence: `bash script.sh` is called `bash` and a prompt of
`dash` is called `dash`. The terminal's foreground process group is (tcgetpgrp(3), proc(5) tpgid).
"""

from __future__ import annotations

from bridge.model import Facts, Process

IDLE, RUNNING, GONE, UNKNOWN = "idle", "running", "gone", "unknown"

SHELLS = frozenset(("sh", "bash", "rbash", "zsh", "fish", "dash", "ash", "ksh", "ksh93", "mksh", "lksh", "yash"))
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
_EDITORS = frozenset(("bash", "rbash", "zsh", "fish"))
_OPTIONS_WITH_VALUE = frozenset(("-o", "+o", "-O", "+O", "--rcfile", "--init-file", "--init-command"))


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
    edits = has_line_editor(process.argv)
    if edits and facts.canonical:
        return RUNNING
    if process.reading is None and not (edits and facts.canonical is False):
        return UNKNOWN
    return IDLE
