"""Which processes stand below another, on which terminal, and what they may read (proc(5))."""

from __future__ import annotations

import posix

from bridge.model import Process
from bridge.store.paths import same_file
from bridge.system import process

_TTY_MAJOR = 136  # of /dev/pts/0 (Linux admin-guide/devices.txt); eight numbers, 256 terminals each


def can_read(pid: int, directory: str) -> bool:
    """Whether a process may read what is ours alone in that directory; True where the system does not say."""
    try:
        owner = posix.stat(f"/proc/{pid}").st_uid
    except OSError:
        return True
    if owner not in (posix.getuid(), 0):
        return False
    try:
        posix.stat(directory)
    except OSError:
        directory = "/"  # it is to be made
    return same_file(f"/proc/{pid}/root{directory}", directory)


def child(pid: int) -> Process | None:
    """The youngest living child, None where there is none or the system does not say."""
    for word in reversed(_read(f"/proc/{pid}/task/{pid}/children").split()):
        found = process.read_process(int(word))
        if found is not None and found.state not in "ZX":
            return found
    return None


def terminal(pid: int) -> str:
    """The terminal of a process, empty where it has none of the usual ones."""
    words = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    device = int(words[4]) if len(words) > 4 else 0
    above = posix.major(device) - _TTY_MAJOR
    return f"/dev/pts/{above * 256 + posix.minor(device)}" if 0 <= above < 8 else ""


def _read(path: str) -> bytes:
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return posix.read(descriptor, 65536)
    except OSError:
        return b""
    finally:
        posix.close(descriptor)
