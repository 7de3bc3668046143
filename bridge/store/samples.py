"""Figures of panes kept longer than an hour: SQLite, a summary a minute, thinned with age.

A summary is of one minute at first, of ten minutes after a day, of an hour after a week.
"""

from __future__ import annotations

import sqlite3

from bridge.core import series
from bridge.store import database
from bridge.store.paths import unusable

FIRST = 60
# (age in seconds, width of a summary from then on)
AGES = ((86400, 600), (7 * 86400, 3600))
_VALUES = ("samples", "minimum", "average", "maximum", "percentile_95")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS summaries (
  pane TEXT NOT NULL, at INTEGER NOT NULL, width INTEGER NOT NULL, figure TEXT NOT NULL, samples INTEGER NOT NULL,
  minimum REAL NOT NULL, average REAL NOT NULL, maximum REAL NOT NULL, percentile_95 REAL NOT NULL,
  PRIMARY KEY (pane, at, width, figure)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_age ON summaries (width, at);
"""

Row = tuple[str, int, str, dict[str, float]]


class Samples:
    """A connection to the file. `pane` is a key that tells a pane from any later one."""

    def __init__(self, path: str, now: int) -> None:
        """Open the file, made (0600) if need be; one that is no database is moved aside. Raises ERR_STATE."""
        self.path = path
        self._connection, self.aside = database.connect(path, _SCHEMA, now, isolation_level="DEFERRED")

    def add(self, rows: list[Row]) -> None:
        """Keep summaries as (pane, beginning, figure, values). Raises ERR_STATE; nothing is kept then."""
        values = [(pane, at, FIRST, name, *(found[each] for each in _VALUES)) for pane, at, name, found in rows]
        try:
            with self._connection:
                self._connection.executemany(f"INSERT OR REPLACE INTO summaries VALUES ({'?, ' * 8}?)", values)  # noqa: S608
        except sqlite3.Error as problem:
            raise unusable(self.path, str(problem)) from None

    def thin(self, now: int, kept: float) -> None:
        """Merge what has become old, and let go what is older than `kept` seconds. Raises ERR_STATE."""
        try:
            with self._connection:
                self._connection.execute("DELETE FROM summaries WHERE at < ?", (now - kept,))
                for age, width in AGES:
                    self._merge((now - age) // width * width, width)
        except sqlite3.Error as problem:
            raise unusable(self.path, str(problem)) from None

    def _merge(self, before: int, width: int) -> None:
        found = self._connection.execute(
            "SELECT pane, at / ? * ?, figure, samples, minimum, average, maximum, percentile_95 FROM summaries"
            " WHERE width < ? AND at < ?",
            (width, width, width, before),
        ).fetchall()
        groups: dict[tuple[str, int, str], list[dict[str, float]]] = {}
        for pane, at, figure, *values in found:
            groups.setdefault((pane, at, figure), []).append(dict(zip(_VALUES, values, strict=True)))
        self._connection.execute("DELETE FROM summaries WHERE width < ? AND at < ?", (width, before))
        merged = [
            (pane, at, width, figure, *(whole[each] for each in _VALUES))
            for (pane, at, figure), parts in groups.items()
            for whole in (series.merge(parts),)
        ]
        self._connection.executemany(f"INSERT OR REPLACE INTO summaries VALUES ({'?, ' * 8}?)", merged)  # noqa: S608

    def read(self, pane: str, since: float) -> list[tuple[int, int, str, dict[str, float]]]:
        """The summaries of a pane as (beginning, width, figure, values), oldest first. Raises ERR_STATE."""
        try:
            rows = self._connection.execute(
                "SELECT at, width, figure, samples, minimum, average, maximum, percentile_95 FROM summaries"
                " WHERE pane = ? AND at + width > ? ORDER BY at",
                (pane, since),
            ).fetchall()
        except sqlite3.Error as problem:
            raise unusable(self.path, str(problem)) from None
        return [(at, width, figure, dict(zip(_VALUES, values, strict=True))) for at, width, figure, *values in rows]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
