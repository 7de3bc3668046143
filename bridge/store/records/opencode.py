"""OpenCode's database: its conversations and their messages, read without a lock and never written."""

from __future__ import annotations

import json
import os
import sqlite3
from urllib.parse import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.agents.records.record import Record

_WAIT = 1.0  # seconds for a writer
_MESSAGES = """
select id, time_created, data from message where session_id = ? and time_created >= ? order by time_created, id
"""
_PARTS = "select data from part where message_id = ? order by id"


def connect(path: str) -> sqlite3.Connection:
    """The database, for reading alone; raises sqlite3.Error. It is not made where there is none."""
    found = sqlite3.connect(f"file:{quote(os.path.abspath(path))}?mode=ro", uri=True, timeout=_WAIT)
    found.execute("pragma query_only = 1")
    return found


def sessions(path: str, directory: str, since_ms: int) -> list[tuple[str, str, int]]:
    """The conversations of a directory that were changed since: id, directory, when. Raises sqlite3.Error."""
    connection = connect(path)
    try:
        rows = connection.execute(
            "select id, directory, time_updated from session where directory = ? and parent_id is null"
            " and time_updated >= ? order by time_updated desc",
            (directory, since_ms),
        ).fetchall()
    finally:
        connection.close()
    return [(str(name), str(place), int(at)) for name, place, at in rows]


def session(path: str, id: str) -> tuple[str, str, int] | None:
    """One conversation, None where it is not there. Raises sqlite3.Error."""
    connection = connect(path)
    try:
        row = connection.execute("select id, directory, time_updated from session where id = ?", (id,)).fetchone()
    finally:
        connection.close()
    return None if row is None else (str(row[0]), str(row[1]), int(row[2]))


def feed(path: str, session_id: str, record: Record) -> str:
    """Give a reader of OpenCode's messages what is new; the reason why that is not possible, else empty.

    An answer that still grows is given anew: the reader is put back to the beginning of its turn.
    """
    from bridge.core.agents.records.opencode import OpenCode  # noqa: PLC0415

    if not isinstance(record, OpenCode):
        return f"{path}: it is OpenCode's database"
    start = record.offset
    if record.open is not None:
        start = record.open.start
        record.open = None
    try:
        connection = connect(path)
        try:
            row = connection.execute("select directory, version from session where id = ?", (session_id,)).fetchone()
            if row is None:
                return f"{path}: it has no conversation {session_id}"
            record.conversation(session_id, str(row[0]), str(row[1]))
            for name, _, data in connection.execute(_MESSAGES, (session_id, start)):
                parts = [_loaded(part) for (part,) in connection.execute(_PARTS, (name,))]
                record.message(str(name), _loaded(data), parts)
        finally:
            connection.close()
    except sqlite3.Error as problem:
        return f"{path}: {problem}"
    return ""


def _loaded(text: object) -> object:
    """A JSON text of the database, None where it is none."""
    try:
        return json.loads(text) if isinstance(text, str | bytes) else None
    except (ValueError, RecursionError):
        return None
