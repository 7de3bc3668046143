"""Which sessions are saved by themselves, how often, and how the last time went: one JSON file, under a lock."""

from __future__ import annotations

from bridge.core import jsontext
from bridge.envelope import compact
from bridge.store import atomic
from bridge.store.lock import FileLock
from bridge.store.paths import ensure, unusable

VERSION = 1


class Autosaves:
    """The file. Each change is one step under the lock; a reader sees the old list or the new."""

    def __init__(self, base: str, lock_timeout: float) -> None:
        self._base = base
        self._path = f"{base}/autosaves.json"
        self._lock = FileLock(f"{base}/autosaves.lock", lock_timeout)
        self.aside: str | None = None

    def load(self, now: int) -> list[dict[str, object]]:
        """All of them, oldest first; a file that cannot be read is moved aside (`aside` names it).

        Raises ERR_STATE, also for a file of a later version.
        """
        try:
            data = atomic.read(self._path)
            if data is None:
                return []
            document = jsontext.loads_object(data.decode())
            found = document.get("autosaves")
            if not isinstance(found, list) or not all(_is_sound(item) for item in found):
                raise ValueError("no list of autosaves")
        except ValueError:
            self.aside = atomic.quarantine(self._path, now)
            return []
        if document.get("version") != VERSION:
            raise unusable(self._path, f"it has version {document.get('version')}, this bridge knows {VERSION}")
        return found

    def add(self, autosave: dict[str, object], now: int) -> bool:
        """Store one more; False where the session has one already. Raises ERR_STATE, ERR_LOCKED."""
        ensure(self._base)
        with self._lock:
            found = self.load(now)
            if any(item["session"] == autosave["session"] for item in found):
                return False
            self._write([*found, autosave])
        return True

    def remove(self, session: str, now: int) -> dict[str, object] | None:
        """End a session's autosave; returns it, None where there was none. Raises ERR_STATE, ERR_LOCKED."""
        ensure(self._base)
        with self._lock:
            found = self.load(now)
            gone = next((item for item in found if item["session"] == session), None)
            if gone is not None:
                self._write([item for item in found if item is not gone])
        return gone

    def note(self, session: str, outcome: dict[str, object], now: int) -> None:
        """Keep how the last time went, if the autosave is still there. Raises ERR_STATE, ERR_LOCKED."""
        with self._lock:
            found = self.load(now)
            if any(item["session"] == session for item in found):
                self._write([item | outcome if item["session"] == session else item for item in found])

    def _write(self, found: list[dict[str, object]]) -> None:
        rows = ",\n".join("    " + compact(item) for item in found)
        text = f'{{\n  "version": {VERSION},\n  "autosaves": [\n{rows}\n  ]\n}}\n'
        atomic.write(self._path, text.encode())


def _is_sound(item: object) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("session"), str)
        and isinstance(item.get("interval_seconds"), (int, float))
        and item["interval_seconds"] >= 1
        and (item.get("tried") is None or isinstance(item["tried"], (int, float)))
    )
