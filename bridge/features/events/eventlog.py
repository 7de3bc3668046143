"""Reading the event log and adding to it, with a daemon or without."""

from __future__ import annotations

import select

from bridge.context import Context
from bridge.core.names import file_name
from bridge.envelope import compact
from bridge.features.daemon import lifecycle
from bridge.store.events import EventLog, Mirror
from bridge.store.paths import ensure, parent
from bridge.system import clock
from bridge.system.inotify import CREATE, MODIFY, Inotify

_BATCH = 1000
_SOONEST_MS, _LATEST_MS = 1, 1000


def open_log(ctx: Context) -> EventLog:
    """The log of this tmux server."""
    return EventLog(lifecycle.place(ctx).events_file, clock.epoch())


def read(ctx: Context, session: str, event_type: str, most: int) -> list[dict[str, object]]:
    """The newest events of a session (`*`: of all) and type, in order."""
    log = open_log(ctx)
    try:
        return log.read(0, most, session=session, event_type=event_type, newest=True)
    finally:
        log.close()


def count(ctx: Context, event_type: str) -> int:
    """How many events of a type are kept."""
    log = open_log(ctx)
    try:
        return log.count(event_type)
    finally:
        log.close()


def publish(ctx: Context, event: dict[str, object]) -> tuple[dict[str, object], bool]:
    """Store an event; returns it with its number and whether a daemon tells it to its subscribers now.

    Without a daemon the next one tells it. Raises ERR_STATE.
    """
    answer = lifecycle.ask(ctx, {"op": "publish", "event": event}, look="bridge event-log")
    if answer is not None and isinstance(answer.get("event"), dict):
        told: dict[str, object] = answer["event"]  # type: ignore[assignment]
        return told, True
    log = open_log(ctx)
    try:
        log.append([event], told=False)
    finally:
        log.close()
    Mirror(ctx.paths.events, file_name).append([event])
    return event, False


def follow(ctx: Context, since: int | None, event_type: str) -> None:
    """Print events as JSON lines, those behind `since` and those that come, until the reader goes or Ctrl-C.

    Sleeps between changes of the log's file, whoever writes it. SQLite writes the file before the event can
    be read, so after a change we look again, in growing steps.
    """
    path = lifecycle.place(ctx).events_file
    ensure(parent(path))
    watcher = Inotify()
    log = open_log(ctx)
    try:
        watcher.watch(parent(path), MODIFY | CREATE)
        at = log.last() if since is None else since
        poller = select.poll()
        poller.register(watcher.descriptor, select.POLLIN)
        poller.register(1, 0)
        nap = _SOONEST_MS
        while True:
            found = log.read(at, _BATCH, event_type=event_type)
            if found:
                ctx.write("".join(f"{compact(event)}\n" for event in found).encode())
                at = int(str(found[-1]["seq"]))
                nap = _SOONEST_MS
                continue
            ready = [descriptor for descriptor, _ in poller.poll(nap)]
            if 1 in ready:
                return
            nap = _SOONEST_MS if ready else min(nap * 2, _LATEST_MS)
            watcher.read()
    except BrokenPipeError:
        return
    finally:
        log.close()
        watcher.close()
