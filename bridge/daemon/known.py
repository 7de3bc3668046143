"""A pane as the daemon knows it, and the list of them as a look at tmux gives it."""

from __future__ import annotations

from bridge.core.events import Place
from bridge.model import Pane
from bridge.tmux import argv, rows
from bridge.tmux.argv import PLACEHOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_FIELDS = (
    *("session_name", "session_id", "session_created", "window_index", "window_active", "pane_id", "pane_index"),
    *("pane_pid", "pane_tty", "pane_dead", "pane_dead_status", "pid", argv.LABEL, "pane_start_command"),
)
LOOK = ("list-panes", "-a", "-F", argv.framed(_FIELDS))


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


class Listing:
    """What one look has found, of the answer to LOOK.

    `panes` and `sessions` (by `id@created@server`) are those that are looked at, `seen` has every pane there is, with
    its server and its process; `server` is the server's process, 0 where there is no pane.
    """

    __slots__ = ("panes", "seen", "server", "sessions")

    def __init__(self, output: bytes, is_wanted: Callable[[str], bool]) -> None:
        self.panes: dict[str, Known] = {}
        self.sessions: dict[str, Place] = {}
        self.seen: dict[str, tuple[int, int]] = {}
        self.server = 0
        for row in rows.unframe(output, len(_FIELDS)):
            self._add(row, is_wanted)

    def _add(self, row: list[str], is_wanted: Callable[[str], bool]) -> None:
        name, session_id, created, window, window_active, pane_id, index, pid, tty, dead, status, server = row[:12]
        self.server = int(server or 0)
        self.seen[pane_id] = (self.server, int(pid or 0))
        if not is_wanted(name):
            return
        pane = Pane(
            session=name,
            session_id=session_id,
            created=int(created or 0),
            window_index=int(window),
            window_active=window_active == "1",
            id=pane_id,
            index=int(index),
            pid=int(pid or 0),
            tty=tty,
            dead=dead == "1",
            typed_text="",
            cursor_x=0,
        )
        key = f"{session_id}@{created}@{server}"
        label = rows.decode_label(row[12]) or ""
        place = Place(name, session_id, key, pane_id, pane.address, f"{window}.{index}", label)
        self.sessions.setdefault(key, place)
        first = self.panes.get(pane_id)
        if first is not None and _age(first.place) <= _age(place):
            first.place.others.append(place)
            return
        if first is not None:
            place.others = [first.place, *first.place.others]
            first.place.others = []
        self.panes[pane_id] = Known(
            pane,
            place,
            self.server,
            dead=pane.dead,
            exit_status=int(status) if status.isdigit() else None,
            holds_place=PLACEHOLDER in row[13],
        )


def _age(place: Place) -> int:
    """A pane in several sessions is told of in the oldest one."""
    return int(place.session_id[1:])
