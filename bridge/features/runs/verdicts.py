"""What to think of a run that is silent: does it work, wait for a person, or is its shell at a prompt."""

from __future__ import annotations

import time

from bridge.core import promptstate
from bridge.model import Facts, Pane
from bridge.system import foreground, process

_LOST_AFTER = 1.0
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
        """Something was printed."""
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


class Watcher:
    """Looks at the pane's processes now and then, while nothing is printed."""

    def __init__(self, pane: Pane, image: str, *, nested: bool) -> None:
        """`image` is what the shell executed at the start, `nested` whether it was not the pane's own shell."""
        self._pane = pane
        self._image = image
        self._nested = nested
        self._silence = Silence(pane)
        self._since = 0.0
        self._kind = ""
        self._sign: tuple[int, int] = (0, 0)

    def heard(self) -> None:
        """Something was printed: what was thought of the silence is void."""
        self._kind = ""
        self._silence.heard()

    def look(self, *, begun: bool) -> str:
        """`needs-input` or `unknown` once that has been so for long enough, else empty."""
        facts = foreground.look(self._pane.pid, self._pane.tty)
        kind = self._at_prompt(facts, begun=begun)
        if kind is None:
            self._kind = ""
            return "needs-input" if self._silence.look() else ""
        judged = facts.leader or facts.shell
        sign = (judged.pid, process.count_switches(judged.pid)) if judged else (0, 0)
        now = time.monotonic()
        if kind != self._kind or sign != self._sign:
            self._kind, self._sign, self._since = kind, sign, now
            return ""
        patience = _LOST_AFTER if kind == "unknown" else foreground.SILENCE
        return kind if kind and now - self._since >= patience else ""

    def reads_terminal(self) -> bool:
        """Whether what runs waits for a person right now."""
        kind = self._at_prompt(foreground.look(self._pane.pid, self._pane.tty), begun=True)
        return self._silence.waits_now() if kind is None else kind == "needs-input"

    def _at_prompt(self, facts: Facts, *, begun: bool) -> str | None:
        """What a shell at its prompt means, empty where the pane has gone, None where something runs."""
        verdict = promptstate.verdict(facts)
        if verdict == promptstate.GONE or facts.shell is None:
            return ""
        if verdict != promptstate.IDLE:
            return None
        judged = facts.leader or facts.shell
        if not begun:
            return "unknown"  # the typed line was not taken for a command
        ours = facts.leader is None or self._nested
        changed = process.image(judged.pid) != self._image
        return "unknown" if changed and ours else "needs-input"
