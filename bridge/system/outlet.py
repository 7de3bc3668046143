"""Reading and writing descriptors that another process may have made non-blocking: whoever shares them decides."""

from __future__ import annotations

import posix

_READABLE, _WRITABLE = 1, 4  # poll(2)


def write(descriptor: int, data: bytes) -> None:
    """Write all of it, however long the reader takes. Raises OSError, BrokenPipeError where nobody reads."""
    view = memoryview(data)
    while view:
        try:
            view = view[posix.write(descriptor, view) :]
        except BlockingIOError:
            _wait(descriptor, _WRITABLE)


def read(descriptor: int, most: int) -> bytes:
    """Read something, however long it takes to come; empty at the end. Raises OSError."""
    while True:
        try:
            return posix.read(descriptor, most)
        except BlockingIOError:
            _wait(descriptor, _READABLE)


def _wait(descriptor: int, event: int) -> None:
    import select  # noqa: PLC0415 - 0.3 ms, where a pipe is full or empty

    poller = select.poll()
    poller.register(descriptor, event)
    poller.poll()
