"""How a run went: what was seen of it, and what may be said then.

Five witnesses can tell of a run, and each of them may be missing: the marks in the pane's log, the file that
the shell writes the code to, the exit status of the pane's process, the log itself (is it whole?), and a look
at who is in front. They are put into one `Seen`, and `judge` says what follows, for everybody.

An exit code is told only where something shows that the text was begun: the status of a pane whose shell never
read the line is the status of something else.
"""

from __future__ import annotations

EXITED, SIGNALLED, TIMEOUT, GONE = "exited", "signalled", "timeout", "gone"
NEEDS_INPUT, UNKNOWN = "needs-input", "unknown"
GOES_ON = ""  # nothing may be said yet

# What a mark or a status may be.
NONE, BARE, CODE, SIGNAL = "none", "bare", "code", "signal"
YES, NO, LOST = "yes", "no", "lost"
WHOLE, STOPPED = "whole", "stopped"


class Seen:
    """What was seen of a run.

    `begun` and `mark` are the marks in the log (-1: an end mark whose code can't be read), `code` what the
    shell wrote into its file, `ended` whether the pane's process has ended, `status` and `signal` how, where
    tmux knows. `log` is WHOLE, STOPPED (it ends before the run or its pane does) or NONE, `lost` whether bytes
    of it are gone. `look` is what the one in front is taken for: NEEDS_INPUT, UNKNOWN (a prompt) or nothing;
    `over` that nobody waits any longer.
    """

    __slots__ = ("begun", "code", "ended", "log", "look", "lost", "mark", "over", "signal", "status")

    def __init__(
        self,
        *,
        begun: bool = False,
        mark: int | None = None,
        code: int | None = None,
        ended: bool = False,
        status: int | None = None,
        signal: str | None = None,
        log: str = WHOLE,
        lost: bool = False,
        look: str = "",
        over: bool = False,
    ) -> None:
        self.begun = begun
        self.mark = mark
        self.code = code
        self.ended = ended
        self.status = status
        self.signal = signal
        self.log = log
        self.lost = lost
        self.look = look
        self.over = over

    def signs(self) -> tuple[str, str, str, str, str, str, str]:
        """The columns of ROWS: mark, began, code, pane, flows, look, over."""
        mark = NONE if self.mark is None else CODE if self.mark >= 0 else BARE
        missing = NO if self.log == WHOLE and not self.lost else LOST
        began = YES if self.begun or self.mark is not None else missing
        pane = NONE if not self.ended else SIGNAL if self.signal else CODE if self.status is not None else BARE
        flows = YES if self.log == WHOLE and not self.ended else NO
        code = YES if self.code is not None else NO
        return mark, began, code, pane, flows, self.look, YES if self.over else NO


class Outcome:
    """What may be said: `kind`, and `exit_code` and `signal` where they are known.

    `pane_ended` tells that the pane's process ended with the run, `truncated` that output may be missing at
    its beginning or its end.
    """

    __slots__ = ("exit_code", "kind", "pane_ended", "signal", "truncated")

    def __init__(
        self,
        kind: str,
        exit_code: int | None = None,
        signal: str | None = None,
        *,
        pane_ended: bool = False,
        truncated: bool = False,
    ) -> None:
        self.kind = kind
        self.exit_code = exit_code
        self.signal = signal
        self.pane_ended = pane_ended
        self.truncated = truncated

    @property
    def is_final(self) -> bool:
        """Whether nothing more will be known of the run."""
        return self.kind not in (TIMEOUT, NEEDS_INPUT, GOES_ON)


# The first row that fits decides; None fits everything, a tuple what is in it. `flows`: the end mark may still come.
_DONE = (NEEDS_INPUT, UNKNOWN)
ROWS: tuple[tuple[object, object, object, object, object, object, object, str, str], ...] = (
    # mark began       code  pane    flows look         over  says         whose code
    (CODE, None, None, None, None, None, None, EXITED, "mark"),
    (BARE, None, YES, None, None, None, None, EXITED, "code"),
    (BARE, None, NO, None, None, None, None, UNKNOWN, ""),
    (NONE, (YES, LOST), YES, None, NO, None, None, EXITED, "code"),
    (NONE, (YES, LOST), YES, None, YES, _DONE, None, EXITED, "code"),
    (NONE, (YES, LOST), YES, None, YES, None, YES, EXITED, "code"),
    (NONE, YES, None, SIGNAL, None, None, None, SIGNALLED, "signal"),
    (NONE, YES, None, CODE, None, None, None, EXITED, "status"),
    (NONE, None, None, (BARE, CODE, SIGNAL), None, None, None, GONE, ""),
    (NONE, None, None, NONE, None, NEEDS_INPUT, None, NEEDS_INPUT, ""),
    (NONE, None, None, NONE, None, UNKNOWN, None, UNKNOWN, ""),
    (NONE, None, None, NONE, None, None, YES, TIMEOUT, ""),
    (NONE, None, None, NONE, None, None, NO, GOES_ON, ""),
)


def judge(seen: Seen) -> Outcome:
    """What may be said after this was seen; its kind is GOES_ON while there is more to wait for."""
    row = ROWS[find_row(seen.signs())]
    kind, witness = row[7], row[8]
    code = {"mark": seen.mark, "code": seen.code, "status": seen.status}.get(witness)
    return Outcome(
        kind,
        normalise(code) if code is not None else None,
        seen.signal if witness == "signal" else None,
        pane_ended=seen.ended,
        truncated=seen.lost or (seen.mark is None and seen.log != WHOLE),
    )


def find_row(signs: tuple[str, ...]) -> int:
    """The number of the row that decides."""
    for number, row in enumerate(ROWS):
        if all(
            want is None or sign == want or (isinstance(want, tuple) and sign in want)
            for want, sign in zip(row, signs, strict=False)
        ):
            return number
    raise AssertionError(signs)


def normalise(code: int) -> int:
    """The exit code as other shells tell it: ksh counts a signal from 256 on."""
    return 128 + code - 256 if 256 < code < 320 else code
