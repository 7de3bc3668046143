"""All sessions at once."""

from __future__ import annotations

from bridge.commands.words import PATTERN, UNTRUSTED, integer, lines_of_history
from bridge.context import Context
from bridge.features.sessions import health, overview
from bridge.spec import Command, Field, Result, counted

_BEFORE = 100


def _all(ctx: Context, params: dict[str, object]) -> Result:
    fleet = health.load(ctx)
    there = overview.sessions(ctx)
    found = health.examine_all(ctx, [session.name for session in there], fleet, there)
    groups = fleet.groups_by_session()
    described = [
        session.describe()
        | {
            "groups": groups.get(session.name, []),
            "needs": fleet.needs.get(session.name, []),
            "health": found[session.name].health,
        }
        for session in there
    ]
    return Result(
        described,
        fields={"sessions": described, "count": len(described)},
        logs=(("info", counted(len(described), "session")),),
    )


def _count(ctx: Context, params: dict[str, object]) -> Result:
    there = overview.sessions(ctx)
    count = len({pane.id for session in there for pane in session.panes})
    return Result(
        str(count),
        fields={"count": count, "sessions": len(there)},
        logs=(("info", f"{counted(count, 'pane')} in all sessions"),),
    )


def _find(ctx: Context, params: dict[str, object]) -> Result:
    pattern = str(params["pattern"])
    there = overview.sessions(ctx)
    panes = {pane.id: pane for session in there for pane in session.panes}
    texts = overview.printed(ctx, list(panes.values()), integer(params["lines"]) or _BEFORE)
    hits = overview.matches(pattern, texts)
    matches = [
        {
            "session": panes[pane].session,
            "pane_id": panes[pane].address,
            "pane": pane,
            "label": panes[pane].name,
            "lines": lines,
        }
        for pane, lines in hits.items()
    ]
    names = list(dict.fromkeys(str(item["session"]) for item in matches))
    return Result(
        "\n".join(names),
        fields={"sessions": names, "matches": matches, "found": bool(names), "untrusted": True},
        logs=(("info", f"Matches in {counted(len(names), 'session')}"),),
    )


COMMANDS = (
    Command(
        name="sessions-list-all",
        summary="Show all sessions with their panes, groups and health.",
        run=_all,
        effect="read",
        target="none",
        output="as `sessions` has them",
        returns=(
            Field(
                "sessions",
                "array",
                "name, session_id, created_at, windows, panes, attached, owned, groups, needs, health of each",
            ),
            Field("count", "integer", "how many"),
        ),
        errors=("ERR_STATE", "ERR_UNSUPPORTED"),
        examples=("bridge sessions-list-all | jq -r '.sessions[] | select(.health != \"healthy\").name'",),
        waits=True,
        script=False,
    ),
    Command(
        name="panes-count-global",
        summary="Count the panes of all sessions.",
        run=_count,
        effect="read",
        target="none",
        output="the number",
        returns=(
            Field("count", "integer", "how many panes"),
            Field("sessions", "integer", "how many sessions"),
        ),
        examples=("bridge panes-count-global | jq .count",),
        script=False,
    ),
    Command(
        name="sessions-find-pattern",
        summary="Find the sessions where some pane shows a line that matches.",
        run=_find,
        effect="read",
        target="none",
        output="the names of the sessions, one a line",
        args=(PATTERN, lines_of_history(_BEFORE)),
        returns=(
            Field("sessions", "array", "names of the sessions"),
            Field("matches", "array", "session, pane_id, pane, label and the matching lines of each pane"),
            Field("found", "boolean", "whether there are any"),
            UNTRUSTED,
        ),
        errors=("ERR_BAD_PATTERN", "ERR_UNSUPPORTED"),
        examples=("bridge sessions-find-pattern 'ERROR|FATAL' | jq -r '.sessions[]'",),
        script=False,
    ),
)
