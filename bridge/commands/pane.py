"""Making and ending panes."""

from __future__ import annotations

from bridge import errors
from bridge.commands.words import MIRROR, NO_PANE, NO_SESSION, PANE, PANE_FIELD, SESSION
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features import integration, panes
from bridge.spec import Arg, Command, Field, Result
from bridge.system import ids
from bridge.tmux import argv
from bridge.tmux.client import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.model import Pane

LAYOUTS = ("tiled", "main-horizontal", "main-vertical", "even-horizontal", "even-vertical")


def _create(ctx: Context, params: dict[str, object]) -> Result:
    label = str(params["label"])
    pane = _split(ctx, params, label, "tiled")
    return _created(pane, label, f"Pane created with label: {label}", _in_session(params, pane, label))


def _in_session(params: dict[str, object], pane: Pane, label: str) -> tuple[tuple[str, str], ...]:
    return (("success", f"Pane {pane.index} created in session '{params['session']}' (label: {label})"),)


def _create_with_layout(ctx: Context, params: dict[str, object]) -> Result:
    label, layout = str(params["label"]), str(params["layout"])
    known = layout in LAYOUTS
    warning = () if known else (("warn", f"Unknown layout '{layout}', using tiled"),)
    pane = _split(ctx, params, label, layout if known else "tiled")
    done = ("success", f"Pane {pane.index} created with layout '{layout}' (label: {label})")
    return _created(pane, label, f"Pane created with {layout} layout", (*warning, done))


def _created(pane: Pane, label: str, output: str, logs: tuple[tuple[str, str], ...]) -> Result:
    return Result(output, pane_id=str(pane.index), fields={"pane": pane.id, "label": label}, logs=logs)


def _split(ctx: Context, params: dict[str, object], label: str, layout: str) -> Pane:
    """Split the active pane of the session's current window, under the session's lock."""
    session = str(params["session"])
    if len(label.encode("utf-8", "surrogateescape")) > argv.LARGEST_ARGUMENT // 4:
        raise BridgeError("ERR_TOO_LARGE", "the label has over 4,000 bytes", hint="keep long text in metadata")
    name, window = panes.exact_window(ctx, session)
    with ctx.lock(name):
        nonce = ids.nonce()
        room = f"#{{e|<:#{{window_panes}},{ctx.max_panes}}}"
        answer = ctx.tmux.run(
            argv.list_panes(session),
            ("display-message", "-p", nonce),
            argv.only_if(window, room, *_split_commands(window, label, layout, integration.environment(ctx)[0])),
            argv.list_panes(session),
        )
        from bridge.core import target  # noqa: PLC0415 - loaded while tmux works
        from bridge.features import mirror  # noqa: PLC0415
        from bridge.tmux import rows  # noqa: PLC0415

        if answer.no_server:
            raise errors.session_not_found(session)
        before, _, rest = answer.output.partition(f"{nonce}\n".encode())
        count = sum(pane.window_active for pane in target.pick_session(rows.panes(before), session))
        new_id, _, listed = rest.partition(b"\n")
        if new_id == b"REFUSED":
            raise _no_room(session, count, ctx.max_panes)
        if answer.status:
            raise _not_split(session, answer.error) if "no space" in answer.error else failed(answer)
        after = target.pick_session(rows.panes(listed), session)
        mirror.write(ctx, name, after)
    return next(pane for pane in after if pane.id == new_id.decode())


def _split_commands(window: str, label: str, layout: str, hook: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """What makes the pane, lays the window out and marks the pane, which is the window's active one by then.

    The window is tiled first, so that the pane to be split is never too small. An odd number of
    panes is split downwards, as the script did.
    """
    make = {
        way: argv.nested(("split-window", way, *hook, "-t", window, "-P", "-F", "#{pane_id}")) for way in ("-h", "-v")
    }
    return (
        ("select-layout", "-t", window, "tiled"),
        ("if-shell", "-F", "-t", window, "#{e|m:#{window_panes},2}", make["-v"], make["-h"]),
        ("set-option", "-p", "-t", window, argv.LABEL, argv.encode_label(label)),
        ("set-option", "-p", "-F", "-t", window, argv.PANE_OWNER, f"{ids.nonce()}:#{{pane_id}}"),
        ("select-layout", "-t", window, layout),
    )


def _no_room(session: str, count: int, most: int) -> BridgeError:
    return BridgeError(
        "ERR_MAX_PANES",
        f"session {session!r} has {count} panes, {most} are allowed",
        hint="kill one, or raise BRIDGE_MAX_PANES",
        output="Max panes reached",
        logs=(("error", f"Maximum panes ({most}) reached"),),
    )


def _not_split(session: str, reason: str) -> BridgeError:
    return BridgeError(
        "ERR_NO_SPACE",
        f"no room for one more pane in session {session!r}: {reason}",
        hint=f"tmux resize-window -t '={session}:' -x 200 -y 50, or kill a pane",
    )


def _kill(ctx: Context, params: dict[str, object]) -> Result:
    session, argument = str(params["session"]), str(params["pane"])
    # Two calls: what a server that hangs is told in one call is done when it goes on, after our timeout.
    found, pane = panes.find(ctx, session, argument)
    if pane.id == ctx.own_pane and not (ctx.script or params["self"]):
        raise BridgeError("ERR_SELF", f"pane {argument!r} is the one you are in", hint="give --self if you mean it")
    last = len(found.panes) == 1
    with ctx.lock(found.session):
        same = f"#{{&&:#{{==:#{{pane_id}},{pane.id}}},#{{==:#{{pane_pid}},{pane.pid}}}}}"
        kill = argv.only_if(pane.id, same, ("kill-pane", "-t", pane.id))
        answer = ctx.tmux.run(kill) if last else ctx.tmux.run(kill, argv.list_panes(found.session_id))
        if answer.status and not answer.no_server:
            raise failed(answer)
        if answer.output.startswith(b"REFUSED\n"):
            raise errors.pane_not_found(session, argument)
        from bridge.features import mirror  # noqa: PLC0415 - loaded while tmux works
        from bridge.tmux import rows  # noqa: PLC0415

        rest = [item for item in rows.panes(answer.output) if item.session_id == found.session_id]
        if rest:
            mirror.write(ctx, found.session, rest)
        else:
            mirror.remove(ctx, found.session)
    return Result(
        "Pane terminated",
        pane_id=pane.address,
        fields={"pane": pane.id},
        logs=(("success", f"Pane {argument} killed in session '{session}'"),),
    )


_LABEL = Arg("label", "what to call it", default="pane")
_CREATE_ERRORS = (*NO_SESSION, "ERR_MAX_PANES", "ERR_NO_SPACE", "ERR_TOO_LARGE", "ERR_STATE", "ERR_LOCKED")

COMMANDS = (
    Command(
        name="pane-create",
        summary="Split the session's current window and tile its panes.",
        run=_create,
        effect="write",
        target="session",
        output="a sentence with the label",
        args=(SESSION, _LABEL),
        returns=(PANE_FIELD, Field("label", "string", "the label")),
        errors=_CREATE_ERRORS,
        examples=("bridge pane-create dev server | jq -r .pane_id",),
        later=MIRROR,
    ),
    Command(
        name="pane-create-with-layout",
        summary="Split the session's current window and lay its panes out.",
        run=_create_with_layout,
        effect="write",
        target="session",
        output="a sentence with the layout",
        args=(
            SESSION,
            _LABEL,
            Arg("layout", "one of " + ", ".join(LAYOUTS) + "; another means tiled", default="tiled"),
        ),
        returns=(PANE_FIELD, Field("label", "string", "the label")),
        errors=_CREATE_ERRORS,
        examples=("bridge pane-create-with-layout dev server main-vertical",),
        later=MIRROR,
    ),
    Command(
        name="pane-kill",
        summary="End a pane and what runs in it; the last pane ends its session.",
        run=_kill,
        effect="destroy",
        target="pane",
        output="fixed text",
        args=(SESSION, PANE, Arg("self", "allow it for the pane that the caller is in", "flag", positional=False)),
        returns=(PANE_FIELD,),
        errors=(*NO_PANE, "ERR_SELF", "ERR_STATE", "ERR_LOCKED"),
        examples=("bridge pane-kill dev 1", "bridge pane-kill dev server"),
        later=MIRROR,
    ),
)
