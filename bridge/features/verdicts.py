"""What to think of a run that is silent: does it work, wait for input, or is its shell at a prompt."""

from __future__ import annotations

import time

from bridge.core import completion
from bridge.model import Facts, Pane
from bridge.system import process

_INPUT_AFTER = 2.0  # a person may be about to type the answer
_LOST_AFTER = 1.0


class Watcher:
    """Looks at the pane's processes now and then, while nothing is printed."""

    def __init__(self, pane: Pane, image: str, *, nested: bool) -> None:
        """`image` is what the shell executed at the start, `nested` whether it was not the pane's own shell."""
        self._pane = pane
        self._image = image
        self._nested = nested
        self._since = 0.0
        self._kind = ""
        self._sign: tuple[int, int] = (0, 0)

    def heard(self) -> None:
        """Something was printed: what was thought of the silence is void."""
        self._kind = ""

    def look(self, *, begun: bool) -> str:
        """`needs-input` or `unknown` once that has been so for long enough, else empty."""
        facts = process.look(self._pane.pid, self._pane.tty)
        judged = facts.leader or facts.shell
        kind = self._judge(facts, begun=begun)
        sign = (judged.pid, process.count_switches(judged.pid)) if judged else (0, 0)
        now = time.monotonic()
        if kind != self._kind or sign != self._sign:
            self._kind, self._sign, self._since = kind, sign, now
            return ""
        patience = _LOST_AFTER if kind == "unknown" else _INPUT_AFTER
        return kind if kind and now - self._since >= patience else ""

    def reads_terminal(self) -> bool:
        """Whether what runs waits for input right now."""
        return self._judge(process.look(self._pane.pid, self._pane.tty), begun=True) == "needs-input"

    def _judge(self, facts: Facts, *, begun: bool) -> str:
        verdict = completion.verdict(facts)
        if verdict == completion.GONE or facts.shell is None:
            return ""
        ours = facts.leader is None or self._nested
        if verdict == completion.IDLE:
            judged = facts.leader or facts.shell
            if not begun:
                return "unknown"  # the typed line was not taken for a command
            changed = process.image(judged.pid) != self._image
            return "unknown" if changed and ours else "needs-input"
        leader = facts.leader or facts.shell
        if process.is_canonical(self._pane.tty) and process.reads_terminal(leader.pid, self._pane.tty):
            return "needs-input"
        return ""
