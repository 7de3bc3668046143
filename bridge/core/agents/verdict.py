"""What a screen says of the state of an agent: the first rule of its profile that fits. Nothing fits: unknown."""

from __future__ import annotations

from functools import lru_cache

from bridge.core.agents.anatomy import Anatomy
from bridge.core.agents.frame import Frame
from bridge.core.agents.profile import Profile, strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.agents.profile import Rule

STATES = (
    *("starting", "idle", "working", "approval", "question", "rate-limited", "error", "exited", "other"),
    "unknown",
)
_LONGEST = 2000  # characters of a menu's title
_SHOWN = 200  # characters of a row that evidence shows


class Verdict:
    """A state with what decided: `rule` is empty where none did. `evidence` are objects with region, row and text."""

    __slots__ = ("anatomy", "evidence", "kind", "reason", "rule", "state")

    def __init__(
        self, state: str, kind: str, reason: str, rule: str, evidence: list[dict[str, object]], anatomy: Anatomy
    ) -> None:
        self.state = state
        self.kind = kind
        self.reason = reason
        self.rule = rule
        self.evidence = evidence
        self.anatomy = anatomy

    def composer(self) -> dict[str, object] | None:
        """The box for messages, None where there is none."""
        box = self.anatomy.composer
        if box is None:
            return None
        return {"row": box.start + self.anatomy.frame.first, "text": box.text, "kind": box.kind}

    def menu(self) -> dict[str, object] | None:
        """The menu that is open, None where there is none. `title` is what it asks, its rows put together."""
        found = self.anatomy.menu
        if found is None:
            return None
        options = [
            {"label": option.label, "key": option.key or None, "marked": option.marked} for option in found.options
        ]
        title = " ".join(self.anatomy.rows[row].strip() for row in found.question)
        return {"form": found.form, "title": title[:_LONGEST], "options": options}


def classify(profile: Profile, frame: Frame) -> Verdict:
    """The verdict of a profile's rules on a frame. It never guesses: where no rule fits the state is `unknown`."""
    anatomy = Anatomy(frame, profile)
    if frame.spoilt:
        reason = "the text is a stream of a terminal that lost its carriage returns: it can't be drawn"
        return Verdict("unknown", "", reason, "", [], anatomy)
    facts = anatomy.facts()
    for rule in profile.rules:
        evidence = _fits(rule, profile, anatomy, facts)
        if evidence is not None:
            return Verdict(rule.state, rule.kind, rule.reason, rule.name, evidence, anatomy)
    last = anatomy.part("last")
    shown = [_row(anatomy, "last", row) for row in last]
    if not last:
        reason = "the screen is empty"
    elif anatomy.composer is None:
        reason = "no box for a message, no menu and no mark of work is on the screen"
    else:
        reason = "there is a box for a message, but no rule of the profile says what its surroundings mean"
    return Verdict("unknown", "", reason, "", shown, anatomy)


def unread(reason: str) -> Verdict:
    """The verdict where there is no frame, or no profile to read it by."""
    return remembered("unknown", "", reason, "")


@lru_cache(1)
def _nothing() -> Anatomy:
    return Anatomy(Frame([], []), Profile({"name": ""}))


def remembered(state: str, kind: str, reason: str, rule: str) -> Verdict:
    """A verdict without what it was made of: no evidence, no box, no menu."""
    return Verdict(state, kind, reason, rule, [], _nothing())


def _fits(rule: Rule, profile: Profile, anatomy: Anatomy, facts: set[str]) -> list[dict[str, object]] | None:
    """The evidence of a rule, None where it does not fit."""
    for condition in rule.unless:
        if _holds(condition, profile, anatomy, facts) is not None:
            return None
    if not rule.when:
        return []
    for condition in rule.when:
        found = _holds(condition, profile, anatomy, facts)
        if found is not None:
            return found
    return None


def _holds(
    condition: dict[str, object], profile: Profile, anatomy: Anatomy, facts: set[str]
) -> list[dict[str, object]] | None:
    """What of the screen fulfils all of a condition, None where something is missing."""
    evidence: list[dict[str, object]] = []
    for key, value in condition.items():
        if key == "has":
            if not facts.issuperset(strings(value)):
                return None
        elif key == "lacks":
            if facts.intersection(strings(value)):
                return None
        elif key == "progress":
            if not isinstance(value, list) or anatomy.frame.progress not in value:
                return None
            evidence.append({"region": key, "row": None, "text": str(anatomy.frame.progress)})
        else:
            for name in strings(value):
                found = _seen(key, name, profile, anatomy)
                if found is None:
                    return None
                evidence.append(found)
    if not evidence:
        evidence += _structure(anatomy)
    return evidence


def _seen(region: str, name: str, profile: Profile, anatomy: Anatomy) -> dict[str, object] | None:
    """The first row of a region that has a shape."""
    expression = profile.expression(name)
    rows = anatomy.part(region) if region != "title" else []
    for number, text in enumerate(anatomy.texts(region)):
        if expression.search(text):
            row = rows[number] if number < len(rows) else (rows[0] if rows else None)
            place = None if row is None else row + anatomy.frame.first
            return {"region": region, "row": place, "text": text.strip()[:_SHOWN]}
    return None


def _structure(anatomy: Anatomy) -> list[dict[str, object]]:
    """The rows that a menu or a box was seen by."""
    found = []
    if anatomy.menu is not None:
        marked = [option.row for option in anatomy.menu.options if option.marked] or anatomy.menu.hints[:1]
        found += [_row(anatomy, "menu", row) for row in marked]
    if anatomy.composer is not None:
        found.append(_row(anatomy, "composer", min(anatomy.composer.start, len(anatomy.rows) - 1)))
    return found


def _row(anatomy: Anatomy, region: str, row: int) -> dict[str, object]:
    return {"region": region, "row": row + anatomy.frame.first, "text": anatomy.rows[row].strip()[:_SHOWN]}
