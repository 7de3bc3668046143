"""What panes and sessions use: CPU, memory, input and output, processes."""

from __future__ import annotations

from bridge.commands.words import NO_PANE, NO_SESSION, PANE, PANE_FIELD, SESSION, seconds
from bridge.context import Context
from bridge.errors import BridgeError, usage
from bridge.features.panes import lookup
from bridge.spec import Arg, Command, Field, Result, counted

LONGEST_INTERVAL = 60.0


def _interval(params: dict[str, object]) -> float:
    interval = seconds(params["interval"])
    if interval > LONGEST_INTERVAL:
        raise usage(f"interval: longer than a minute: {interval:g}", hint="metrics-history tells of a longer time")
    return interval


def _pane(ctx: Context, params: dict[str, object]) -> Result:
    interval = _interval(params)
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    from bridge.features.metrics import measure  # noqa: PLC0415 - loaded while tmux works

    found = measure.measure([pane], interval).get(pane.id)
    if found is None:
        raise BridgeError(
            "ERR_NO_PROCESS",
            f"the process of pane {pane.address} has ended",
            hint="bridge pane-respawn starts it again",
            output="Process not found",
            pane_id=pane.address,
            fields={"pane": pane.id},
        )
    metrics, top = found
    return Result(
        sentence(metrics),
        pane_id=pane.address,
        fields={"pane": pane.id, "metrics": metrics, "processes": top, "interval_seconds": interval},
    )


def _session(ctx: Context, params: dict[str, object]) -> Result:
    interval = _interval(params)
    found = lookup.survey(ctx, str(params["session"]))
    from bridge.core.usage import total  # noqa: PLC0415 - loaded while tmux works
    from bridge.features.metrics import measure  # noqa: PLC0415

    measured = measure.measure(found.panes, interval)
    rows: list[dict[str, object]] = []
    for pane in found.panes:
        if pane.id in measured:
            address: dict[str, object] = {"pane_id": pane.index, "window": pane.window_index, "pane": pane.id}
            rows.append(address | measured[pane.id][0])
    totals = {
        "pane_count": len(found.panes),
        **{f"total_{name}": total(rows, name) for name in ("cpu_percent", "memory_mb", "io_read_kb", "io_write_kb")},
        "total_process_count": int(total(rows, "process_count")),
        "total_thread_count": int(total(rows, "thread_count")),
    }
    count = counted(totals["pane_count"], "pane")
    text = f"{count}: CPU {totals['total_cpu_percent']} %, memory {totals['total_memory_mb']} MB"
    return Result(text, fields={"metrics": totals, "panes": rows, "interval_seconds": interval})


def sentence(metrics: dict[str, object]) -> str:
    """The figures of a pane on one line."""
    return (
        f"CPU {metrics['cpu_percent']} %, memory {metrics['memory_mb']} MB, "
        f"{counted(metrics['process_count'], 'process', 'es')}, {counted(metrics['thread_count'], 'thread')}"
    )


_INTERVAL = Arg(
    "interval",
    "seconds between the two looks that tell the CPU's share; 0: the share in the processes' whole life",
    "seconds",
    default=0.5,
    positional=False,
)
_INTERVAL_FIELD = Field("interval_seconds", "number", "seconds between the two looks, 0 for one look")
_LATER = ("bridge.core.usage", "bridge.system.processes", "bridge.features.metrics.measure")

COMMANDS = (
    Command(
        name="pane-metrics",
        summary="Tell what all processes of a pane use together: CPU, memory, storage, threads.",
        run=_pane,
        effect="read",
        target="pane",
        output="the figures in a line",
        args=(SESSION, PANE, _INTERVAL),
        returns=(
            PANE_FIELD,
            Field(
                "metrics",
                "object",
                "cpu_percent (100 is one core), memory_mb (1 MB is 1,048,576 bytes; of a page that several processes "
                "share each counts its part, where that can't be read each counts all of it), memory_percent, "
                "io_read_kb and io_write_kb (from and to storage since the pane's process began; null where the system "
                "does not say), uptime_seconds, thread_count, process_count",
            ),
            Field("processes", "array", "the five processes that use most"),
            _INTERVAL_FIELD,
        ),
        errors=(*NO_PANE, "ERR_NO_PROCESS"),
        examples=("bridge pane-metrics dev 0 | jq .metrics.cpu_percent", "bridge pane-metrics dev 0 --interval 2"),
        waits=True,
        script=False,
        later=_LATER,
    ),
    Command(
        name="session-metrics",
        summary="Tell what the panes of a session use, each and together, all by the same looks.",
        run=_session,
        effect="read",
        target="session",
        output="the sums in a line",
        args=(SESSION, _INTERVAL),
        returns=(
            Field("panes", "array", "the figures of each pane whose process lives, as pane-metrics tells them"),
            Field(
                "metrics",
                "object",
                "pane_count, total_cpu_percent, total_memory_mb, total_io_read_kb, total_io_write_kb, "
                "total_process_count, total_thread_count",
            ),
            _INTERVAL_FIELD,
        ),
        errors=NO_SESSION,
        examples=("bridge session-metrics dev | jq .metrics.total_memory_mb",),
        waits=True,
        script=False,
        later=_LATER,
    ),
)
