"""The marks that shells with our hook put into what a pane prints: sequences that terminals ignore (OSC)."""

from __future__ import annotations

# Where a command begins: what came before it, since a line was typed, is the line editor's (core.shellhook).
BEGINS = b"\x1b]6973;C\x07"


def unfinished(data: bytes) -> int:
    """How many bytes at the end may be the first ones of a mark, whose rest is to come."""
    for count in range(min(len(BEGINS) - 1, len(data)), 0, -1):
        if data.endswith(BEGINS[:count]):
            return count
    return 0
