"""What tmux tells a client of its own accord: sessions and windows that come and go, and panes that print."""

from __future__ import annotations

import os

from bridge.tmux.client import Tmux
from bridge.tmux.connection import safe_session
from bridge.tmux.controlmode import ControlClient

_STRUCTURE = (b"%sessions-changed", b"%session-", b"%window-", b"%unlinked-window-", b"%layout-change")


class Notices:
    """A client that only listens. It must be read often: as the only client it would stall what a pane runs.

    With `session_id` it hears the panes of that session; without, what happens to sessions and windows.
    """

    def __init__(self, tmux: Tmux, session_id: str | None = None) -> None:
        """Attach. Raises OSError where there is nothing to attach to."""
        target = session_id or safe_session(tmux)
        if target is None:
            raise OSError("no session to attach to")
        flags = "read-only,ignore-size" if session_id else "read-only,ignore-size,no-output"
        self._client = ControlClient(tmux, target, flags)
        os.set_blocking(self._client.output, False)
        self._rest = b""
        self.ended = False

    @property
    def descriptor(self) -> int:
        """Becomes readable when there is something to read."""
        return self._client.output

    def read(self) -> set[str]:
        """The `%ids` of panes that have printed, and an empty text where sessions or windows have changed."""
        found: set[str] = set()
        try:
            while data := os.read(self._client.output, 1 << 18):
                *lines, self._rest = (self._rest + data).split(b"\n")
                for line in lines:
                    if line.startswith(b"%output "):
                        found.add(line.split(b" ", 2)[1].decode("ascii", "replace"))
                    elif line.startswith(_STRUCTURE):
                        found.add("")
                    elif line.startswith(b"%exit"):
                        self.ended = True
            self.ended = True
        except BlockingIOError:
            pass
        return found

    def close(self) -> None:
        """Detach; when this returns the server knows."""
        self._client.close()
