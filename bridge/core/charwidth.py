"""How many columns of a terminal a character fills.

By the tables of Python's `unicodedata`, which is loaded for characters that are not plainly narrow. What tmux
takes from the C library is told apart in a few dozen characters only.
"""

from __future__ import annotations

import re

# Letters, signs and lines that every table has one column for; the whole of a text can be looked at in one step.
NARROW = (
    "\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0377\u0391-\u0482\u048a-\u052f\u1e00-\u1eff\u2010-\u2027\u2030-\u205e"
    "\u20a0-\u20bf\u2190-\u2319\u2400-\u2426\u2460-\u24ff\u2500-\u25fc\u2701-\u2704\u270e-\u2727\u2756\u2758-\u2794"
    "\u27c0-\u27e5\u2800-\u28ff\ufffd"
)
WIDE = (
    "\u231a\u23e9-\u23ec\u26a1\u2705\u2728\u274c\u2b50\u3001-\u3020\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff"
    "\uac00-\ud7a3\uff01-\uff60\U0001f300-\U0001f320\U0001f337-\U0001f37c\U0001f380-\U0001f393\U0001f400-\U0001f43e"
    "\U0001f443-\U0001f4fc\U0001f500-\U0001f53d\U0001f600-\U0001f64f\U0001f680-\U0001f6c5"
)
is_narrow = re.compile(f"[{NARROW}]*").fullmatch
# Arabic and Syriac signs that enclose a number are of no width by their category, but have a column.
_ENCLOSING = frozenset((*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, 0xAD))
_simple: list[re.Pattern[str]] = []
_known: dict[str, int] = {}


def width(char: str) -> int:
    """0, 1 or 2 columns."""
    found = _known.get(char)
    if found is None:
        found = _known[char] = _look_up(char)
    return found


def columns(text: str) -> int:
    """How many columns a text fills."""
    return len(text) if is_narrow(text) else sum(map(width, text))


def simple_end(text: str) -> int:
    """How much of the text, tabs and newlines included, is of characters that no table tells otherwise."""
    if not _simple:  # compiling it takes 2 ms
        _simple.append(re.compile(f"[\t\n{NARROW}{WIDE}]*"))
    found = _simple[0].match(text)
    return found.end() if found is not None else 0


def _look_up(char: str) -> int:
    import unicodedata  # noqa: PLC0415 - most text is plain

    code = ord(char)
    category = unicodedata.category(char)
    if code in _ENCLOSING or category == "Cn":
        return 1
    if category in ("Mn", "Me", "Cf", "Cc") or 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF:
        return 0
    wide = unicodedata.east_asian_width(char) in "WF" or 0x4DC0 <= code <= 0x4DFF or 0x3248 <= code <= 0x324F
    return 2 if wide else 1
