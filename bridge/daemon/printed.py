"""What a pane has printed, for whoever subscribed to that: what comes close together is one event."""

from __future__ import annotations

from bridge.core.text import SIZE, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.core.events import Place
    from bridge.daemon.hub import Hub

_TOGETHER = 0.05
_LONGEST_TEXT = 2000


class Printed:
    """Gathers bytes, and makes `pane-output` of them a moment after the first."""

    def __init__(self, hub: Hub, place: Callable[[], Place]) -> None:
        self._hub = hub
        self._place = place
        self._names: list[object] = []
        self._size = SIZE
        self._last = bytearray()
        self._count = 0

    def follow(self, subscriptions: list[dict[str, object]]) -> None:
        """Those that are wanted now, among others."""
        self._names = [item["subscription_id"] for item in subscriptions if item["event_type"] == "pane-output"]

    def add(self, data: bytes, size: tuple[int, int]) -> None:
        """The pane, of this width and height, has printed something."""
        if not self._names:
            return
        self._size = size
        if not self._count:
            self._hub.loop.call_later(_TOGETHER, self.tell)
        self._count += len(data)
        self._last += data
        del self._last[: -_LONGEST_TEXT * 2]

    def tell(self) -> None:
        """Make the event, if there is anything to tell."""
        if not self._count:
            return
        text = read_text(bytes(self._last), self._size)[-_LONGEST_TEXT:]
        count, self._count = self._count, 0
        self._last.clear()
        place = self._place()
        self._hub.emit(
            "pane-output",
            place.session,
            f"{count} bytes",
            place=place,
            data={"bytes": count, "text": text, "untrusted": True, "subscription_ids": self._names},
        )
