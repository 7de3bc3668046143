"""Words of a command as text for a shell's prompt, so that the shell reads exactly these words."""

from __future__ import annotations

_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-")
_DOLLAR_QUOTES = ("bash", "zsh", "ksh")
# bash(1), echo: what a sign behind a backslash is, and how many digits of which base follow others.
_ESCAPES = {
    **dict(zip("abeEfnrtv", "\a\b\x1b\x1b\f\n\r\t\v", strict=True)),
    "\\": "\\",
}
_HEX = "0123456789abcdefABCDEF"
_NUMBERED = {"0": (3, 8, "01234567"), "x": (2, 16, _HEX), "u": (4, 16, _HEX), "U": (8, 16, _HEX)}
_NAMED = {"\n": "\\n", "\t": "\\t"}


def line(commands: list[list[str]], shell: str = "bash") -> str | None:
    """The words of one command, or of several joined by pipes; None where the shell has no way to write them."""
    parts = []
    for words in commands:
        quoted = [_quoted(word, shell) for word in words]
        if any(word is None for word in quoted):
            return None
        parts.append(" ".join(str(word) for word in quoted))
    return " | ".join(parts)


def echoed(text: str) -> str:
    r"""The text as bash's `echo -e` prints it; what follows a `\c` is left out."""
    found, rest = [], text
    while rest:
        plain, slash, rest = rest.partition("\\")
        found.append(plain)
        if not slash:
            break
        sign, digits = rest[:1], ""
        if sign == "c":
            break
        if sign in _ESCAPES and sign:
            found.append(_ESCAPES[sign])
            rest = rest[1:]
            continue
        most, base, signs = _NUMBERED.get(sign, (0, 0, ""))
        while len(digits) < most and rest[1 + len(digits) : 2 + len(digits)] in (*signs,):
            digits += rest[1 + len(digits)]
        if digits or sign == "0":
            code = int(digits or "0", base) & (0xFF if sign in "0x" else 0x1FFFFF)
            found.append(chr(0xDC00 + code) if sign in "0x" and code > 127 else chr(min(code, 0x10FFFF)))
            rest = rest[1 + len(digits) :]
        else:
            found.append("\\")
    return "".join(found)


def is_title(words: list[str]) -> bool:
    """Whether these words are no command but what a program wrote over its words: a title, and bytes of zero behind it.

    A command whose last two words are empty looks the same.
    """
    return len(words) > 2 and words[-2:] == ["", ""]


def _quoted(word: str, shell: str) -> str | None:
    if word and all(char in _SAFE for char in word) and not (shell in ("zsh", "fish") and word[0] in "=%"):
        return word
    controls = [char for char in word if char < " " or "\x7f" <= char < "\xa0"]
    if not controls:
        # fish reads a backslash within single quotes as an escape.
        inner = word.replace("\\", "\\\\").replace("'", "\\'") if shell == "fish" else word.replace("'", "'\\''")
        return f"'{inner}'"
    if any(char > "\x7f" for char in controls):
        return None
    if shell in _DOLLAR_QUOTES:
        return "$'" + "".join(_escaped(char) for char in word) + "'"
    if shell == "fish" and all(char in _NAMED for char in controls):
        pieces = []
        text = ""
        for char in word:
            if char in _NAMED:
                pieces.append(str(_quoted(text, shell)) if text else "")
                pieces.append(_NAMED[char])
                text = ""
            else:
                text += char
        pieces.append(str(_quoted(text, shell)) if text else "")
        return "".join(pieces)
    return None


def _escaped(char: str) -> str:
    if char in "\\'":
        return "\\" + char
    if char in _NAMED:
        return _NAMED[char]
    return f"\\{ord(char):03o}" if char < " " or char == "\x7f" else char
