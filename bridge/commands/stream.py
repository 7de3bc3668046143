"""Following what a pane prints."""

from __future__ import annotations

from bridge.commands.words import NO_PANE, PANE, SESSION, as_given, integer
from bridge.context import Context
from bridge.features.output import stream
from bridge.features.panes import lookup
from bridge.spec import Arg, Command, Result


def _stream(ctx: Context, params: dict[str, object]) -> Result:
    argument, command = str(params["pane"]), str(params["filter"])
    _, pane = lookup.find(ctx, str(params["session"]), argument)
    ctx.note("info", f"Streaming output from pane {argument} (filter: {command})...")
    ctx.note("info", "Press Ctrl+C to stop streaming")
    ended = stream.follow(
        ctx,
        pane,
        filter_command=None if command == "cat" else command,
        raw=bool(params["raw"]),
        events=bool(params["json"]),
    )
    return Result("Stream ended", pane_id=argument, logs=_exited(ctx, argument, ended), silent=True)


def _tail(ctx: Context, params: dict[str, object]) -> Result:
    argument, lines = str(params["pane"]), integer(params["lines"])
    _, pane = lookup.find(ctx, str(params["session"]), argument)
    ctx.note("info", f"Tailing last {as_given(ctx, 2, str(lines))} lines from pane {argument}...")
    ctx.note("info", "Press Ctrl+C to stop tailing")
    ended = stream.follow(ctx, pane, last=lines, raw=bool(params["raw"]), events=bool(params["json"]))
    return Result("Tail ended", pane_id=argument, logs=_exited(ctx, argument, ended), silent=True)


def _exited(ctx: Context, argument: str, ended: bool) -> tuple[tuple[str, str], ...]:
    # The script said so whatever had ended.
    return (("warn", f"Pane {argument} exited"),) if ended or ctx.script else ()


_RAW = Arg("raw", "the bytes as they are, escape sequences too", "flag", positional=False)
_JSON = Arg(
    "json", "a JSON object a line: pane-output with data and cursor, lost-bytes, pane-exit", "flag", positional=False
)
_ERRORS = (*NO_PANE, "ERR_PANE_GONE", "ERR_STATE")

COMMANDS = (
    Command(
        name="pane-stream",
        summary="Print what a pane prints from now on, until it ends.",
        run=_stream,
        effect="read",
        target="pane",
        output="text as it comes, no envelope",
        args=(SESSION, PANE, Arg("filter", "a shell command that the text goes through", default="cat"), _RAW, _JSON),
        errors=(*_ERRORS, "ERR_COMMAND_FAILED"),
        examples=("bridge pane-stream dev 0 | grep --line-buffered ERROR",),
        stream=True,
        waits=True,
    ),
    Command(
        name="pane-tail",
        summary="Print the last lines of a pane and what comes after them, until it ends.",
        run=_tail,
        effect="read",
        target="pane",
        output="text as it comes, no envelope",
        args=(SESSION, PANE, Arg("lines", "how many lines to begin with", "integer", default=50), _RAW, _JSON),
        errors=_ERRORS,
        examples=("bridge pane-tail dev 0 100", "bridge pane-tail dev 0 20 --json | jq --unbuffered -r .data"),
        stream=True,
        waits=True,
    ),
)
