"""To be woken when a file is written: inotify(7) through ctypes, 2 ms to import and therefore only where we wait."""

from __future__ import annotations

import os
import sys

_MODIFIED, _CLOSED = 0x2, 0x8
_NONBLOCK, _CLOEXEC = 0x800, 0x80000


class Bell:
    """Rings when the file was written or its writer has closed it. `descriptor` can be polled, -1 where none is."""

    def __init__(self, path: str) -> None:
        self.descriptor = -1
        if sys.platform != "linux":
            return
        import ctypes  # noqa: PLC0415 - see above

        library = ctypes.CDLL(None, use_errno=True)
        descriptor = library.inotify_init1(_NONBLOCK | _CLOEXEC)
        if descriptor >= 0 and library.inotify_add_watch(descriptor, os.fsencode(path), _MODIFIED | _CLOSED) < 0:
            os.close(descriptor)
            descriptor = -1
        self.descriptor = descriptor

    def clear(self) -> None:
        """Forget what has rung so far; to be called before one looks."""
        if self.descriptor < 0:
            return
        try:
            os.read(self.descriptor, 65_536)
        except BlockingIOError:
            pass

    def close(self) -> None:
        """Ring no more."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
