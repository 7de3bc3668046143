"""The agents of a tmux server: one JSON file under a lock, a row for each.

A row holds agent_id, profile, role, parent_id, depth, directory, created_at, session, pane (`%id`), pane_pid,
pane_started, pid, started, generation, adopted, conversation_id (null where nobody knows it), prompts, state, since,
reason, ready, ended_at, exit_status, exit_signal, terminated, kept; `starter` while it is being started.
"""

from __future__ import annotations

from bridge.store.listfile import ListFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, object]
_MOST_ENDED = 200  # rows of agents that have ended; the oldest are let go


class Roster(ListFile):
    """The file."""

    def __init__(self, base: str, lock_timeout: float) -> None:
        super().__init__(base, lock_timeout, "agents", _is_sound)

    def change(self, now: int, work: Callable[[list[Row]], list[Row]]) -> list[Row]:
        """Replace the rows by what `work` makes of them, in one step under the lock; the new rows.

        Nothing is written where it raises, or returns the list that it was given.
        Raises ERR_STATE, ERR_LOCKED.
        """
        with self._lock():
            found = self.load(now)
            changed = work(found)
            if changed is not found:
                changed = _bounded(changed)
                self._write(changed)
        return changed


def _bounded(rows: list[Row]) -> list[Row]:
    ended = [row for row in rows if row.get("terminated")]
    gone = {id(row) for row in ended[: max(0, len(ended) - _MOST_ENDED)]}
    return [row for row in rows if id(row) not in gone]


def _is_sound(item: object) -> bool:
    texts = ("agent_id", "profile", "role", "session", "state", "since", "created_at")
    numbers = ("depth", "pane_pid", "pane_started", "pid", "started")
    return (
        isinstance(item, dict)
        and all(isinstance(item.get(key), str) for key in texts)
        and all(isinstance(item.get(key), int) for key in numbers)
        and all(isinstance(item.get(key), (str, type(None))) for key in ("parent_id", "pane", "starter"))
    )
