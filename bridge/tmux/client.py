"""One tmux process for one question: started, read and ended within a deadline."""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import posix
import time

from bridge.errors import BridgeError
from bridge.tmux.argv import sequence

_NO_SERVER = ("no server running on ", "no current target", "server exited", "no sessions")


class Answer:
    """What one tmux process said: exit status, stdout as bytes, stderr as text."""

    __slots__ = ("error", "output", "status")

    def __init__(self, status: int, output: bytes, error: str) -> None:
        self.status = status
        self.output = output
        self.error = error

    @property
    def no_server(self) -> bool:
        """Whether no server runs at the socket."""
        if self.status == 0:
            return False
        connecting = self.error.startswith("error connecting to ")
        absent = "No such file or directory" in self.error or "Connection refused" in self.error
        return self.error.startswith(_NO_SERVER) or (connecting and absent)


class Tmux:
    """Starts tmux with this environment, binary and socket options.

    `deadline` is in seconds for each call. The program is found on PATH. No shell is involved.
    `meanwhile` names modules to load while the next call is under way. Without `alarm` the process's
    alarm is left alone.
    """

    def __init__(
        self, environ: dict[str, str], binary: str = "tmux", socket: tuple[str, ...] = (), deadline: float = 10.0
    ) -> None:
        self.environ = environ
        self.binary = binary
        self.socket = socket
        self.deadline = deadline
        self.meanwhile: tuple[str, ...] = ()
        self.alarm = True

    def run(self, *commands: tuple[str, ...], text: bytes | None = None) -> Answer:
        """Run a sequence of tmux commands in one process; `text` is its standard input.

        Raises ERR_TMUX_NOT_INSTALLED, ERR_TIMEOUT (the process is ended) and ERR_SERVER_GONE.
        """
        words = [self.binary, "-u", *self.socket, *sequence(commands)]
        read_end, write_end = posix.pipe()
        error_read, error_write = posix.pipe()
        source = _input(text)
        try:
            pid = posix.posix_spawnp(
                self.binary,
                words,
                self.environ,
                file_actions=[
                    (posix.POSIX_SPAWN_DUP2, source, 0),
                    (posix.POSIX_SPAWN_DUP2, write_end, 1),
                    (posix.POSIX_SPAWN_DUP2, error_write, 2),
                ],
                # Python ignores SIGPIPE; a server that we start would hand that on to every pane.
                setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
            )
        except OSError as problem:
            posix.close(read_end)
            posix.close(error_read)
            raise _not_started(self.binary, problem) from None
        finally:
            posix.close(source)
            posix.close(write_end)
            posix.close(error_write)
        try:
            self._load()
            drain = _drain if self.alarm else _drain_by_poll
            output, error = drain(pid, read_end, error_read, self.deadline)
        finally:
            posix.close(read_end)
            posix.close(error_read)
        status = posix.waitstatus_to_exitcode(posix.waitpid(pid, 0)[1])
        answer = Answer(status, output, error.decode("utf-8", "replace").strip())
        if status and ("lost server" in answer.error or "server exited unexpectedly" in answer.error):
            raise BridgeError("ERR_SERVER_GONE", "the tmux server ended during the call", hint="bridge session-list")
        return answer

    def _load(self) -> None:
        """Import what will be needed for the answer: tmux takes 2 ms, on another core."""
        names, self.meanwhile = self.meanwhile, ()
        for name in names:
            __import__(name)

    def ask(self, *commands: tuple[str, ...], text: bytes | None = None) -> bytes:
        """As `run`, for requests that must succeed; raises ERR_TMUX_FAILED with tmux's own words."""
        answer = self.run(*commands, text=text)
        if answer.status:
            raise failed(answer)
        return answer.output


def failed(answer: Answer) -> BridgeError:
    """The error for an answer that is not a success."""
    if answer.no_server:
        return BridgeError("ERR_SERVER_GONE", "no tmux server answers any more", hint="bridge session-list")
    old = "unknown flag" in answer.error or "unknown command" in answer.error
    hint = "bridge needs tmux 3.2 or newer: tmux -V" if old else "the words are tmux's own"
    return BridgeError("ERR_TMUX_FAILED", f"tmux: {answer.error or 'no reason given'}", hint=hint)


def _input(text: bytes | None) -> int:
    if text is None:
        return posix.open("/dev/null", posix.O_RDONLY)
    descriptor = _scratch()
    view = memoryview(text)
    while view:
        view = view[posix.write(descriptor, view) :]
    posix.lseek(descriptor, 0, 0)
    return descriptor


def _scratch() -> int:
    """A file without a name: a pipe would need a reader before it takes more than 64 kB."""
    if hasattr(posix, "memfd_create"):
        return posix.memfd_create("bridge")
    import tempfile  # noqa: PLC0415 - where there is no memfd

    with tempfile.TemporaryFile() as file:
        return posix.dup(file.fileno())


class _Expired(BaseException):
    """The deadline of a call is over."""


def _drain(pid: int, output: int, error: int, deadline: float) -> tuple[bytes, bytes]:
    """Read both pipes to their ends; what tmux writes to stderr fits into a pipe.

    An alarm ends a read that takes too long: it costs two system calls, importing select 0.3 ms.
    """
    try:
        before = signal.signal(signal.SIGALRM, _expire)
    except ValueError:  # only the main thread may have an alarm
        return _drain_by_poll(pid, output, error, deadline)
    try:
        signal.setitimer(signal.ITIMER_REAL, deadline)
        found = _read_all(output), _read_all(error)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except _Expired:
        raise _too_slow(pid, deadline) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return found


def _drain_by_poll(pid: int, output: int, error: int, deadline: float) -> tuple[bytes, bytes]:
    import select  # noqa: PLC0415 - only in other threads

    chunks: dict[int, list[bytes]] = {output: [], error: []}
    poller = select.poll()
    for descriptor in chunks:
        poller.register(descriptor, select.POLLIN)
    end = time.monotonic() + deadline
    left = len(chunks)
    while left:
        wait = end - time.monotonic()
        if wait <= 0:
            raise _too_slow(pid, deadline)
        for descriptor, _ in poller.poll(wait * 1000):
            data = posix.read(descriptor, 1 << 20)
            chunks[descriptor].append(data)
            if not data:
                poller.unregister(descriptor)
                left -= 1
    return b"".join(chunks[output]), b"".join(chunks[error])


def _expire(*_: object) -> None:
    raise _Expired


def _read_all(descriptor: int) -> bytes:
    chunks = []
    while data := posix.read(descriptor, 1 << 20):
        chunks.append(data)
    return b"".join(chunks)


def _too_slow(pid: int, deadline: float) -> BridgeError:
    posix.kill(pid, signal.SIGKILL)
    posix.waitpid(pid, 0)
    return BridgeError(
        "ERR_TIMEOUT",
        f"tmux gave no answer within {deadline:g} seconds",
        hint="is the server stopped or busy? what was asked may still be done; BRIDGE_TMUX_TIMEOUT sets the limit",
    )


def _not_started(binary: str, problem: OSError) -> BridgeError:
    return BridgeError(
        "ERR_TMUX_NOT_INSTALLED",
        f"cannot start {binary}: {problem.strerror}",
        hint="install tmux 3.2 or newer (apt install tmux, brew install tmux), or name it in BRIDGE_TMUX",
    )
