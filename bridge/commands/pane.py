"""Making and ending panes."""

from __future__ import annotations

from bridge import errors
from bridge.commands.words import MIRROR, NO_PANE, NO_SESSION, PANE, PANE_FIELD, SESSION, sentence
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.panes import lookup, split
from bridge.features.panes.split import LABEL, LAYOUTS
from bridge.spec import Arg, Command, Field, Result
from bridge.tmux import argv
from bridge.tmux.client import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.model import Pane


def _create(ctx: Context, params: dict[str, object]) -> Result:
    label = str(params["label"])
    pane = split.split(ctx, str(params["session"]), label, LAYOUTS[0])
    return _created(pane, label, sentence(ctx, f"Pane created with label: {label}"), _in_session(params, pane, label))


def _in_session(params: dict[str, object], pane: Pane, label: str) -> tuple[tuple[str, str], ...]:
    return (("success", f"Pane {pane.index} created in session '{params['session']}' (label: {label})"),)


def _create_with_layout(ctx: Context, params: dict[str, object]) -> Result:
    label, layout = str(params["label"]), str(params["layout"])
    warning = () if layout in LAYOUTS else (("warn", f"Unknown layout '{layout}', using tiled"),)
    pane = split.split(ctx, str(params["session"]), label, layout)
    done = ("success", f"Pane {pane.index} created with layout '{layout}' (label: {label})")
    return _created(pane, label, f"Pane created with {layout} layout\n", (*warning, done))


def _created(pane: Pane, label: str, output: str, logs: tuple[tuple[str, str], ...]) -> Result:
    return Result(output, exact=True, pane_id=str(pane.index), fields={"pane": pane.id, "label": label}, logs=logs)


def _kill(ctx: Context, params: dict[str, object]) -> Result:
    session, argument = str(params["session"]), str(params["pane"])
    # Two calls: what a server that hangs is told in one call is done when it goes on, after our timeout.
    found, pane = lookup.find(ctx, session, argument)
    if pane.id == ctx.own_pane and not (ctx.script or params["self"]):
        raise BridgeError("ERR_SELF", f"pane {argument!r} is the one you are in", hint="give --self if you mean it")
    last = len(found.panes) == 1
    with ctx.lock(found.session):
        same = f"#{{&&:#{{==:#{{pane_id}},{pane.id}}},#{{==:#{{pane_pid}},{pane.pid}}}}}"
        kill = argv.only_if(pane.id, same, ("kill-pane", "-t", pane.id))
        ctx.tmux.meanwhile = MIRROR
        answer = ctx.tmux.run(kill) if last else ctx.tmux.run(kill, argv.list_panes(found.session_id))
        if answer.status and not answer.no_server:
            raise failed(answer)
        if answer.output.startswith(b"REFUSED\n"):
            raise errors.pane_not_found(session, argument)
        from bridge.features.panes import mirror  # noqa: PLC0415 - loaded while tmux works
        from bridge.tmux import rows  # noqa: PLC0415

        rest = [item for item in rows.panes(answer.output) if item.session_id == found.session_id]
        known: dict[str, object] = {"pane": pane.id}
        if rest:
            done = f"pane {pane.address} was killed"
            mirror.follow(ctx, found.session, rest, done, pane_id=pane.address, fields=known)
        else:
            mirror.remove(ctx, found.session, pane_id=pane.address, fields=known)
    return Result(
        "Pane terminated",
        pane_id=pane.address,
        fields=known,
        logs=(("success", f"Pane {argument} killed in session '{session}'"),),
    )


_LABEL = Arg("label", "what to call it", default=LABEL)
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
            Arg("layout", "one of " + ", ".join(LAYOUTS) + "; another means tiled", default=LAYOUTS[0]),
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
    ),
)
