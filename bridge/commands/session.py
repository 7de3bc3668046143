"""Making, listing and ending sessions."""

from __future__ import annotations

from bridge.commands.words import NEW_MIRROR, NO_SESSION, SESSION
from bridge.context import Context
from bridge.features.sessions import lifetime
from bridge.spec import Arg, Command, Field, Result
from bridge.system import clock
from bridge.tmux import argv
from bridge.tmux.client import failed


def _create(ctx: Context, params: dict[str, object]) -> Result:
    name = str(params["name"])
    pane = lifetime.create(ctx, name, str(params["size"] or ""))
    return Result(
        "Session created with initial pane",
        pane_id=pane.address,
        fields={"session_id": pane.session_id, "pane": pane.id},
        logs=(("success", f"Session '{name}' created"),),
    )


def _list(ctx: Context, params: dict[str, object]) -> Result:
    answer = ctx.tmux.run(("list-sessions", "-F", argv.SESSION_FORMAT))
    if answer.status and not answer.no_server:
        raise failed(answer)
    from bridge.tmux import rows  # noqa: PLC0415 - loaded while tmux works

    listed = [_describe(row) for row in rows.unframe(answer.output, len(argv.SESSION_FIELDS))]
    names = tuple(str(session["name"]) for session in listed)
    if not listed:
        return Result("No sessions", fields={"sessions": []}, logs=(("warn", "No tmux sessions running"),))
    return Result(
        "\n".join(names),
        fields={"sessions": listed},
        logs=(("info", "Active sessions:"),),
        lines=tuple(f"  - {name.strip(' ')}" for name in names),  # the script's read took the blanks
    )


def _describe(row: list[str]) -> dict[str, object]:
    name, session_id, created, windows, attached, owner = row
    return {
        "name": name,
        "session_id": session_id,
        "created_at": clock.timestamp(int(created)),
        "windows": int(windows),
        "attached": attached != "0",
        "owned": owner.endswith(":" + session_id),
    }


def _kill(ctx: Context, params: dict[str, object]) -> Result:
    session = str(params["session"])
    found, ended = lifetime.kill(ctx, session, allow_self=ctx.script or bool(params["self"]))
    return Result(
        "Session terminated",
        fields={"session_id": found.session_id, "panes_killed": ended},
        logs=(("success", f"Session '{session}' killed"),),
    )


COMMANDS = (
    Command(
        name="session-create",
        summary="Create a detached session with one pane, labelled main.",
        run=_create,
        effect="write",
        target="none",
        output="fixed text",
        args=(
            Arg("name", "letters, digits, _, - and inner blanks, at most 64", "name", required=True),
            Arg("size", "columns x rows, or default: tmux's default-size; else BRIDGE_SIZE", positional=False),
        ),
        returns=(
            Field("session_id", "string", "tmux's id of the session, $N"),
            Field("pane", "string", "the %id of the first pane"),
        ),
        errors=("ERR_BAD_NAME", "ERR_SESSION_EXISTS", "ERR_STATE", "ERR_LOCKED"),
        examples=("bridge session-create dev", "bridge session-create dev --size 200x50"),
        later=NEW_MIRROR,
    ),
    Command(
        name="session-list",
        summary="List the sessions of the tmux server, one name a line.",
        run=_list,
        effect="read",
        target="none",
        output="names, one a line; `No sessions` where there is none",
        returns=(Field("sessions", "array", "name, session_id, created_at, windows, attached, owned of each"),),
        examples=("bridge session-list | jq -r '.sessions[].name'",),
    ),
    Command(
        name="session-kill",
        summary="End a session and everything in it.",
        run=_kill,
        effect="destroy",
        target="session",
        output="fixed text",
        args=(SESSION, Arg("self", "allow it for the session that the caller is in", "flag", positional=False)),
        returns=(
            Field("session_id", "string", "tmux's id of the session, $N"),
            Field("panes_killed", "integer", "how many panes ended with it"),
        ),
        errors=(*NO_SESSION, "ERR_SELF", "ERR_STATE", "ERR_LOCKED"),
        examples=("bridge session-kill dev",),
    ),
)
