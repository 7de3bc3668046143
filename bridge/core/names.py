"""Names of sessions: which ones we make, and what their files are called."""

from __future__ import annotations

from bridge.errors import BridgeError

LONGEST = 64
_LONGEST_FILE = 180


def check_session_name(name: str) -> None:
    """Raise ERR_BAD_NAME unless we may create a session of that name.

    Grammar: 1 to 64 characters; Unicode letters and digits (NFC), `_`, `-` and inner blanks;
    the first a letter or digit.
    """
    problem = _problem(name)
    if problem:
        suggestion = _suggest(name)
        raise BridgeError(
            "ERR_BAD_NAME",
            f"not a session name: {name!r}: {problem}",
            hint=f"use {suggestion}" if suggestion else "use letters, digits, _ and -",
        )


def file_name(name: str) -> str:
    """A file name for any session name: one to one, without a separator, never `.` or `..`.

    Letters, digits, `_`, `-` and blanks stand for themselves, other bytes as `%XX`; what would be
    longer than a file system takes ends in a digest of the name.
    """
    raw = name.encode("utf-8", "surrogateescape")
    text = "".join(char if char.isalnum() or char in "_- " else _percent(char) for char in name)
    if len(text.encode("utf-8", "surrogateescape")) <= _LONGEST_FILE:
        return text
    import hashlib  # noqa: PLC0415 - only for names that no file system takes

    return (
        text.encode("utf-8", "surrogateescape")[:60].decode("utf-8", "ignore") + "%-" + hashlib.sha256(raw).hexdigest()
    )


def original(name: str) -> str:
    """The name that a file name was made of, empty where that cannot be told."""
    first, *rest = name.split("%")
    raw = first.encode("utf-8", "surrogateescape")
    for part in rest:
        try:
            raw += bytes.fromhex(part[:2]) + part[2:].encode("utf-8", "surrogateescape")
        except ValueError:
            return ""
    return raw.decode("utf-8", "surrogateescape")


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))


def _problem(name: str) -> str:
    if not name:
        return "it is empty"
    if len(name) > LONGEST:
        return f"it has {len(name)} characters, {LONGEST} are allowed"
    if not name[0].isalnum():
        return f"it begins with {name[0]!r}"
    if name[-1] == " ":
        return "it ends in a blank"
    for char in name:
        if not (char.isalnum() or char in "_- "):
            return f"it holds {char!r}"
    if not name.isascii():
        import unicodedata  # noqa: PLC0415 - 2 ms that an ASCII name need not pay

        if not unicodedata.is_normalized("NFC", name):
            return "it is not in Unicode's composed form (NFC)"
    return ""


def _suggest(name: str) -> str:
    import unicodedata  # noqa: PLC0415 - only when a name was refused

    composed = unicodedata.normalize("NFC", name)
    text = "".join(char if char.isalnum() or char in "_- " else "_" for char in composed)
    return text.strip("_- ")[:LONGEST].strip("_- ")
