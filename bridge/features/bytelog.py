"""The bytes that a pane prints, in a file that a dumb process appends to.

`pipe-pane -O` with such a writer loses nothing and never stalls the program. A pane has one pipe only:
one that somebody else has set is not taken; then a control-mode client listens. Every reader holds a
shared lock on the lease file; who finds no other reader and no keep marker ends the pipe and removes
the files, also those of readers that were killed. The log is bounded: the writer gives the oldest
bytes back to the file system and offsets stay what they are.
"""

from __future__ import annotations

import fcntl
import posix
import select
import time

from bridge import errors
from bridge.context import Context
from bridge.core import target
from bridge.core.cursors import Cursor
from bridge.errors import BridgeError
from bridge.features import logfiles, logwriter
from bridge.features.logbytes import LogFile
from bridge.model import Pane, Survey
from bridge.store.lock import open_lock
from bridge.system import ids, process
from bridge.tmux import argv, rows
from bridge.tmux.client import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.system.inotify import Bell
    from bridge.tmux.output import Listener

_DRAINED_WITHIN = 3.0
_PIPE_ENDS_WITHIN, _SILENCE, _NEXT_PRINTS = 0.1, 0.05, 0.5
_STARTED_WITHIN = 1.0
_LOOK_EVERY = 0.25
_SHORT_NAP, _NAPS_FOR = 0.001, 0.01
_BEFORE = 500  # lines of history that are remembered with a log


def keep(ctx: Context, pane: Pane, name: str) -> None:
    """Make the pane's log live on after its last reader has gone, until `release`.

    The pipe goes on; when the pane has ended the files stay readable (`open_kept`) for 24 hours. The
    keep `read` expires an hour after it was last set. The log itself is started by a ByteLog, which
    the caller opens before or after. Raises ERR_STATE.
    """
    assert name.replace("-", "").isalnum()
    logfiles.mark(logfiles.base(ctx, pane.id, pane.pid), name)


def release(ctx: Context, pane: Pane, name: str) -> None:
    """Take a keep back; ends the log and removes its files where nothing else holds it."""
    release_kept(ctx, pane.id, pane.pid, name)


def release_kept(ctx: Context, pane_id: str, pid: int, name: str) -> None:
    """As `release`, for a pane that may be gone."""
    base = logfiles.base(ctx, pane_id, pid)
    logfiles.unmark(base, name)
    logfiles.end_unheld(ctx, pane_id, base, logfiles.lease(base))


def open_kept(ctx: Context, pane_id: str, pid: int) -> KeptLog | None:
    """The kept log of a pane that may be gone, None where there is none (any more)."""
    base = logfiles.base(ctx, pane_id, pid)
    return KeptLog(ctx, pane_id, base, pid) if logfiles.keeps(base) and logfiles.written_at(base) else None


class KeptLog(LogFile):
    """The log of a pane that may be gone, for as long as something keeps it."""

    def __init__(self, ctx: Context, pane_id: str, base: str, pid: int) -> None:
        """Hold the log; `open_kept` makes these."""
        self._ctx = ctx
        self._pane_id = pane_id
        self._pid = pid
        self._base = base
        self.path = f"{base}.log"
        self.pane_size = logfiles.load_before(base)[2]
        self.start = 0
        self.generation = logfiles.writer(base)[1]
        self._lease = logfiles.lease(base)
        self._file = posix.open(self.path, posix.O_RDONLY | posix.O_CLOEXEC)

    def pane_ended(self) -> bool:
        """Whether nothing will be written any more."""
        return process.has_ended(self._pid)

    def await_writer(self) -> None:
        """Wait until the pane's last bytes have been written."""
        _await_writer(self._base, time.monotonic() + _DRAINED_WITHIN)

    def cursor(self, offset: int) -> str:
        """The place of an offset, as `pane-read --since` takes it."""
        return str(Cursor(self._pane_id, self._pid, self.generation, offset))

    def close(self) -> None:
        """Give the lease back; a log that nothing keeps any more is removed."""
        posix.close(self._file)
        logfiles.end_unheld(self._ctx, self._pane_id, self._base, self._lease)


class ByteLog(LogFile):
    """A lease on the byte log of a pane; offsets into it are in bytes.

    `screen` is the pane's screen at the very moment when the log began (or was joined), with the
    history lines that were asked for; `joined` tells that the log ran already. `private` tells that
    the pane has a pipe of somebody else, so that this log ends with its reader and cannot be kept.
    `followed` tells that the commands of `then` were given to tmux.
    """

    def __init__(
        self,
        ctx: Context,
        pane: Pane,
        history: int | None = None,
        then: Callable[[ByteLog], tuple[tuple[str, ...], ...]] | None = None,
    ) -> None:
        """Start the log, or join the one that runs. Raises ERR_PANE_GONE.

        What `then` gives is done by tmux in the same step, once the log is on; it is asked only where a log
        is started, and not done where the pane has a pipe of somebody else.
        """
        self._ctx = ctx
        self._pane = pane
        self._base = logfiles.base(ctx, pane.id, pane.pid)
        self.path = f"{self._base}.log"
        self.screen = ""
        self.column = pane.cursor_x
        self.pane_size = (pane.width, pane.height)
        self.generation = ""
        self.joined = self.followed = False
        self.start = 0
        self._listener: Listener | None = None
        self._bell: Bell | None = None
        self._private = self._pane_end = -1
        logfiles.sweep(ctx, self._base)
        self._lease = logfiles.lease(self._base)
        try:
            self.start = self._begin(history, then)
            self._file = posix.open(self.path, posix.O_RDONLY | posix.O_CLOEXEC)
        except BaseException:  # a signal too: the pipe may run already
            logfiles.end_unheld(ctx, pane.id, self._base, self._lease)
            raise
        if self._listener is not None:
            self._private = posix.open(self.path, posix.O_WRONLY | posix.O_APPEND | posix.O_CLOEXEC)

    @property
    def private(self) -> bool:
        """Whether the pane's pipe is somebody else's."""
        return self._listener is not None

    def read(self, offset: int, most: int = 1 << 18) -> bytes:
        """As LogFile.read; brings in what a listener has heard."""
        self._pump()
        return super().read(offset, most)

    def cursor(self, offset: int) -> str | None:
        """The place of an offset, as `pane-read --since` takes it; None for a private log."""
        return None if self.private else str(Cursor(self._pane.id, self._pane.pid, self.generation, offset))

    def pane_ended(self) -> bool:
        """Whether the pane's process has ended or the pane was closed."""
        return process.has_ended(self._pane.pid)

    def await_writer(self) -> None:
        """After the pane's end: wait until its last bytes have been written.

        Where the pane has a new process, or tmux keeps it although it is dead, its pipe stays open: then
        the silence of the log must do.
        """
        if self.private:
            return
        end, before = time.monotonic() + _PIPE_ENDS_WITHIN, -1
        last = end + _NEXT_PRINTS  # a new process may print without a pause
        while not _await_writer(self._base, end):
            size = self.size()
            if (size == before or time.monotonic() >= last) and not self._prints():
                return
            end, before = time.monotonic() + _SILENCE, size

    def _prints(self) -> bool:
        """Whether tmux may still have something of this process to pass on."""
        pane = f"#{{&&:#{{==:#{{pane_pid}},{self._pane.pid}}},#{{==:#{{pane_dead}},0}}}}"
        try:
            answer = self._ctx.tmux.run(("display-message", "-p", "-t", self._pane.id, pane))
        except BridgeError:
            return False
        return answer.status == 0 and answer.output.strip() == b"1"

    def await_more(self, offset: int, seconds: float, also: tuple[int, ...] = ()) -> None:
        """Sleep until there is something behind the offset or the pane has ended, at most so long.

        May return early. `also` are descriptors that end the sleep when they hang up. The first
        milliseconds are short naps, then the kernel wakes us: nothing is asked of tmux.
        """
        end = time.monotonic() + seconds
        if self._bell is None:
            until = min(end, time.monotonic() + _NAPS_FOR)
            while not self.private and time.monotonic() < until:
                if self.size() > offset:
                    return
                time.sleep(_SHORT_NAP)
            from bridge.system.inotify import Bell  # noqa: PLC0415 - only for who waits longer

            self._bell = Bell(self.path)
            self._pane_end = process.watch_end(self._pane.pid)
        self._bell.clear()
        if self.size() > offset or process.has_ended(self._pane.pid):
            return
        poller = select.poll()
        listened = self._listener.descriptor if self._listener is not None else -1
        for descriptor in (self._bell.descriptor, self._pane_end, listened):
            if descriptor >= 0:
                poller.register(descriptor, select.POLLIN)
        for descriptor in also:
            poller.register(descriptor, 0)
        most = _LOOK_EVERY if self._bell.descriptor >= 0 else 0.005
        poller.poll(max(0.0, min(end - time.monotonic(), most)) * 1000 + 0.5)

    def begin_close(self, also: tuple[tuple[str, ...], ...]) -> None:
        """Let tmux begin with what a `close` with the same commands asks it for."""
        logfiles.begin_end(self._ctx, self._pane.id, self._base, self._lease, also)

    def close(self, also: tuple[tuple[str, ...], ...] = ()) -> None:
        """Give the lease back; the last reader ends the pipe and removes the log, unless it is kept.

        `also` as in `logfiles.end`.
        """
        posix.close(self._file)
        if self._bell is not None:
            self._bell.close()
        if self._pane_end >= 0:
            posix.close(self._pane_end)
        if self._listener is not None:
            self._listener.close()
            posix.close(self._private)
        logfiles.end_unheld(self._ctx, self._pane.id, self._base, self._lease, also)

    def _pump(self) -> None:
        """Bring what the listener heard into the file."""
        if self._listener is not None and (heard := self._listener.read()):
            view = memoryview(heard)
            while view:
                view = view[posix.write(self._private, view) :]

    def _begin(self, history: int | None, then: Callable[[ByteLog], tuple[tuple[str, ...], ...]] | None) -> int:
        """Start or join; returns the offset where this reader begins. One starts at a time."""
        end = time.monotonic() + self._ctx.config.tmux_timeout
        gate = take_gate(self._ctx)
        try:
            while logfiles.expected(self._base) and time.monotonic() < end and self._is_young():
                time.sleep(0.001)
            pid, self.generation = logfiles.writer(self._base)
            if pid:
                self.joined = True
                offset = posix.stat(self.path).st_size
                if history is not None:
                    self._snapshot(history)
                return offset
            self.generation = ids.nonce()[:12]
            logfiles.announce(self._base, self.generation)
            following = then(self) if then is not None else ()
            piped = self._snapshot(history, start=True, following=following)
            self.followed = bool(following) and not piped
        finally:
            posix.close(gate)
        if piped:
            self._listen(history)
        return 0

    def _is_young(self) -> bool:
        return time.time() - posix.stat(f"{self._base}.pid").st_mtime < _STARTED_WITHIN

    def _listen(self, history: int | None) -> None:
        """The pane's pipe is somebody else's: hear what it prints over a control client, in a log of our own."""
        from bridge.tmux.output import Listener  # noqa: PLC0415 - few panes have such a pipe

        self._listener = Listener(self._ctx.tmux, self._pane.session_id, self._pane.id)
        logfiles.end_unheld(self._ctx, self._pane.id, self._base, self._lease)
        self._base = f"{self._base}-{posix.getpid()}"
        self.path = f"{self._base}.log"
        self._lease = logfiles.lease(self._base)
        logfiles.announce(self._base, self.generation)
        self._snapshot(history if history is not None else 0)
        logfiles.store_before(self._base, self.column, self.screen, self.pane_size)

    def _snapshot(
        self, history: int | None, *, start: bool = False, following: tuple[tuple[str, ...], ...] = ()
    ) -> bool:
        """Look at the screen, and start the pipe unless there is one: one step of tmux, so that nothing falls between.

        Tells whether a pipe was there already.
        """
        nonce = ids.nonce()
        marker = ("display-message", "-p", nonce)
        place = ("-t", self._pane.id)
        commands: list[tuple[str, ...]] = [argv.list_panes(self._pane.session_id), marker]
        if history is not None:
            commands.append(("capture-pane", "-p", "-J", "-S", f"-{history}", *place))
        commands += [marker, ("display-message", "-p", *place, "#{cursor_y}"), ("capture-pane", "-p", *place)]
        if start:
            commands += [marker, ("capture-pane", "-p", "-J", "-S", f"-{_BEFORE}", *place), marker]
            begin = (
                (
                    "pipe-pane",
                    "-O",
                    *place,
                    logwriter.command(self._base, self.generation, self._ctx.config.log_limit_mb),
                ),
                ("set-option", "-p", *place, argv.LOG, self.path),
            )
            commands.append(argv.only_if(self._pane.id, "#{==:#{pane_pipe},0}", *begin, *following))
        if following:  # what is typed may be a secret: not for the arguments of a process
            line = argv.nested(*commands) + "\n"
            answer = self._ctx.tmux.run(("source-file", "-"), text=line.encode("utf-8", "surrogateescape"))
        else:
            answer = self._ctx.tmux.run(*commands)
        if answer.status:
            gone = answer.no_server or "can't find" in answer.error
            raise errors.pane_gone(self._pane.address) if gone else failed(answer)
        listed, *texts = answer.output.split(f"{nonce}\n".encode())
        try:
            panes = target.pick_session(rows.panes(listed), self._pane.session_id)
            pane = target.pick_pane(Survey(panes), self._pane.id)
        except BridgeError as problem:
            raise errors.pane_gone(self._pane.address) from problem
        self.column = pane.cursor_x
        self.pane_size = (pane.width, pane.height)
        row, *visible = texts[1].split(b"\n")
        # Blank lines at the end are not text, but the one that the cursor is in is the line that comes next.
        blank = row.isdigit() and int(row) < len(visible) and not visible[int(row)].strip()
        self.screen = _up_to_cursor(texts[0], blank)
        if start:
            logfiles.store_before(self._base, self.column, _up_to_cursor(texts[2], blank), self.pane_size)
        return pane.piped


def _up_to_cursor(captured: bytes, blank: bool) -> str:
    text = captured.decode("utf-8", "replace").rstrip("\n")
    return f"{text}\n" if blank and text else text


def take_gate(ctx: Context) -> int:
    """The lock under which logs are started and runs begun, one at a time; closing the descriptor gives it back."""
    gate = open_lock(f"{ctx.paths.locks}/pane-logs.lock")
    end = time.monotonic() + ctx.config.tmux_timeout
    while not _taken(gate) and time.monotonic() < end:
        time.sleep(0.002)
    return gate


def _taken(gate: int) -> bool:
    try:
        fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _await_writer(base: str, end: float) -> bool:
    """Whether the writer has ended before that moment."""
    while logfiles.is_written(base):
        if time.monotonic() >= end:
            return False
        time.sleep(0.002)
    return True
