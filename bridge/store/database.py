"""SQLite files of ours, opened: made where there is none, moved aside where one is no database."""

from __future__ import annotations

import os
import sqlite3

from bridge.store import atomic
from bridge.store.paths import ensure, parent, unusable

_BUSY_SECONDS = 5.0


def connect(path: str, schema: str, now: int, *, isolation_level: str | None) -> tuple[sqlite3.Connection, str | None]:
    """A connection to the file (0600), and where what stood there was moved to; None where it was sound.

    `schema` are statements that may be run again. `isolation_level` is that of `sqlite3.connect`; None
    leaves the transactions to the caller. Any thread may use the connection. Raises ERR_STATE.
    """
    ensure(parent(path))
    try:
        try:
            return _open(path, schema, isolation_level), None
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            aside = atomic.quarantine(path, now)
            for ending in ("-wal", "-shm"):
                atomic.remove(path + ending)
            return _open(path, schema, isolation_level), aside
    except (sqlite3.Error, OSError) as problem:
        raise unusable(path, str(problem)) from None


def _open(path: str, schema: str, isolation_level: str | None) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(
        path,
        timeout=_BUSY_SECONDS,
        isolation_level=isolation_level,  # type: ignore[arg-type]
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # a crash of ours loses nothing; one of the machine may
        connection.executescript(schema)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
