"""The grammar of what a program says to a terminal: where a sequence and a string begin, and where they end.

ECMA-48 as tmux reads it. A string (title, clipboard, picture) is known as such whatever its length.
"""

from __future__ import annotations

import re

# A control character within a sequence is carried out at once, and bytes above 0x7e count for nothing.
_ASIDE = rb"\x00-\x17\x19\x1c-\x1f\x7f-\xff"
SEQUENCE = re.compile(
    rb"\x1b([" + _ASIDE + rb"]*+)(?:\[([" + _ASIDE + rb" -?]*+)([@-~])|([\]PX^_k])"
    rb"|([ -/][" + _ASIDE + rb" -/]*+)([0-~])|([0-OQ-WYZ\\`a-jl-~]))"
)
_BEGUN = rb"\x1b[" + _ASIDE + rb"]*+(?:\[[" + _ASIDE + rb" -?]*+|[ -/][" + _ASIDE + rb" -/]*+)?+"
UNFINISHED = re.compile(_BEGUN + rb"\Z")
BROKEN = re.compile(_BEGUN + rb"(?:[\x18\x1a]|(?=\x1b))")
ASIDE = re.compile(rb"[" + _ASIDE + rb"]")
LONGEST_SEQUENCE = 4096
_LARGEST = 0x7FFFFFFF
_MOST_PARAMETERS, _LONGEST_PARAMETERS = 24, 63
# Colours, key and mouse modes, titles, links, and erasing where there is nothing yet: what is inert within lines that
# are only printed, one behind the other.
INERT = re.compile(
    rb"\x1b(?:\[(?:[\d;:]*m|0?K|\?(?:1|12|25|100[0-6]|2004|2026)[hl]|[>=<][\d;]*[nqtu]|[\d;]*(?:[nt]| q))|[=>]|\(B|"
    rb"\][^\x00-\x1f\x7f]{0,2000}(?:\x07|\x1b\\))"
)
_STRING_STARTS = re.compile(rb"\x1b([\]PX^_k])")
_OF_SYSTEM_COMMAND = re.compile(rb"\x1b|[\x07\x18\x1a]")
_OF_OTHERS = re.compile(rb"\x1b|[\x18\x1a]")
# A device control string is ended by ESC \ alone; another pair that begins with ESC belongs to it.
_OF_DEVICE_CONTROL = re.compile(rb"(?s)\x1b\\|\x1b.")


def parameters(text: bytes) -> list[int | None] | None:
    """The parameters of a control sequence: None for one that is left out, -1 for one that has parts.

    None in all where the sequence counts for nothing.
    """
    numbers: list[int | None] = []
    for word in text.split(b";") if text else ():
        if not word or word.isdigit():
            numbers.append(int(word[:11]) if word else None)
        elif not word.replace(b":", b"0").isdigit():
            return None
        else:
            numbers.append(-1)
    sound = all(number is None or number <= _LARGEST for number in numbers)
    return numbers if sound and len(numbers) < _MOST_PARAMETERS and len(text) <= _LONGEST_PARAMETERS else None


def string_end(kind: bytes, data: bytes, at: int) -> tuple[int, int]:
    r"""Where a string of this kind (`]`, `P`, `X`, `^`, `_`, `k`) goes on and ends, looked for from `at` on.

    Gives the index behind the string and 0, or, where `data` does not hold its end, -1 and how many bytes
    at the end of `data` must be seen again with what follows. The escape character that ends a string is
    not part of it: it begins `ESC \`, or a sequence of its own.
    """
    if kind == b"P":
        while (found := _OF_DEVICE_CONTROL.search(data, at)) is not None:
            at = found.end()
            if found[0] == b"\x1b\\":
                return at, 0
        return -1, 1 if data.endswith(b"\x1b") and at < len(data) else 0
    found = (_OF_SYSTEM_COMMAND if kind == b"]" else _OF_OTHERS).search(data, at)
    if found is None:
        return -1, 0
    return (found.start() if found[0] == b"\x1b" else found.end()), 0


def open_string(data: bytes) -> int:
    """Where the string begins that `data` does not end, -1 where there is none."""
    at = 0
    while (found := _STRING_STARTS.search(data, at)) is not None:
        at, _ = string_end(found[1], data, found.end())
        if at < 0:
            return found.start()
    return -1
