"""The names of keys that tmux knows (tmux(1), KEY BINDINGS), and which of them a program can tell from others.

A terminal has bytes of its own for some keys only: Shift and Enter together are an Enter. Programs may ask for more
(modifyOtherKeys, as in xterm), and tmux then sends more. Where nobody has asked, tmux leaves the modifier away, loses
the key or types its name, each version otherwise; so such a key is not sent there.
"""

from __future__ import annotations

from bridge import errors
from bridge.errors import BridgeError

# Cursor and function keys have an encoding for every modifier.
_WITH_ALL = frozenset(
    (
        *(f"f{number}" for number in range(1, 13)),
        *("ic", "insert", "dc", "delete", "home", "end", "up", "down", "left", "right"),
        *("npage", "pagedown", "pgdn", "ppage", "pageup", "pgup"),
    )
)
_WITH_META = frozenset(("tab", "bspace", "enter", "escape"))
_KEYPAD = frozenset(
    (*(f"kp{number}" for number in range(10)), *("kp/", "kp*", "kp-", "kp+", "kp.", "kpenter")),
)
_NAMES = _WITH_ALL | _WITH_META | _KEYPAD | {"btab", "space"}
_MODIFIERS = ("c-", "m-", "s-")
_CONTROL = "@[\\]^_?"  # with Ctrl they are control characters, as letters are
_HALF_CONTROL = "/-"  # also, but not with Meta besides
_CONTROL_DIGITS = "2345678"  # also for some versions, which then leave a Shift away

PLAIN, EXTENDED, ALL_KEYS, NEVER = range(4)

# What people call keys that tmux calls otherwise.
_ALIASES = {
    **dict.fromkeys(("esc",), "Escape"),
    **dict.fromkeys(("return", "cr", "ret"), "Enter"),
    **dict.fromkeys(("backspace", "bs", "bkspc"), "BSpace"),
    **dict.fromkeys(("del",), "DC"),
    **dict.fromkeys(("ins",), "IC"),
    **dict.fromkeys(("spacebar", "spc"), "Space"),
    **dict.fromkeys(("backtab", "shift-tab", "shift+tab"), "BTab"),
}
_SPELT = (
    *("Enter", "Escape", "Space", "BSpace", "BTab", "Home", "Left", "Right", "Down", "Insert", "Delete"),
    *("NPage", "PPage", "PageUp", "PageDown", "PgUp", "PgDn"),
)


class Press:
    """What is sent: words for tmux, and whether they are text; `needs` is the most that a key of it needs."""

    __slots__ = ("needs", "parts")

    def __init__(self, parts: list[tuple[bool, list[str]]], needs: int) -> None:
        self.parts = parts
        self.needs = needs


def plan(words: tuple[str, ...]) -> Press:
    """What the words mean: keys by their names, other words as text, as tmux takes them.

    Raises ERR_USAGE for a word that looks like a misspelt key, ERR_UNSUPPORTED for a key that no program can read.
    """
    parts: list[tuple[bool, list[str]]] = []
    most = PLAIN
    for word in words:
        literal = not is_key(word)
        if literal:
            _check_text(word)
        name = word if literal else _equal(word)
        most = max(most, PLAIN if literal else needs(name))
        if most == NEVER:
            raise unreadable((word,), NEVER)
        if not parts or parts[-1][0] != literal:
            parts.append((literal, []))
        parts[-1][1].append(name)
    return Press(parts, most)


def needs(name: str) -> int:
    """What a program must have asked for to tell this key from others.

    PLAIN: nothing; EXTENDED: modifyOtherKeys in either mode; ALL_KEYS: its mode 2; NEVER: not every tmux can say it.
    """
    held, base = _split(name)
    lower = base.lower()
    if not held or held == {"m"} or lower in _WITH_ALL:
        return NEVER if lower == "btab" and held else PLAIN
    if lower == "btab" or lower in _KEYPAD or base == "~":
        return NEVER
    if lower == "space":
        return PLAIN if "s" not in held else EXTENDED if held == {"s"} else ALL_KEYS
    if lower in _WITH_META:
        return EXTENDED if "m" not in held else ALL_KEYS
    if "s" not in held and (base in _CONTROL or base.isalpha() or (base in _HALF_CONTROL and "m" not in held)):
        return PLAIN if base.isascii() else ALL_KEYS
    if base.isalpha() or not base.isascii() or "m" in held or base in f"{_CONTROL}{_HALF_CONTROL}`":
        return ALL_KEYS
    return ALL_KEYS if base in _CONTROL_DIGITS and held == {"c", "s"} else EXTENDED


def unreadable(words: tuple[str, ...], least: int) -> BridgeError:
    """The error for keys of which one needs so much that the program has not asked for it."""
    first = next(word for word in words if is_key(word) and needs(_equal(word)) >= least)
    return BridgeError(
        "ERR_UNSUPPORTED",
        f"keys: the program in the pane cannot tell {first} from other keys; nothing was sent",
        hint="terminals have no bytes for it, and the program has not asked for more (modifyOtherKeys; tmux needs "
        "`extended-keys on`); pane-send-stdin --raw sends bytes of your own",
    )


def is_key(name: str) -> bool:
    """Whether tmux takes the word for one key: a character, a name, or either after C-, M-, S- or ^."""
    held, rest = _split(name)
    if len(rest) != 1:
        return rest.lower() in _NAMES
    return rest.isprintable() and (rest.isascii() or "c" not in held)


def _split(name: str) -> tuple[set[str], str]:
    """The modifiers of a name and the key without them."""
    held, rest = set(), name
    while len(rest) > 2 and rest[:2].lower() in _MODIFIERS:
        held.add(rest[0].lower())
        rest = rest[2:]
    if rest[:1] == "^" and len(rest) == 2:
        held.add("c")
        rest = rest[1:]
    return held, rest


def _equal(name: str) -> str:
    """The name of the same key that every program can read, where there is one."""
    held, base = _split(name)
    if held == {"s"} and base.lower() == "tab":
        return "BTab"
    if "s" in held and "c" not in held and len(base) == 1 and base.isascii() and base.isalpha():
        return ("M-" if "m" in held else "") + base.upper()
    return name


def _check_text(word: str) -> None:
    """Raise ERR_USAGE for a word that is no text to be typed, or a misspelt key."""
    meant = _meant(word)
    if meant is None and word and word.isprintable():
        return
    hint = "keys are Enter, C-c, M-x, Up, F5, a, …; --literal types words as text"
    raise errors.usage(
        f"keys: no key has this name: {word!r}",
        hint=f"did you mean {meant}? --literal types words as text" if meant else hint,
    )


def _meant(word: str) -> str | None:
    """The key that a word was meant for, "" where it must be one but nobody knows which, None for a text."""
    held, base = _split(word)
    lower = base.lower()
    prefix = word[: len(word) - len(base)]
    if lower in _ALIASES and (held or base[:1].isupper() or "-" in base or "+" in base):
        return prefix + _ALIASES[lower]
    for spelt, modifier in (("ctrl", "C-"), ("control", "C-"), ("alt", "M-"), ("meta", "M-"), ("shift", "S-")):
        if lower.startswith((f"{spelt}-", f"{spelt}+")):
            name = f"{prefix}{modifier}{base[len(spelt) + 1 :]}"
            return name if is_key(name) else _meant(name) or ""
    numbered = lower[1:] if lower[:1] == "f" else lower[2:] if lower[:2] == "kp" else ""
    if numbered.isdecimal():
        return ""
    if (held or base[:1].isupper()) and base.isalpha():
        near = [name for name in _SPELT if _is_near(lower, name.lower())]
        if near:
            return prefix + near[0]
    return "" if held or word[:2].lower() in _MODIFIERS else None


def _is_near(word: str, name: str) -> bool:
    """Whether one letter was left out, added, changed or swapped with its neighbour."""
    if abs(len(word) - len(name)) > 1 or len(word) < 3:
        return False
    start = 0
    while start < min(len(word), len(name)) and word[start] == name[start]:
        start += 1
    one, other = word[start:], name[start:]
    swapped = one[:2] == other[:2][::-1] and one[2:] == other[2:]
    return one[1:] == other[1:] or one[1:] == other or one == other[1:] or swapped
