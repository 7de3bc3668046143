"""Cgroups of panes (cgroups(7), version 2): where one can be made, and one of them.

A cgroup is made below the one that the pane is in, or below the nearest one above it that was delegated to
us; nothing is taken from what somebody else keeps. Its name tells the pane's process, by pid and beginning.
"""

from __future__ import annotations

import os

from bridge.system import process

PREFIX = "bridge-pane-"
CONTROLLERS = ("cpu", "memory", "pids")
_ROUNDS = 20  # a fork may come between the list of the processes and the move


def mount_point() -> str:
    """Where the cgroups of version 2 are mounted, empty where they are not."""
    for row in _read("/proc/self/mountinfo").splitlines():
        before, _, after = row.partition(" - ")
        fields = before.split()
        if after.startswith("cgroup2 ") and len(fields) > 4 and fields[3] == "/":
            return fields[4]
    return ""


def directory(pid: int, top: str) -> str:
    """The directory of the cgroup that a process is in, empty where it is out of sight."""
    for row in _read(f"/proc/{pid}/cgroup").splitlines():
        if row.startswith("0::/"):
            path = os.path.normpath(top + row[3:])
            if "/../" not in f"{row}/" and os.path.isdir(path):
                return path
    return ""


def home(top: str, own: str) -> tuple[str, frozenset[str]]:
    """The cgroup below which one for a pane of `own` can be made, and the controllers that it has there.

    Empty where there is none. A cgroup with processes hands no controller down unless it is the root.
    """
    place = own
    while place == top or place.startswith(f"{top}/"):
        if (place == own or _is_delegated(place)) and os.access(f"{place}/cgroup.procs", os.W_OK):
            controllers = _controllers(place)
            if controllers:
                return place, controllers
        if place == top:
            break
        place = os.path.dirname(place)
    return "", frozenset()


def abandoned(top: str) -> list[str]:
    """The cgroups of panes whose process has ended, with nothing left in them; ours alone."""
    found = []
    for place, names, _ in os.walk(top) if top else ():
        if os.path.basename(place).startswith(PREFIX):
            names.clear()
            if _is_abandoned(place):
                found.append(place)
    return sorted(found)


def sweep(top: str) -> None:
    """Remove what is abandoned."""
    for path in abandoned(top):
        remove(path)


def remove(path: str) -> bool:
    """Remove the cgroup of a pane that has ended; False where it is not so any more."""
    return _is_abandoned(path) and Group(path).release("")


class Group:
    """The cgroup of one pane. What could not be written tells so; nothing is raised."""

    def __init__(self, path: str) -> None:
        self.path = path

    @classmethod
    def of(cls, pid: int, started: int, top: str) -> Group | None:
        """The cgroup that was made for this process of a pane, if it is in it."""
        place = directory(pid, top) if top else ""
        return cls(place) if os.path.basename(place) == _name(pid, started) else None

    @classmethod
    def make(cls, place: str, pid: int, started: int) -> Group | None:
        """Make the cgroup of this process of a pane; nothing is moved yet."""
        path = f"{place}/{_name(pid, started)}"
        try:
            os.mkdir(path)
        except FileExistsError:
            pass
        except OSError:
            return None
        return cls(path)

    def write(self, name: str, text: str) -> bool:
        """Write a setting; tells whether the kernel took it."""
        try:
            with open(f"{self.path}/{name}", "w", encoding="ascii") as file:
                file.write(text)
        except OSError:
            return False
        return True

    def read(self, name: str) -> str:
        """A file of the cgroup, empty where it has none."""
        return _read(f"{self.path}/{name}").strip()

    def count(self, name: str, key: str) -> int:
        """A figure of a file that has one a line, -1 where it is not told."""
        for row in self.read(name).splitlines():
            word, _, value = row.partition(" ")
            if word == key and value.isdigit():
                return int(value)
        return -1

    def pids(self) -> list[int]:
        """The processes in it."""
        return [int(row) for row in self.read("cgroup.procs").splitlines() if row.isdigit()]

    def is_empty(self) -> bool:
        """Whether no process that goes on is in it."""
        return self.count("cgroup.events", "populated") == 0

    def add(self, pid: int) -> bool:
        """Move a process into it."""
        return self.write("cgroup.procs", str(pid))

    def release(self, back: str) -> bool:
        """Move the processes back and remove it; False where something is still in it and this must be called again."""
        other = Group(back)
        for _ in range(_ROUNDS):
            moved = [back != "" and other.add(pid) for pid in self.pids()]
            if not any(moved):
                break
        try:
            os.rmdir(self.path)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True


def _name(pid: int, started: int) -> str:
    return f"{PREFIX}{pid}-{started}"


def _is_abandoned(place: str) -> bool:
    try:
        ours = os.stat(place).st_uid == os.geteuid()
    except OSError:
        return False
    return ours and not _lives(os.path.basename(place)) and Group(place).is_empty()


def _lives(name: str) -> bool:
    """Whether the process that the name tells lives; also of a name that tells none."""
    pid, _, started = name.removeprefix(PREFIX).partition("-")
    if not pid.isdigit() or not started.isdigit():
        return True
    found = process.read_process(int(pid))
    return found is not None and found.started == int(started) and found.state not in "ZX"


def _is_delegated(place: str) -> bool:
    """Whether somebody gave it to us: to a user by its owner, to root by systemd's mark."""
    try:
        if os.geteuid():
            return os.stat(place).st_uid == os.geteuid()
        return b"1" in {os.getxattr(place, name) for name in ("trusted.delegate", "user.delegate") if _has(place, name)}
    except OSError:
        return False


def _has(place: str, name: str) -> bool:
    return name in os.listxattr(place)


def _controllers(place: str) -> frozenset[str]:
    """The controllers that its children have; those that it has not handed down yet are asked for."""
    offered = set(_read(f"{place}/cgroup.controllers").split())
    group = Group(place)
    for name in CONTROLLERS:
        if name in offered and name not in group.read("cgroup.subtree_control").split():
            group.write("cgroup.subtree_control", f"+{name}")
    return frozenset(group.read("cgroup.subtree_control").split()) & frozenset(CONTROLLERS)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
