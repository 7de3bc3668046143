"""One tmux process for one question: started, read and ended within a deadline."""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import posix

from bridge.errors import BridgeError, pane_gone
from bridge.tmux.argv import DONE, sequence, stays_unattached

# Whose last word is known once the sequence is done, so that nothing more is read.
_PLAIN = (
    "list-panes",
    "list-sessions",
    "capture-pane",
    "display-message",
    "set-option",
    "set-environment",
    "new-session",
)
_FINAL = posix.urandom(12).hex()
_LAST = f"{_FINAL}\n".encode()
_WITNESS = f"{DONE}\n".encode()
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

    @property
    def no_session(self) -> bool:
        """Whether the session that was asked for is not there, or no server runs at all."""
        return self.no_server or (self.status != 0 and self.error.startswith("can't find session"))

    @property
    def no_pane(self) -> bool:
        """Whether the pane that was asked for, or what it is in, is not there, or no server runs at all."""
        return self.no_server or (self.status != 0 and "can't find" in self.error)


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
        self._begun: tuple[tuple[tuple[str, ...], ...], tuple[int, int, int]] | None = None
        self._leaving: list[int] = []

    def begin(self, *commands: tuple[str, ...]) -> None:
        """Start what the next `run` with the same commands takes the answer of.

        One that asks something else starts its own. Raises ERR_TMUX_NOT_INSTALLED.
        """
        self.drop()
        self._begun = (commands, self._start(commands, None))

    def drop(self) -> None:
        """End a question that was begun and that nobody has asked for since."""
        if self._begun is not None:
            pid, output, error = self._begun[1]
            self._begun = None
            posix.kill(pid, signal.SIGKILL)
            posix.close(output)
            posix.close(error)
            posix.waitpid(pid, 0)

    def run(self, *commands: tuple[str, ...], text: bytes | None = None) -> Answer:
        """Run a sequence of tmux commands in one process; `text` is its standard input.

        Raises ERR_TMUX_NOT_INSTALLED, ERR_TIMEOUT (the process is ended) and ERR_SERVER_GONE.
        """
        if self._begun is not None and self._begun[0] == commands and text is None:
            started, self._begun = self._begun[1], None
        else:
            started = self._start(commands, text)
        return settled(self._finish(*started, _LAST if _is_plain(commands) else b""), commands, text)

    def _finish(self, pid: int, read_end: int, error_read: int, last: bytes, soon: float = 0.0) -> Answer:
        """The answer of a process that was started; what comes behind `last` is not read. `soon` as of `drain`."""
        try:
            self._load()
            from bridge.tmux import drain  # noqa: PLC0415 - loaded while tmux works

            error: bytes | None
            if self.alarm:
                output, error = drain.by_alarm(pid, read_end, error_read, self.deadline, last)
            else:
                output, error = drain.by_poll(pid, read_end, error_read, self.deadline, soon)
        finally:
            posix.close(read_end)
            posix.close(error_read)
        if error is None:  # its exit would be 0, and takes another 0.35 ms; only the main thread comes here
            self._leaving = [left for left in (*self._leaving, pid) if not posix.waitpid(left, posix.WNOHANG)[0]]
            return Answer(0, output, "")
        status = posix.waitstatus_to_exitcode(posix.waitpid(pid, 0)[1])
        answer = Answer(status, output, error.decode("utf-8", "replace").strip())
        if status and ("lost server" in answer.error or "server exited unexpectedly" in answer.error):
            raise BridgeError("ERR_SERVER_GONE", "the tmux server ended during the call", hint="bridge session-list")
        return answer

    def _start(self, commands: tuple[tuple[str, ...], ...], text: bytes | None) -> tuple[int, int, int]:
        """Start tmux; its pid and the read ends of its stdout and stderr."""
        if not _is_sourced(commands):
            commands = (*commands, ("display-message", "-p", _FINAL))
        words = [self.binary, "-u", *self.socket, *sequence(commands)]
        opened = [_input(text)]
        try:
            opened += posix.pipe()
            opened += posix.pipe()
        except OSError:  # who lives long asks again, and would have fewer left each time
            for descriptor in opened:
                posix.close(descriptor)
            raise
        source, read_end, write_end, error_read, error_write = opened
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
        return pid, read_end, error_read

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


def _is_plain(commands: tuple[tuple[str, ...], ...]) -> bool:
    """Whether the sequence was done once its last word is there: one that fails inside if-shell does not end it."""
    return all(command[0] in _PLAIN or _is_no_matter(command) for command in commands)


def _is_no_matter(command: tuple[str, ...]) -> bool:
    """Whether nobody asks how an if-shell went."""
    return command[0] == "if-shell" and command == stays_unattached(command[3])


def settled(answer: Answer, commands: tuple[tuple[str, ...], ...], text: bytes | None) -> Answer:
    """The answer without its witnesses; where all of them are there, it is a success whatever a user's hooks said."""
    witnessed = [command for command in commands if any(DONE in part for part in command)]
    wanted = len(witnessed)
    if _is_sourced(commands):
        wanted += text is not None and DONE.encode() in text
        known = wanted > 0
    else:
        known = answer.output.endswith(_LAST) and all(
            command[0] != "if-shell" or command in witnessed or _is_no_matter(command) for command in commands
        )
        answer.output = answer.output.removesuffix(_LAST)
    given = answer.output.count(_WITNESS)
    answer = without_witnesses(answer)
    return Answer(0, answer.output, "") if answer.status and known and given >= wanted else answer


def without_witnesses(answer: Answer) -> Answer:
    """The answer as the commands themselves gave it."""
    if _WITNESS in answer.output:
        answer.output = answer.output.replace(_WITNESS, b"")
    return answer


def _is_sourced(commands: tuple[tuple[str, ...], ...]) -> bool:
    """Whether the commands stand in the text; what fails there does not end the sequence."""
    return commands[0][0] == "source-file"


def failed(answer: Answer) -> BridgeError:
    """The error for an answer that is not a success."""
    if answer.no_server:
        return BridgeError("ERR_SERVER_GONE", "no tmux server answers any more", hint="bridge session-list")
    old = "unknown flag" in answer.error or "unknown command" in answer.error
    hint = "bridge needs tmux 3.2 or newer: tmux -V" if old else "the words are tmux's own"
    return BridgeError("ERR_TMUX_FAILED", f"tmux: {answer.error or 'no reason given'}", hint=hint)


def refused(answer: Answer, place: str) -> BridgeError:
    """The error for an answer that is not a success, where the pane of this address was asked for."""
    return pane_gone(place) if answer.no_pane else failed(answer)


def _input(text: bytes | None) -> int:
    if text is None:
        return posix.open("/dev/null", posix.O_RDONLY)
    descriptor = _scratch()
    view = memoryview(text)
    try:
        while view:
            view = view[posix.write(descriptor, view) :]
    except OSError as problem:  # a limit of file sizes holds for it too
        posix.close(descriptor)
        raise BridgeError(
            "ERR_TMUX_FAILED",
            f"cannot hand {len(text)} bytes to tmux: {problem.strerror}",
            hint="ulimit -f shows the limit of file sizes",
        ) from None
    posix.lseek(descriptor, 0, 0)
    return descriptor


def _scratch() -> int:
    """A file without a name: a pipe would need a reader before it takes more than 64 kB."""
    if hasattr(posix, "memfd_create"):
        return posix.memfd_create("bridge")
    import tempfile  # noqa: PLC0415 - where there is no memfd

    with tempfile.TemporaryFile() as file:
        return posix.dup(file.fileno())


def _not_started(binary: str, problem: OSError) -> BridgeError:
    return BridgeError(
        "ERR_TMUX_NOT_INSTALLED",
        f"cannot start {binary}: {problem.strerror}",
        hint="install tmux 3.2 or newer (apt install tmux, brew install tmux), or name it in BRIDGE_TMUX",
    )
