"""Listing, counting and finding panes."""

from __future__ import annotations

from bridge.commands.words import ACTIVITY, NO_PANE, NO_SESSION, PANE, PANE_FIELD, SESSION, sentence
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.panes import lookup
from bridge.spec import Arg, Command, Field, Result, counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.model import Pane


def _status(ctx: Context, params: dict[str, object]) -> Result:
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    running, command = _activity(ctx, pane)
    status = f"{pane.index}:{command}:{pane.pid}"
    return Result(
        status,
        pane_id=pane.address,
        fields={
            "pane": pane.id,
            "running": running,
            "dead": pane.dead,
            "label": pane.name,
            "floating": pane.floating,
        },
        logs=(("info", f"Pane status: {status}"),),
    )


def _is_running(ctx: Context, params: dict[str, object]) -> Result:
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    running, command = _activity(ctx, pane)
    if running is None:
        raise BridgeError(
            "ERR_UNSUPPORTED",
            f"this system does not tell whether pane {pane.address} is at its prompt",
            hint="run the command in bash, zsh or fish",
            pane_id=pane.address,
            fields={"pane": pane.id, "running": None},
        )
    text = f"is running: {command} (PID: {pane.pid})" if running else "is idle (shell prompt)"
    return Result(
        "true" if running else "false",
        pane_id=pane.address,
        fields={"pane": pane.id, "running": running},
        logs=(("info", f"Pane {params['pane']} {text}"),),
        exit_status=0 if running else 1,
    )


def _activity(ctx: Context, pane: Pane) -> tuple[bool | None, str]:
    running, command = lookup.activity(pane)
    return running, pane.command if ctx.script else command  # the script said what tmux says


def _entry(ctx: Context, pane: Pane) -> dict[str, object]:
    running, command = _activity(ctx, pane)
    return {
        "pane_id": pane.index,
        "pid": pane.pid,
        "command": command,
        "is_running": running,
        "width": pane.width,
        "height": pane.height,
        **({"floating": True} if pane.floating else {}),
    }


def _list_json(ctx: Context, params: dict[str, object]) -> Result:
    session = str(params["session"])
    entries = [_entry(ctx, pane) for pane in lookup.survey(ctx, session).current]
    return Result(entries, fields={"count": len(entries)}, logs=(("info", f"Listed panes for session '{session}'"),))


def _list_detailed(ctx: Context, params: dict[str, object]) -> Result:
    session = str(params["session"])
    current = lookup.survey(ctx, session).current
    entries = []
    for pane in current:
        entry = _entry(ctx, pane)
        entries.append(
            {"pane_id": entry.pop("pane_id"), "label": pane.name} | entry | {"metadata": lookup.metadata(pane)}
        )
    ids_too: list[dict[str, object]] = [{"pane": pane.id} | entry for pane, entry in zip(current, entries, strict=True)]
    return Result(
        entries,
        fields={"count": len(entries), "panes": ids_too},
        logs=(("info", f"Listed detailed panes for session '{session}'"),),
    )


def _count(ctx: Context, params: dict[str, object]) -> Result:
    session = str(params["session"])
    count = len(lookup.survey(ctx, session).current)
    told = f"{count} panes" if ctx.script else counted(count, "pane")
    return Result(str(count), fields={"count": count}, logs=(("info", f"Session '{session}' has {told}"),))


def _find(ctx: Context, params: dict[str, object]) -> Result:
    label = str(params["label"])
    found = lookup.survey(ctx, str(params["session"]))
    from bridge.core import target  # noqa: PLC0415 - loaded while tmux works

    labelled = target.with_label(found, label) or [
        pane for pane in found.current if pane.label is None and pane.name == label
    ]
    if not labelled:
        raise BridgeError(
            "ERR_LABEL_NOT_FOUND",
            f"no pane of session {found.session!r} is labelled {label!r}",
            hint="labels: " + ", ".join(pane.name for pane in found.panes)[:400],
            output=sentence(ctx, f"Label not found: {label}"),
            exact=True,
            logs=(("error", f"Pane with label '{label}' not found"),),
        )
    if len(labelled) > 1:
        raise target.ambiguous_label(label, labelled)
    pane = labelled[0]
    return Result(
        sentence(ctx, f"Label: {label}"),
        exact=True,
        pane_id=pane.address,
        fields={"pane": pane.id, "label": label},
        logs=(("success", f"Found pane with label '{label}': pane_id={pane.address}"),),
    )


_LIST_FIELDS = (
    "pane_id (a number), pid, command, is_running, width, height of each pane of the current window; `floating` of one "
    "that lies over the others (tmux 3.7)"
)

COMMANDS = (
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
            Field("floating", "boolean", "whether it lies over the other panes of its window (tmux 3.7)"),
        ),
        errors=NO_PANE,
        examples=("bridge pane-status dev 0 | jq -r .output",),
        later=ACTIVITY,
    ),
    Command(
        name="pane-is-running",
        summary="Tell by the exit status whether something runs in a pane: 0 yes, 1 no.",
        run=_is_running,
        effect="read",
        target="pane",
        output="true or false, as text",
        args=(SESSION, PANE),
        returns=(PANE_FIELD, Field("running", "boolean", "whether something runs; null where nobody can tell")),
        errors=(*NO_PANE, "ERR_UNSUPPORTED"),
        examples=("bridge pane-is-running dev 0 || echo idle",),
        later=ACTIVITY,
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
        later=ACTIVITY,
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
        later=ACTIVITY,
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
