"""A doorbell that tmux rings: hooks at an index of our own signal a channel, and a client waits on it.

The client has a terminal of its own whose other side its parent holds: so the kernel hangs it up however the parent
ends. A client in control mode would end with its input, but tmux up to 3.6 crashes, server and all, when it has to tell
something to one that has not introduced itself wholly, and this one is started whenever something happens (of 300
starts beside 500 changes of the window a second 25 ended the server; tmux pull request 4980).
A signal that comes while nobody waits is kept by tmux.
"""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import posix

from bridge.tmux.client import Tmux

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
        self._pid = 0
        self._terminal = -1
        self.descriptor = -1

    def listen(self) -> None:
        """Wait on the channel, in a process of its own."""
        self.close()
        self._terminal, inner = posix.openpty()
        environ = {key: value for key, value in self._tmux.environ.items() if key not in ("TMUX", "TMUX_PANE")}
        try:
            self._pid = posix.posix_spawnp(
                self._tmux.binary,
                [self._tmux.binary, "-u", *self._tmux.socket, "wait-for", self._channel],
                environ,
                # What a session's leader opens first becomes its controlling terminal.
                file_actions=[
                    (posix.POSIX_SPAWN_OPEN, 3, posix.ttyname(inner), posix.O_RDWR, 0),
                    *((posix.POSIX_SPAWN_OPEN, number, "/dev/null", posix.O_RDWR, 0) for number in range(3)),
                ],
                setsid=True,
                setsigdef=(signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ),
            )
            self.descriptor = posix.pidfd_open(self._pid)
        finally:
            posix.close(inner)

    def has_ended(self) -> bool:
        """Whether the client has ended, so that nobody listens now."""
        if not self._pid:
            return True
        done, _ = posix.waitpid(self._pid, posix.WNOHANG)
        if done:
            self._pid = 0
        return bool(done)

    def close(self) -> None:
        """End the client."""
        if self._terminal >= 0:
            posix.close(self._terminal)
            self._terminal = -1
        if self.descriptor >= 0:
            posix.close(self.descriptor)
            self.descriptor = -1
        if self._pid:
            try:
                posix.kill(self._pid, signal.SIGTERM)
                posix.waitpid(self._pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
            self._pid = 0
