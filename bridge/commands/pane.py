"""Making, listing, finding and ending panes."""

from __future__ import annotations

from bridge import errors
from bridge.commands.words import NO_PANE, NO_SESSION, PANE, PANE_FIELD, SESSION
from bridge.context import Context
from bridge.core import target
from bridge.errors import BridgeError
from bridge.features import mirror, panes
from bridge.model import Pane
from bridge.spec import Arg, Command, Field, Result
from bridge.system import ids
from bridge.tmux import argv, rows
from bridge.tmux.client import failed

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
    if not argv.is_plain_name(session):
        panes.survey(ctx, session)
    with ctx.lock(session):
        found = panes.survey(ctx, session)
        if len(found.current) >= ctx.max_panes:
            raise BridgeError(
                "ERR_MAX_PANES",
                f"session {session!r} has {len(found.current)} panes, {ctx.max_panes} are allowed",
                hint="kill one, or raise BRIDGE_MAX_PANES",
                output="Max panes reached",
                logs=(("error", f"Maximum panes ({ctx.max_panes}) reached"),),
            )
        window = found.current[0].window_id
        direction = "-h" if len(found.current) % 2 == 0 else "-v"
        # The new pane is the active one, so `window` stands for it until somebody selects another; the
        # layout comes first so that the pane to be split is never too small.
        answer = ctx.tmux.run(
            ("select-layout", "-t", window, "tiled"),
            ("split-window", direction, "-t", window, "-P", "-F", "#{pane_id}"),
            ("set-option", "-p", "-t", window, argv.LABEL, rows.encode_label(label)),
            ("set-option", "-p", "-F", "-t", window, argv.PANE_OWNER, f"{ids.nonce()}:#{{pane_id}}"),
            ("select-layout", "-t", window, layout),
            argv.list_panes(found.session_id),
        )
        new_id, _, listed = answer.output.partition(b"\n")
        if answer.status:
            raise _not_split(session, answer.error) if "no space" in answer.error else failed(answer)
        after = target.pick_session(rows.panes(listed), found.session_id)
        mirror.write(ctx, found.session, after)
    return next(pane for pane in after if pane.id == new_id.decode())


def _not_split(session: str, reason: str) -> BridgeError:
    return BridgeError(
        "ERR_NO_SPACE",
        f"no room for one more pane in session {session!r}: {reason}",
        hint=f"tmux resize-window -t '={session}:' -x 200 -y 50, or kill a pane",
    )


def _kill(ctx: Context, params: dict[str, object]) -> Result:
    session, argument = str(params["session"]), str(params["pane"])
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


def _status(ctx: Context, params: dict[str, object]) -> Result:
    _, pane = panes.find(ctx, str(params["session"]), str(params["pane"]))
    status = f"{pane.index}:{pane.command}:{pane.pid}"
    return Result(
        status,
        pane_id=pane.address,
        fields={"pane": pane.id, "running": panes.is_running(pane), "dead": pane.dead, "label": pane.name},
        logs=(("info", f"Pane status: {status}"),),
    )


def _entry(pane: Pane) -> dict[str, object]:
    return {
        "pane_id": pane.index,
        "pid": pane.pid,
        "command": pane.command,
        "is_running": panes.is_running(pane),
        "width": pane.width,
        "height": pane.height,
    }


def _list_json(ctx: Context, params: dict[str, object]) -> Result:
    session = str(params["session"])
    entries = [_entry(pane) for pane in panes.survey(ctx, session).current]
    return Result(entries, fields={"count": len(entries)}, logs=(("info", f"Listed panes for session '{session}'"),))


def _list_detailed(ctx: Context, params: dict[str, object]) -> Result:
    session = str(params["session"])
    current = panes.survey(ctx, session).current
    entries = []
    for pane in current:
        entry = _entry(pane)
        entries.append({"pane_id": entry.pop("pane_id"), "label": pane.name} | entry | {"metadata": panes.metadata(pane)})
    ids_too: list[dict[str, object]] = [{"pane": pane.id} | entry for pane, entry in zip(current, entries, strict=True)]
    return Result(
        entries,
        fields={"count": len(entries), "panes": ids_too},
        logs=(("info", f"Listed detailed panes for session '{session}'"),),
    )


def _count(ctx: Context, params: dict[str, object]) -> Result:
    session = str(params["session"])
    count = len(panes.survey(ctx, session).current)
    return Result(str(count), fields={"count": count}, logs=(("info", f"Session '{session}' has {count} panes"),))


def _find(ctx: Context, params: dict[str, object]) -> Result:
    label = str(params["label"])
    found = panes.survey(ctx, str(params["session"]))
    labelled = target.with_label(found, label) or [pane for pane in found.current if pane.label is None and pane.name == label]
    if not labelled:
        raise BridgeError(
            "ERR_LABEL_NOT_FOUND",
            f"no pane of session {found.session!r} is labelled {label!r}",
            hint="labels: " + ", ".join(pane.name for pane in found.panes)[:400],
            output=f"Label not found: {label}",
            logs=(("error", f"Pane with label '{label}' not found"),),
        )
    if len(labelled) > 1:
        raise target.ambiguous_label(label, labelled)
    pane = labelled[0]
    return Result(
        f"Label: {label}",
        pane_id=pane.address,
        fields={"pane": pane.id, "label": label},
        logs=(("success", f"Found pane with label '{label}': pane_id={pane.address}"),),
    )


_LABEL = Arg("label", "what to call it", default="pane")
_LIST_FIELDS = "pane_id (a number), pid, command, is_running, width, height of each pane of the current window"
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
    ),
    Command(
        name="pane-create-with-layout",
        summary="Split the session's current window and lay its panes out.",
        run=_create_with_layout,
        effect="write",
        target="session",
        output="a sentence with the layout",
        args=(SESSION, _LABEL, Arg("layout", "one of " + ", ".join(LAYOUTS) + "; another means tiled", default="tiled")),
        returns=(PANE_FIELD, Field("label", "string", "the label")),
        errors=_CREATE_ERRORS,
        examples=("bridge pane-create-with-layout dev server main-vertical",),
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
    Command(
        name="pane-status",
        summary="Tell a pane's index, foreground command and process id.",
        run=_status,
        effect="read",
        target="pane",
        output="index:command:pid",
        args=(SESSION, PANE),
        returns=(
            PANE_FIELD,
            Field("running", "boolean", "whether something runs in its foreground; null where nobody can tell"),
            Field("dead", "boolean", "whether its process has ended and the pane was kept"),
            Field("label", "string", "its label, `pane-N` where none was given"),
        ),
        errors=NO_PANE,
        examples=("bridge pane-status dev 0 | jq -r .output",),
    ),
    Command(
        name="pane-list-json",
        summary="List the panes of the session's current window.",
        run=_list_json,
        effect="read",
        target="session",
        output=_LIST_FIELDS,
        args=(SESSION,),
        returns=(Field("count", "integer", "how many there are"),),
        errors=NO_SESSION,
        examples=("bridge pane-list-json dev | jq '.output[] | select(.is_running)'",),
    ),
    Command(
        name="pane-list-detailed",
        summary="List the panes of the session's current window with label and metadata.",
        run=_list_detailed,
        effect="read",
        target="session",
        output=_LIST_FIELDS + ", label, metadata",
        args=(SESSION,),
        returns=(
            Field("count", "integer", "how many there are"),
            Field("panes", "array", "the same entries, each with the pane's %id as `pane`"),
        ),
        errors=NO_SESSION,
        examples=("bridge pane-list-detailed dev | jq -r '.output[].label'",),
    ),
    Command(
        name="pane-count",
        summary="Count the panes of the session's current window.",
        run=_count,
        effect="read",
        target="session",
        output="the number, as text",
        args=(SESSION,),
        returns=(Field("count", "integer", "the number"),),
        errors=NO_SESSION,
        examples=("bridge pane-count dev | jq .count",),
    ),
    Command(
        name="pane-find",
        summary="Find the pane that carries a label.",
        run=_find,
        effect="read",
        target="session",
        output="a sentence with the label; the answer is pane_id",
        args=(SESSION, Arg("label", "the label, compared exactly", required=True)),
        returns=(PANE_FIELD, Field("label", "string", "the label")),
        errors=(*NO_SESSION, "ERR_LABEL_NOT_FOUND", "ERR_LABEL_AMBIGUOUS"),
        examples=("bridge pane-find dev server | jq -r .pane_id",),
    ),
)
