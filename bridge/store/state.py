"""The `<session>.state` files: the script's shape, written for whoever reads them, never believed.

The truth is in tmux. What is kept from the old file is `created_at` and the keys that are not ours.
"""

from __future__ import annotations

from bridge.core import jsontext
from bridge.envelope import compact, quote
from bridge.store import atomic

_SESSION_KEYS = ("session_name", "created_at", "panes")


def write(path: str, session: str, created_at: str, panes: list[dict[str, object]], now: int) -> str | None:
    """Write a session's state file; the caller holds the session's lock.

    `panes` are entries with `pane` (the `%id`) and the script's keys. Returns the path that an
    unreadable old file was moved to, None where the old one was sound. Raises ERR_STATE.
    """
    raw, old, aside = _load(path, now)
    kept = {key: value for key, value in old.items() if key not in _SESSION_KEYS}
    before = old.get("created_at")
    document: dict[str, object] = {
        "session_name": session,
        "created_at": before if isinstance(before, str) and before else created_at,
        "panes": [_merge(entry, _entries(old)) for entry in panes],
    }
    try:
        data = (_indented(document | kept) + "\n").encode()
    except RecursionError:  # a foreign key that is nested deeper than can be written again
        aside = atomic.quarantine(path, now, atomic.identity(path))
        data = (_indented(document) + "\n").encode()
    # Syncing costs 1.2 ms: an unchanged file needs none, and a first one holds nothing that is not in tmux.
    if data != raw:
        atomic.write(path, data, synced=raw is not None)
    return aside


def _load(path: str, now: int) -> tuple[bytes | None, dict[str, object], str | None]:
    """The old file's bytes and object, and where an unreadable one was moved to."""
    seen = atomic.identity(path)
    try:
        data = atomic.read(path)
        return data, {} if data is None else jsontext.loads_object(data.decode()), None
    except ValueError:
        return None, {}, atomic.quarantine(path, now, seen)


def _entries(old: dict[str, object]) -> list[dict[str, object]]:
    panes = old.get("panes")
    return [item for item in panes if isinstance(item, dict)] if isinstance(panes, list) else []


def _merge(entry: dict[str, object], old: list[dict[str, object]]) -> dict[str, object]:
    """The entry with the foreign keys of the same pane's old entry."""
    for item in old:
        same = item.get("pane") == entry["pane"] if "pane" in item else item.get("pane_id") == entry["pane_id"]
        if same:
            return entry | {key: value for key, value in item.items() if key not in entry}
    return entry


def _indented(value: object, indent: str = "") -> str:
    inner = indent + "  "
    if isinstance(value, dict) and value:
        rows = (f"{inner}{quote(str(key))}: {_indented(item, inner)}" for key, item in value.items())
        return "{\n" + ",\n".join(rows) + f"\n{indent}" + "}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + _indented(item, inner) for item in value) + f"\n{indent}]"
    return compact(value)
