"""What a restore will do, worked out before tmux is touched; a dry run ends here."""

from __future__ import annotations

import os

from bridge.context import Context
from bridge.core import limits, localoptions, redaction, shellwords, snapshots, variables
from bridge.features.snapshots.document import kept_names
from bridge.system.grep import matching_lines

NOTE = "note"
SHELL, TYPED, RUN, KEPT_BACK = "none", "typed", "run", "kept-back"


class PanePlan:
    """A pane to be made: where, with which variables and options, and what is typed or run in it."""

    __slots__ = ("action", "commands", "directory", "environment", "item", "options", "saved", "text")

    def __init__(self, item: str, saved: dict[str, object]) -> None:
        self.item = item
        self.saved = saved
        self.directory = ""
        self.environment: dict[str, str] = {}
        self.options: dict[str, str] = {}
        self.commands: list[list[str]] = snapshots.words(saved)
        self.text = shellwords.line(self.commands) if self.commands else None
        self.action = SHELL


class WindowPlan:
    """A window to be made, with its panes in their order."""

    __slots__ = ("index", "options", "panes", "saved")

    def __init__(self, saved: dict[str, object], panes: list[PanePlan]) -> None:
        self.saved = saved
        self.index = snapshots.integer(saved["index"])
        self.panes = panes
        self.options: dict[str, str] = {}


class Plan:
    """All of it. `lost` grows with what can't come back: item, field and reason of each."""

    __slots__ = ("document", "environment", "lost", "name", "options", "windows")

    def __init__(self, document: dict[str, object], name: str) -> None:
        self.document = document
        self.name = name
        self.options: dict[str, str] = {}
        self.environment: dict[str, str] = {}
        self.windows: list[WindowPlan] = []
        self.lost: list[dict[str, object]] = []

    @property
    def panes(self) -> list[PanePlan]:
        """The panes of all windows."""
        return [pane for window in self.windows for pane in window.panes]

    def lose(self, item: str, field: str, reason: str) -> None:
        """Note what does not come back; once for each item and field, but every note of the save."""
        entry: dict[str, object] = {"item": item, "field": field, "reason": reason}
        same = self.lost if field == NOTE else [other | {"reason": reason} for other in self.lost]
        if entry not in same:
            self.lost.append(entry)


def make(
    ctx: Context, document: dict[str, object], name: str, *, replay: bool = False, allowed: tuple[str, ...] = ()
) -> Plan:
    """The plan for a checked document. Raises ERR_BAD_PATTERN."""
    for pattern in allowed:
        matching_lines(pattern, "")
    plan = Plan(document, name)
    more = kept_names(ctx)
    for note in _notes(document):
        plan.lose(str(note.get("item")), NOTE, str(note.get("reason")))
    own = snapshots.session(document)
    plan.options = _options(plan, "session", localoptions.SESSION, own, replay=replay)
    plan.environment = _environment(plan, "session", own, more, replay=replay)
    for window in snapshots.windows(document):
        panes = [
            PanePlan(f"pane {window['index']}.{pane['pane_id']}", pane)
            for pane in snapshots.panes(document, window["index"])
        ]
        made = WindowPlan(window, panes)
        made.options = _options(plan, f"window {made.index}", localoptions.WINDOW, window, replay=replay)
        for pane in panes:
            pane.options = _options(plan, pane.item, localoptions.PANE, pane.saved, replay=replay)
            pane.environment = _environment(plan, pane.item, pane.saved, more, replay=replay)
            pane.directory = _directory(plan, pane)
            pane.action = _action(plan, pane, replay=replay, allowed=allowed)
        plan.windows.append(made)
    return plan


def commands(plan: Plan) -> list[dict[str, object]]:
    """What is typed or run in which pane, as answers show it."""
    return [
        {"item": pane.item, "label": pane.saved["label"], "command": pane.text, "action": pane.action}
        for pane in plan.panes
        if pane.commands
    ]


def _notes(document: dict[str, object]) -> list[dict[str, object]]:
    found = document.get("notes")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def leave_unknown(plan: Plan, session: set[str], window: set[str]) -> None:
    """Leave out the options that this tmux does not know; these are the names that it has."""
    places = [("session", plan.options, session)]
    places += [(f"window {made.index}", made.options, window) for made in plan.windows]
    places += [(pane.item, pane.options, window) for pane in plan.panes]
    for item, options, known in places:
        for name in [name for name in options if name[0] != "@" and name.partition("[")[0] not in known]:
            del options[name]
            plan.lose(f"{item}: {name}", "options", "this tmux knows no such option")


def _options(plan: Plan, item: str, scope: str, place: dict[str, object], *, replay: bool) -> dict[str, str]:
    """The options that are data of this scope."""
    kept = {}
    for name, value in snapshots.texts(place["options"]).items():
        reason = localoptions.refusal(scope, name, value, replay=replay)
        if not reason and name in limits.OPTIONS and limits.moved(name, value, "%0") is None:
            reason = "not a limit"
        if reason:
            plan.lose(f"{item}: {name}", "options", reason)
        else:
            kept[name] = value
    return kept


def _environment(
    plan: Plan, item: str, place: dict[str, object], more: tuple[str, ...], *, replay: bool
) -> dict[str, str]:
    """The variables that snapshots may hold, wherever the file comes from."""
    kept = {}
    for name, value in sorted(snapshots.texts(place["environment"]).items()):
        if not variables.is_kept(name, value, more):
            reason = "not a variable that snapshots may hold; see BRIDGE_SNAPSHOT_ENV"
        elif not replay and not variables.is_kept(name, value) and variables.runs_code(name):
            reason = "programs run what it says; --replay brings it back"
        else:
            kept[name] = value
            continue
        plan.lose(f"{item}: {name}", "environment", reason)
    return kept


def _directory(plan: Plan, pane: PanePlan) -> str:
    wanted = str(pane.saved["working_dir"])
    place = wanted
    while place.startswith("/"):
        if os.path.isdir(place) and os.access(place, os.X_OK):
            break
        place = place.rstrip("/").rpartition("/")[0] or "/"
        if place == "/":
            break
    else:
        place = "/"
    if place != wanted:
        plan.lose(
            pane.item, "working_dir", f"{wanted!r} is not there or not to be entered; the shell starts in {place}"
        )
    return place


def _action(plan: Plan, pane: PanePlan, *, replay: bool, allowed: tuple[str, ...]) -> str:
    if not pane.commands:
        return SHELL
    if pane.text is None:
        plan.lose(pane.item, "command", "its words hold control characters that can't be typed")
        return KEPT_BACK
    if any(shellwords.is_title(words) for words in pane.commands):
        plan.lose(pane.item, "command", "its program had written a title over its words; they are not known")
        return KEPT_BACK
    if redaction.BLOT in pane.text:
        plan.lose(
            pane.item, "command", "a secret was left out of its words; they are typed with the gap, and never run"
        )
        return TYPED
    wanted = replay or any(matching_lines(f"^({pattern})$", pane.text) for pattern in allowed)
    return RUN if wanted else TYPED
