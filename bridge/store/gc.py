"""The files of clean-up: its policy, what its looks remember, its journal."""

from __future__ import annotations

from bridge.envelope import compact
from bridge.store import atomic, document
from bridge.store.lock import FileLock
from bridge.store.paths import ensure
from bridge.store.rendezvous import DaemonLog

VERSION = 1


class Collection:
    """The directory `gc` of one tmux server's state."""

    def __init__(self, base: str, lock_timeout: float) -> None:
        self.directory = f"{base}/gc"
        self._policy = f"{base}/gc-config.json"
        self._looks = f"{self.directory}/looks.json"
        self._policy_lock = FileLock(f"{self.directory}/policy.lock", lock_timeout)
        self._run_lock = FileLock(f"{self.directory}/run.lock", lock_timeout)
        self.journal_path = f"{self.directory}/journal.jsonl"
        self._journal = DaemonLog(self.journal_path)
        self.aside: str | None = None

    def policy(self, now: int) -> dict[str, object]:
        """`enabled`, `ttl_seconds`, `enabled_at` and keys that are not ours; clean-up is off where there is no file.

        Raises ERR_STATE, also for a file of a later version.
        """
        return {"enabled": False, "ttl_seconds": None, "enabled_at": None} | self._load(
            self._policy, self._policy_lock, now
        )

    def change_policy(self, now: int, **changes: object) -> dict[str, object]:
        """Store changes of the policy in one step. Raises ERR_STATE, ERR_LOCKED."""
        ensure(self.directory)
        with self._policy_lock:
            policy = self.policy(now) | changes | {"version": VERSION}
            atomic.write(self._policy, (compact(policy) + "\n").encode())
        return policy

    def run_lock(self) -> FileLock:
        """Held by whoever looks and acts: one at a time."""
        ensure(self.directory)
        return self._run_lock

    def looks(self, now: int) -> dict[str, object]:
        """What earlier looks remember; empty where there was none, or where it cannot be read."""
        return self._load(self._looks, self._run_lock, now)

    def store_looks(self, looks: dict[str, object]) -> None:
        """Replace what looks remember; the caller holds the run's lock. Raises ERR_STATE."""
        atomic.write(self._looks, (compact(looks | {"version": VERSION}) + "\n").encode())

    def note(self, entry: dict[str, object]) -> None:
        """Append a decision to the journal, which becomes `.1` at 4 MB."""
        self._journal.add(compact(entry))

    def _load(self, path: str, lock: FileLock, now: int) -> dict[str, object]:
        loaded, aside = document.load(path, lock, now, VERSION, lambda _loaded: None)
        self.aside = aside or self.aside
        return loaded or {}
