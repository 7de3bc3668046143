"""Signals, sent to whom they are meant for: a pid is checked against the time when its process began."""

from __future__ import annotations

import os
import signal

from bridge.system import process


def send(pid: int, started: int, name: str) -> bool:
    """Send a signal (`TERM`, `KILL` …) to the process that began then; tells whether there was one."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        found = process.read_process(pid)  # the descriptor keeps the pid from meaning another one
        if found is None or found.started != started:
            return False
        signal.pidfd_send_signal(descriptor, signal.Signals[f"SIG{name}"])
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def end_group(leader: int, name: str) -> None:
    """Send a signal to the process group of a child of ours that has not been reaped, so that its number is ours."""
    try:
        os.killpg(leader, signal.Signals[f"SIG{name}"])
    except (ProcessLookupError, PermissionError):
        return


def end_child(pid: int, *, group: bool = False) -> int:
    """Kill a child of ours that has not been reaped, or its group, and reap it: its exit code, below 0 for a signal."""
    if group:
        end_group(pid, "KILL")
    else:
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def remind_of_children(pid: int) -> None:
    """Tell a tmux server to look after its children: it may have missed the end of one."""
    found = process.read_process(pid)
    if found is not None and found.name.startswith("tmux"):
        send(pid, found.started, "CHLD")
