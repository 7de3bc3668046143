"""The files of clean-up: its policy, what its looks remember, its journal, texts of sessions that were ended."""

from __future__ import annotations

from bridge.core import jsontext
from bridge.envelope import compact
from bridge.store import atomic
from bridge.store.lock import FileLock
from bridge.store.paths import ensure, unusable
from bridge.store.rendezvous import DaemonLog

VERSION = 1
TEXTS_KEPT = 50


class Collection:
    """The directory `gc` of one tmux server's state."""

    def __init__(self, base: str, lock_timeout: float) -> None:
        self.directory = f"{base}/gc"
        self._policy = f"{base}/gc-config.json"
        self._looks = f"{self.directory}/looks.json"
        self._lock_timeout = lock_timeout
        self.journal_path = f"{self.directory}/journal.jsonl"
        self._journal = DaemonLog(self.journal_path)
        self.aside: str | None = None

    def policy(self, now: int) -> dict[str, object]:
        """`enabled`, `ttl_seconds`, `enabled_at` and keys that are not ours; clean-up is off where there is no file.

        Raises ERR_STATE, also for a file of a later version.
        """
        return {"enabled": False, "ttl_seconds": None, "enabled_at": None} | self._load(self._policy, now)

    def change_policy(self, now: int, **changes: object) -> dict[str, object]:
        """Store changes of the policy in one step. Raises ERR_STATE, ERR_LOCKED."""
        ensure(self.directory)
        with FileLock(f"{self.directory}/policy.lock", self._lock_timeout):
            policy = self.policy(now) | changes | {"version": VERSION}
            atomic.write(self._policy, (compact(policy) + "\n").encode())
        return policy

    def run_lock(self) -> FileLock:
        """Held by whoever looks and acts: one at a time."""
        ensure(self.directory)
        return FileLock(f"{self.directory}/run.lock", self._lock_timeout)

    def looks(self, now: int) -> dict[str, object]:
        """What earlier looks remember; empty where there was none, or where it cannot be read."""
        return self._load(self._looks, now)

    def store_looks(self, looks: dict[str, object]) -> None:
        """Replace what looks remember; the caller holds the run's lock. Raises ERR_STATE."""
        atomic.write(self._looks, (compact(looks | {"version": VERSION}) + "\n").encode())

    def note(self, entry: dict[str, object]) -> None:
        """Append a decision to the journal, which becomes `.1` at 4 MB."""
        self._journal.add(compact(entry))

    def _load(self, path: str, now: int) -> dict[str, object]:
        try:
            data = atomic.read(path)
            document = {} if data is None else jsontext.loads_object(data.decode())
        except ValueError:
            self.aside = atomic.quarantine(path, now)
            return {}
        version = document.get("version", VERSION)
        if not isinstance(version, int) or version > VERSION:
            raise unusable(path, f"it has version {version}, this bridge knows {VERSION}")
        return document
