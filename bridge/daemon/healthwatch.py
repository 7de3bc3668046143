"""The health of the sessions that checks were set for, looked at regularly; a change is an event."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from bridge.core import health as rules
from bridge.daemon.supervisor import sentence
from bridge.errors import BridgeError
from bridge.features.panes import control, keystrokes
from bridge.features.sessions import health
from bridge.features.sessions.health import Finding
from bridge.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.hub import Hub, Kept


class Course:
    """What was seen of a session's health so far; it outlives the part that looks."""

    __slots__ = ("failures", "next_restart", "restarts", "state")

    def __init__(self) -> None:
        self.state = ""
        self.failures = self.restarts = 0
        self.next_restart = 0.0


class HealthWatch:
    """One part of the daemon for each session with checks."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._keepers: dict[str, Kept] = {}
        self._settings: dict[str, dict[str, object]] = {}
        self._courses: dict[str, Course] = {}

    async def follow(self) -> None:
        """Look at the sessions that have checks now, and at no others. Raises ERR_STATE."""
        fleet = health.fleet(self._hub.ctx)
        settings = (await self._hub.lanes.run("files", fleet.load, clock.epoch())).health
        for name in list(self._keepers):
            if settings.get(name) != self._settings.get(name):
                self._keepers.pop(name).cancel()
                self._courses.pop(name, None)
                self._hub.supervisor.tell("health", name, "")
        for name in settings:
            if name not in self._keepers and self._hub.watches_session(name):
                run = partial(self._run, name, settings[name])
                self._keepers[name] = self._hub.supervisor.keep("health", run, name)
        self._settings = settings

    def close(self) -> None:
        """Look no more."""
        for keeper in self._keepers.values():
            keeper.cancel()
        self._keepers.clear()

    async def _run(self, name: str, setting: dict[str, object]) -> None:
        course = self._courses.setdefault(name, Course())
        interval = max(0.1, _number(setting, "interval"))
        retries = int(_number(setting, "retries"))
        while True:
            try:
                found = await self._hub.lanes.run("probes", health.examine, self._hub.ctx, name)
            except (BridgeError, OSError) as problem:
                self._hub.note("WARN", f"the health of {name}: {problem}")
                self._hub.supervisor.tell("health", name, sentence(problem))
                await asyncio.sleep(interval)
                continue
            self._hub.supervisor.tell("health", name, "")
            before = course.state
            course.state, course.failures = rules.next_state(before, found.health, course.failures, retries)
            if course.state != before and (before or course.state != rules.HEALTHY):
                self._tell(name, before, course.state, found)
            if course.state == rules.HEALTHY:
                course.restarts = 0
            elif (
                course.state == rules.UNHEALTHY
                and setting.get("restart") == "unhealthy"
                and time.monotonic() >= course.next_restart
            ):
                course.next_restart = time.monotonic() + rules.backoff(course.restarts, _number(setting, "backoff"))
                course.restarts += 1
                course.failures = 0
                await self._restart(name, setting, found, course.restarts)
            await asyncio.sleep(interval)

    def _tell(self, name: str, before: str, now: str, found: Finding) -> None:
        self._hub.emit(
            "health-changed",
            name,
            f"Health: {now}",
            data={"from": before or None, "to": now, "reasons": found.reasons, "untrusted": True},
        )

    async def _restart(self, name: str, setting: dict[str, object], found: Finding, count: int) -> None:
        """Start what runs in the first pane again; only in a session that bridge made."""
        session = found.session
        if session is None or not session.owned:
            self._hub.note("WARN", f"{name} is not restarted: there is no session of bridge's of that name")
            return
        try:
            await self._hub.lanes.run("probes", self._respawn, name, str(setting.get("start") or ""))
        except (BridgeError, OSError) as problem:
            self._hub.note("ERROR", f"{name} could not be restarted: {problem}")
            return
        self._hub.emit(
            "session-restarted", name, f"Restart {count}", data={"restarts": count, "reasons": found.reasons}
        )

    def _respawn(self, name: str, start: str) -> None:
        ctx = self._hub.ctx
        session = health.find(ctx, name)
        control.respawn(ctx, health.start_pane(session), (), kill=True)
        if start:
            keystrokes.type_lines(ctx, health.start_pane(health.find(ctx, name)), start)


def _number(setting: dict[str, object], key: str) -> float:
    value = setting.get(key, health.DEFAULTS[key])
    return float(value) if isinstance(value, (int, float)) else 0.0
