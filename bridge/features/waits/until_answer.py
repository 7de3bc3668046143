"""Typing lines into what runs in a pane, and waiting for the answer to each."""

from __future__ import annotations

import time

from bridge.context import Context
from bridge.core.typedtext import check_text
from bridge.features.output import logfiles, read
from bridge.features.output.bytelog import ByteLog
from bridge.features.output.read import Reading
from bridge.features.panes import keystrokes, lookup
from bridge.features.waits import until_end, until_output
from bridge.features.waits.until_output import Outcome
from bridge.model import Pane
from bridge.system.grep import matching_lines


def ask(
    ctx: Context, pane: Pane, text: str, *, pattern: str | None, idle: int, timeout: float
) -> tuple[Outcome, Reading]:
    """Type each line and wait until a line matches, or it is quiet for `idle` milliseconds, before the next.

    Tells how the last wait ended, and what was printed since the first line was typed. The deadline is one
    for all; 0 is none. The outcome is `ended` once what ran has ended and the shell prompts, though no line
    matched; lines that are left are not typed then. An empty line at the end is an Enter of its own.

    Raises what typing raises, ERR_BAD_PATTERN before anything is typed, and ERR_UNSUPPORTED beside a pipe that
    is not ours.
    """
    if pattern is not None:
        matching_lines(pattern, "")
    lines = check_text(f"{text}\n" if text.endswith("\n") else text, raw=False, canonical=None)
    keystrokes.check_usable(pane)
    end = time.monotonic() + timeout
    log = read.open_log(ctx, pane)
    try:
        assert isinstance(log, ByteLog)
        logfiles.mark(log.path.removesuffix(".log"), logfiles.READ)
        outcome = Outcome("timeout", log.cursor(log.start))
        ran = lookup.is_running(pane)
        for number, line in enumerate(lines):
            left = max(end - time.monotonic(), 0.001) if timeout else 0.0
            if number:
                _, pane = lookup.find(ctx, pane.session_id, pane.id)
            keystrokes.type_lines(ctx, pane, line)
            if pattern is None:
                outcome = until_output.wait_silence(ctx, pane, idle, left)
            else:

                def over(pane: Pane = pane) -> bool:
                    return until_end.has_prompted(ctx, pane)

                outcome = until_output.wait_match(ctx, pane, pattern, left, outcome.cursor, over=over)
            if outcome.name == "idle" and ran and number + 1 < len(lines) and until_end.has_prompted(ctx, pane):
                outcome.name = "ended"
            if outcome.name not in ("matched", "idle"):
                break
        return outcome, read.read_log(log, pane, log.start)
    finally:
        log.close()
