"""Options and environments as tmux prints them, to values and back."""

from __future__ import annotations

from bridge.errors import BridgeError

_NAMED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "v": "\v", "f": "\f", "s": " ", "e": "\x1b"}


def read_options(text: str) -> dict[str, str]:
    """What `show-options` printed, by name (`name[3]` for the entries of an array).

    Raises ERR_TMUX_FAILED for a line that cannot be read.
    """
    found: dict[str, str] = {}
    for row in text.split("\n"):
        name, blank, value = row.partition(" ")
        if blank:
            found[name] = _unquoted(value)
        elif name:
            found[name] = ""  # an array without entries
    return found


def read_environment(text: str) -> tuple[dict[str, str], list[str]]:
    """What `show-environment -s` printed: values by name, and the names that are taken away."""
    found: dict[str, str] = {}
    removed: list[str] = []
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        row = text[at : end if end >= 0 else len(text)]
        if row.startswith("unset ") and row.endswith(";"):
            removed.append(row[6:-1])
            at += len(row) + 1
            continue
        name, equals, _ = row.partition('="')
        if not equals:
            raise _unreadable(row)
        value, at = _shell_value(text, at + len(name) + 2)
        if not text.startswith(f"; export {name};", at):
            raise _unreadable(row)
        at += len(f"; export {name};\n")
        found[name] = value
    return found, removed


def escaped(text: str) -> str:
    """Text as one word of a configuration line; newlines and control characters are kept exactly."""
    out = []
    for char in text:
        if char in '\\"$':
            out.append("\\" + char)
        elif char == "\n":
            out.append("\\n")
        elif char < " " or char in "~\x7f":  # a tilde at the beginning would be the home directory
            out.append(f"\\{ord(char):03o}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def _unquoted(value: str) -> str:
    if value == "''":
        return ""
    quote = value[:1] if value[:1] in ("'", '"') and len(value) > 1 and value[-1:] == value[:1] else ""
    body = value[1:-1] if quote else value
    if "\\" not in body:
        return body
    raw = bytearray()
    at = 0
    while at < len(body):
        char = body[at]
        if char != "\\" or at + 1 >= len(body):
            raw += char.encode("utf-8", "surrogateescape")
            at += 1
            continue
        follows = body[at + 1]
        digits = body[at + 1 : at + 4]
        if len(digits) == 3 and digits.isascii() and digits.isdigit():
            raw.append(int(digits, 8) & 0xFF)
            at += 4
        else:
            raw += _NAMED.get(follows, follows).encode("utf-8", "surrogateescape")
            at += 2
    return raw.decode("utf-8", "replace")


def _shell_value(text: str, at: int) -> tuple[str, int]:
    """A value in double quotes that begins at `at`, and where what follows its closing quote begins."""
    out = []
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            out.append(text[at + 1])
            at += 2
        elif char == '"':
            return "".join(out), at + 1
        else:
            out.append(char)
            at += 1
    raise _unreadable(text[-40:])


def _unreadable(part: str) -> BridgeError:
    return BridgeError(
        "ERR_TMUX_FAILED", f"tmux gave an answer that cannot be read: {part!r}", hint="bridge needs tmux 3.2 or newer"
    )
