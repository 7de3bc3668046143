"""A run under way: waiting for its end, judging it, and storing how it went.

The output is what stands between two marks in the pane's byte log. A run is `ended` by its mark, or by
the end of the pane; whatever is not known is said so.
"""

from __future__ import annotations

import posix
import select
import time

from bridge import pause
from bridge.context import Context
from bridge.core import outcome
from bridge.core.outcome import Outcome, Seen
from bridge.core.runoutput import RunOutput
from bridge.core.runscript import Run
from bridge.errors import BridgeError
from bridge.features.output import panelog
from bridge.features.output.bytelog import ByteLog, keep, release_kept
from bridge.features.output.panelog import PaneLog
from bridge.features.runs import exitstatus, lineeditor, records, shellprompt
from bridge.model import Pane
from bridge.store import runs
from bridge.system import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.features.runs.verdicts import Watcher

_SHORT, _LONG, _AWAKE = 0.0005, 0.008, 0.06  # naps, and how long after the last sign of life they are taken
_LOOK_EVERY, _LOOK_SELDOM, _SELDOM_AFTER = 0.1, 0.5, 5.0
_SILENCE = 0.02
_CLOCKS_APART = 20  # milliseconds: the time of a file goes by the kernel's ticks


class Running:
    """A command that was typed and may still run; it holds a lease on the pane's byte log, if there is one."""

    def __init__(
        self, ctx: Context, pane: Pane, record: dict[str, object], log: PaneLog, most: int, held: int = -1
    ) -> None:
        """`held` is what `runs.hold` gave, closed in the end."""
        self._ctx = ctx
        self._held = held
        self.kept = False  # whether an earlier call kept the log for this run
        self.again: Callable[[], bool] | None = None  # another way to have the shell begin, where the first did not
        self.pane = pane
        self.record = record
        self.log = log
        self.run = Run(str(record["run_id"]), str(record["nonce"]), runs.directory(ctx.paths))
        self.output = RunOutput(self.run, most, records.pane_size(record))
        self.offset = _integer(record["offset"])
        self._identity = str(record["image"])
        self._nested = bool(record["nested"])
        self._began = float(str(record["began"]))
        self._watched = False  # whether we were there before the end

    def wait(self, timeout: float) -> Outcome:
        """Read until the run has ended or the seconds are over (0: no limit).

        `needs-input`: what runs has waited for the terminal for two seconds; `unknown`: the shell is at
        a prompt and nothing told how the run ended.
        """
        end = time.monotonic() + timeout if timeout else float("inf")
        from bridge.features.runs.verdicts import Watcher  # noqa: PLC0415 - loaded while the shell works

        watcher = Watcher(self.pane, self._identity, nested=self._nested)
        nap, heard, looked = _SHORT, time.monotonic(), time.monotonic()
        pane_end = process.watch_end(self.pane.pid)
        poller = select.poll()
        if pane_end >= 0:
            poller.register(pane_end, select.POLLIN)
        ended = False
        try:
            while True:
                if self._read():
                    nap, heard = _SHORT, time.monotonic()
                    watcher.heard()
                if self.output.ended or ended or (pane_end < 0 and process.has_ended(self.pane.pid)):
                    return outcome.judge(self._see(ended=not self.output.ended))
                now = time.monotonic()
                silent = now - heard
                if now >= end:
                    return self._give_up(watcher)
                if silent >= _LOOK_EVERY and now - looked >= (_LOOK_SELDOM if silent > _SELDOM_AFTER else _LOOK_EVERY):
                    looked = now
                    # A mark that did not come says nothing where the log has stopped.
                    stopped = self.log.has_stopped()
                    verdict = watcher.look(begun=self.output.begun and not stopped)
                    if verdict and not self.output.begun and self._begin_again():
                        watcher.heard()
                    elif verdict or stopped:
                        pause.nap(_SILENCE)  # the mark may be on its way
                        self._read()
                        said = outcome.judge(self._see(look=verdict))
                        if said.kind != outcome.GOES_ON:
                            return said
                self._watched = True
                left = max(end - now, 0)
                if silent > _AWAKE:
                    self.log.await_more(self.offset, min(left, _LOOK_SELDOM), file=f"{self.run.base}.end")
                    ended = bool(poller.poll(0))
                    continue
                ended = bool(pause.poll(poller, min(nap, left) * 1000 if nap >= 0.001 else 0))
                if nap < 0.001:
                    pause.nap(nap)
                nap = min(nap * 1.3, _LONG)
        finally:
            self._note_start()
            if pane_end >= 0:
                posix.close(pane_end)

    def _give_up(self, watcher: Watcher) -> Outcome:
        """The time is over: what is known by now."""
        if runs.read_end(self.run) >= 0:
            pause.nap(_SILENCE)  # the mark is on its way
            self._read()
        reads = self.output.begun and watcher.reads_terminal()
        return outcome.judge(self._see(look=outcome.NEEDS_INPUT if reads else "", over=True))

    def _see(self, *, ended: bool = False, look: str = "", over: bool = False) -> Seen:
        """All that is to be known of the run now. `ended`: the pane's process has."""
        status = self._await_end() if ended else None
        code, output = runs.read_end(self.run), self.output
        seen = Seen(
            begun=output.begun,
            mark=output.exit_code if output.ended else None,
            code=code if code >= 0 else None,
            ended=ended,
            log=outcome.STOPPED if not output.ended and self.log.has_stopped() else outcome.WHOLE,
            lost=output.lost,
            look=look,
            over=over,
        )
        records.add_status(seen, status, nested=self._nested)
        return seen

    def _await_end(self) -> tuple[int, int] | None:
        """Read what the pane's process, which has ended, has printed last; its status where tmux knows it."""
        status = exitstatus.read_status(self._ctx, self.pane.session_id, self.pane.id, self.pane.pid)
        if status is None:
            self.log.await_writer()
        self._read()
        while not self.output.ended:  # the pipe of a pane that tmux keeps stays open, so its silence must do
            pause.nap(_SILENCE)
            if not self._read():
                break
        return status

    def complete(self, timeout: float) -> Outcome:
        """Wait as `wait`, then `finish`; a call that is ended meanwhile leaves the run to run-result."""
        said = Outcome(outcome.TIMEOUT)
        try:
            said = self.wait(timeout)
        finally:
            self.finish(said)
        return said

    def leave(self) -> None:
        """Give everything back and let the run go on; `resume` takes it up again."""
        self.finish(Outcome(outcome.TIMEOUT))

    def finish(self, said: Outcome) -> None:
        """Give everything back and store how it went; the output of a run that goes on is kept."""
        with pause.held():
            self._finish(said)

    def _finish(self, said: Outcome) -> None:
        if not said.is_final:
            try:
                if self.log.private:  # the pane's pipe is somebody else's: the rest can't be kept
                    self._store(truncated=True)
                else:
                    keep(self._ctx, self.pane, self.run.run_id)
            except BridgeError as problem:
                self._ctx.note("warn", f"what the run prints from now on is not kept: {problem.message}")
            finally:
                self.log.close()
                self._let_go()
            return
        self.output.finish()
        self.record |= {"outcome": said.kind, "exit_code": said.exit_code, "signal": said.signal}
        self.record |= {"duration_ms": self.duration_ms, "pane_ended": said.pane_ended}
        undone = (exitstatus.undoing(self.pane.id, self.pane.pid), shellprompt.ending(self.pane))
        self.log.begin_close(undone)  # tmux takes 4 ms, storing 0.7
        try:
            self._store(truncated=said.truncated)
        except BridgeError as problem:  # a full disk: what is known is told all the same
            self._ctx.note("warn", f"how the run went could not be stored: {problem.message}")
        finally:
            self.log.close(also=undone)
        runs.remove_working(self.run)
        self._let_go()
        lineeditor.note(self._ctx, self.pane, self.record)
        if self.kept:
            release_kept(self._ctx, self.pane.id, self.pane.pid, self.run.run_id)

    def _store(self, *, truncated: bool) -> None:
        records.store(self._ctx, self.record, self.output, truncated=truncated)

    def _let_go(self) -> None:
        if self._held >= 0:
            posix.close(self._held)
            self._held = -1

    @property
    def duration_ms(self) -> int | None:
        """Milliseconds from the typing to the end or to now; None where nobody saw the end and nothing tells it."""
        now = round((time.monotonic() - self._began) * 1000)
        found = records.duration_ms(self.run, self.record)
        if found is not None and found <= now + _CLOCKS_APART:
            return min(found, now)
        return now if self._watched else None

    @property
    def cursor(self) -> str | None:
        """The cursor behind what was read of the output so far, as `records.cursor`."""
        return records.cursor(self._ctx, self.record, self.output.size)

    def _begin_again(self) -> bool:
        again, self.again = self.again, None
        return again is not None and again()

    def _note_start(self) -> None:
        self.record["start"] = _integer(self.record["offset"]) + self.output.start

    def _read(self) -> bool:
        """Feed what the pane has printed; whether there was anything."""
        heard = False
        while not self.output.ended and (count := records.feed(self.log, self.offset, self.output)):
            self.offset += count
            heard = True
        return heard


def resume(ctx: Context, pane: Pane, record: dict[str, object]) -> Running:
    """Go on with a run that an earlier call began; where its log was not kept, what was printed is lost."""
    generation = str(record["generation"])
    log = panelog.open_stopped(ctx, pane.id, pane.pid, generation) or ByteLog(ctx, pane)
    run = Running(ctx, pane, record, log, records.most(record))
    run.kept = True
    if log.generation != generation:
        run.offset = log.start
        run.output.skip(1)
    return run


def _integer(value: object) -> int:
    assert isinstance(value, int)
    return value
