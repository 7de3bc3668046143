"""The daemon's heart: events are stored, then mirrored, then told. One thread, asyncio."""

from __future__ import annotations

import asyncio
import os
import time

from bridge import __version__, log
from bridge.config import number
from bridge.context import Context
from bridge.core import events
from bridge.core.events import Place
from bridge.core.names import file_name
from bridge.daemon.autosave import Autosave
from bridge.daemon.callbacks import Callbacks
from bridge.daemon.collecting import Collecting
from bridge.daemon.deadlines import Deadlines
from bridge.daemon.doors import Doors
from bridge.daemon.finished import Finished
from bridge.daemon.healthwatch import HealthWatch
from bridge.daemon.limits import Limits
from bridge.daemon.sampler import Sampler
from bridge.daemon.structure import Structure
from bridge.daemon.watches import Watches
from bridge.envelope import compact
from bridge.errors import BridgeError
from bridge.store.events import EventLog, Mirror
from bridge.store.rendezvous import DaemonLog, Rendezvous
from bridge.store.subscriptions import Subscriptions
from bridge.system import clock, ids, process

_DRAINED_WITHIN = 5.0
_RATE, _BURST = 2000.0, 10_000.0  # events that output makes, each second; what is beyond is counted
_DROPPABLE = ("pattern-match", "pane-output")
_MOST_WAITING = 20_000  # events that could not be stored yet; what is beyond is counted
_FIRST_RETRY, _LAST_RETRY = 0.5, 15.0


class Service:
    """Everything that the daemon holds. `session` limits what it looks at, `*` is all."""

    def __init__(self, ctx: Context, session: str, meeting: Rendezvous, journal: DaemonLog) -> None:
        self.ctx = ctx
        self.session = session
        self.meeting = meeting
        self._journal = journal
        self.began = time.monotonic()
        self.loop = asyncio.get_running_loop()
        self.ended = asyncio.Event()
        self.log = EventLog(meeting.events_file, clock.epoch())
        self._mirror = Mirror(ctx.paths.events, file_name)
        self._file = Subscriptions(ctx.paths.base, ctx.config.lock_timeout)
        self.subscriptions: list[dict[str, object]] = []
        self._spent: set[str] = set()
        self._waiting: list[tuple[dict[str, object], Place | None]] = []
        self._unstored = ""  # why what waits could not be stored
        self._retry = 0.0
        self._again: asyncio.TimerHandle | None = None
        self._credit, self._credit_at = _BURST, self.began
        self._dropped: dict[str, int] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self.callbacks = Callbacks(self, number(ctx.environ, "BRIDGE_CALLBACK_TIMEOUT"))
        self.deadlines = Deadlines(self)
        self.autosave = Autosave(self)
        self.watches = Watches(self)
        self.finished = Finished(self)
        self.health = HealthWatch(self)
        self.structure = Structure(self)
        self.limits = Limits(self)
        self.sampler = Sampler(self)
        self.doors = Doors(self)
        self.collecting = Collecting(self)

    async def run(self) -> None:
        """Serve until asked to stop; what is owed then is done first, for at most 5 seconds."""
        for name in (self.log.aside, self._file.aside):
            if name:
                self.note("WARN", f"an unreadable file is kept as {name}")
        owed = self.log.pending()  # before anything is stored: that is told as it comes
        await self.doors.open()
        try:
            for delivery in owed:
                self.callbacks.add(delivery)
            self._load()
            await self.structure.begin()
            self.finished.begin()
            await self._follow_subscriptions()
            self._tell_what_was_published()
            self.spawn(self.structure.run())
            self.collecting.follow()
            self.spawn(self.limits.run())
            self.spawn(self.sampler.run())
            self.ready()
            await self.ended.wait()
        finally:
            await self.doors.close()
            self.collecting.close()
            self.limits.close()
            self.sampler.close()
            await self.structure.close()
            await self.watches.close()
            self.finished.close()
            self.health.close()
            self.deadlines.close()
            self.autosave.close()
            self.flush()
            if self._waiting:
                self.note("ERROR", f"{len(self._waiting)} events were never stored: {self._unstored}")
            if self._again is not None:
                self._again.cancel()
            await self.callbacks.close(_DRAINED_WITHIN)
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self.log.close()

    def ready(self) -> None:
        """Called when the daemon answers; the entry replaces it."""

    def end(self) -> None:
        """Serve no longer."""
        self.meeting.mark_ending()
        self.ended.set()

    def note(self, level: str, text: str, correlation: str = "") -> None:
        """A line in the daemon's log."""
        self._journal.add(f"[{time.strftime('%Y-%m-%d %H:%M:%S')}] {level}: {text}")
        severity = level.lower() if level.lower() in log.LEVELS else "info"
        if log.is_wanted(self.ctx.config, severity):
            record: dict[str, object] = {
                "level": severity,
                "event": "daemon",
                "correlation_id": correlation or self.ctx.correlation_id,
                "message": text,
                "pid": os.getpid(),
            }
            log.write(self.ctx.config, log.CALLS, record)

    def spawn(self, work: object) -> asyncio.Task[object]:
        """Run something beside the rest; its defects are logged, and never end the daemon."""
        task: asyncio.Task[object] = self.loop.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            self.note("ERROR", f"{type(problem).__name__}: {problem}")

    def emit(
        self,
        event_type: str,
        session: str,
        message: str,
        *,
        place: Place | None = None,
        pane_id: str = "",
        data: dict[str, object] | None = None,
    ) -> None:
        """Make an event. It is stored with what else comes in this turn of the loop, in the order of the calls."""
        if (event_type in _DROPPABLE and not self._may_pass()) or (event_type != "timeout" and self._is_full()):
            self._dropped[event_type] = self._dropped.get(event_type, 0) + 1
            if len(self._dropped) == 1 and self._dropped[event_type] == 1:
                self.loop.call_later(1.0, self._tell_dropped)
            return
        event = events.make(
            ids.nonce(),
            event_type,
            session,
            clock.timestamp(),
            message=message,
            pane_id=place.address if place else pane_id,
            pane=place.pane if place else "",
            data=data,
        )
        if not self._waiting:
            self.loop.call_soon(self.flush)
        self._waiting.append((event, place))

    def flush(self) -> None:
        """Store, mirror, tell. What cannot be stored waits, and nothing is spent for it."""
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        stored = [event for event, _ in batch]
        owed: list[tuple[int, str, str]] = []
        spent: list[str] = []
        for index, (event, place) in enumerate(batch):
            for name, callback in self._subscribers(event, place, spent):
                owed.append((index, name, callback))
        try:
            deliveries = self.log.append(stored, owed, spent)
        except BridgeError as problem:
            self._spent.difference_update(spent)
            self._waiting = batch
            self._store_later(problem.message)
            return
        self._unstored, self._retry = "", 0.0
        self._after(stored, spent)
        for delivery in deliveries:
            self.callbacks.add(delivery)

    def publish(self, event: dict[str, object]) -> dict[str, object]:
        """Store one event from outside and tell it; returns it with its number. Raises ERR_STATE."""
        self.flush()
        spent: list[str] = []
        owed = self._subscribers(event, self.structure.place(str(event["pane"])), spent)
        try:
            deliveries = self.log.append([event], [(0, name, text) for name, text in owed], spent)
        except BridgeError:
            self._spent.difference_update(spent)
            raise
        self._after([event], spent)
        for delivery in deliveries:
            self.callbacks.add(delivery)
        return event

    async def reload(self) -> None:
        """Read the subscriptions again; what they need is watched when this returns."""
        self._load()
        self.collecting.follow()
        await self._follow_subscriptions()

    def status(self) -> dict[str, object]:
        """What daemon-status tells."""
        used = os.times()
        uptime = max(time.monotonic() - self.began, 0.001)
        return {
            "pid": os.getpid(),
            "version": __version__,
            "uptime_seconds": int(uptime),
            "sessions": self.structure.session_count(),
            "panes": len(self.structure.panes),
            "watched_panes": self.watches.count(),
            "subscriptions": len(self.subscriptions),
            "queue_depth": self.callbacks.depth() + len(self._waiting),
            "dead_letters": self.log.dead_letters(),
            "events_total": self.log.last(),
            "cpu_percent": round((used.user + used.system) / uptime * 100, 2),
            "rss_mb": process.resident_mb(os.getpid()),
            "monitor": self.session,
            "log_file": self.meeting.log_path,
            "events_directory": self.ctx.paths.events,
            "connected": self.structure.connected,
            "waiting": len(self._waiting),
            "unstored": self._unstored,
        }

    def watches_session(self, session: str) -> bool:
        """Whether the daemon looks at this session at all."""
        return self.session in (events.EVERYTHING, session)

    def serves(self, session: str, event_type: str) -> bool:
        """Whether a subscription to this is told what it asks for, by a daemon that may look at one session alone."""
        if session == events.EVERYTHING or self.watches_session(session) or self.structure.knows(session):
            return True
        return event_type == "timeout" or not events.TYPES.get(event_type, ("", event_type == events.EVERYTHING))[1]

    def _load(self) -> None:
        ended = self.log.spent()
        if ended:
            self._file.remove(ended, clock.epoch())
            self.log.forget_spent(ended)
        self.subscriptions = self._file.load(clock.epoch())
        self._spent.clear()

    async def _follow_subscriptions(self) -> None:
        self.deadlines.follow()
        self.health.follow()
        self.autosave.follow()
        await self.watches.follow()

    def _subscribers(self, event: dict[str, object], place: Place | None, spent: list[str]) -> list[tuple[str, str]]:
        """Who has a callback for the event, as (subscription, callback); those that end with it go into `spent`."""
        owed = []
        for item in self.subscriptions:
            name = str(item["subscription_id"])
            if name in self._spent or not events.wants(item, event, place):
                continue
            if item["callback"]:
                owed.append((name, _callback(item)))
            if item.get("once") or item["event_type"] == "timeout":
                spent.append(name)
                self._spent.add(name)
        return owed

    def _after(self, stored: list[dict[str, object]], spent: list[str]) -> None:
        for event in stored:
            self.note(
                "EVENT",
                f"{event['event_type']} session={event['session']} pane={event['pane_id']} msg={event['message']}",
            )
        try:
            self._mirror.append(stored)
        except BridgeError as problem:
            self.note("ERROR", f"the mirror: {problem.message}")
        if spent:
            self.spawn(self._end_subscriptions())

    async def _end_subscriptions(self) -> None:
        try:
            await self.reload()
        except BridgeError as problem:
            self.note("ERROR", problem.message)

    def _tell_what_was_published(self) -> None:
        for event in self.log.untold():
            spent: list[str] = []
            owed = self._subscribers(event, self.structure.place(str(event["pane"])), spent)
            for delivery in self.log.tell(event, owed, spent):
                self.callbacks.add(delivery)
            if spent:
                self.spawn(self._end_subscriptions())

    def _store_later(self, problem: str) -> None:
        """Try again, later each time, whoever asked for it."""
        if not self._unstored:
            self.note("ERROR", f"{len(self._waiting)} events could not be stored yet: {problem}")
        self._unstored = problem
        if self._again is None:
            self._retry = min(max(self._retry * 2, _FIRST_RETRY), _LAST_RETRY)
            self._again = self.loop.call_later(self._retry, self._store_again)

    def _store_again(self) -> None:
        self._again = None
        self.flush()

    def _is_full(self) -> bool:
        return len(self._waiting) >= _MOST_WAITING and bool(self._unstored)

    def _may_pass(self) -> bool:
        now = time.monotonic()
        self._credit = min(_BURST, self._credit + (now - self._credit_at) * _RATE)
        self._credit_at = now
        if self._credit < 1:
            return False
        self._credit -= 1
        return True

    def _tell_dropped(self) -> None:
        if self._is_full():
            self.loop.call_later(1.0, self._tell_dropped)
            return
        dropped, self._dropped = self._dropped, {}
        self.emit("overflow", events.EVERYTHING, f"Events dropped: {sum(dropped.values())}", data={"dropped": dropped})


def _callback(item: dict[str, object]) -> str:
    """What is kept of a callback that is owed: where it runs, its text, the correlation id of who subscribed."""
    words = item.get("argv")
    return compact(
        [
            str(item.get("directory") or "/"),
            str(item["callback"]),
            str(item.get("correlation_id") or ""),
            [str(word) for word in words] if isinstance(words, list) else [],
        ]
    )
