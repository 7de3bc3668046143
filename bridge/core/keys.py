"""The names of keys that tmux knows (tmux(1), KEY BINDINGS): it types a name that it does not know as text."""

from __future__ import annotations

from bridge import errors

_NAMES = frozenset(
    (
        *(f"f{number}" for number in range(1, 13)),
        *("ic", "insert", "dc", "delete", "home", "end", "up", "down", "left", "right"),
        *("npage", "pagedown", "pgdn", "ppage", "pageup", "pgup"),
        *("tab", "btab", "space", "bspace", "enter", "escape"),
        *("kp/", "kp*", "kp-", "kp+", "kp.", "kpenter"),
        *(f"kp{number}" for number in range(10)),
    )
)
_MODIFIERS = ("c-", "m-", "s-")


def check(names: tuple[str, ...]) -> None:
    """Raise ERR_USAGE and name the first word that is no key."""
    for name in names:
        if not is_key(name):
            raise errors.usage(
                f"keys: no key has this name: {name!r}",
                hint="keys are Enter, C-c, M-x, Up, F5, a, …; --literal types words as text",
            )


def is_key(name: str) -> bool:
    """Whether tmux takes the word for one key: a character, a name, or either after C-, M-, S- or ^."""
    rest = name
    while len(rest) > 2 and rest[:2].lower() in _MODIFIERS:
        rest = rest[2:]
    control = "c-" in name[: len(name) - len(rest)].lower()
    if rest[:1] == "^" and len(rest) == 2:
        control, rest = True, rest[1:]
    if len(rest) != 1:
        return rest.lower() in _NAMES
    return rest.isprintable() and (rest.isascii() or not control)
