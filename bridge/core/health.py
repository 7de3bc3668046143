"""How healthy a session is, from what was found: healthy, degraded or unhealthy, and why."""

from __future__ import annotations

HEALTHY, DEGRADED, UNHEALTHY = "healthy", "degraded", "unhealthy"
TROUBLE = "ERROR|FATAL|CRASH"
LINES = 20


def verdict(
    panes: int, dead: list[str], trouble: dict[str, list[str]], failed: list[str], *, starting: bool = False
) -> tuple[str, list[str]]:
    """The health and its reasons.

    `panes` counts what there is; `dead` are the panes whose program has ended; `trouble` is the lines that
    look like one, by pane; `failed` are the reasons of checks that did not pass. While the session is
    `starting`, those make it degraded only.
    """
    if not panes:
        return UNHEALTHY, ["there is no such session, or it has no pane"]
    if len(dead) == panes:
        return UNHEALTHY, ["the programs of all panes have ended"]
    reasons = [f"the program of pane {pane} has ended" for pane in dead]
    reasons += [f"pane {pane} shows {lines[-1].strip()[:200]!r}" for pane, lines in trouble.items()]
    if failed and not starting:
        return UNHEALTHY, failed + reasons
    if failed:
        reasons += [f"{reason} (it may still be starting)" for reason in failed]
    return (DEGRADED, reasons) if reasons else (HEALTHY, [])


def next_state(before: str, now: str, failures: int, retries: int) -> tuple[str, int]:
    """The state that is told, and the failures in a row: unhealthy only after `retries` looks that say so."""
    if now != UNHEALTHY:
        return now, 0
    failures += 1
    return (UNHEALTHY if failures >= retries or before == UNHEALTHY else before or DEGRADED), failures


def backoff(restarts: int, first: float, longest: float = 300.0) -> float:
    """Seconds to wait before the next restart, when so many were in vain."""
    return float(min(first * 2 ** min(restarts, 30), longest))
