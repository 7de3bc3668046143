"""Sending signals, only to what is still the process that was looked at."""

from __future__ import annotations

import os
import signal

from bridge.system import process

NUMBERS = {item.name.removeprefix("SIG"): item.value for item in signal.Signals}


def signal_group(group: int, number: int, started: int) -> bool:
    """Signal a process group whose leader began at `started` (clock ticks); False where it is another one by now.

    A group whose leader has ended goes by its other members. Raises PermissionError.
    """
    leader = process.read_process(group)
    if leader is not None and leader.started != started:
        return False
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
