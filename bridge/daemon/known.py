"""A pane as the daemon knows it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.events import Place
    from bridge.model import Pane


class Known:
    """A pane as it was last seen."""

    __slots__ = ("dead", "end", "exit_status", "holds_place", "pane", "place", "reported", "server")

    def __init__(
        self, pane: Pane, place: Place, server: int, *, dead: bool, exit_status: int | None, holds_place: bool
    ) -> None:
        self.pane = pane
        self.server = server
        self.place = place
        self.dead = dead
        self.exit_status = exit_status
        self.holds_place = holds_place  # a restore makes and ends it: nobody's program
        self.end = -1
        self.reported = False
