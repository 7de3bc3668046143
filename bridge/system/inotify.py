"""To be woken when a file is written: inotify(7) through ctypes, 2 ms to import and therefore only where we wait."""

from __future__ import annotations

import posix
import sys

MODIFY, MOVED_TO, CREATE = 0x2, 0x80, 0x100
_FLAGS = posix.O_NONBLOCK | posix.O_CLOEXEC
_MODIFIED, _CLOSED = 0x2, 0x8
_NONBLOCK, _CLOEXEC = 0x800, 0x80000


class Bell:
    """Rings when a file was written or its writer has closed it. `descriptor` can be polled, -1 where none is."""

    def __init__(self, *paths: str) -> None:
        self.descriptor = -1
        if sys.platform != "linux":
            return
        import ctypes  # noqa: PLC0415 - see above

        library = ctypes.CDLL(None, use_errno=True)
        descriptor = library.inotify_init1(_NONBLOCK | _CLOEXEC)
        for path in paths:
            place = path.encode("utf-8", "surrogateescape")
            if descriptor >= 0 and library.inotify_add_watch(descriptor, place, _MODIFIED | _CLOSED) < 0:
                posix.close(descriptor)
                descriptor = -1
        self.descriptor = descriptor

    def clear(self) -> None:
        """Forget what has rung so far; to be called before one looks."""
        if self.descriptor < 0:
            return
        try:
            posix.read(self.descriptor, 65_536)
        except BlockingIOError:
            pass

    def close(self) -> None:
        """Ring no more."""
        if self.descriptor >= 0:
            posix.close(self.descriptor)
            self.descriptor = -1


class Inotify:
    """A descriptor that becomes readable when one of the watched paths changes."""

    def __init__(self) -> None:
        """Raises OSError where the system has none to give."""
        import ctypes  # noqa: PLC0415 - see above

        self._library = ctypes.CDLL(None, use_errno=True)
        self.descriptor = self._library.inotify_init1(_FLAGS)
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), posix.strerror(ctypes.get_errno()))

    def watch(self, path: str, mask: int = MODIFY) -> int:
        """The number of the watch, by which `read` names it. Raises OSError."""
        import ctypes  # noqa: PLC0415 - see above

        number: int = self._library.inotify_add_watch(self.descriptor, path.encode("utf-8", "surrogateescape"), mask)
        if number < 0:
            raise OSError(ctypes.get_errno(), posix.strerror(ctypes.get_errno()), path)
        return number

    def forget(self, number: int) -> None:
        """End a watch; that the file has gone is no error."""
        self._library.inotify_rm_watch(self.descriptor, number)

    def read(self) -> set[int]:
        """The watches that something happened to since the last call."""
        found = set()
        try:
            while data := posix.read(self.descriptor, 1 << 16):
                at = 0
                while at + 16 <= len(data):
                    found.add(int.from_bytes(data[at : at + 4], "little", signed=True))
                    at += 16 + int.from_bytes(data[at + 12 : at + 16], "little")
        except BlockingIOError:
            pass
        return found

    def close(self) -> None:
        """End all watches."""
        posix.close(self.descriptor)
