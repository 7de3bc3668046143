"""Events are stored, then mirrored, then told: in this order, and nothing waits for it but the next event.

What belongs to the disk is done in a thread of its own. What cannot be stored waits, and nothing is spent for it.
"""

from __future__ import annotations

import asyncio
import time

from bridge.core import events
from bridge.core.events import Place
from bridge.core.names import file_name
from bridge.envelope import compact
from bridge.errors import BridgeError
from bridge.store.events import Delivery, EventLog, Mirror
from bridge.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.daemon.hub import Hub

_RATE, _BURST = 2000.0, 10_000.0  # events that output makes, each second; what is beyond is counted
_DROPPABLE = ("pattern-match", "pane-output")
_MOST_WAITING = 20_000  # events that could not be stored yet; what is beyond is counted
_FIRST_RETRY, _LAST_RETRY = 0.5, 15.0
_COUNTED_WITHIN = 0.02  # a status does not wait for a disk

Mark = tuple[str, int, str | None]  # a pane, its process, and how far its log was looked at; None forgets it


class Ledger:
    """The log of events as the daemon writes it. `subscriptions` are those that are served now.

    `call` is given each callback that is owed.
    """

    def __init__(self, hub: Hub, call: Callable[[Delivery], None]) -> None:
        self._hub = hub
        self._call = call
        self.log = EventLog(hub.meeting.events_file, clock.epoch())
        self._mirror = Mirror(hub.ctx.paths.events, file_name)
        self.subscriptions: list[dict[str, object]] = []
        self._spent: set[str] = set()
        self._waiting: list[tuple[dict[str, object], Place | None]] = []
        self._marks: dict[tuple[str, int], Mark] = {}
        self._due = asyncio.Event()
        self._turn = asyncio.Lock()
        self.unstored = ""  # why what waits could not be stored
        self._credit, self._credit_at = _BURST, time.monotonic()
        self._dropped: dict[str, int] = {}
        self.last, self.dead_letters = self.log.last(), self.log.dead_letters()

    def waiting(self) -> int:
        """How many events are not stored yet."""
        return len(self._waiting)

    def add(self, event: dict[str, object], place: Place | None) -> None:
        """Have an event stored with what else comes in this turn of the loop, in the order of the calls."""
        event_type = str(event["event_type"])
        if (event_type in _DROPPABLE and not self._may_pass()) or (event_type != "timeout" and self._is_full()):
            self._dropped[event_type] = self._dropped.get(event_type, 0) + 1
            if len(self._dropped) == 1 and self._dropped[event_type] == 1:
                self._hub.loop.call_later(1.0, self._tell_dropped)
            return
        self._waiting.append((event, place))
        self._due.set()

    def mark(self, pane: str, pid: int, place: str | None) -> None:
        """Note how far a pane's byte log was looked at; it is stored together with the events that were made of it.

        None forgets the pane.
        """
        self._marks[pane, pid] = (pane, pid, place)
        self._due.set()

    async def run(self) -> None:
        """Store for ever; later each time where that fails."""
        wait = _FIRST_RETRY
        self._due.set()  # what waited when this failed
        while True:
            await self._due.wait()
            self._due.clear()
            if await self.flush():
                wait = _FIRST_RETRY
                continue
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LAST_RETRY)
            self._due.set()

    async def flush(self) -> bool:
        """Store, mirror, tell; whether that is done. What cannot be stored waits."""
        async with self._turn:
            while self._waiting or self._marks:
                batch, self._waiting = self._waiting, []
                marks, self._marks = self._marks, {}
                try:
                    told = await self._append(batch, list(marks.values()))
                except BaseException as problem:
                    self._marks = marks | self._marks
                    sound = [item for item in batch if _is_storable(item[0])]
                    self._waiting[:0] = sound
                    if len(sound) < len(batch):
                        self._hub.note("ERROR", f"an event cannot be stored and is dropped: {problem!r}"[:500])
                        continue
                    if not isinstance(problem, BridgeError):
                        raise
                    if not self.unstored and batch:
                        self._hub.note("ERROR", f"{len(batch)} events could not be stored yet: {problem.message}")
                    self.unstored = problem.message
                    return False
                self.unstored = ""
                await self._tell([event for event, _ in batch], *told)
            return True

    async def publish(self, event: dict[str, object]) -> dict[str, object]:
        """Store one event from outside and tell it; returns it with its number. Raises ERR_STATE."""
        await self.flush()
        async with self._turn:
            place = self._hub.structure.place(str(event["pane"]))
            await self._tell([event], *await self._append([(event, place)], []))
        return event

    async def owed(self) -> list[Delivery]:
        """The callbacks that an earlier daemon has left."""
        return await self._hub.lanes.run("ledger", self.log.pending)

    async def tell_what_was_published(self) -> None:
        """Take what was stored while no daemon ran to its subscribers."""
        for event in await self._hub.lanes.run("ledger", self.log.untold):
            spent: list[str] = []
            owed = self._subscribers(event, self._hub.structure.place(str(event["pane"])), spent)
            for delivery in await self._hub.lanes.run("ledger", self.log.tell, event, owed, spent):
                self._call(delivery)
            if spent:
                self._hub.end_subscriptions()

    async def settle(self, delivery: Delivery) -> None:
        """A callback has run. Raises ERR_STATE."""
        await self._hub.lanes.run("ledger", self.log.settle, delivery)

    async def postpone(self, delivery: Delivery, reason: str, *, dead: bool) -> None:
        """A callback has failed; with `dead` it is given up. Raises ERR_STATE."""

        def work() -> int:
            self.log.postpone(delivery, reason, dead=dead)
            return self.log.dead_letters() if dead else self.dead_letters

        self.dead_letters = await self._hub.lanes.run("ledger", work)

    async def spent(self) -> set[str]:
        """The subscriptions that have ended, though their file may hold them still. Raises ERR_STATE."""
        return await self._hub.lanes.run("ledger", self.log.spent)

    async def marks(self) -> dict[tuple[str, int], str]:
        """How far the logs of panes were looked at before this daemon began. Raises ERR_STATE."""
        return await self._hub.lanes.run("ledger", self.log.marks)

    async def serve(self, subscriptions: list[dict[str, object]], ended: set[str]) -> None:
        """Serve these from now on; those that have `ended` are in their file no more. Raises ERR_STATE."""
        if ended:
            await self._hub.lanes.run("ledger", self.log.forget_spent, ended)
        self.subscriptions = subscriptions
        self._spent = (self._spent - ended) & {str(item["subscription_id"]) for item in subscriptions}

    async def counts(self) -> tuple[int, int]:
        """The number of the newest event and how many callbacks were given up; as last known where the disk is slow."""
        try:
            async with asyncio.timeout(_COUNTED_WITHIN):
                found = await self._hub.lanes.run("ledger", lambda: (self.log.last(), self.log.dead_letters()))
                self.last, self.dead_letters = found
        except (TimeoutError, BridgeError):
            pass
        return self.last, self.dead_letters

    async def close(self, seconds: float) -> None:
        """Store what waits, for at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self.flush()
        except TimeoutError:
            self.unstored = self.unstored or "the disk is slow"
        if self._waiting:
            self._hub.note("ERROR", f"{len(self._waiting)} events were never stored: {self.unstored}")

    async def _append(
        self, batch: list[tuple[dict[str, object], Place | None]], marks: list[Mark]
    ) -> tuple[list[Delivery], list[str]]:
        """Store in one step; returns the callbacks that are owed, and the subscriptions that end with these events."""
        owed: list[tuple[int, str, str]] = []
        spent: list[str] = []
        for index, (event, place) in enumerate(batch):
            for name, callback in self._subscribers(event, place, spent):
                owed.append((index, name, callback))

        def work() -> list[Delivery]:
            return self.log.append([event for event, _ in batch], owed, spent, marks=marks)

        try:
            return await asyncio.shield(self._hub.lanes.run("ledger", work)), spent
        except BaseException:
            self._spent.difference_update(spent)
            raise

    async def _tell(self, stored: list[dict[str, object]], deliveries: list[Delivery], spent: list[str]) -> None:
        for delivery in deliveries:
            self._call(delivery)
        for event in stored:
            self.last = max(self.last, int(str(event["seq"])))
            text = f"session={event['session']} pane={event['pane_id']} msg={event['message']}"
            self._hub.note("EVENT", f"{event['event_type']} {text}")
        if spent:
            self._hub.end_subscriptions()
        try:
            if stored:
                await self._hub.lanes.run("ledger", self._mirror.append, stored)
        except (BridgeError, OSError, ValueError) as problem:
            self._hub.note("ERROR", f"the mirror: {problem}")

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

    def _is_full(self) -> bool:
        return len(self._waiting) >= _MOST_WAITING and bool(self.unstored)

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
            self._hub.loop.call_later(1.0, self._tell_dropped)
            return
        dropped, self._dropped = self._dropped, {}
        self._hub.emit(
            "overflow", events.EVERYTHING, f"Events dropped: {sum(dropped.values())}", data={"dropped": dropped}
        )


def _is_storable(event: dict[str, object]) -> bool:
    """Whether an event can be written down at all: trying again would not mend one that cannot."""
    try:
        compact(event)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


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
