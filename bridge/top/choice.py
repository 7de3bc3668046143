"""Which panes are shown, and which one keys are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.core.topview import matches

if TYPE_CHECKING:
    from bridge.core.topview import Seen


class Choice:
    """The panes of the newest look, less those that the filter hides.

    `id` is the chosen one's `%id`, `shown` the page that was asked for last.
    """

    def __init__(self, session: str, search: str) -> None:
        self.session = session
        self.search = search
        self.all: list[Seen] = []
        self.seen: list[Seen] = []
        self.id = ""
        self.top = 0
        self.shown: list[Seen] = []

    @property
    def pane(self) -> Seen | None:
        """The chosen pane."""
        return next((pane for pane in self.seen if pane.id == self.id), None)

    @property
    def place(self) -> int:
        """Its place among those that are shown, 0 where there is none."""
        return next((number for number, pane in enumerate(self.seen) if pane.id == self.id), 0)

    def take(self, panes: list[Seen]) -> bool:
        """What a new look has found; whether another pane is chosen now."""
        place = self.place
        self.all = [pane for pane in panes if self.session in ("", pane.session, pane.session_id)]
        self.seen = [pane for pane in self.all if matches(pane, self.search)]
        return self.pane is None and self._choose(min(place, len(self.seen) - 1))

    def find(self, search: str) -> bool:
        """Another filter; the chosen pane stays so while it is shown. Whether another is chosen now."""
        place, self.search = self.place, search
        self.seen = [pane for pane in self.all if matches(pane, search)]
        return self.pane is None and self._choose(min(place, len(self.seen) - 1))

    def move(self, count: int) -> bool:
        """Choose the pane so many rows below."""
        return self._choose(max(0, min(len(self.seen) - 1, self.place + count)))

    def point(self, row: int) -> bool:
        """Choose the pane in this row of the screen."""
        return self.top + row < len(self.seen) and self._choose(self.top + row)

    def page(self, rows: int) -> list[Seen]:
        """The panes for so many rows of the screen, the chosen one among them."""
        place = self.place
        self.top = max(0, min(self.top, place, len(self.seen) - rows), place - max(1, rows) + 1)
        self.shown = self.seen[self.top : self.top + rows]
        return self.shown

    def _choose(self, place: int) -> bool:
        before, self.id = self.id, self.seen[place].id if self.seen else ""
        return self.id != before
