"""Waiting for one condition of a pane, with or without a question first."""

from __future__ import annotations

import time

from bridge import errors
from bridge.commands.words import (
    MATCHES,
    NO_PANE,
    NOT_TYPED,
    PANE,
    PANE_FIELD,
    SESSION,
    UNTRUSTED,
    WAITED,
    integer,
    seconds,
)
from bridge.context import Context
from bridge.errors import BridgeError, usage
from bridge.features.panes import lookup
from bridge.features.waits import until_answer, until_output
from bridge.features.waits.until_output import Outcome
from bridge.model import Pane
from bridge.spec import Arg, Command, Field, Result

_LAST_PORT = 65_535
_IDLE = 300  # milliseconds of silence that answer where no condition is given


def _wait_for(ctx: Context, params: dict[str, object]) -> Result:
    _check(params)
    session, argument = str(params["session"]), str(params["pane"])
    timeout = 0.0 if params["timeout"] is None else seconds(params["timeout"])
    _, pane = lookup.find(ctx, session, argument)
    if params["port"] is not None:
        return _wait_port(ctx, pane, integer(params["port"]), timeout, patient=bool(params["patient"]))
    began = time.monotonic()
    outcome = _outcome(ctx, pane, params, timeout)
    fields: dict[str, object] = {
        "pane": pane.id,
        "outcome": outcome.name,
        "matches": outcome.matches,
        "cursor": outcome.cursor,
        "lost_bytes": outcome.lost,
        "listeners": None,
        "in_pane": None,
        "waited_ms": round((time.monotonic() - began) * 1000),
        "untrusted": True,
    }
    _check_met(
        pane, outcome, timeout, fields, "wait again with --since and the cursor of this answer; nothing is missed"
    )
    words = {"matched": "\n".join(outcome.matches), "idle": "Pane is quiet", "exited": "Pane has ended"}
    return Result(words[outcome.name], pane_id=pane.address, fields=fields)


def _wait_port(ctx: Context, pane: Pane, port: int, timeout: float, *, patient: bool) -> Result:
    from bridge.features.waits import ports  # noqa: PLC0415 - the other conditions ask nobody for sockets

    began = time.monotonic()
    opening = ports.wait_port(ctx, pane, port, timeout, patient=patient)
    fields: dict[str, object] = {
        "pane": pane.id,
        "outcome": opening.name,
        "matches": [],
        "cursor": None,
        "lost_bytes": 0,
        "listeners": opening.listeners,
        "in_pane": opening.in_pane,
        "waited_ms": round((time.monotonic() - began) * 1000),
        "untrusted": True,
    }
    if opening.name == "ended":
        raise BridgeError(
            "ERR_IDLE",
            f"nothing runs in pane {pane.address} that could open port {port}: its shell prompts",
            hint=f"bridge pane-capture {pane.session} {pane.address} shows why; --patient waits for others too",
            pane_id=pane.address,
            fields=fields,
        )
    _check_met(
        *(pane, Outcome(opening.name), timeout, fields),
        f"bridge pane-capture {pane.session} {pane.address} shows what runs; wait again with a longer timeout",
    )
    return Result(f"Port {port} is open: {', '.join(opening.listeners)}", pane_id=pane.address, fields=fields)


def _check_met(
    pane: Pane, outcome: Outcome, timeout: float, fields: dict[str, object], hint: str, output: str | None = None
) -> None:
    """Raise ERR_PANE_GONE, ERR_IDLE or ERR_TIMEOUT where the condition was not met."""
    if outcome.name == "gone":
        problem = errors.pane_gone(pane.address, fields)
    elif outcome.name == "ended":
        problem = BridgeError(
            "ERR_IDLE",
            f"what ran in pane {pane.address} has ended: its shell prompts, and the answer did not come",
            hint="the output says why; what comes from the background is for pane-wait-for --since with this cursor",
            pane_id=pane.address,
            fields=fields,
        )
    elif outcome.name == "timeout":
        problem = BridgeError(
            "ERR_TIMEOUT",
            f"pane {pane.address}: not so within {timeout:g} seconds",
            hint=hint,
            pane_id=pane.address,
            fields=fields,
        )
    else:
        return
    if output is not None:
        problem.output = output
    raise problem


def _ask(ctx: Context, params: dict[str, object]) -> Result:
    if params["pattern"] is not None and params["idle"] is not None:
        raise usage("--pattern and --idle: only one of them", hint="--idle MS does where no prompt is known")
    timeout = 0.0 if params["timeout"] is None else seconds(params["timeout"])
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    pattern = None if params["pattern"] is None else str(params["pattern"])
    began = time.monotonic()
    idle = _IDLE if params["idle"] is None else integer(params["idle"])
    outcome, found = until_answer.ask(ctx, pane, str(params["text"]), pattern=pattern, idle=idle, timeout=timeout)
    fields: dict[str, object] = {
        "pane": pane.id,
        "outcome": outcome.name,
        "matches": outcome.matches,
        "cursor": found.cursor,
        "lost_bytes": found.lost,
        "more": found.more,
        "waited_ms": round((time.monotonic() - began) * 1000),
        "untrusted": True,
    }
    hint = "what was typed stays typed; pane-wait-for --since with this cursor waits on"
    _check_met(pane, outcome, timeout, fields, hint, found.text)
    return Result(found.text, pane_id=pane.address, fields=fields)


def _check(params: dict[str, object]) -> None:
    conditions = ("pattern", "idle", "exit", "port")
    given = [name for name in conditions if params[name] is not None and params[name] is not False]
    if len(given) != 1:
        found = " and ".join(f"--{name}" for name in given) or "none"
        hint = "give one of --pattern P, --idle MS, --exit, --port N"
        raise usage(f"one condition is needed, given: {found}", hint=hint)
    if params["port"] is not None and not 0 < integer(params["port"]) <= _LAST_PORT:
        raise usage(f"--port: no TCP port: {params['port']}", hint=f"give 1 to {_LAST_PORT}")
    if params["patient"] and given != ["port"]:
        raise usage("--patient: only with --port", hint="leave --patient out")
    for name in ("since", "screen"):
        if params[name] and given != ["pattern"]:
            raise usage(f"--{name}: only with --pattern", hint=f"leave --{name} out")
    if params["since"] is not None and params["screen"]:
        raise usage("--since and --screen: only one of them", hint="a cursor tells where to begin")


def _outcome(ctx: Context, pane: Pane, params: dict[str, object], timeout: float) -> Outcome:
    if params["exit"]:
        return until_output.wait_exit(pane, timeout)
    if pane.dead:
        return Outcome("gone")
    if params["idle"] is not None:
        return until_output.wait_silence(ctx, pane, integer(params["idle"]), timeout)
    since = None if params["since"] is None else str(params["since"])
    return until_output.wait_match(ctx, pane, str(params["pattern"]), timeout, since, screen=bool(params["screen"]))


COMMANDS = (
    Command(
        name="pane-wait-for",
        summary="Wait until a pane prints a matching line, is quiet for a while, or ends, or a port is open.",
        run=_wait_for,
        effect="read",
        target="pane",
        output="the matching lines, or a sentence",
        args=(
            SESSION,
            PANE,
            Arg("pattern", "until a printed line matches this pattern of grep -E", "pattern", positional=False),
            Arg("idle", "until nothing was printed for so many milliseconds", "integer", positional=False),
            Arg("exit", "until the pane's process has ended", "flag", positional=False),
            Arg(
                "port",
                "until somebody listens on this TCP port of the loopback (127.0.0.1 or ::1), or what runs has ended",
                "integer",
                positional=False,
            ),
            Arg("timeout", "seconds to wait; 0, as none given, waits for ever", "seconds", positional=False),
            Arg("since", "count what was printed since this cursor, too", positional=False),
            Arg("screen", "count what is on the screen, too", "flag", positional=False),
            Arg("patient", "with --port: go on although nothing runs in the pane", "flag", positional=False),
        ),
        returns=(
            PANE_FIELD,
            Field(
                "outcome",
                "string",
                "matched, idle, exited or listening; timeout, gone or ended (nothing runs that could open the port) "
                "beside an error",
            ),
            MATCHES,
            Field("cursor", "string", "the place where it stopped, null where there is no log"),
            Field("lost_bytes", "integer", "how many bytes went by unseen, since a log is bounded"),
            Field("listeners", "array", "the addresses where somebody listens on the port; null without --port"),
            Field("in_pane", "boolean", "whether a process of the pane listens there; null where nothing tells"),
            WAITED,
            UNTRUSTED,
        ),
        errors=(
            *NO_PANE,
            "ERR_BAD_PATTERN",
            "ERR_BAD_CURSOR",
            "ERR_IDLE",
            "ERR_TIMEOUT",
            "ERR_PANE_GONE",
            "ERR_STATE",
            "ERR_UNSUPPORTED",
        ),
        examples=(
            "bridge pane-wait-for dev 0 --pattern 'Listening on' --timeout 30",
            "bridge pane-wait-for dev 0 --idle 500",
            "bridge pane-wait-for dev 0 --exit",
            "bridge pane-wait-for dev 0 --port 8000 --timeout 30",
        ),
        waits=True,
        script=False,
    ),
    Command(
        name="pane-ask",
        summary="Type text into what runs in a pane, wait for its answer, and tell what it printed.",
        run=_ask,
        effect="write",
        target="pane",
        output="what was printed since the typing, with the echo and the prompt, at most 1 MB",
        args=(
            SESSION,
            PANE,
            Arg("text", "the text; each of its lines is typed when the one before is answered", required=True),
            Arg("pattern", "answered when a line or prompt matches this grep -E pattern", "pattern", positional=False),
            Arg(
                "idle",
                "answered when nothing was printed for so many milliseconds; 300 without --pattern",
                "integer",
                positional=False,
            ),
            Arg("timeout", "seconds to wait in all; 0, as none given, waits for ever", "seconds", positional=False),
        ),
        returns=(
            PANE_FIELD,
            Field(
                "outcome",
                "string",
                "matched or idle; beside an error timeout, gone, or ended: the shell prompts and nothing matched",
            ),
            MATCHES,
            Field("cursor", "string", "the place behind this output, for pane-read and pane-wait-for"),
            Field("lost_bytes", "integer", "how many bytes went by unseen, since a log is bounded"),
            Field("more", "boolean", "whether there is more to read at the cursor"),
            WAITED,
            UNTRUSTED,
        ),
        errors=(*NOT_TYPED, "ERR_BAD_PATTERN", "ERR_IDLE", "ERR_TIMEOUT", "ERR_STATE", "ERR_UNSUPPORTED"),
        examples=(
            "bridge pane-ask dev 0 'python3 -q' --pattern '^>>> $' --timeout 10",
            "bridge pane-ask dev 0 '6 * 7' --pattern '^>>> $' | jq -r .output",
        ),
        waits=True,
        script=False,
    ),
)
