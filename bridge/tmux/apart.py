"""Tmux asked from any thread, by work that may be called off."""

from __future__ import annotations

from bridge import pause
from bridge.tmux.client import Answer, Tmux, settled

# What means the same whoever asks, and changes nothing.
READS = ("list-panes", "list-sessions", "list-windows", "display-message", "capture-pane", "show-options")
_KNOWN_WITHIN = 1.0


class Apart(Tmux):
    """As `Tmux`, from any thread. Work that is called off (pause) asks nothing more, and what it asks just now ends.

    An answer that is on its way is taken first; what changes something is given longer, so that it is done or not.
    """

    def __init__(
        self, environ: dict[str, str], binary: str = "tmux", socket: tuple[str, ...] = (), deadline: float = 10.0
    ) -> None:
        super().__init__(environ, binary, socket, deadline)
        self.alarm = False

    def begin(self, *commands: tuple[str, ...]) -> None:
        """Nothing: what one thread has begun is not for another to take, and `run` asks all the same."""

    def run(self, *commands: tuple[str, ...], text: bytes | None = None) -> Answer:
        """As `Tmux.run`."""
        pause.look()
        answer = self._finish(*self._start(commands, text), b"", soon(commands, text))
        return settled(answer, commands, text)


def soon(commands: tuple[tuple[str, ...], ...], text: bytes | None = None) -> float:
    """How long the answer is still waited for once nobody wants it."""
    reads = text is None and all(command[0] in READS for command in commands)
    return pause.SOON if reads else _KNOWN_WITHIN


def apart(tmux: Tmux) -> Apart:
    """The same tmux, asked by a process of its own."""
    return Apart(tmux.environ, tmux.binary, tmux.socket, tmux.deadline)
