"""Threads for what may wait, each kind in lanes of its own: what hangs in one delays nothing in another."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

# kind of work: how much of it may wait at once
LANES = {
    "ledger": 1,  # one connection, and the order of events
    "tmux": 4,
    "patterns": 4,
    "logs": 4,
    "files": 2,
    "processes": 1,
    "samples": 1,
    "saves": 1,
    "clean-up": 1,
    "probes": 16,
}


class Lanes:
    """Runs functions in threads."""

    def __init__(self) -> None:
        self._pools = {kind: ThreadPoolExecutor(most, f"bridge-{kind}") for kind, most in LANES.items()}

    async def run(self, kind: str, work: Callable[..., T], *words: object) -> T:
        """What the function returns or raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pools[kind], work, *words)

    def close(self) -> None:
        """Begin nothing more; what is under way ends by itself."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
