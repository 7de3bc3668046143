"""One control-mode client that answers many requests: a fortieth of what a process for each would cost."""

from __future__ import annotations

import os
import select
import threading
import time

from bridge import pause
from bridge.core.controlreplies import Replies, is_speakable, request
from bridge.errors import BridgeError
from bridge.tmux.apart import READS, Apart, apart, soon
from bridge.tmux.client import Answer, Tmux, without_witnesses
from bridge.tmux.controlmode import ControlClient

# What starts programs takes directory and environment from the client.
_WRITES = ("set-option", "send-keys", "kill-pane", "select-layout", "if-shell", "delete-buffer")
_STARTING = ("new-", "respawn-", "split-", "source-", "kill-session", "kill-server", "pipe-", "run-")
# What the presence of a client changes: it is asked while ours is away.
_COUNTS_CLIENTS = "session_attached"
_SAFE = "#{session_id} #{destroy-unattached} #{exit-unattached} #{focus-events}"
_NO = ("off", "0", "")
_CONNECTS_WITHIN = 5.0
_AGAIN_AFTER = 0.2
_LONGEST = 12_000


class ConnectedTmux(Apart):
    """As `Tmux`, for many requests and from any thread; what a connection can't do is done by a process.

    The client attaches to some session without changing its size, environment or output. It does not
    where its presence or leaving would change something: `destroy-unattached`, `exit-unattached`,
    `focus-events`. To be closed after use; the end of this process ends it as well.
    """

    def __init__(
        self, environ: dict[str, str], binary: str = "tmux", socket: tuple[str, ...] = (), deadline: float = 10.0
    ) -> None:
        super().__init__(environ, binary, socket, deadline)
        self._lock = threading.RLock()
        self._client: ControlClient | None = None
        self._not_before = 0.0
        self._nonce = os.urandom(12).hex()
        self._count = 0

    def run(self, *commands: tuple[str, ...], text: bytes | None = None) -> Answer:
        """As `Apart.run`. Raises ERR_SERVER_GONE also where the connection ended during a change."""
        self._load()
        if text is not None or not _is_fit(commands):
            return super().run(*commands, text=text)
        pause.take(self._lock)
        try:
            pause.look()
            if any(_COUNTS_CLIENTS in part for command in commands for part in command):
                self.close()
                return super().run(*commands)
            self._notice_end()
            if self._client is not None or self._connect():
                answer = self._ask(commands)
                if answer is not None:
                    return answer
        finally:
            self._lock.release()
        return super().run(*commands)

    def close(self) -> None:
        """Let the client leave; when this returns the server knows."""
        with self._lock:
            client, self._client = self._client, None
            if client is not None:
                client.close()

    def __enter__(self) -> ConnectedTmux:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, commands: tuple[tuple[str, ...], ...]) -> Answer | None:
        """The answer; None where the connection ended and asking once more does no harm."""
        self._count += 1
        nonce = f"{self._nonce}{self._count:x}"
        replies = Replies(nonce)
        try:
            self._write(request(commands, nonce))
            whole = self._read(replies, time.monotonic() + self.deadline, soon(commands))
        except OSError:
            whole = False
        except BaseException:  # a reply that nobody reads would be taken for the next one's
            self._end()
            raise
        if not whole:
            self.close()
            if all(command[0] in READS for command in commands):
                return None
            raise BridgeError(
                "ERR_SERVER_GONE",
                "the connection to tmux ended during the call",
                hint="whether it was done is not known: look before you call again",
            )
        return without_witnesses(Answer(*replies.result(commands)))

    def _write(self, data: bytes) -> None:
        client = self._attached()
        while data:
            data = data[os.write(client.input, data) :]

    def _end(self) -> None:
        """As `close`, where the client may have something to say that nobody wants."""
        client, self._client = self._client, None
        if client is not None:
            client.close(at_once=True)

    def _read(self, replies: Replies, end: float, still: float) -> bool:
        client = self._attached()
        poller = select.poll()
        poller.register(client.output, select.POLLIN)
        while True:
            left = end - time.monotonic()
            if left <= 0 or not pause.poll(poller, left * 1000, still):
                raise BridgeError(
                    "ERR_TIMEOUT",
                    f"tmux gave no answer within {self.deadline:g} seconds",
                    hint="is the server stopped or busy? what was asked may still be done; "
                    "BRIDGE_TMUX_TIMEOUT sets the limit",
                )
            data = os.read(client.output, 1 << 18)
            if not data:
                return False
            if replies.feed(data):
                return True

    def _notice_end(self) -> None:
        """Read what tmux told meanwhile; a client that was sent away is closed."""
        while self._client is not None and _is_readable(self._client.output):
            data = os.read(self._client.output, 1 << 18)
            if not data or b"%exit" in data:
                self.close()

    def _connect(self) -> bool:
        """Attach; False where no session may be attached to, and for a moment after that."""
        if time.monotonic() < self._not_before:
            return False
        self._not_before = time.monotonic() + _AGAIN_AFTER
        target = safe_session(self)
        if target is None:
            return False
        try:
            self._client = ControlClient(self, target, "no-output,ignore-size")
            if self._is_attached():
                self._not_before = 0.0
                return True
        except (OSError, BridgeError):
            pass
        except BaseException:
            self._end()
            raise
        self.close()
        return False

    def _attached(self) -> ControlClient:
        if self._client is None:
            raise OSError("no client is attached")
        return self._client

    def _is_attached(self) -> bool:
        """Whether the first answer comes; before it there are the notices of the attaching."""
        replies = Replies(self._nonce)
        self._write(request((("display-message", "-p", "ready"),), self._nonce))
        whole = self._read(replies, time.monotonic() + _CONNECTS_WITHIN, pause.SOON)
        return whole and replies.result((("display-message", "-p", "ready"),))[0] == 0


def _is_readable(descriptor: int) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(0))


def safe_session(tmux: Tmux) -> str | None:
    """The id of a session that a client may be attached to without changing what happens; None without one."""
    answer = apart(tmux).run(("list-sessions", "-F", _SAFE))
    rows = [row.split(" ") for row in answer.output.decode().splitlines()] if answer.status == 0 else []
    return next((row[0] for row in rows if all(value in _NO for value in row[1:])), None)


def _is_fit(commands: tuple[tuple[str, ...], ...]) -> bool:
    """Whether a request may go over the connection."""
    if any(command[0] not in READS and command[0] not in _WRITES for command in commands):
        return False
    nested = [part for command in commands if command[0] == "if-shell" for part in command[1:]]
    if any(f"'{word}" in part for part in nested for word in _STARTING):
        return False
    return is_speakable(commands) and sum(len(part) for command in commands for part in command) < _LONGEST
