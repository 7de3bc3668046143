"""Metrics over time, and metrics for other programs."""

from __future__ import annotations

from bridge.commands.words import NO_PANE, NO_SESSION, PANE, PANE_FIELD, SESSION, integer, seconds
from bridge.context import Context
from bridge.core import series
from bridge.envelope import compact
from bridge.errors import usage
from bridge.features.metrics import history, measure
from bridge.features.panes import lookup
from bridge.spec import Arg, Command, Field, Result
from bridge.system import clock
from bridge.tmux import argv, rows
from bridge.tmux.client import failed

_MOST_BUCKETS = 2000


def _history(ctx: Context, params: dict[str, object]) -> Result:
    word = str(params["duration"])
    length = series.duration(word)
    if length is None:
        raise usage(f"duration: not a time up to a year: {word!r}", hint="give 90, 30s, 10m, 1h or 7d")
    count = integer(params["buckets"])
    if not 1 <= count <= _MOST_BUCKETS:
        raise usage(f"buckets: not from 1 to {_MOST_BUCKETS}: {count}", hint="12 is five minutes each in an hour")
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    found = history.read(ctx, pane, length)
    table: list[dict[str, object]] = []
    for name in series.FIGURES:
        values = history.figures(found, name)
        if values is not None:
            table.append({"figure": name} | values | {"values": history.sparks(found, name, length)})
    points = [
        {"timestamp": clock.timestamp(point["at"])} | {name: point.get(name) for name in series.FIGURES}
        for point in found.points
    ]
    lines = [
        f"{row['figure']} minimum {row['minimum']} average {row['average']} maximum {row['maximum']} "
        f"95th percentile {row['percentile_95']}"
        for row in table
    ]
    return Result(
        "\n".join(lines),
        pane_id=pane.address,
        fields={
            "series": table,
            "buckets": history.buckets(found, length / count),
            "points": points,
            "pane": pane.id,
            "sampled": found.sampled,
            "interval_seconds": found.interval,
            "hint": found.hint,
        },
    )


def _export(ctx: Context, params: dict[str, object]) -> Result:
    interval = seconds(params["interval"])
    if interval > 60:
        raise usage(f"interval: longer than a minute: {interval:g}", hint="metrics-history tells of a longer time")
    if params["session"]:
        wanted = lookup.survey(ctx, str(params["session"])).panes
    else:
        answer = ctx.tmux.run(argv.list_panes())
        if answer.status and not answer.no_server:
            raise failed(answer)
        wanted = [] if answer.status else rows.panes(answer.output)
    wanted = list({pane.id: pane for pane in wanted}.values())  # a window may be linked to several sessions
    measured = measure.measure(wanted, interval) if wanted else {}
    found: list[dict[str, object]] = []
    for pane in wanted:
        if pane.id in measured:
            place: dict[str, object] = {
                "session": pane.session,
                "window": pane.window_index,
                "pane_id": pane.index,
                "pane": pane.id,
                "label": pane.label or "",
            }
            found.append(place | measured[pane.id][0])
    form = str(params["format"])
    writers = {"prometheus": series.prometheus, "csv": series.csv, "json": _json}
    text = writers[form](found)
    if params["plain"]:
        ctx.write(text.encode("utf-8", "replace"))
    return Result(
        text,
        fields={"format": form, "panes": found, "count": len(found), "interval_seconds": interval},
        silent=bool(params["plain"]),
    )


def _json(found: list[dict[str, object]]) -> str:
    return compact(found) + "\n"


_INTERVAL = Field("interval_seconds", "number", "seconds between two samples; null where none are taken")

COMMANDS = (
    Command(
        name="metrics-history",
        summary="Tell what a pane has used over time, as far as the daemon has sampled it.",
        run=_history,
        effect="read",
        target="pane",
        output="a line for each figure",
        args=(
            SESSION,
            PANE,
            Arg("duration", "how far back: 90, 30s, 10m, 1h, 7d", "text", default="1h"),
            Arg("buckets", "how many parts of equal length", "integer", default=12, positional=False),
        ),
        returns=(
            Field(
                "series",
                "array",
                "for each figure: samples, minimum, average, maximum, percentile_95, and values: the averages of 30 "
                "equal parts of the time",
            ),
            Field(
                "buckets",
                "array",
                "for each part with samples: timestamp, seconds, samples, and minimum, average, maximum and "
                "percentile_95 of each figure; the percentile of merged summaries is the largest of theirs",
            ),
            Field("points", "array", "the samples of the last hour at most, oldest first"),
            PANE_FIELD,
            Field("sampled", "boolean", "whether a daemon samples the pane now"),
            _INTERVAL,
            Field("hint", "string", "what is missing where it is not sampled, else null"),
        ),
        errors=(*NO_PANE, "ERR_NO_PROCESS", "ERR_DAEMON", "ERR_STATE"),
        examples=(
            "bridge metrics-history dev 0 10m | jq .series[0].maximum",
            "bridge metrics-history dev 0 1h --buckets 60",
        ),
        script=False,
    ),
    Command(
        name="metrics-export",
        summary="Write what all panes use now in a form for other programs.",
        run=_export,
        effect="read",
        target="none",
        output="the text in the form that was asked for",
        args=(
            Arg("session", "the session; else all", "word"),
            Arg(
                "format",
                "prometheus, json or csv",
                "choice",
                default="prometheus",
                choices=("prometheus", "json", "csv"),
                positional=False,
            ),
            Arg("plain", "print the text itself, without an envelope", "flag", positional=False),
            Arg("interval", "seconds between the two looks", "seconds", default=0.5, positional=False),
        ),
        returns=(
            Field("format", "string", "prometheus, json or csv"),
            Field("panes", "array", "the figures of each pane whose process lives"),
            Field("count", "integer", "how many"),
            Field("interval_seconds", "number", "seconds between the two looks"),
        ),
        errors=NO_SESSION,
        examples=("bridge metrics-export --plain >bridge.prom", "bridge metrics-export --format csv dev"),
        waits=True,
        script=False,
    ),
)
