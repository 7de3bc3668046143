"""What an event is, and who wants to be told of it."""

from __future__ import annotations

# kind: (what it tells, whether the daemon makes it by itself)
TYPES: dict[str, tuple[str, bool]] = {
    "session-created": ("a session has been made", True),
    "session-closed": ("a session has ended; its panes' pane-exit events come before it", True),
    "pane-exit": ("a pane's program has ended or the pane was closed; data.exit_status where tmux knows it", True),
    "pane-output": ("a subscribed pane has printed something; what comes close together is one event", True),
    "pattern-match": ("a subscribed pane has printed a line that matches", True),
    "pane-idle": ("a subscribed pane has printed nothing for the time of --after", True),
    "timeout": ("the time of --after is over; once", True),
    "health-changed": ("a session with checks became healthy, degraded or unhealthy; data.reasons", True),
    "session-restarted": ("a session was started again because it was unhealthy", True),
    "snapshot-saved": ("a session was saved by itself and had changed; data.file is the snapshot", True),
    "overflow": (
        "events came faster than they could be stored, data.dropped counts them; or a watched pane printed faster "
        "than its bounded log was read, data.bytes went by unseen; or data.reason: no log, log ended (before its pane)",
        True,
    ),
    "command-finished": (
        "a command has ended in a shell that bridge started or ran something in; data.exit_code",
        True,
    ),
    "gc-collected": ("clean-up has ended a session or a pane; data tells why and what was saved", True),
    "limit-exceeded": ("a pane uses more than its limit; data.kind, data.measured, data.value and data.done", True),
}
NEEDS_OUTPUT = ("pane-output", "pattern-match", "pane-idle")
# what has to work in the daemon so that events of a type are made
NEEDS: dict[str, tuple[str, ...]] = {
    "session-created": ("structure",),
    "session-closed": ("structure",),
    "pane-exit": ("structure",),
    "pane-output": ("structure", "watches"),
    "pattern-match": ("structure", "watches"),
    "pane-idle": ("structure", "watches"),
    "timeout": ("deadlines",),
    "health-changed": ("health",),
    "session-restarted": ("health",),
    "snapshot-saved": ("autosave",),
    "command-finished": ("structure", "commands"),
    "gc-collected": ("clean-up",),
    "limit-exceeded": ("limits",),
}
TEXTS = ("event_id", "event_type", "session", "pane_id", "pane", "timestamp", "message")
LONGEST_TYPE = 64
EVERYTHING = "*"


def is_type(text: str) -> bool:
    """Whether the text can be a type: small letters, digits, `-` and `_`, beginning with a letter."""
    return (
        0 < len(text) <= LONGEST_TYPE
        and "a" <= text[0] <= "z"
        and all("a" <= char <= "z" or "0" <= char <= "9" or char in "-_" for char in text)
    )


def make(
    event_id: str,
    event_type: str,
    session: str,
    timestamp: str,
    *,
    message: str,
    pane_id: str = "",
    pane: str = "",
    data: dict[str, object] | None = None,
) -> dict[str, object]:
    """An event without its number, which the log gives."""
    return {
        "seq": 0,
        "event_id": event_id,
        "event_type": event_type,
        "session": session,
        "pane_id": pane_id,
        "pane": pane,
        "timestamp": timestamp,
        "message": message,
        "data": data or {},
    }


def sentence(event: dict[str, object]) -> str:
    """What an event tells a person: its message, and the line where a pattern matched one."""
    data = event.get("data")
    line = data.get("line") if isinstance(data, dict) else None
    message = str(event.get("message", ""))
    return f"{message}: {line}" if isinstance(line, str) else message


def is_sound(event: object) -> bool:
    """Whether an event from outside has what an event has."""
    return (
        isinstance(event, dict)
        and all(isinstance(event.get(key), str) for key in TEXTS)
        and is_type(str(event["event_type"]))
        and isinstance(event.get("data"), dict)
    )


class Place:
    """A pane as subscriptions see it. `session_key` tells a session from a later one of the same name.

    `others` are its further places, where its window is in several sessions.
    """

    __slots__ = ("address", "full_address", "label", "others", "pane", "session", "session_id", "session_key")

    def __init__(
        self, session: str, session_id: str, session_key: str, pane: str, address: str, full_address: str, label: str
    ) -> None:
        self.session = session
        self.session_id = session_id
        self.session_key = session_key
        self.pane = pane
        self.address = address
        self.full_address = full_address
        self.label = label
        self.others: list[Place] = []


def covers(subscription: dict[str, object], place: Place) -> bool:
    """Whether a subscription is about this pane.

    A subscription that was made while its pane existed keeps to that pane, whatever its index becomes,
    as long as the session lives; in a later session of the name the words count again.
    """
    return any(_covers(subscription, each) for each in (place, *place.others))


def _covers(subscription: dict[str, object], place: Place) -> bool:
    if subscription["session"] not in (EVERYTHING, place.session, place.session_id):
        return False
    wanted = subscription.get("pane")
    if wanted in (None, "", EVERYTHING):
        return True
    bound = subscription.get("bound")
    if isinstance(bound, dict) and bound.get("session_key") == place.session_key:
        return bound.get("pane") == place.pane
    return wanted in (place.address, place.full_address, place.pane) or (wanted == place.label and bool(place.label))


def wants(subscription: dict[str, object], event: dict[str, object], place: Place | None) -> bool:
    """Whether a subscription is to be told of this event; `place` is the event's pane where it is known."""
    kind = subscription["event_type"]
    if kind not in (EVERYTHING, event["event_type"]):
        return False
    data = event["data"] if isinstance(event["data"], dict) else {}
    named = data.get("subscription_ids")
    if kind == "timeout" and isinstance(named, list):
        return subscription["subscription_id"] in named
    if place is not None:
        if not covers(subscription, place):
            return False
    else:
        named_panes = (None, "", EVERYTHING, event["pane"], event["pane_id"])
        sessions = (EVERYTHING, event["session"], data.get("session_id"))
        if subscription["session"] not in sessions or subscription.get("pane") not in named_panes:
            return False
    return kind == EVERYTHING or not isinstance(named, list) or subscription["subscription_id"] in named
