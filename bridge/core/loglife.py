"""The life of a pane's log, as data: its states, who may move it, and what a reader may believe in each.

The writer's file holds a line for each step: `0 GENERATION TIME` by whoever starts it, `PID GENERATION` by the
writer, `- GENERATION whole` or `cut` by the same at its end. A writer that is killed, or whose disk is full,
tells no end.
"""

from __future__ import annotations

NONE, ANNOUNCED, WRITTEN, STOPPED, ENDED, CUT = "none", "announced", "written", "stopped", "ended", "cut"

# What a reader may believe: whether more may come, and whether all is there that the pane has printed since
# the log's beginning (but for the oldest bytes of a bounded log, which `fetch` tells).
GROWS: dict[str, bool] = {NONE: False, ANNOUNCED: True, WRITTEN: True, STOPPED: False, ENDED: False, CUT: False}
COMPLETE: dict[str, bool] = {NONE: False, ANNOUNCED: True, WRITTEN: True, STOPPED: False, ENDED: True, CUT: False}

# From, to, by what, under which lock. A log is kept by markers in any state but NONE; the sweep takes what
# nobody holds and nothing keeps.
MOVES: tuple[tuple[str, str, str, str], ...] = (
    (NONE, ANNOUNCED, "a reader makes new files and has tmux start a writer", "gate"),
    (ANNOUNCED, WRITTEN, "the writer tells its pid", ""),
    (ANNOUNCED, STOPPED, "no writer came within a second", ""),
    (ANNOUNCED, CUT, "the pane ended before a writer came", ""),
    (WRITTEN, STOPPED, "the writer was ended, its disk is full, or the pane's pipe is another's", ""),
    (WRITTEN, ENDED, "the pane ended and the writer has seen the end", ""),
    (WRITTEN, CUT, "the writer was ended, and the pane after it", ""),
    (STOPPED, ANNOUNCED, "a reader begins a new generation, in new files", "gate"),
    (STOPPED, CUT, "the pane ended", ""),
    (WRITTEN, NONE, "the last reader ended the pipe, or the sweep", "lease, alone"),
    (STOPPED, NONE, "the last reader, or the sweep", "lease, alone"),
    (ENDED, NONE, "the last reader, or the sweep", "lease, alone"),
    (CUT, NONE, "the last reader, or the sweep", "lease, alone"),
)

_COMES_WITHIN = 1.0


class Note:
    """What the writer's file says: `pid` of the writer (0: announced, -1: it has ended), the log's generation.

    `since` is when the log was announced (seconds of the monotonic clock), `whole` what the writer told at its end.
    """

    __slots__ = ("generation", "pid", "since", "whole")

    def __init__(self, pid: int, generation: str, since: float, *, whole: bool = False) -> None:
        self.pid = pid
        self.generation = generation
        self.since = since
        self.whole = whole


def read_note(text: str) -> Note | None:
    """The last word of the writer's file, None where there is none."""
    since, note = 0.0, None
    for line in text.split("\n"):
        words = line.split()
        if len(words) < 2:
            continue
        if words[0] == "-":
            note = Note(-1, words[1], since, whole=words[2:] == ["whole"])
        elif words[0].isascii() and words[0].isdigit():
            if words[0] == "0" and len(words) > 2:
                since = _seconds(words[2])
            note = Note(int(words[0]), words[1], since)
    return note


def is_expected(note: Note | None, now: float) -> bool:
    """Whether a writer was announced a moment ago."""
    return note is not None and note.pid == 0 and 0 <= now - note.since < _COMES_WITHIN


def state(note: Note | None, *, writes: bool, pane_ended: bool, now: float) -> str:
    """Where in its life a log is. `writes`: the process that told its pid lives and has the file open.

    The writer must have been looked for before the pane: one that ends with its pane ends after it.
    """
    if note is None:
        return NONE
    if writes:
        return WRITTEN
    if is_expected(note, now):
        return ANNOUNCED
    if not pane_ended:
        return STOPPED
    return ENDED if note.whole else CUT


def _seconds(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return 0.0
