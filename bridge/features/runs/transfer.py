"""Giving a command to a shell that can't read our files: over the terminal, piece by piece (core.inlinescript).

Nothing of the command is typed before a shell has answered there; what follows is features.runs.execution's.
"""

from __future__ import annotations

import posix
import time

from bridge.context import Context
from bridge.core import dialogue, inlinescript
from bridge.core.runscript import Run, display
from bridge.errors import BridgeError
from bridge.features.output.bytelog import ByteLog
from bridge.features.panes import keystrokes
from bridge.features.runs import exitstatus
from bridge.features.runs.execution import Running
from bridge.model import Pane
from bridge.store import runs
from bridge.system import ids
from bridge.system.foreground import Prompt
from bridge.tmux import versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ANSWERS_WITHIN = 5.0
_SLOWEST = 20_000  # bytes in a second
_LOOK_EVERY = 0.02
_MOST_ROWS = 40


def start(
    ctx: Context,
    pane: Pane,
    prompt: Prompt,
    command: str,
    most: int,
    prepare: Callable[[Run, ByteLog], tuple[dict[str, object], str]],
) -> Running:
    """Give the command to the shell there; it runs when this returns.

    `prepare` takes the run and the log, and gives the run's record and the keys that clear the shell's line; it
    may refuse. Raises ERR_TOO_LARGE, ERR_UNKNOWN_OUTCOME where no shell answers or not all of the text arrives:
    nothing was run then.
    """
    size = len(command.encode("utf-8", "surrogateescape"))
    if size > dialogue.LARGEST:
        raise BridgeError(
            "ERR_TOO_LARGE",
            f"the command has {size} bytes, {dialogue.LARGEST} can be given to a shell that can't read our files",
            hint="copy a file there and run that",
            pane_id=pane.address,
        )
    run = Run(ids.nonce()[: runs.ID_LENGTH], ids.nonce(), runs.directory(ctx.paths))
    held = -1
    log = ByteLog(ctx, pane)
    try:
        record, clear = prepare(run, log)
        held = runs.hold(run)
        runs.write_record(ctx.paths, record)
        _Sender(ctx, pane, log, prompt.shell).send(run, command, clear)
        record["began"] = time.monotonic()  # the way there is not the command's
    except BaseException:
        if held >= 0:
            posix.close(held)
        runs.remove_working(run)
        runs.remove_record(ctx.paths, run.run_id)
        log.close(also=(exitstatus.undoing(pane.id, pane.pid),))
        raise
    return Running(ctx, pane, record, log, most, held)


class _Sender:
    """The conversation with the shell, up to the moment when the command begins."""

    def __init__(self, ctx: Context, pane: Pane, log: ByteLog, shell: str) -> None:
        self._ctx = ctx
        self._pane = pane
        self._log = log
        self._shell = shell
        self._word = ids.nonce()[:8]
        self._seen = b""

    def send(self, run: Run, command: str, clear: str) -> None:
        before = self._place()
        line = dialogue.opening(self._word, self._shell)
        shown = tuple(display(command).split("\n"))
        # The blank is typed by itself: fish takes it off a pasted line, and would keep that in its history.
        keys = keystrokes.prepare(self._ctx, self._pane, line[1:], before=f"{clear} ", shown=shown)
        keystrokes.send(self._ctx, self._pane, (exitstatus.holding(self._pane), *keys))
        told = self._await(dialogue.answer_mark(self._word), b"\x07", _ANSWERS_WITHIN)
        if told is None:
            raise self._unanswered()
        kind, _, quiet = told.decode("ascii", "replace").partition(";")
        kind = kind if kind in dialogue.KINDS else "dash"
        traps = "trap" not in command and not dialogue.has_exit_trap(self._word, self._seen)
        rows = self._rows_since(before)
        script = inlinescript.script(kind, run, self._word, command, rows, traps=traps)
        data, size = dialogue.carried(script, kind, echoing=not quiet)
        self._paste(dialogue.receiver(self._word, kind, size, echoing=not quiet))
        if self._await(dialogue.ready_mark(self._word), b"", _ANSWERS_WITHIN) is None:
            raise self._incomplete("the shell there did not go on to take it")
        self._paste(data)
        within = dialogue.WAITS_FOR + 2 + size / _SLOWEST
        if self._await(run.start_mark, b"", within, unless=dialogue.failure_mark(self._word)) is None:
            raise self._incomplete("it did not arrive as it was sent")

    def _await(self, mark: bytes, end: bytes, seconds: float, unless: bytes = b"") -> bytes | None:
        """What stands between the mark and the end, None where that does not come in time."""
        until = time.monotonic() + seconds
        while True:
            lost, data = self._log.fetch(self._log.start + len(self._seen))
            self._seen += bytes(lost) + data
            at = self._seen.find(mark)
            stop = self._seen.find(end, at + len(mark)) if at >= 0 else -1
            if stop >= 0:
                return self._seen[at + len(mark) : stop]
            if data:
                continue
            left = until - time.monotonic()
            if left <= 0 or self._log.pane_ended() or (unless and unless in self._seen):
                return None
            self._log.await_more(self._log.start + len(self._seen), min(left, _LOOK_EVERY))

    def _paste(self, data: bytes) -> None:
        name = f"bridge-{ids.nonce()}"
        paste = versions.paste(self._pane.tmux, self._pane.id, name, "-d")
        self._ctx.typed = True
        self._ctx.tmux.ask(("load-buffer", "-b", name, "-"), paste, text=data)

    def _place(self) -> tuple[int, int]:
        """How many lines are in the history, and the cursor's row."""
        form = "#{history_size} #{cursor_y}"
        words = self._ctx.tmux.ask(("display-message", "-p", "-t", self._pane.id, form)).split()
        return (int(words[0]), int(words[1])) if len(words) == 2 else (0, 0)

    def _rows_since(self, before: tuple[int, int]) -> str:
        """What takes the typed line off the screen again; empty where it is not known which rows it fills."""
        size, row = self._place()
        count = size + row - before[0] - before[1]
        known = 0 < count <= min(row, _MOST_ROWS) and size >= before[0]  # tmux drops a tenth of a full history
        # Line by line: what is cleared from the first row to the last one goes into the history.
        return "\r" + "\x1b[A\x1b[2K" * count if known else ""

    def _unanswered(self) -> BridgeError:
        where = self._shell or "a shell"
        return self._refused(
            f"the command did not start: {where} did not answer within {_ANSWERS_WITHIN:g} seconds; "
            "one line was typed, nothing of the command"
        )

    def _incomplete(self, reason: str) -> BridgeError:
        return self._refused(f"the command did not start: {reason}")

    def _refused(self, message: str) -> BridgeError:
        ask = f"bridge pane-ask SESSION {self._pane.address} 'COMMAND; echo rc=$?' --pattern 'rc=[0-9]'"
        return BridgeError(
            "ERR_UNKNOWN_OUTCOME",
            message,
            hint=f"bridge pane-capture shows what is there; {ask} types it as a person would",
            pane_id=self._pane.address,
        )
