"""Which sessions are saved by themselves, how often, and how the last time went: one JSON file, under a lock."""

from __future__ import annotations

from bridge.store.listfile import ListFile


class Autosaves(ListFile):
    """The file of autosaves of one tmux server."""

    def __init__(self, base: str, lock_timeout: float) -> None:
        super().__init__(base, lock_timeout, "autosaves", _is_sound)

    def add(self, autosave: dict[str, object], now: int) -> bool:
        """Store one more; False where the session has one already. Raises ERR_STATE, ERR_LOCKED."""
        with self._lock():
            found = self.load(now)
            if any(item["session"] == autosave["session"] for item in found):
                return False
            self._write([*found, autosave])
        return True

    def remove(self, session: str, now: int) -> dict[str, object] | None:
        """End a session's autosave; returns it, None where there was none. Raises ERR_STATE, ERR_LOCKED."""
        with self._lock():
            found = self.load(now)
            gone = next((item for item in found if item["session"] == session), None)
            if gone is not None:
                self._write([item for item in found if item is not gone])
        return gone

    def note(self, session: str, outcome: dict[str, object], now: int) -> None:
        """Keep how the last time went, if the autosave is still there. Raises ERR_STATE, ERR_LOCKED."""
        with self._lock():
            found = self.load(now)
            if any(item["session"] == session for item in found):
                self._write([item | outcome if item["session"] == session else item for item in found])


def _is_sound(item: object) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("session"), str)
        and isinstance(item.get("interval_seconds"), (int, float))
        and item["interval_seconds"] >= 1
        and (item.get("tried") is None or isinstance(item["tried"], (int, float)))
    )
