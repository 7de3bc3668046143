"""Groups of sessions, what they need, and how their health is looked at: one JSON file for each tmux server.

`groups.json` holds `{"version", "groups": {NAME: {"created_at", "sessions", "metadata"}}, "dependencies":
{SESSION: [SESSION]}, "health": {SESSION: {…}}}`. Sessions stand there by their name and need not exist yet.
"""

from __future__ import annotations

from bridge.envelope import dumps
from bridge.store import atomic, document
from bridge.store.lock import FileLock
from bridge.store.paths import ensure

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
        loaded, aside = document.load(self._path, self._lock, now, VERSION, _check)
        self.aside = aside or self.aside
        rest = dict(loaded or {})
        groups, needs, health = (rest.pop(key, {}) for key in ("groups", "dependencies", "health"))
        rest.pop("version", None)
        self.groups, self.needs, self.health = groups, needs, health  # type: ignore[assignment]
        self._rest = rest  # what we don't know is kept
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
        stored = {
            "version": VERSION,
            "groups": self.groups,
            "dependencies": {name: needed for name, needed in self.needs.items() if needed},
            "health": self.health,
            **self._rest,
        }
        atomic.write(self._path, (dumps(stored) + "\n").encode())


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


def _check(loaded: dict[str, object]) -> None:
    kinds = {"groups": dict, "dependencies": list, "health": dict}
    if not all(_is_sound(loaded.get(key, {}), kind) for key, kind in kinds.items()):
        raise ValueError("not what it should hold")


def _is_sound(value: object, kind: type) -> bool:
    return isinstance(value, dict) and all(isinstance(item, kind) for item in value.values())
