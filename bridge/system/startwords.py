"""Whether the words that a process shows are those of the command that started it."""

from __future__ import annotations

from bridge.core import shellwords
from bridge.system import process

_FORKED = 0x40  # PF_FORKNOEXEC of the kernel
_FLAGS = 6  # their place behind the name in /proc/PID/stat


def is_fork(pid: int) -> bool:
    """Whether the process goes on in the program of its parent, whose words it shows: it has not called execve(2)."""
    text = process.read_text(f"/proc/{pid}/stat")
    fields = text[text.rfind(")") + 2 :].split(" ")
    return len(fields) > _FLAGS and int(fields[_FLAGS]) & _FORKED != 0


def has_title(pid: int) -> bool:
    """Whether the program has written something over the words that it was started with (setproctitle(3))."""
    text = process.read_whole(f"/proc/{pid}/cmdline")
    words = text.split("\0")[:-1]
    if not text.endswith("\0") or not words:
        return text != ""
    if shellwords.is_title(words):
        return True
    if words[-1] and not words[0].endswith(":") and not any(char.isspace() for char in words[0]):
        return False
    return _last(words[0]).lstrip("-") != _last(process.program(pid))


def _last(path: str) -> str:
    return path.rpartition("/")[2]
