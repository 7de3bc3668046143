"""Reading a pane's screen and looking for patterns on it, once."""

from __future__ import annotations

from bridge.commands.words import (
    FOUND,
    MATCHES,
    NO_PANE,
    PANE,
    PANE_FIELD,
    PATTERN,
    SESSION,
    UNTRUSTED,
    as_given,
    found_fields,
    integer,
    lines_of_history,
)
from bridge.context import Context
from bridge.features.panes import lookup
from bridge.model import Pane
from bridge.spec import Command, Result, counted
from bridge.system.grep import matching_lines


def _capture(ctx: Context, params: dict[str, object]) -> Result:
    lines = integer(params["lines"])
    _, pane, text = lookup.capture(ctx, str(params["session"]), str(params["pane"]), lines)
    told = (
        f"{as_given(ctx, 2, str(lines))} lines" if ctx.script else counted(len(text.splitlines()), "line")
    )  # the script told what was asked
    return Result(
        text,
        pane_id=pane.address,
        fields={"pane": pane.id, "untrusted": True},
        logs=(("info", f"Captured {told} from pane {params['pane']}"),),
    )


def _watch(ctx: Context, params: dict[str, object]) -> Result:
    pane, found = _look(ctx, params)
    pattern = params["pattern"]
    place = f"in pane {params['pane']}"
    log = (
        ("success", f"Pattern '{pattern}' found {place}")
        if found
        else ("info", f"Pattern '{pattern}' not found {place}")
    )
    return Result("\n".join(found), pane_id=pane.address, fields=found_fields(pane, found), logs=(log,))


def _has_pattern(ctx: Context, params: dict[str, object]) -> Result:
    pane, found = _look(ctx, params)
    return Result(
        "true" if found else "false",
        pane_id=pane.address,
        fields={"pane": pane.id, "found": bool(found)},
        exit_status=0 if found else 1,
    )


def _look(ctx: Context, params: dict[str, object]) -> tuple[Pane, list[str]]:
    pattern = str(params["pattern"])
    _, pane, text = lookup.capture(ctx, str(params["session"]), str(params["pane"]), integer(params["lines"]))
    return pane, matching_lines(pattern, text)


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
        returns=(PANE_FIELD, FOUND, MATCHES, UNTRUSTED),
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
        returns=(PANE_FIELD, FOUND),
        errors=(*NO_PANE, "ERR_BAD_PATTERN", "ERR_UNSUPPORTED"),
        examples=("bridge pane-has-pattern dev 0 'Listening on' && echo ready",),
        envelope_on="stderr",
    ),
)
