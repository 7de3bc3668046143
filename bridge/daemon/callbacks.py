"""Callbacks: text for `sh` or a program with its arguments; the event is in the environment and on stdin only.

They run in the directory where the subscription was made.

Those of one subscription run one after the other in the order of their events, those of different
subscriptions beside each other. Each has a process group of its own and a deadline. One that fails is
tried again, then kept as a dead letter. At least once: a callback that was under way when the daemon
was killed runs again, with the same BRIDGE_EVENT_ID.
"""

from __future__ import annotations

import asyncio
import errno
import json
from collections import deque
from functools import partial

from bridge.daemon.callbackrun import Running
from bridge.daemon.leftovers import Left
from bridge.envelope import compact
from bridge.errors import BridgeError
from bridge.store.events import Delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.hub import Hub
    from bridge.daemon.ledger import Ledger

_ENTER = 'cd -- "$BRIDGE_DIRECTORY" 2>/dev/null || cd /\n'
_PROGRAM = 'exec "$@"'
_AT_ONCE = 16
_ATTEMPTS = 3
_BACK_OFF = (1.0, 5.0)
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)  # the system's trouble, not the callback's
_FIRST_WAIT, _LAST_WAIT = 0.2, 5.0
_LONGEST_VALUE = 64_000  # bytes; execve(2): 128 kB a value; the whole event is on stdin
_ENVIRON = (
    ("event", "event_type"),
    ("session", "session"),
    ("pane_id", "pane_id"),
    ("pane", "pane"),
    ("message", "message"),
)


class Callbacks:
    """Runs what is owed."""

    def __init__(self, hub: Hub, ledger: Ledger, deadline: float) -> None:
        self._hub = hub
        self._ledger = ledger
        self._deadline = deadline
        self._queues: dict[str, deque[Delivery]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._left = Left()
        self._reasons: dict[int, str] = {}  # of those that have run, what the log does not know yet
        self._running: dict[int, Running] = {}
        self._later: set[asyncio.TimerHandle] = set()
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, delivery: Delivery) -> None:
        """Run this callback when its turn comes."""
        queue = self._queues.get(delivery.subscription_id)
        if queue is not None:
            queue.append(delivery)
            return
        self._queues[delivery.subscription_id] = deque((delivery,))
        self._idle.clear()
        name = delivery.subscription_id
        self._hub.supervisor.keep("callbacks", partial(self._work, name), name, ends=True)

    def depth(self) -> int:
        """How many wait or run."""
        return sum(len(queue) for queue in self._queues.values())

    async def close(self, seconds: float) -> None:
        """Give those under way some seconds, then end them; what is left is owed to the next daemon."""
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            self._hub.note("WARN", f"{self.depth()} callbacks are left for the next start")
        self._closed = True
        for timer in self._later:
            timer.cancel()
        for running in list(self._running.values()):
            running.kill()

    async def _work(self, name: str) -> None:
        """Run what one subscription owes; what fails in an unexpected way is begun anew, and given up in the end."""
        queue = self._queues[name]
        while queue and not self._closed:
            if not self._left.has_room(name):
                tell = partial(self._hub.supervisor.tell, "callbacks", name)
                tell("they wait until something that earlier ones have left in the background ends")
                await self._left.room(name)
                tell("")
            async with self._slots:
                if not self._closed:
                    await self._run(queue[0])
            queue.popleft()
        del self._queues[name]
        if not self._queues:
            self._idle.set()

    async def _run(self, delivery: Delivery) -> None:
        if delivery.delivery_id in self._reasons:  # it has run, and that could not be noted
            await self._note_end(delivery)
            return
        delivery.attempts += 1
        if delivery.attempts > _ATTEMPTS:
            await self._failed(delivery, "could not be run")
            return
        try:
            # What an earlier version has stored has no correlation id or no program.
            stored = json.loads(delivery.callback)
            directory, text = str(stored[0]), str(stored[1])
            correlation = str(stored[2]) if len(stored) > 2 else ""
            words = [str(word) for word in stored[3]] if len(stored) > 3 else []
            environ = self._environment(delivery) | {"BRIDGE_DIRECTORY": directory}
            if correlation:
                environ["BRIDGE_CORRELATION_ID"] = correlation
            argv = [_ENTER + _PROGRAM, "sh", *words] if words else [_ENTER + text]
            running = await self._begin(argv, environ, compact(delivery.event))
        except (OSError, ValueError, LookupError) as problem:
            await self._failed(delivery, f"cannot be started: {problem}")
            return
        if running is None:
            return
        self._running[running.pid] = running
        self._hub.note("INFO", f"Executed callback: {text}", correlation)
        try:
            reason = await running.outcome(self._deadline, self._left, delivery.subscription_id)
        finally:
            del self._running[running.pid]
        if self._closed:
            return
        self._reasons[delivery.delivery_id] = reason
        await self._note_end(delivery)

    async def _note_end(self, delivery: Delivery) -> None:
        """Tell the log how it went."""
        if reason := self._reasons[delivery.delivery_id]:
            await self._failed(delivery, reason)
        else:
            await self._settle(delivery)
        del self._reasons[delivery.delivery_id]

    async def _begin(self, argv: list[str], environ: dict[str, str], given: str) -> Running | None:
        """Start it, however long the system has no room for it; None where the daemon ends meanwhile.

        Raises OSError for anything else.
        """
        wait = _FIRST_WAIT
        while not self._closed:
            try:
                running = Running(self._hub, argv, environ, given)
            except OSError as problem:
                if problem.errno not in _NO_ROOM:
                    raise
                self._hub.supervisor.tell("callbacks", "", f"cannot be started yet: {problem.strerror}")
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LAST_WAIT)
            else:
                self._hub.supervisor.tell("callbacks", "", "")
                return running
        return None

    async def _settle(self, delivery: Delivery) -> None:
        try:
            await self._ledger.settle(delivery)
        except BridgeError as problem:
            self._hub.note("ERROR", problem.message)
            self._hub.supervisor.tell("callbacks", "that have run", f"cannot be noted as such: {problem.message}")
        else:
            self._hub.supervisor.tell("callbacks", "that have run", "")

    async def _failed(self, delivery: Delivery, reason: str) -> None:
        dead = delivery.attempts >= _ATTEMPTS
        what = "given up" if dead else "will be tried again"
        number = delivery.event["seq"]
        self._hub.note("WARN", f"Callback of event {number} ({delivery.subscription_id}) {reason}; {what}")
        try:
            await self._ledger.postpone(delivery, reason, dead=dead)
        except BridgeError as problem:
            self._hub.note("ERROR", problem.message)
        if dead or self._closed:
            return
        timer = self._hub.loop.call_later(_BACK_OFF[delivery.attempts - 1], self._retry, delivery)
        self._later.add(timer)

    def _retry(self, delivery: Delivery) -> None:
        now = self._hub.loop.time()
        self._later = {timer for timer in self._later if timer.when() > now}
        self.add(delivery)

    def _environment(self, delivery: Delivery) -> dict[str, str]:
        environ = {key: value for key, value in self._hub.ctx.tmux.environ.items() if "\0" not in value}
        for name, key in _ENVIRON:
            value = cut(str(delivery.event[key]))
            environ[name] = value
            environ[f"BRIDGE_{name.upper()}"] = value
        environ.pop("pane")  # the documents write four names in small letters
        environ["BRIDGE_EVENT_ID"] = str(delivery.event["event_id"])
        environ["BRIDGE_SEQ"] = str(delivery.event["seq"])
        data = delivery.event["data"]
        if isinstance(data, dict) and isinstance(line := data.get("line"), str):
            environ["BRIDGE_LINE"] = cut(line)
        return environ


def cut(text: str) -> str:
    """As much of a text as a variable may hold, in bytes and without a NUL."""
    data = text.replace("\0", "").encode("utf-8", "replace")
    return text.replace("\0", "") if len(data) <= _LONGEST_VALUE else data[:_LONGEST_VALUE].decode("utf-8", "ignore")
