"""Waiting for the end of what runs in a pane, and for what it prints."""

from __future__ import annotations

import math
import time

from bridge import errors
from bridge.commands.words import (
    COMMAND,
    FOUND,
    MATCHES,
    NO_PANE,
    NOT_TYPED,
    PANE,
    PANE_FIELD,
    PATTERN,
    RAW,
    SESSION,
    UNTRUSTED,
    WAITED,
    as_given,
    found_fields,
    integer,
    lines_of_history,
    seconds,
    seconds_text,
)
from bridge.context import Context
from bridge.core.typedtext import check_text
from bridge.errors import BridgeError
from bridge.features.panes import keystrokes, lookup, typed
from bridge.features.waits import until_end, until_screen
from bridge.model import Pane
from bridge.spec import Arg, Command, Field, Result
from bridge.store.lastcode import last_code
from bridge.system import foreground
from bridge.system.descent import can_read
from bridge.system.grep import matching_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.outcome import Outcome as RunOutcome


def _wait(ctx: Context, params: dict[str, object]) -> Result:
    timeout = seconds(params["timeout"])
    argument, told = str(params["pane"]), as_given(ctx, 2, seconds_text(timeout))
    _, pane = lookup.find(ctx, str(params["session"]), argument)
    ctx.note("info", f"Waiting for pane {argument} to complete (timeout: {told}s)...")
    before = typed.prompts_before(pane)
    if before < 0:  # nothing was typed by us: only what ends from now on is known
        before, _ = last_code(ctx.paths, pane.id, pane.pid)
    framed = _await_framed(ctx, pane, timeout)
    patient = ctx.script or bool(params["patient"])
    outcome, was_running, waited = framed[0] if framed else _await_idle(ctx, pane, timeout, patient=patient)
    if outcome == "timeout":
        raise BridgeError(
            "ERR_TIMEOUT",
            f"pane {argument} is still running after {seconds_text(timeout)} seconds",
            hint="wait again with a longer timeout, or end what runs there",
            output=f"Timeout after {told}s",
            logs=(("warn", f"Pane {argument} still running after {told}s timeout"),),
            pane_id=pane.address,
            fields={"pane": pane.id, "waited_ms": waited, "outcome": "timeout", "exit_code": None},
        )
    after = _whole_seconds(waited, was_running)
    return Result(
        f"Pane completed after {after}s",
        pane_id=pane.address,
        fields={"pane": pane.id, "waited_ms": waited, **(framed[1] if framed else _how(ctx, pane, before))},
        logs=(("success", f"Pane {argument} completed after {after}s"),),
    )


def _exec_timeout(ctx: Context, params: dict[str, object]) -> Result:
    timeout = seconds(params["timeout"])
    told = as_given(ctx, 2, seconds_text(timeout))
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    text, raw, before = str(params["command"]), bool(params["raw"]), 0
    framed = None if raw else _run_framed(ctx, pane, text, timeout)
    if framed:
        outcome, _, waited = framed[0]
    else:
        keystrokes.type_lines(ctx, pane, text, raw=raw)
        before = typed.prompts_before(pane)
        outcome, _, waited = _await_idle(ctx, pane, timeout, patient=ctx.script)
    fields: dict[str, object] = {"pane": pane.id, "waited_ms": waited, "outcome": "timeout", "exit_code": None}
    if outcome == "timeout":
        raise BridgeError(
            "ERR_TIMEOUT",
            f"the command runs longer than {seconds_text(timeout)} seconds",
            hint="it goes on; bridge pane-wait waits for it",
            output="Timeout exceeded",
            logs=(("error", f"Command exceeded {told}s timeout"),),
            pane_id=pane.address,
            fields=fields,
        )
    return Result(
        "Completed in time",
        pane_id=pane.address,
        fields=fields | (framed[1] if framed else _how(ctx, pane, before)),
        logs=(("success", f"Command completed within {told}s timeout"),),
    )


def _await_idle(ctx: Context, pane: Pane, timeout: float, *, patient: bool) -> tuple[str, bool, int]:
    """The outcome, whether the pane was running at all, and the milliseconds waited.

    Raises ERR_PANE_GONE, and ERR_NEEDS_INPUT unless `patient`.
    """
    was_running = bool(lookup.is_running(pane))
    began = time.monotonic()
    outcome = until_end.wait_idle(ctx, pane, timeout, patient=patient)
    waited = round((time.monotonic() - began) * 1000)
    fields: dict[str, object] = {"pane": pane.id, "waited_ms": waited, "outcome": outcome, "exit_code": None}
    if outcome == "gone":
        raise errors.pane_gone(pane.address, fields)
    if outcome == "needs-input":
        raise BridgeError(
            "ERR_NEEDS_INPUT",
            f"what runs in pane {pane.address} waits for input from the terminal",
            hint=f"bridge pane-capture {pane.session} {pane.address} shows what it asks, bridge pane-exec or "
            "pane-send-keys answers; pane-wait --patient waits on",
            pane_id=pane.address,
            fields=fields,
        )
    return outcome, was_running, waited


_Framed = tuple[tuple[str, bool, int], dict[str, object]]


def _await_framed(ctx: Context, pane: Pane, timeout: float) -> _Framed | None:
    """As `_await_idle`, and how it ended, for what we gave to a shell that can't read our files; None elsewhere."""
    if not _is_elsewhere(ctx, pane):
        return None
    from bridge.features.runs import frames  # noqa: PLC0415 - few panes have such a shell in front

    began = time.monotonic()
    return _framed(pane, frames.await_end(ctx, pane, timeout), began)


def _run_framed(ctx: Context, pane: Pane, text: str, timeout: float) -> _Framed | None:
    """As `_await_framed`, for a text that is to be run."""
    if not text.strip() or not _is_elsewhere(ctx, pane):
        return None
    from bridge.features.runs import frames  # noqa: PLC0415 - few panes have such a shell in front

    check_text(text, raw=False, canonical=None)
    began = time.monotonic()
    return _framed(pane, frames.run(ctx, pane, text, timeout), began)


def _is_elsewhere(ctx: Context, pane: Pane) -> bool:
    """Whether the pane's own shell is not in front, or can't read our files."""
    front = foreground.first(pane.pid, pane.tty)
    return front is not None and not (front.pid == pane.pid and can_read(front.pid, ctx.paths.root))


def _framed(pane: Pane, outcome: RunOutcome | None, began: float) -> _Framed | None:
    if outcome is None:
        return None
    waited = round((time.monotonic() - began) * 1000)
    if outcome.kind == "gone":
        fields: dict[str, object] = {"pane": pane.id, "waited_ms": waited, "outcome": "gone", "exit_code": None}
        raise errors.pane_gone(pane.address, fields)
    code = outcome.exit_code
    how: dict[str, object] = {"outcome": "exited" if code is not None else "unknown", "exit_code": code}
    kind = "timeout" if outcome.kind in ("timeout", "needs-input") else outcome.kind
    return (kind, True, waited), how


def _how(ctx: Context, pane: Pane, before: int) -> dict[str, object]:
    """What the shell's hook has told of the command that ended since it had counted `before` prompts."""
    prompts, code = last_code(ctx.paths, pane.id, pane.pid)
    known = prompts > before and code >= 0
    return {"outcome": "exited" if known else "unknown", "exit_code": code if known else None}


_NOTICED_WITHIN = 100  # milliseconds that are ours, not the command's: they fill no second


def _whole_seconds(waited_ms: int, was_running: bool) -> int:
    # The script counted the seconds it slept: any running command took at least one.
    return max(1, math.ceil((waited_ms - _NOTICED_WITHIN) / 1000)) if was_running else 0


def _watch_timeout(ctx: Context, params: dict[str, object]) -> Result:
    pattern, timeout = str(params["pattern"]), seconds(params["timeout"])
    session, argument = str(params["session"]), str(params["pane"])
    told = as_given(ctx, 3, seconds_text(timeout))
    _, pane = lookup.find(ctx, session, argument)
    matching_lines(pattern, "")  # a bad pattern is told before anything is waited for
    ctx.note("info", f"Watching for pattern '{pattern}' (timeout: {told}s)...")
    began = time.monotonic()
    outcome, found, lost = until_screen.watch(ctx, pane, pattern, timeout, integer(params["lines"]))
    waited = time.monotonic() - began
    seen: dict[str, object] = {"waited_ms": round(waited * 1000), "lost_bytes": lost}
    if outcome == "gone":
        raise errors.pane_gone(pane.address, {"pane": pane.id, **seen})
    if outcome == "timeout":
        raise BridgeError(
            "ERR_TIMEOUT",
            f"no match of {pattern!r} within {seconds_text(timeout)} seconds",
            hint=f"bridge pane-capture {session} {argument} shows what there is",
            output="Timeout: pattern not found",
            logs=(("error", f"Pattern not found within {told}s"),),
            pane_id=pane.address,
            fields={"pane": pane.id, **seen},
        )
    return Result(
        "\n".join(found),
        pane_id=pane.address,
        fields=found_fields(pane, found) | seen,
        logs=(("success", f"Pattern found after {0 if outcome == 'present' else math.ceil(waited)}s"),),
    )


_HOW = (
    Field(
        "outcome",
        "string",
        "exited, timeout, needs-input or gone; unknown where the shell reads again and tells no more: it ended, or an "
        "open quote or a `read` of the shell waits for more",
    ),
    Field("exit_code", "integer", "of the last command that ended, where the shell tells it; else null"),
)

COMMANDS = (
    Command(
        name="pane-wait",
        summary="Wait until what runs in a pane has ended and its shell prompts again.",
        run=_wait,
        effect="read",
        target="pane",
        output="a sentence with the seconds, rounded up",
        args=(
            SESSION,
            PANE,
            Arg("timeout", "seconds to wait; 0 waits for ever", "seconds", default=0.0),
            Arg("patient", "go on while what runs waits for a person", "flag", positional=False),
        ),
        returns=(PANE_FIELD, WAITED, *_HOW),
        errors=(*NO_PANE, "ERR_TIMEOUT", "ERR_NEEDS_INPUT", "ERR_PANE_GONE", "ERR_UNSUPPORTED"),
        examples=("bridge pane-wait dev 0 60",),
        waits=True,
    ),
    Command(
        name="pane-exec-timeout",
        summary="Type text into a pane and wait until it has run.",
        run=_exec_timeout,
        effect="write",
        target="pane",
        output="fixed text",
        args=(
            SESSION,
            PANE,
            Arg("timeout", "seconds to wait; 0 waits for ever", "seconds", required=True),
            COMMAND,
            RAW,
        ),
        returns=(PANE_FIELD, WAITED, *_HOW),
        errors=(*NOT_TYPED, "ERR_TIMEOUT", "ERR_NEEDS_INPUT", "ERR_UNSUPPORTED", "ERR_UNKNOWN_OUTCOME"),
        examples=("bridge pane-exec-timeout dev 0 60 'make test'",),
        waits=True,
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
        returns=(
            PANE_FIELD,
            FOUND,
            MATCHES,
            WAITED,
            Field("lost_bytes", "integer", "how many bytes went by unseen, since a log is bounded"),
            UNTRUSTED,
        ),
        errors=(
            *NO_PANE,
            "ERR_BAD_PATTERN",
            "ERR_TIMEOUT",
            "ERR_PANE_GONE",
            "ERR_STATE",
            "ERR_UNSUPPORTED",
        ),
        examples=("bridge pane-watch-timeout dev 0 'Listening on' 30",),
        waits=True,
    ),
)
