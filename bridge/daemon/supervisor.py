"""The parts of the daemon that must live: each is begun again when anything ends it, counted, and told of.

Whoever answers that something is enforced asks `lacks` first. What is known here is kept in memory alone: it is
told also where nothing can be written or opened any more.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from bridge.errors import BridgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bridge.daemon.hub import Hub

# kind of part: what is not done while it is down
PARTS = {
    "events": "events are stored and told",
    "callbacks": "callbacks run",
    "structure": "sessions and panes that come and go are noticed",
    "watches": "what panes print is looked at",
    "commands": "commands that have ended are noticed",
    "health": "the health of sessions is looked at",
    "limits": "limits are enforced",
    "metrics": "metrics are sampled",
    "clean-up": "sessions that nobody uses are cleaned up",
    "autosave": "sessions are saved by themselves",
    "deadlines": "deadlines are kept",
    "place": "the state directory is ours",
}
FIRST_WAIT, LAST_WAIT = 0.25, 30.0
_REMEMBERED = 20
TRUSTED = 10.0  # seconds that a part has to live before its failure is forgotten


class Keeper:
    """One part under watch. `cancel` ends it for good."""

    __slots__ = ("_supervisor", "about", "error", "failed_at", "kind", "lives", "restarts", "task", "wait")

    def __init__(self, supervisor: Supervisor, kind: str, about: str) -> None:
        self._supervisor = supervisor
        self.kind = kind
        self.about = about
        self.lives = True
        self.restarts = 0
        self.wait = 0.0
        self.error = ""
        self.failed_at = 0.0
        self.task: asyncio.Task[object] | None = None

    @property
    def name(self) -> str:
        """The part's kind and what it is about."""
        return f"{self.kind} {self.about}".rstrip()

    def is_sound(self) -> bool:
        """Whether it lives, and has not failed for a while."""
        return self.lives and (not self.error or time.monotonic() - self.failed_at > TRUSTED)

    def cancel(self) -> None:
        """End the part for good."""
        self._supervisor.forget(self)
        if self.task is not None:
            self.task.cancel()

    def fail(self, problem: BaseException) -> None:
        """Note what has ended it, and how long to wait before it is begun again."""
        now = time.monotonic()
        is_new = not self.error or now - self.failed_at > max(TRUSTED, self.wait * 2)
        self.wait = FIRST_WAIT if is_new else min(self.wait * 2, LAST_WAIT)
        self.restarts += 1
        self.failed_at = now
        self.error = sentence(problem)


class Supervisor:
    """Keeps the parts alive; `failures` counts every restart and every other exception that nobody expected."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._keepers: list[Keeper] = []
        self._ended: deque[Keeper] = deque(maxlen=_REMEMBERED)  # what failed on its way, and is told for a while
        self._states: dict[str, str] = {}
        self._restarts = dict.fromkeys(PARTS, 0)
        self._errors: dict[str, str] = {}
        self._stray = ("", 0.0)
        self.failures = 0

    def keep(
        self, kind: str, work: Callable[[], Coroutine[object, object, object]], about: str = "", *, ends: bool = False
    ) -> Keeper:
        """Run a part until it is cancelled; with `ends` until it returns, too.

        Whatever else ends it begins it again, after a wait that grows.
        """
        assert kind in PARTS
        keeper = Keeper(self, kind, about)
        self._keepers.append(keeper)
        keeper.task = self._hub.spawn(self._run(keeper, work, ends=ends))
        return keeper

    async def _run(self, keeper: Keeper, work: Callable[[], Coroutine[object, object, object]], *, ends: bool) -> None:
        own = asyncio.current_task()
        assert own is not None
        while True:
            try:
                await work()
                if ends:
                    break
                problem: BaseException = RuntimeError("it has returned")
            except GeneratorExit:
                raise
            except BaseException as raised:
                # A cancel that nobody asked for is a failure like any other; so are exits of the interpreter.
                if own.cancelling():
                    raise
                problem = raised
            keeper.lives = False
            keeper.fail(problem)
            self._restarts[keeper.kind] += 1
            self._errors[keeper.kind] = keeper.error
            self.failures += 1
            self._hub.note("ERROR", f"{keeper.name} has failed and begins again: {keeper.error}")
            del problem
            await asyncio.sleep(keeper.wait)
            keeper.lives = True
        self.forget(keeper)

    def forget(self, keeper: Keeper) -> None:
        """Watch a part no more."""
        if keeper in self._keepers:
            self._keepers.remove(keeper)
            if keeper.error:
                keeper.lives = True
                self._ended.append(keeper)

    def tell(self, kind: str, about: str, problem: str) -> None:
        """What a part cannot do at present although it lives; an empty text when it can again."""
        key = f"{kind} {about}".rstrip()
        if problem:
            self._states[key] = problem
        else:
            self._states.pop(key, None)

    def stray(self, text: str) -> None:
        """Something failed that belongs to no part."""
        self.failures += 1
        self._stray = (text, time.monotonic())

    def lacks(self, *kinds: str, about: str | None = None) -> str:
        """Why not all of these kinds do their work now; empty where they do."""
        for keeper in self._keepers:
            if keeper.kind in kinds and not keeper.lives and about in (None, keeper.about):
                return f"{keeper.name} has failed and begins again soon: {keeper.error}"
        return ""

    def troubles(self) -> list[str]:
        """What is wrong now, or was a moment ago, in sentences."""
        found = [
            f"{keeper.name} has failed ({keeper.restarts} times){'' if keeper.lives else ' and waits'}: {keeper.error}"
            for keeper in (*self._keepers, *self._ended)
            if not keeper.is_sound()
        ]
        found += [f"{key}: {problem}" for key, problem in self._states.items()]
        text, at = self._stray
        return [*found, text] if text and time.monotonic() - at < TRUSTED else found

    def down(self) -> list[str]:
        """The parts that do not live now."""
        return [keeper.name for keeper in self._keepers if not keeper.lives]

    def parts(self) -> list[dict[str, object]]:
        """Every part as daemon-status tells it: the kinds, and how many of each there are, live and have failed."""
        found = []
        for kind, does in PARTS.items():
            own = [keeper for keeper in self._keepers if keeper.kind == kind]
            found.append(
                {
                    "part": kind,
                    "does": does,
                    "count": len(own),
                    "lives": all(keeper.lives for keeper in own),
                    "restarts": self._restarts[kind],
                    "last_error": self._errors.get(kind),
                }
            )
        return found


def sentence(problem: BaseException) -> str:
    """What an exception says, for a person."""
    if isinstance(problem, BridgeError):
        return problem.message
    return f"{type(problem).__name__}: {problem}".rstrip(": ")
