"""Words of a command as text for a shell's prompt, so that the shell reads exactly these words."""

from __future__ import annotations

_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-")
_DOLLAR_QUOTES = ("bash", "zsh", "ksh")
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
