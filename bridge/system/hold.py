"""Processes held for a moment without a trace: their parent is not told, as it would be of SIGSTOP.

A shell that hears of a stopped job takes the terminal back, and what runs is in its background for good;
tmux continues a pane's own process at once. A tracer's stop (ptrace(2), PTRACE_SEIZE and
PTRACE_INTERRUPT) is told to the tracer alone, and the kernel ends it should the tracer die in whatever
way. All calls must come from one thread.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys

from bridge.core.usage import Entry
from bridge.system import process

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_WALL = 0x40000000  # threads too (wait(2) __WALL)
_SCOPE = "/proc/sys/kernel/yama/ptrace_scope"


def obstacle() -> str:
    """Why nothing can be held on this machine, empty where it can."""
    if sys.platform != "linux":
        return "only Linux can hold a process without its parent's knowledge"
    try:
        with open(_SCOPE, encoding="ascii") as file:
            scope = file.read().strip()
    except OSError:
        return ""
    if scope == "0" or (os.geteuid() == 0 and scope != "3"):
        return ""
    return f"{_SCOPE} is {scope}: other processes than one's own children cannot be held"


class Hold:
    """What is held together; `release` lets it go."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self._library.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
        self._library.ptrace.restype = ctypes.c_long
        self._threads: set[int] = set()
        self.denied = False

    def __bool__(self) -> bool:
        return bool(self._threads)

    def take(self, entries: list[Entry]) -> int:
        """Have these processes stop, all their threads; returns how many will. `denied` tells of a refusal."""
        taken = 0
        for entry in entries:
            if entry.state in "TtZX":
                continue
            for thread in _threads(entry.pid):
                failure = self._trace(_SEIZE, thread)
                if failure == 0:
                    self._threads.add(thread)
                    self._trace(_INTERRUPT, thread)
                elif failure == errno.EPERM:
                    self.denied = True
                    break
            else:
                taken += 1
                found = process.read_process(entry.pid)
                if found is None or found.started != entry.started:
                    self.release()  # the pid is another's by now
        return taken

    def release(self) -> bool:
        """Let go what has stopped; False where something has not stopped yet and this must be called again."""
        for thread in list(self._threads):
            try:
                pid, status = os.waitpid(thread, os.WNOHANG | _WALL)
            except ChildProcessError:
                self._threads.discard(thread)
                continue
            if pid == 0:
                continue
            self._threads.discard(thread)
            if os.WIFSTOPPED(status):
                # A signal that arrived before the stop is handed on.
                self._trace(_DETACH, thread, 0 if status >> 16 else os.WSTOPSIG(status))
        return not self._threads

    def _trace(self, request: int, thread: int, data: int = 0) -> int:
        if self._library.ptrace(request, thread, None, data) < 0:
            return ctypes.get_errno()
        return 0


def _threads(pid: int) -> list[int]:
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []
