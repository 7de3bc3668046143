"""One watched pane: bytes to lines, lines to events."""

from __future__ import annotations

import asyncio
import time

from bridge.context import Context
from bridge.core.echo import EchoFilter, EditorReader
from bridge.core.events import Place
from bridge.core.text import SIZE, LineReader
from bridge.daemon.logguard import Guard
from bridge.daemon.marks import Mark
from bridge.daemon.printed import Printed
from bridge.daemon.silence import Silence
from bridge.errors import BridgeError
from bridge.features.output import logfiles
from bridge.features.output.bytelog import ByteLog, release_kept
from bridge.features.panes import lookup, typed
from bridge.model import Pane
from bridge.tmux import argv, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.daemon.hub import Hub, Kept
    from bridge.daemon.ledger import Ledger

_BATCH = 1 << 18
_SLICE = 4096
_TURN = 0.01  # seconds of one turn of the loop that text may take
_MARKED_EACH = 2.0
_ECHOED = 1 << 16  # bytes before a mark in which echoes are looked for
_BATCHES_APART, _LOOKS_AT_ONCE = 0.02, 5.0
_RESTED = 0.05  # a line without an end counts when it has not changed for so long
_NAP = 0.05  # where inotify cannot tell
_LONGEST_TEXT = 2000


class PaneWatch:
    """Follows a pane's byte log. Everything is looked at in order, each byte once."""

    def __init__(self, hub: Hub, ledger: Ledger, place: Place, pid: int, stopped: Callable[[PaneWatch], None]) -> None:
        """`stopped` is called where the log ends while the pane goes on."""
        self._hub = hub
        self._ledger = ledger
        self._stopped = stopped
        self.place = place
        self._pid = pid
        self._subscriptions: list[dict[str, object]] = []
        self.number = -1
        self.naps = False
        self._log: ByteLog | None = None
        self._pane: Pane | None = None
        self._size = SIZE
        self._reader = EditorReader(LineReader(*SIZE))
        self._echo = EchoFilter([])
        self._offset = 0
        self._partial = ""
        self._told: set[str] = set()  # the patterns that the line without an end has matched
        self._pending: list[str] = []  # lines that were read and not looked at yet
        self._marked = 0.0
        self._looks, self._looked = _LOOKS_AT_ONCE, time.monotonic()
        self._until = 0  # before this offset an earlier daemon should have looked, for those who listened then
        self._earlier: set[str] = set()
        self._woken = asyncio.Event()
        self._keeper: Kept | None = None
        self._guard: Guard | None = None
        self._turn = asyncio.Lock()
        self._silence = Silence(hub, lambda: self.place)
        self._refused: set[str] = set()
        self._printed = Printed(hub, lambda: self.place)

    def follow(self, place: Place, subscriptions: list[dict[str, object]]) -> None:
        """Who listens from now on, and where the pane is now."""
        self.place = place
        others = {str(item["subscription_id"]) for item in subscriptions} != {
            str(item["subscription_id"]) for item in self._subscriptions
        }
        self._subscriptions = subscriptions
        self._silence.follow(subscriptions)
        self._printed.follow(subscriptions)
        if others:
            self._mark()

    async def open(self, history: int | None, mark: str | None) -> str:
        """Begin; returns the path of the log. Raises ERR_PANE_GONE and the like.

        With `history` the screen and so many lines before it are looked at too. With a `mark` that an
        earlier daemon has left, what was printed since is looked at instead.
        """
        log, pane = await self._hub.lanes.run("logs", self._open, history or 0)
        self._log, self._pane = log, pane
        if mark is not None and await self._resume(log, mark):
            return log.path
        self.naps = log.private
        screen = log.screen.split("\n")
        last = screen.pop() if log.column else ""  # in the first column nothing is half printed
        self._echo = EchoFilter(typed.lines(pane))
        self._size = log.pane_size
        reader = LineReader(*log.pane_size)
        reader.resume(last, log.column, screen)
        self._reader = EditorReader(reader)
        self._offset = log.start
        if history is not None:
            await self._look_at(screen)
        else:
            self._echo.output(screen)
        self._mark()
        return log.path

    async def _resume(self, log: ByteLog, mark: str) -> bool:
        """Go on where an earlier daemon was; false where its log is not there any more."""
        assert self._pane is not None
        found = Mark.read(mark)
        if found is None or not log.joined or log.generation != found.generation or found.offset > log.start:
            message = "What was printed while no daemon ran was not kept"
            self._hub.emit("overflow", self.place.session, message, place=self.place, data={"reason": "no log"})
            return False
        self._offset, self._until = found.offset, log.start
        self._earlier, self._told = set(found.subscriptions), set(found.told)
        self._reader = EditorReader(await self._hub.lanes.run("logs", log.reader_at, found.offset))
        before = log.fetch(max(0, found.offset - _ECHOED), min(found.offset, _ECHOED))[1]
        self._echo = EchoFilter(typed.lines(self._pane))
        earlier = EditorReader(LineReader(*log.pane_size))
        self._echo.defer(await self._hub.lanes.run("logs", earlier.feed, before))
        self._partial = self._reader.peek() if found.told else ""
        return True

    def begin(self) -> None:
        """Follow from now on."""
        self._woken.set()
        self._keeper = self._hub.supervisor.keep("watches", self._run, self.place.pane)
        self._guard = Guard(self._hub.loop, self._log, self._tell_stopped) if self._log is not None else None

    def wake(self) -> None:
        """Something was printed."""
        self._woken.set()

    async def finish(self) -> None:
        """Look at what is left, also at a line without an end, and give the log back."""
        if self._log is not None:
            await self._hub.lanes.run("logs", self._log.await_writer)
            try:
                while await self._step():
                    pass
                last = self._reader.peek()
                if last.strip():
                    await self._look_at([last])
                if self._log is not None and self._log.has_stopped():
                    self._tell_overflow(None)
            except (BridgeError, OSError) as problem:
                self._hub.note("WARN", f"the end of pane {self.place.pane}: {problem}")
        self._printed.tell()
        await self.close()

    async def close(self) -> None:
        """Give the log back."""
        self._silence.follow([])
        if self._guard is not None:
            self._guard.close()
        if self._keeper is not None:
            self._keeper.cancel()
        if self._log is not None:
            log, self._log = self._log, None
            self._hub.supervisor.tell("watches", f"{self.place.pane} pattern", "")
            self._ledger.mark(self.place.pane, self._pid, None)
            await self._hub.lanes.run("logs", self._give_back, log)

    def keep(self) -> None:
        """Have the log live on for an hour, should this process end."""
        if self._log is not None and not self._log.private:
            logfiles.mark(logfiles.base(self._hub.ctx, self.place.pane, self._pid), logfiles.DAEMON)

    @staticmethod
    def release(ctx: Context, pane: str, pid: int) -> None:
        """Give back the log of a pane that an earlier daemon has kept."""
        release_kept(ctx, pane, pid, logfiles.DAEMON)

    def _give_back(self, log: ByteLog) -> None:
        try:
            logfiles.unmark(logfiles.base(self._hub.ctx, self.place.pane, self._pid), logfiles.DAEMON)
        finally:
            log.close()

    def _open(self, history: int) -> tuple[ByteLog, Pane]:
        _, pane = lookup.find(self._hub.ctx, self.place.session_id, self.place.pane)
        log = ByteLog(self._hub.ctx, pane, history=history)
        try:
            if not log.private:
                logfiles.mark(logfiles.base(self._hub.ctx, pane.id, pane.pid), logfiles.DAEMON)
        except BaseException:
            log.close()
            raise
        return log, pane

    def _mark(self) -> None:
        """Have stored how far was looked, with the events that were made of it."""
        log = self._log
        if log is None or log.private:
            return
        self._marked = time.monotonic()
        names = [str(item["subscription_id"]) for item in self._subscriptions]
        mark = Mark(log.generation, self._offset, names, sorted(self._told))
        self._ledger.mark(self.place.pane, self._pid, mark.text())

    async def _run(self) -> None:
        self._woken.set()  # what was not looked at when this failed
        while True:
            if self.naps:
                await asyncio.sleep(_NAP)
            else:
                await self._woken.wait()
            self._woken.clear()
            while await self._step():
                await asyncio.sleep(self._pause())
            try:
                async with asyncio.timeout(_RESTED):
                    await self._woken.wait()
            except TimeoutError:
                await self._look_at_partial()

    def _pause(self) -> float:
        """How long to let output gather: not at all for what comes now and then, a moment for what goes on."""
        now = time.monotonic()
        self._looks = min(_LOOKS_AT_ONCE, self._looks + (now - self._looked) / _BATCHES_APART) - 1
        self._looked = now
        return 0.0 if self._looks > 0 else _BATCHES_APART

    async def _step(self) -> bool:
        """Look at one batch; tells whether there was any."""
        async with self._turn:
            if self._log is None:
                return False
            if not self._pending:
                most = min(_BATCH, self._until - self._offset) if self._offset < self._until else _BATCH
                lost, data = self._log.fetch(self._offset, most)
                if not data:
                    return False
                if lost:
                    self._tell_overflow(lost)
                    self._offset += lost
                self._silence.end()
                self._printed.add(data, self._size)
                await self._parse(data)
            told = bool(self._pending) and await self._look_at(self._pending)
            self._pending = []
            if told or time.monotonic() - self._marked >= _MARKED_EACH:
                self._mark()
            return True

    async def _parse(self, data: bytes) -> None:
        """Make lines of it, in slices between which others have their turn."""
        began = time.monotonic()
        for at in range(0, len(data), _SLICE):
            part = data[at : at + _SLICE]
            self._pending += self._reader.feed(part)
            self._offset += len(part)
            if time.monotonic() - began >= _TURN:
                await asyncio.sleep(0)
                began = time.monotonic()

    async def _look_at(self, lines: list[str]) -> bool:
        """Make the events of lines that match; tells whether there are any."""
        hits = await self._hits(lines)
        if hits:
            await self._catch_up()
        told, self._told, self._partial = self._told, set(), ""
        if not hits:
            self._echo.defer(lines)
            return False
        matches = []
        began = time.monotonic()
        for number, line in enumerate(lines):
            if self._echo.output([line]):
                for pattern, matching in hits.items():
                    if line in matching and not (number == 0 and pattern in told):
                        matches.append((pattern, line))
            if time.monotonic() - began >= _TURN:
                await asyncio.sleep(0)
                began = time.monotonic()
        for pattern, line in matches:  # all in one turn, and what is stored with them
            self._tell_match(pattern, line)
        return bool(matches)

    async def _look_at_partial(self) -> None:
        """Make the events of a line that has no end yet, such as a question; once for a line and pattern."""
        async with self._turn:
            if empty := self._reader.settle():
                await self._look_at(empty)
            line = self._reader.peek()
            if self._log is None or not line.strip() or line == self._partial:
                return
            self._partial = line
            hits = await self._hits([line])
            new = [pattern for pattern in hits if pattern not in self._told]
            if not new:
                return
            await self._catch_up()
            if self._echo.output([line], peek=True):
                self._told.update(new)
                for pattern in new:
                    self._tell_match(pattern, line)
                self._mark()

    async def _catch_up(self) -> None:
        """Learn what bridge has typed."""
        self._echo.update(await self._hub.lanes.run("tmux", self._typed_lines))

    async def _hits(self, lines: list[str]) -> dict[str, set[str]]:
        patterns = sorted({str(item["pattern"]) for item in self._listening()} - self._refused)
        text = "\n".join(lines)
        run = self._hub.lanes.run
        found = await asyncio.gather(
            *(run("patterns", self._hub.matcher.matching_lines, pattern, text) for pattern in patterns),
            return_exceptions=True,
        )
        hits = {}
        for pattern, answer in zip(patterns, found, strict=True):
            if isinstance(answer, BridgeError) and answer.code == "ERR_BAD_PATTERN":
                self._refused.add(pattern)
                self._hub.supervisor.tell("watches", f"{self.place.pane} pattern", answer.message)
                self._hub.note("ERROR", answer.message)
            elif isinstance(answer, BaseException):
                raise answer  # these lines are looked at again
            elif answer:
                hits[pattern] = set(answer)
        return hits

    def _listening(self) -> list[dict[str, object]]:
        """The subscriptions to patterns in what is looked at now."""
        behind = self._offset <= self._until and bool(self._earlier)
        return [
            item
            for item in self._subscriptions
            if item["event_type"] == "pattern-match" and (not behind or item["subscription_id"] in self._earlier)
        ]

    def _typed_lines(self) -> list[tuple[int, str]]:
        """What bridge has typed into the pane, as it is now; as it was last seen where the pane has gone."""
        pane = self._pane
        assert pane is not None
        question = ("display-message", "-p", "-t", pane.id, argv.framed((argv.TYPED, "pane_id")))
        try:
            answer = self._hub.ctx.tmux.run(question)
            if answer.status == 0:
                text, pane_id = rows.unframe(answer.output, 2)[0]
                if pane_id == pane.id:
                    pane.typed_text = text
        except (BridgeError, IndexError):
            pass
        return typed.lines(pane)

    def _tell_match(self, pattern: str, line: str) -> None:
        names = [item["subscription_id"] for item in self._listening() if item["pattern"] == pattern]
        self._hub.emit(
            "pattern-match",
            self.place.session,
            f"Pattern: {pattern}",
            place=self.place,
            data={"pattern": pattern, "line": line[:_LONGEST_TEXT], "untrusted": True, "subscription_ids": names},
        )

    def _tell_stopped(self) -> None:
        self._hub.note("WARN", f"the log of pane {self.place.pane} has ended while the pane goes on")
        self._stopped(self)

    def _tell_overflow(self, lost: int | None) -> None:
        """Bytes went by unseen: the pane prints faster than this reads its bounded log; None: the log ended first."""
        text = "The log ended before the pane" if lost is None else f"{lost} bytes of the pane went by unseen"
        data: dict[str, object] = {"reason": "log ended"} if lost is None else {"bytes": lost}
        data["subscription_ids"] = [item["subscription_id"] for item in self._subscriptions]
        self._hub.emit("overflow", self.place.session, text, place=self.place, data=data)
