"""What a pane prints, heard by a client in control mode: for a pane whose pipe is somebody else's."""

from __future__ import annotations

import posix
import time

from bridge import pause
from bridge.core.controllines import OutputLines
from bridge.errors import BridgeError
from bridge.tmux.client import Tmux
from bridge.tmux.controlmode import ControlClient

_ATTACHED_WITHIN = 5.0


class Listener:
    """Hears what a pane prints. It must be read often: as the only client it would stall the program."""

    def __init__(self, tmux: Tmux, session_id: str, pane_id: str) -> None:
        """Attach to the session, changing neither its size nor its environment. Raises ERR_TIMEOUT, ERR_STATE."""
        self._lines = OutputLines(pane_id)
        self._heard = b""
        try:
            self._client = ControlClient(tmux, session_id, "read-only,ignore-size")
        except OSError as problem:
            if isinstance(problem.__cause__, BridgeError):  # there is no place for its socket
                raise problem.__cause__ from None
            raise _not_attached(str(problem)) from problem
        posix.set_blocking(self._client.output, False)
        try:
            self._await_attached()
        except BaseException:
            self.close()
            raise

    def _await_attached(self) -> None:
        end = time.monotonic() + _ATTACHED_WITHIN
        while not self._lines.attached:
            self._heard += self.read()
            if self._lines.ended or time.monotonic() > end:
                raise _not_attached()
            pause.nap(0.001)

    @property
    def descriptor(self) -> int:
        """What becomes readable when there is something to read."""
        return self._client.output

    def read(self) -> bytes:
        """What the pane has printed since the last call."""
        heard, self._heard = self._heard, b""
        try:
            while data := posix.read(self._client.output, 1 << 18):
                heard += self._lines.feed(data)
            self._lines.ended = True
        except BlockingIOError:
            pass
        return heard

    def close(self) -> None:
        """Detach the client, which ends it."""
        self._client.close()


def _not_attached(reason: str = "") -> BridgeError:
    message = "tmux did not attach a control client" + (f": {reason}" if reason else "")
    return BridgeError("ERR_TIMEOUT", message, hint="bridge session-list")
