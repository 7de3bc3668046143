"""The bytes that a pane prints, in a file that a dumb process appends to.

`pipe-pane -O 'exec cat >>FILE'` loses nothing and never stalls the program. A pane has one pipe only:
one that somebody else has set is not taken; then a control-mode client listens. Every reader holds a
shared lock on the lease file; who finds no other reader ends the pipe and removes the files, also
those of readers that were killed.
"""

from __future__ import annotations

import fcntl
import os
import time

from bridge import errors
from bridge.context import Context
from bridge.core import target
from bridge.errors import BridgeError
from bridge.model import Pane, Survey
from bridge.store.lock import open_lock
from bridge.store.paths import ensure, unusable
from bridge.system import ids, process
from bridge.tmux import argv, rows
from bridge.tmux.client import failed
from bridge.tmux.control import Listener

_DRAINED_WITHIN = 1.0


class ByteLog:
    """A lease on the byte log of a pane; offsets into it are in bytes.

    `screen` is the pane's screen at the very moment when the log began (or was joined), with the
    history lines that were asked for, `cursor_x` the cursor's column then.
    """

    def __init__(self, ctx: Context, pane: Pane, history: int | None = None) -> None:
        """Start the log, or join the one that runs. Raises ERR_PANE_GONE."""
        self._ctx = ctx
        self._pane = pane
        base = f"{ensure(ctx.paths.run)}/pane-{pane.id[1:]}-{pane.pid}"
        self.path = f"{base}.log"
        self._pid_path = f"{base}.pid"
        self._lease_path = f"{base}.lease"
        self.screen = ""
        self.cursor_x = 0
        self._listener: Listener | None = None
        self._private = -1
        _sweep(ctx, keep=base)
        self._lease = open_lock(self._lease_path)
        try:
            fcntl.flock(self._lease, fcntl.LOCK_SH)
            self.start = self._begin(history)
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except BaseException:  # a signal too: the pipe may run already
            if _try_alone(self._lease):
                _end(ctx, pane.id, self.path)
            os.close(self._lease)
            raise
        if self._listener is not None:
            self._private = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def read(self, offset: int, most: int = 1 << 18) -> bytes:
        """What was written from the offset on, at most so many bytes; empty where there is nothing yet."""
        self._pump()
        return os.pread(self._file, most, offset)

    @property
    def is_heard(self) -> bool:
        """Whether the bytes come over a control client, so that the file grows only when `read` is called."""
        return self._listener is not None

    def size(self) -> int:
        """How many bytes the pane has printed since the log began."""
        return os.fstat(self._file).st_size

    def pane_ended(self) -> bool:
        """Whether the pane's process has ended or the pane was closed."""
        return process.has_ended(self._pane.pid)

    def await_writer(self) -> None:
        """After the pane's end: wait until its last bytes have been written."""
        end = time.monotonic() + _DRAINED_WITHIN
        while self._writer_lives() and time.monotonic() < end:
            time.sleep(0.002)

    def close(self) -> None:
        """Give the lease back; the last reader ends the pipe and removes the log."""
        os.close(self._file)
        if self._listener is not None:
            self._listener.close()
            os.close(self._private)
        if _try_alone(self._lease):
            _end(self._ctx, self._pane.id, self.path)
        os.close(self._lease)

    def _pump(self) -> None:
        """Bring what the listener heard into the file."""
        if self._listener is not None and (heard := self._listener.read()):
            view = memoryview(heard)
            while view:
                view = view[os.write(self._private, view) :]

    def _begin(self, history: int | None) -> int:
        """Start or join; returns the offset where this reader begins."""
        if self._writer_lives():
            offset = os.stat(self.path).st_size
            self.screen = self._snapshot(history)[1]
            return offset
        _make_empty(self.path)
        piped, self.screen = self._snapshot(history, start=True)
        if piped:
            self._listen(history)
        return 0

    def _listen(self, history: int | None) -> None:
        """The pane's pipe is somebody else's: hear what it prints over a control client, in a log of our own."""
        self._listener = Listener(self._ctx.tmux, self._pane.session_id, self._pane.id)
        if _try_alone(self._lease):
            _unlink_files(self.path.removesuffix(".log"))
        self.path = f"{self.path.removesuffix('.log')}-{os.getpid()}.log"
        self._lease_path = f"{self.path.removesuffix('.log')}.lease"
        os.close(self._lease)
        self._lease = open_lock(self._lease_path)
        fcntl.flock(self._lease, fcntl.LOCK_SH)
        _make_empty(self.path)
        self.screen = self._snapshot(history)[1]

    def _snapshot(self, history: int | None, *, start: bool = False) -> tuple[bool, str]:
        """Whether a pipe was there already, and the screen: one step of tmux, so that nothing falls between."""
        nonce = ids.nonce()
        commands: list[tuple[str, ...]] = [argv.list_panes(self._pane.session_id), ("display-message", "-p", nonce)]
        if history is not None:
            commands.append(("capture-pane", "-p", "-J", "-S", f"-{history}", "-t", self._pane.id))
        if start:
            target_args = ("-t", self._pane.id)
            begin = (
                ("pipe-pane", "-O", *target_args, self._writer_command()),
                ("set-option", "-p", *target_args, argv.LOG, self.path),
            )
            commands.append(argv.only_if(self._pane.id, "#{==:#{pane_pipe},0}", *begin))
        answer = self._ctx.tmux.run(*commands)
        if answer.status:
            raise errors.pane_gone(self._pane.address) if answer.no_server else failed(answer)
        listed, _, text = answer.output.partition(f"{nonce}\n".encode())
        pane = target.pick_pane(Survey(target.pick_session(rows.panes(listed), self._pane.session_id)), self._pane.id)
        self.cursor_x = pane.cursor_x
        return pane.piped, text.decode("utf-8", "replace").rstrip("\n")

    def _writer_command(self) -> str:
        # tmux expands formats and strftime(3) conversions in the command of pipe-pane.
        command = f"umask 077; echo $$ >{argv.quoted(self._pid_path)}; exec cat >>{argv.quoted(self.path)}"
        return argv.plain(command).replace("%", "%%")

    def _writer_lives(self) -> bool:
        return _writer(self._pid_path) > 0


def _writer(pid_path: str) -> int:
    """The pid of the process that writes the log, 0 where none does."""
    try:
        with open(pid_path, encoding="ascii") as file:
            pid = int(file.read().strip() or 0)
    except (OSError, ValueError):
        return 0
    return pid if pid and process.is_writer(pid) else 0


def _make_empty(path: str) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None


def _try_alone(lease: int) -> bool:
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end(ctx: Context, pane_id: str, path: str) -> None:
    """End the pipe of a log that nobody reads, if it is still ours, and remove its files."""
    base = path.removesuffix(".log")
    # Without a pid the writer is about to begin, if there is one.
    if _writer(f"{base}.pid") or not os.path.exists(f"{base}.pid"):
        ours = f"#{{==:#{{{argv.LOG}}},{path}}}"
        drop = (("pipe-pane", "-t", pane_id), ("set-option", "-p", "-u", "-t", pane_id, argv.LOG))
        try:
            ctx.tmux.run(argv.only_if(pane_id, ours, *drop))
        except BridgeError:
            return  # the next call that reads a log tries again
    _unlink_files(base)


def _unlink_files(base: str) -> None:
    for ending in (".log", ".pid", ".lease"):
        try:
            os.unlink(base + ending)
        except FileNotFoundError:
            pass


def _sweep(ctx: Context, keep: str) -> None:
    """End what readers that were killed have left behind."""
    # Also files without a lease: a writer that began after its log was ended has made them.
    names = {name.rpartition(".")[0] for name in os.listdir(ctx.paths.run) if name.endswith((".lease", ".pid", ".log"))}
    for name in names:
        base = f"{ctx.paths.run}/{name}"
        if not name.startswith("pane-") or base == keep:
            continue
        lease = open_lock(f"{base}.lease")
        try:
            if _try_alone(lease):
                _end(ctx, "%" + name.split("-")[1], f"{base}.log")
        finally:
            os.close(lease)
