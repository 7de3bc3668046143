"""Signs that nobody sees, or that change the order in which others are seen: shown by their numbers.

What a program prints, and what others have given names, can hold them: an answer then reads otherwise than it is,
or holds more than anybody sees (Unicode TR36, TR39). What leaves towards a terminal must besides not drive it.
"""

from __future__ import annotations

# Marks, embeddings, overrides and isolates of direction; what has no width; tags; what belongs to no text.
_HIDDEN = frozenset(
    (
        *(0x061C, 0x200B, 0x200E, 0x200F, 0x180E, 0xFEFF, 0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFFF9, 0xFFFC),
    )
)
_TAGS = range(0xE0000, 0xE1000)
# These join or vary the character before them, as in emoji and in the writing of Persian and Hindi; elsewhere not.
_JOINING = (0x200C, 0x200D, 0xFE0E, 0xFE0F)
_KEYCAP = 0x20E3
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def marked(text: str) -> str:
    r"""The text with hidden signs as `\u{202e}`; the same where there is none, and where it was marked before."""
    if text.isascii():
        return text
    signs = set(map(ord, text))
    if not signs & _HIDDEN and not signs.intersection(_JOINING) and max(signs) < _TAGS.start:
        return text
    found, before = [], 0
    for at, char in enumerate(text):
        code = ord(char)
        hidden = code in _HIDDEN or code in _TAGS or (code in _JOINING and before < 0xA0 and not _is_keycap(text, at))
        found.append(f"\\u{{{code:x}}}" if hidden else char)
        before = 0 if hidden or code in _JOINING else code
    return "".join(found)


def for_terminal(text: str) -> str:
    """The text as a terminal may have it: hidden signs shown, and control characters but newline and tab too."""
    return text if text.isascii() and text.isprintable() else marked(text.translate(_CONTROLS))


def in_line(text: str) -> str:
    """As `for_terminal`, on one line."""
    return for_terminal(text).replace("\n", "\\n").replace("\t", " ")


def in_json(text: str) -> str:
    """Text that is JSON, with hidden signs and C1 controls as JSON escapes them: it says the same."""
    if text.isascii():
        return text
    return "".join(
        char if char.isascii() or not (code in _HIDDEN or code in _TAGS or code < 0xA0) else _escaped(code)
        for char, code in zip(text, map(ord, text), strict=True)
    )


def _escaped(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _is_keycap(text: str, at: int) -> bool:
    return at + 1 < len(text) and ord(text[at + 1]) == _KEYCAP and at > 0 and text[at - 1] in "0123456789#*"


def marked_values(value: object) -> object:
    """`marked` of every text in a value that JSON can hold; names of fields stay."""
    if isinstance(value, str):
        return marked(value)
    if isinstance(value, dict):
        return {key: marked_values(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [marked_values(item) for item in value]
    return value
