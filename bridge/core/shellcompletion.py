"""Completion files for bash, zsh and fish, made from the command table.

What is fixed (commands, options, choices) stands in the file; what lives (sessions, panes, runs, …) is asked for by
one call of `bridge complete`. Each argument has a kind: one of LIVE, `file`, `command`, `topic`, `choice:a,b` or `-`
for what nobody can guess; `*` at its end means that it takes many words.
"""

from __future__ import annotations

from bridge import shells
from bridge.spec import Arg, Command

SHELLS = ("bash", "zsh", "fish")
# Each finds the command among the words of the line, what kind of word is wanted at the cursor, and asks for it. What
# is between two @ is put in there.
_BASH = shells.text("complete.bash")
_ZSH = shells.text("complete.zsh")
_FISH = shells.text("complete.fish")
GLOBALS = ("--compact", "--fields", "--quiet", "--table", "--script", "--version", "--help", "-L", "-S")
MARK = "bridge completion, generated; bridge completion SHELL --install writes it anew"
NAMES = ("bridge", "tmux-bridge", "claude-tmux")
LIVE = ("session", "pane", "label", "run", "group", "subscription")
_FILES = ("file", "path", "bundle", "directory", "workdir", "dir", "stdin-file", "source", "other")
# What an argument of that name is, whatever its type.
_NAMED = {
    **dict.fromkeys(("session", "needed"), "session"),
    **dict.fromkeys(("pane", "group", "signal", "layout"), ""),
    "run_id": "run",
    "id": "subscription",
    **dict.fromkeys(("event", "type"), "event"),
}
_MADE = {("group-create", "group"), ("event-publish", "event")}  # a new name is wanted there


def kind(row: Command, arg: Arg, fixed: dict[str, tuple[str, ...]] | None = None) -> str:
    """What may stand for an argument; `fixed` are the words of kinds that do not change."""
    if arg.type == "choice":
        found = "choice:" + ",".join(arg.choices)
    elif (row.name, arg.name) in _MADE:
        found = "-"
    elif arg.type in ("session", "pane"):
        found = arg.type
    elif arg.name == "label" and row.effect == "read":
        found = "label"
    elif arg.name in _FILES:
        found = "file"
    elif arg.name == "command" and row.target == "none" and row.effect == "read":
        found = "command"
    elif arg.name == "key" and row.target == "none":
        found = "setting"
    else:
        found = _NAMED.get(arg.name, "-") or arg.name
    if found not in ("-", "file", "command", *LIVE) and ":" not in found:
        found = "choice:" + ",".join((fixed or {})[found]) if found in (fixed or {}) else "-"
    return found + ("*" if arg.many else "")


def script(
    shell: str,
    rows: tuple[Command, ...],
    topics: tuple[str, ...] = (),
    fixed: dict[str, tuple[str, ...]] | None = None,
) -> str:
    """The completion file of one of SHELLS.

    `topics` are what `help` explains besides the commands; `fixed` the words for event, layout, signal, setting.
    """
    names = " ".join(row.name for row in rows)
    if shell == "fish":
        body = "\n".join(_fish_row(row, fixed) for row in rows)
        words = "\n".join(f"            printf '%s\\t%s\\n' {row.name} {_fish(row.summary)}" for row in rows)
        text = _FISH.replace("@WORDS@", words)
    else:
        body = "\n".join(_posix_row(row, fixed) for row in rows)
        text = (_BASH if shell == "bash" else _ZSH).replace("    @ROWS@) ;;", "@ROWS@")
        words = "\n".join(f"    {_quoted(row.name + ':' + row.summary)}" for row in rows)
        text = text.replace("@WORDS@", words)
    return (
        text.replace("@MARK@", MARK)
        .replace("@ROWS@", body)
        .replace("@NAMES@", names)
        .replace("@TOPICS@", " ".join(topics))
        .replace("@GLOBALS@", " ".join(GLOBALS))
        .replace("@LIVE@", (" " if shell == "fish" else " | ").join(LIVE))
        .replace("@PROGRAMS@", " ".join(NAMES))
    )


_Fixed = dict[str, tuple[str, ...]] | None


def _options(row: Command, fixed: _Fixed) -> list[str]:
    """The options as words: `--flag`, and `--name=KIND` for one that takes a value."""
    return [
        f"--{arg.name}" + ("" if arg.type == "flag" else f"={kind(row, arg, fixed)}")
        for arg in row.args
        if not arg.positional
    ]


def _places(row: Command, fixed: _Fixed) -> list[str]:
    return [kind(row, arg, fixed) for arg in row.args if arg.positional]


def _posix_row(row: Command, fixed: _Fixed) -> str:
    kinds = " ".join(_quoted(word) for word in _places(row, fixed))
    options = " ".join(_quoted(word) for word in _options(row, fixed))
    return f"    {row.name}) kinds=({kinds}) options=({options}) ;;"


def _fish_row(row: Command, fixed: _Fixed) -> str:
    kinds = " ".join(_fish(word) for word in _places(row, fixed))
    options = " ".join(_fish(word) for word in _options(row, fixed))
    return f"        case {row.name}\n            set kinds {kinds}\n            set options {options}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
