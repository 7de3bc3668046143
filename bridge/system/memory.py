"""What processes hold of the machine's memory: a page that several of them share counts once among them.

That is Pss (proc(5) smaps_rollup), which the kernel adds up page by page: 0.1 ms for a shell, 7 ms for a program of
300 MB. So it is remembered, and read again where it is likely to have changed. Where it can't be read (another
user's process, no /proc) the resident pages of proc(5) stat stand, which count in each process.
"""

from __future__ import annotations

import posix
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from bridge.core.usage import Entry

_OLD = 30.0  # seconds
_MEGABYTE = 1024 * 1024
_GROWN = 32  # a change of one part in so many, and of a megabyte


class _Known:
    __slots__ = ("at", "company", "resident", "share")

    def __init__(self, share: int, resident: int, company: int, at: float) -> None:
        self.share = share
        self.resident = resident
        self.company = company
        self.at = at


class Memory:
    """Puts the true share in the place of the resident memory, and remembers what it has read."""

    def __init__(self, budget: float = float("inf")) -> None:
        """`budget` are the seconds that one call may take for what it knows already, oldest first."""
        self._budget = budget
        self._known: dict[tuple[int, int], _Known] = {}

    def share_out(self, groups: Collection[list[Entry]]) -> None:
        """Set `memory` of fresh entries, which are resident bytes until then; who is not among them is forgotten."""
        now = time.monotonic()
        kept: dict[tuple[int, int], _Known] = {}
        stale: list[tuple[float, Entry, int]] = []
        for group in groups:
            for entry in group:
                key = (entry.pid, entry.started)
                known = self._known.get(key)
                if known is None:
                    known = _Known(_share(entry), entry.memory, len(group), now)
                elif _is_stale(known, entry, len(group), now):
                    stale.append((known.at, entry, len(group)))
                kept[key] = known
        self._known = kept
        for _, entry, company in sorted(stale, key=lambda row: row[0]):
            if time.monotonic() - now > self._budget:
                break
            kept[entry.pid, entry.started] = _Known(_share(entry), entry.memory, company, now)
        for group in groups:
            for entry in group:
                known = kept[entry.pid, entry.started]
                # What has come since belongs to the process alone, as a rule.
                entry.memory = max(0, known.share + entry.memory - known.resident)


def _is_stale(known: _Known, entry: Entry, company: int, now: float) -> bool:
    changed = abs(entry.memory - known.resident)
    grown = changed > _MEGABYTE and changed * _GROWN > known.resident
    return grown or company != known.company or now - known.at > _OLD


def _share(entry: Entry) -> int:
    try:
        descriptor = posix.open(f"/proc/{entry.pid}/smaps_rollup", posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return entry.memory
    try:
        rows = posix.read(descriptor, 4096).split(b"\n")
    except OSError:
        return entry.memory
    finally:
        posix.close(descriptor)
    for row in rows:
        if row.startswith(b"Pss:"):
            return int(row.split()[1]) * 1024
    return entry.memory
