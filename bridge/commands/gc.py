"""Clean-up of what nobody uses: run, timed, looked at, kept away from a session."""

from __future__ import annotations

from bridge.commands.words import NO_SESSION, SESSION
from bridge.context import Context
from bridge.core import gc as rules
from bridge.errors import session_not_found, usage
from bridge.features.gc import collect, timer
from bridge.features.panes import lookup
from bridge.spec import Arg, Command, Field, Result, counted
from bridge.tmux import gc
from bridge.tmux.client import failed


def _run(ctx: Context, params: dict[str, object]) -> Result:
    ttl = params["ttl"]
    force, dry = bool(params["force"] or params["mode"]), bool(params["dry-run"])
    done = collect.run(ctx, ttl if isinstance(ttl, float) else None, force=force, dry_run=dry)
    if not dry:
        collect.tell(ctx, done)
    counts = done.counts()
    what = ", ".join(counted(counts[noun + "s"], noun) for noun in ("session", "file"))
    first = f"{'Would clean' if dry else 'Cleaned'} {what}"
    rows = [collect.sentence(item) for item in done.removed]
    level = "warn" if done.refused else "success"
    notes = [(level, first)]
    if done.pending:
        text = f"{len(done.pending)} seen once: a run in {collect.seconds_apart(ctx):g} seconds may end them"
        notes.append(("info", f"{text}; bridge gc-run force looks twice at once"))
    if done.server_ended:
        notes.append(("warn", "the last session ended, and the tmux server with it"))
    return Result(
        "\n".join([first, *rows]),
        fields={
            "gc": counts,
            "dry_run": dry,
            "removed": done.removed,
            "pending": done.pending,
            "kept": done.kept,
            "refused": done.refused,
            "server_ended": done.server_ended,
            "journal": collect.open_files(ctx).journal_path,
        },
        logs=tuple(notes),
    )


def _enable(ctx: Context, params: dict[str, object]) -> Result:
    ttl = params["ttl"]
    assert isinstance(ttl, int)
    if ttl < rules.LEAST_ENABLED_TTL:
        raise usage(f"Invalid TTL: {ttl}: at least {rules.LEAST_ENABLED_TTL} seconds", hint="bridge gc-enable 7200")
    policy, hint = timer.enable(ctx, ttl)
    text = f"GC enabled with TTL {ttl}s"
    note = ("success", text) if hint is None else ("warn", f"{text}, but {hint}")
    return Result(text, fields=_policy(policy, hint), logs=(note,))


def _disable(ctx: Context, params: dict[str, object]) -> Result:
    policy, _ = timer.disable(ctx)
    return Result("GC disabled", fields=_policy(policy, None), logs=(("success", "GC disabled"),))


def _policy(policy: dict[str, object], hint: str | None) -> dict[str, object]:
    enabled = bool(policy["enabled"])
    return {
        "enabled": enabled,
        "ttl_seconds": policy["ttl_seconds"] or rules.DEFAULT_TTL,
        "enabled_at": policy["enabled_at"],
        "enforced": enabled and hint is None,
        "hint": hint if enabled else None,
    }


def _status(ctx: Context, params: dict[str, object]) -> Result:
    found = timer.status(ctx)
    hint = timer.lacks(ctx) if found.policy["enabled"] else None
    fields = _policy(found.policy, hint) | found.fields
    fields |= {"ttl_seconds": found.ttl, "ttl_source": found.ttl_source}
    if not fields["enforced"]:
        fields["next_run"] = None
    state = "Enabled" if found.policy["enabled"] else "Disabled" if found.policy["enabled_at"] else "Not configured"
    rows = [f"GC Status: {state}", f"TTL: {found.ttl}s ({found.ttl // 60} minutes)"]
    if found.policy["enabled_at"]:
        rows.append(f"Enabled at: {found.policy['enabled_at']}")
    rows += [f"{key.replace('_', ' ').capitalize()}: {value}" for key, value in found.counts.items()]
    rows += [f"Cleanable {key}: {value}" for key, value in found.cleanable.items()]
    return Result("\n".join(rows), fields=fields, logs=(("info", rows[0]),))


def _protect(ctx: Context, params: dict[str, object]) -> Result:
    return _mark(ctx, str(params["session"]), on=True)


def _unprotect(ctx: Context, params: dict[str, object]) -> Result:
    return _mark(ctx, str(params["session"]), on=False)


def _mark(ctx: Context, session: str, *, on: bool) -> Result:
    found = lookup.survey(ctx, session)
    answer = ctx.tmux.run(gc.protect(found.session_id, found.panes[0].created, on=on))
    if answer.status and not answer.no_server:
        raise failed(answer)
    if answer.no_server or answer.output.startswith(b"REFUSED\n"):
        raise session_not_found(session)
    text = "Session protected" if on else "Session no longer protected"
    return Result(
        text,
        fields={"session_id": found.session_id, "protected": on},
        logs=(("success", f"{text}: {found.session}"),),
    )


_COUNTS = "sessions, panes, files, snapshots, logs: how many"
_POLICY = (
    Field("enabled", "boolean", "whether the daemon cleans up by itself"),
    Field("ttl_seconds", "integer", "idle for so long, a session may be ended"),
    Field("enabled_at", "string", "when it was enabled last, null for never"),
    Field("enforced", "boolean", "whether a daemon does it now"),
    Field("hint", "string", "what is missing where it is enabled but not enforced, else null"),
)
_MARKED = (
    Field("session_id", "string", "tmux's id of the session, $N"),
    Field("protected", "boolean", "whether clean-up leaves the session alone"),
)
_STORE = ("ERR_STATE", "ERR_LOCKED")

COMMANDS = (
    Command(
        name="gc-status",
        summary="Tell whether clean-up is on, what it did, and what it would do now.",
        run=_status,
        effect="read",
        target="none",
        output="a line for each: state, time to live, counts, what could be cleaned",
        returns=(
            *_POLICY,
            Field("ttl_source", "string", "environment, configuration or default"),
            Field("last_run", "string", "when clean-up ran last, null for never"),
            Field("next_run", "string", "when the daemon runs it next, null where it does not"),
            Field("runs", "integer", "how often it ran"),
            Field("removed_total", "object", f"{_COUNTS} it ever removed"),
            Field("gc", "object", "state_files, event_logs, snapshots: how many there are"),
            Field(
                "cleanable", "object", f"{_COUNTS} are idle or old enough now; sessions and panes need a second look"
            ),
            Field("protected_sessions", "array", "the names of protected sessions"),
            Field("kept", "array", "sessions and panes that are kept, each with its reason"),
            Field("journal", "string", "path of the journal, JSON lines"),
        ),
        errors=("ERR_STATE",),
        examples=("bridge gc-status | jq .cleanable",),
        script=False,
    ),
    Command(
        name="gc-run",
        summary="End idle sessions that bridge made and remove old files; only what two looks agree on.",
        run=_run,
        effect="destroy",
        target="none",
        output="how much was cleaned, then a line for each thing and its reason",
        args=(
            Arg("mode", "`force`: as --force", "choice", choices=("force",)),
            Arg("force", "take both looks now, a second apart; every other rule holds", "flag", positional=False),
            Arg("dry-run", "tell what would be removed, and change nothing", "flag", positional=False),
            Arg("ttl", "seconds of idleness, before all other settings", "seconds", positional=False),
        ),
        returns=(
            Field("gc", "object", f"{_COUNTS} were removed"),
            Field("dry_run", "boolean", "true: nothing was removed, `removed` tells what would be"),
            Field("removed", "array", "kind, name, id, reason, idle_seconds, ttl_seconds, ttl_source, saved of each"),
            Field("pending", "array", "what a second look has to confirm"),
            Field("kept", "array", "sessions and panes that are kept, each with its reason"),
            Field("refused", "array", "what was about to be removed when it changed, or could not be saved"),
            Field("server_ended", "boolean", "whether the last session ended, and the tmux server with it"),
            Field("journal", "string", "path of the journal, JSON lines"),
        ),
        errors=_STORE,
        examples=(
            "bridge gc-run --dry-run | jq '.removed, .pending'",
            "bridge gc-run force",
            "bridge gc-run --ttl 600",
        ),
        waits=True,
        script=False,
    ),
    Command(
        name="gc-enable",
        summary="Have the daemon clean up every hour.",
        run=_enable,
        effect="destroy",
        target="none",
        output="a sentence with the time to live",
        args=(Arg("ttl", "seconds of idleness, 60 at least", "integer", default=rules.DEFAULT_TTL),),
        returns=_POLICY,
        errors=(*_STORE, "ERR_DAEMON"),
        examples=("bridge gc-enable", "bridge gc-enable 3600"),
        script=False,
    ),
    Command(
        name="gc-disable",
        summary="Have the daemon clean up no more; gc-run still does.",
        run=_disable,
        effect="write",
        target="none",
        output="fixed text",
        returns=_POLICY,
        errors=(*_STORE, "ERR_DAEMON"),
        examples=("bridge gc-disable",),
        script=False,
    ),
    Command(
        name="gc-protect",
        summary="Keep clean-up away from a session for as long as it lives.",
        run=_protect,
        effect="write",
        target="session",
        output="fixed text",
        args=(SESSION,),
        returns=_MARKED,
        errors=NO_SESSION,
        examples=("bridge gc-protect dev",),
        script=False,
    ),
    Command(
        name="gc-unprotect",
        summary="Let clean-up end the session again once it is idle.",
        run=_unprotect,
        effect="write",
        target="session",
        output="fixed text",
        args=(SESSION,),
        returns=_MARKED,
        errors=NO_SESSION,
        examples=("bridge gc-unprotect dev",),
        script=False,
    ),
)
