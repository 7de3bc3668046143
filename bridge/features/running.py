"""A command that was typed into a pane's own shell (features.launching), and how it goes.

The output is what stands between two marks in the pane's byte log. A run is `ended` by its mark, or by
the end of the pane; whatever is not known is said so.
"""

from __future__ import annotations

import posix
import select
import time

from bridge import errors
from bridge.context import Context
from bridge.core import cursors
from bridge.core.cursors import Cursor
from bridge.core.runoutput import RunOutput, normalise
from bridge.core.runscript import Run
from bridge.core.text import SIZE
from bridge.errors import BridgeError
from bridge.features import dying, lineeditor, logfiles, prompting
from bridge.features.bytelog import ByteLog, keep, open_kept, release_kept
from bridge.features.logbytes import LogFile
from bridge.model import Pane
from bridge.store import runs
from bridge.system import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_SHORT, _LONG = 0.0005, 0.008
_LOOK_EVERY = 0.1
_SILENCE = 0.02
_CHUNK = 1 << 20


class Outcome:
    """How a run went so far: `kind` is one of core.OUTCOMES; `exit_code` and `signal` where they are known."""

    __slots__ = ("exit_code", "kind", "signal")

    def __init__(self, kind: str, exit_code: int | None = None, signal_name: str | None = None) -> None:
        self.kind = kind
        self.exit_code = exit_code
        self.signal = signal_name


class Running:
    """A command that was typed and may still run; it holds a lease on the pane's byte log, if there is one."""

    def __init__(
        self, ctx: Context, pane: Pane, record: dict[str, object], log: ByteLog, most: int, held: int = -1
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
        self.output = RunOutput(self.run, most, _pane_size(record))
        self.offset = _integer(record["offset"])
        self._identity = str(record["image"])
        self._nested = bool(record["nested"])
        self._began = float(str(record["began"]))

    def wait(self, timeout: float) -> Outcome:
        """Read until the run has ended or the seconds are over (0: no limit).

        `needs-input`: what runs has waited for the terminal for two seconds; `unknown`: the shell is at
        a prompt and nothing told how the run ended.
        """
        end = time.monotonic() + timeout if timeout else float("inf")
        from bridge.features.verdicts import Watcher  # noqa: PLC0415 - loaded while the shell works

        watcher = Watcher(self.pane, self._identity, nested=self._nested)
        nap, heard, looked = _SHORT, time.monotonic(), time.monotonic()
        pane_end = process.watch_end(self.pane.pid)
        poller = select.poll()
        if pane_end >= 0:
            poller.register(pane_end, select.POLLIN)
        try:
            while True:
                if self._read():
                    nap, heard = _SHORT, time.monotonic()
                    watcher.heard()
                if self.output.ended:
                    return self._exited(self.output.exit_code)
                if pane_end < 0 and process.has_ended(self.pane.pid):
                    return self._ended_with_pane()
                now = time.monotonic()
                if now >= end:
                    if runs.read_end(self.run) >= 0:
                        return self._settle("unknown")
                    reads = self.output.begun and watcher.reads_terminal()
                    return Outcome("needs-input" if reads else "timeout")
                if now - looked >= _LOOK_EVERY and now - heard >= _LOOK_EVERY:
                    looked = now
                    verdict = watcher.look(begun=self.output.begun)
                    if verdict and not self.output.begun and self._begin_again():
                        watcher.heard()
                    elif verdict:
                        return self._settle(verdict)
                if poller.poll(min(nap, max(end - now, 0)) * 1000 if nap >= 0.001 else 0):
                    return self._ended_with_pane()
                if nap < 0.001:
                    time.sleep(nap)
                nap = min(nap * 1.3, _LONG)
        finally:
            self._note_start()
            if pane_end >= 0:
                posix.close(pane_end)

    def complete(self, timeout: float) -> Outcome:
        """Wait as `wait`, then `finish`; a call that is ended meanwhile leaves the run to run-result."""
        outcome = Outcome("timeout")
        try:
            outcome = self.wait(timeout)
        finally:
            self.finish(outcome)
        return outcome

    def leave(self) -> None:
        """Let the run go on, for `resume`."""
        self.finish(Outcome("timeout"))

    def finish(self, outcome: Outcome) -> None:
        """Give everything back and store how it went; the output of a run that goes on is kept."""
        if outcome.kind in ("timeout", "needs-input"):
            try:
                keep(self._ctx, self.pane, self.run.run_id)
            except BridgeError:
                self._store(truncated=True)  # the pane's pipe is somebody else's: the rest can't be kept
            self.log.close()
            self._let_go()
            return
        self.output.finish()
        self.record |= {"outcome": outcome.kind, "exit_code": outcome.exit_code, "signal": outcome.signal}
        self.record["duration_ms"] = self.duration_ms
        undone = (dying.undoing(self.pane.id, self.pane.pid), prompting.ending(self.pane))
        self.log.begin_close(undone)  # tmux takes 4 ms, storing 0.7
        try:
            self._store()
        finally:
            self.log.close(also=undone)
        runs.remove_working(self.run)
        self._let_go()
        lineeditor.note(self._ctx, self.pane, self.record)
        if self.kept:
            release_kept(self._ctx, self.pane.id, self.pane.pid, self.run.run_id)

    def _store(self, *, truncated: bool = False) -> None:
        text, cut = self.output.text()
        self.record |= {"bytes": self.output.size, "truncated": cut or truncated, "output": text}
        runs.write_record(self._ctx.paths, self.record)

    def _let_go(self) -> None:
        if self._held >= 0:
            posix.close(self._held)
            self._held = -1

    @property
    def duration_ms(self) -> int:
        """Milliseconds from the typing to now."""
        return round((time.monotonic() - self._began) * 1000)

    @property
    def cursor(self) -> str | None:
        """As `running.cursor`, for what was read so far."""
        return cursor(self._ctx, self.record, self.output.size)

    def _begin_again(self) -> bool:
        again, self.again = self.again, None
        return again is not None and again()

    def _note_start(self) -> None:
        self.record["start"] = _integer(self.record["offset"]) + self.output.start

    def _read(self) -> bool:
        """Feed what the pane has printed; whether there was anything."""
        heard = False
        while not self.output.ended and (count := _feed(self.log, self.offset, self.output)):
            self.offset += count
            heard = True
        return heard

    def _exited(self, code: int) -> Outcome:
        return Outcome("exited", normalise(code)) if code >= 0 else Outcome("unknown")

    def _settle(self, verdict: str) -> Outcome:
        """The verdict, unless the mark came while we looked, or the shell wrote the code elsewhere."""
        time.sleep(0.02)
        self._read()
        if self.output.ended:
            return self._exited(self.output.exit_code)
        code = runs.read_end(self.run)
        # Without its beginning the text was not run: a code is that of something else.
        return self._exited(code) if self.output.begun and verdict == "unknown" else Outcome(verdict)

    def _ended_with_pane(self) -> Outcome:
        """The pane's process has ended: by the command's own `exit`, `exec`, or by a signal."""
        status = dying.read_status(self._ctx, self.pane)
        if status is None:
            self.log.await_writer()
        self._read()
        while not self.output.ended:  # the pipe of a pane that tmux keeps stays open, so its silence must do
            time.sleep(_SILENCE)
            if not self._read():
                break
        if self.output.ended:
            return self._exited(self.output.exit_code)
        if status is None:
            code = runs.read_end(self.run)
            return self._exited(code) if code >= 0 and self.output.begun else Outcome("gone")
        code, number = status
        if number:
            from bridge.system import signalnames  # noqa: PLC0415 - few end so

            return Outcome("signalled", None, signalnames.name(number))
        return Outcome("exited", code)


def resume(ctx: Context, pane: Pane, record: dict[str, object], most: int = 1 << 20) -> Running:
    """Go on with a run that an earlier call began; where its log was not kept, what was printed is lost."""
    log = ByteLog(ctx, pane)
    run = Running(ctx, pane, record, log, most)
    run.kept = True
    if log.generation != record["generation"]:
        run.offset = log.start
        run.output.skip(1)
    return run


def settle_gone(
    ctx: Context, record: dict[str, object], most: int = 1 << 20, otherwise: str = "gone"
) -> dict[str, object]:
    """The record of a run that nobody waits for, with what the kept log and the shell still tell.

    `otherwise` is its outcome where they tell no exit code.
    """
    run = Run(str(record["run_id"]), str(record["nonce"]), runs.directory(ctx.paths))
    output = RunOutput(run, most, _pane_size(record))
    log = open_kept(ctx, str(record["pane"]), _integer(record["pid"]))
    if log is not None and log.generation != record["generation"]:
        log.close()
        log = None
    if log is not None:
        offset = _integer(record["offset"])
        while count := _feed(log, offset, output):
            offset += count
        log.close()
    output.finish()
    code = output.exit_code if output.ended else runs.read_end(run) if output.begun or log is None else -1
    text, truncated = output.text()
    size = output.size
    if log is None:  # what an earlier call read is all there is
        text, truncated, size = str(record.get("output", "")), True, _integer(record.get("bytes", 0))
    record |= {
        "start": _integer(record["offset"]) + output.start,
        "outcome": "exited" if code >= 0 else otherwise,
        "exit_code": normalise(code) if code >= 0 else None,
        "signal": None,
        "duration_ms": None,
        "bytes": size,
        "truncated": truncated,
        "output": text,
    }
    runs.write_record(ctx.paths, record)
    runs.remove_working(run)
    release_kept(ctx, str(record["pane"]), _integer(record["pid"]), run.run_id)
    return record


def cursor(ctx: Context, record: dict[str, object], size: int) -> str | None:
    """The place behind so many bytes of a run's output, for `pane-read --since`; None where no log is kept."""
    pane_id, pid, generation = str(record["pane"]), _integer(record["pid"]), str(record.get("generation", ""))
    base = logfiles.base(ctx, pane_id, pid)
    if "start" not in record or not logfiles.keeps(base) or logfiles.writer(base)[1] != generation:
        return None
    return str(Cursor(pane_id, pid, generation, _integer(record["start"]) + size))


def offset_since(record: dict[str, object], text: str) -> int:
    """The offset in a run's output that a cursor stands for, 0 for none; raises ERR_USAGE."""
    if not text:
        return 0
    name, _, offset = text.rpartition(".")
    if name == record["run_id"] and offset.isascii() and offset.isdigit() and len(offset) < 16:
        return int(offset)
    try:
        place = cursors.parse(text)
    except BridgeError:
        place = None
    of_log = (record["pane"], record["pid"], record.get("generation"))
    if place is None or (place.pane_id, place.pid, place.generation) != of_log:
        message = f"since: not a cursor of run {record['run_id']}: {text!r}"
        raise errors.usage(message, hint="give the cursor of an answer")
    return max(0, place.offset - _integer(record.get("start", record["offset"])))


def _feed(log: LogFile, offset: int, output: RunOutput) -> int:
    """Pass on what the log has from the offset on, and what it has lost of it; how many bytes that were."""
    lost, data = log.fetch(offset, _CHUNK)
    if lost:
        output.skip(lost)
    output.feed(data)
    return lost + len(data)


def _pane_size(record: dict[str, object]) -> tuple[int, int]:
    """The width and the height of the pane when the command was typed."""
    size = record.get("pane_size")
    return (int(size[0]), int(size[1])) if isinstance(size, list) and len(size) == 2 else SIZE


def _integer(value: object) -> int:
    assert isinstance(value, int)
    return value
