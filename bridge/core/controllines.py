"""Lines of tmux's control mode (tmux(1) CONTROL MODE): feed bytes, get what panes printed."""

from __future__ import annotations


class OutputLines:
    """Collects the output of one pane from the protocol; replies and other notices are passed over."""

    def __init__(self, pane_id: str) -> None:
        self._prefix = f"%output {pane_id} ".encode()
        self._rest = b""
        self.attached = False
        self.ended = False

    def feed(self, data: bytes) -> bytes:
        """The bytes that the pane printed, as far as their lines are complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        output = []
        for line in lines:
            if line.startswith(self._prefix):
                output.append(unescape(line[len(self._prefix) :]))
            elif line.startswith(b"%session-changed"):
                self.attached = True
            elif line.startswith(b"%exit"):
                self.ended = True
        return b"".join(output)


def unescape(data: bytes) -> bytes:
    """Bytes below 0x20 and the backslash come as three octal digits."""
    first, *parts = data.split(b"\\")
    return first + b"".join(bytes((int(part[:3], 8),)) + part[3:] for part in parts)
