"""Subscriptions: made, shown and ended, with a daemon or without."""

from __future__ import annotations

import os
import shlex

from bridge.context import Context
from bridge.core import events
from bridge.errors import BridgeError
from bridge.features.daemon import lifecycle
from bridge.features.panes import lookup
from bridge.store.subscriptions import Subscriptions
from bridge.system import clock, ids
from bridge.system.grep import matching_lines

HINT_ELSEWHERE = "the daemon looks at session {} alone: bridge daemon-restart '*'"
HINT = "no daemon runs: bridge daemon-start; until then nothing is watched"
NOT_SERVED = "no daemon serves it: bridge daemon-start, or bridge daemon-health"
_LOOK = "bridge event-list"
LARGEST_CALLBACK = 64_000


def file(ctx: Context) -> Subscriptions:
    """The subscriptions of this tmux server."""
    return Subscriptions(ctx.paths.base, ctx.config.lock_timeout)


def subscribe(
    ctx: Context,
    session: str,
    event_type: str,
    *,
    pane: str = "",
    pattern: str | None = None,
    after: float | None = None,
    once: bool = False,
    callback: str = "",
    argv: tuple[str, ...] = (),
) -> tuple[dict[str, object], str | None]:
    """Store a subscription; returns it and None where a daemon serves it already, else what is missing for that.

    `callback` is text for sh; instead of it `argv` is a program and its arguments, which no shell reads.
    Neither session nor pane need to be there yet. Raises ERR_USAGE, ERR_BAD_PATTERN,
    ERR_LABEL_AMBIGUOUS, ERR_TOO_LARGE, ERR_STATE, ERR_LOCKED; nothing is stored then.
    """
    if not session:
        raise BridgeError("ERR_USAGE", "the session is empty", hint="name the session that the events are about, or *")
    if event_type != events.EVERYTHING and not events.is_type(event_type):
        raise BridgeError(
            "ERR_USAGE",
            f"not a type of event: {event_type!r}",
            hint=f"one of {', '.join(events.TYPES)}, a name of your own such as task_done, or * for all",
        )
    if (event_type == "pattern-match") != (pattern is not None):
        raise BridgeError(
            "ERR_USAGE",
            f"--pattern belongs to pattern-match, and {event_type} was given"
            if pattern is not None
            else "pattern-match needs a pattern",
            hint="bridge event-subscribe dev pattern-match --pattern ERE",
        )
    if (event_type == "timeout" and after is None) or (after is not None and event_type not in _TIMED):
        raise BridgeError(
            "ERR_USAGE",
            "timeout needs --after" if after is None else f"--after belongs to timeout and pane-idle, not {event_type}",
            hint="bridge event-subscribe dev timeout --after 60",
        )
    if pattern is not None:
        matching_lines(pattern, "")
    if argv:
        if callback:
            raise BridgeError("ERR_USAGE", f"a callback and --argv: {argv[0]!r}", hint="give one of the two")
        callback = shlex.join(argv)
    if len(callback.encode("utf-8", "surrogateescape")) > LARGEST_CALLBACK:
        raise BridgeError(
            "ERR_TOO_LARGE", f"the callback is larger than {LARGEST_CALLBACK} bytes", hint="call a script"
        )
    now = clock.epoch()
    made: dict[str, object] = {
        "subscription_id": ids.nonce()[:12],
        "session": session,
        "event_type": event_type,
        "pane": pane or None,
        "pattern": pattern,
        "after_seconds": after,
        "once": once,
        "callback": callback,
        "argv": list(argv) or None,
        "directory": _directory(),
        "correlation_id": ctx.correlation_id,
        "created_at": clock.timestamp(),
        "bound": _bound(ctx, session, pane),
    }
    if event_type == "timeout":
        assert after is not None
        made["deadline"] = now + int(after)
        made["deadline_boottime"] = clock.boottime() + after
        made["boot_id"] = clock.boot_id()
    file(ctx).add(made, now)
    answer = lifecycle.ask(ctx, {"op": "reload", "session": session, "event_type": event_type}, look=_LOOK)
    if answer is None:
        return made, HINT
    if not answer.get("serves", True):
        return made, HINT_ELSEWHERE.format(answer.get("monitor"))
    return made, _lacking(answer.get("lacks"))


_TIMED = ("timeout", "pane-idle")


def served(ctx: Context) -> dict[str, str | None]:
    """Of each subscription that a daemon serves, by its id, what is missing at present (None: nothing)."""
    if lifecycle.place(ctx).holder() is None:
        return {}
    try:
        answer = lifecycle.ask(ctx, {"op": "served"})
    except BridgeError:
        return {}
    found = answer.get("served") if answer else None
    return {str(name): _lacking(reason) for name, reason in found.items()} if isinstance(found, dict) else {}


def _lacking(reason: object) -> str | None:
    return f"{reason}; bridge daemon-health tells more" if reason else None


def unsubscribe(ctx: Context, names: list[str]) -> tuple[list[dict[str, object]], bool]:
    """End subscriptions; returns those that were there, and whether a daemon was told."""
    gone = file(ctx).remove(names, clock.epoch())
    return gone, lifecycle.ask(ctx, {"op": "reload"}, look=_LOOK) is not None


def shown(item: dict[str, object]) -> dict[str, object]:
    """A subscription as answers show it."""
    keys = (
        "subscription_id",
        "session",
        "event_type",
        "pane",
        "pattern",
        "after_seconds",
        "once",
        "callback",
        "argv",
        "directory",
    )
    return {key: item.get(key) for key in (*keys, "created_at", "deadline")}


def _directory() -> str:
    """Where the caller is, which is where its callback will run."""
    try:
        return os.getcwd()
    except OSError:
        return "/"


def _bound(ctx: Context, session: str, pane: str) -> dict[str, object] | None:
    """The pane that the words mean now, so that a later renumbering does not change it."""
    if session == events.EVERYTHING or pane in ("", events.EVERYTHING):
        return None
    try:
        _, found = lookup.find(ctx, session, pane)
        server = ctx.tmux.ask(("display-message", "-p", "#{pid}")).decode().strip()
    except BridgeError as problem:
        if problem.code == "ERR_LABEL_AMBIGUOUS":
            raise
        return None  # it may come later
    return {"session_key": f"{found.session_id}@{found.created}@{server}", "pane": found.id}
