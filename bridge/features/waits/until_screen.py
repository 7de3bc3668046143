"""Waiting for a pattern on a pane's screen."""

from __future__ import annotations

import time

from bridge.context import Context
from bridge.core.echo import EchoFilter, EditorReader
from bridge.core.text import LineReader
from bridge.errors import BridgeError
from bridge.features.output import panelog
from bridge.features.output.bytelog import ByteLog
from bridge.features.panes import lookup, typed
from bridge.model import Pane
from bridge.system.grep import matching_lines


def watch(ctx: Context, pane: Pane, pattern: str, timeout: float, lines: int) -> tuple[str, list[str], int]:
    """Look at the screen with `lines` of history, then at what comes, until the pattern is there.

    Looks at least once whatever the timeout. Every printed line is looked at, also one that has
    scrolled away, and the screen, for programs that move the cursor. The echo of a line that we
    typed decides nothing, but it is among the lines that are returned. Returns the outcome
    (`present` at the first look, `found`, `timeout`, `gone`), the matching lines, and how many bytes went by
    unseen. Raises ERR_BAD_PATTERN, ERR_STATE where the log ends before the pane.
    """
    if pane.dead:
        _, _, text = lookup.capture(ctx, pane.session_id, pane.id, lines, joined=True)
        found = _matches(pattern, EchoFilter(typed.lines(pane)).output(text.split("\n")))
        return ("present", _on_screen(ctx, pane, pattern, lines) or found, 0) if found else ("gone", [], 0)
    end = time.monotonic() + timeout
    log = ByteLog(ctx, pane, history=lines)
    try:
        echo, screen, offset = EchoFilter(typed.lines(pane)), LineReader(*log.pane_size), log.start
        *printed, last = log.screen.split("\n")
        screen.resume(last, pane.cursor_x, printed)
        reader = EditorReader(screen)
        outcome, ended, lost = "present", False, 0
        while True:
            found = _matches(pattern, echo.output(printed) + echo.output([reader.peek()], peek=True))
            if found:
                return outcome, _on_screen(ctx, pane, pattern, lines) or found, lost
            outcome = "found"
            if not ended and log.pane_ended():
                ended = True
                log.await_writer()  # once: a pane that was given a new process keeps its pipe
            gone, data = log.fetch(offset)
            if data:
                lost, offset = lost + gone, offset + gone + len(data)
            printed = reader.feed(data) if data else []
            if not data:
                if ended:
                    return "gone", [], lost
                if log.has_stopped():
                    raise panelog.stopped(pane.address, {"pane": pane.id})
                if time.monotonic() >= end:
                    return "timeout", [], lost
                log.await_more(offset, end - time.monotonic())
            elif not ended:
                found = _look_again(ctx, pane, pattern, lines, echo)
                if found:
                    return "found", found, lost
    finally:
        log.close()


def _look_again(ctx: Context, pane: Pane, pattern: str, lines: int, echo: EchoFilter) -> list[str]:
    """The matching lines of the screen as it is now, if anything but an echo is among them."""
    try:
        _, now, text = lookup.capture(ctx, pane.session_id, pane.id, lines, joined=True)
    except BridgeError:
        return []  # the pane ended meanwhile; the log tells what it printed
    typed_lines = typed.lines(now)
    echo.update(typed_lines)
    if not _matches(pattern, EchoFilter(typed_lines).output(text.split("\n"))):
        return []
    return _on_screen(ctx, pane, pattern, lines) or matching_lines(pattern, text)


def _on_screen(ctx: Context, pane: Pane, pattern: str, lines: int) -> list[str]:
    try:
        _, _, text = lookup.capture(ctx, pane.session_id, pane.id, lines)
    except BridgeError:
        return []
    return matching_lines(pattern, text)


def _matches(pattern: str, lines: list[str]) -> list[str]:
    return matching_lines(pattern, "\n".join(lines)) if lines else []
