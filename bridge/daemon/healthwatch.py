"""The health of the sessions that checks were set for, looked at regularly; a change is an event."""

from __future__ import annotations

import asyncio
import time

from bridge.core import health as rules
from bridge.errors import BridgeError
from bridge.features import control, health, typing
from bridge.features.health import Finding
from bridge.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.service import Service


class HealthWatch:
    """One task for each session with checks."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tasks: dict[str, asyncio.Task[object]] = {}
        self._settings: dict[str, dict[str, object]] = {}

    def follow(self) -> None:
        """Look at the sessions that have checks now, and at no others. Raises ERR_STATE."""
        settings = health.fleet(self._service.ctx).load(clock.epoch()).health
        for name in list(self._tasks):
            if settings.get(name) != self._settings.get(name):
                self._tasks.pop(name).cancel()
        for name in settings:
            if name not in self._tasks and self._service.watches_session(name):
                self._tasks[name] = self._service.spawn(self._run(name, settings[name]))
        self._settings = settings

    def close(self) -> None:
        """Look no more."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    async def _run(self, name: str, setting: dict[str, object]) -> None:
        state, failures, restarts, next_restart = "", 0, 0, 0.0
        interval = max(0.1, _number(setting, "interval"))
        retries = int(_number(setting, "retries"))
        while True:
            try:
                found = await asyncio.to_thread(health.examine, self._service.ctx, name)
            except (BridgeError, OSError) as problem:
                self._service.note("WARN", f"the health of {name}: {problem}")
                await asyncio.sleep(interval)
                continue
            now, failures = rules.next_state(state, found.health, failures, retries)
            if now != state:
                if state or now != rules.HEALTHY:
                    self._tell(name, state, now, found)
                state = now
            if state == rules.HEALTHY:
                restarts = 0
            elif (
                state == rules.UNHEALTHY and setting.get("restart") == "unhealthy" and time.monotonic() >= next_restart
            ):
                next_restart = time.monotonic() + rules.backoff(restarts, _number(setting, "backoff"))
                restarts += 1
                failures = 0
                await self._restart(name, setting, found, restarts)
            await asyncio.sleep(interval)

    def _tell(self, name: str, before: str, now: str, found: Finding) -> None:
        self._service.emit(
            "health-changed",
            name,
            f"Health: {now}",
            data={"from": before or None, "to": now, "reasons": found.reasons, "untrusted": True},
        )

    async def _restart(self, name: str, setting: dict[str, object], found: Finding, count: int) -> None:
        """Start what runs in the first pane again; only in a session that bridge made."""
        session = found.session
        if session is None or not session.owned:
            self._service.note("WARN", f"{name} is not restarted: there is no session of bridge's of that name")
            return
        try:
            await asyncio.to_thread(self._respawn, name, str(setting.get("start") or ""))
        except (BridgeError, OSError) as problem:
            self._service.note("ERROR", f"{name} could not be restarted: {problem}")
            return
        self._service.emit(
            "session-restarted", name, f"Restart {count}", data={"restarts": count, "reasons": found.reasons}
        )

    def _respawn(self, name: str, start: str) -> None:
        ctx = self._service.ctx
        session = health.find(ctx, name)
        control.respawn(ctx, health.start_pane(session), (), kill=True)
        if start:
            typing.type_lines(ctx, health.start_pane(health.find(ctx, name)), start)


def _number(setting: dict[str, object], key: str) -> float:
    value = setting.get(key, health.DEFAULTS[key])
    return float(value) if isinstance(value, (int, float)) else 0.0
