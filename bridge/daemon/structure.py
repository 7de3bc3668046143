"""What sessions and panes there are: a doorbell of tmux's hooks rings, a look at the list tells what is new.

Hooks at an index of our own wake a client that waits on a channel; it ends by itself when the daemon's side of its
terminal closes, however the daemon died. Where nobody waits, the client that tells the list goes on to wait: no change
falls between. Ends of processes are heard by pidfd. While no server runs the socket's directory is watched.
"""

from __future__ import annotations

import asyncio
import os

from bridge.core.events import Place
from bridge.daemon.known import LOOK, Known, Listing
from bridge.errors import BridgeError
from bridge.system import process, termination
from bridge.system.inotify import CREATE, MOVED_TO, Inotify
from bridge.tmux.client import Answer, failed
from bridge.tmux.doorbell import Doorbell, hooks_off, hooks_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.finished import Finished
    from bridge.daemon.hub import Hub
    from bridge.daemon.watches import Watches

_TOGETHER = 0.003  # rings that come together are one look
_FIRST_RETRY, _LAST_RETRY = 0.005, 1.0
_SERVER_NAP = 2.0  # only the net under inotify
_STATUS_WITHIN = 0.2
_HISTORY = 1000


class Structure:
    """Keeps the list of panes and makes session-created, session-closed and pane-exit."""

    def __init__(self, hub: Hub, watches: Watches, finished: Finished) -> None:
        self._hub = hub
        self._watches = watches
        self._finished = finished
        self._bell = Doorbell(hub.ctx.tmux, hub.meeting.key)
        self.panes: dict[str, Known] = {}
        self._sessions: dict[str, Place] = {}
        self._seen: dict[str, tuple[int, int]] = {}  # of every session: the server and the process of each pane
        self._server = self._hooked = 0
        self._begun = False
        self._rung = asyncio.Event()
        self._looking = asyncio.Lock()
        self._retry = 0.0
        self.connected = False

    def session_count(self) -> int:
        """How many sessions there are."""
        return len(self._sessions)

    def knows(self, session_id: str) -> bool:
        """Whether a session with this `$id` is looked at."""
        return any(place.session_id == session_id for place in self._sessions.values())

    def place(self, pane_id: str) -> Place | None:
        """The pane with this `%id`."""
        known = self.panes.get(pane_id)
        return known.place if known else None

    def covered(self, subscription: dict[str, object]) -> list[Place]:
        """The panes that a subscription is about, by what is known now."""
        from bridge.core.events import covers  # noqa: PLC0415

        return [known.place for known in self.panes.values() if covers(subscription, known.place)]

    async def begin(self) -> None:
        """Take what is there as it is: it makes no events."""
        await self._connect()
        self._begun = True

    async def run(self) -> None:
        """Follow the changes for ever."""
        self.ring()  # what has changed before
        while True:
            if not self.connected:
                await self._await_server()
                continue
            await self._rung.wait()
            await asyncio.sleep(_TOGETHER)
            self._rung.clear()
            await self._look()
            if self.connected and self._server != self._hooked:
                await self._connect()  # another server has taken the place

    def ring(self) -> None:
        """Have the list looked at."""
        self._rung.set()

    async def close(self, *, hooks: bool) -> None:
        """End the doorbell, and take the `hooks` out unless they may be another daemon's."""
        for known in self.panes.values():
            self._unwatch(known)
        self._unlisten()
        self._bell.close()
        if self.connected and hooks:
            try:
                await self._ask(*hooks_off(self._hub.meeting.key))
            except BridgeError:
                return  # the server has gone, and its hooks with it

    async def _ask(self, *commands: tuple[str, ...]) -> bool:
        """Whether a server answered."""
        answer = await self._hub.lanes.run("tmux", self._hub.ctx.tmux.run, *commands)
        return not answer.no_server

    async def _connect(self) -> None:
        """Set the hooks, then look and listen."""
        try:
            answered = await self._ask(*hooks_on(self._hub.meeting.key))
        except BridgeError as problem:
            self._hub.note("WARN", f"tmux: {problem.message}")
            answered = False
        if answered and not self.connected:
            self._hub.note("INFO", f"Connected to tmux at {self._hub.ctx.config.server}")
        self.connected = answered
        self._unlisten()
        self._bell.close()
        await self._look()
        self._hooked = self._server

    async def _list(self) -> Answer:
        """The panes there are; where nobody listens, who asks goes on to listen. Raises BridgeError, OSError."""
        if not self._bell.has_ended():
            answer = await self._hub.lanes.run("tmux", self._hub.ctx.tmux.run, LOOK)
        else:
            self._unlisten()
            self._bell.listen(LOOK)
            self._hub.loop.add_reader(self._bell.descriptor, self._bell_moved)
            answer = await self._hub.lanes.run("tmux", self._bell.answer)
        if answer.status and not answer.no_server:
            raise failed(answer)
        return answer

    def _bell_moved(self) -> None:
        self._unlisten()  # what has ended stays readable
        self.ring()

    def _unlisten(self) -> None:
        if self._bell.descriptor >= 0:
            self._hub.loop.remove_reader(self._bell.descriptor)  # that there is none is no error

    async def _await_server(self) -> None:
        """Sleep until something appears where the server's socket would be."""
        directory = os.path.dirname(self._hub.ctx.config.server) or "/"
        while not os.path.isdir(directory):
            directory = os.path.dirname(directory) or "/"
        arrived = asyncio.Event()
        watcher: Inotify | None = None
        try:
            try:
                watcher = Inotify()
                watcher.watch(directory, CREATE | MOVED_TO)
                self._hub.loop.add_reader(watcher.descriptor, arrived.set)
            except OSError as problem:
                self._hub.note("WARN", f"inotify: {problem.strerror}")
            if not os.path.exists(self._hub.ctx.config.server):
                try:
                    await asyncio.wait_for(arrived.wait(), _SERVER_NAP if watcher is None else 60.0)
                except TimeoutError:
                    return
            elif not await self._answers():
                try:
                    await asyncio.wait_for(arrived.wait(), _SERVER_NAP)
                except TimeoutError:
                    return
        finally:
            if watcher is not None:
                self._hub.loop.remove_reader(watcher.descriptor)
                watcher.close()
        # The socket is there a moment before its server listens.
        for nap in (0.002, 0.01, 0.05, 0.2):
            if await self._answers():
                await self._connect()
                return
            await asyncio.sleep(nap)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(self._hub.ctx.config.server)
        except (OSError, ValueError):
            return False
        writer.close()
        return True

    async def _look(self) -> None:
        async with self._looking:
            try:
                answer = await self._list()
                listing = Listing(b"" if answer.no_server else answer.output, self._hub.watches_session)
            except (BridgeError, OSError) as problem:  # no process or descriptor to be had is one of them
                told = problem.message if isinstance(problem, BridgeError) else f"it cannot be started: {problem}"
                self._hub.note("WARN", f"tmux: {told}")
                self._hub.supervisor.tell("structure", "", told)
                self._again()
                return
            self._hub.supervisor.tell("structure", "", "")
            if answer.no_server:
                self.connected = False
            self._server = listing.server or self._server
            before, self._seen = self._seen, listing.seen
            await self._compare(listing.panes, listing.sessions, before)

    async def _compare(
        self, found: dict[str, Known], sessions: dict[str, Place], before: dict[str, tuple[int, int]]
    ) -> None:
        """Make the events of what is new, in an order that makes sense: ends first, a session after its panes."""
        history = self._history(found, before) if self._begun else {}
        gone = self._gone(found)
        again = False
        for new in found.values():
            if new.dead and not new.reported:
                if new.exit_status is None and self._retry < _STATUS_WITHIN and self._begun:
                    termination.remind_of_children(self._server)
                    again = True
                else:
                    new.reported = True
                    gone.append(new)
            elif new.end < 0 and not new.dead:
                again = not self._watch(new) or again
        ended = [place for key, place in self._sessions.items() if key not in sessions]
        begun = [place for key, place in sessions.items() if key not in self._sessions]
        self.panes, self._sessions = found, sessions
        if self._begun:
            await self._tell(gone, ended, begun)
        if again:
            self._again()
        else:
            self._retry = 0.0
        if self._begun:
            begun_now = {name for name, known in found.items() if before.get(name) != (known.server, known.pane.pid)}
            self._finished.follow(begun_now)
        await self._watches.follow(history)

    def _history(self, found: dict[str, Known], before: dict[str, tuple[int, int]]) -> dict[str, int]:
        """The panes whose text is new, with the lines of history that count.

        Of one that was dead and runs again it is the screen alone: tmux has cleared that, not the history.
        """
        history = {}
        for pane_id, known in found.items():
            server, pid = before.get(pane_id, (0, 0))
            old = self.panes.get(pane_id)
            if server != known.server:
                history[pane_id] = _HISTORY
            elif pid != known.pane.pid and old is not None and old.reported:
                history[pane_id] = 0
        return history

    def _gone(self, found: dict[str, Known]) -> list[Known]:
        """The panes that are there no more and were not reported; those that stay are taken over."""
        gone = []
        for pane_id, old in self.panes.items():
            new = found.get(pane_id)
            if new is not None and new.pane.pid == old.pane.pid and new.server == old.server:
                new.end, new.reported = old.end, old.reported
                continue
            self._unwatch(old)
            if not old.reported and not old.holds_place:
                gone.append(old)
        return gone

    async def _tell(self, gone: list[Known], ended: list[Place], begun: list[Place]) -> None:
        """Make the events; what a pane has printed comes before its end."""
        await asyncio.gather(*(self._watches.finish(known.place.pane, known.pane.pid) for known in gone))
        for known in gone:
            self._finished.last_words(known)
            data: dict[str, object] = {
                "exit_status": known.exit_status,
                "pid": known.pane.pid,
                "label": known.place.label,
                "remains": known.dead,
            }
            self._hub.emit("pane-exit", known.place.session, "Pane exited", place=known.place, data=data)
        for message, places in (("Session closed", ended), ("Session created", begun)):
            for place in places:
                kind = message.lower().replace(" ", "-")
                self._hub.emit(kind, place.session, message, data={"session_id": place.session_id})

    def _again(self) -> None:
        """Look once more, later each time: a process has ended, and tmux does not say so yet."""
        self._retry = min(max(self._retry * 1.6, _FIRST_RETRY), _LAST_RETRY)
        self._hub.loop.call_later(self._retry, self.ring)

    def _watch(self, known: Known) -> bool:
        """Hear of the end of the pane's process; tells whether it still lives."""
        found = process.read_process(known.pane.pid)
        if found is None or found.state in "ZX":
            return False
        known.end = process.watch_end(known.pane.pid)
        if known.end >= 0:
            self._hub.loop.add_reader(known.end, self._ended, known.end, known.pane.id)
        return True

    def _ended(self, descriptor: int, pane_id: str) -> None:
        self._hub.loop.remove_reader(descriptor)
        os.close(descriptor)
        known = self.panes.get(pane_id)
        if known is not None and known.end == descriptor:
            known.end = -1
        self.ring()

    def _unwatch(self, known: Known) -> None:
        if known.end >= 0:
            self._hub.loop.remove_reader(known.end)
            os.close(known.end)
        known.end = -1
