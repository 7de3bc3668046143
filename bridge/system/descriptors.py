"""The numbers 0 to 2: a caller may have closed them, and what is opened next must not be taken for them."""

from __future__ import annotations

import posix


def hold() -> None:
    """Have the three numbers taken; one that was closed can still be neither read nor written."""
    for number, way in ((0, posix.O_WRONLY), (1, posix.O_RDONLY), (2, posix.O_RDONLY)):
        try:
            posix.fstat(number)
        except OSError:
            found = posix.open("/dev/null", way)  # the lowest number that is free
            posix.set_inheritable(found, True)  # noqa: FBT003 - it takes no name


def lifted(descriptor: int) -> int:
    """The same open file by a number above 2, and those three held."""
    import fcntl  # noqa: PLC0415 - only where a caller closed one

    higher = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
    posix.close(descriptor)
    hold()
    return higher
