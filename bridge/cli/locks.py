"""The locks of the Click front: filelock, on the same files and by the same system call as the fast front."""

from __future__ import annotations

import os

import filelock

from bridge.store.lock import locked, open_lock, read_holder, write_holder
from bridge.store.paths import unusable


class LibraryLock:
    """A lock held within a `with`; excludes `bridge.store.lock.FileLock` on the same path."""

    def __init__(self, path: str, timeout: float) -> None:
        self._path = path
        self._lock = filelock.FileLock(path, timeout=timeout, poll_interval=0.005, mode=0o600)

    def __enter__(self) -> LibraryLock:
        """Wait for the lock; raises ERR_LOCKED with the holder after the timeout, ERR_STATE."""
        descriptor = open_lock(self._path)
        try:
            holder = read_holder(descriptor)
            self._lock.acquire()
            write_holder(descriptor)
        except filelock.Timeout:
            raise locked(self._path, read_holder(descriptor) or holder) from None
        except OSError as problem:
            self._lock.release()
            raise unusable(self._path, problem.strerror or str(problem)) from None
        finally:
            os.close(descriptor)
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()
