"""What a shell is given to run: the lines of a file that the shell itself sources.

The command's text is a file of its own, sourced by these lines, so nothing in it can break them. An
escape sequence that terminals ignore (OSC, ECMA-48 section 8.3.89) marks where its output begins and
ends; it goes to /dev/tty, behind whatever the command printed there. A hook at the shell's next prompt
sets the end mark where the lines were cut short: Ctrl-C, a text that dash gives up on.
"""

from __future__ import annotations

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
    shown = _quoted(display(command), shell)
    begin = f"printf '%s\\n\\033]{_OSC};%s;S\\007' {shown} {run.nonce} >/dev/tty"
    show = f"printf '%s\\n' {shown} >/dev/tty"
    mark = f'\\builtin printf "\\033]{_OSC};%s;S\\007" {run.nonce} >/dev/tty'
    back = '__bridge_return "$__bridge_code" && :'
    if shell == "bash":
        back = '__bridge_return "$__bridge_code" "$__bridge_word" && __bridge_return 0 "$__bridge_word"'
    text = _quoted(f"{run.base}.cmd", shell)
    stdin = f" <{_quoted(stdin_path, shell)}" if stdin_path else ""
    fill = {
        "begin": begin,
        "show": show,
        "mark": mark,
        "back": back,
        "text": text,
        "stdin": stdin,
        "nonce": run.nonce,
        "id": run.run_id,
    }
    fill["end"] = _quoted(f"{run.base}.end", shell)
    fill["hook"] = _quoted(hook_path, shell)
    fill["go"] = _quoted(offer_path, shell)
    template = _TEMPLATES[shell]
    if subshell:
        for line in _SOURCING:
            template = template.replace(f"\n{line}{{stdin}}\n", f"\n{_APART.get(line, f'({line})')}{{stdin}}\n")
        if shell == "zsh":
            template = template.replace("\ncase ", "\n(case ").replace("\nesac{stdin}", "\nesac){stdin}")
    return template.format_map(fill)


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


# The lines are one group, so that a shell that shows what it reads (set -v) has shown them before the begin mark;
# `{{ … }} >/dev/null 2>&1` keeps ours out of a trace (set -x) and away from a trap of each command (set -T). Where
# any of that is on, the begin mark is set by the text itself, behind what is told of its sourcing. The exit code, and
# in bash $_, is put back before the text is sourced. Jobs that ended before are told of before the begin mark
# (jobs -n): bash would do so in the middle of the output.
_BASH = """\
{{ {{ __bridge_code=$? __bridge_word=$_
\\. {hook}
if [[ -o history ]]; then
case $(HISTTIMEFORMAT= \\builtin history 1) in *'/{id}.sh'* | *'"$__bridge_go"'*) \\builtin history -d -1 ;; esac
fi
__bridge_run='{nonce}' __bridge_end={end}
\\builtin jobs -n >/dev/tty
\\builtin {show}
case $- in
*[vxT]*)
__bridge_text=$(<{text})
\\builtin printf '%s\\n' '{{ {mark}; {back}; }} >/dev/null 2>&1' "$__bridge_text" >|{text}
\\unset __bridge_text ;;
*) {mark} ;;
esac
{back}; }} >/dev/null 2>&1
\\. {text}{stdin}
{{ __bridge_finish "$?" && :; }} >/dev/null 2>&1
}}
"""
_ZSH = """\
{{ {{ __bridge_code=$?
\\. {hook}
__bridge_run='{nonce}' __bridge_end={end}
\\builtin {show}
if [[ -o xtrace || -o verbose ]]; then
__bridge_text='{{ __bridge_open "$__bridge_code" && :; }} >/dev/null 2>&1
'$(<{text})
else
{mark}
fi
{back}; }} >/dev/null 2>&1
case ${{__bridge_text-}} in
'') \\. {text} ;;
*) \\builtin eval "$__bridge_text" ;;
esac{stdin}
{{ __bridge_finish "$?" && :; }} >/dev/null 2>&1
}}
"""
_FISH = """\
set -g __bridge_code $status
builtin source {hook}
set -g __bridge_run {nonce}
set -g __bridge_end {end}
builtin {begin}
__bridge_return $__bridge_code
builtin source {text}{stdin}
__bridge_finish $status
"""
# A prompt is the only hook that dash and ksh have; it runs in a subshell, so it stays until the end mark is set.
_PLAIN = """\
{{ __bridge_code=$?
\\. {hook}
__bridge_run='{nonce}' __bridge_end={end} __bridge_go={go} PS1=${{PS1-}}
PS1='$(__bridge_ended)'${{PS1#'$(__bridge_ended)'}}
\\command {begin}
__bridge_return "$__bridge_code" && :; }} 2>/dev/null
\\. {text}{stdin}
{{ __bridge_finish "$?" && :; }} 2>/dev/null
"""
# ksh cuts the status of a sourced file to eight bits, so that a signal (256 and more) would look like a small code.
_KSH = _PLAIN.replace("\\command {begin}", "__bridge_text=$(<{text})\n\\command {begin}").replace(
    "\\. {text}{stdin}", '\\eval "$__bridge_text"{stdin}'
)
# The lines that give the text to the shell, and how that looks apart from it.
_SOURCING = ("\\. {text}", "builtin source {text}", '\\eval "$__bridge_text"')
_APART = {"builtin source {text}": "$__fish_bin_dir/fish -c 'builtin source $argv[1]' {text}"}
_TEMPLATES = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "dash": _PLAIN, "ksh": _KSH}
