"""What to think of a run that is silent: does it work, wait for a person, or is its shell at a prompt."""

from __future__ import annotations

import time

from bridge.core import promptstate
from bridge.model import Facts, Pane
from bridge.system import foreground, process
from bridge.system.silence import Silence

_LOST_AFTER = 1.0


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
        """Begin anew: something was printed, so the silence is over."""
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
