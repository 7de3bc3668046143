"""A doorbell that tmux rings: hooks at an index of our own signal a channel, and a client waits on it.

The client has a terminal of its own whose other side its parent holds: so the kernel hangs it up however the parent
ends. A client in control mode would end with its input, but tmux up to 3.6 crashes, server and all, when it has to tell
something to one that has not introduced itself wholly, and this one is started whenever something happens (of 300
starts beside 500 changes of the window a second 25 ended the server; tmux pull request 4980).

tmux keeps a signal that comes while nobody waits, but a second one takes the first away. So what the bell tells of
is asked by the client that then waits, in one go: whatever happens after that answer finds it waiting.
"""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import posix

from bridge.tmux import drain
from bridge.tmux.argv import sequence
from bridge.tmux.client import Answer, Tmux

# Whatever makes, ends, moves or renames a session or a pane (tmux(1) HOOKS). Behind one that tmux lacks none is set.
_HOOKS = (
    *("session-created", "session-closed", "session-renamed", "window-linked", "window-unlinked"),
    *("window-layout-changed", "pane-exited", "pane-died", "session-window-changed", "after-respawn-pane"),
)


def _index(key: str) -> int:
    return 97_000 + int(key[:6], 16) % 1000


def _channel(key: str) -> str:
    return f"bridge-{key}"


def hooks_on(key: str) -> tuple[tuple[str, ...], ...]:
    """Commands that set the hooks; setting them anew replaces those that a killed daemon has left."""
    ring = f"wait-for -S {_channel(key)}"
    return tuple(("set-hook", "-g", f"{name}[{_index(key)}]", ring) for name in _HOOKS)


def hooks_off(key: str) -> tuple[tuple[str, ...], ...]:
    """Commands that take the hooks out."""
    return tuple(("set-hook", "-gu", f"{name}[{_index(key)}]") for name in _HOOKS)


class Doorbell:
    """`descriptor` becomes readable when the bell has rung or the server has gone; then `listen` anew."""

    def __init__(self, tmux: Tmux, key: str) -> None:
        self._tmux = tmux
        self._channel = _channel(key)
        self._last = f"{posix.urandom(12).hex()}\n"
        self._pid = 0
        self._terminal = -1
        self._pipes = (-1, -1)
        self.descriptor = -1

    def listen(self, question: tuple[str, ...]) -> None:
        """Ask one question and then wait on the channel, in a process of its own; `answer` must follow.

        Raises OSError, and nothing stays open then.
        """
        self.close()
        commands = (question, ("display-message", "-p", self._last.rstrip()), ("wait-for", self._channel))
        environ = {key: value for key, value in self._tmux.environ.items() if key not in ("TMUX", "TMUX_PANE")}
        ours: list[int] = []
        theirs: list[int] = []
        try:
            self._terminal, inner = posix.openpty()
            theirs.append(inner)
            for _ in range(2):
                read_end, write_end = posix.pipe()
                ours.append(read_end)
                theirs.append(write_end)
            self._pid = posix.posix_spawnp(
                self._tmux.binary,
                [self._tmux.binary, "-u", *self._tmux.socket, *sequence(commands)],
                environ,
                file_actions=[
                    (posix.POSIX_SPAWN_DUP2, theirs[1], 1),
                    (posix.POSIX_SPAWN_DUP2, theirs[2], 2),
                    # What a session's leader opens first becomes its controlling terminal.
                    (posix.POSIX_SPAWN_OPEN, 3, posix.ttyname(inner), posix.O_RDWR, 0),
                    (posix.POSIX_SPAWN_OPEN, 0, "/dev/null", posix.O_RDONLY, 0),
                ],
                setsid=True,
                setsigdef=(signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ),
            )
            self.descriptor = posix.pidfd_open(self._pid)
        except OSError:
            for descriptor in ours:
                posix.close(descriptor)
            self.close()
            raise
        finally:
            for descriptor in theirs:
                posix.close(descriptor)
        self._pipes = (ours[0], ours[1])

    def answer(self) -> Answer:
        """What tmux answered, in any thread; where it is a success, the client is waiting since.

        Raises ERR_TIMEOUT, and has ended the client then.
        """
        output, error = self._pipes
        self._pipes = (-1, -1)
        try:
            found, errors = drain.until(output, error, self._tmux.deadline, self._last.encode())
        except TimeoutError:
            self._end()
            raise drain.too_slow(self._tmux.deadline) from None
        finally:
            posix.close(output)
            posix.close(error)
        if errors is None:
            return Answer(0, found.removesuffix(self._last.encode()), "")
        return Answer(1, found, errors.decode("utf-8", "replace").strip())

    def has_ended(self) -> bool:
        """Whether the client has ended, so that nobody listens now."""
        if not self._pid:
            return True
        done, _ = posix.waitpid(self._pid, posix.WNOHANG)
        if done:
            self._pid = 0
        return bool(done)

    def close(self) -> None:
        """End the client; whoever still reads its answer finds the end of it."""
        if self._terminal >= 0:
            posix.close(self._terminal)
            self._terminal = -1
        self._end()
        if self._pid:
            posix.waitpid(self._pid, 0)
            self._pid = 0
        if self.descriptor >= 0:
            posix.close(self.descriptor)
            self.descriptor = -1

    def _end(self) -> None:
        if self.descriptor >= 0:
            try:
                signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)
            except ProcessLookupError:
                pass
