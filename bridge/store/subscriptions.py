"""Who wants to be told of which events: one JSON file for each tmux server, under a lock."""

from __future__ import annotations

from bridge.errors import BridgeError
from bridge.store.listfile import ListFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 1000


class Subscriptions(ListFile):
    """The file of subscriptions of one tmux server."""

    def __init__(self, base: str, lock_timeout: float) -> None:
        super().__init__(base, lock_timeout, "subscriptions", _is_sound)

    def add(self, subscription: dict[str, object], now: int) -> None:
        """Store one more. Raises ERR_STATE, ERR_LOCKED, ERR_TOO_LARGE above 1,000."""
        with self._lock():
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
        wanted = set(names)
        with self._lock():
            found = self.load(now)
            gone = [item for item in found if item["subscription_id"] in wanted]
            if gone:
                self._write([item for item in found if item not in gone])
        return gone


def _is_sound(item: object) -> bool:
    return (
        isinstance(item, dict)
        and all(isinstance(item.get(key), str) for key in ("subscription_id", "session", "event_type", "callback"))
        and all(item.get(key) is None or isinstance(item[key], str) for key in ("pane", "pattern"))
        and (item.get("after_seconds") is None or isinstance(item["after_seconds"], (int, float)))
    )
