"""Limits of a pane as its options hold them: what may be limited, by what measure, and what then happens."""

from __future__ import annotations

# kind: (unit, what is done unless told otherwise, what may be done)
KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "cpu": ("percent", "throttle", ("throttle", "warn", "stop", "kill")),
    "mem": ("mb", "kill", ("warn", "stop", "kill")),
    "procs": ("processes", "kill", ("warn", "stop", "kill")),
    "io": ("kb_per_second", "throttle", ("throttle", "warn", "stop", "kill")),
}
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


def number(text: str) -> float | None:
    """A number above 0 that a limit may be, None for what is none."""
    try:
        if not text.isascii() or not text.replace(".", "", 1).replace("e+", "", 1).isdigit():
            return None
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value <= LARGEST else None
