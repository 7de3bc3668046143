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


def boottime() -> float:
    """Seconds since the machine was booted, suspended time included; nobody can set it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def wall() -> float:
    """Seconds since the epoch; somebody may set it."""
    return time.time()


def boot_id() -> str:
    """What tells this boot of the machine from others, empty where the system does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""
