"""SQLite files of ours, opened: made where there is none, moved aside where one is no database."""

from __future__ import annotations

import os
import sqlite3
import time

from bridge import pause
from bridge.store import atomic
from bridge.store.lock import FileLock
from bridge.store.paths import ensure, later, parent, unusable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_BUSY_SECONDS, _BUSY_STEP = 5.0, 0.005
_VERSION = 0  # a later form of a table raises it (PRAGMA user_version)


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
            with FileLock(f"{path}.lock", _BUSY_SECONDS):  # of those that meet it one alone makes a new one
                return _mend(path, schema, now, isolation_level)
    except (sqlite3.Error, OSError) as problem:
        raise unusable(path, str(problem)) from None


def _mend(path: str, schema: str, now: int, isolation_level: str | None) -> tuple[sqlite3.Connection, str | None]:
    seen = atomic.identity(path)
    try:
        return _open(path, schema, isolation_level), None
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        aside = atomic.quarantine(path, now, seen)
        if aside is not None:
            for ending in ("-wal", "-shm"):
                atomic.remove(path + ending)
        return _open(path, schema, isolation_level), aside


def _open(path: str, schema: str, isolation_level: str | None) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(
        path,
        timeout=_BUSY_STEP,
        isolation_level=isolation_level,  # type: ignore[arg-type]
        check_same_thread=False,
    )
    try:
        (version,) = _patiently(lambda: connection.execute("PRAGMA user_version").fetchone())
        if version > _VERSION:
            raise later(path, version, _VERSION)
        _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
        connection.execute("PRAGMA synchronous = NORMAL")  # a crash of ours loses nothing; one of the machine may
        _patiently(lambda: connection.executescript(schema))
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000:.0f}")
    except BaseException:
        connection.close()
        raise
    return connection


def _patiently(work: Callable[[], Any]) -> Any:
    """Do it as soon as nobody else has the file: SQLite's own wait could not be called off (pause)."""
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            return work()
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            if time.monotonic() >= end:
                raise
        pause.nap(_BUSY_STEP)
