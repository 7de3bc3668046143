"""What a restore will do, worked out before tmux is touched; a dry run ends here."""

from __future__ import annotations

import os
import re

from bridge.context import Context
from bridge.core import redaction, shellwords, snapshots
from bridge.features.saving import OWN, kept_names
from bridge.system.grep import matching_lines

# Options whose value is a command, besides those with `#(…)` in them.
_COMMANDS = ("default-command", "default-shell", "lock-command", "copy-command", "editor", "user-keys", "command-alias")
_TWICE = re.compile(r"#\{[^:}]*[ET][^:}]*:")  # a format that is expanded once more could become one
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
    plan.options = _options(plan, "session", snapshots.texts(own["options"]), replay=replay)
    plan.environment = _environment(plan, "session", snapshots.texts(own["environment"]), more)
    for window in snapshots.windows(document):
        panes = [
            PanePlan(f"pane {window['index']}.{pane['pane_id']}", pane)
            for pane in snapshots.panes(document, window["index"])
        ]
        made = WindowPlan(window, panes)
        made.options = _options(plan, f"window {made.index}", snapshots.texts(window["options"]), replay=replay)
        for pane in panes:
            pane.options = _options(plan, pane.item, snapshots.texts(pane.saved["options"]), replay=replay)
            pane.environment = _environment(plan, pane.item, snapshots.texts(pane.saved["environment"]), more)
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


def _options(plan: Plan, item: str, found: dict[str, str], *, replay: bool) -> dict[str, str]:
    """The options that are data. Those that would run a command come back with `replay` alone."""
    kept = {}
    for name, value in found.items():
        if name in OWN:
            plan.lose(f"{item}: {name}", "options", "bridge sets it itself")
        elif not replay and (name.partition("[")[0] in _COMMANDS or "#(" in value or _TWICE.search(value)):
            plan.lose(f"{item}: {name}", "options", "it would run a command; --replay brings it back")
        else:
            kept[name] = value
    return kept


def _environment(plan: Plan, item: str, found: dict[str, str], more: tuple[str, ...]) -> dict[str, str]:
    """The variables that snapshots may hold, wherever the file comes from."""
    kept = {name: value for name, value in found.items() if redaction.is_kept(name, more)}
    for name in found.keys() - kept.keys():
        plan.lose(f"{item}: {name}", "environment", "not a variable that snapshots may hold; see BRIDGE_SNAPSHOT_ENV")
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
    if redaction.BLOT in pane.text:
        plan.lose(
            pane.item, "command", "a secret was left out of its words; they are typed with the gap, and never run"
        )
        return TYPED
    wanted = replay or any(matching_lines(f"^({pattern})$", pane.text) for pattern in allowed)
    return RUN if wanted else TYPED
