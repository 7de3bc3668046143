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
import time

from bridge import errors, pause
from bridge.context import Context
from bridge.core import loglife, target
from bridge.errors import BridgeError
from bridge.features.output import logfiles, logwriter
from bridge.features.output.panelog import PaneLog
from bridge.model import Pane, Survey
from bridge.store.lock import open_lock
from bridge.system import ids
from bridge.tmux import argv, rows
from bridge.tmux.client import refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.tmux.output import Listener

_PIPE_ENDS_WITHIN, _SILENCE, _NEXT_PRINTS = 0.1, 0.05, 0.5
_BEFORE = 500  # lines of history that are remembered with a log


def keep(ctx: Context, pane: Pane, name: str) -> None:
    """Make the pane's log live on after its last reader has gone, until `release`.

    The pipe goes on; when the pane has ended the files stay readable (`panelog.open_kept`) for 24 hours. The
    keep `read` expires an hour after it was last set. The log itself is started by a ByteLog, which
    the caller opens before or after. Raises ERR_STATE.
    """
    assert name.replace("-", "").isalnum()
    logfiles.mark(logfiles.base(ctx, pane.id, pane.pid), name)


def release(ctx: Context, pane: Pane, name: str) -> None:
    """Take a keep back; ends the log and removes its files where nothing else holds it."""
    release_kept(ctx, pane.id, pane.pid, name)


def release_kept(ctx: Context, pane_id: str, pid: int, name: str) -> None:
    """Take a keep back as `release` does, for a pane that may be gone."""
    base = logfiles.base(ctx, pane_id, pid)
    logfiles.unmark(base, name)
    logfiles.end_unheld(ctx, pane_id, base, logfiles.lease(base))


class ByteLog(PaneLog):
    """A reader's lease on the byte log of a pane, begun if there was none; offsets into it are in bytes.

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
        self._pane = pane
        self.screen = ""
        self.column = pane.cursor_x
        self.joined = self.followed = False
        self._history = history
        self._then = then
        self._listener: Listener | None = None
        self._private = -1
        logfiles.sweep(ctx, logfiles.base(ctx, pane.id, pane.pid))
        super().__init__(ctx, pane.id, pane.pid)

    def _open(self) -> None:
        self._file = -1
        self.pane_size = (self._pane.width, self._pane.height)
        try:
            self.start = self._begin(self._history, self._then)
            if self._listener is not None:
                self._private = posix.open(self.path, posix.O_WRONLY | posix.O_APPEND | posix.O_CLOEXEC)
        except BaseException:  # a signal too: the pipe may run already
            if self._file >= 0:
                posix.close(self._file)
            if self._listener is not None:
                self._listener.close()
            logfiles.end_unheld(self._ctx, self._pane.id, self._base, posix.dup(self._lease))
            raise

    @property
    def private(self) -> bool:
        """Whether the pane's pipe is somebody else's."""
        return self._listener is not None

    def _read(self, offset: int, most: int) -> bytes:
        """As LogFile._read; brings in what a listener has heard."""
        self._pump()
        return super()._read(offset, most)

    def state(self) -> str:
        """As PaneLog.state; a private log goes on for as long as its reader."""
        return loglife.WRITTEN if self.private else super().state()

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

    def close(self, also: tuple[tuple[str, ...], ...] = ()) -> None:
        """As PaneLog.close."""
        if self._listener is not None:
            self._listener.close()
            posix.close(self._private)
        super().close(also)

    def _listened(self) -> int:
        return self._listener.descriptor if self._listener is not None else -1

    def _pump(self) -> None:
        """Bring what the listener heard into the file."""
        if self._listener is not None and (heard := self._listener.read()):
            view = memoryview(heard)
            while view:
                view = view[posix.write(self._private, view) :]

    def _begin(self, history: int | None, then: Callable[[ByteLog], tuple[tuple[str, ...], ...]] | None) -> int:
        """Start or join; returns the offset where this reader begins. One starts at a time."""
        gate = take_gate(self._ctx)
        try:
            while logfiles.expected(self._base):
                pause.nap(0.001)
            pid, self.generation = logfiles.writer(self._base)
            if pid:
                self.joined = True
                self._file = posix.open(self.path, posix.O_RDONLY | posix.O_CLOEXEC)
                offset = self.size()
                if history is not None:
                    self._snapshot(history)
                return offset
            self.generation = ids.nonce()[:12]
            logfiles.announce(self._base, self.generation)
            self._file = posix.open(self.path, posix.O_RDONLY | posix.O_CLOEXEC)
            following = then(self) if then is not None else ()
            piped = self._snapshot(history, start=True, following=following)
            self.followed = bool(following) and not piped
        finally:
            posix.close(gate)
        if piped:
            self._listen(history)
        return 0

    def _listen(self, history: int | None) -> None:
        """The pane's pipe is somebody else's: hear what it prints over a control client, in a log of our own."""
        from bridge.tmux.output import Listener  # noqa: PLC0415 - few panes have such a pipe

        self._listener = Listener(self._ctx.tmux, self._pane.session_id, self._pane.id)
        given_back, lease = self._base, self._lease
        private = f"{given_back}-{posix.getpid()}"
        self._lease = logfiles.lease(private)
        self._base, self.path = private, f"{private}.log"
        with pause.held():
            logfiles.end_unheld(self._ctx, self._pane.id, given_back, lease)
        logfiles.announce(self._base, self.generation)
        file, self._file = self._file, -1
        posix.close(file)
        self._file = posix.open(self.path, posix.O_RDONLY | posix.O_CLOEXEC)
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
                    logwriter.command(self._base, self.generation, self._ctx.config.log_limit_mb, self._pane.pid),
                ),
                ("set-option", "-p", *place, argv.LOG, self.generation),
            )
            commands.append(argv.only_if(self._pane.id, "#{==:#{pane_pipe},0}", *begin, *following))
        if following:  # what is typed may be a secret: not for the arguments of a process
            line = argv.nested(*commands) + "\n"
            answer = self._ctx.tmux.run(("source-file", "-"), text=line.encode("utf-8", "surrogateescape"))
        else:
            answer = self._ctx.tmux.run(*commands)
        if answer.status:
            raise refused(answer, self._pane.address)
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
    """The lock under which logs are started and runs begun, one at a time; closing the descriptor gives it back.

    Raises ERR_TIMEOUT where somebody else does not give it back in time; nothing was begun then.
    """
    gate = open_lock(f"{ctx.paths.locks}/pane-logs.lock")
    end = time.monotonic() + ctx.config.tmux_timeout
    try:
        while not _taken(gate):
            if time.monotonic() >= end:
                raise BridgeError(
                    "ERR_TIMEOUT",
                    f"another call has been beginning a log or a run for {ctx.config.tmux_timeout:g} seconds",
                    hint="look at the other calls of bridge: one of them may be stopped; nothing was done",
                )
            pause.nap(0.002)
    except BaseException:
        posix.close(gate)
        raise
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
        pause.nap(0.002)
    return True
