"""Who wants to be told of which events: one JSON file for each tmux server, under a lock."""

from __future__ import annotations

from bridge.core import jsontext
from bridge.envelope import compact
from bridge.errors import BridgeError
from bridge.store import atomic
from bridge.store.lock import FileLock
from bridge.store.paths import ensure, unusable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = 1
MOST = 1000


class Subscriptions:
    """The file. Each change is one step under the lock; a reader sees the old list or the new."""

    def __init__(self, base: str, lock_timeout: float) -> None:
        self._base = base
        self._path = f"{base}/subscriptions.json"
        self._lock = FileLock(f"{base}/subscriptions.lock", lock_timeout)
        self.aside: str | None = None

    def load(self, now: int) -> list[dict[str, object]]:
        """All subscriptions, oldest first; a file that cannot be read is moved aside (`aside` names it).

        Raises ERR_STATE, also for a file of a later version.
        """
        try:
            data = atomic.read(self._path)
            if data is None:
                return []
            document = jsontext.loads_object(data.decode())
            found = document.get("subscriptions")
            if not isinstance(found, list) or not all(_is_sound(item) for item in found):
                raise ValueError("no list of subscriptions")
        except ValueError:
            self.aside = atomic.quarantine(self._path, now)
            return []
        if document.get("version") != VERSION:
            raise unusable(self._path, f"it has version {document.get('version')}, this bridge knows {VERSION}")
        return found

    def add(self, subscription: dict[str, object], now: int) -> None:
        """Store one more. Raises ERR_STATE, ERR_LOCKED, ERR_TOO_LARGE above 1,000."""
        ensure(self._base)
        with self._lock:
            found = self.load(now)
            if len(found) >= MOST:
                raise BridgeError(
                    "ERR_TOO_LARGE",
                    f"there are {len(found)} subscriptions, {MOST} are allowed",
                    hint="bridge event-list shows them, bridge event-unsubscribe ID ends one",
                )
            self._write([*found, subscription])

    def remove(self, names: Iterable[str], now: int) -> list[dict[str, object]]:
        """End the subscriptions with these ids; returns those that were there. Raises ERR_STATE, ERR_LOCKED."""
        ensure(self._base)
        wanted = set(names)
        with self._lock:
            found = self.load(now)
            gone = [item for item in found if item["subscription_id"] in wanted]
            if gone:
                self._write([item for item in found if item not in gone])
        return gone

    def _write(self, found: list[dict[str, object]]) -> None:
        rows = ",\n".join("    " + compact(item) for item in found)
        text = f'{{\n  "version": {VERSION},\n  "subscriptions": [\n{rows}\n  ]\n}}\n'
        atomic.write(self._path, text.encode())


def _is_sound(item: object) -> bool:
    return (
        isinstance(item, dict)
        and all(isinstance(item.get(key), str) for key in ("subscription_id", "session", "event_type", "callback"))
        and all(item.get(key) is None or isinstance(item[key], str) for key in ("pane", "pattern"))
        and (item.get("after_seconds") is None or isinstance(item["after_seconds"], (int, float)))
    )
