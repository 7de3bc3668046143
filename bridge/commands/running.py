"""Typing commands into panes and waiting for their end."""

from __future__ import annotations

import math
import time

from bridge import errors
from bridge.commands.words import NO_PANE, PANE, PANE_FIELD, RAW, SESSION, seconds, seconds_text
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features import panes, typing, waiting
from bridge.model import Pane
from bridge.spec import Arg, Command, Field, Result


def _exec(ctx: Context, params: dict[str, object]) -> Result:
    session, argument, text = str(params["session"]), str(params["pane"]), str(params["command"])
    _, pane = panes.find(ctx, session, argument)
    typing.type_lines(ctx, pane, text, raw=bool(params["raw"]))
    return Result(
        f"Command: {text}",
        pane_id=pane.address,
        fields={"pane": pane.id},
        logs=(("success", f"Command sent to pane {argument} in session '{session}'"),),
    )


def _is_running(ctx: Context, params: dict[str, object]) -> Result:
    _, pane = panes.find(ctx, str(params["session"]), str(params["pane"]))
    running = panes.is_running(pane)
    if running is None:
        raise BridgeError(
            "ERR_UNSUPPORTED",
            f"this system does not tell whether pane {pane.address} is at its prompt",
            hint="run the command in bash, zsh or fish",
            pane_id=pane.address,
            fields={"pane": pane.id, "running": None},
        )
    text = f"is running: {pane.command} (PID: {pane.pid})" if running else "is idle (shell prompt)"
    return Result(
        "true" if running else "false",
        pane_id=pane.address,
        fields={"pane": pane.id, "running": running},
        logs=(("info", f"Pane {params['pane']} {text}"),),
        exit_status=0 if running else 1,
    )


def _wait(ctx: Context, params: dict[str, object]) -> Result:
    timeout = seconds(params["timeout"])
    argument = str(params["pane"])
    _, pane = panes.find(ctx, str(params["session"]), argument)
    ctx.note("info", f"Waiting for pane {argument} to complete (timeout: {seconds_text(timeout)}s)...")
    outcome, was_running, waited = _await_idle(ctx, pane, timeout)
    if outcome == "timeout":
        raise BridgeError(
            "ERR_TIMEOUT",
            f"pane {argument} is still running after {seconds_text(timeout)} seconds",
            hint="wait again with a longer timeout, or end what runs there",
            output=f"Timeout after {seconds_text(timeout)}s",
            logs=(("warn", f"Pane {argument} still running after {seconds_text(timeout)}s timeout"),),
            pane_id=pane.address,
            fields={"pane": pane.id, "waited_ms": waited},
        )
    after = _whole_seconds(waited, was_running)
    return Result(
        f"Pane completed after {after}s",
        pane_id=pane.address,
        fields={"pane": pane.id, "waited_ms": waited},
        logs=(("success", f"Pane {argument} completed after {after}s"),),
    )


def _exec_timeout(ctx: Context, params: dict[str, object]) -> Result:
    timeout = seconds(params["timeout"])
    _, pane = panes.find(ctx, str(params["session"]), str(params["pane"]))
    typing.type_lines(ctx, pane, str(params["command"]), raw=bool(params["raw"]))
    outcome, _, waited = _await_idle(ctx, pane, timeout)
    fields: dict[str, object] = {"pane": pane.id, "waited_ms": waited}
    if outcome == "timeout":
        raise BridgeError(
            "ERR_TIMEOUT",
            f"the command runs longer than {seconds_text(timeout)} seconds",
            hint="it goes on; bridge pane-wait waits for it",
            output="Timeout exceeded",
            logs=(("error", f"Command exceeded {seconds_text(timeout)}s timeout"),),
            pane_id=pane.address,
            fields=fields,
        )
    return Result(
        "Completed in time",
        pane_id=pane.address,
        fields=fields,
        logs=(("success", f"Command completed within {seconds_text(timeout)}s timeout"),),
    )


def _await_idle(ctx: Context, pane: Pane, timeout: float) -> tuple[str, bool, int]:
    """The outcome, whether the pane was running at all, and the milliseconds waited."""
    was_running = bool(panes.is_running(pane))
    began = time.monotonic()
    outcome = waiting.wait_idle(ctx, pane, timeout)
    waited = round((time.monotonic() - began) * 1000)
    if outcome == "gone":
        raise errors.pane_gone(pane.address, {"pane": pane.id, "waited_ms": waited})
    return outcome, was_running, waited


def _whole_seconds(waited_ms: int, was_running: bool) -> int:
    # The script counted the seconds it slept: any running command took at least one.
    return max(1, math.ceil(waited_ms / 1000)) if was_running else 0


_COMMAND = Arg("command", "the text to type; Enter follows each of its lines", required=True)
_TYPING_ERRORS = (*NO_PANE, "ERR_CONTROL_CHARACTERS", "ERR_TOO_LARGE", "ERR_BUSY", "ERR_PANE_GONE")
_WAITED = Field("waited_ms", "integer", "how long it waited, in milliseconds")

COMMANDS = (
    Command(
        name="pane-exec",
        summary="Type text into a pane, byte for byte, with Enter after each line.",
        run=_exec,
        effect="write",
        target="pane",
        output="a sentence with the text",
        args=(SESSION, PANE, _COMMAND, RAW),
        returns=(PANE_FIELD,),
        errors=_TYPING_ERRORS,
        examples=("bridge pane-exec dev 0 'make test'",),
    ),
    Command(
        name="pane-is-running",
        summary="Tell by the exit status whether something runs in a pane: 0 yes, 1 no.",
        run=_is_running,
        effect="read",
        target="pane",
        output="true or false, as text",
        args=(SESSION, PANE),
        returns=(PANE_FIELD, Field("running", "boolean", "whether something runs; null where nobody can tell")),
        errors=(*NO_PANE, "ERR_UNSUPPORTED"),
        examples=("bridge pane-is-running dev 0 || echo idle",),
    ),
    Command(
        name="pane-wait",
        summary="Wait until what runs in a pane has ended and its shell prompts again.",
        run=_wait,
        effect="read",
        target="pane",
        output="a sentence with the seconds, rounded up",
        args=(SESSION, PANE, Arg("timeout", "seconds to wait; 0 waits for ever", "seconds", default=0.0)),
        returns=(PANE_FIELD, _WAITED),
        errors=(*NO_PANE, "ERR_TIMEOUT", "ERR_PANE_GONE", "ERR_UNSUPPORTED"),
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
            _COMMAND,
            RAW,
        ),
        returns=(PANE_FIELD, _WAITED),
        errors=(*_TYPING_ERRORS, "ERR_TIMEOUT", "ERR_UNSUPPORTED"),
        examples=("bridge pane-exec-timeout dev 0 60 'make test'",),
        waits=True,
    ),
)
