"""Snapshot files as a user names them: looked up, listed, removed."""

from __future__ import annotations

import os

from bridge.context import Context
from bridge.core import snapshots
from bridge.errors import BridgeError
from bridge.features.snapshots.save import store
from bridge.store.snapshots import AUTO, ENDING, File, not_found, read


def find(ctx: Context, word: str) -> File:
    """The snapshot that a word means: a file where it has a `/` or ends in `.snapshot`, else a session's newest.

    Raises ERR_SNAPSHOT_NOT_FOUND, ERR_SNAPSHOT, ERR_STATE.
    """
    if is_file(word):
        try:
            return read(os.path.abspath(word))
        except BridgeError as problem:
            raise _with_way_out(ctx, word, problem) from None
    newest = store(ctx).newest(word)
    if newest is None:
        raise none_of(word, len(store(ctx).generations(word)))
    return newest


def is_file(word: str) -> bool:
    """Whether the word names a file, not a session."""
    return "/" in word or word.endswith(ENDING)


def none_of(session: str, broken: int) -> BridgeError:
    """The session has no snapshot that is whole."""
    told = f", and {broken} broken ones" if broken else ""
    return BridgeError(
        "ERR_SNAPSHOT_NOT_FOUND",
        f"session {session!r} has no snapshot{told}",
        hint="bridge session-snapshots lists them all; a file is named with its path",
        output="Snapshot not found",
    )


def _with_way_out(ctx: Context, word: str, problem: BridgeError) -> BridgeError:
    """The error of a broken file; where it is one of ours, the hint names the newest that is whole."""
    files = store(ctx)
    path = os.path.abspath(word)
    folder = path.rpartition("/")[0]
    if problem.code == "ERR_SNAPSHOT" and files.owns(path):
        for other in reversed(files.siblings(folder)):
            try:
                problem.hint = f"the newest that is whole is {read(other).path}; nothing was changed"
                break
            except BridgeError:
                continue
    return problem


def listed(ctx: Context, session: str = "") -> list[dict[str, object]]:
    """The snapshots of one session or of all as answers show them, newest first; broken ones say why."""
    found: list[dict[str, object]] = []
    for path in store(ctx).all_files(session or None):
        try:
            size: int | None = os.lstat(path).st_size
        except OSError:
            continue  # removed meanwhile
        entry: dict[str, object] = {
            "file": path,
            "session_name": None,
            "saved_at": None,
            "version": None,
            "window_count": None,
            "pane_count": None,
            "size_bytes": size,
            "automatic": path.endswith(AUTO),
            "valid": True,
            "reason": None,
        }
        try:
            entry |= snapshots.summary(read(path).document)
        except BridgeError as problem:
            if problem.code == "ERR_SNAPSHOT_NOT_FOUND":
                continue
            entry |= {"valid": False, "reason": problem.message}
        found.append(entry)
    return found


def delete(ctx: Context, word: str) -> str:
    """Remove one of our snapshot files; returns its path.

    Raises ERR_USAGE for a path outside our directory, ERR_SNAPSHOT_NOT_FOUND, ERR_STATE.
    """
    files = store(ctx)
    path = os.path.abspath(word)
    if not os.path.lexists(path):
        raise not_found(word)
    if not files.owns(path):
        raise BridgeError(
            "ERR_USAGE",
            f"not a snapshot below {files.directory}: {word!r}",
            hint="bridge session-snapshots lists those that may be deleted; other files are yours to remove",
            output="Invalid path",
        )
    files.delete(path)
    return path


def describe(document: dict[str, object]) -> str:
    """A snapshot in a few lines for people."""
    rows = [f"{document['session_name']} saved at {document['saved_at']} (version {document['version']})"]
    for window in snapshots.windows(document):
        mark = "*" if window["active"] else "-" if window["stack"] == 1 else " "
        rows.append(f"{mark}{window['index']}: {window['name']}")
        for pane in snapshots.panes(document, window["index"]):
            label = f" [{pane['label']}]" if pane["label"] is not None else ""
            running = f" $ {pane['command']}" if snapshots.words(pane) else ""
            rows.append(f"   {pane['pane_id']}{label} {pane['working_dir']}{running}")
    return "\n".join(rows)
