"""How a run went, as it is stored: the record and the output of one that nobody waits for any more."""

from __future__ import annotations

from bridge import errors
from bridge.context import Context
from bridge.core import cursors, outcome
from bridge.core.cursors import Cursor
from bridge.core.outcome import Seen
from bridge.core.runoutput import RunOutput
from bridge.core.runscript import Run
from bridge.core.text import SIZE
from bridge.errors import BridgeError
from bridge.features.output import logfiles, panelog
from bridge.features.output.bytelog import release_kept
from bridge.features.output.logbytes import LogFile
from bridge.features.runs import exitstatus
from bridge.store import runs

_CHUNK = 1 << 20


def duration_ms(run: Run, record: dict[str, object]) -> int | None:
    """Milliseconds from the typing until the shell wrote the exit code, None where it has not."""
    end, began = runs.ended_at(run), record.get("began_at")
    if not end or not isinstance(began, float) or end < began - 1:  # the wall clock was set meanwhile
        return None
    return max(0, round((end - began) * 1000))


def store(ctx: Context, record: dict[str, object], output: RunOutput, *, truncated: bool) -> None:
    """Store a run's record with what is kept of its output."""
    _, cut = output.text()
    record |= {"bytes": output.size, "truncated": cut or truncated, "cut": output.is_cut}
    runs.write_output(ctx.paths, record, output.kept())
    runs.write_record(ctx.paths, record)


def stored(ctx: Context, record: dict[str, object]) -> RunOutput:
    """The stored output of a run that has ended."""
    output = RunOutput(_run(ctx, record), most(record), pane_size(record))
    data = runs.read_output(ctx.paths, record)
    size = record.get("bytes")
    output.restore(data, size if isinstance(size, int) else len(data), cut=bool(record.get("cut")))
    return output


def _run(ctx: Context, record: dict[str, object]) -> Run:
    return Run(str(record["run_id"]), str(record["nonce"]), runs.directory(ctx.paths))


def add_status(seen: Seen, status: tuple[int, int] | None, *, nested: bool) -> None:
    """Add to what was seen how the pane's process ended: its exit code and signal number."""
    if status is None or nested:  # nested: it is the status of the shell around the one that ran the text
        return
    seen.status, number = status
    if number:
        from bridge.system import signalnames  # noqa: PLC0415 - few end so

        seen.status, seen.signal = None, signalnames.name(number)


def settle_gone(ctx: Context, record: dict[str, object], otherwise: str = "") -> dict[str, object]:
    """The record of a run whose pane's process has ended, with what tmux, the kept log and the shell still tell.

    `otherwise` is its outcome where they tell no exit code and the process has not ended.
    """
    run = _run(ctx, record)
    pane, pid = str(record["pane"]), _integer(record["pid"])
    status = None if otherwise else exitstatus.read_status(ctx, str(record["session_id"]), pane, pid)
    exitstatus.undo(ctx, pane, pid)
    log = panelog.open_kept(ctx, pane, pid)
    if log is not None and log.generation != record["generation"]:
        log.close()
        log = None
    state, output = outcome.NONE, stored(ctx, record)  # what an earlier call read may be all there is
    if log is not None:
        output = RunOutput(run, most(record), pane_size(record))
        log.await_writer()
        offset = _integer(record["offset"])
        while count := feed(log, offset, output):
            offset += count
        state = outcome.STOPPED if log.has_stopped() else outcome.WHOLE
        log.close()
    output.finish()
    code = runs.read_end(run)
    seen = Seen(
        begun=log is not None and output.begun,
        mark=output.exit_code if log is not None and output.ended else None,
        code=code if code >= 0 else None,
        ended=not otherwise,
        log=state,
        lost=output.lost,
        look=otherwise,
        over=True,
    )
    add_status(seen, status, nested=bool(record["nested"]))
    said = outcome.judge(seen)
    record |= {
        "start": _integer(record["offset"]) + output.start,
        "outcome": said.kind,
        "exit_code": said.exit_code,
        "signal": said.signal,
        "duration_ms": duration_ms(run, record),
        "pane_ended": said.pane_ended,
    }
    store(ctx, record, output, truncated=said.truncated)
    runs.remove_working(run)
    release_kept(ctx, pane, pid, run.run_id)
    return record


def pane_size(record: dict[str, object]) -> tuple[int, int]:
    """The width and the height of the pane when the command was typed."""
    size = record.get("pane_size")
    return (int(size[0]), int(size[1])) if isinstance(size, list) and len(size) == 2 else SIZE


def most(record: dict[str, object]) -> int:
    """The most bytes of its output that a run was asked to tell."""
    found = record.get("most")
    return found if isinstance(found, int) else 1 << 20


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


def feed(log: LogFile, offset: int, output: RunOutput) -> int:
    """Pass on what the log has from the offset on, and what it has lost of it; how many bytes that were."""
    lost, data = log.fetch(offset, _CHUNK)
    if lost:
        output.skip(lost)
    output.feed(data)
    return lost + len(data)


def _integer(value: object) -> int:
    assert isinstance(value, int)
    return value
