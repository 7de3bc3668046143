"""What differs between the versions of tmux: the only place that knows it.

What counts is the server's version, which may be another one than that of the program on PATH. Every row of the list
of panes tells it (`Pane.tmux`), so nobody has to ask for it.
"""

from __future__ import annotations

OLDEST = (3, 2)
# The releases that bridge was tried with; docs/TMUX_VERSIONS.md says how far with each.
TRIED = ("3.2a", "3.3a", "3.4", "3.5a", "3.6b", "3.7c")

# Floating panes (`new-pane`, since 3.7) are panes of a window that are not in its layout; whoever lays it out dissolves
# them. Older servers know no such flag, and expand it to nothing.
TILED_PANES = "#{n:#{P:#{?pane_floating_flag,,x}}}"
NOTHING_FLOATS = f"#{{==:{TILED_PANES},#{{window_panes}}}}"

# Whether the program in a pane has asked for keys that terminals have no bytes for (modifyOtherKeys), and for all of
# them. Servers before 3.5 do not tell it of a program, only that the user has turned it on for all; they know one mode.
READS_ALL_KEYS = "#{==:#{pane_key_mode},Ext 2}"
READS_MORE = "#{||:#{m:Ext *,#{pane_key_mode}},#{&&:#{==:#{pane_key_mode},},#{==:#{extended-keys},always}}}"

# From here on a file must come together with its own message (and from 3.7 on nothing can go wrong).
_INTRODUCTION_MENDED = (3, 6)
_PASTE_IS_SPELLED_OUT = (3, 7)
_NEWEST = (99, 0)


def number(version: str) -> tuple[int, int]:
    """Major and minor number: `3.3a`, `next-3.8`; a build that names none (`master`) counts as the newest."""
    found = version.lstrip("abcdefghijklmnopqrstuvwxyz- ")
    major, _, rest = found.partition(".")
    minor = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else _NEWEST


def nearest_tried(version: str) -> str:
    """The tried release of the same major and minor number, empty without one or for a build between two releases."""
    if not version[:1].isdecimal() or "-" in version:
        return ""
    return version if version in TRIED else next((tried for tried in TRIED if number(tried) == number(version)), "")


def needs_care(version: str) -> bool:
    """Whether a control client must introduce itself in one piece, or it may end the server."""
    return number(version) < _INTRODUCTION_MENDED


def paste(version: str, pane: str, name: str, *flags: str) -> tuple[str, ...]:
    """The command that pastes a buffer's bytes as they are into a pane; `flags` as of tmux(1) `paste-buffer`.

    Since 3.7 control characters are written as `^X` unless `-S` is given, which older servers refuse.
    """
    exact = ("-S",) if number(version) >= _PASTE_IS_SPELLED_OUT else ()
    return ("paste-buffer", *exact, *flags, "-r", "-b", name, "-t", pane)
