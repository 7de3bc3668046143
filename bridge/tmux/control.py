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

from bridge.tmux.client import Tmux
from bridge.tmux.versions import needs_care

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_INTRODUCED_WITHIN = 5.0
_LEAVES_WITHIN = 1.0
_CHUNK = 1 << 16
_ROOM = "bridge-door-"
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

    def close(self) -> None:
        """Have it leave: by the end of its input, and the server knows then; by SIGTERM where that takes too long."""
        os.close(self.input)
        if not self._has_left():
            os.kill(self._pid, signal.SIGTERM)
        os.waitpid(self._pid, 0)
        os.close(self.output)
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _has_left(self) -> bool:
        """Whether it ends in time; what it still says is read, since it might wait for that."""
        if not hasattr(os, "pidfd_open"):
            return False
        held = os.pidfd_open(self._pid)
        heard, end = [self.output], time.monotonic() + _LEAVES_WITHIN
        try:
            while (left := end - time.monotonic()) > 0:
                ready = select.select([held, *heard], [], [], left)[0]
                if held in ready:
                    return True
                if ready and not _discard(self.output):
                    heard = []
        finally:
            os.close(held)
        return False

    def _start(self, tmux: Tmux, where: tuple[str, ...]) -> None:
        source, self.input = os.pipe()
        self.output, target = os.pipe()
        null = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
        try:
            self._pid = os.posix_spawnp(
                tmux.binary,
                [tmux.binary, "-u", *where, *self._words],
                {key: tmux.environ[key] for key in _ENVIRONMENT if key in tmux.environ},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, source, 0),
                    (os.POSIX_SPAWN_DUP2, target, 1),
                    (os.POSIX_SPAWN_DUP2, null, 2),
                ],
                setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
                setpgroup=0,  # Ctrl-C is for the caller, who closes it
            )
        except OSError:
            os.close(self.input)
            os.close(self.output)
            raise
        finally:
            for descriptor in (source, target, null):
                os.close(descriptor)

    def _introduce(self, tmux: Tmux, path: str) -> None:
        """Start the client on a socket of ours, and hand on what it says of itself."""
        ours, server = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        try:
            with ours, _room(tmux.environ) as room:
                server.connect(path)
                ours.bind(f"{room}/tmux")
                ours.listen(1)
                self._start(tmux, ("-S", f"{room}/tmux"))
                try:
                    client = _pass_on(ours, server, self._pid)
                except BaseException:
                    os.kill(self._pid, signal.SIGKILL)
                    self.close()
                    raise
        except BaseException:
            server.close()
            raise
        self._sockets = (client, server)
        threading.Thread(target=_relay, args=(client, server), daemon=True).start()


@contextlib.contextmanager
def _room(environ: dict[str, str]) -> Iterator[str]:
    """A directory of our own for a moment; those that killed processes have left are removed."""
    place = environ.get("TMPDIR") or "/tmp"  # noqa: S108 - the name below is nobody else's
    with os.scandir(place) as found:
        for left in [entry for entry in found if entry.name.startswith(_ROOM)]:
            with contextlib.suppress(OSError):
                if left.stat(follow_symlinks=False).st_mtime < time.time() - _LEFT_AFTER:
                    _clear(left.path)
    room = f"{place}/{_ROOM}{os.urandom(8).hex()}"
    os.mkdir(room, 0o700)
    try:
        yield room
    finally:
        _clear(room)


def _clear(room: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(f"{room}/tmux")
    with contextlib.suppress(OSError):
        os.rmdir(room)


def apart(tmux: Tmux) -> Tmux:
    """The same tmux, asked by a process of its own, from any thread."""
    asked = Tmux(tmux.environ, tmux.binary, tmux.socket, tmux.deadline)
    asked.alarm = False
    return asked


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
        if ours.fileno() not in select.select([ours.fileno(), held], [], [], _INTRODUCED_WITHIN)[0]:
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
            client.settimeout(max(0.01, end - time.monotonic()))
            data, received, _, _ = socket.recv_fds(client, _CHUNK, _FILES)
            files += received
            said += data
            if not data:
                raise ConnectionResetError("tmux left before it had introduced itself")
        socket.send_fds(server, [said[:1]], files[:1])
        socket.send_fds(server, [said[1:]], files[1:])
        client.settimeout(None)
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
