"""Being woken when a file changes (inotify(7)), by the C library: 2 ms, so only where somebody waits."""

from __future__ import annotations

import ctypes
import os

MODIFY, MOVED_TO, CREATE = 0x2, 0x80, 0x100
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC


class Inotify:
    """A descriptor that becomes readable when one of the watched paths changes."""

    def __init__(self) -> None:
        """Raises OSError where the system has none to give."""
        self._library = ctypes.CDLL(None, use_errno=True)
        self.descriptor = self._library.inotify_init1(_FLAGS)
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def watch(self, path: str, mask: int = MODIFY) -> int:
        """The number of the watch, by which `read` names it. Raises OSError."""
        number: int = self._library.inotify_add_watch(self.descriptor, os.fsencode(path), mask)
        if number < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
        return number

    def forget(self, number: int) -> None:
        """End a watch; that the file has gone is no error."""
        self._library.inotify_rm_watch(self.descriptor, number)

    def read(self) -> set[int]:
        """The watches that something happened to since the last call."""
        found = set()
        try:
            while data := os.read(self.descriptor, 1 << 16):
                at = 0
                while at + 16 <= len(data):
                    found.add(int.from_bytes(data[at : at + 4], "little", signed=True))
                    at += 16 + int.from_bytes(data[at + 12 : at + 16], "little")
        except BlockingIOError:
            pass
        return found

    def close(self) -> None:
        """End all watches."""
        os.close(self.descriptor)
