"""Signals to what runs in a terminal, each process by its identity and never by a bare number."""

from __future__ import annotations

import os
import signal

_ROUNDS = 5  # a group that forks while it is signalled is looked at again


def is_supported() -> bool:
    """Whether this system can hold on to a process while it is looked at (pidfd_open(2), proc(5))."""
    return hasattr(os, "pidfd_open") and hasattr(signal, "pidfd_send_signal") and os.path.exists("/proc/self/stat")


def signal_group(group: int, tty: str, value: int) -> int:
    """Send a signal to every process of a group that has `tty` as its terminal; how many got it.

    Each is held by a pidfd before it is looked at, so no other process can be meant: one of another
    terminal or group is left alone. Members that are born meanwhile get it as well, none gets it twice.
    """
    try:
        terminal = os.stat(tty).st_rdev
    except OSError:
        return 0
    done: set[tuple[int, int]] = set()
    for _ in range(_ROUNDS):
        fresh = [entry for entry in _members(group, terminal) if entry not in done]
        if not fresh:
            break
        done.update(entry for entry in fresh if _signal_member(entry, group, terminal, value))
    return len(done)


def _members(group: int, terminal: int) -> list[tuple[int, int]]:
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return [(pid, started) for pid in pids if (started := _started(pid, group, terminal))]


def _signal_member(entry: tuple[int, int], group: int, terminal: int, value: int) -> bool:
    pid, started = entry
    try:
        held = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if _started(pid, group, terminal) != started:
            return False
        signal.pidfd_send_signal(held, value)
    except OSError:
        return False
    finally:
        os.close(held)
    return True


def _started(pid: int, group: int, terminal: int) -> int:
    """When the process began, 0 unless it is a living member of the group in the terminal."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return 0
    fields = text[text.rfind(b")") + 2 :].split()
    device = int(fields[4])
    place = os.makedev((device >> 8) & 0xFFF, (device & 0xFF) | ((device >> 12) & 0xFFF00))
    return int(fields[19]) if int(fields[2]) == group and place == terminal and fields[0] not in (b"Z", b"X") else 0
