"""session-create, session-list, session-kill."""

from __future__ import annotations

from bridge import errors
from bridge.commands.words import MIRROR, NO_SESSION, SESSION
from bridge.context import Context
from bridge.core.names import check_session_name
from bridge.errors import BridgeError
from bridge.features import integration, panes
from bridge.spec import Arg, Command, Field, Result
from bridge.system import clock, ids
from bridge.tmux import argv
from bridge.tmux.client import failed


def _create(ctx: Context, params: dict[str, object]) -> Result:
    name = str(params["name"])
    check_session_name(name)
    size = str(params["size"] or "")
    owner = ids.nonce()
    exact = f"={name}:"
    with ctx.lock(name):
        hook, names = integration.environment(ctx)
        answer = ctx.tmux.run(
            ("new-session", "-d", "-s", name, *hook, *_size_options(size)),
            *(("set-environment", "-t", exact, "-u", variable) for variable in names),
            ("set-option", "-F", "-t", exact, argv.SESSION_OWNER, f"{owner}:#{{session_id}}"),
            ("set-option", "-p", "-F", "-t", exact, argv.PANE_OWNER, f"{owner}:#{{pane_id}}"),
            ("set-option", "-p", "-t", exact, argv.LABEL, argv.encode_label("main")),
            argv.list_panes(name),
        )
        if answer.status:
            if answer.error.startswith("duplicate session"):
                raise _exists(name)
            raise failed(answer)
        from bridge.features import mirror  # noqa: PLC0415 - loaded while tmux works
        from bridge.tmux import rows  # noqa: PLC0415

        found = [pane for pane in rows.panes(answer.output) if pane.session == name]
        mirror.write(ctx, name, found, new=True)
    return Result(
        "Session created with initial pane",
        pane_id=found[0].address,
        fields={"session_id": found[0].session_id, "pane": found[0].id},
        logs=(("success", f"Session '{name}' created"),),
    )


def _exists(name: str) -> BridgeError:
    return BridgeError(
        "ERR_SESSION_EXISTS",
        f"session exists already: {name!r}",
        hint=f"use it, take another name, or end it: bridge session-kill {name}",
        output="Session already exists",
        logs=(("error", f"Session '{name}' already exists"),),
    )


def _size_options(size: str) -> tuple[str, ...]:
    if not size:
        return ()
    width, _, height = size.partition("x")
    if not (
        width.isdigit()
        and height.isdigit()
        and size.isascii()
        and 1 <= int(width) <= 10000
        and 1 <= int(height) <= 10000
    ):
        raise errors.usage(f"size: not a size: {size!r}", hint="give columns x rows, like 120x40")
    return ("-x", width, "-y", height)


def _list(ctx: Context, params: dict[str, object]) -> Result:
    answer = ctx.tmux.run(("list-sessions", "-F", argv.SESSION_FORMAT))
    if answer.status and not answer.no_server:
        raise failed(answer)
    from bridge.tmux import rows  # noqa: PLC0415 - loaded while tmux works

    sessions = [_describe(row) for row in rows.unframe(answer.output, len(argv.SESSION_FIELDS))]
    names = tuple(str(session["name"]) for session in sessions)
    if not sessions:
        return Result("No sessions", fields={"sessions": []}, logs=(("warn", "No tmux sessions running"),))
    return Result(
        "\n".join(names),
        fields={"sessions": sessions},
        logs=(("info", "Active sessions:"),),
        lines=tuple(f"  - {name}" for name in names),
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
    found = panes.survey(ctx, session)
    own = ctx.own_pane
    if own and any(pane.id == own for pane in found.panes) and not (ctx.script or params["self"]):
        raise BridgeError("ERR_SELF", f"session {session!r} is the one you are in", hint="give --self if you mean it")
    with ctx.lock(found.session):
        same = (
            f"#{{&&:#{{==:#{{session_id}},{found.session_id}}},#{{==:#{{session_created}},{found.panes[0].created}}}}}"
        )
        target = f"{found.session_id}:"
        answer = ctx.tmux.run(argv.only_if(target, same, ("kill-session", "-t", found.session_id)))
        if answer.status and not answer.no_server:
            raise failed(answer)
        if b"REFUSED" in answer.output:
            raise errors.session_not_found(session)
        from bridge.features import mirror  # noqa: PLC0415 - loaded while tmux works

        mirror.remove(ctx, found.session)
    return Result(
        "Session terminated",
        fields={"session_id": found.session_id, "panes_killed": len(found.panes)},
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
            Arg("size", "columns x rows; tmux's default-size without it", positional=False),
        ),
        returns=(
            Field("session_id", "string", "tmux's id of the session, $N"),
            Field("pane", "string", "the %id of the first pane"),
        ),
        errors=("ERR_BAD_NAME", "ERR_SESSION_EXISTS", "ERR_STATE", "ERR_LOCKED"),
        examples=("bridge session-create dev", "bridge session-create dev --size 200x50"),
        later=MIRROR,
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
        later=MIRROR,
    ),
)
