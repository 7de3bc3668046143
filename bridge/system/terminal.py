"""The terminal of the caller: its size, its bytes as they are, and its settings given back."""

from __future__ import annotations

import os
import select
import termios

from bridge.errors import BridgeError

_MOST = 1 << 16


class Terminal:
    """The terminal that is our standard input, for reading and writing, wherever our output goes."""

    def __init__(self) -> None:
        """Raises ERR_NO_TERMINAL."""
        try:
            self.descriptor = os.open(os.ttyname(0), os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError:
            raise BridgeError(
                "ERR_NO_TERMINAL",
                "standard input is not a terminal",
                hint="call it from a terminal; bridge pane-send-stdin and pane-read need none",
            ) from None
        self._settings = termios.tcgetattr(self.descriptor)

    def size(self) -> tuple[int, int]:
        """Columns and rows, 0 where the terminal does not know."""
        size = os.get_terminal_size(self.descriptor)
        return size.columns, size.lines

    def make_raw(self) -> None:
        """Give every typed byte at once and print every byte as it is; what was typed before is not lost."""
        iflag, oflag, cflag, lflag, ispeed, ospeed, characters = termios.tcgetattr(self.descriptor)
        iflag &= ~(
            termios.IGNBRK
            | termios.BRKINT
            | termios.PARMRK
            | termios.INPCK
            | termios.ISTRIP
            | termios.INLCR
            | termios.IGNCR
            | termios.ICRNL
            | termios.IXON
            | termios.IXOFF
            | termios.IXANY
        )
        oflag &= ~termios.OPOST
        cflag = (cflag & ~(termios.CSIZE | termios.PARENB)) | termios.CS8
        lflag &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
        characters = list(characters)
        characters[termios.VMIN], characters[termios.VTIME] = 1, 0
        raw = [iflag, oflag, cflag, lflag, ispeed, ospeed, characters]
        termios.tcsetattr(self.descriptor, termios.TCSANOW, raw)

    def restore(self) -> None:
        """Set it as it was; a terminal that has gone needs nothing."""
        try:
            termios.tcsetattr(self.descriptor, termios.TCSANOW, self._settings)
        except (OSError, termios.error):
            pass

    def read(self) -> bytes:
        """What was typed so far; empty where the terminal has gone. Blocks until there is something."""
        chunks: list[bytes] = []
        size = 0
        poller = select.poll()
        poller.register(self.descriptor, select.POLLIN)
        while not chunks or (size < _MOST and poller.poll(0)):
            try:
                chunk = os.read(self.descriptor, _MOST)
            except OSError:
                break
            if not chunk:
                break
            chunks.append(chunk)
            size += len(chunk)
        return b"".join(chunks)

    def write(self, data: bytes) -> None:
        """Print the bytes; raises OSError where the terminal has gone."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.descriptor, view) :]

    def close(self) -> None:
        """Let go of it; the settings are the caller's to restore."""
        os.close(self.descriptor)
