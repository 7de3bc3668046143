"""What a pane has used over time: the daemon's hour, and what is kept on disk before it."""

from __future__ import annotations

import os

from bridge.context import Context
from bridge.core import series
from bridge.errors import BridgeError
from bridge.features.daemon import lifecycle
from bridge.features.metrics import measure
from bridge.model import Pane
from bridge.store.samples import Samples
from bridge.system import clock, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.usage import Entry

HINT = "no daemon runs, so nothing is sampled: bridge daemon-start"
_SPARKS = 30


class History:
    """Points of the last hour at most, summaries of what was before, and whether more is being added."""

    __slots__ = ("hint", "interval", "points", "sampled", "summaries")

    def __init__(self) -> None:
        self.points: list[dict[str, float]] = []
        self.summaries: list[tuple[int, int, str, dict[str, float]]] = []
        self.interval: float | None = None
        self.sampled = False
        self.hint: str | None = HINT


def read(ctx: Context, pane: Pane, seconds: float) -> History:
    """The history of a pane's process.

    Raises ERR_NO_PROCESS, ERR_STATE, and ERR_DAEMON where no daemon runs and nothing is kept.
    """
    since = clock.wall() - seconds
    root = None if pane.dead else next(iter(processes.look([pane.pid])), None)
    if root is None:
        raise BridgeError(
            "ERR_NO_PROCESS",
            f"the process of pane {pane.address} has ended",
            hint="bridge pane-respawn starts it again",
            pane_id=pane.address,
        )
    found = History()
    answer = lifecycle.ask(ctx, {"op": "history", "pane": pane.id, "since": since})
    if answer is not None:
        points, interval = answer.get("points"), answer.get("interval")
        found.hint = f"the daemon looks at {answer.get('monitor')} alone"
        if isinstance(points, list):
            lacks = str(answer.get("lacks") or "") or None
            found.points, found.sampled, found.hint = points, lacks is None, lacks
        found.interval = float(interval) if isinstance(interval, (int, float)) else None
    kept = _kept(ctx, pane, root, since)
    first = found.points[0]["at"] if found.points else float("inf")
    found.summaries = [row for row in kept or () if row[0] + row[1] <= first]
    if answer is None and not found.summaries:
        raise BridgeError("ERR_DAEMON", "no daemon runs, and no samples are kept", hint=HINT, pane_id=pane.address)
    return found


def _kept(ctx: Context, pane: Pane, root: Entry, since: float) -> list[tuple[int, int, str, dict[str, float]]]:
    path = lifecycle.place(ctx).samples_file
    if not os.path.exists(path):
        return []
    samples = Samples(path, clock.epoch())
    try:
        return samples.read(measure.key(pane, root), since)
    finally:
        samples.close()


def figures(history: History, name: str) -> dict[str, float] | None:
    """Samples, minimum, average, maximum and 95th percentile of one figure; None where there is none."""
    return _merged(history.points, [row[3] for row in history.summaries if row[2] == name], name)


def _merged(points: list[dict[str, float]], parts: list[dict[str, float]], name: str) -> dict[str, float] | None:
    values = [point[name] for point in points if name in point]
    own: dict[str, float] = {}
    if values:
        own = {"samples": float(len(values))}
        own.update({key: float(str(value)) for key, value in series.summary(values).items()})
    parts = [*parts, own] if own else parts
    if not parts:
        return None
    return {key: round(value, 2) for key, value in series.merge(parts).items()} if len(parts) > 1 else parts[0]


def buckets(history: History, width: float) -> list[dict[str, object]]:
    """The history in buckets of a width, oldest first, none empty."""
    points = dict(series.buckets(history.points, width))
    rows: dict[float, list[tuple[str, dict[str, float]]]] = {}
    for at, _, name, values in history.summaries:
        rows.setdefault(at // width * width, []).append((name, values))
    found = []
    for began in sorted({*points, *rows}):
        row: dict[str, object] = {"timestamp": clock.timestamp(began), "seconds": width}
        for name in series.FIGURES:
            parts = [values for each, values in rows.get(began, ()) if each == name]
            merged = _merged(points.get(began, []), parts, name)
            if merged is not None:
                row["samples"] = int(merged["samples"])
                row[name] = {key: value for key, value in merged.items() if key != "samples"}
        found.append(row)
    return found


def sparks(history: History, name: str, seconds: float) -> list[float | None]:
    """The averages of one figure in equal parts of the time, None where nothing was sampled."""
    end = clock.wall()
    width = seconds / _SPARKS
    parts: list[list[float]] = [[] for _ in range(_SPARKS)]
    moments = [(point["at"], point[name]) for point in history.points if name in point]
    moments += [(at + span / 2, values["average"]) for at, span, each, values in history.summaries if each == name]
    for at, value in moments:
        place = int((at - end + seconds) / width)
        if 0 <= place < _SPARKS:
            parts[place].append(value)
    return [round(sum(part) / len(part), 2) if part else None for part in parts]
