"""The files of a migration: what there is to migrate, the backup, and the note of what was imported."""

from __future__ import annotations

import hashlib
import os
import stat

from bridge.core import jsontext
from bridge.envelope import compact
from bridge.store import atomic
from bridge.store.paths import ensure, later, unusable


class Imported:
    """`migrated.json`: which files were imported, with the digest that they had."""

    def __init__(self, base: str) -> None:
        """Read it. Raises ERR_STATE where it cannot be read."""
        self._path = f"{base}/migrated.json"
        try:
            data = atomic.read(self._path)
            self._document = jsontext.loads_object(data.decode()) if data else {}
        except ValueError as problem:
            raise unusable(self._path, f"it cannot be read: {problem}") from None
        version = self._document.get("version", 1)
        if version != 1 or isinstance(version, bool):
            raise later(self._path, version, 1)
        sources = self._document.get("sources")
        self._sources: dict[str, object] = sources if isinstance(sources, dict) else {}

    def holds(self, path: str, data: bytes) -> bool:
        """Whether the file was imported as it is now."""
        return self._sources.get(path) == _digest(data)

    def add(self, path: str, data: bytes) -> None:
        """The file has been imported. Raises ERR_STATE."""
        self._sources[path] = _digest(data)
        document = self._document | {"version": 1, "sources": self._sources}
        atomic.write(self._path, (compact(document) + "\n").encode())


class Backup:
    """A directory that takes a copy of each file before it is imported or changed; made with the first one."""

    def __init__(self, root: str, stamp: str) -> None:
        self.path = f"{root}/backups/{stamp}"
        self.count = 0

    def add(self, path: str, data: bytes) -> None:
        """Keep what the file holds now. Raises ERR_STATE."""
        ensure(self.path)
        copy = f"{self.path}/{self.count:04d}-{os.path.basename(path)[-150:]}"
        atomic.write(copy, data)
        self.count += 1
        line = f"{os.path.basename(copy)}\t{path}\n".encode("utf-8", "surrogateescape")
        before = atomic.read(f"{self.path}/INDEX") or b""
        atomic.write(f"{self.path}/INDEX", before + line)


def source_files(directory: str) -> list[str]:
    """What a state directory of the script holds: `*.state`, its two JSON files, snapshots. Raises ERR_STATE.

    Only a directory of the own user that others cannot write to is believed, and only regular files.
    """
    try:
        state = os.lstat(directory)
    except OSError as problem:
        raise unusable(directory, problem.strerror or str(problem)) from None
    if not stat.S_ISDIR(state.st_mode):
        raise unusable(directory, "it is not a directory")
    if state.st_uid != os.geteuid():
        raise unusable(directory, f"it belongs to user {state.st_uid}")
    if state.st_mode & 0o022:
        raise unusable(directory, f"others may write to it (mode {state.st_mode & 0o777:o}); chmod go-w it first")
    found = [f"{directory}/{name}" for name in sorted(os.listdir(directory))]
    snapshots = f"{directory}/snapshots"
    if os.path.isdir(snapshots) and not os.path.islink(snapshots):
        found += [f"{snapshots}/{name}" for name in sorted(os.listdir(snapshots))]
    return [path for path in found if _is_source(path)]


def bases(root: str) -> list[str]:
    """The state directories of all tmux servers below ours."""
    servers = f"{root}/servers"
    below = sorted(os.listdir(servers)) if os.path.isdir(servers) else []
    # A link leads from another spelling of a server's name to its directory.
    return [root, *(f"{servers}/{name}" for name in below if not os.path.islink(f"{servers}/{name}"))]


def lock_file(path: str) -> str:
    """The lock under which that file of ours is changed."""
    base, _, name = path.rpartition("/")
    return f"{base}/gc/policy.lock" if name == "gc-config.json" else f"{base}/{name.removesuffix('.json')}.lock"


def add_snapshot(folder: str, stamp: str, ending: str, data: bytes) -> str:
    """Store an imported snapshot before all generations of ours; returns its path. Raises ERR_STATE."""
    ensure(folder)
    number = 1
    while True:
        path = f"{folder}/000000-{stamp}" + (f"-{number}" if number > 1 else "") + ending
        before = atomic.read(path)
        if before is None:
            atomic.write(path, data)
        if before is None or before == data:
            return path
        number += 1


def _is_source(path: str) -> bool:
    name = os.path.basename(path)
    if not (name.endswith((".state", ".snapshot")) or name in ("groups.json", "gc-config.json")):
        return False
    state = os.lstat(path)
    return stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
