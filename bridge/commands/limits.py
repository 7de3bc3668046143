"""Limits of panes: set, told, cleared."""

from __future__ import annotations

from bridge.commands.words import NO_PANE, PANE, PANE_FIELD, SESSION
from bridge.context import Context
from bridge.core import limits
from bridge.errors import BridgeError
from bridge.features.metrics import panelimits
from bridge.features.panes import lookup
from bridge.spec import Arg, Command, Field, Result


def _set(ctx: Context, params: dict[str, object]) -> Result:
    kind, action = str(params["kind"]), params["action"]
    limit = panelimits.parse(kind, str(params["value"]), None if action is None else str(action))
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    if pane.dead:
        raise BridgeError(
            "ERR_NO_PROCESS",
            f"the process of pane {pane.address} has ended",
            hint="bridge pane-respawn starts it again",
            pane_id=pane.address,
        )
    panelimits.write(ctx, pane, limit)
    enforced, reason = panelimits.follow(ctx, pane)
    by = enforced[kind]
    hint = None if by != "none" else reason or panelimits.HINT
    return Result(
        "Limit set",
        pane_id=pane.address,
        fields={"pane": pane.id, "limit": limit.shown(by), "enforced": by != "none", "hint": hint},
        logs=(("success", "Limit set") if by != "none" else ("warn", f"Limit set, but {hint}"),),
    )


def _get(ctx: Context, params: dict[str, object]) -> Result:
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    found = panelimits.read(ctx, pane)
    enforced, reason = panelimits.follow(ctx, pane)
    shown = [limit.shown(enforced[limit.kind]) for limit in found]
    rows = [f"{row['kind']} {row['value']} {row['unit']} {row['action']} {row['enforced_by']}" for row in shown]
    idle = any(row["enforced_by"] == "none" for row in shown)
    return Result(
        "\n".join(rows),
        pane_id=pane.address,
        fields={"limits": shown, "pane": pane.id, "hint": (reason or panelimits.HINT) if idle else None},
    )


def _clear(ctx: Context, params: dict[str, object]) -> Result:
    kinds = (str(params["kind"]),) if params["kind"] else tuple(limits.KINDS)
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    gone = [limit.kind for limit in panelimits.read(ctx, pane) if limit.kind in kinds]
    panelimits.clear(ctx, pane, kinds)
    if panelimits.follow(ctx, pane)[1] == panelimits.HINT:
        panelimits.free(ctx, pane, kinds)
    text = f"Cleared: {', '.join(gone)}" if gone else "No limit was set"
    return Result(text, pane_id=pane.address, fields={"pane": pane.id, "cleared": gone}, logs=(("success", text),))


_KINDS = tuple(limits.KINDS)
_HINT = Field("hint", "string", "what is missing where something is not enforced, else null")
_ERRORS = (*NO_PANE, "ERR_STATE", "ERR_DAEMON")

COMMANDS = (
    Command(
        name="pane-set-limit",
        summary="Limit what the processes of a pane use together; the daemon enforces it, by a cgroup where it can.",
        run=_set,
        effect="write",
        target="pane",
        output="fixed text",
        args=(
            SESSION,
            PANE,
            Arg("kind", "cpu, mem, procs or io", "choice", choices=_KINDS, required=True),
            Arg(
                "value",
                "cpu: percent of one core; mem: megabytes; procs: how many (in a cgroup threads count too); "
                "io: kilobytes a second to and from storage",
                required=True,
            ),
            Arg(
                "action",
                "throttle (for cpu and io, the default there: the job is held for moments), warn (an event alone), "
                "stop (TERM, then KILL, to the job), kill (KILL at once; the default of mem and procs)",
                "choice",
                choices=limits.ACTIONS,
                positional=False,
            ),
        ),
        returns=(
            PANE_FIELD,
            Field("limit", "object", "kind, value, unit, action, enforced_by"),
            Field("enforced", "boolean", "whether something enforces it now"),
            _HINT,
        ),
        errors=(*_ERRORS, "ERR_NO_PROCESS"),
        examples=("bridge pane-set-limit dev 0 cpu 50", "bridge pane-set-limit dev 0 mem 512 --action stop"),
        script=False,
    ),
    Command(
        name="pane-get-limits",
        summary="Tell the limits of a pane and what enforces each: a cgroup, the daemon, or nothing.",
        run=_get,
        effect="read",
        target="pane",
        output="a line for each: kind, value, unit, action, what enforces it",
        args=(SESSION, PANE),
        returns=(
            Field("limits", "array", "kind, value, unit, action, enforced_by (cgroup, daemon or none) of each"),
            PANE_FIELD,
            _HINT,
        ),
        errors=_ERRORS,
        examples=("bridge pane-get-limits dev 0 | jq '.limits[].enforced_by'",),
        script=False,
    ),
    Command(
        name="pane-clear-limit",
        summary="Take a limit from a pane, or all; what was held goes on.",
        run=_clear,
        effect="write",
        target="pane",
        output="a sentence with the kinds",
        args=(SESSION, PANE, Arg("kind", "cpu, mem, procs or io; else all", "choice", choices=_KINDS)),
        returns=(PANE_FIELD, Field("cleared", "array", "the kinds that were limited")),
        errors=_ERRORS,
        examples=("bridge pane-clear-limit dev 0 cpu",),
        script=False,
    ),
)
