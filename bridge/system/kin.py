"""Which processes belong to a pane besides its own: jobs, children, whatever holds its terminal (proc(5))."""

from __future__ import annotations

import os
import sys


class Table:
    """The processes of one moment; only those of the panes asked for matter."""

    def __init__(self) -> None:
        """Read /proc once. `complete` tells whether the system lists processes at all."""
        self._rows: dict[int, tuple[int, int, int]] = {}
        self.complete = False
        if sys.platform != "linux":
            return
        for name in os.listdir("/proc"):
            if name.isdigit() and (row := _row(int(name))) is not None:
                self._rows[int(name)] = row
        self.complete = os.getpid() in self._rows

    def others(self, pid: int, tty: str) -> list[int]:
        """The processes of a pane besides its first: by parentage, by session, by terminal. Ended ones do not count."""
        try:
            device = os.stat(tty).st_rdev
        except OSError:
            device = -1
        family = {pid}
        grown = True
        while grown:
            more = {number for number, row in self._rows.items() if row[0] in family and number not in family}
            family |= more
            grown = bool(more)
        held = {number for number, row in self._rows.items() if row[1] == pid or _device(row[2]) == device}
        return sorted((family | held) - {pid})


def lives(pid: int) -> bool:
    """Whether a process of that number exists and has not ended."""
    return _row(pid) is not None


def uses(directory: str) -> bool:
    """Whether a process that we may look at runs from the directory, or has a file of it open or mapped.

    Also where the system does not say.
    """
    if sys.platform != "linux":
        return True
    paths = {os.fsencode(path) + b"/" for path in (directory, os.path.realpath(directory))}
    for name in os.listdir("/proc"):
        if name.isdigit():
            told = _file(f"/proc/{name}/cmdline") + _file(f"/proc/{name}/maps") + _links(f"/proc/{name}/fd")
            if any(path in told for path in paths):
                return True
    return False


def _file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _links(folder: str) -> bytes:
    found = b""
    try:
        for name in os.listdir(folder):
            found += os.fsencode(os.readlink(f"{folder}/{name}")) + b"\0"
    except OSError:
        pass  # it has ended, or is another user's
    return found


def _row(pid: int) -> tuple[int, int, int] | None:
    """Parent, session and terminal of a process; None where it has ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    if len(fields) < 5 or fields[0] in (b"Z", b"X"):
        return None
    return int(fields[1]), int(fields[3]), int(fields[4])


def _device(number: int) -> int:
    """A terminal's number as stat(2) tells it, from the form of proc(5) tty_nr."""
    if number == 0:
        return -2
    return os.makedev((number >> 8) & 0xFFF, (number & 0xFF) | ((number >> 12) & 0xFFF00))
