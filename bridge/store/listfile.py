"""A list of objects in one JSON file for each tmux server, under a lock."""

from __future__ import annotations

from bridge.envelope import compact
from bridge.store import atomic, document
from bridge.store.lock import FileLock
from bridge.store.paths import ensure, later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = 1


class ListFile:
    """The file. Each change is one step under the lock; a reader sees the old list or the new.

    The file and its key are called `name`; `is_sound` tells what can be an item of the list.
    """

    def __init__(self, base: str, lock_timeout: float, name: str, is_sound: Callable[[object], bool]) -> None:
        self._name = name
        self._is_sound = is_sound
        self._base = base
        self._path = f"{base}/{name}.json"
        self._file_lock = FileLock(f"{base}/{name}.lock", lock_timeout)
        self.aside: str | None = None

    def load(self, now: int) -> list[dict[str, object]]:
        """All items, oldest first; a file that cannot be read is moved aside (`aside` names it).

        Raises ERR_STATE, also for a file of a later version.
        """
        loaded, aside = document.load(self._path, self._file_lock, now, VERSION, self._check)
        self.aside = aside or self.aside
        if loaded is None:
            return []
        if "version" not in loaded:
            raise later(self._path, None, VERSION)
        return loaded[self._name]  # type: ignore[return-value]

    def _check(self, loaded: dict[str, object]) -> None:
        found = loaded.get(self._name)
        if not isinstance(found, list) or not all(self._is_sound(item) for item in found):
            raise ValueError(f"no list of {self._name}")

    def _lock(self) -> FileLock:
        """The lock of a change; the directory is there afterwards."""
        ensure(self._base)
        return self._file_lock

    def _write(self, found: list[dict[str, object]]) -> None:
        rows = ",\n".join("    " + compact(item) for item in found)
        text = f'{{\n  "version": {VERSION},\n  "{self._name}": [\n{rows}\n  ]\n}}\n'
        atomic.write(self._path, text.encode())
