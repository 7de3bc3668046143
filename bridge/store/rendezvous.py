"""Where a tmux server's daemon is met: its lock, its socket, its log and pid file."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time

from bridge.config import absolute
from bridge.errors import BridgeError
from bridge.store.lock import open_lock
from bridge.store.paths import Paths, ensure, parent, unusable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from bridge.config import Config

_ASKERS_ARE_DONE = 0.3
_ENDS_WITHIN = 12.0  # callbacks under way get five seconds of it
_ENDING = "ending"
_SOCKET = "socket "
_LONGEST_LOCK = 16_384
LONGEST_SOCKET = 100  # unix(7): 107 bytes and a NUL, less what a temporary name adds


class Rendezvous:
    """The paths at which a daemon is met. Whoever holds the lock is the daemon; the pid file is for readers alone."""

    __slots__ = (
        *("_inside", "_lock", "directory", "events_file", "key", "lock_path", "log_path", "pid_path", "samples_file"),
        "socket_path",
    )

    def __init__(self, config: Config, paths: Paths, environ: dict[str, str]) -> None:
        runtime = environ.get("XDG_RUNTIME_DIR", "")
        inside = f"{paths.root}/bridge-{os.getuid()}"
        self.directory = f"{runtime}/bridge" if runtime.startswith("/") else inside
        self._inside = inside
        self.key = hashlib.sha256(os.fsencode(f"{config.server}\0{paths.base}")).hexdigest()[:16]
        self.socket_path = f"{self.directory}/{self.key}.sock"
        self.lock_path = f"{paths.base}/daemon.lock"
        self.log_path = absolute(environ.get("BRIDGE_DAEMON_LOG", "")) or f"{paths.base}/daemon.log"
        self.pid_path = absolute(environ.get("BRIDGE_PID_FILE", "")) or f"{paths.base}/daemon.pid"
        self.events_file = f"{paths.base}/eventlog/events.db"
        self.samples_file = f"{paths.base}/metrics/samples.db"
        self._lock = -1

    def take(self, identity: str) -> bool:
        """Become the daemon, unless somebody is: holds the lock until this process ends. Raises ERR_STATE.

        One that is ending is waited for.
        """
        descriptor = open_lock(self.lock_path)
        began = time.monotonic()
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:  # a daemon, or somebody who only asks whether there is one
                if time.monotonic() >= began + (_ENDS_WITHIN if self.is_ending() else _ASKERS_ARE_DONE):
                    os.close(descriptor)
                    return False
                time.sleep(0.002)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{identity}\n".encode(), 0)
        self._lock = descriptor
        return True

    def name_socket(self) -> None:
        """The daemon listens: its lock tells where, for those that have another runtime directory. Raises OSError."""
        if self._lock >= 0:
            first = os.pread(self._lock, 200, 0).partition(b"\n")[0]
            text = first + f"\n{_SOCKET}".encode() + os.fsencode(_line(self.socket_path)) + b"\n"
            os.pwrite(self._lock, text, 0)
            os.ftruncate(self._lock, len(text))

    def move_inside(self) -> bool:
        """Have the socket below the state directory, where the runtime directory is no more; False where it is so."""
        if self.directory == self._inside:
            return False
        self.directory = self._inside
        self.socket_path = f"{self.directory}/{self.key}.sock"
        return True

    def met_at(self) -> str:
        """Where the daemon that runs listens: as its lock says, else where one of ours would."""
        for row in self._rows():
            if row.startswith(_SOCKET):
                return row.removeprefix(_SOCKET).replace("%0A", "\n").replace("%25", "%")
        return self.socket_path

    def is_ours(self) -> bool:
        """Whether the lock that is held is still the one that others find."""
        try:
            return os.path.samestat(os.fstat(self._lock), os.stat(self.lock_path))
        except FileNotFoundError:
            return False
        except OSError:
            return True  # not known, such as where there is no descriptor to be had

    def mark_ending(self) -> None:
        """Write down that the daemon ends, so that the next one waits instead of being refused."""
        if self._lock >= 0 and not self.is_ending():
            try:
                os.pwrite(self._lock, f"{_ENDING}\n".encode(), os.fstat(self._lock).st_size)
            except OSError:
                return  # a full disk: then who comes now is refused

    def is_ending(self) -> bool:
        """Whether the last one that was the daemon has said that it ends."""
        return _ENDING in self._rows()[1:]

    def _rows(self) -> list[str]:
        try:
            with open(self.lock_path, "rb") as file:
                return os.fsdecode(file.read(_LONGEST_LOCK)).split("\n")
        except OSError:
            return []

    def holder(self) -> str | None:
        """What the daemon wrote of itself (pid and start), None where none runs."""
        try:
            descriptor = os.open(self.lock_path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise unusable(self.lock_path, problem.strerror or str(problem)) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.pread(descriptor, 200, 0).decode("ascii", "replace").partition("\n")[0]
        finally:
            os.close(descriptor)
        return None

    def socket_address(self, path: str | None = None) -> tuple[str, int]:
        """An address for the socket that is short enough, and a descriptor to close after its use (-1: none)."""
        path = path or self.socket_path
        if len(os.fsencode(path)) <= LONGEST_SOCKET:
            return path, -1
        directory = os.open(parent(path), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/dev/fd/{directory}/{path.rpartition('/')[2]}", directory

    def write_pid(self, pid: int) -> None:
        """Write the pid file. Raises ERR_STATE."""
        temporary = f"{self.pid_path}.{pid}"
        try:
            with open(temporary, "w", encoding="utf-8", opener=_owner_only) as file:
                file.write(f"{pid}\n")
            os.replace(temporary, self.pid_path)
        except OSError as problem:
            raise unusable(self.pid_path, problem.strerror or str(problem)) from None

    def read_pid(self) -> int:
        """The pid that the pid file names, 0 where it names none. It proves nothing."""
        try:
            with open(self.pid_path, encoding="utf-8") as file:
                return int(file.read(20).strip() or 0)
        except (OSError, ValueError):
            return 0

    def remove_pid(self) -> None:
        """Remove the pid file; that it is not there is no error."""
        try:
            os.unlink(self.pid_path)
        except OSError:
            return

    def make_directory(self) -> None:
        """Make the runtime directory and check that it is ours alone. Raises ERR_STATE."""
        ensure(self.directory)


def _line(path: str) -> str:
    return path.replace("%", "%25").replace("\n", "%0A")


LARGEST_LOG = 4 * 1024 * 1024


class DaemonLog:
    """The daemon's log, one line an entry; at 4 MB it becomes `.1`."""

    def __init__(self, path: str) -> None:
        self.path = path

    def add(self, line: str) -> bool:
        """Append a line; tells whether it was written. A log that cannot be written stops nobody."""
        try:
            ensure_parent(self.path)
            descriptor = os.open(
                self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
            try:
                os.write(descriptor, (line.replace("\n", " ") + "\n").encode("utf-8", "replace"))
                full = os.fstat(descriptor).st_size >= LARGEST_LOG
            finally:
                os.close(descriptor)
            if full:
                os.replace(self.path, f"{self.path}.1")
        except (OSError, BridgeError):
            return False
        return True

    def tail(self, lines: int) -> tuple[list[str], BinaryIO] | None:
        """The last lines, and the open file, which reads on behind them; None where there is no log."""
        try:
            file = open(self.path, "rb")  # noqa: SIM115 - the caller closes it
            file.seek(max(0, os.fstat(file.fileno()).st_size - LARGEST_LOG))
            found = file.read().decode("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise unusable(self.path, problem.strerror or str(problem)) from None
        return found[-lines:] if lines else [], file

    def read(self, lines: int) -> list[str]:
        """The last lines, none where there is no log."""
        found = self.tail(lines)
        if found is None:
            return []
        found[1].close()
        return found[0]


def ensure_parent(path: str) -> None:
    """Make the directory of a file if it is missing (0700); one that is there may be anybody's."""
    if not os.path.isdir(parent(path)):
        ensure(parent(path))


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
