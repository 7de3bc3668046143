"""What a shell is given to run: the lines of a file that the shell itself sources.

The command's text is a file of its own, sourced by these lines, so nothing in it can break them. An
escape sequence that terminals ignore (OSC, ECMA-48 section 8.3.89) marks where its output begins and
ends; it goes to /dev/tty, behind whatever the command printed there. A hook at the shell's next prompt
sets the end mark where the lines were cut short: Ctrl-C, a text that dash gives up on.
"""

from __future__ import annotations

from bridge import shells

SHELLS = ("bash", "zsh", "fish", "dash", "ksh")
# Other names of shells that read the same lines as one of these.
_LIKE = {
    "rbash": "bash",
    "rzsh": "zsh",
    **dict.fromkeys(("rksh", "rksh93", "rmksh"), "ksh"),
    "ash": "dash",
    "busybox": "dash",
    "sh": "dash",
    "yash": "dash",
    "ksh93": "ksh",
    "mksh": "ksh",
    "lksh": "ksh",
    "ksh2020": "ksh",
}
# Shells that read lines of another kind.
FOREIGN = frozenset(("csh", "tcsh", "nu", "elvish", "xonsh", "pwsh", "rc", "es", "oil", "ion"))
_OSC = "6973"
_SHOWN_LINES = 12
_SHOWN_WIDTH = 400


class Run:
    """The names that one run has: its id, its secret word, and the files that the shell reads and writes.

    `directory` holds `<run_id>.sh` (these lines), `<run_id>.cmd` (the text) and `<run_id>.end`, to
    which the exit code is appended.
    """

    __slots__ = ("directory", "nonce", "run_id")

    def __init__(self, run_id: str, nonce: str, directory: str) -> None:
        self.run_id = run_id
        self.nonce = nonce
        self.directory = directory

    @property
    def base(self) -> str:
        """The path of the run's files without their endings."""
        return f"{self.directory}/{self.run_id}"

    @property
    def start_mark(self) -> bytes:
        """The bytes behind which the output begins."""
        return f"\x1b]{_OSC};{self.nonce};S\x07".encode()

    @property
    def end_mark(self) -> bytes:
        """The bytes before the exit code; a BEL follows the digits."""
        return f"\x1b]{_OSC};{self.nonce};E;".encode()


def dialect(program: str) -> str:
    """Which of SHELLS reads its lines as this program (`-bash`, `/bin/sh`) does; empty for an unknown one."""
    name = program.rpartition("/")[2].lstrip("-")
    return name if name in SHELLS else _LIKE.get(name, "")


def typed_line(shell: str, run: Run) -> str:
    """The line to type. Its leading blank keeps it out of the history where the shell is set so."""
    # Neither an alias nor a function of that name is in the way.
    word = "builtin source" if shell == "fish" else "\\."
    return f" {word} {_quoted(f'{run.base}.sh', shell)}"


def script(
    shell: str,
    run: Run,
    command: str,
    stdin_path: str = "",
    hook_path: str = "",
    offer_path: str = "",
    *,
    subshell: bool = False,
) -> str:
    """The lines of `<run_id>.sh`; `stdin_path` is what the command reads, `hook_path` our shell's hook.

    `offer_path` is where the next run will be offered to a shell whose hook does not know it by itself. With
    `subshell` the text is run by a shell of its own (in fish by another fish), so that its `exit` and `set -e`
    end that one.
    """
    template = _TEMPLATES[shell]
    if not stdin_path:
        template = template.replace(" <@stdin@", "")
    if subshell:
        rest = " <@stdin@\n" if stdin_path else "\n"
        for line in _SOURCING:
            template = template.replace(f"\n{line}{rest}", f"\n{_APART.get(line, f'({line})')}{rest}")
        if shell == "zsh":
            template = template.replace("\ncase ", "\n(case ").replace(f"\nesac{rest}", f"\nesac){rest}")
    fill = {
        "shown": _quoted(display(command), shell),
        "text": _quoted(f"{run.base}.cmd", shell),
        "stdin": _quoted(stdin_path, shell),
        "nonce": run.nonce,
        "id": run.run_id,
        "end": _quoted(f"{run.base}.end", shell),
        "hook": _quoted(hook_path, shell),
        "go": _quoted(offer_path, shell),
    }
    parts = template.split("@")
    parts[1::2] = [fill[name] for name in parts[1::2]]
    return "".join(parts)


def _quoted(text: str, shell: str) -> str:
    if shell == "fish":
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return "'" + text.replace("'", "'\\''") + "'"


def display(command: str) -> str:
    """The text as a watcher sees it: control characters shown, long texts cut."""
    rows = command.rstrip("\n").split("\n")
    cut = [f"… ({len(rows) - _SHOWN_LINES} more lines)"] if len(rows) > _SHOWN_LINES else []
    shown = [row if len(row) <= _SHOWN_WIDTH else row[:_SHOWN_WIDTH] + "…" for row in rows[:_SHOWN_LINES]] + cut
    text = "\n".join(("$ " if number == 0 else "> ") + row for number, row in enumerate(shown))
    return "".join(char if char in "\n\t" or char.isprintable() else "\ufffd" for char in text)


# The lines, as bridge/shells/run.* has them; `@name@` stands for what is filled in.
#
# The lines are one group, so that a shell that shows what it reads (set -v) has shown them before the begin mark;
# `{ … } >/dev/null 2>&1` keeps ours out of a trace (set -x) and away from a trap of each command (set -T). Where
# any of that is on, the begin mark is set by the text itself, behind what is told of its sourcing. The exit code, and
# in bash $_, is put back before the text is sourced. Jobs that ended before are told of before the begin mark
# (jobs -n): bash would do so in the middle of the output.
#
# A prompt is the only hook that dash and ksh have; it runs in a subshell, so it stays until the end mark is set. ksh
# cuts the status of a sourced file to eight bits, so that a signal (256 and more) would look like a small code: it
# evaluates the text.
_TEMPLATES = {
    "bash": shells.text("run.bash"),
    "zsh": shells.text("run.zsh"),
    "fish": shells.text("run.fish"),
    "dash": shells.text("run.sh"),
    "ksh": shells.text("run.ksh"),
}
# The lines that give the text to the shell, and how that looks apart from it.
_SOURCING = ("\\. @text@", "builtin source @text@", '\\eval "$__bridge_text"')
_APART = {"builtin source @text@": "$__fish_bin_dir/fish -c 'builtin source $argv[1]' @text@"}
