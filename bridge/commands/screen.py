"""Reading a pane's screen and looking for patterns on it."""

from __future__ import annotations

import math
import time

from bridge import errors
from bridge.commands.words import (
    NO_PANE,
    PANE,
    PANE_FIELD,
    PATTERN,
    SESSION,
    UNTRUSTED,
    integer,
    lines_of_history,
    seconds,
    seconds_text,
)
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features import panes, watching
from bridge.model import Pane
from bridge.spec import Arg, Command, Field, Result
from bridge.system.grep import matching_lines


def _capture(ctx: Context, params: dict[str, object]) -> Result:
    lines = integer(params["lines"])
    _, pane, text = panes.capture(ctx, str(params["session"]), str(params["pane"]), lines)
    return Result(
        text,
        pane_id=pane.address,
        fields={"pane": pane.id, "untrusted": True},
        logs=(("info", f"Captured {lines} lines from pane {params['pane']}"),),
    )


def _watch(ctx: Context, params: dict[str, object]) -> Result:
    pane, found = _look(ctx, params)
    pattern = params["pattern"]
    place = f"in pane {params['pane']}"
    log = ("success", f"Pattern '{pattern}' found {place}") if found else ("info", f"Pattern '{pattern}' not found {place}")
    return Result("\n".join(found), pane_id=pane.address, fields=_found(pane, found), logs=(log,))


def _has_pattern(ctx: Context, params: dict[str, object]) -> Result:
    pane, found = _look(ctx, params)
    return Result(
        "true" if found else "false",
        pane_id=pane.address,
        fields={"pane": pane.id, "found": bool(found)},
        exit_status=0 if found else 1,
    )


def _watch_timeout(ctx: Context, params: dict[str, object]) -> Result:
    pattern, timeout = str(params["pattern"]), seconds(params["timeout"])
    session, argument = str(params["session"]), str(params["pane"])
    matching_lines(pattern, "")
    _, pane = panes.find(ctx, session, argument)
    ctx.note("info", f"Watching for pattern '{pattern}' (timeout: {seconds_text(timeout)}s)...")
    began = time.monotonic()
    outcome, found = watching.watch(ctx, pane, pattern, timeout, integer(params["lines"]))
    waited = time.monotonic() - began
    if outcome == "gone":
        raise errors.pane_gone(pane.address, {"pane": pane.id, "waited_ms": round(waited * 1000)})
    if outcome == "timeout":
        raise BridgeError(
            "ERR_TIMEOUT",
            f"no match of {pattern!r} within {seconds_text(timeout)} seconds",
            hint=f"bridge pane-capture {session} {argument} shows what there is",
            output="Timeout: pattern not found",
            logs=(("error", f"Pattern not found within {seconds_text(timeout)}s"),),
            pane_id=pane.address,
            fields={"pane": pane.id, "waited_ms": round(waited * 1000)},
        )
    return Result(
        "\n".join(found),
        pane_id=pane.address,
        fields=_found(pane, found) | {"waited_ms": round(waited * 1000)},
        logs=(("success", f"Pattern found after {0 if outcome == 'present' else math.ceil(waited)}s"),),
    )


def _look(ctx: Context, params: dict[str, object]) -> tuple[Pane, list[str]]:
    pattern = str(params["pattern"])
    _, pane, text = panes.capture(ctx, str(params["session"]), str(params["pane"]), integer(params["lines"]))
    return pane, matching_lines(pattern, text)


def _found(pane: Pane, found: list[str]) -> dict[str, object]:
    return {"pane": pane.id, "found": bool(found), "matches": found, "untrusted": True}


_FOUND = Field("found", "boolean", "whether a line matches")
_MATCHES = Field("matches", "array", "the matching lines")
_WAITED = Field("waited_ms", "integer", "how long it waited, in milliseconds")

COMMANDS = (
    Command(
        name="pane-capture",
        summary="Print the visible screen of a pane and some history before it.",
        run=_capture,
        effect="read",
        target="pane",
        output="the lines, trailing blank lines removed",
        args=(SESSION, PANE, lines_of_history(20)),
        returns=(PANE_FIELD, UNTRUSTED),
        errors=NO_PANE,
        examples=("bridge pane-capture dev 0 50 | jq -r .output",),
    ),
    Command(
        name="pane-watch",
        summary="Print the lines of a pane that match a pattern, looking once.",
        run=_watch,
        effect="read",
        target="pane",
        output="the matching lines, empty where there is none",
        args=(SESSION, PANE, PATTERN, lines_of_history(50)),
        returns=(PANE_FIELD, _FOUND, _MATCHES, UNTRUSTED),
        errors=(*NO_PANE, "ERR_BAD_PATTERN", "ERR_UNSUPPORTED"),
        examples=("bridge pane-watch dev 0 'ERROR|FAIL' | jq -r '.matches[]'",),
    ),
    Command(
        name="pane-has-pattern",
        summary="Tell by the exit status whether a line of a pane matches: 0 yes, 1 no.",
        run=_has_pattern,
        effect="read",
        target="pane",
        output="true or false, as text",
        args=(SESSION, PANE, PATTERN, lines_of_history(50)),
        returns=(PANE_FIELD, _FOUND),
        errors=(*NO_PANE, "ERR_BAD_PATTERN", "ERR_UNSUPPORTED"),
        examples=("bridge pane-has-pattern dev 0 'Listening on' && echo ready",),
        envelope_on="stderr",
    ),
    Command(
        name="pane-watch-timeout",
        summary="Wait until a line of a pane matches a pattern.",
        run=_watch_timeout,
        effect="read",
        target="pane",
        output="the matching lines",
        args=(
            SESSION,
            PANE,
            PATTERN,
            Arg("timeout", "seconds to wait; it looks at least once", "seconds", required=True),
            lines_of_history(50),
        ),
        returns=(PANE_FIELD, _FOUND, _MATCHES, _WAITED, UNTRUSTED),
        errors=(
            *NO_PANE,
            "ERR_BAD_PATTERN",
            "ERR_TIMEOUT",
            "ERR_PANE_GONE",
            "ERR_BUSY",
            "ERR_STATE",
            "ERR_UNSUPPORTED",
        ),
        examples=("bridge pane-watch-timeout dev 0 'Listening on' 30",),
        waits=True,
    ),
)
