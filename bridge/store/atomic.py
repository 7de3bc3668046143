"""The only writer of state files: a reader sees the old content or the new, never a mixture."""

from __future__ import annotations

import posix
from _thread import get_ident

from bridge.store.paths import ensure, parent, unusable

LARGEST_READ = 64 * 1024 * 1024


def write(path: str, data: bytes, *, synced: bool = True) -> None:
    """Replace a file: temporary file (0600), fsync, rename, fsync of the directory.

    Without `synced` there is no fsync: for what a crash of the machine may lose. Raises ERR_STATE with
    path and reason; the old content is then untouched and nothing is left over. The caller holds
    the file's lock.
    """
    directory = ensure(parent(path))
    _put(path, f"{path}.tmp", data, synced=synced)
    if not synced:
        return
    try:
        handle = posix.open(directory, posix.O_RDONLY | posix.O_DIRECTORY | posix.O_CLOEXEC)
        try:
            posix.fsync(handle)
        finally:
            posix.close(handle)
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None


def replace(path: str, data: bytes) -> None:
    """As `write`, by any number of threads at once and without a lock, for what a crash of the machine may lose."""
    _put(path, f"{path}.{posix.getpid()}-{get_ident()}.tmp", data, synced=False)


def create(path: str, data: bytes) -> None:
    """Write a file under a name that nobody has heard of yet. Raises ERR_STATE; nothing is left over then."""
    try:
        _fill(path, posix.O_EXCL, data, synced=False)
    except OSError as problem:
        if not isinstance(problem, FileExistsError):
            remove(path)
        raise unusable(path, problem.strerror or str(problem)) from None


def _put(path: str, temporary: str, data: bytes, *, synced: bool) -> None:
    try:
        _fill(temporary, posix.O_TRUNC, data, synced=synced)
        posix.rename(temporary, path)
    except OSError as problem:
        remove(temporary)
        raise unusable(path, problem.strerror or str(problem)) from None


def _fill(path: str, how: int, data: bytes, *, synced: bool) -> None:
    flags = posix.O_WRONLY | posix.O_CREAT | posix.O_NOFOLLOW | posix.O_CLOEXEC
    descriptor = posix.open(path, flags | how, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[posix.write(descriptor, view) :]
        if synced:
            posix.fsync(descriptor)
    finally:
        posix.close(descriptor)


def read(path: str) -> bytes | None:
    """The content of a file, None where there is none.

    Raises ERR_STATE for what is not a readable file, ValueError for one that is too large to be ours.
    """
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_NOFOLLOW | posix.O_NONBLOCK | posix.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None
    try:
        if posix.fstat(descriptor).st_size > LARGEST_READ:
            raise ValueError(f"larger than {LARGEST_READ} bytes")
        chunks = []
        while chunk := posix.read(descriptor, 1 << 20):
            chunks.append(chunk)
        return b"".join(chunks)
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None
    finally:
        posix.close(descriptor)


def identity(path: str) -> tuple[int, int] | None:
    """Which file stands there now; None where there is none."""
    try:
        found = posix.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def quarantine(path: str, stamp: int, seen: tuple[int, int] | None) -> str | None:
    """Move an unreadable file aside, never over another one; returns its new path.

    `seen` is the file that was read: None is returned, and nothing moved, where another one stands there by now.
    The caller holds the file's lock.
    """
    number = 0
    while True:
        aside = f"{path}.corrupt-{stamp}" + (f"-{number}" if number else "")
        if not _exists(aside):
            if identity(path) != seen:
                return None
            try:
                posix.rename(path, aside)
            except OSError as problem:
                raise unusable(path, problem.strerror or str(problem)) from None
            return aside
        number += 1


def remove(path: str) -> None:
    """Remove a file; that it is not there is no error."""
    try:
        posix.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None


def _exists(path: str) -> bool:
    try:
        posix.lstat(path)
    except FileNotFoundError:
        return False
    return True
