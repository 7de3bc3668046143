"""The daemon as a whole: its parts, and what they share. One thread, asyncio; what may wait is done in others."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque

from bridge import __version__, log
from bridge.config import number
from bridge.context import Context
from bridge.core import events
from bridge.daemon.autosave import Autosave
from bridge.daemon.callbacks import Callbacks
from bridge.daemon.deadlines import Deadlines
from bridge.daemon.doors import Doors, House
from bridge.daemon.finished import Finished
from bridge.daemon.gc import Collecting
from bridge.daemon.healthwatch import HealthWatch
from bridge.daemon.lanes import Lanes
from bridge.daemon.ledger import Ledger
from bridge.daemon.limits import Limits
from bridge.daemon.pulse import Pulse
from bridge.daemon.sampler import Sampler
from bridge.daemon.structure import Structure
from bridge.daemon.supervisor import Keeper, Supervisor, sentence
from bridge.daemon.watches import Watches
from bridge.errors import BridgeError
from bridge.store.rendezvous import DaemonLog, Rendezvous
from bridge.store.subscriptions import Subscriptions
from bridge.system import clock, process
from bridge.system.matcher import Matcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.events import Place
    from bridge.store.events import Delivery

_DRAINED_WITHIN = 5.0
_STORED_WITHIN = 6.0  # longer than a lock of the database is waited for
_LOOKED_AT_EACH = 2.0
_NOTES_KEPT = 500


class Service(House):
    """Everything that the daemon holds. `session` limits what it looks at, `*` is all."""

    def __init__(self, ctx: Context, session: str, meeting: Rendezvous, journal: DaemonLog) -> None:
        self.ctx = ctx
        self.session = session
        self.meeting = meeting
        self._journal = journal
        self._unwritten: deque[str] = deque(maxlen=_NOTES_KEPT)
        self.began = time.monotonic()
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(self._on_stray)
        self.pulse = Pulse.of(self.loop)
        self.ended = asyncio.Event()
        self._is_lost = False
        self.lanes = Lanes()
        self.matcher = Matcher()
        self.supervisor = Supervisor(self)
        self._tasks: set[asyncio.Task[object]] = set()
        self._loading = asyncio.Lock()
        self._file = Subscriptions(ctx.paths.base, ctx.config.lock_timeout)
        self.ledger = Ledger(self, self._call)
        self.callbacks = Callbacks(self, self.ledger, number(ctx.environ, "BRIDGE_CALLBACK_TIMEOUT"))
        self.deadlines = Deadlines(self)
        self.autosave = Autosave(self)
        self.watches = Watches(self, self.ledger)
        self.finished = Finished(self)
        self.health = HealthWatch(self)
        self.structure = Structure(self, self.watches, self.finished)
        self.limits = Limits(self)
        self.sampler = Sampler(self)
        self.doors = Doors(self)
        self.collecting = Collecting(self)

    @property
    def subscriptions(self) -> list[dict[str, object]]:
        """Those that are served now."""
        return self.ledger.subscriptions

    async def run(self) -> None:
        """Serve until asked to stop; what is owed then is done first, for at most 5 seconds."""
        if self.ledger.log.aside:
            self.note("WARN", f"an unreadable file is kept as {self.ledger.log.aside}")
        owed = await self.ledger.owed()  # before anything is stored: that is told as it comes
        await self.doors.open()
        keep = self.supervisor.keep
        storing = keep("events", self.ledger.run)
        try:
            for delivery in owed:
                self.callbacks.add(delivery)
            await self._load()
            await self.watches.begin()
            await self.structure.begin()
            self.finished.begin()
            await self._follow_subscriptions()
            await self.ledger.tell_what_was_published()
            parts = [keep("structure", self.structure.run), keep("place", self._hold_the_place)]
            await self.collecting.follow()
            parts += [keep("limits", self.limits.run), keep("metrics", self.sampler.run)]
            self.pulse.reset()
            self.ready()
            await self.ended.wait()
            for part in parts:
                part.cancel()
        finally:
            await self._close(storing)

    async def _close(self, storing: Keeper) -> None:
        """End every part, whatever is in the way of one of them."""
        steps = (
            lambda: self.doors.close(remove=not self._is_lost),
            self.collecting.close,
            self.limits.close,
            self.sampler.close,
            lambda: self.structure.close(hooks=not self._is_lost),
            self.watches.close,
            self.finished.close,
            self.health.close,
            self.deadlines.close,
            self.autosave.close,
            lambda: self.ledger.close(_STORED_WITHIN),
            lambda: self.callbacks.close(_DRAINED_WITHIN),
            storing.cancel,
        )
        for step in steps:
            try:
                ending = step()
                if ending is not None:
                    await ending
            except Exception as problem:
                self.note("ERROR", f"while ending: {sentence(problem)}")
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.matcher.close()
        self.lanes.close()
        self.ledger.log.close()

    def ready(self) -> None:
        """Called when the daemon answers; the entry replaces it."""

    def end(self) -> None:
        """Serve no longer."""
        self.meeting.mark_ending()
        self.ended.set()

    def note(self, level: str, text: str, correlation: str = "") -> None:
        """A line in the daemon's log; kept in memory while that cannot be written."""
        if self._is_lost:
            return  # the directory would be made again
        self._unwritten.append(f"[{time.strftime('%Y-%m-%d %H:%M:%S')}] {level}: {text}")
        while self._unwritten and self._journal.add(self._unwritten[0]):
            self._unwritten.popleft()
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
        """Run something once beside the rest; its defects are told, and never end the daemon."""
        task: asyncio.Task[object] = self.loop.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            self._tell_stray(problem)

    def _on_stray(self, _: object, context: dict[str, object]) -> None:
        """What the loop itself has caught: of a timer, of a descriptor, of the socket."""
        problem = context.get("exception")
        if isinstance(problem, BaseException):
            self._tell_stray(problem)
        else:
            self.supervisor.stray(str(context.get("message")))

    def _tell_stray(self, problem: BaseException) -> None:
        text = sentence(problem)
        self.supervisor.stray(text)
        self.note("ERROR", text)

    def add(self, event: dict[str, object], place: Place | None) -> None:
        """Have an event stored and told."""
        self.ledger.add(event, place)

    def _call(self, delivery: Delivery) -> None:
        self.callbacks.add(delivery)

    async def reload(self) -> None:
        """Read the subscriptions again; what they need is watched when this returns."""
        async with self._loading:
            await self._load()
            await self.collecting.follow()
            await self._follow_subscriptions()

    def end_subscriptions(self) -> None:
        """Take out of their file those that have ended, soon."""
        self.spawn(self._end_subscriptions())

    async def status(self) -> dict[str, object]:
        """What daemon-status and daemon-health tell; nothing is waited for."""
        used = os.times()
        uptime = max(time.monotonic() - self.began, 0.001)
        last, letters = await self.ledger.counts()
        return {
            "pid": os.getpid(),
            "version": __version__,
            "uptime_seconds": int(uptime),
            "sessions": self.structure.session_count(),
            "panes": len(self.structure.panes),
            "watched_panes": self.watches.count(),
            "subscriptions": len(self.subscriptions),
            "queue_depth": self.callbacks.depth() + self.ledger.waiting(),
            "dead_letters": letters,
            "events_total": last,
            "cpu_percent": round((used.user + used.system) / uptime * 100, 2),
            "rss_mb": process.resident_mb(os.getpid()),
            "monitor": self.session,
            "log_file": self.meeting.log_path,
            "events_directory": self.ctx.paths.events,
            "connected": self.structure.connected,
            "waiting": self.ledger.waiting(),
            "unstored": self.ledger.unstored,
            "parts": self.supervisor.parts(),
            "restarts": self.supervisor.failures,
            "down": self.supervisor.down(),
            "troubles": self._troubles(),
            "loop_late_ms_max": self.pulse.worst(),
            "loop_late_ms": self.pulse.recent(),
        }

    def _troubles(self) -> list[str]:
        found = self.supervisor.troubles()
        if self._unwritten:
            found.append(f"{len(self._unwritten)} lines could not be written to {self.meeting.log_path}")
        return found

    def watches_session(self, session: str) -> bool:
        """Whether the daemon looks at this session at all."""
        return self.session in (events.EVERYTHING, session)

    def serves(self, session: str, event_type: str) -> bool:
        """Whether a subscription to this is told what it asks for, by a daemon that may look at one session alone."""
        if session == events.EVERYTHING or self.watches_session(session) or self.structure.knows(session):
            return True
        return event_type == "timeout" or not events.TYPES.get(event_type, ("", event_type == events.EVERYTHING))[1]

    def lacks(self, session: str, event_type: str) -> str:
        """Why a subscription to this is not served at present; empty where it is."""
        if self.ledger.unstored:
            return f"events cannot be stored: {self.ledger.unstored}"
        kinds = events.NEEDS.get(event_type, ())
        if event_type == events.EVERYTHING:
            kinds = tuple({kind for needed in events.NEEDS.values() for kind in needed})
        broken = self.watches.unwatched(session) if event_type in events.NEEDS_OUTPUT else ""
        return self.supervisor.lacks("events", "callbacks", *kinds) or broken

    def served(self) -> dict[str, str]:
        """The subscriptions that are served, each with why not at present, empty where they are."""
        return {
            str(item["subscription_id"]): self.lacks(str(item["session"]), str(item["event_type"]))
            for item in self.subscriptions
        }

    async def _load(self) -> None:
        ended = await self.ledger.spent()
        found = await self.lanes.run("files", self._read_subscriptions, ended)
        await self.ledger.serve(found, ended)
        if self._file.aside:
            self.note("WARN", f"an unreadable file is kept as {self._file.aside}")
            self._file.aside = None

    def _read_subscriptions(self, ended: set[str]) -> list[dict[str, object]]:
        if ended:
            self._file.remove(ended, clock.epoch())
        return self._file.load(clock.epoch())

    async def _follow_subscriptions(self) -> None:
        self.deadlines.follow()
        await self.health.follow()
        await self.autosave.follow()
        await self.watches.follow()

    async def _end_subscriptions(self) -> None:
        try:
            await self.reload()
        except BridgeError as problem:
            self.note("ERROR", problem.message)

    async def _hold_the_place(self) -> None:
        """End where the state directory was removed: another daemon may be there already, and nobody finds this one."""
        while self.meeting.is_ours():
            await asyncio.sleep(_LOOKED_AT_EACH)
        self._is_lost = True
        self.ended.set()
        await asyncio.Event().wait()
