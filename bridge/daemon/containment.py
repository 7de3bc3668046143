"""Limits that the kernel keeps: a cgroup for each pane that has one, where one can be made.

The pane's process and all that come from it are in it, the tmux server and the daemon never. What the
kernel did not take, or has lost since, is told by `keeps`, and stays the daemon's.
"""

from __future__ import annotations

import os
import time

from bridge.core import limits
from bridge.core.limits import Limit
from bridge.core.usage import Entry
from bridge.system import cgroups, process
from bridge.system.cgroups import Group

_SERVER = "tmux: server"


class Contained:
    """One pane's cgroup. `settings` holds for each kind what was wanted and what the kernel made of it."""

    __slots__ = ("at", "backs", "counts", "group", "identity", "settings", "used")

    def __init__(self, group: Group, identity: tuple[int, int], backs: list[str]) -> None:
        self.group = group
        self.identity = identity
        self.backs = backs
        self.settings: dict[str, tuple[str, str]] = {}
        self.counts: dict[str, int] = {}
        self.at, self.used = time.monotonic(), 0


class Containment:
    """The cgroups of all panes. `top` is where cgroups are mounted."""

    def __init__(self, top: str) -> None:
        self._top = top
        self._contained: dict[str, Contained] = {}
        self._refused: set[tuple[int, int]] = set()
        self._leaving: list[Contained] = []

    def __bool__(self) -> bool:
        return bool(self._contained or self._leaving)

    def retry(self) -> None:
        """Try again where no cgroup could be made."""
        self._refused.clear()

    def keeps(self, pane_id: str, kind: str) -> bool:
        """Whether the kernel keeps this limit of this pane."""
        found = self._contained.get(pane_id)
        return found is not None and kind in found.settings

    def follow(self, pane_id: str, server: int, members: list[Entry], kept: list[Limit]) -> None:
        """Take over which processes and limits the pane has now."""
        root = members[0]
        wanted = {limit.kind: text for limit in kept if (text := limits.kernel_setting(limit))}
        found = self._contained.get(pane_id)
        if found is None and not wanted:
            found = self._adopt(root, server)  # of a daemon that was killed
        elif found is None:
            found = self._adopt(root, server) or self._make(root, server)
        elif found.identity != (root.pid, root.started):
            self.drop(pane_id)
            found = self._make(root, server)
        if found is None:
            return
        self._contained[pane_id] = found
        self._set(found, wanted)
        if not found.settings:
            self.drop(pane_id)
            self._refused.add((root.pid, root.started))
            return
        self._move(found, server, members)

    def drop(self, pane_id: str) -> None:
        """Let a pane's processes go back to where they were, and remove its cgroup."""
        found = self._contained.pop(pane_id, None)
        if found is not None:
            self._set(found, {})
            self._leaving.append(found)
        self.sweep()

    def keep_only(self, panes: set[str]) -> None:
        """Drop the cgroups of all panes but these."""
        for pane_id in set(self._contained) - panes:
            self.drop(pane_id)
        self.sweep()

    def sweep(self) -> None:
        """Remove what could not be removed at once, since a process was just ending."""
        self._leaving = [found for found in self._leaving if not self._release(found)]

    def close(self) -> None:
        """Drop the cgroups of all panes."""
        self.keep_only(set())

    def breach(self, pane_id: str, kind: str, value: float) -> float | None:
        """What was measured where the kernel had to hold or to refuse something since the last call, else None."""
        found = self._contained.get(pane_id)
        if found is None or kind not in found.settings:
            return None
        file, key = limits.KERNEL[kind][2]
        count, before = found.group.count(file, key), found.counts.get(kind, 0)
        found.counts[kind] = max(count, 0)
        measured = value
        if kind == "cpu":
            now, used = time.monotonic(), max(found.group.count(file, "usage_usec"), 0)
            measured = (used - found.used) / 1e4 / max(now - found.at, 0.05)
            found.at, found.used = now, used
        return measured if count > before else None

    def _adopt(self, root: Entry, server: int) -> Contained | None:
        group = Group.of(root.pid, root.started, self._top)
        if group is None:
            return None
        return self._begin(group, root, [cgroups.directory(server, self._top)])

    def _make(self, root: Entry, server: int) -> Contained | None:
        identity = (root.pid, root.started)
        own = cgroups.directory(root.pid, self._top) if self._top and identity not in self._refused else ""
        place = cgroups.home(self._top, own)[0] if own else ""
        group = Group.make(place, *identity) if place else None
        if group is None:
            self._refused.add(identity)
            return None
        return self._begin(group, root, [own, cgroups.directory(server, self._top)])

    @staticmethod
    def _begin(group: Group, root: Entry, backs: list[str]) -> Contained:
        found = Contained(group, (root.pid, root.started), [back for back in backs if back])
        for kind, (_, _, (file, key)) in limits.KERNEL.items():
            found.counts[kind] = max(group.count(file, key), 0)
        found.used = max(group.count("cpu.stat", "usage_usec"), 0)
        return found

    @staticmethod
    def _set(found: Contained, wanted: dict[str, str]) -> None:
        """Have the kernel keep what is wanted and no more; what it does not hold as told it does not keep."""
        group = found.group
        for kind, (file, _, _) in limits.KERNEL.items():
            text = wanted.get(kind, "")
            told = found.settings.get(kind)
            if told is not None and told == (text, group.read(file)):
                continue
            found.settings.pop(kind, None)
            if not text:
                if not group.read(file).startswith("max"):
                    group.write(file, "max")
                continue
            if kind == "mem":
                group.write("memory.oom.group", "0")  # the largest process ends, not the pane
                group.write("memory.swap.max", "0")  # else it would be a limit of nothing
            if group.write(file, text) and (read := group.read(file)) and not read.startswith("max"):
                found.settings[kind] = (text, read)

    def _move(self, found: Contained, server: int, members: list[Entry]) -> None:
        inside = set(found.group.pids())
        strangers = {pid for pid in inside if pid in (server, os.getpid()) or _is_server(pid)}
        for pid in strangers:  # begun in the pane; its limits are not theirs
            any(Group(back).add(pid) for back in found.backs)
        for entry in members:
            if entry.pid not in inside and entry.name != _SERVER and entry.pid not in (server, os.getpid()):
                found.group.add(entry.pid)
        if found.identity[0] not in inside and found.identity[0] not in found.group.pids():
            found.settings.clear()  # what new processes come from could not be moved: nothing is kept

    @staticmethod
    def _release(found: Contained) -> bool:
        return any(found.group.release(back) for back in [*found.backs, ""])


def _is_server(pid: int) -> bool:
    found = process.read_process(pid)
    return found is not None and found.name == _SERVER
