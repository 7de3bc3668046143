"""What may be collected: facts of one look and what earlier looks saw go in, a verdict with its reason comes out.

Nothing is collected for one reason alone: every negative must hold, at two looks apart in time between
which nothing has changed. Idleness goes by tmux's wall-clock stamps as far as the clock can be trusted,
and by what looks have observed, which goes by a clock that nobody sets.
"""

from __future__ import annotations

COLLECT, PENDING, KEEP = "collect", "pending", "keep"
DEFAULT_TTL = 7200
LEAST_ENABLED_TTL = 60
COMPLETED_FOR = 3600
LOGS_FOR = 24 * 3600
AUTOSAVES_FOR = 7 * 24 * 3600
AUTOSAVES_KEPT = 10

# Negatives in the order in which they are told: name, what it means.
HOLDS: dict[str, str] = {
    "not-owned": "bridge did not make it",
    "foreign-pane": "somebody else made a pane in it",
    "own": "the caller is in it",
    "protected": "it is protected",
    "attached": "a client is attached",
    "grouped": "it shares its windows with another session",
    "linked": "a window of it is linked elsewhere",
    "member": "a group or another session needs it",
    "subscribed": "a subscription names it",
    "leased": "a run, a wait, a stream or a kept log holds a pane of it",
    "piped": "a pane's output goes to a program",
    "running": "something runs in a pane",
    "last-pane": "it is the last pane of its window",
    "unknown": "what runs in a pane cannot be told",
    "bad-ttl": "its gc_ttl is no number of seconds",
}


class Moment:
    """The clocks at a look. `set_forward`: how many seconds the wall clock may have been set forward; None unknown."""

    __slots__ = ("boottime", "set_forward", "wall")

    def __init__(self, wall: float, boottime: float, set_forward: float | None) -> None:
        self.wall = wall
        self.boottime = boottime
        self.set_forward = set_forward


class Facts:
    """One thing that may be collected, as a look found it.

    `holds` are the names (of HOLDS) of what speaks against it. `first` and `last` are its oldest and
    newest stamp by the wall clock, 0 where there is none. Equal `fingerprint`s mean that nothing has
    happened between two looks.
    """

    __slots__ = ("fingerprint", "first", "holds", "key", "last", "name", "ttl", "ttl_source")

    def __init__(
        self,
        key: str,
        name: str,
        *,
        holds: tuple[str, ...],
        first: float,
        last: float,
        fingerprint: str,
        ttl: float,
        ttl_source: str = "default",
    ) -> None:
        self.key = key
        self.name = name
        self.holds = holds
        self.first = first
        self.last = last
        self.fingerprint = fingerprint
        self.ttl = ttl
        self.ttl_source = ttl_source


class Seen:
    """What looks remember of a thing, by the time since boot.

    `since` is the first look that saw this fingerprint, `looked` the newest look, `free` the first of
    the unbroken looks that would have collected it, -1 for none.
    """

    __slots__ = ("fingerprint", "free", "looked", "since")

    def __init__(self, fingerprint: str, since: float, looked: float, free: float) -> None:
        self.fingerprint = fingerprint
        self.since = since
        self.looked = looked
        self.free = free


class Verdict:
    """`collect`, `pending` (a second look must agree) or `keep`; why; how long idle; what to remember."""

    __slots__ = ("decision", "idle", "reason", "seen")

    def __init__(self, decision: str, reason: str, idle: float, seen: Seen) -> None:
        self.decision = decision
        self.reason = reason
        self.idle = idle
        self.seen = seen


def judge(facts: Facts, moment: Moment, seen: Seen | None, apart: float) -> Verdict:
    """Decide about one thing; `apart` is how many seconds the two looks must lie apart."""
    now = moment.boottime
    if seen is not None and not 0 <= seen.since <= seen.looked <= now:
        seen = None  # of another boot, or damaged
    same = seen is not None and seen.fingerprint == facts.fingerprint
    idle = idle_seconds(facts, moment, seen)
    since = seen.since if seen is not None and same else now
    for name in HOLDS:
        if name in facts.holds:
            return Verdict(KEEP, name, idle, Seen(facts.fingerprint, since, now, -1.0))
    if facts.holds:  # a hold that is not known is one nevertheless
        return Verdict(KEEP, facts.holds[0], idle, Seen(facts.fingerprint, since, now, -1.0))
    if idle < facts.ttl:
        return Verdict(KEEP, "active", idle, Seen(facts.fingerprint, since, now, -1.0))
    before = seen.free if seen is not None and same else -1.0
    free = before if 0 <= before <= now else now
    agreed = 0 <= before <= now - apart
    return Verdict(
        COLLECT if agreed else PENDING,
        "idle" if agreed else "seen-once",
        idle,
        Seen(facts.fingerprint, since, now, free),
    )


def idle_seconds(facts: Facts, moment: Moment, seen: Seen | None) -> float:
    """For how long nothing has happened, never more than what is known."""
    same = seen is not None and seen.fingerprint == facts.fingerprint
    observed = moment.boottime - seen.since if seen is not None and same else 0.0
    if moment.set_forward is None or not 0 < facts.first <= facts.last:
        return observed
    # Stamps are whole seconds: the moment itself was up to one second later.
    told = moment.wall - facts.last - max(0.0, moment.set_forward) - 1
    if seen is not None and not same:
        told = min(told, moment.boottime - seen.looked)  # something happened after the last look
    return max(observed, told, 0.0)


def span(created: float, stamps: tuple[float, ...]) -> tuple[float, float]:
    """The oldest and newest stamp of a thing made at that moment; (0, 0) where they contradict one another.

    What happened in it cannot be older than itself, unless the clock was set back in between.
    """
    known = [stamp for stamp in stamps if stamp > 0]
    if created <= 0 or not known or min(known) < created - 1:
        return 0.0, 0.0
    return created, max(created, *known)


def is_aged(stamp: float, moment: Moment, limit: float) -> bool:
    """Whether a file written at that moment is older than the limit, whatever was done to the clock."""
    return moment.set_forward is not None and moment.wall - stamp - max(0.0, moment.set_forward) > limit


def surplus_autosaves(stamps: list[tuple[str, float]], moment: Moment) -> list[str]:
    """The autosaves of one session to remove: too old, and not among the newest. Oldest first."""
    ordered = sorted(stamps, key=lambda item: (item[1], item[0]))
    beyond = ordered[: max(0, len(ordered) - AUTOSAVES_KEPT)]
    return [name for name, stamp in beyond if is_aged(stamp, moment, AUTOSAVES_FOR)]


def set_forward(
    wall: float, boottime: float, began_wall: float, age: float, least_offset: float | None
) -> float | None:
    """By how much the wall clock may run ahead of what stamps were made with; None where nothing tells.

    `began_wall` is the server's own start stamp, `age` its process's age in seconds by the time since
    boot (0: unknown); `least_offset` the least difference between the clocks that a look of this boot saw.
    """
    if age <= 0 or began_wall <= 0:
        return None
    ahead = wall - began_wall - age
    if least_offset is not None:
        ahead = max(ahead, wall - boottime - least_offset)
    return ahead


def choose_ttl(
    flag: float | None, environment: float | None, metadata: tuple[object, ...], configured: float | None
) -> tuple[float, str]:
    """The time to live and where it comes from; -1 where the session's own value cannot be read.

    Of several panes' values the longest counts.
    """
    if flag is not None:
        return flag, "flag"
    if environment is not None:
        return environment, "environment"
    values = [read_ttl(value) for value in metadata]
    if values:
        return (-1.0 if min(values) < 0 else max(values)), "metadata"
    if configured is not None:
        return configured, "configuration"
    return float(DEFAULT_TTL), "default"


def read_ttl(value: object) -> float:
    """Seconds from a stored value, -1 where it is none."""
    if isinstance(value, bool):
        return -1.0
    if isinstance(value, (int, float)):
        return float(value) if 1 <= value <= 2**31 else -1.0
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or not 1 <= int(text) <= 2**31:
        return -1.0
    return float(text)


def names_in(value: object) -> set[str]:
    """Every string in a JSON value, keys included: whoever is named there may be needed."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, list):
        return {name for item in value for name in names_in(item)}
    if isinstance(value, dict):
        return {name for key, item in value.items() for name in ({key} | names_in(item))}
    return set()
