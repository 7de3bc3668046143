"""Limits of a pane as its options hold them: what may be limited, by what measure, and what then happens."""

from __future__ import annotations

# kind: (unit, what is done unless told otherwise, what may be done)
KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "cpu": ("percent", "throttle", ("throttle", "warn", "stop", "kill")),
    "mem": ("mb", "kill", ("warn", "stop", "kill")),
    "procs": ("processes", "kill", ("warn", "stop", "kill")),
    "io": ("kb_per_second", "throttle", ("throttle", "warn", "stop", "kill")),
}
# kind: (the cgroup's file, the actions that are what the kernel does there, the file and the key that count breaches)
KERNEL: dict[str, tuple[str, tuple[str, ...], tuple[str, str]]] = {
    "cpu": ("cpu.max", ("throttle",), ("cpu.stat", "nr_throttled")),
    "mem": ("memory.max", ("kill",), ("memory.events", "oom")),
    "procs": ("pids.max", ("stop", "kill"), ("pids.events", "max")),
}
_PERIODS = (100_000, 1_000_000)  # microseconds; the kernel takes a share of 1000 of them or more
_LEAST = 1000
ACTIONS = ("throttle", "warn", "stop", "kill")
LARGEST = 1e9


class Limit:
    """One limit of a pane. `value` is in the kind's unit."""

    __slots__ = ("action", "kind", "value")

    def __init__(self, kind: str, value: float, action: str) -> None:
        self.kind = kind
        self.value = value
        self.action = action

    def shown(self, enforced_by: str) -> dict[str, object]:
        """As answers and events show it."""
        value = int(self.value) if self.value == int(self.value) else self.value
        return {
            "kind": self.kind,
            "value": value,
            "unit": KINDS[self.kind][0],
            "action": self.action,
            "enforced_by": enforced_by,
        }


def kernel_setting(limit: Limit) -> str:
    """What the kernel is told so that it keeps the limit as asked for, empty where it cannot.

    It cannot only warn, and a limit of storage is of both directions and all devices together, which its
    own is not.
    """
    if limit.kind not in KERNEL or limit.action not in KERNEL[limit.kind][1]:
        return ""
    if limit.kind == "mem":
        blocks = int(limit.value * 16)  # of 64 kB: a size in whole pages is read as it was written
        return str(blocks * 65536) if blocks else ""
    if limit.kind == "procs":
        return str(int(limit.value))
    for period in _PERIODS:
        share = round(limit.value / 100 * period)
        if share >= _LEAST:
            return f"{share} {period}"
    return ""


def option(kind: str) -> str:
    """The name of the pane's option that holds the limit."""
    return f"@bridge_limit_{kind}"


OPTIONS = tuple(option(kind) for kind in KINDS)


def write(limit: Limit, pane_id: str) -> str:
    """The option's value. It names its pane: options of a window or of the server show in all panes."""
    return f"{pane_id} {limit.value:.12g} {limit.action}"


def read(kind: str, text: str, pane_id: str) -> Limit | None:
    """The limit that an option's value tells, None where it tells none of this pane."""
    words = text.split(" ")
    if len(words) != 3 or words[0] != pane_id or words[2] not in KINDS[kind][2]:
        return None
    value = number(words[1])
    return None if value is None else Limit(kind, value, words[2])


def moved(name: str, text: str, pane_id: str) -> str | None:
    """The value of a pane's option of this name as the value for another pane, None where it is no limit."""
    kind = name.removeprefix(option(""))
    words = text.split(" ")
    found = read(kind, " ".join((pane_id, *words[-2:])), pane_id) if len(words) in (2, 3) and kind in KINDS else None
    return None if found is None else write(found, pane_id)


def number(text: str) -> float | None:
    """A number above 0 that a limit may be, None for what is none."""
    try:
        if not text.isascii() or not text.replace(".", "", 1).replace("e+", "", 1).isdigit():
            return None
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value <= LARGEST else None
