"""The few tools that an agent gets: which commands stand behind each, and their schemas."""

from __future__ import annotations

from bridge.spec import Arg, Command

TIERS = {"read": ("read",), "change": ("read", "write"), "destroy": ("read", "write", "destroy")}
COMMAND_TOOL, HELP_TOOL = "bridge_command", "bridge_help"
LISTING, SHOWING = "session-list", "pane-snapshot"  # what the resources are
# The caller's own pane is protected: what lifts that is not for agents.
HIDDEN = ("self",)
# Every tool takes the names of the fields that its answer shall have.
FIELDS = "fields"
NAMES: dict[str, object] = {"type": "array", "items": {"type": "string"}}


class Tool:
    """A tool: `verbs` are the commands behind it, `names` its parameters and what the commands call them.

    A tool with one command has no verb to choose. `defaults` stand for parameters that are not given.
    """

    __slots__ = ("choice", "defaults", "name", "names", "required", "summary", "verbs")

    def __init__(
        self,
        name: str,
        summary: str,
        verbs: dict[str, str],
        names: dict[str, tuple[str, ...]],
        *,
        choice: str = "action",
        required: tuple[str, ...] = (),
        defaults: dict[str, object] | None = None,
    ) -> None:
        self.name = name
        self.summary = summary
        self.verbs = verbs
        self.names = names
        self.choice = choice
        self.required = required
        self.defaults = defaults or {}


def _same(*names: str) -> dict[str, tuple[str, ...]]:
    return {name.replace("-", "_"): (name,) for name in names}


_AT = _same("session", "pane")
_PLACE = ("session", "pane")

TOOLS = (
    Tool(
        "pane_run",
        "Run a command in the pane's own shell and wait for its end: exact output, exit code. Success only for exit 0, "
        "else outcome tells. background answers at once with a run_id (command run-result asks later).",
        {"": "pane-run"},
        _AT | _same("command", "timeout", "background"),
        required=(*_PLACE, "command"),
        defaults={"timeout": 120},
    ),
    Tool(
        "pane_read",
        "Read what a pane has printed since a cursor; without one its screen, and a cursor to go on from. "
        "Also reads on from the cut.cursor of a cut answer.",
        {"": "pane-read"},
        _AT | {"cursor": ("since",)} | _same("lines", "follow", "timeout"),
        required=_PLACE,
    ),
    Tool(
        "pane_wait_for",
        "Wait until the pane prints a line that matches (grep -E), is silent for idle ms, or exits, or until somebody "
        "listens on a TCP port of the loopback (in_pane: a process of the pane). "
        "Sees what comes after the call, or after cursor; screen adds what stands there.",
        {"": "pane-wait-for"},
        _AT | _same("pattern", "idle", "exit", "port", "timeout", "screen") | {"cursor": ("since",)},
        required=_PLACE,
        defaults={"timeout": 120},
    ),
    Tool(
        "pane_send",
        "Type into what runs in a pane. kind text: the text, then Enter. kind keys: key names such as C-c, Escape, Up, "
        "separated by blanks. kind ask: the text, then waits for a line or prompt that matches pattern, or for idle ms "
        "of silence, and tells what was printed (REPLs, debuggers). To run a command prefer pane_run.",
        {"text": "pane-exec", "keys": "pane-send-keys", "ask": "pane-ask"},
        _AT | {"text": ("command", "keys", "text")} | _same("pattern", "idle", "timeout"),
        choice="kind",
        required=(*_PLACE, "text"),
        defaults={"timeout": 120},
    ),
    Tool(
        "pane_look",
        "What a pane shows right now: text, cursor, size, what runs in it.",
        {"": "pane-snapshot"},
        _AT,
        required=_PLACE,
    ),
    Tool(
        "pane",
        "Panes of a session: {verbs}.",
        {
            "list": "pane-list-detailed",
            "create": "pane-create",
            "status": "pane-status",
            "wait": "pane-wait",
            "stop": "pane-stop",
            "kill": "pane-kill",
        },
        _AT | _same("label", "timeout"),
        required=("session",),
        defaults={"timeout": 120},
    ),
    Tool(
        "session",
        "Sessions: {verbs}.",
        {"list": "session-list", "create": "session-create", "kill": "session-kill"},
        {"name": ("name", "session"), "size": ("size",)},
    ),
    Tool(
        "events",
        "The newest events of a session (* for all): pane-exit, pattern-match, … ; the daemon makes them.",
        {"": "event-log"},
        _same("session", "type", "count"),
        required=("session",),
    ),
)

# What an action is called in a tool's summary where its name alone does not tell enough.
_TOLD = {
    "pane-create": "create (label names it)",
    "pane-wait": "wait (until its command has ended)",
    "pane-stop": "stop what runs (Ctrl-C, TERM, KILL)",
}
_TYPES = {"integer": "integer", "seconds": "number", "flag": "boolean"}


def forbidden(row: Command, values: dict[str, object], tier: str) -> str | None:
    """The argument that a tier does not permit.

    One that sets a program is more than a change, and one that tells any file more than a look at tmux.
    """
    if tier == "destroy":
        return None
    named = {arg.name for arg in row.args if arg.sets_program or (arg.tells_file and tier == "read")}
    return next((key for key, value in values.items() if key.replace("_", "-") in named and value), None)


def allowed(row: Command, tier: str) -> bool:
    """Whether a tier permits a command; those that print until they end are no calls."""
    return row.effect in TIERS[tier] and not row.stream


def summary(tool: Tool, rows: dict[str, Command]) -> str:
    """What a tool says of itself: of its actions only those that are permitted, which are `rows`, by verb."""
    verbs = ", ".join(_TOLD.get(row.name, verb) for verb, row in rows.items())
    return tool.summary.replace("{verbs}", verbs)


def schema(tool: Tool, rows: dict[str, Command]) -> dict[str, object]:
    """The input schema of a tool whose permitted commands are `rows`, by verb."""
    properties: dict[str, object] = {}
    if "" not in tool.verbs:
        properties[tool.choice] = {"type": "string", "enum": list(rows)}
    for name, meant in tool.names.items():
        found = [arg for row in rows.values() for arg in row.args if arg.name in meant]
        if found:
            properties[name] = _property(found[0], plain=name not in found[0].name)
    properties[FIELDS] = NAMES
    required = [*(() if "" in tool.verbs else (tool.choice,)), *tool.required]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def row_schema(row: Command) -> dict[str, object]:
    """The input schema of one command as a tool of its own."""
    properties = {arg.name.replace("-", "_"): _property(arg) for arg in row.args if arg.name not in HIDDEN}
    properties[FIELDS] = NAMES
    required = [arg.name.replace("-", "_") for arg in row.args if arg.required]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _property(arg: Arg, *, plain: bool = False) -> dict[str, object]:
    found: dict[str, object] = {"type": "array" if arg.many and not plain else _TYPES.get(arg.type, "string")}
    if arg.many and not plain:
        found["items"] = {"type": "string"}
    if arg.choices:
        found["enum"] = list(arg.choices)
    if not plain and arg.name not in _PLACE:
        found["description"] = arg.help
    return found


def call_of(tool: Tool, values: dict[str, object], rows: dict[str, Command]) -> tuple[str, dict[str, object]]:
    """The verb and the command's arguments for a call of a tool; unknown parameters are passed on to be refused."""
    given = dict(values)
    verb = "" if "" in tool.verbs else str(given.pop(tool.choice, ""))
    row = rows.get(verb)
    if row is None:
        return verb, given
    known = {arg.name: arg for arg in row.args}
    found: dict[str, object] = {}
    for name, value in (tool.defaults | {key: item for key, item in given.items() if item is not None}).items():
        target = next((word for word in tool.names.get(name, (name,)) if word in known), name)
        if target not in known and name in tool.defaults and name not in given:
            continue
        many = target in known and known[target].many
        found[target] = value.split() if many and isinstance(value, str) else value
    return verb, found
