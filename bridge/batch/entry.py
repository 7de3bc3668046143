"""Runs a batch: calls one after the other or several at a time, over one connection to tmux."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque

from bridge import dispatch
from bridge.batch import lines
from bridge.context import Context
from bridge.core.fields import chosen
from bridge.envelope import compact
from bridge.errors import BridgeError, usage
from bridge.spec import Command, Result
from bridge.system import outlet
from bridge.tmux.connection import ConnectedTmux

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_AT_A_TIME = 64
_READ_AHEAD = 256


def run(ctx: Context, params: dict[str, object]) -> Result:
    """Answer every line of a file or of stdin; the exit status is 0 where all were successes."""
    parallel = params["parallel"]
    assert isinstance(parallel, int)
    if not 1 <= parallel <= _MOST_AT_A_TIME:
        raise usage(f"parallel: not between 1 and {_MOST_AT_A_TIME}: {parallel}")
    source = _open(str(params["file"]))
    config = ctx.config
    with ConnectedTmux(ctx.environ, config.tmux, config.tmux_socket, config.tmux_timeout) as tmux:
        batch = Batch(ctx, tmux, stop=bool(params["stop-on-error"]))
        calls = _calls(source)
        failed = batch.one_by_one(calls) if parallel == 1 else batch.several(calls, parallel)
    return Result("Batch ended", silent=True, exit_status=1 if failed else 0)


class Batch:
    """The calls of one batch and their answers."""

    def __init__(self, ctx: Context, tmux: ConnectedTmux, *, stop: bool) -> None:
        self._ctx = ctx
        self._tmux = tmux
        self._stop = stop
        self._failed = False
        self._problem: BaseException | None = None
        self._writing = threading.Lock()

    def one_by_one(self, calls: Iterator[lines.Call]) -> bool:
        """Answer in order; tells whether a call has failed."""
        for call in calls:
            try:
                self._answer(call)
            except BrokenPipeError:
                break  # nobody reads any more: that is no failure
            if self._failed and self._stop:
                break
        return self._failed

    def several(self, calls: Iterator[lines.Call], count: int) -> bool:
        """Answer up to `count` at a time; calls for the same pane keep their order. As `one_by_one`."""
        lanes = _Lanes()
        threads = [threading.Thread(target=self._work, args=(lanes,), daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        for call in calls:
            if self._is_over():
                break
            lanes.put(call)
        lanes.end(count)
        for thread in threads:
            thread.join()
        if self._problem is not None and not isinstance(self._problem, BrokenPipeError):
            raise self._problem
        return self._failed

    def _is_over(self) -> bool:
        return self._problem is not None or (self._failed and self._stop)

    def _work(self, lanes: _Lanes) -> None:
        while (call := lanes.take()) is not None:
            try:
                if not self._is_over():
                    self._answer(call)
            except BaseException as problem:  # no answer can be written: the rest is taken and not made
                self._problem = self._problem or problem
            finally:
                lanes.done(call)

    def _answer(self, call: lines.Call) -> None:
        if call.problem is not None:
            envelope, failed = call.refusal(), True
        else:
            assert call.command is not None
            answer = dispatch.invoke(call.command, call.words, script=False, make_context=self._context)
            envelope, failed = answer.envelope, answer.envelope["status"] != "success"
        if call.fields:
            envelope = chosen(envelope, call.fields)
        text = compact({"id": call.tag, **envelope}) + "\n"
        with self._writing:
            self._failed = self._failed or failed
            self._ctx.write(text.encode("utf-8", "replace"))

    def _context(self) -> Context:
        ctx = Context(self._ctx.config, self._ctx.environ, script=False, write=_discard, note=_discard)
        ctx.tmux = self._tmux
        return ctx


class _Lanes:
    """Hands out calls; a lane's next only when the one before it is done."""

    def __init__(self) -> None:
        self._ready: queue.SimpleQueue[lines.Call | None] = queue.SimpleQueue()
        self._waiting: dict[str, deque[lines.Call]] = {}
        self._changed = threading.Condition()
        self._open = 0

    def put(self, call: lines.Call) -> None:
        """Take a call in; waits where very many are waiting already."""
        with self._changed:
            while self._open >= _READ_AHEAD:
                self._changed.wait()
            self._open += 1
            if call.lane:
                if call.lane in self._waiting:
                    self._waiting[call.lane].append(call)
                    return
                self._waiting[call.lane] = deque()
        self._ready.put(call)

    def take(self) -> lines.Call | None:
        """The next call that may be made; None at the end."""
        return self._ready.get()

    def done(self, call: lines.Call) -> None:
        """A call is answered: the next of its lane may be made."""
        with self._changed:
            self._open -= 1
            if call.lane:
                rest = self._waiting[call.lane]
                if rest:
                    self._ready.put(rest.popleft())
                else:
                    del self._waiting[call.lane]
            self._changed.notify_all()

    def end(self, count: int) -> None:
        """Wait until all are done, then tell `count` takers."""
        with self._changed:
            while self._open:
                self._changed.wait()
        for _ in range(count):
            self._ready.put(None)


def _discard(*_: object) -> None:
    """Human lines and streamed bytes have no place in a batch."""


def _open(path: str) -> int:
    if path == "-":
        return 0
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise usage(f"cannot read {path!r}: {reason}", hint="a file of JSON lines, or - for stdin") from None


def _calls(source: int) -> Iterator[lines.Call]:
    rows: dict[str, Command | None] = {}
    for number, line in enumerate(_lines(source), 1):
        if line.strip():
            yield lines.read(line, number, rows)


def _lines(source: int) -> Iterator[bytes]:
    """Lines as they come; of one that is too long no more is kept than tells it."""
    rest = b""
    try:
        while data := outlet.read(source, 1 << 16):
            *whole, rest = (rest + data).split(b"\n")
            yield from whole
            if len(rest) > lines.LONGEST + (1 << 16):
                rest = rest[: lines.LONGEST + 1]
    except OSError as problem:
        raise BridgeError("ERR_USAGE", f"cannot read the batch: {problem.strerror}", hint="a file or -") from None
    if rest:
        yield rest
