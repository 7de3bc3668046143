"""The names of signals (signal(7)) without their prefix."""

from __future__ import annotations

import _signal  # the public module costs 6 ms: it imports enum

# Of two names for one number the first of the alphabet counts, as in Python's own list.
_NUMBERS = {
    name[3:]: found
    for name in sorted(dir(_signal))
    if name.startswith("SIG") and name[3] != "_" and isinstance(found := getattr(_signal, name), int)
}
_NAMES = {found: name for name, found in reversed(_NUMBERS.items())}


def number(word: str) -> int | None:
    """The number of a signal: `TERM`, `sigterm`, `15`; None where there is none."""
    if word.isascii() and word.isdigit():
        value = int(word[:4])
        return value if value in set(_signal.valid_signals()) else None
    return _NUMBERS.get(word.upper().removeprefix("SIG"))


def names() -> tuple[str, ...]:
    """All names, without SIG."""
    return tuple(_NUMBERS)


def name(value: int) -> str:
    """A signal's name; the number where it has none."""
    return _NAMES.get(value) or str(value)
