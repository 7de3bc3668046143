"""Limits of panes enforced: one look at all processes for all of them, twice a second while there are any.

What the kernel can keep in a cgroup it keeps; the looks are the net under it, and tell of it. Only
processes of the pane in question are ever touched, each by its identity, and its shell never, unless the
shell itself is above the limit and the action is kill.
"""

from __future__ import annotations

import asyncio
import time

from bridge.core import limits, usage
from bridge.core.limits import Limit
from bridge.core.promptstate import SHELLS
from bridge.core.usage import MEGABYTE, Entry
from bridge.daemon.containment import Containment
from bridge.daemon.throttle import Throttle
from bridge.errors import BridgeError
from bridge.system import cgroups, hold, processes, termination
from bridge.system.memory import Memory
from bridge.tmux import argv, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.hub import Hub
    from bridge.daemon.known import Known

_EACH = 0.4
_WINDOW = 2.0  # seconds over which shares are judged that nothing throttles
_GRACE = 0.7  # from TERM to KILL
_QUIET = 10.0  # a breach is told once more after so long below the limit
_ROUNDS = 5
_UNCHARGED = 32.0  # megabytes that a look counts and the kernel charges elsewhere: libraries, what was held before
_FIELDS = ("pane_id", *limits.OPTIONS)
_LOOK = ("list-panes", "-a", "-F", argv.framed(_FIELDS))


class Breach:
    """What is known of a limit that is or was exceeded."""

    __slots__ = ("asked", "last")

    def __init__(self) -> None:
        self.last = -_QUIET
        self.asked = 0.0  # when TERM was sent


class Limits:
    """The limits of all panes that the daemon looks at."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._limits: dict[str, list[Limit]] = {}
        self._throttles: dict[tuple[str, str], Throttle] = {}
        self._breaches: dict[tuple[str, str], Breach] = {}
        self._history: dict[str, list[tuple[float, list[Entry], int]]] = {}
        self._pids: dict[str, int] = {}
        self._memories: dict[str, Memory] = {}
        self._any = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._obstacle = hold.obstacle()
        self._containment = Containment(cgroups.mount_point())

    async def reload(self) -> None:
        """Read the limits again from the panes."""
        try:
            answer = await self._hub.lanes.run("tmux", self._hub.ctx.tmux.run, _LOOK)
            found = rows.unframe(answer.output, len(_FIELDS)) if answer.status == 0 else []
        except BridgeError as problem:
            self._hub.note("WARN", f"tmux: {problem.message}; the limits stay as they were")
            self._hub.supervisor.tell("limits", "", f"they are not known: {problem.message}")
            return
        self._hub.supervisor.tell("limits", "", "")
        self._limits = {}
        for pane_id, *values in found:
            read = (limits.read(kind, value, pane_id) for kind, value in zip(limits.KINDS, values, strict=True))
            if kept := [limit for limit in read if limit is not None]:
                self._limits[pane_id] = kept
        async with self._one_at_a_time:
            self._containment.retry()
            await self._look()
        wanted = {(pane_id, limit.kind): limit for pane_id, kept in self._limits.items() for limit in kept}
        for key, throttle in list(self._throttles.items()):
            limit = wanted.get(key)
            stale = limit is None or limit.action != "throttle" or limit.value != throttle.limit.value
            if stale or self._containment.keeps(*key):
                self._throttles.pop(key).close()
        for key in set(self._breaches) - set(wanted):
            del self._breaches[key]
        if self._limits or self._containment:
            self._any.set()

    async def run(self) -> None:
        """Enforce for ever."""
        await self._hub.lanes.run("processes", cgroups.sweep, cgroups.mount_point())
        await self.reload()
        while True:
            await self._any.wait()
            async with self._one_at_a_time:
                await self._turn()
            await asyncio.sleep(_EACH)
            if not self._limits and not self._containment:
                self._any.clear()
                self._history.clear()

    def close(self) -> None:
        """Let go whatever is held."""
        for throttle in self._throttles.values():
            throttle.close()
        self._throttles.clear()
        self._containment.close()

    def enforced(self, pane_id: str) -> tuple[dict[str, str], str]:
        """What enforces a limit of each kind on this pane, and why something does not."""
        if pane_id not in self._hub.structure.panes:
            return dict.fromkeys(limits.KINDS, "none"), f"the daemon looks at {self._hub.session} alone"
        reason = self._hub.supervisor.lacks("limits")
        found = dict.fromkeys(limits.KINDS, "none" if reason else "daemon")
        for limit in self._limits.get(pane_id, ()):
            if self._containment.keeps(pane_id, limit.kind):
                found[limit.kind] = "cgroup"
                continue
            throttle = self._throttles.get((pane_id, limit.kind))
            refused = throttle is not None and throttle.unable
            if limit.action == "throttle" and (self._obstacle or refused):
                found[limit.kind] = "none"
                reason = reason or self._obstacle or "the system does not allow to hold these processes"
        return found, reason

    async def _look(self) -> tuple[dict[str, Known], dict[int, list[Entry]]]:
        """The panes that have limits and live, and the processes of each by the pid of its first.

        They are in their cgroups afterwards.
        """
        panes = self._hub.structure.panes
        known = {pane_id: panes[pane_id] for pane_id in self._limits if pane_id in panes and not panes[pane_id].dead}
        kept = {pane_id: self._limits[pane_id] for pane_id in known}

        def work() -> dict[int, list[Entry]]:
            roots = {each.pane.pid: processes.terminal_number(each.pane.tty) for each in known.values()}
            found = usage.members(processes.scan(), roots) if known else {}
            self._containment.keep_only(set(known))
            for pane_id, each in known.items():
                if members := found.get(each.pane.pid):
                    self._containment.follow(pane_id, each.server, members, kept[pane_id])
            return found

        return known, await self._hub.lanes.run("processes", work)

    async def _turn(self) -> None:
        known, found = await self._look()
        for pane_id in set(self._history) - set(known):
            del self._history[pane_id]
        for pane_id in set(self._memories) - set(known):
            del self._memories[pane_id]
        for key in [key for key in self._throttles if key[0] not in known]:
            self._throttles.pop(key).close()
        for pane_id, each in known.items():
            members = found.get(each.pane.pid)
            if members is None:
                continue
            if self._pids.get(pane_id) != each.pane.pid:  # started anew
                self._pids[pane_id] = each.pane.pid
                self._history.pop(pane_id, None)
            self._note(pane_id, members)
            for limit in self._limits.get(pane_id, ()):
                await self._enforce(each, limit, members)

    async def _enforce(self, known: Known, limit: Limit, members: list[Entry]) -> None:
        held = self._containment.breach(known.place.pane, limit.kind, limit.value)
        if self._containment.keeps(known.place.pane, limit.kind) and limit.kind != "procs":
            done = "throttled" if limit.action == "throttle" else "killed"
            if held is not None:
                self._tell(known, limit, held, done, by="cgroup")
            if limit.action == "throttle":
                return
        if limit.action == "throttle" and not self._obstacle:
            self._throttle(known, limit, members)
        else:
            await self._judge(known, limit, members, refused=limit.kind == "procs" and held is not None)

    def _note(self, pane_id: str, members: list[Entry]) -> None:
        counts_io = any(limit.kind == "io" for limit in self._limits.get(pane_id, ()))
        transferred = sum(processes.io_bytes(members) or (0, 0)) if counts_io else 0
        past = self._history.setdefault(pane_id, [])
        past.append((time.monotonic(), members, transferred))
        while len(past) > 2 and past[1][0] <= past[-1][0] - _WINDOW:
            past.pop(0)

    def _throttle(self, known: Known, limit: Limit, members: list[Entry]) -> None:
        key = (known.place.pane, limit.kind)
        throttle = self._throttles.get(key)
        if throttle is None:

            def breached(measured: float) -> None:
                self._tell(known, limit, measured, "throttled", by="daemon")

            throttle = self._throttles[key] = Throttle(self._hub.loop, limit, breached)
        throttle.follow(members)

    async def _judge(self, known: Known, limit: Limit, members: list[Entry], *, refused: bool) -> None:
        """Do what the limit asks for where it is exceeded, or where the kernel `refused` what would exceed it."""
        measured = self._measure(known.place.pane, limit.kind, members)
        breach = self._breaches.get((known.place.pane, limit.kind))
        by = "cgroup" if refused else "daemon"
        kept = limit.kind == "mem" and self._containment.keeps(known.place.pane, "mem")
        allowed = limit.value + (_UNCHARGED if kept else 0)
        if measured is None or (measured <= allowed and not refused):
            if breach is not None and measured is not None:
                breach.asked = 0.0
            return
        if breach is None:
            breach = self._breaches[(known.place.pane, limit.kind)] = Breach()
        if limit.action in ("warn", "throttle"):
            self._tell(known, limit, measured, "nothing", by=by)
            return
        now = time.monotonic()
        kill = limit.action == "kill" or (breach.asked > 0 and now - breach.asked >= _GRACE)
        if not kill and breach.asked > 0:
            return
        group = self._offender(known.place.pane, limit, members)
        if not group:
            self._tell(known, limit, measured, "spared: it is the pane's shell itself", by=by)
            return
        pids = [entry.pid for entry in group]
        await self._hub.lanes.run("processes", self._end, known, group, "KILL" if kill else "TERM")
        breach.asked = 0.0 if kill else now
        self._history.pop(known.place.pane, None)  # what has ended is not held against what comes
        breach.last = -_QUIET  # each is told
        self._tell(known, limit, measured, "killed" if kill else "terminated", by=by, pids=pids)

    def _measure(self, pane_id: str, kind: str, members: list[Entry]) -> float | None:
        if kind == "mem":
            return self._memory_of(pane_id, members)
        if kind == "procs":
            return float(len(members))
        past = self._history.get(pane_id, [])
        if not past or past[-1][0] - past[0][0] < _WINDOW / 2:
            return None
        (then, before, moved), (now, _, transferred) = past[0], past[-1]
        if kind == "io":
            return max(0, transferred - moved) / 1024 / (now - then)
        return usage.spent(before, members) / (now - then) * 100

    def _memory_of(self, pane_id: str, members: list[Entry]) -> float:
        """Megabytes; how much of them is shared is asked only where it may decide."""
        resident = sum(entry.memory for entry in members) / MEGABYTE
        least = min(limit.value for limit in self._limits[pane_id] if limit.kind == "mem")
        if resident <= least:
            return resident
        self._memories.setdefault(pane_id, Memory()).share_out([members])
        return sum(entry.memory for entry in members) / MEGABYTE

    def _offender(self, pane_id: str, limit: Limit, members: list[Entry]) -> list[Entry]:
        """The process group of the pane that has the largest part in the breach, without its shell."""
        root = members[0]
        past = {entry.pid: entry for entry in self._history[pane_id][0][1]} if pane_id in self._history else {}

        def weight(entry: Entry) -> float:
            if limit.kind == "mem":
                return entry.memory
            if limit.kind == "procs":
                return 1
            old = past.get(entry.pid)
            return entry.total - (old.total if old is not None and old.started == entry.started else 0.0) + 1e-6

        groups: dict[int, list[Entry]] = {}
        for entry in members:
            if entry is not root or root.name not in SHELLS:
                groups.setdefault(entry.group, []).append(entry)
        weights = {group: sum(map(weight, entries)) for group, entries in groups.items()}
        largest = max(weights, key=lambda group: weights[group], default=0)
        own = limit.kind == "mem" and root.memory / MEGABYTE > limit.value
        alone = root.name in SHELLS and (own or not groups or (limit.kind == "cpu" and weight(root) > weights[largest]))
        if alone:
            return [root] if limit.action == "kill" else []
        return groups.get(largest, [])

    def _end(self, known: Known, group: list[Entry], name: str) -> None:
        """Signal a group; what it forks meanwhile as well."""
        number = group[0].group
        spared = known.pane.pid if all(entry.pid != known.pane.pid for entry in group) else 0
        done: set[tuple[int, int]] = set()
        for _ in range(_ROUNDS):
            fresh = [entry for entry in group if (entry.pid, entry.started) not in done and entry.pid != spared]
            if not fresh:
                return
            for entry in fresh:
                termination.send(entry.pid, entry.started, name)
                done.add((entry.pid, entry.started))
            roots = {known.pane.pid: processes.terminal_number(known.pane.tty)}
            left = usage.members(processes.scan(), roots).get(known.pane.pid, [])
            group = [entry for entry in left if entry.group == number and entry.state not in "ZX"]

    def _tell(
        self, known: Known, limit: Limit, measured: float, done: str, *, by: str, pids: list[int] | None = None
    ) -> None:
        """Make the event, once for a breach that goes on. `by` is what acted."""
        breach = self._breaches.setdefault((known.place.pane, limit.kind), Breach())
        now = time.monotonic()
        recent = now - breach.last < _QUIET
        breach.last = now
        if recent:
            return
        idle = done.startswith(("nothing", "spared")) and limit.action != "warn"
        shown = limit.shown("none" if idle and by == "daemon" else by)
        than = "above" if measured > limit.value else "at"
        text = f"Limit exceeded: {limit.kind} {measured:.1f} {than} {limit.value:g} ({done})"
        data = shown | {"measured": round(measured, 1), "done": done, "pids": pids or []}
        self._hub.emit("limit-exceeded", known.place.session, text, place=known.place, data=data)
