"""What is in our directories, for the doctor: modes, leftovers, locks, space."""

from __future__ import annotations

import fcntl
import os
import stat
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_OLD = 3600.0
MOST = 20_000


class Entry:
    """One file or directory below the state directory."""

    __slots__ = ("is_directory", "mode", "modified", "owner", "path", "size")

    def __init__(self, path: str, state: os.stat_result) -> None:
        self.path = path
        self.is_directory = stat.S_ISDIR(state.st_mode)
        self.mode = stat.S_IMODE(state.st_mode)
        self.modified = state.st_mtime
        self.owner = state.st_uid
        self.size = state.st_size

    @property
    def is_ours(self) -> bool:
        """Whether it belongs to this user."""
        return self.owner == os.geteuid()


def walk(root: str) -> list[Entry]:
    """The directory and what is below it; links are not followed, and at most MOST entries are told."""
    found: list[Entry] = []
    for path in _paths(root):
        try:
            state = os.lstat(path)
        except OSError:
            continue
        if not stat.S_ISLNK(state.st_mode):
            found.append(Entry(path, state))
        if len(found) >= MOST:
            break
    return found


def _paths(root: str) -> Iterator[str]:
    yield root
    for above, directories, files in os.walk(root):
        for name in (*directories, *files):
            yield f"{above}/{name}"


def too_open(entries: list[Entry]) -> list[Entry]:
    """Directories that others may enter, and files that they may write to.

    A shell's own files have the user's umask; nobody gets at them through a directory that is closed.
    """
    return [entry for entry in entries if entry.mode & (0o077 if entry.is_directory else 0o022)]


def close_to_others(entry: Entry) -> bool:
    """Take the rights of others away from what is ours; tells whether that was done."""
    if not entry.is_ours:
        return False
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(entry.path, flags | (os.O_DIRECTORY if entry.is_directory else 0))
    except OSError:
        return False
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            return False
        os.fchmod(descriptor, entry.mode & 0o700)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def leftovers(entries: list[Entry]) -> list[Entry]:
    """Temporary files that no writer can still be about to rename: an hour old."""
    limit = time.time() - _OLD
    return [
        entry
        for entry in entries
        if entry.path.endswith(".tmp") and not entry.is_directory and entry.is_ours and entry.modified < limit
    ]


def quarantined(entries: list[Entry]) -> list[Entry]:
    """Files that could not be read and were moved aside."""
    return [entry for entry in entries if ".corrupt-" in entry.path.rpartition("/")[2]]


def remove(entry: Entry) -> bool:
    """Remove a file of ours; tells whether it has gone."""
    try:
        os.unlink(entry.path)
    except OSError:
        return False
    return True


def held_locks(entries: list[Entry]) -> list[tuple[str, str]]:
    """The locks that somebody holds at this moment: path, and what the holder wrote (pid and time)."""
    found = []
    for entry in entries:
        if not entry.path.endswith(".lock") or entry.is_directory:
            continue
        try:
            descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            found.append((entry.path, os.pread(descriptor, 200, 0).decode("utf-8", "replace").partition("\n")[0]))
        finally:
            os.close(descriptor)
    return found


def existing(path: str) -> str:
    """The path, or the nearest directory above it that is there."""
    while path not in ("", "/") and not os.path.exists(path):
        path = os.path.dirname(path)
    return path or "/"


def free_mb(path: str) -> float:
    """Megabytes that may still be written where the path is, or would be."""
    state = os.statvfs(existing(path))
    return state.f_bavail * state.f_frsize / 1e6


def is_writable(path: str) -> bool:
    """Whether files can be made in a directory, or the directory itself."""
    place = existing(path)
    return os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK)


def look(path: str) -> Entry | None:
    """One file, None where there is none."""
    try:
        return Entry(path, os.lstat(path))
    except OSError:
        return None


def is_socket(path: str) -> bool:
    """Whether a socket stands there, with or without somebody behind it."""
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False
