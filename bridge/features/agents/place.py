"""The pane of a new agent: a session of its own, or a window or a split of one that is there."""

from __future__ import annotations

from bridge import errors
from bridge.config import number
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.agents.adopt import pane_option
from bridge.features.panes import lookup, mirror
from bridge.features.sessions import lifetime
from bridge.model import Pane
from bridge.system import ids
from bridge.tmux import argv, options, rows
from bridge.tmux.client import failed

WINDOW, SPLIT = "window", "split"
_KEPT = "remain-on-exit"  # the last screen and the status stay when the program ends


class Start:
    """What is started: its words, its directory, the variables that it gets besides."""

    __slots__ = ("agent_id", "directory", "environment", "words")

    def __init__(self, agent_id: str, words: list[str], directory: str, environment: dict[str, str]) -> None:
        self.agent_id = agent_id
        self.words = words
        self.directory = directory
        self.environment = environment


def inherited(ctx: Context, session: str) -> list[str]:
    """The names of the variables that a new pane inherits, of the server, of the session and of this call."""
    commands: tuple[tuple[str, ...], ...] = (("show-environment", "-s", "-g"),)
    if session:
        commands += (("show-environment", "-s", "-t", lookup.exact_window(ctx, session)[1]),)
    answer = ctx.tmux.run(*commands)
    found = set(ctx.tmux.environ)
    if not answer.status:
        found |= set(options.read_environment(answer.output.decode("utf-8", "replace"))[0])
    return sorted(found)


def own_session(ctx: Context, start: Start, name: str) -> Pane:
    """A detached session of that name, whose one pane runs the program.

    Raises ERR_SESSION_EXISTS, ERR_TMUX_FAILED, ERR_STATE, ERR_LOCKED.
    """
    exact = f"={name}:"
    commands = (
        ("new-session", "-d", "-s", name, *lifetime.size_options(ctx.config.size), *_how(start)),
        *(("set-environment", "-t", exact, "-u", variable) for variable in start.environment),
        ("set-option", "-F", "-t", exact, argv.SESSION_OWNER, f"{ids.nonce()}:#{{session_id}}"),
        argv.stays_unattached(exact),
        *_marks(start, exact),
        argv.list_panes(name),
    )
    with ctx.lock(name):
        answer = ctx.tmux.run(*commands)
        if answer.status:
            if answer.error.startswith("duplicate session"):
                raise BridgeError(
                    "ERR_SESSION_EXISTS",
                    f"session exists already: {name!r}",
                    hint=f"give another --id, or a place: --session {name}",
                )
            raise failed(answer)
        found = [pane for pane in rows.panes(answer.output) if pane.session == name]
        if not found:
            raise failed(answer)
        _store(ctx, name, found, found[0])
    return found[0]


def within(ctx: Context, start: Start, session: str, how: str) -> Pane:
    """A window, or a split of the current window, of a session that is there; what is current there stays so.

    Raises ERR_SESSION_NOT_FOUND, ERR_MAX_PANES, ERR_NO_SPACE, ERR_TMUX_FAILED, ERR_STATE, ERR_LOCKED.
    """
    survey = lookup.survey(ctx, session)
    with ctx.lock(survey.session):
        window = next(pane.window_id for pane in survey.panes if pane.window_active)
        printed = ("-P", "-F", "#{pane_id}")
        if how == SPLIT:
            target = f"{window}.+"  # the new pane stands behind the active one
            room = f"#{{e|<:#{{window_panes}},{ctx.max_panes}}}"
            made = ("split-window", "-d", "-t", window, *printed, *_how(start))
            again = ("select-layout", "-t", window, "tiled")
            act = argv.only_if(window, room, made, *_marks(start, target), again)
        else:
            name = f"bridge-{ids.nonce()}"  # by which the window is found until it has its own
            target = f"{survey.session_id}:={name}"
            made = ("new-window", "-d", "-n", name, "-t", f"{survey.session_id}:", *printed, *_how(start))
            named = ("rename-window", "-t", target, start.agent_id)
            act = argv.only_if(survey.session_id + ":", "1", made, *_marks(start, target), named)
        answer = ctx.tmux.run(act, argv.list_panes(survey.session_id))
        if answer.status or answer.output.startswith(b"REFUSED\n"):
            raise _no_place(ctx, answer.error, survey.session)
        first, _, listed = answer.output.partition(b"\n")
        found = [pane for pane in rows.panes(listed) if pane.session_id == survey.session_id]
        new = [pane for pane in found if pane.id == first.decode()]
        if not new:
            raise BridgeError("ERR_TMUX_FAILED", f"the pane of {start.agent_id} is gone again", hint="try it again")
        _store(ctx, survey.session, found, new[0])
    return new[0]


def _store(ctx: Context, session: str, found: list[Pane], new: Pane) -> None:
    """Write the session's state file; where that fails the new pane is ended."""
    try:
        mirror.write(ctx, session, found, new=len(found) == 1)
    except BridgeError:
        ctx.tmux.run(("kill-pane", "-t", new.id))
        raise


def prefix(ctx: Context) -> str:
    """What the names of agents' own sessions begin with."""
    return ctx.environ.get("TMUX_PREFIX") or "claude"


def limit(ctx: Context, name: str) -> int:
    """MAX_INSTANCES or MAX_DEPTH. Raises ERR_USAGE."""
    return int(number(ctx.environ, name))


def _how(start: Start) -> tuple[str, ...]:
    given = tuple(word for name, value in start.environment.items() for word in ("-e", f"{name}={value}"))
    return (*given, "-c", argv.plain(start.directory), "--", *start.words)


def _marks(start: Start, target: str) -> tuple[tuple[str, ...], ...]:
    return (
        ("set-option", "-p", "-F", "-t", target, argv.PANE_OWNER, f"{ids.nonce()}:#{{pane_id}}"),
        ("set-option", "-p", "-t", target, argv.LABEL, argv.encode_label(start.agent_id)),
        ("set-option", "-p", "-t", target, _KEPT, "on"),
        pane_option(start.agent_id, target),
    )


def _no_place(ctx: Context, reason: str, session: str) -> BridgeError:
    if not reason:
        return BridgeError(
            "ERR_MAX_PANES",
            f"the window of session {session!r} is full: {ctx.max_panes} panes are allowed",
            hint="give it a window of its own (--window), or raise BRIDGE_MAX_PANES",
        )
    if "no space" in reason:
        return BridgeError(
            "ERR_NO_SPACE", f"no room for one more pane in session {session!r}", hint="--window makes a window"
        )
    if "can't find" in reason:
        return errors.session_not_found(session)
    return BridgeError("ERR_TMUX_FAILED", f"tmux: {reason}", hint="the words are tmux's own")
