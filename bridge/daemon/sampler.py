"""What all panes use, noted every few seconds: an hour in memory, longer on disk where that is configured."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from bridge.config import number
from bridge.core import series
from bridge.errors import BridgeError
from bridge.features.metrics import measure
from bridge.store.samples import FIRST, Samples
from bridge.system.memory import Memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.hub import Hub

    Figures = dict[str, tuple[dict[str, object], list[dict[str, object]]]]

REMEMBERED = 3600.0
_THINNED_EACH = 600.0
_SHARE = 0.002  # of a core, for reading again how much memory is shared


class Sampler:
    """Looks at all panes together at each turn."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        environ = hub.ctx.environ
        self.interval = number(environ, "BRIDGE_METRICS_INTERVAL")
        days = number(environ, "BRIDGE_METRICS_DAYS") if environ.get("BRIDGE_METRICS_DAYS") else 0.0
        self._kept = days * 86400
        self._points: dict[str, deque[dict[str, float]]] = {}
        self._keys: dict[str, str] = {}
        self._seen: set[str] = set()
        self._before: measure.Look = {}
        self._memory = Memory(_SHARE * self.interval)
        self._samples: Samples | None = None
        self._written = time.time() // FIRST * FIRST
        self._thinned = -_THINNED_EACH

    async def run(self) -> None:
        """Sample for ever, at equal distances."""
        if self._kept and self._samples is None:
            try:
                self._samples = await self._hub.lanes.run("samples", self._open)
            except BridgeError as problem:
                self._hub.note("ERROR", f"metrics are kept in memory alone: {problem.message}")
        due = time.monotonic()
        while True:
            await self._sample()
            due = max(due + self.interval, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    async def close(self) -> None:
        """Keep what is not yet on disk."""
        if self._samples is not None:
            await self._keep(time.time() + FIRST)
            self._samples.close()
            self._samples = None

    def _open(self) -> Samples:
        return Samples(self._hub.meeting.samples_file, int(time.time()))

    def points(self, pane_id: str, since: float) -> list[dict[str, float]] | None:
        """The points of a pane since a moment, oldest first; None for a pane that the daemon does not look at."""
        if pane_id not in self._hub.structure.panes:
            return None
        key = self._keys.get(pane_id, "")
        return [point for point in self._points.get(key, ()) if point["at"] >= since]

    async def _sample(self) -> None:
        panes = [known.pane for known in self._hub.structure.panes.values() if not known.dead]
        at = round(time.time(), 2)
        await self._keep(at)
        before, memory = self._before, self._memory

        def look() -> tuple[measure.Look, Figures]:
            found = measure.look(panes, memory) if panes else {}
            return found, measure.figures(panes, before, found)

        after, figures = await self._hub.lanes.run("processes", look)
        self._keys = {pane.id: measure.key(pane, after[pane.pid][0]) for pane in panes if pane.pid in after}
        for key in set(self._points) - set(self._keys.values()):
            del self._points[key]
        for pane_id, (values_now, _) in figures.items():
            key = self._keys[pane_id]
            if key not in self._points:
                self._points[key] = deque(maxlen=max(1, int(REMEMBERED / self.interval)))
            values = {
                name: float(value) for name in series.FIGURES if isinstance(value := values_now[name], (int, float))
            }
            if self._keys[pane_id] not in self._seen:
                values.pop("cpu_percent", None)  # there is no share without an earlier look
            self._points[key].append({"at": at} | values)
        self._seen = set(self._keys.values())
        self._before = after

    async def _keep(self, now: float) -> None:
        """Write the summaries of the minutes that are over."""
        minute = now // FIRST * FIRST
        if self._samples is None or minute <= self._written:
            return
        rows = []
        for key, points in self._points.items():
            recent = [point for point in points if self._written <= point["at"] < minute]
            for began, inside in series.buckets(recent, FIRST):
                for name in series.FIGURES:
                    values = [point[name] for point in inside if name in point]
                    if values:
                        found = {"samples": float(len(values))} | series.summary(values)
                        rows.append((key, int(began), name, found))
        self._written = minute
        thin = time.monotonic() - self._thinned >= _THINNED_EACH
        if thin:
            self._thinned = time.monotonic()
        samples, kept = self._samples, self._kept

        def work() -> None:
            samples.add(rows)  # type: ignore[arg-type]
            if thin:
                samples.thin(int(now), kept)

        try:
            await self._hub.lanes.run("samples", work)
        except BridgeError as problem:
            self._hub.note("ERROR", f"metrics of a minute are lost on disk: {problem.message}")
            self._hub.supervisor.tell("metrics", "on disk", problem.message)
        else:
            self._hub.supervisor.tell("metrics", "on disk", "")
