"""The byte logs of the panes that somebody wants to hear of: patterns, output, silence.

A log is followed by inotify: nothing runs while nothing is printed, and what is printed quickly is
looked at in batches. A line counts once for a pattern: when its newline has come, the pane has ended,
or it rests unfinished, as a question does; the echo of a line that bridge typed does not.
"""

from __future__ import annotations

import asyncio

from bridge.core import events
from bridge.core.events import Place
from bridge.daemon.panewatch import PaneWatch
from bridge.errors import BridgeError
from bridge.system.inotify import Inotify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.service import Service


class Watches:
    """Which panes are watched: those that a subscription needs, no others."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._watches: dict[tuple[str, int], PaneWatch] = {}
        self._turn = asyncio.Lock()
        self._inotify = Inotify()
        self._numbers: dict[int, PaneWatch] = {}
        service.loop.add_reader(self._inotify.descriptor, self._heard)

    def count(self) -> int:
        """How many panes are watched."""
        return len(self._watches)

    async def follow(self, history: dict[str, int] | None = None) -> None:
        """Watch what the subscriptions ask for now. In the panes of `history` what is on the screen counts too."""
        async with self._turn:
            wanted = self._wanted()
            for key in set(self._watches) - set(wanted):
                await self._drop(key)
            starting = []
            for key, (place, subscriptions) in wanted.items():
                watch = self._watches.get(key)
                if watch is None:
                    watch = self._watches[key] = PaneWatch(self._service, place, key[1])
                    starting.append(self._start(key, watch, (history or {}).get(key[0])))
                watch.follow(place, subscriptions)
            await asyncio.gather(*starting)

    async def finish(self, pane: str, pid: int) -> None:
        """The pane has ended: its last bytes are looked at before this returns."""
        async with self._turn:
            watch = self._watches.pop((pane, pid), None)
            if watch is not None:
                self._forget(watch)
                await watch.finish()

    async def close(self) -> None:
        """Give all logs back."""
        async with self._turn:
            for key in list(self._watches):
                await self._drop(key)
            self._service.loop.remove_reader(self._inotify.descriptor)
            self._inotify.close()

    def _wanted(self) -> dict[tuple[str, int], tuple[Place, list[dict[str, object]]]]:
        structure = self._service.structure
        asking = [item for item in self._service.subscriptions if item["event_type"] in events.NEEDS_OUTPUT]
        wanted = {}
        if not asking:
            return {}
        for known in structure.panes.values():
            covering = [item for item in asking if events.covers(item, known.place)]
            if covering and not known.dead:
                wanted[(known.place.pane, known.pane.pid)] = (known.place, covering)
        return wanted

    async def _start(self, key: tuple[str, int], watch: PaneWatch, history: int | None) -> None:
        try:
            path = await watch.open(history)
        except (BridgeError, OSError) as problem:
            del self._watches[key]
            text = problem.message if isinstance(problem, BridgeError) else str(problem)
            self._service.note("WARN", f"pane {watch.place.pane} cannot be watched: {text}")
            return
        try:
            watch.number = self._inotify.watch(path)
            self._numbers[watch.number] = watch
        except OSError as problem:
            self._service.note("WARN", f"inotify: {problem.strerror}; pane {watch.place.pane} is looked at in naps")
            watch.naps = True
        watch.begin()

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
