"""The only writer of state files: a reader sees the old content or the new, never a mixture."""

from __future__ import annotations

import os

from bridge.store.paths import ensure, unusable

LARGEST_READ = 64 * 1024 * 1024


def write(path: str, data: bytes) -> None:
    """Replace a file: temporary file (0600), fsync, rename, fsync of the directory.

    Raises ERR_STATE with path and reason; the old content is then untouched and nothing is left over.
    The caller holds the lock that belongs to the file.
    """
    directory = ensure(os.path.dirname(path))
    temporary = f"{path}.tmp"
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, path)
    except OSError as problem:
        remove(temporary)
        raise unusable(path, problem.strerror or str(problem)) from None
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: str) -> bytes | None:
    """The content of a file, None where there is none. Raises ERR_STATE for what is not a readable file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None
    try:
        if os.fstat(descriptor).st_size > LARGEST_READ:
            raise unusable(path, f"it is larger than {LARGEST_READ} bytes")
        chunks = []
        while chunk := os.read(descriptor, 1 << 20):
            chunks.append(chunk)
        return b"".join(chunks)
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None
    finally:
        os.close(descriptor)


def quarantine(path: str, stamp: int) -> str:
    """Move an unreadable file aside, never over another one; returns its new path."""
    number = 0
    while True:
        aside = f"{path}.corrupt-{stamp}" + (f"-{number}" if number else "")
        if not os.path.lexists(aside):
            os.rename(path, aside)
            return aside
        number += 1


def remove(path: str) -> None:
    """Remove a file; that it is not there is no error."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None
