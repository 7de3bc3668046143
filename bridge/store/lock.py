"""Kernel locks on files that stay in place: unlinking one would split those who wait for it."""

from __future__ import annotations

import fcntl
import posix
import time

from bridge.errors import BridgeError
from bridge.store.paths import REGULAR, ensure, parent, unusable

_STEP = 0.002


class FileLock:
    """flock(2) on a file, held within a `with`. The kernel frees it when the holder dies.

    The descriptor is close-on-exec, so neither a child nor a tmux server that is started inherits it.
    """

    def __init__(self, path: str, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._descriptor = -1
        self._taken = False

    @property
    def is_held(self) -> bool:
        """Whether it is within its `with` just now."""
        return self._descriptor >= 0

    def take(self) -> None:
        """Wait for the lock now, for the `with` that follows; raises as that."""
        self.__enter__()
        self._taken = True

    def __enter__(self) -> FileLock:
        """Wait for the lock; raises ERR_LOCKED with the holder after the timeout, ERR_STATE, ERR_BUSY."""
        if self._taken:
            self._taken = False
            return self
        if self._descriptor >= 0:
            raise BridgeError("ERR_INTERNAL", f"lock taken twice: {self._path}")
        self._descriptor = open_lock(self._path)
        end = time.monotonic() + self._timeout
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    holder = read_holder(self._descriptor)
                    self.__exit__()
                    raise locked(self._path, holder) from None
                self._nap()
            except OSError as problem:
                self.__exit__()
                raise unusable(self._path, problem.strerror or str(problem)) from None
        try:
            write_holder(self._descriptor)
        except OSError as problem:
            self.__exit__()
            raise unusable(self._path, problem.strerror or str(problem)) from None
        return self

    def __exit__(self, *_: object) -> None:
        posix.close(self._descriptor)
        self._descriptor = -1

    def _nap(self) -> None:
        from bridge import pause  # noqa: PLC0415 - few locks are held by somebody else

        try:
            pause.nap(_STEP)
        except BaseException:
            self.__exit__()
            raise


def read_holder(descriptor: int) -> str:
    """What the holder wrote into the lock file: its pid and the time."""
    return posix.pread(descriptor, 200, 0).decode("utf-8", "replace").partition("\n")[0]


def write_holder(descriptor: int) -> None:
    """Write pid and time into the lock file, for whoever waits too long."""
    posix.pwrite(descriptor, f"{posix.getpid()} {time.time():.0f}\n".encode(), 0)


def open_lock(path: str) -> int:
    """A descriptor of the lock file, made if need be; refuses links, fifos and foreign files (ERR_STATE)."""
    ensure(parent(path))
    try:
        descriptor = posix.open(
            path, posix.O_RDWR | posix.O_CREAT | posix.O_NOFOLLOW | posix.O_NONBLOCK | posix.O_CLOEXEC, 0o600
        )
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None
    found = posix.fstat(descriptor)
    if found.st_mode & 0o170000 != REGULAR or found.st_uid != posix.geteuid():
        posix.close(descriptor)
        raise unusable(path, "it is not a regular file of yours")
    return descriptor


def is_locked(path: str, *, shared: bool = False) -> bool:
    """Whether somebody's lock on the file excludes another one, a `shared` one too; False where there is no file."""
    try:
        descriptor = posix.open(path, posix.O_RDWR | posix.O_NOFOLLOW | posix.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        posix.close(descriptor)
    return False


def locked(path: str, holder: str) -> BridgeError:
    """The lock was not free in time; `holder` is what the holder wrote: pid and time."""
    pid, _, since = holder.partition(" ")
    age = f" for {max(0, int(time.time()) - int(since))} s" if since.isdigit() else ""
    return BridgeError(
        "ERR_LOCKED",
        f"process {pid or 'unknown'} holds {path}{age}",
        hint="try again, or look at that process; BRIDGE_LOCK_TIMEOUT sets how long to wait",
    )
