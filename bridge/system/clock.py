"""The real clocks. Deadlines are monotonic; the wall clock is for display alone."""

from __future__ import annotations

import time

monotonic = time.monotonic


def timestamp(seconds: float | None = None) -> str:
    """`2026-01-01T10:30:00Z` for seconds since the epoch, for now without them."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def epoch() -> int:
    """Whole seconds since the epoch."""
    return int(time.time())
