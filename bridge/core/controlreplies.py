"""A request over tmux's control mode and its reply (tmux(1) CONTROL MODE): text only, no connection.

tmux frames each command's reply by `%begin` and `%end` or `%error`, but what a pane shows may hold such
lines. So a word that nobody can guess is printed after each command, and once more on a line of its own.
"""

from __future__ import annotations

# Their work is done by commands that get frames of their own; what those print is no pane's text.
_NESTING = ("if-shell",)


def request(commands: tuple[tuple[str, ...], ...], nonce: str) -> bytes:
    """The two lines that ask for a sequence of commands, which stops at the first that fails."""
    parts = (f"{_line(command)} ; display-message -p {nonce}" for command in commands)
    return f"{' ; '.join(parts)}\ndisplay-message -p {nonce}-end\n".encode("utf-8", "surrogateescape")


def is_speakable(commands: tuple[tuple[str, ...], ...]) -> bool:
    """Whether the words can stand on a line: control characters can't, nor do others that are rare."""
    return all(part.isprintable() for command in commands for part in command)


def _line(command: tuple[str, ...]) -> str:
    return " ".join("'" + part.replace("'", "'\\''") + "'" for part in command)


class Replies:
    """Collects bytes until the reply to one request is whole."""

    __slots__ = ("_data", "_end", "_nonce")

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce.encode()
        self._end = b"\n" + self._nonce + b"-end\n"
        self._data = bytearray(b"\n")

    def feed(self, data: bytes) -> bool:
        """Whether the reply is whole now."""
        start = max(0, len(self._data) - len(self._end) - 100)
        self._data += data
        at = self._data.rfind(self._end, start)
        return at >= 0 and self._data.find(b"\n%end ", at) >= 0 and self._data.endswith(b"\n")

    def result(self, commands: tuple[tuple[str, ...], ...]) -> tuple[int, bytes, str]:
        """Exit status, output and error, as one tmux process would have had them."""
        whole = bytes(self._data)
        rest = whole[: whole.rfind(b"\n%begin ", 0, whole.rfind(self._end) + 1) + 1]
        output = b""
        mark = b"\n" + self._nonce + b"\n"
        for command in commands:
            at = rest.find(mark)
            region = rest if at < 0 else rest[: rest.rfind(b"\n%begin ", 0, at + 1) + 1]
            printed, error = _nested(region) if command[0] in _NESTING else _single(region)
            output += printed
            if error is not None:
                return 1, output, error
            if at < 0:
                return 1, output, "tmux did not finish the request"
            rest = b"\n" + rest[at + len(mark) :].partition(b"\n")[2]
        return 0, output, ""


def _single(region: bytes) -> tuple[bytes, str | None]:
    """What one command printed, and its error: from the first frame's begin to the last line that ends it."""
    guard, rest = _opened(region)
    if not guard:
        return b"", "tmux did not answer"
    ended, failed = rest.rfind(b"\n%end " + guard + b"\n"), rest.rfind(b"\n%error " + guard + b"\n")
    text = rest[1 : max(ended, failed) + 1]
    return (text, None) if ended > failed else (b"", _error(text))


def _nested(region: bytes) -> tuple[bytes, str | None]:
    """What a command and those that it runs printed: their frames follow each other."""
    output = b""
    while True:
        guard, rest = _opened(region)
        if not guard:
            return output, None
        ended, failed = rest.find(b"\n%end " + guard + b"\n"), rest.find(b"\n%error " + guard + b"\n")
        if failed >= 0 and (ended < 0 or failed < ended):
            return output, _error(rest[1 : failed + 1])
        if ended < 0:
            return output, "tmux did not finish the request"
        output += rest[1 : ended + 1]
        region = rest[ended:].partition(b"\n")[2].partition(b"\n")[2]
        region = b"\n" + region


def _opened(region: bytes) -> tuple[bytes, bytes]:
    """The guard of the first frame that answers us (its flags are 1) and what follows it; empty without one."""
    at = -1
    while (at := region.find(b"\n%begin ", at + 1)) >= 0:
        end = region.find(b"\n", at + 1)
        guard = region[at + len(b"\n%begin ") : end]
        if guard.endswith(b" 1"):
            return guard, region[end:]
    return b"", b""


def _error(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip().removeprefix("parse error: ")
