"""One watched pane: bytes to lines, lines to events."""

from __future__ import annotations

import asyncio
import time

from bridge.core.events import Place
from bridge.core.text import SIZE, LineReader, read_text
from bridge.core.typing import EchoFilter
from bridge.errors import BridgeError
from bridge.features import panes, typed
from bridge.features.bytelog import ByteLog
from bridge.model import Pane
from bridge.system.grep import matching_lines
from bridge.tmux import argv, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.service import Service

_BATCH = 1 << 18
_BATCHES_APART = 0.02
_RESTED = 0.05  # a line without an end counts when it has not changed for so long
_NAP = 0.05  # where inotify cannot tell
_REMEMBERED = 500
_LONGEST_TEXT = 2000
_OUTPUT_TOGETHER = 0.05
_IDLE_BY_DEFAULT = 5.0


class PaneWatch:
    """Follows a pane's byte log. Everything is looked at in order, each byte once."""

    def __init__(self, service: Service, place: Place, pid: int) -> None:
        self._service = service
        self.place = place
        self._pid = pid
        self._subscriptions: list[dict[str, object]] = []
        self.number = -1
        self.naps = False
        self._log: ByteLog | None = None
        self._pane: Pane | None = None
        self._size = SIZE
        self._reader = LineReader(*SIZE)
        self._echo = EchoFilter([])
        self._offset = 0
        self._unfiltered: list[str] = []
        self._partial = ""
        self._told: set[str] = set()  # the patterns that the line without an end has matched
        self._woken = asyncio.Event()
        self._task: asyncio.Task[object] | None = None
        self._turn = asyncio.Lock()
        self._idle: dict[str, asyncio.TimerHandle | None] = {}  # None: told, until there is output again
        self._last_output = time.monotonic()
        self._refused: set[str] = set()
        self._printed = bytearray()
        self._printed_bytes = 0

    def follow(self, place: Place, subscriptions: list[dict[str, object]]) -> None:
        """Who listens from now on, and where the pane is now."""
        self.place = place
        self._subscriptions = subscriptions
        wanted = {str(item["subscription_id"]): item for item in subscriptions if item["event_type"] == "pane-idle"}
        for name in set(self._idle) - set(wanted):
            _cancel(self._idle.pop(name))
        for name, item in wanted.items():
            if name not in self._idle:
                self._arm(name, _after(item), _after(item))

    async def open(self, history: int | None) -> str:
        """Begin; returns the path of the log. Raises ERR_PANE_GONE and the like.

        With `history` the screen and so many lines before it are looked at too.
        """
        log, pane = await asyncio.to_thread(self._open, history or 0)
        self._log, self._pane = log, pane
        self.naps = log.private
        screen = log.screen.split("\n")
        last = screen.pop() if log.column else ""  # in the first column nothing is half printed
        self._echo = EchoFilter(typed.lines(pane))
        self._size = log.pane_size
        self._reader = LineReader(*log.pane_size)
        self._reader.resume(last, log.column, screen)
        self._offset = log.start
        if history is not None:
            await self._look_at(screen)
        else:
            self._echo.output(screen)
        return log.path

    def begin(self) -> None:
        """Follow from now on."""
        self._woken.set()
        self._task = self._service.spawn(self._run())

    def wake(self) -> None:
        """Something was printed."""
        self._woken.set()

    async def finish(self) -> None:
        """Look at what is left, also at a line without an end, and give the log back."""
        if self._log is not None:
            await asyncio.to_thread(self._log.await_writer)
            try:
                while await self._step():
                    pass
                last = self._reader.peek()
                if last.strip():
                    await self._look_at([last])
            except (BridgeError, OSError) as problem:
                self._service.note("WARN", f"the end of pane {self.place.pane}: {problem}")
        self._tell_output()
        await self.close()

    async def close(self) -> None:
        """Give the log back."""
        for timer in self._idle.values():
            _cancel(timer)
        self._idle.clear()
        if self._task is not None:
            self._task.cancel()
        if self._log is not None:
            log, self._log = self._log, None
            await asyncio.to_thread(log.close)

    def _open(self, history: int) -> tuple[ByteLog, Pane]:
        _, pane = panes.find(self._service.ctx, self.place.session_id, self.place.pane)
        return ByteLog(self._service.ctx, pane, history=history), pane

    async def _run(self) -> None:
        while True:
            if self.naps:
                await asyncio.sleep(_NAP)
            else:
                await self._woken.wait()
            self._woken.clear()
            while await self._step():
                await asyncio.sleep(_BATCHES_APART)
            await asyncio.sleep(_RESTED)
            if not self._woken.is_set():
                await self._look_at_partial()

    async def _step(self) -> bool:
        """Look at one batch; tells whether there was any."""
        async with self._turn:
            if self._log is None:
                return False
            lost, data = self._log.fetch(self._offset, _BATCH)
            if not data:
                return False
            if lost:
                self._tell_overflow(lost)
            self._offset += lost + len(data)
            self._last_output = time.monotonic()
            self._note_output(data)
            lines = self._reader.feed(data)
            if lines:
                await self._look_at(lines)
            return True

    async def _look_at(self, lines: list[str]) -> None:
        """Make the events of lines that match."""
        told, self._told, self._partial = self._told, set(), ""
        hits = await self._hits(lines)
        if not hits:
            self._unfiltered = (self._unfiltered + lines)[-_REMEMBERED:]
            return
        await self._catch_up()
        for number, line in enumerate(lines):
            if not self._echo.output([line]):
                continue
            for pattern, matching in hits.items():
                if line in matching and not (number == 0 and pattern in told):
                    self._tell_match(pattern, line)

    async def _look_at_partial(self) -> None:
        """Make the events of a line that has no end yet, such as a question; once for a line and pattern."""
        async with self._turn:
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

    async def _catch_up(self) -> None:
        """Learn what bridge has typed, and which of the lines so far were its echo."""
        self._echo.update(await asyncio.to_thread(self._typed_lines))
        self._echo.output(self._unfiltered)
        self._unfiltered = []

    async def _hits(self, lines: list[str]) -> dict[str, set[str]]:
        hits = {}
        patterns = {str(item["pattern"]) for item in self._subscriptions if item["event_type"] == "pattern-match"}
        for pattern in patterns - self._refused:
            try:
                found = await asyncio.to_thread(matching_lines, pattern, "\n".join(lines))
            except BridgeError as problem:
                if problem.code == "ERR_BAD_PATTERN":
                    self._refused.add(pattern)
                self._service.note("ERROR", problem.message)
                continue
            if found:
                hits[pattern] = set(found)
        return hits

    def _typed_lines(self) -> list[tuple[int, str]]:
        """What bridge has typed into the pane, as it is now; as it was last seen where the pane has gone."""
        pane = self._pane
        assert pane is not None
        question = ("display-message", "-p", "-t", pane.id, argv.framed((argv.TYPED, "pane_id")))
        try:
            answer = self._service.ctx.tmux.run(question)
            if answer.status == 0:
                text, pane_id = rows.unframe(answer.output, 2)[0]
                if pane_id == pane.id:
                    pane.typed_text = text
        except (BridgeError, IndexError):
            pass
        return typed.lines(pane)

    def _tell_match(self, pattern: str, line: str) -> None:
        names = [
            item["subscription_id"]
            for item in self._subscriptions
            if item["event_type"] == "pattern-match" and item["pattern"] == pattern
        ]
        self._service.emit(
            "pattern-match",
            self.place.session,
            f"Pattern: {pattern}",
            place=self.place,
            data={"pattern": pattern, "line": line[:_LONGEST_TEXT], "untrusted": True, "subscription_ids": names},
        )

    def _tell_overflow(self, lost: int) -> None:
        """Bytes went by unseen: the pane prints faster than this reads, and its log is bounded."""
        self._service.emit(
            "overflow",
            self.place.session,
            f"{lost} bytes of the pane went by unseen",
            place=self.place,
            data={"bytes": lost, "subscription_ids": [item["subscription_id"] for item in self._subscriptions]},
        )

    def _note_output(self, data: bytes) -> None:
        for name, item in (
            (str(item["subscription_id"]), item) for item in self._subscriptions if item["event_type"] == "pane-idle"
        ):
            if self._idle.get(name) is None:
                self._arm(name, _after(item), _after(item))
        if any(item["event_type"] == "pane-output" for item in self._subscriptions):
            if not self._printed_bytes:
                self._service.loop.call_later(_OUTPUT_TOGETHER, self._tell_output)
            self._printed_bytes += len(data)
            self._printed += data
            del self._printed[: -_LONGEST_TEXT * 2]

    def _tell_output(self) -> None:
        if not self._printed_bytes:
            return
        text = read_text(bytes(self._printed), self._size)[-_LONGEST_TEXT:]
        size, self._printed_bytes = self._printed_bytes, 0
        self._printed.clear()
        names = [item["subscription_id"] for item in self._subscriptions if item["event_type"] == "pane-output"]
        self._service.emit(
            "pane-output",
            self.place.session,
            f"{size} bytes",
            place=self.place,
            data={"bytes": size, "text": text, "untrusted": True, "subscription_ids": names},
        )

    def _arm(self, name: str, seconds: float, after: float) -> None:
        self._idle[name] = self._service.loop.call_later(seconds, self._quiet, name, after)

    def _quiet(self, name: str, after: float) -> None:
        left = self._last_output + after - time.monotonic()
        if left > 0.001:
            self._arm(name, left, after)
            return
        self._idle[name] = None
        self._service.emit(
            "pane-idle",
            self.place.session,
            f"No output for {after:g} s",
            place=self.place,
            data={"after_seconds": after, "subscription_ids": [name]},
        )


def _after(item: dict[str, object]) -> float:
    value = item.get("after_seconds")
    return float(value) if isinstance(value, (int, float)) else _IDLE_BY_DEFAULT


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
