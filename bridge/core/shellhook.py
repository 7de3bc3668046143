"""The lines that a shell keeps: functions, and one entry in its prompt hook.

They tell the exit code of every command: the one that a run waits for by an end mark in the terminal's
own stream, and the last one of all in a file of the pane, as `PROMPTS CODE COMMANDS`: an empty line counts as
a prompt, and not as a command. A prompt costs 30 µs more.
Nothing but names that begin with `__bridge_` is set, and none is exported.
"""

from __future__ import annotations

from bridge import shells

_OSC = "6973"
_BEGINS = "\\033]OSC;C\\007"  # as printf and PS0 take it; core.marks reads it
# What our keys do in a line editor, in any of its modes. The first three end whatever waits for a key (an operator,
# a search, a quoted key); each is one byte, so that nothing takes a part of it. The last gives the shell the line
# that it is to run. Enter is never pressed, so where a shell does not know these keys nothing is run.
KEYS = f"\x1e\x1e\x1e\x1b[{_OSC};1~"

# `>|` and `>>` are used so that noclobber does not stand in the way. A mark is set only while somebody waits
# for it: while the file is there. A backslash keeps a word from being taken for an alias.
# Where no file may grow (ulimit -f 0), the signal XFSZ would end the shell that tries it.
BASH = shells.text("hook.bash")

ZSH = shells.text("hook.zsh")

FISH = shells.text("hook.fish")

PLAIN = shells.text("hook.sh")

_TEXTS = {"bash": BASH, "zsh": ZSH, "fish": FISH, "dash": PLAIN, "ksh": PLAIN}


def hook(shell: str, directory: str) -> str:
    """The lines for this shell; `directory` is where the panes' files of last codes are."""
    escape = directory.replace("\\", "\\\\").replace("'", "\\'") if shell == "fish" else directory.replace("'", "'\\''")
    text = _TEXTS[shell].replace("TYPED", typed_line(shell)).replace("BEGINS", _BEGINS)
    text = text.replace("OSC", _OSC)
    return text.replace("DIRECTORY", escape)


def typed_line(shell: str) -> str:
    """The line that our keys have a shell run; it is what a watcher sees, and kept out of the history."""
    return f' {"builtin source" if shell == "fish" else chr(92) + "."} "$__bridge_go"'


_START_BASH = shells.text("start.bash")

_START_ZSH = shells.text("start.zsh")

_START_FISH = shells.text("start.fish")


def start_files(place: str, directory: str) -> dict[str, str]:
    """The files below `place` that lead a new shell to its hook, by name, and the hooks themselves."""
    quoted = place.replace("'", "'\\''")
    fish = place.replace("\\", "\\\\").replace("'", "\\'")
    return {
        "hook.bash": hook("bash", directory),
        "hook.zsh": hook("zsh", directory),
        "hook.fish": hook("fish", directory),
        "start.bash": _START_BASH.replace("TEXT", _word(f"\\. '{quoted}/start.bash'")).replace("PLACE", quoted),
        "zsh/.zshenv": _START_ZSH.replace("PLACE", quoted).replace("TYPED", typed_line("zsh")),
        "fish/vendor_conf.d/bridge.fish": _START_FISH.replace("PLACE", fish),
    }


def _word(text: str) -> str:
    """A text as one word of a shell, in which nothing is expanded."""
    return "'" + text.replace("'", "'\\''") + "'"
