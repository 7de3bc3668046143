"""The libraries of the file, unpacked for those that cannot be imported from a zip."""

from __future__ import annotations

import hashlib
import os
import sys

from bridge.archive import cache
from bridge.errors import BridgeError
from bridge.store.lock import FileLock

# What the front for people itself needs: the rest is unpacked for those commands alone that use it, in another place.
_FRONT = ("click", "filelock", "orjson")
_LIBRARIES = "site-packages"
_UNPACKED_WITHIN = 60.0


def use(directory: str, archive: str, *, everything: bool) -> None:
    """Have the archive's libraries on the path, unpacked in this directory of ours: the front's, or all of them.

    Where one was changed since, they are unpacked anew. One that cannot be had is told by whoever needs it.
    """
    place = f"{directory}/{'lib' if everything else 'front'}"
    try:
        if not _is_whole(place):
            lock = f"{directory}/.lib_lock"
            if not os.access(lock, os.R_OK | os.W_OK) or not os.path.isfile(lock):
                cache.clear(lock)
            with FileLock(lock, _UNPACKED_WITHIN):
                if not _is_whole(place):  # another process was faster
                    _unpack(place, archive, () if everything else _FRONT)
    except (OSError, BridgeError):
        return
    sys.path.insert(0, f"{place}/{_LIBRARIES}")


def _is_whole(place: str) -> bool:
    try:
        with open(f"{place}/manifest", encoding="utf-8") as file:
            rows = dict(line.split(" ") for line in file.read().splitlines())
        return bool(rows) and all(rows[name] == _state(f"{place}/{_LIBRARIES}/{name}") for name in rows)
    except (OSError, ValueError):
        return False


def _unpack(place: str, archive: str, only: tuple[str, ...]) -> None:
    """Have these libraries there, without names all of them."""
    import zipfile  # noqa: PLC0415 - once for each build

    fresh = f"{place}.tmp"
    wanted = tuple(f"{_LIBRARIES}/{name}/" for name in only) or f"{_LIBRARIES}/"
    cache.clear(fresh)
    before = os.umask(0o077)
    try:
        cache.make(fresh)
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(fresh, [name for name in zipped.namelist() if name.startswith(wanted)])
        names = sorted(os.listdir(f"{fresh}/{_LIBRARIES}"))
        rows = "".join(f"{name} {_state(f'{fresh}/{_LIBRARIES}/{name}')}\n" for name in names if " " not in name)
        with open(f"{fresh}/manifest", "w", encoding="utf-8") as file:
            file.write(rows)
    finally:
        os.umask(before)
    cache.clear(place)
    os.rename(fresh, place)


def _state(path: str) -> str:
    """What tells that a library is as it was unpacked: names, sizes and times of its files, not their content.

    Of what a power cut took the size tells; what Python compiles there itself is Python's to judge.
    """
    found = hashlib.blake2b(digest_size=16)
    waiting = [path]
    while waiting:
        here = waiting.pop()
        if os.path.isdir(here):
            waiting += [entry.path for entry in os.scandir(here) if entry.name != "__pycache__"]
            waiting.sort()
        else:
            state = os.lstat(here)
            found.update(f"{here[len(path) :]}\0{state.st_size}\0{state.st_mtime_ns}\0{state.st_mode}\n".encode())
    return found.hexdigest()
