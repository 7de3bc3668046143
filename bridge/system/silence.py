"""How long a terminal has been silent, and whether what runs in it waits for a person by then."""

from __future__ import annotations

import time

from bridge.system import foreground, process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.model import Pane

_LOOK_EVERY = 0.4  # a look at every member of the foreground takes some milliseconds
_THOROUGH_EVERY = 8  # looks
_WORK = 10  # ticks of the processor in the time of silence: who only waits for a key uses less


class Silence:
    """Whether what runs in a pane has waited for a person for so long that it waits for nothing else.

    It has while it reads the terminal, prints nothing and uses next to no time of the processor, for two seconds;
    where it would look again by itself, as a screen does that shows the time, until it should have done so.
    `listening`: nobody calls `heard`, so what the processes write is watched as well.
    """

    def __init__(self, pane: Pane, *, listening: bool = False) -> None:
        self._pane = pane
        self._listening = listening
        self._since = self._looked = time.monotonic()
        self._sign: tuple[int, int] | None = None
        self._used = 0
        self._looks = 0

    def heard(self) -> None:
        """Begin anew: something was printed."""
        self._since = time.monotonic()
        self._sign = None

    def look(self) -> bool:
        """Whether it waits for a person; asks the system now and then, however often it is called."""
        now = time.monotonic()
        if now - self._looked < _LOOK_EVERY:
            return False
        self._looked = now
        self._looks += 1
        front = foreground.read(self._pane.pid, self._pane.tty, thorough=self._looks % _THOROUGH_EVERY == 0)
        used = foreground.ticks(front.members)
        written = sum(process.count_bytes_written(member.pid) for member in front.members) if self._listening else 0
        sign = (front.group, written)
        if sign != self._sign or used - self._used > _WORK:
            first = self._sign is None and not self._listening
            self._sign, self._used = sign, used
            self._since = self._since if first else now
        return bool(front.waits) and now - self._since >= front.patience

    def waits_now(self) -> bool:
        """Whether what runs waits for a person right now, as far as one look tells."""
        front = foreground.read(self._pane.pid, self._pane.tty)
        return bool(front.waits) and front.patience <= foreground.SILENCE
