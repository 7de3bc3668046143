"""Making and ending sessions."""

from __future__ import annotations

from bridge import errors
from bridge.config import is_size
from bridge.context import Context
from bridge.core.names import check_session_name
from bridge.errors import BridgeError
from bridge.features.panes import integration
from bridge.system import ids
from bridge.tmux import argv
from bridge.tmux.client import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.model import Pane, Survey


def commands(ctx: Context, name: str, size: str = "") -> tuple[tuple[str, ...], ...]:
    """What tmux is asked to make a session; the caller holds its lock. Raises ERR_USAGE, ERR_STATE."""
    sized = size_options(size or ("default" if ctx.script else ctx.config.size))
    owner = ids.nonce()
    exact = f"={name}:"
    hook, names = integration.environment(ctx)
    return (
        ("new-session", "-d", "-s", name, *hook, *sized),
        *(("set-environment", "-t", exact, "-u", variable) for variable in names),
        ("set-option", "-F", "-t", exact, argv.SESSION_OWNER, f"{owner}:#{{session_id}}"),
        ("set-option", "-p", "-F", "-t", exact, argv.PANE_OWNER, f"{owner}:#{{pane_id}}"),
        ("set-option", "-p", "-t", exact, argv.LABEL, argv.encode_label("main")),
        argv.stays_unattached(exact),
        argv.list_panes(name),
    )


def begin(ctx: Context, name: str) -> None:
    """Let tmux make a session, which `create` then waits for. Raises as `create`."""
    check_session_name(name)
    ctx.hold(name)
    ctx.begun = commands(ctx, name)
    ctx.tmux.begin(*ctx.begun)


def create(ctx: Context, name: str, size: str = "") -> Pane:
    """Make a detached session with one pane, labelled main; that pane.

    Raises ERR_BAD_NAME, ERR_SESSION_EXISTS, ERR_STATE, ERR_LOCKED.
    """
    check_session_name(name)
    with ctx.lock(name):
        answer = ctx.tmux.run(*(ctx.begun or commands(ctx, name, size)))
        if answer.status:
            if answer.error.startswith("duplicate session"):
                raise _exists(name)
            raise failed(answer)
        from bridge.features.panes import mirror  # noqa: PLC0415 - loaded while tmux works
        from bridge.tmux import rows  # noqa: PLC0415

        found = [pane for pane in rows.panes(answer.output) if pane.session == name]
        if not found:
            raise failed(answer)
        pane = found[0]
        known: dict[str, object] = {"session_id": pane.session_id, "pane": pane.id}
        done = f"session {name} was created"
        mirror.follow(ctx, name, found, done, pane_id=pane.address, fields=known, new=True)
    return pane


def kill(ctx: Context, session: str, *, allow_self: bool) -> tuple[Survey, int]:
    """End a session and everything in it; what it was, and how many panes ended with it.

    The windows of a session group, and those that are linked elsewhere too, live on.

    Raises ERR_SESSION_NOT_FOUND, ERR_SELF for the caller's own unless allowed, ERR_STATE, ERR_LOCKED.
    """
    from bridge.features.panes import lookup  # noqa: PLC0415 - one that makes a session does without

    found = lookup.survey(ctx, session)
    own = ctx.own_pane
    if own and any(pane.id == own for pane in found.panes) and not allow_self:
        raise BridgeError("ERR_SELF", f"session {session!r} is the one you are in", hint="give --self if you mean it")
    with ctx.lock(found.session):
        same = argv.same_session(found.session_id, found.panes[0].created)
        target = f"{found.session_id}:"
        ctx.tmux.meanwhile = ("bridge.features.panes.mirror",)
        mark = ("display-message", "-p", ids.nonce())
        there = ("list-panes", "-s", "-t", target, "-F", "#{pane_id}")
        left = ("list-panes", "-a", "-F", "#{pane_id}")
        end = ("kill-session", "-t", found.session_id)
        answer = ctx.tmux.run(argv.only_if(target, same, there, mark, end, left))
        if answer.status and not answer.no_server:
            raise failed(answer)
        if b"REFUSED" in answer.output:
            raise errors.session_not_found(session)
        from bridge.features.panes import mirror  # noqa: PLC0415 - loaded while tmux works

        before, _, after = answer.output.partition(f"{mark[-1]}\n".encode())
        ended = len(set(before.split()) - set(after.split()))
        known = {"session_id": found.session_id, "panes_killed": ended}
        mirror.remove(ctx, found.session, fields=known)
    return found, ended


def _exists(name: str) -> BridgeError:
    return BridgeError(
        "ERR_SESSION_EXISTS",
        f"session exists already: {name!r}",
        hint=f"use it, take another name, or end it: bridge session-kill {name}",
        output="Session already exists",
        logs=(("error", f"Session '{name}' already exists"),),
    )


def size_options(size: str) -> tuple[str, ...]:
    """The words that give a new session this size, none for `default`. Raises ERR_USAGE."""
    if not is_size(size):
        raise errors.usage(f"size: not a size: {size!r}", hint="give columns x rows, like 120x40, or default")
    width, _, height = size.partition("x")
    return () if size == "default" else ("-x", width, "-y", height)
