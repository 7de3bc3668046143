"""The files of snapshots: one directory for each session, a generation each, never more than we own.

A name begins with a number that only grows, so the order is that of the saves whatever the clock says:
`000012-20260101T103000Z.snapshot`, with `.auto.snapshot` for those that nobody asked for one by one.
"""

from __future__ import annotations

import os
import stat
import time

from bridge.core import snapshots
from bridge.core.names import file_name
from bridge.errors import BridgeError
from bridge.store import atomic
from bridge.store.lock import FileLock
from bridge.store.paths import Paths, ensure, unusable

ENDING = ".snapshot"
AUTO = ".auto.snapshot"
KEPT_NEWEST = 10
KEPT_SECONDS = 7 * 24 * 3600
_HOUR, _DAY = 3600, 24 * 3600
_OTHER_LIVES = 3
_KILLED_FOR = 60


class File:
    """A snapshot file that was read and found whole."""

    __slots__ = ("document", "path", "size")

    def __init__(self, path: str, size: int, document: dict[str, object]) -> None:
        self.path = path
        self.size = size
        self.document = document


class Snapshots:
    """The snapshots of one tmux server's sessions. `lock_timeout` is how long a save waits for another."""

    def __init__(self, paths: Paths, lock_timeout: float) -> None:
        self.directory = f"{paths.base}/snapshots"
        self._paths = paths
        self._lock_timeout = lock_timeout

    def folder(self, session: str) -> str:
        """The directory of a session's snapshots."""
        return f"{self.directory}/{file_name(session)}"

    def add(self, session: str, data: bytes, now: float, *, auto: bool = False) -> str:
        """Store one more generation and return its path, after reading it back.

        A kill at any moment leaves the earlier ones as they are. Raises ERR_STATE, ERR_LOCKED.
        """
        folder = ensure_folder(self.directory, self.folder(session))
        with self._lock(session):
            _sweep(folder)
            number = 1 + max((_number(name) for name in _names(folder)), default=0)
            path = f"{folder}/{number:06d}-{_stamp(now)}{AUTO if auto else ENDING}"
            atomic.write(path, data)
            if atomic.read(path) != data:
                raise unusable(path, "what was read back is not what was written")
        return path

    def replace(self, session: str, old: str, data: bytes, now: float) -> str:
        """Store a newer generation in place of one that says the same. Raises as `add`."""
        path = self.add(session, data, now, auto=True)
        with self._lock(session):
            atomic.remove(old)
        return path

    def generations(self, session: str) -> list[str]:
        """The paths of a session's snapshots, oldest first, whatever is in them."""
        return self.siblings(self.folder(session))

    def siblings(self, folder: str) -> list[str]:
        """The paths of the snapshots in one directory, oldest first."""
        return [f"{folder}/{name}" for name in sorted(_names(folder), key=_number)]

    def newest(self, session: str) -> File | None:
        """The newest generation that is whole, None where there is none."""
        for path in reversed(self.generations(session)):
            try:
                return read(path)
            except BridgeError:
                continue
        return None

    def sessions(self) -> list[str]:
        """The directories that hold snapshots, by their names in the file system."""
        try:
            return sorted(name for name in os.listdir(self.directory) if os.path.isdir(f"{self.directory}/{name}"))
        except FileNotFoundError:
            return []
        except OSError as problem:
            raise unusable(self.directory, problem.strerror or str(problem)) from None

    def all_files(self, session: str | None = None) -> list[str]:
        """The paths of one session's snapshots or of all, newest first within each session."""
        folders = self.sessions() if session is None else [file_name(session)]
        found = []
        for folder in folders:
            place = f"{self.directory}/{folder}"
            found += [f"{place}/{name}" for name in sorted(_names(place), key=_number, reverse=True)]
        return found

    def owns(self, path: str) -> bool:
        """Whether the path is a regular snapshot file in one of our directories, links not followed."""
        folder, _, name = path.rpartition("/")
        top, _, leaf = folder.rpartition("/")
        if (
            not name.endswith(ENDING)
            or leaf in ("", ".", "..")
            or os.path.realpath(top) != os.path.realpath(self.directory)
        ):
            return False
        try:
            real = stat.S_ISDIR(os.lstat(folder).st_mode) and stat.S_ISREG(os.lstat(path).st_mode)
        except OSError:
            return False
        return real

    def delete(self, path: str) -> None:
        """Remove a file that `owns` is true of. Raises ERR_STATE, ERR_LOCKED."""
        with FileLock(f"{path.rpartition('/')[0]}/lock", self._lock_timeout):
            atomic.remove(path)

    def rotate(self, session: str, now: float) -> list[str]:
        """Remove automatic generations that are neither young nor wanted; returns what was removed.

        Kept are all that were saved by hand, the newest 10, the newest of each hour of the last day and
        of each day of the last week, and the newest of each of three other lives of the session.
        """
        with self._lock(session):
            files = list(reversed(self.generations(session)))
            automatic = [path for path in files if path.endswith(AUTO)]
            kept = set(automatic[:KEPT_NEWEST])
            slots: set[tuple[str, int]] = set()
            for path in automatic:
                written = os.lstat(path).st_mtime
                age = now - written
                slot = ("hour", int(written // _HOUR)) if age < _DAY else ("day", int(written // _DAY))
                if age < KEPT_SECONDS and slot not in slots:
                    slots.add(slot)
                    kept.add(path)
            doomed = [path for path in automatic if path not in kept]
            if doomed:
                doomed = _without_other_lives(files, doomed)
            for path in doomed:
                atomic.remove(path)
        return doomed

    def _lock(self, session: str) -> FileLock:
        return FileLock(f"{self.folder(session)}/lock", self._lock_timeout)


def read(path: str) -> File:
    """A snapshot file, whole and checked.

    Raises ERR_SNAPSHOT_NOT_FOUND, ERR_SNAPSHOT with the reason, ERR_STATE where it cannot be opened.
    """
    try:
        # A fifo must not hold us up; a file that a user names may be a link.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise not_found(path) from None
    except (OSError, ValueError) as problem:
        raise unusable(path, getattr(problem, "strerror", None) or str(problem)) from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise refused(path, "it is not a regular file")
        if found.st_size > snapshots.LARGEST:
            raise refused(path, f"it has {found.st_size} bytes, {snapshots.LARGEST} are allowed")
        chunks = []
        while chunk := os.read(descriptor, 1 << 20):
            chunks.append(chunk)
        data = b"".join(chunks)
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None
    finally:
        os.close(descriptor)
    try:
        return File(path, len(data), snapshots.unseal(data))
    except (ValueError, RecursionError) as problem:
        raise refused(path, str(problem)) from None


def write_to(path: str, data: bytes, mark: str) -> None:
    """Write a snapshot where the user wants it; only another snapshot is replaced.

    Raises ERR_STATE, and ERR_SNAPSHOT where the file that is there is none.
    """
    if os.path.lexists(path):
        try:
            read(path)
        except BridgeError as problem:
            raise BridgeError(
                "ERR_SNAPSHOT",
                f"{path} is there and is no snapshot ({problem.message}); it was not replaced",
                hint="name another file",
            ) from None
    directory, _, name = path.rpartition("/")
    _sweep_beside(directory or ".", name)
    temporary = f"{directory or '.'}/.{name}.{mark}.tmp"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, path)
    except (OSError, ValueError) as problem:
        try:
            os.unlink(temporary)
        except (OSError, ValueError):
            pass
        raise unusable(path, getattr(problem, "strerror", None) or str(problem)) from None
    handle = os.open(directory or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def ensure_folder(directory: str, folder: str) -> str:
    """Make the directory of a session's snapshots, ours alone. Raises ERR_STATE."""
    ensure(directory)
    return ensure(folder)


def not_found(path: str) -> BridgeError:
    """The error for a snapshot file that is not there."""
    return BridgeError(
        "ERR_SNAPSHOT_NOT_FOUND",
        f"no snapshot file: {path!r}",
        hint="bridge session-snapshots lists those that were saved",
        output="Snapshot not found",
    )


def refused(path: str, reason: str) -> BridgeError:
    """The error for a snapshot file that can't be believed."""
    return BridgeError(
        "ERR_SNAPSHOT",
        f"{path} is no snapshot that can be used: {reason}",
        hint="bridge session-snapshots lists the others; nothing was changed",
        output="Invalid snapshot",
    )


def _names(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.endswith(ENDING) and _number(name) >= 0]
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise unusable(folder, problem.strerror or str(problem)) from None


def _number(name: str) -> int:
    word = name.rpartition("/")[2].partition("-")[0]
    return int(word) if word.isdigit() and word.isascii() and len(word) < 12 else -1


def _stamp(now: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def _sweep(folder: str) -> None:
    """Remove what a killed save has left; the lock is held, so none is under way."""
    for name in os.listdir(folder):
        if name.endswith(f"{ENDING}.tmp"):
            atomic.remove(f"{folder}/{name}")


def _sweep_beside(directory: str, name: str) -> None:
    """Remove what a save to this very file that was killed a while ago has left beside it."""
    try:
        left = [entry for entry in os.listdir(directory) if entry.startswith(f".{name}.") and entry.endswith(".tmp")]
        for entry in left:
            found = os.lstat(f"{directory}/{entry}")
            if found.st_uid == os.geteuid() and time.time() - found.st_mtime > _KILLED_FOR:
                os.unlink(f"{directory}/{entry}")
    except OSError:
        return  # whether the directory can be used is told by the write


def _without_other_lives(files: list[str], doomed: list[str]) -> list[str]:
    """Those that may go: the newest of each other life of the session stays, for three lives."""
    lives: list[str] = []
    spared: set[str] = set()
    for path in files:
        try:
            life = snapshots.life(read(path).document)
        except BridgeError:
            continue
        if life in lives:
            continue
        lives.append(life)
        if 1 < len(lives) <= _OTHER_LIVES + 1:
            spared.add(path)
    return [path for path in doomed if path not in spared]
