"""What a record proves: that a prompt has arrived, what was replied to it, whether a turn runs."""

from __future__ import annotations

import unicodedata

from bridge.core.agents.records.turn import ANSWERED, FINISHED, INTERRUPTED, RUNNING, UNKNOWN, Turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ONCE, REPEATED, JOINED, ABSENT, UNCERTAIN = "once", "repeated", "joined", "absent", "unknown"


class Delivery:
    """Whether a prompt is in the record behind an offset.

    `verdict`:
      once      exactly once: it was delivered
      repeated  more than once; who sends a text twice asks behind an offset between the two
      joined    only as a part of a longer prompt: it went out together with something else
      absent    not in what was written so far; the next look may find it
      unknown   it can't be told, `reason` says why
    `turn` is the one in which it stands first, None where there is none.
    """

    __slots__ = ("reason", "turn", "verdict")

    def __init__(self, verdict: str, reason: str = "", turn: Turn | None = None) -> None:
        self.verdict = verdict
        self.reason = reason
        self.turn = turn

    @property
    def proven(self) -> bool:
        """Whether the prompt has been delivered, once and alone."""
        return self.verdict == ONCE


class Activity:
    """What a record says of the present: a piece of evidence, no verdict on the agent's state.

    `state` is the last turn's, and `unknown` where there is none. `since` is when it began or ended, `tools` are the
    names of open tools, which run or wait for leave. `busy` is True while the last turn has no end; an interruption
    that the program does not write (Claude's, before its model's first word) leaves it so until the next prompt. False
    once a turn has ended by a line that says so, None where the record can't tell: then nobody may conclude that it
    rests.
    """

    __slots__ = ("busy", "reason", "since", "state", "tools", "turn")

    def __init__(self, state: str, reason: str, turn: Turn | None) -> None:
        self.state = state
        self.reason = reason
        self.turn = turn
        self.tools = [tool.name for tool in turn.open_tools] if turn is not None else []
        self.since = None if turn is None else (turn.begun if turn.ended is None else turn.ended)
        self.busy = {"running": True, "finished": False, "failed": False}.get(state)


def same(sent: str, received: str, tab: int = 0) -> bool:
    """Whether a program has received a text as it was sent, but for blanks at its ends.

    Ends of lines and letters with marks may be written in any way: Claude puts an e and its accent together. `tab` is
    how many blanks the program takes for a tab, 0 for one that keeps it.
    """
    return _bare(sent, tab) == _bare(received, tab)


def _bare(text: str, tab: int) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = (text.replace("\t", " " * tab) if tab else text).strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def delivery(
    turns: Iterable[Turn], prompt: str, *, after: int = 0, damage: Sequence[tuple[int, str]] = (), tab: int = 0
) -> Delivery:
    """Whether `prompt` stands behind the offset `after` exactly once.

    `damage` are the places of the record that can't be read; behind `after` they leave it open. Turns may come from an
    iterator: none is kept but the one that is answered.
    """
    wanted = _bare(prompt, tab)
    if not wanted:
        return Delivery(UNCERTAIN, "an empty prompt is in no record")
    found, joined = 0, False
    first: Turn | None = None
    for turn in turns:
        for one in turn.prompts:
            if one.offset < after:
                continue
            got = {_bare(one.text, tab), _bare(one.typed, tab)}
            if wanted in got:
                found += 1
                first = turn if found == 1 else first
            elif any(wanted in text for text in got):
                joined = True
                first = first or turn
    harmed = [(at, reason) for at, reason in damage if at >= after]
    if found > 1:
        return Delivery(REPEATED, f"it is there {found} times", first)
    if harmed:
        at, reason = harmed[0]
        return Delivery(UNCERTAIN, f"byte {at}: {reason}", first)
    if found:
        return Delivery(ONCE, "", first)
    if joined:
        return Delivery(JOINED, "it is a part of a longer prompt", first)
    return Delivery(ABSENT, "it is not in the record")


def answer(turns: Iterable[Turn], prompt: str, *, after: int = 0, tab: int = 0) -> Turn | None:
    """The last turn behind `after` that has this prompt, None where there is none.

    Its `reply` is the whole reply once `over` is true; otherwise there may be more to come.
    """
    wanted = _bare(prompt, tab)
    found = None
    for turn in turns:
        if any(one.offset >= after and wanted in (_bare(one.text, tab), _bare(one.typed, tab)) for one in turn.prompts):
            found = turn
    return found


def last(turns: Iterable[Turn]) -> Turn | None:
    """The last turn that has a reply and does not run, None where there is none. Its `reply` is the last reply."""
    found = None
    for turn in turns:
        if turn.state in (ANSWERED, FINISHED, INTERRUPTED) and turn.reply is not None:
            found = turn
    return found


def activity(turn: Turn | None, *, damage: Sequence[tuple[int, str]] = (), size: int | None = None) -> Activity:
    """What the last turn says of the present. `damage` behind it makes that unknown.

    `size` is how long the record is: bytes of a line that has not ended yet say that it is just being written.
    """
    if turn is None:
        return Activity(UNKNOWN, "the record has no turn", None)
    harmed = [(at, reason) for at, reason in damage if at >= turn.start]
    if harmed:
        at, reason = harmed[0]
        return Activity(UNKNOWN, f"byte {at}: {reason}", turn)
    if size is not None and size > turn.end and turn.state != RUNNING:
        found = Activity(turn.state, f"the turn is {turn.state}, and something is just being written", turn)
        found.busy = None
        return found
    return Activity(turn.state, turn.error or f"the last turn is {turn.state}", turn)
