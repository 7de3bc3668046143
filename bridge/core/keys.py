"""Names of keys as tmux reads them (tmux(1) KEY BINDINGS), and names of signals (signal(7))."""

from __future__ import annotations

from bridge.errors import BridgeError, usage

_NAMED = frozenset(
    [
        "bspace",
        "btab",
        "dc",
        "delete",
        "down",
        "end",
        "enter",
        "escape",
        "home",
        "ic",
        "insert",
        "left",
        "npage",
        "pagedown",
        "pgdn",
        "ppage",
        "pageup",
        "pgup",
        "right",
        "space",
        "tab",
        "up",
        "kp/",
        "kp*",
        "kp-",
        "kp7",
        "kp8",
        "kp9",
        "kp+",
        "kp4",
        "kp5",
        "kp6",
        "kp1",
        "kp2",
        "kp3",
        "kpenter",
        "kp0",
        "kp.",
    ]
)
_FUNCTION_KEYS = 12


def check_keys(keys: tuple[str, ...]) -> None:
    """Raise ERR_USAGE for a word that is no key: tmux would type it as text instead."""
    for key in keys:
        if not is_key(key):
            raise usage(
                f"keys: not a key's name: {key!r}",
                hint="Enter, Escape, Up, C-c, M-x, F5, a single character …; --literal sends the words as text",
            )


def is_key(word: str) -> bool:
    """Whether tmux knows the word as a key: modifiers C- M- S- or ^, then a name or one character."""
    if len(word) == 1:
        return word.isprintable()
    if word[0:1] == "^" and len(word) == 2:
        return word[1].isascii() and word[1].isprintable()
    rest = word
    while len(rest) > 2 and rest[1] == "-" and rest[0] in "CMScms":
        rest = rest[2:]
    if rest != word and len(rest) == 1:
        return rest.isprintable()
    lower = rest.lower()
    if lower in _NAMED:
        return True
    return lower[:1] == "f" and lower[1:].isdigit() and 1 <= int(lower[1:]) <= _FUNCTION_KEYS and lower[1] != "0"


def signal_number(word: str, known: dict[str, int]) -> int:
    """The number of a signal given as `TERM`, `SIGTERM`, `term` or `15`; raises ERR_USAGE."""
    name = word.upper().removeprefix("SIG")
    if name in known:
        return known[name]
    if word.isascii() and word.isdigit() and int(word) in known.values():
        return int(word)
    raise BridgeError(
        "ERR_USAGE", f"signal: no such signal: {word!r}", hint="give INT, TERM, KILL, HUP, STOP, CONT … or a number"
    )
