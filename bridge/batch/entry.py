"""Runs a batch: calls one after the other or several at a time, over one connection to tmux."""

from __future__ import annotations

import os
import queue
import select
import threading
from collections import deque
from functools import partial

from bridge import dispatch, inprocess, pause
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
        failed = Batch(ctx, tmux, stop=bool(params["stop-on-error"])).answer(source, parallel)
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
        self._requests: list[pause.Request] = []

    def answer(self, source: int, count: int) -> bool:
        """Answer what is read there, up to `count` calls at a time; whether a call has failed.

        That nobody reads the answers any more is no failure: what goes on just then is called off.
        """
        calls = _calls(source)
        main = pause.Request()
        self._requests.append(main)
        threading.Thread(target=self._await_leaving, daemon=True).start()
        try:
            pause.within(main, lambda: self._one_by_one(calls) if count == 1 else self._several(calls, count))
        except BaseException as problem:
            self._give_up(problem)
        finally:
            main.close()
        if self._problem is not None and not isinstance(self._problem, BrokenPipeError):
            raise self._problem
        return self._failed

    def _one_by_one(self, calls: Iterator[lines.Call]) -> None:
        for call in calls:
            self._answer(call)
            if self._is_over():
                break

    def _several(self, calls: Iterator[lines.Call], count: int) -> None:
        """Calls for the same pane keep their order."""
        lanes = _Lanes()
        requests = [pause.Request() for _ in range(count)]
        self._requests += requests
        threads = [threading.Thread(target=self._work, args=(lanes, request), daemon=True) for request in requests]
        for thread in threads:
            thread.start()
        try:
            for call in calls:
                if self._is_over():
                    break
                lanes.put(call)
        except BaseException as problem:
            self._give_up(problem)
            raise
        finally:
            lanes.end(count)
            for thread in threads:
                thread.join()

    def _is_over(self) -> bool:
        return self._problem is not None or (self._failed and self._stop)

    def _work(self, lanes: _Lanes, request: pause.Request) -> None:
        while (call := lanes.take()) is not None:
            try:
                if not self._is_over():
                    pause.within(request, partial(self._answer, call))
            except BaseException as problem:  # no answer can be written: the rest is taken and not made
                self._give_up(problem)
            finally:
                lanes.done(call)
        request.close()

    def _give_up(self, problem: BaseException) -> None:
        """No answer can be written any more, so none is worked for."""
        self._problem = self._problem or problem
        for request in self._requests:
            request.call_off()

    def _await_leaving(self) -> None:
        """Whoever reads may leave while nothing is written."""
        poller = select.poll()
        poller.register(1, 0)
        while not any(event & (select.POLLERR | select.POLLHUP) for _, event in poller.poll()):
            pass
        self._give_up(BrokenPipeError())

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
        return inprocess.context(self._ctx.config, self._ctx.environ, self._tmux)


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
        while pause.ready(source, None) and (data := outlet.read(source, 1 << 16)):
            *whole, rest = (rest + data).split(b"\n")
            yield from whole
            if len(rest) > lines.LONGEST + (1 << 16):
                rest = rest[: lines.LONGEST + 1]
    except OSError as problem:
        raise BridgeError("ERR_USAGE", f"cannot read the batch: {problem.strerror}", hint="a file or -") from None
    if rest:
        yield rest
