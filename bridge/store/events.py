"""The one log of events: SQLite in WAL mode, numbered, bounded, and a mirror in JSON lines.

What `append` has returned from survives the end of this process at any moment. A number is never
given twice. The newest events are kept, the oldest leave first.
"""

from __future__ import annotations

import os
import sqlite3

from bridge.core import jsontext
from bridge.envelope import compact, repair
from bridge.store import database
from bridge.store.paths import ensure, parent, unusable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

KEPT = 100_000
_TRIMMED_EACH = 1000
LARGEST_MIRROR = 16 * 1024 * 1024
_COLUMNS = ("event_id", "event_type", "session", "pane_id", "pane", "timestamp", "message", "data")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, event_type TEXT NOT NULL, session TEXT NOT NULL,
  pane_id TEXT NOT NULL, pane TEXT NOT NULL, timestamp TEXT NOT NULL, message TEXT NOT NULL, data TEXT NOT NULL,
  told INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS untold ON events (seq) WHERE told = 0;
CREATE TABLE IF NOT EXISTS deliveries (
  delivery_id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, subscription_id TEXT NOT NULL, callback TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS spent (subscription_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS marks (pane TEXT NOT NULL, pid INTEGER NOT NULL, place TEXT NOT NULL,
  PRIMARY KEY (pane, pid));
"""


class Delivery:
    """A callback that is owed for an event."""

    __slots__ = ("attempts", "callback", "delivery_id", "event", "subscription_id")

    def __init__(
        self, delivery_id: int, event: dict[str, object], subscription_id: str, callback: str, attempts: int
    ) -> None:
        self.delivery_id = delivery_id
        self.event = event
        self.subscription_id = subscription_id
        self.callback = callback
        self.attempts = attempts


class EventLog:
    """A connection to the log. Several processes may hold one; each call is a transaction."""

    def __init__(self, path: str, now: int, kept: int = KEPT) -> None:
        """Open the log, made (0600) if need be; one that is no database is moved aside. Raises ERR_STATE."""
        self.path = path
        self._kept = kept
        self._connection, self.aside = database.connect(path, _SCHEMA, now, isolation_level=None)

    def append(
        self,
        events: list[dict[str, object]],
        owed: Iterable[tuple[int, str, str]] = (),
        spent: Iterable[str] = (),
        *,
        told: bool = True,
        marks: Iterable[tuple[str, int, str | None]] = (),
    ) -> list[Delivery]:
        """Store events in one step and give each its `seq`.

        `owed` are callbacks as (index of the event, subscription, text of any form), returned as deliveries;
        `spent` are subscriptions that end with these events. `told` is False where no daemon takes
        them to their subscribers now. `marks` tell how far the log of a pane was looked at for these
        events, as (pane, pid, text of any form, None to forget it). Raises ERR_STATE; nothing is stored then.
        """
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for event in events:
                values = [_text(event, column) for column in _COLUMNS]
                cursor = connection.execute(
                    "INSERT INTO events (event_id, event_type, session, pane_id, pane, timestamp, message, data, told)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*values, int(told)),
                )
                event["seq"] = cursor.lastrowid
            deliveries = self._owe([(events[index], name, text) for index, name, text in owed], spent)
            last = events[-1]["seq"] if events else 0
            if isinstance(last, int) and last % _TRIMMED_EACH < len(events):
                connection.execute("DELETE FROM events WHERE seq <= ?", (last - self._kept,))
            for pane, pid, place in marks:
                if place is None:
                    connection.execute("DELETE FROM marks WHERE pane = ? AND pid = ?", (pane, pid))
                else:
                    connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (pane, pid, place))
            connection.execute("COMMIT")
        except sqlite3.Error as problem:
            self._undo()
            raise unusable(self.path, str(problem)) from None
        except BaseException:  # a transaction that stays open would refuse all others
            self._undo()
            raise
        return deliveries

    def tell(
        self, event: dict[str, object], owed: Iterable[tuple[str, str]], spent: Iterable[str] = ()
    ) -> list[Delivery]:
        """Note what an event that was stored before owes, as (subscription, callback)."""
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE events SET told = 1 WHERE seq = ?", (event["seq"],))
            deliveries = self._owe([(event, name, text) for name, text in owed], spent)
            connection.execute("COMMIT")
        except sqlite3.Error as problem:
            self._undo()
            raise unusable(self.path, str(problem)) from None
        except BaseException:
            self._undo()
            raise
        return deliveries

    def marks(self) -> dict[tuple[str, int], str]:
        """How far the log of each pane, by its id and process, was looked at."""
        return {(str(row[0]), int(str(row[1]))): str(row[2]) for row in self._rows("SELECT * FROM marks", ())}

    def untold(self) -> list[dict[str, object]]:
        """Events that were stored while no daemon ran."""
        return self._events("WHERE told = 0 ORDER BY seq", ())

    def read(
        self, since: int = 0, most: int = 1000, *, event_type: str = "*", session: str = "*", newest: bool = False
    ) -> list[dict[str, object]]:
        """Events behind a number, in order: the first so many, or the `newest` ones."""
        words = ["seq > ?"]
        values: list[object] = [since]
        for column, value in (("event_type", event_type), ("session", session)):
            if value != "*":
                words.append(f"{column} = ?")
                values.append(value)
        order = "DESC" if newest else "ASC"
        found = self._events(f"WHERE {' AND '.join(words)} ORDER BY seq {order} LIMIT ?", (*values, most))
        return found[::-1] if newest else found

    def last(self) -> int:
        """The number of the newest event, 0 before the first."""
        row = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        return row or 0

    def count(self, event_type: str) -> int:
        """How many events of a type are kept."""
        return int(str(self._rows("SELECT COUNT(*) FROM events WHERE event_type = ?", (event_type,))[0][0]))

    def pending(self) -> list[Delivery]:
        """The callbacks that are owed, oldest first."""
        rows = self._rows(
            "SELECT d.delivery_id, d.subscription_id, d.callback, d.attempts, e.seq FROM deliveries d"
            " JOIN events e ON e.seq = d.seq WHERE d.dead = 0 ORDER BY d.delivery_id",
            (),
        )
        events = {event["seq"]: event for event in self._events("WHERE seq IN (SELECT seq FROM deliveries)", ())}
        return [
            Delivery(row[0], events[row[4]], row[1], row[2], row[3])  # type: ignore[arg-type]
            for row in rows
            if row[4] in events
        ]

    def settle(self, delivery: Delivery) -> None:
        """The callback has run: it is owed no more."""
        self._change("DELETE FROM deliveries WHERE delivery_id = ?", (delivery.delivery_id,))

    def postpone(self, delivery: Delivery, reason: str, *, dead: bool) -> None:
        """The callback has failed; with `dead` it is not tried again and kept as a dead letter."""
        self._change(
            "UPDATE deliveries SET attempts = ?, reason = ?, dead = ? WHERE delivery_id = ?",
            (delivery.attempts, repair(reason), int(dead), delivery.delivery_id),
        )
        if dead:
            self._change(
                "DELETE FROM deliveries WHERE dead = 1 AND delivery_id <= ?",
                (delivery.delivery_id - self._kept // 10,),
            )

    def dead_letters(self) -> int:
        """How many callbacks were given up."""
        return self._one("SELECT COUNT(*) FROM deliveries WHERE dead = 1") or 0

    def spent(self) -> set[str]:
        """Subscriptions that have ended, though their file may hold them still."""
        return {str(row[0]) for row in self._rows("SELECT subscription_id FROM spent", ())}

    def forget_spent(self, names: Iterable[str]) -> None:
        """Their file holds these subscriptions no more."""
        for name in names:
            self._change("DELETE FROM spent WHERE subscription_id = ?", (name,))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _owe(self, owed: list[tuple[dict[str, object], str, str]], spent: Iterable[str]) -> list[Delivery]:
        found = []
        for event, subscription, callback in owed:
            cursor = self._connection.execute(
                "INSERT INTO deliveries (seq, subscription_id, callback) VALUES (?, ?, ?)",
                (event["seq"], subscription, callback),
            )
            found.append(Delivery(cursor.lastrowid or 0, event, subscription, callback, 0))
        for name in spent:
            self._connection.execute("INSERT OR IGNORE INTO spent VALUES (?)", (name,))
        return found

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _events(self, rest: str, values: tuple[object, ...]) -> list[dict[str, object]]:
        names = ("seq", *_COLUMNS)
        query = f"SELECT {', '.join(names)} FROM events {rest}"  # noqa: S608 - every part is a constant of ours
        return [dict(zip(names, (*row[:-1], _data(str(row[-1]))), strict=True))
                for row in self._rows(query, values)]  # fmt: skip

    def _rows(self, query: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as problem:
            raise unusable(self.path, str(problem)) from None

    def _one(self, query: str) -> int | None:
        rows = self._rows(query, ())
        return int(str(rows[0][0])) if rows and rows[0][0] is not None else None

    def _change(self, query: str, values: tuple[object, ...]) -> None:
        try:
            self._connection.execute(query, values)
        except sqlite3.Error as problem:
            raise unusable(self.path, str(problem)) from None


def _data(text: str) -> dict[str, object]:
    """The data of a row; none where somebody has stored what is no JSON object."""
    try:
        return jsontext.loads_object(text)
    except (ValueError, RecursionError):
        return {}


def _text(event: dict[str, object], column: str) -> str:
    value = event.get(column, "")
    return compact(value or {}) if column == "data" else repair(str(value))


class Mirror:
    """The events as JSON lines in `<directory>/<session>/<type>.log`, for `tail -f` and `jq`."""

    def __init__(self, directory: str, file_name: object) -> None:
        assert callable(file_name)
        self.directory = directory
        self._file_name = file_name

    def append(self, events: list[dict[str, object]]) -> None:
        """Add a line for each event; a file that has grown to 16 MB becomes `.log.1`. Raises ERR_STATE."""
        files: dict[str, list[str]] = {}
        for event in events:
            folder = self._file_name(str(event["session"])) or "%"
            files.setdefault(f"{folder}/{event['event_type']}.log", []).append(compact(event) + "\n")
        for name, lines in files.items():
            path = f"{self.directory}/{name}"
            ensure(self.directory)
            ensure(parent(path))
            try:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                descriptor = os.open(path, flags, 0o600)
                try:
                    view = memoryview("".join(lines).encode())
                    while view:
                        view = view[os.write(descriptor, view) :]
                    full = os.fstat(descriptor).st_size >= LARGEST_MIRROR
                finally:
                    os.close(descriptor)
                if full:
                    os.replace(path, f"{path}.1")
            except OSError as problem:
                raise unusable(path, problem.strerror or str(problem)) from None
