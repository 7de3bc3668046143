"""Groups of sessions, what they need, and how their health is looked at: one JSON file for each tmux server.

`groups.json` holds `{"version", "groups": {NAME: {"created_at", "sessions", "metadata"}}, "dependencies":
{SESSION: [SESSION]}, "health": {SESSION: {…}}}`. Sessions stand there by their name and need not exist yet.
"""

from __future__ import annotations

from bridge.core import jsontext
from bridge.envelope import dumps
from bridge.store import atomic
from bridge.store.lock import FileLock
from bridge.store.paths import ensure, unusable

VERSION = 1


class Fleet:
    """The file; a change is one step under its lock, a reader sees the old content or the new."""

    def __init__(self, base: str, lock_timeout: float) -> None:
        self._base = base
        self._path = f"{base}/groups.json"
        self._lock = FileLock(f"{base}/groups.lock", lock_timeout)
        self.groups: dict[str, dict[str, object]] = {}
        self.needs: dict[str, list[str]] = {}
        self.health: dict[str, dict[str, object]] = {}
        self._rest: dict[str, object] = {}
        self.aside: str | None = None

    def load(self, now: int) -> Fleet:
        """Read the file; one that cannot be read is moved aside (`aside` names it). Raises ERR_STATE."""
        try:
            data = atomic.read(self._path)
            document = jsontext.loads_object(data.decode()) if data is not None else {}
            groups, needs, health = (document.pop(key, {}) for key in ("groups", "dependencies", "health"))
            if not (_is_sound(groups, dict) and _is_sound(needs, list) and _is_sound(health, dict)):
                raise ValueError("not what it should hold")
        except ValueError:
            self.aside = atomic.quarantine(self._path, now)
            document, groups, needs, health = {}, {}, {}, {}
        version = document.pop("version", VERSION)
        if version != VERSION:
            raise unusable(self._path, f"it has version {version}, this bridge knows {VERSION}")
        self.groups, self.needs, self.health = groups, needs, health  # type: ignore[assignment]
        self._rest = document  # what we don't know is kept
        return self

    def groups_by_session(self) -> dict[str, list[str]]:
        """The sorted names of each session's groups."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.groups):
            members = self.groups[name].get("sessions")
            for session in dict.fromkeys(members) if isinstance(members, list) else ():
                found.setdefault(session, []).append(name)
        return found

    def change(self, now: int) -> Change:
        """A context: loaded under the lock on entry, stored on exit unless an exception leaves it.

        Raises ERR_LOCKED, ERR_STATE.
        """
        return Change(self, now)

    def lock(self) -> FileLock:
        """The lock itself, for what must not meet a change."""
        ensure(self._base)
        return self._lock

    def store(self) -> None:
        """Write the file; the lock is held."""
        document = {
            "version": VERSION,
            "groups": self.groups,
            "dependencies": {name: needed for name, needed in self.needs.items() if needed},
            "health": self.health,
            **self._rest,
        }
        atomic.write(self._path, (dumps(document) + "\n").encode())


class Change:
    """See Fleet.change."""

    def __init__(self, fleet: Fleet, now: int) -> None:
        self._fleet = fleet
        self._now = now
        self._lock = fleet.lock()

    def __enter__(self) -> Fleet:
        self._lock.__enter__()
        try:
            return self._fleet.load(self._now)
        except BaseException:
            self._lock.__exit__(None, None, None)
            raise

    def __exit__(self, kind: object, problem: object, trace: object) -> None:
        try:
            if kind is None:
                self._fleet.store()
        finally:
            self._lock.__exit__(None, None, None)


def _is_sound(value: object, kind: type) -> bool:
    return isinstance(value, dict) and all(isinstance(item, kind) for item in value.values())
