"""Reading what a pane prints, from a place to go on from, and what it shows right now."""

from __future__ import annotations

from bridge.commands.words import ACTIVITY, NO_PANE, PANE, PANE_FIELD, SESSION, UNTRUSTED, integer, seconds
from bridge.context import Context
from bridge.errors import usage
from bridge.spec import Arg, Command, Field, Result


def _read(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.output import read  # noqa: PLC0415 - it loads what only waiting needs

    since = params["since"]
    if params["timeout"] is not None and not params["follow"]:
        raise usage("--timeout: only with --follow", hint="without --follow nothing is waited for")
    wait = (seconds(params["timeout"]) if params["timeout"] is not None else 0.0) if params["follow"] else None
    lines = None if params["lines"] is None else integer(params["lines"])
    found = read.read(
        ctx, str(params["session"]), str(params["pane"]), None if since is None else str(since), lines, wait
    )
    return Result(
        found.text,
        pane_id=found.address,
        fields={
            "pane": found.pane_id,
            "cursor": found.cursor,
            "bytes": found.size,
            "lost_bytes": found.lost,
            "more": found.more,
            "ended": found.ended,
            "truncated": found.cut,
            "untrusted": True,
        },
    )


def _log(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.output import keep  # noqa: PLC0415 - it loads what only waiting needs

    state = keep.switch(ctx, str(params["session"]), str(params["pane"]), str(params["action"]))
    return Result(
        f"Log is {'on' if state.enabled else 'off'}",
        pane_id=state.address,
        fields={
            "pane": state.pane_id,
            "enabled": state.enabled,
            "path": state.path,
            "bytes": state.size,
            "cursor": state.cursor,
        },
    )


def _snapshot(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.screens import snapshot  # noqa: PLC0415 - the other commands here have no need of it

    found = snapshot.take(ctx, str(params["session"]), str(params["pane"]))
    return Result(
        found.text,
        pane_id=found.pane.address,
        fields={
            "pane": found.pane.id,
            "title": found.title,
            "width": found.width,
            "height": found.height,
            "cursor_x": found.cursor_x,
            "cursor_y": found.cursor_y,
            "mode": found.mode,
            "alternate_screen": found.alternate,
            "dead": found.pane.dead,
            "foreground": found.foreground,
            "untrusted": True,
        },
    )


_CURSOR = Field("cursor", "string", "the place behind it, for --since")

COMMANDS = (
    Command(
        name="pane-read",
        summary="Read what a pane has printed since a cursor; without one its screen, and a cursor to go on from.",
        run=_read,
        effect="read",
        target="pane",
        output="the text, escape sequences resolved, at most 1 MB",
        args=(
            SESSION,
            PANE,
            Arg("since", "the cursor of an earlier answer", positional=False),
            Arg("lines", "at most so many last lines", "integer", positional=False),
            Arg("follow", "wait until something is printed", "flag", positional=False),
            Arg("timeout", "seconds to wait with --follow; 0 waits for ever", "seconds", positional=False),
        ),
        returns=(
            PANE_FIELD,
            _CURSOR,
            Field("bytes", "integer", "how many bytes were printed"),
            Field("lost_bytes", "integer", "how many bytes after the cursor are gone, since a log is bounded"),
            Field("more", "boolean", "whether text was left out: what follows, or with --lines what was before"),
            Field("ended", "boolean", "whether the pane has ended"),
            Field("truncated", "boolean", "whether the log ended before its pane, so that the last output is missing"),
            UNTRUSTED,
        ),
        errors=(*NO_PANE, "ERR_BAD_CURSOR", "ERR_TIMEOUT", "ERR_PANE_GONE", "ERR_STATE", "ERR_UNSUPPORTED"),
        examples=(
            "bridge pane-read dev 0 | jq -r .cursor",
            'bridge pane-read dev 0 --since "$cursor" --follow --timeout 60',
        ),
        waits=True,
        script=False,
    ),
    Command(
        name="pane-log",
        summary="Keep a log of what a pane prints, whether or not anybody reads it.",
        run=_log,
        effect="write",
        target="pane",
        output="a sentence with the state",
        args=(
            SESSION,
            PANE,
            Arg("action", "on, off or status", "choice", default="status", choices=("on", "off", "status")),
        ),
        returns=(
            PANE_FIELD,
            Field("enabled", "boolean", "whether a log is kept"),
            Field("path", "string", "the file of the log, null where there is none"),
            Field("bytes", "integer", "how many bytes were printed since it began; the oldest may be gone"),
            Field("cursor", "string", "the place behind the last byte, for pane-read --since"),
        ),
        errors=(*NO_PANE, "ERR_PANE_GONE", "ERR_STATE", "ERR_UNSUPPORTED"),
        examples=("bridge pane-log dev 0 on | jq -r .path",),
        script=False,
    ),
    Command(
        name="pane-snapshot",
        summary="Look at a pane: its text, cursor, size, title, modes and the program in its foreground.",
        run=_snapshot,
        effect="read",
        target="pane",
        output="the visible screen, trailing blank lines removed",
        args=(SESSION, PANE),
        returns=(
            PANE_FIELD,
            Field("title", "string", "the title that the program has set"),
            Field("width", "integer", "columns"),
            Field("height", "integer", "rows"),
            Field("cursor_x", "integer", "the cursor's column, from 0"),
            Field("cursor_y", "integer", "the cursor's row on the screen, from 0"),
            Field("mode", "string", "copy-mode or another mode of tmux, empty for none"),
            Field("alternate_screen", "boolean", "whether the program uses the alternate screen, as editors do"),
            Field("dead", "boolean", "whether the program has ended and the pane was kept"),
            Field(
                "foreground",
                "object",
                "pid, name and argv of what runs in the foreground; reader (pid and name of the process of its group "
                "that reads the terminal, null for none); waits (whether a person is waited for, null where nobody can "
                "tell). null where nothing runs",
            ),
            UNTRUSTED,
        ),
        errors=NO_PANE,
        examples=("bridge pane-snapshot dev 0 | jq .foreground.argv",),
        script=False,
        later=("bridge.features.screens.snapshot", *ACTIVITY),
    ),
)
