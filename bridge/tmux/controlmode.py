"""Control-mode clients that are attached to a session, each started so that it cannot harm the server.

A client introduces itself in three pieces, since a socket carries an open file only where a piece begins. From the
first on the server takes it for a control client, but is ready to tell it something only after the last: what happens
meanwhile ends the server with everything in it (tmux pull request 4980; of 400 clients that attached beside 450
changes of the window a second 32 did so). So the client is given a socket of ours, and the server gets the whole
introduction in one piece: with the first file a single byte, which is no message yet, with the second all the rest.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import threading
import time

from bridge import pause
from bridge.config import state_directory
from bridge.errors import BridgeError
from bridge.store.paths import ensure
from bridge.tmux.apart import apart
from bridge.tmux.client import Tmux
from bridge.tmux.versions import needs_care

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_INTRODUCED_WITHIN = 5.0
_LEAVES_WITHIN = 1.0
_CHUNK = 1 << 16
_ROOM = "door-"
_INHERITED = 3  # the number by which a client has the directory of its socket
_LONGEST = 108  # unix(7): a socket's path and its NUL
_LEFT_AFTER = 60.0
# Of a message: type, length with this head, flags, protocol version, sender (OpenBSD imsg_init(3)).
_HEAD = struct.Struct("=IHHII")
_COMMAND = 200  # what a client sends behind its introduction (tmux-protocol.h)
_FILES = 2
# What the server keeps of a client's environment is for programs that it starts; ours starts none.
_ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMUX_TMPDIR")


class ControlClient:
    """A client in control mode: `input` and `output` are descriptors to write requests to and to read answers from."""

    def __init__(self, tmux: Tmux, session_id: str, flags: str) -> None:
        """Attach to a session, with flags as of tmux(1) `attach-session -f`. Raises OSError where that cannot be."""
        answer = apart(tmux).run(("display-message", "-p", "#{version} #{socket_path}"))
        version, _, path = answer.output.decode("utf-8", "surrogateescape").rstrip("\n").partition(" ")
        if answer.status or not path:
            raise OSError("no server answers")
        self._words = ("-C", "attach-session", "-E", "-f", flags, "-t", session_id)
        self._sockets: tuple[socket.socket, ...] = ()
        if needs_care(version):
            self._introduce(tmux, path)
        else:
            self._start(tmux, tmux.socket)

    def close(self, *, at_once: bool = False) -> None:
        """Have it leave: by the end of its input, and the server knows then; by SIGTERM where that takes too long.

        `at_once` it is ended by force.
        """
        os.close(self.input)
        if at_once:
            os.kill(self._pid, signal.SIGKILL)
        elif not self._has_left():
            os.kill(self._pid, signal.SIGTERM)
            if not self._has_left():
                os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self.output)
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _has_left(self) -> bool:
        """Whether it ends in time; what it still says is read, since it might wait for that."""
        if not hasattr(os, "pidfd_open"):
            return False
        try:
            held = os.pidfd_open(self._pid)
        except OSError:  # no descriptor is left for it
            return False
        heard, end = [self.output], time.monotonic() + _LEAVES_WITHIN
        try:
            while (left := end - time.monotonic()) > 0:
                poller = select.poll()
                for descriptor in (held, *heard):
                    poller.register(descriptor, select.POLLIN)
                ready = [descriptor for descriptor, _ in poller.poll(left * 1000)]
                if held in ready:
                    return True
                if ready and not _discard(self.output):
                    heard = []
        finally:
            os.close(held)
        return False

    def _start(self, tmux: Tmux, where: tuple[str, ...], place: int = -1) -> None:
        with contextlib.ExitStack() as kept, contextlib.ExitStack() as given:
            source, self.input = os.pipe()
            given.callback(os.close, source)
            kept.callback(os.close, self.input)
            self.output, target = os.pipe()
            given.callback(os.close, target)
            kept.callback(os.close, self.output)
            null = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
            given.callback(os.close, null)
            self._pid = os.posix_spawnp(
                tmux.binary,
                [tmux.binary, "-u", *where, *self._words],
                {key: tmux.environ[key] for key in _ENVIRONMENT if key in tmux.environ},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, source, 0),
                    (os.POSIX_SPAWN_DUP2, target, 1),
                    (os.POSIX_SPAWN_DUP2, null, 2),
                    *([(os.POSIX_SPAWN_DUP2, place, _INHERITED)] if place >= 0 else []),
                ],
                setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
                setpgroup=0,  # Ctrl-C is for the caller, who closes it
            )
            kept.pop_all()

    def _introduce(self, tmux: Tmux, path: str) -> None:
        """Start the client on a socket of ours, and hand on what it says of itself."""
        ours, server = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        try:
            with ours, _room(tmux.environ) as (here, there, place):
                server.connect(path)
                ours.bind(here)
                ours.listen(1)
                self._start(tmux, ("-S", there), place)
                try:
                    client = _pass_on(ours, server, self._pid)
                except BaseException:
                    self.close(at_once=True)
                    raise
        except BaseException:
            server.close()
            raise
        self._sockets = (client, server)
        threading.Thread(target=_relay, args=(client, server), daemon=True).start()


@contextlib.contextmanager
def _room(environ: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    """A place for a socket of ours for a moment: a path for us, one for a child, and the directory that it inherits.

    It is a directory of its own in one that is ours alone, asked without following a link; those that killed
    processes have left there are removed.
    """
    place = _place(environ)
    held = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(held).st_uid != os.geteuid():
            raise PermissionError(f"{place} is somebody else's")
        for left in [name for name in os.listdir(held) if name.startswith(_ROOM)]:
            with contextlib.suppress(OSError):
                if os.stat(left, dir_fd=held, follow_symlinks=False).st_mtime < time.time() - _LEFT_AFTER:
                    _clear(held, left)
        room = f"{_ROOM}{os.urandom(8).hex()}"
        os.mkdir(room, 0o700, dir_fd=held)
        path = f"{place}/{room}/tmux"
        try:
            if len(os.fsencode(path)) < _LONGEST:
                yield path, path, held
            else:  # by the open directory, whose name is short
                yield f"/dev/fd/{held}/{room}/tmux", f"/dev/fd/{_INHERITED}/{room}/tmux", held
        finally:
            _clear(held, room)
    finally:
        os.close(held)


def _place(environ: dict[str, str]) -> str:
    """The login's runtime directory where there is one, else the state directory; raises OSError."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    try:
        if runtime.startswith("/") and os.path.isdir(runtime):
            with contextlib.suppress(BridgeError):
                return ensure(f"{runtime}/bridge")
        return ensure(f"{state_directory(environ)}/bridge-{os.getuid()}")
    except BridgeError as problem:
        raise OSError(problem.message) from problem


def _clear(place: int, room: str) -> None:
    """Remove a room below this open directory, if it is one of ours; a link is not followed."""
    with contextlib.suppress(OSError):
        inside = os.open(room, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place)
        try:
            if os.fstat(inside).st_uid == os.geteuid():
                with contextlib.suppress(FileNotFoundError):
                    os.unlink("tmux", dir_fd=inside)
        finally:
            os.close(inside)
        os.rmdir(room, dir_fd=place)


def _discard(descriptor: int) -> bool:
    """Read something; False where nothing will come any more."""
    try:
        return bool(os.read(descriptor, _CHUNK))
    except BlockingIOError:
        return True


def _pass_on(ours: socket.socket, server: socket.socket, pid: int) -> socket.socket:
    """Take what the client says of itself and its first command, and give it to the server; the client's socket."""
    end = time.monotonic() + _INTRODUCED_WITHIN
    held = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else ours.fileno()
    try:
        poller = select.poll()
        for descriptor in {ours.fileno(), held}:
            poller.register(descriptor, select.POLLIN)
        found = pause.poll(poller, _INTRODUCED_WITHIN * 1000, pause.SOON)
        if ours.fileno() not in dict(found):
            raise ConnectionRefusedError("tmux did not come")
    finally:
        if held != ours.fileno():
            os.close(held)
    client, _ = ours.accept()
    said = bytearray()
    files: list[int] = []
    try:
        if hasattr(socket, "SO_PEERCRED"):
            peer = struct.unpack("=iII", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
            if peer != pid:
                raise ConnectionRefusedError("somebody else came instead of tmux")
        while len(files) < _FILES or not _is_whole(said):
            if not pause.ready(client.fileno(), end - time.monotonic()):
                raise TimeoutError("tmux did not introduce itself")
            data, received, _, _ = socket.recv_fds(client, _CHUNK, _FILES)
            files += received
            said += data
            if not data:
                raise ConnectionResetError("tmux left before it had introduced itself")
        socket.send_fds(server, [said[:1]], files[:1])
        socket.send_fds(server, [said[1:]], files[1:])
    except BaseException:
        client.close()
        raise
    finally:
        for number in files:
            os.close(number)
    return client


def _is_whole(said: bytearray) -> bool:
    """Whether these messages end with a first command."""
    place, kind = 0, 0
    while place + _HEAD.size <= len(said):
        kind, size, *_ = _HEAD.unpack_from(said, place)
        place += max(size, _HEAD.size)
    return kind == _COMMAND and place == len(said)


def _relay(client: socket.socket, server: socket.socket) -> None:
    """Carry what the two say to each other until one has left."""
    with client, server, contextlib.suppress(OSError):
        while True:
            for end in select.select([client, server], [], [])[0]:
                data = end.recv(_CHUNK)
                if not data:
                    return
                (server if end is client else client).sendall(data)
