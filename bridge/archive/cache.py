"""Where a build unpacks what its calls run: directories and files that are ours alone, whatever the umask."""

from __future__ import annotations

import os
import shutil
import stat
import sys

from bridge.config import cache_directory
from bridge.store.ownership import stranger

# The time of what is unpacked. Whoever changes a file gives it a later one, and then nobody believes it any more.
STAMP = 1_700_000_000
_FILES = ("fast.pyc", "fast.code")


def directory_of(environ: dict[str, str], build: str) -> str:
    """Where this build is unpacked; the sh header of the file computes the same.

    Empty without a home, and where somebody else could put files there: what lies there is executed.
    """
    base = cache_directory(environ)
    if not base:
        return ""
    try:
        if not environ.get("BRIDGE_CACHE_DIR"):
            _close(base)
        return "" if stranger(base) else f"{base}/{build}"
    except OSError:
        return ""


def is_whole(directory: str) -> bool:
    """Whether the header may take what lies there: nothing was changed since it was written."""
    pointer = f"{directory}/python"
    try:
        with open(pointer, encoding="utf-8") as file:
            python, place = file.read().splitlines()
        written = _look(pointer)
        if not os.access(python, os.X_OK) or _is_open(directory) or _is_open(place):
            return False
        if int(written.st_mtime) <= max(int(os.stat(path).st_mtime) for path in (python, os.path.dirname(python))):
            return False  # the interpreter may be another one by now
        return all(int(_look(f"{place}/{name}").st_mtime) == STAMP for name in _FILES)
    except (OSError, ValueError):
        return False


def fill(directory: str, files: tuple[bytes, bytes]) -> None:
    """Write the loader and the code for this interpreter, then the file that names both. Raises OSError.

    That file, `python`, is replaced in one step and last, so a caller finds an interpreter and a bundle that
    fit each other, also after a power cut. It names the interpreter itself and not a link to it: another version
    below the same name could not read the bundle.
    """
    place = f"{directory}/{sys.implementation.cache_tag}"
    make(directory)
    make(place)
    for name, data in zip(_FILES, files, strict=True):
        _write(f"{place}/{name}", data, STAMP)
    _synced(place)
    python = _interpreter()
    latest = max(int(os.stat(path).st_mtime) for path in (python, os.path.dirname(python)))
    _write(f"{directory}/python", f"{python}\n{place}\n".encode(), latest + 1 if _is_ahead(latest) else None)
    _synced(directory)


def make(directory: str) -> None:
    """Have a directory of ours there, 0700, whatever stood in its place. Raises OSError."""
    found = _look_or_none(directory)
    if found is not None and not (stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()):
        clear(directory)
        found = None
    if found is None:
        _make(directory)
    if found is None or stat.S_IMODE(found.st_mode) != 0o700:
        os.chmod(directory, 0o700)


def _make(directory: str) -> None:
    """A directory and what is missing above it, each 0700 whatever the umask."""
    try:
        os.mkdir(directory, 0o700)
    except FileNotFoundError:
        _make(os.path.dirname(directory))
        os.mkdir(directory, 0o700)


def clear(path: str) -> None:
    """Remove a file, a link or a directory. Raises OSError."""
    found = _look_or_none(path)
    if found is None:
        return
    if stat.S_ISDIR(found.st_mode):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def _close(base: str) -> None:
    """A cache of our own name that an earlier version left open to others, by the umask of that call."""
    found = _look_or_none(base)
    if found is not None and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and found.st_mode & 0o022:
        os.chmod(base, 0o700)


def _interpreter() -> str:
    """This interpreter by the name that is its own: without links, and not a virtual environment's copy."""
    python = os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)
    return python if os.access(python, os.X_OK) else sys.executable


def _is_ahead(stamp: int) -> bool:
    import time  # noqa: PLC0415

    return stamp > time.time() + 1


def _is_open(directory: str) -> bool:
    found = _look(directory)
    return not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) != 0o700


def _look(path: str) -> os.stat_result:
    """What stands at the path itself; a file must be one of ours that can be read."""
    found = os.lstat(path)
    if stat.S_ISDIR(found.st_mode):
        return found
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o422 != 0o400:
        raise ValueError(path)
    return found


def _look_or_none(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _write(path: str, data: bytes, stamp: int | None) -> None:
    temporary = f"{path}.{os.getpid()}"
    clear(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(data)
        file.flush()
        if stamp is not None:
            os.utime(descriptor, (stamp, stamp))
        os.fsync(descriptor)
    if os.path.isdir(path) and not os.path.islink(path):
        clear(path)
    os.replace(temporary, path)


def _synced(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
