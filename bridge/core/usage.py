"""What a pane's processes use: which processes are the pane's, and the sums over them."""

from __future__ import annotations

MEGABYTE = 1024 * 1024
_TOP = 5


class Entry:
    """One process at one moment.

    `used` and `reaped` are seconds of CPU: its own, and that of children which have ended and were waited
    for. `at` is the moment by a clock that nobody sets, `tty` the number of its terminal, 0 for none, and
    `foreground` that terminal's foreground group, -1 for none, None where the system does not say.
    """

    __slots__ = (
        *("age", "at", "foreground", "group", "memory", "name", "parent", "pid", "reaped", "session", "started"),
        *("state", "threads", "tty", "used"),
    )

    def __init__(
        self,
        pid: int,
        name: str,
        *,
        at: float,
        state: str,
        parent: int,
        group: int,
        session: int,
        tty: int,
        used: float,
        reaped: float,
        threads: int,
        started: int,
        memory: int,
        age: float = 0.0,
        foreground: int | None = None,
    ) -> None:
        self.pid = pid
        self.name = name
        self.at = at
        self.state = state
        self.parent = parent
        self.group = group
        self.session = session
        self.tty = tty
        self.used = used
        self.reaped = reaped
        self.threads = threads
        self.started = started
        self.memory = memory
        self.age = age
        self.foreground = foreground

    @property
    def total(self) -> float:
        """Seconds of CPU, own and of the children that it has waited for."""
        return self.used + self.reaped


def members(entries: dict[int, Entry], roots: dict[int, int]) -> dict[int, list[Entry]]:
    """The processes of each pane, by the pid of the pane's process, which comes first.

    `roots` gives each pane's terminal by the pid of its process; one that has another terminal is not the
    pane's and has no entry. A process belongs to the pane whose session or terminal it shares, else to the
    one that its nearest ancestor belongs to.
    """
    found: dict[int, list[Entry]] = {}
    terminals: dict[int, int] = {}
    for pid, tty in roots.items():
        entry = entries.get(pid)
        if entry is not None and entry.tty == tty and entry.state not in "ZX":
            found[pid] = [entry]
            terminals[tty] = pid
    owners: dict[int, int] = {pid: pid for pid in found}
    for pid, entry in entries.items():
        shared = entry.session if entry.session in found else terminals.get(entry.tty, 0)
        if shared:
            owners.setdefault(pid, shared)
    for pid, entry in entries.items():
        owner = _owner(pid, entries, owners)
        if owner and owner != pid:
            found[owner].append(entry)
    return found


def _owner(pid: int, entries: dict[int, Entry], owners: dict[int, int]) -> int:
    """The pane's process that is the nearest ancestor, 0 for none; what is learnt on the way is kept."""
    path: list[int] = []
    while pid not in owners:
        path.append(pid)
        entry = entries.get(pid)
        if entry is None or entry.parent == pid or len(path) > len(entries):
            owners[pid] = 0
            break
        pid = entry.parent
    for step in path:
        owners[step] = owners[pid]
    return owners[pid]


def spent(before: list[Entry], after: list[Entry]) -> float:
    """Seconds of CPU that a pane's processes used between two looks.

    A process that was born and has ended between them counts where its parent waited for it: its time is
    then the parent's. Time that a process had at the first look and that has gone over to its parent
    since is not counted twice.
    """
    old = {entry.pid: entry for entry in before}
    new = {entry.pid: entry for entry in after}
    total = least = 0.0
    for entry in after:
        known = old.get(entry.pid)
        same = known is not None and known.started == entry.started
        total += entry.total - (known.total if same and known is not None else 0.0)
        least += entry.used - (known.used if same and known is not None else 0.0)
    for entry in before:
        if _same(new.get(entry.pid), entry):
            continue
        heir = old.get(entry.parent)
        while heir is not None and not _same(new.get(heir.pid), heir):
            heir = old.get(heir.parent)
        if heir is not None:
            total -= entry.total
    return max(total, least, 0.0)


def _same(one: Entry | None, other: Entry) -> bool:
    return one is not None and one.started == other.started


def metrics(
    before: list[Entry] | None,
    after: list[Entry],
    written: tuple[int, int] | None,
    memory_of_machine: int,
) -> dict[str, object]:
    """The figures of one pane; without an earlier look the CPU's share is that of the process's whole life.

    `written` are the bytes read from and written to storage, None where the system does not say.
    """
    root = after[0]
    memory = sum(entry.memory for entry in after)
    return {
        "cpu_percent": _cpu(before, after),
        "memory_mb": round(memory / MEGABYTE, 2),
        "memory_percent": round(memory / memory_of_machine * 100, 2) if memory_of_machine else None,
        "io_read_kb": None if written is None else round(written[0] / 1024, 1),
        "io_write_kb": None if written is None else round(written[1] / 1024, 1),
        "uptime_seconds": round(root.age, 1),
        "thread_count": sum(entry.threads for entry in after),
        "process_count": len(after),
    }


def _cpu(before: list[Entry] | None, after: list[Entry]) -> float:
    root = after[0]
    if before is None or not _same(before[0], root):
        return round(sum(entry.total for entry in after) / max(root.age, 0.01) * 100, 1)
    return round(spent(before, after) / max(root.at - before[0].at, 0.001) * 100, 1)


def top(before: list[Entry] | None, after: list[Entry]) -> list[dict[str, object]]:
    """The processes of a pane that use most, the largest share of the CPU first, then of the memory."""
    old = {entry.pid: entry for entry in before or ()}
    rows = []
    for entry in after:
        known = old.get(entry.pid)
        if known is not None and known.started == entry.started:
            share = (entry.used - known.used) / max(entry.at - known.at, 0.001)
        else:
            share = entry.used / max(entry.age, 0.01)
        rows.append((share, entry))
    rows.sort(key=lambda row: (-round(row[0], 3), -row[1].memory))
    return [
        {
            "pid": entry.pid,
            "name": entry.name,
            "cpu_percent": round(share * 100, 1),
            "memory_mb": round(entry.memory / MEGABYTE, 2),
            "thread_count": entry.threads,
        }
        for share, entry in rows[:_TOP]
    ]


def total(parts: list[dict[str, object]], name: str) -> float:
    """The sum of one figure over panes; what the system does not say counts nothing."""
    return round(sum(value for part in parts if isinstance(value := part[name], (int, float))), 2)
