"""A lock for work that may be called off: it can be while it waits for the lock, not while it has it."""

from __future__ import annotations

from bridge import pause
from bridge.store.lock import FileLock


class WholeLock(FileLock):
    """As `FileLock`. What is done under it is done whole (pause), so it must be short, or heed a call of its own."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__(path, timeout)
        self._holds = pause.held()
        self._is_holding = False

    def __enter__(self) -> FileLock:
        """As `FileLock`'s."""
        super().__enter__()
        if not self._is_holding:
            self._holds.__enter__()
            self._is_holding = True
        return self

    def __exit__(self, *problem: object) -> None:
        if self._is_holding:
            self._is_holding = False
            self._holds.__exit__()
        super().__exit__(*problem)
