"""A control-mode client that only listens."""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import posix
import time

from bridge.core.control_lines import OutputLines
from bridge.errors import BridgeError
from bridge.tmux.client import Tmux

_ATTACHED_WITHIN = 5.0


class Listener:
    """Hears what a pane prints. It must be read often: as the only client it would stall the program."""

    def __init__(self, tmux: Tmux, session_id: str, pane_id: str) -> None:
        """Attach to the session, changing neither its size nor its environment. Raises ERR_TIMEOUT."""
        self._lines = OutputLines(pane_id)
        self._heard = b""
        input_read, self._input = posix.pipe()
        self._output, output_write = posix.pipe()
        null = posix.open("/dev/null", posix.O_WRONLY)
        environ = {key: value for key, value in tmux.environ.items() if key not in ("TMUX", "TMUX_PANE")}
        words = ("attach-session", "-E", "-f", "read-only,ignore-size", "-t", session_id)
        try:
            self._pid = posix.posix_spawnp(
                tmux.binary,
                [tmux.binary, "-u", *tmux.socket, "-C", *words],
                environ,
                file_actions=[
                    (posix.POSIX_SPAWN_DUP2, input_read, 0),
                    (posix.POSIX_SPAWN_DUP2, output_write, 1),
                    (posix.POSIX_SPAWN_DUP2, null, 2),
                ],
                setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
            )
        finally:
            for descriptor in (input_read, output_write, null):
                posix.close(descriptor)
        posix.set_blocking(self._output, False)
        end = time.monotonic() + _ATTACHED_WITHIN
        while not self._lines.attached:
            self._heard += self.read()
            if self._lines.ended or time.monotonic() > end:
                self.close()
                raise BridgeError("ERR_TIMEOUT", "tmux did not attach a control client", hint="bridge session-list")
            time.sleep(0.001)

    @property
    def descriptor(self) -> int:
        """What becomes readable when there is something to read."""
        return self._output

    def read(self) -> bytes:
        """What the pane has printed since the last call."""
        heard, self._heard = self._heard, b""
        try:
            while data := posix.read(self._output, 1 << 18):
                heard += self._lines.feed(data)
            self._lines.ended = True
        except BlockingIOError:
            pass
        return heard

    def close(self) -> None:
        """Detach: the end of its input ends the client."""
        posix.close(self._input)
        posix.close(self._output)
        try:
            posix.kill(self._pid, signal.SIGTERM)
            posix.waitpid(self._pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
