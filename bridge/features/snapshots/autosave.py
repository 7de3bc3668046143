"""Sessions that are saved by themselves: asked for by anybody, done by the daemon, one step at a time.

A save that is not certain makes no generation: every question must have been answered, by one and the
same server. What a new and almost empty session would push out of the way stays: the save is held back
until the session is restored, has grown, or is saved by hand.
"""

from __future__ import annotations

from bridge.context import Context
from bridge.core import snapshots
from bridge.errors import BridgeError
from bridge.features.daemon import lifecycle
from bridge.features.panes import lookup
from bridge.features.snapshots import save
from bridge.store.autosaves import Autosaves
from bridge.store.snapshots import AUTO, File
from bridge.system import clock

HINT = "no daemon runs: bridge daemon-start; until then nothing is saved"
SHORTEST = 1.0
SAVED, UNCHANGED, HELD, ABSENT, FAILED = "saved", "unchanged", "held", "absent", "failed"


class Outcome:
    """How one automatic save went: a state, the file that is the newest then, and a reason where there is none."""

    __slots__ = ("file", "reason", "session", "state")

    def __init__(self, session: str, state: str, file: str = "", reason: str = "") -> None:
        self.session = session
        self.state = state
        self.file = file
        self.reason = reason


def file(ctx: Context) -> Autosaves:
    """The autosaves of this tmux server."""
    return Autosaves(ctx.paths.base, ctx.config.lock_timeout)


def start(ctx: Context, session: str, interval: float) -> tuple[dict[str, object], str | None]:
    """Have a session saved each so many seconds; returns that, and why no daemon does so (None: one does).

    Raises ERR_SESSION_NOT_FOUND, ERR_USAGE, ERR_BUSY where it is saved already, ERR_STATE, ERR_LOCKED.
    """
    if not interval >= SHORTEST:
        raise BridgeError(
            "ERR_USAGE",
            f"interval: {interval:g} seconds; the shortest is {SHORTEST:g}",
            hint="bridge session-autosave dev 300; bridge session-autosave-stop dev ends it",
        )
    name = lookup.survey(ctx, session).session
    made: dict[str, object] = {
        "session": name,
        "interval_seconds": interval,
        "created_at": clock.timestamp(),
        "tried": None,
        "state": None,
        "file": None,
        "reason": None,
    }
    if not file(ctx).add(made, clock.epoch()):
        raise BridgeError(
            "ERR_BUSY",
            f"session {name!r} is saved automatically already",
            hint=f"bridge session-autosave-stop {name} ends that; bridge session-snapshots {name} shows it",
            output="Already running",
        )
    lifecycle.ask(ctx, {"op": "reload"})
    return made, lifecycle.lacks(ctx, "autosave", HINT)


def stop(ctx: Context, session: str) -> dict[str, object]:
    """End it; the snapshots stay. Raises ERR_AUTOSAVE_NOT_FOUND, ERR_STATE, ERR_LOCKED."""
    gone = file(ctx).remove(session, clock.epoch())
    if gone is None:
        raise BridgeError(
            "ERR_AUTOSAVE_NOT_FOUND",
            f"session {session!r} is not saved automatically",
            hint="bridge session-snapshots shows which sessions are",
            output="Not running",
        )
    lifecycle.ask(ctx, {"op": "reload"})
    return gone


def shown(ctx: Context, session: str = "") -> list[dict[str, object]]:
    """The autosaves of one session or of all, as answers show them."""
    keys = ("session", "interval_seconds", "created_at", "state", "file", "reason")
    found = [item for item in file(ctx).load(clock.epoch()) if session in ("", item["session"])]
    failed, hint = _failed(ctx) if found else ({}, None)
    return [
        {key: item.get(key) for key in keys}
        | {"tried_at": _time(item.get("tried")), "enforced": hint is None, "hint": hint}
        | ({"state": FAILED, "reason": failed[item["session"]]} if item["session"] in failed else {})
        for item in found
    ]


def _failed(ctx: Context) -> tuple[dict[object, object], str | None]:
    """What the daemon knows of saves that fail, where no file can tell it, and why it saves nothing (None: it does)."""
    if lifecycle.place(ctx).holder() is None:
        return {}, HINT
    try:
        answer = lifecycle.ask(ctx, {"op": "autosaves"})
    except BridgeError as problem:
        return {}, problem.message
    if answer is None:
        return {}, HINT
    failed = answer.get("failed")
    return failed if isinstance(failed, dict) else {}, str(answer.get("lacks") or "") or None


def run_once(ctx: Context, session: str) -> Outcome:
    """Save the session if that is certain and worth it; it never raises for what may go wrong outside."""
    outcome = _try(ctx, session)
    try:
        file(ctx).note(
            session,
            {
                "tried": clock.wall(),
                "state": outcome.state,
                "file": outcome.file or None,
                "reason": outcome.reason or None,
            },
            clock.epoch(),
        )
    except BridgeError as problem:
        outcome.reason = outcome.reason or problem.message
    return outcome


def _try(ctx: Context, session: str) -> Outcome:
    files = save.store(ctx)
    try:
        newest = files.newest(session)
        document = save.take(ctx, session, whole=True)
        data = save.sealed(document)
        document = snapshots.unseal(data)
        if newest is not None and is_poor(document, newest.document):
            count = len(snapshots.panes(newest.document))
            reason = f"the session is a new one with fewer panes than the {count} of its last snapshot"
            return Outcome(session, HELD, newest.path, f"{reason}; bridge session-restore or session-save decides")
        if newest is not None and _is_same(newest, document):
            path = files.replace(session, newest.path, data, clock.wall())
            return Outcome(session, UNCHANGED, path)
        path = files.add(session, data, clock.wall(), auto=True)
        files.rotate(session, clock.wall())
    except BridgeError as problem:
        absent = problem.code in ("ERR_SESSION_NOT_FOUND", "ERR_SERVER_GONE")
        return Outcome(session, ABSENT if absent else FAILED, reason=problem.message)
    return Outcome(session, SAVED, path)


def is_poor(document: dict[str, object], before: dict[str, object]) -> bool:
    """Whether this is another life of the session, with half the panes of the one before, or less."""
    if snapshots.life(document) == snapshots.life(before):
        return False
    return 2 * len(snapshots.panes(document)) <= len(snapshots.panes(before))


def _is_same(newest: File, document: dict[str, object]) -> bool:
    return newest.path.endswith(AUTO) and snapshots.content(newest.document) == snapshots.content(document)


def _time(value: object) -> str | None:
    return clock.timestamp(value) if isinstance(value, (int, float)) else None
