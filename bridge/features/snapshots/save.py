"""A session saved: asked of tmux and the system without changing anything, and stored.

Two questions are asked of tmux. The second ends in another look at the structure, and both looks must
agree; where panes come and go all the time the document says that it is not consistent.
"""

from __future__ import annotations

import os

from bridge import errors
from bridge.context import Context
from bridge.core import snapshots
from bridge.errors import BridgeError
from bridge.features.snapshots.document import document
from bridge.store.snapshots import Snapshots, write_to
from bridge.system import clock, ids
from bridge.tmux import argv, sessions
from bridge.tmux.client import failed
from bridge.tmux.sessions import Row

_TRIES, _STRICT_TRIES = 8, 4
SCROLLBACK_LINES = 5000


class Saved:
    """A document that was stored, and where."""

    __slots__ = ("document", "path", "size")

    def __init__(self, path: str, size: int, document: dict[str, object]) -> None:
        self.path = path
        self.size = size
        self.document = document


def store(ctx: Context) -> Snapshots:
    """The snapshots of this tmux server's sessions."""
    return Snapshots(ctx.paths, ctx.config.lock_timeout)


def save(ctx: Context, session: str, path: str = "", *, scrollback: bool = False) -> Saved:
    """Store a session, as a new generation or in a file of the caller's.

    Raises ERR_SESSION_NOT_FOUND, ERR_STATE, ERR_LOCKED, and ERR_SNAPSHOT for a file that is none, or
    where there is too much to save; nothing is stored then.
    """
    taken = take(ctx, session, scrollback=scrollback)
    data = sealed(taken)
    if path:
        path = os.path.abspath(path)
        write_to(path, data, ids.nonce()[:12])
    else:
        path = store(ctx).add(str(taken["session_name"]), data, clock.wall())
    return Saved(path, len(data), snapshots.unseal(data))


def sealed(found: dict[str, object]) -> bytes:
    """The document as a file that would be taken back. Raises ERR_SNAPSHOT."""
    data = snapshots.seal(found)
    try:
        snapshots.unseal(data)
    except ValueError as problem:
        raise BridgeError(
            "ERR_SNAPSHOT",
            f"the session cannot be saved: {problem}",
            hint="nothing was written; without --scrollback, and with less metadata, it may be",
        ) from None
    return data


def take(ctx: Context, session: str, *, scrollback: bool = False, whole: bool = False) -> dict[str, object]:
    """The document of a session as it is now.

    Raises ERR_SESSION_NOT_FOUND, ERR_SERVER_GONE, and with `whole` ERR_BUSY for a session that is just
    being restored.
    """
    lines = SCROLLBACK_LINES if scrollback else 0
    for attempt in range(_TRIES):
        found = _rows(ctx, session)
        nonce = ids.nonce()
        questions = (*sessions.details(found, nonce, lines), sessions.list_all(found[0]["session_name"]))
        # Where panes come and go all the time, the last tries go on behind one that has gone.
        lenient = attempt >= _STRICT_TRIES
        if lenient:
            answer = ctx.tmux.run(("source-file", "-"), text=sessions.as_lines(questions))
        else:
            answer = ctx.tmux.run(*questions)
        gone = "no such pane" in answer.error or "can't find" in answer.error or "no such window" in answer.error
        try:
            if answer.status and not (lenient and gone):
                raise failed(answer)
            details, again = sessions.read_details(found, answer.output, nonce, lines)
            after = [row for row in sessions.read_rows(again) if row["session_id"] == found[0]["session_id"]]
        except BridgeError as problem:
            if attempt == _TRIES - 1 or problem.code != "ERR_TMUX_FAILED":
                raise
            continue
        if after and after[0]["pid"] != found[0]["pid"]:
            continue  # another server has taken the place
        consistent = [row.same_structure() for row in found] == [row.same_structure() for row in after]
        if whole and any(row[argv.RESTORING] for row in (*found, *after)):
            raise BridgeError("ERR_BUSY", f"session {session!r} is being restored", hint="it will be whole in a moment")
        if consistent or (after and lenient):
            return document(ctx, after, details, consistent=consistent)
    raise errors.session_not_found(session)


def _rows(ctx: Context, session: str) -> list[Row]:
    for attempt in range(_TRIES):
        answer = ctx.tmux.run(sessions.list_all(session))
        if answer.status:
            raise errors.session_not_found(session) if answer.no_server else failed(answer)
        try:
            found = sessions.read_rows(answer.output)
        except BridgeError:
            if attempt == _TRIES - 1:
                raise
            continue  # a title changed while its row was written
        named = [row for row in found if row["session_name"] == session]
        if not named and session.startswith("$"):
            named = [row for row in found if row["session_id"] == session]
        if not named:
            raise errors.session_not_found(session)
        return named
    raise AssertionError("not reached")
