"""The byte logs of the panes that somebody wants to hear of: patterns, output, silence.

A log is followed by inotify: nothing runs while nothing is printed, and what is printed quickly is
looked at in batches. A line counts once for a pattern: when its newline has come, the pane has ended,
or it rests unfinished, as a question does; the echo of a line that bridge typed does not.
"""

from __future__ import annotations

import asyncio
import time

from bridge.core import events
from bridge.core.events import Place
from bridge.daemon.panewatch import PaneWatch
from bridge.daemon.supervisor import sentence
from bridge.system.inotify import Inotify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.hub import Hub, Kept
    from bridge.daemon.ledger import Ledger


_FIRST_RETRY, _LAST_RETRY = 0.2, 5.0
_KEPT_EACH = 600.0
_GONE = ("ERR_PANE_GONE", "ERR_PANE_NOT_FOUND", "ERR_SESSION_NOT_FOUND", "ERR_SERVER_GONE")


class Unwatched:
    """A pane that should be watched: where it is, the lines that will count when it is, why it is not."""

    __slots__ = ("history", "place", "reason")

    def __init__(self, place: Place, history: int | None, reason: str) -> None:
        self.place = place
        self.history = history
        self.reason = reason


class Watches:
    """Which panes are watched: those that a subscription needs, no others."""

    def __init__(self, hub: Hub, ledger: Ledger) -> None:
        self._hub = hub
        self._ledger = ledger
        self._watches: dict[tuple[str, int], PaneWatch] = {}
        self._turn = asyncio.Lock()
        self._inotify = Inotify()
        self._numbers: dict[int, PaneWatch] = {}
        self._unwatched: dict[tuple[str, int], Unwatched] = {}
        self._stopped: list[PaneWatch] = []
        self._failing = asyncio.Event()
        self._marks: dict[tuple[str, int], str] = {}
        self._keeper: Kept | None = None
        hub.loop.add_reader(self._inotify.descriptor, self._heard)

    async def begin(self) -> None:
        """Learn how far a daemon before this one has looked, and be there for panes that cannot be watched at once."""
        self._marks = await self._ledger.marks()
        self._keeper = self._hub.supervisor.keep("watches", self._run)

    def count(self) -> int:
        """How many panes are watched."""
        return len(self._watches)

    async def follow(self, history: dict[str, int] | None = None) -> None:
        """Watch what the subscriptions ask for now. In the panes of `history` what is on the screen counts too."""
        async with self._turn:
            wanted = self._wanted()
            for key in set(self._watches) - set(wanted):
                await self._drop(key)
            for key in set(self._unwatched) - set(wanted):
                self._watched(key)
            starting = []
            for key, (place, subscriptions) in wanted.items():
                watch = self._watches.get(key)
                if watch is None:
                    watch = self._watches[key] = PaneWatch(self._hub, self._ledger, place, key[1], self.stopped)
                    failed = self._unwatched.get(key)
                    lines = failed.history if failed is not None else (history or {}).get(key[0])
                    starting.append(self._start(key, watch, lines))
                watch.follow(place, subscriptions)
            await asyncio.gather(*starting)
            for pane, pid in [key for key in self._marks if key not in wanted]:
                del self._marks[pane, pid]
                self._ledger.mark(pane, pid, None)
                await self._hub.lanes.run("logs", PaneWatch.release, self._hub.ctx, pane, pid)

    def unwatched(self, session: str) -> str:
        """Why a pane of this session is not watched although it should be; empty where all are."""
        for failed in self._unwatched.values():
            places = (failed.place, *failed.place.others)
            if any(session in (events.EVERYTHING, place.session, place.session_id) for place in places):
                return f"pane {failed.place.pane} cannot be watched: {failed.reason}"
        return ""

    async def finish(self, pane: str, pid: int) -> None:
        """Look at the last bytes of a pane that has ended, before this returns."""
        async with self._turn:
            watch = self._watches.pop((pane, pid), None)
            if watch is not None:
                self._forget(watch)
                await watch.finish()

    def stopped(self, watch: PaneWatch) -> None:
        """Note that a watch's byte log has ended while its pane goes on; another is begun soon."""
        self._stopped.append(watch)
        self._failing.set()

    async def close(self) -> None:
        """Give all logs back."""
        async with self._turn:
            if self._keeper is not None:
                self._keeper.cancel()
            for key in list(self._watches):
                await self._drop(key)
            self._hub.loop.remove_reader(self._inotify.descriptor)
            self._inotify.close()

    def _wanted(self) -> dict[tuple[str, int], tuple[Place, list[dict[str, object]]]]:
        structure = self._hub.structure
        asking = [item for item in self._hub.subscriptions if item["event_type"] in events.NEEDS_OUTPUT]
        wanted = {}
        if not asking:
            return {}
        for known in structure.panes.values():
            covering = [item for item in asking if events.covers(item, known.place)]
            if covering and not known.dead and not known.holds_place:
                wanted[(known.place.pane, known.pane.pid)] = (known.place, covering)
        return wanted

    async def _start(self, key: tuple[str, int], watch: PaneWatch, history: int | None) -> None:
        try:
            path = await watch.open(history, self._marks.get(key))
        except Exception as problem:
            del self._watches[key]
            await watch.close()
            text = sentence(problem)
            if getattr(problem, "code", "") in _GONE:
                return  # the next look tells of its end
            if key not in self._unwatched:
                self._hub.note("WARN", f"pane {watch.place.pane} cannot be watched: {text}")
            self._unwatched[key] = Unwatched(watch.place, history, text)
            self._hub.supervisor.tell("watches", key[0], f"the pane cannot be watched: {text}")
            self._failing.set()
            return
        self._marks.pop(key, None)
        self._watched(key)
        try:
            watch.number = self._inotify.watch(path)
            self._numbers[watch.number] = watch
        except OSError as problem:
            self._hub.note("WARN", f"inotify: {problem.strerror}; pane {watch.place.pane} is looked at in naps")
            watch.naps = True
        watch.begin()

    async def _run(self) -> None:
        """Try again where a pane is not watched, later each time; and keep the logs for a daemon that comes after."""
        wait, failed_at = 0.0, 0.0
        while True:
            try:
                async with asyncio.timeout(_KEPT_EACH):
                    await self._failing.wait()
            except TimeoutError:
                for watch in list(self._watches.values()):
                    await self._hub.lanes.run("logs", watch.keep)
                continue
            if time.monotonic() - failed_at > _LAST_RETRY * 2:
                wait = 0.0 if self._stopped else _FIRST_RETRY
            await asyncio.sleep(wait)
            self._failing.clear()
            failed_at = time.monotonic()
            wait = min(max(wait * 2, _FIRST_RETRY), _LAST_RETRY)
            await self._end_stopped()
            await self.follow()

    async def _end_stopped(self) -> None:
        """Look at what the logs that have ended still hold, and let go of them."""
        stopped, self._stopped = self._stopped, []
        async with self._turn:
            for key, watch in list(self._watches.items()):
                if watch in stopped:
                    del self._watches[key]
                    self._forget(watch)
                    await watch.finish()

    def _watched(self, key: tuple[str, int]) -> None:
        if self._unwatched.pop(key, None) is not None:
            self._hub.supervisor.tell("watches", key[0], "")

    async def _drop(self, key: tuple[str, int]) -> None:
        watch = self._watches.pop(key)
        self._forget(watch)
        await watch.close()

    def _forget(self, watch: PaneWatch) -> None:
        if self._numbers.pop(watch.number, None) is not None:
            self._inotify.forget(watch.number)

    def _heard(self) -> None:
        for number in self._inotify.read():
            watch = self._numbers.get(number)
            if watch is not None:
                watch.wake()
