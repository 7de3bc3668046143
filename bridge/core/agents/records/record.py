"""A record that is read piece by piece: whole lines become rows, rows become turns."""

from __future__ import annotations

import json

from bridge.core.agents.records.turn import ANSWERED, FINISHED, INTERRUPTED, RUNNING, UNKNOWN, Turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 64 << 20  # bytes of one line: nothing that is still a conversation
_KEPT = 16  # places of damage that are told one by one
_NONE: dict[str, object] = {}


class Record:
    """What all programs' records have in common. It keeps the turn that is open, and what was not yet taken.

    `feed` takes bytes in any pieces; a line without its end waits for it. `offset` is where the next line begins: a
    later reader that is made with it goes on there. Reading never fails: what can't be read is in `damage`, and the
    turn in which it stands is `unknown`.
    """

    def __init__(self, offset: int = 0, longest: int = LONGEST) -> None:
        self.offset = offset
        self.first = offset
        self.session_id = ""
        self.directory = ""
        self.version = ""
        self.rows = 0  # those of a form that is known
        self.damage: list[tuple[int, str]] = []
        self.open: Turn | None = None
        self.compactions = 0
        self.rewinds = 0  # how often turns were taken back; they stay in what was said
        self._longest = longest
        self._rest: list[bytes] = []
        self._waiting = 0
        self._skipping = False
        self._closed: list[Turn] = []

    def feed(self, data: bytes) -> None:
        """The next bytes of the record."""
        pieces = data.split(b"\n")
        last = pieces.pop()
        for piece in pieces:
            self._line(piece)
        self._waiting += len(last)
        if self._waiting > self._longest:
            self._skipping = True
            self._rest = []
        elif last:
            self._rest.append(last)

    def _line(self, piece: bytes) -> None:
        """The end of a line has come; what came before waits in `_rest`."""
        length = self._waiting + len(piece) + 1
        skipped = self._skipping or length > self._longest
        whole = b"".join([*self._rest, piece]) if not skipped else b""
        self._rest, self._waiting, self._skipping = [], 0, False
        at = self.offset
        self.offset = at + length
        if skipped:
            self.harm(at, f"a line of {length} bytes")
        else:
            self.line(whole.removesuffix(b"\r"), at)
        if self.open is not None:
            self.open.end = self.offset

    def take(self) -> list[Turn]:
        """The turns that have been closed since the last call; they are not kept any longer."""
        found, self._closed = self._closed, []
        return found

    def line(self, line: bytes, at: int) -> None:
        """One line, without its end: a JSON object, unless the program's record is of another kind."""
        if not line.strip():
            return
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            self.harm(at, "a line that is no JSON")
            return
        if not isinstance(row, dict):
            self.harm(at, "a line that is no JSON object")
            return
        wrong = self.row(row, at)
        if wrong:
            self.harm(at, wrong)

    def row(self, row: dict[str, object], at: int) -> str:
        """One object of the record; what is wrong with it, empty where nothing is. A kind that is new is not wrong."""
        raise NotImplementedError

    def begin(self, turn: Turn) -> Turn:
        """A turn begins; one that was open goes to the closed ones as it stands."""
        self.put_away()
        turn.end = self.offset
        self.open = turn
        return turn

    def current(self, at: int, time: float | None) -> Turn:
        """The open turn, or one whose beginning lies before what was read."""
        return self.open if self.open is not None else self.begin(Turn(at, time))

    def interrupt(self) -> None:
        """What works on the open turn has stopped, and nothing tells when: another one begins, or none."""
        if self.open is not None and self.open.state == RUNNING:
            self.open.close(INTERRUPTED, None)

    def put_away(self) -> None:
        """The open turn is handed over; nothing will change it."""
        if self.open is not None:
            if self.open.state == ANSWERED:
                self.open.state = FINISHED
            self._closed.append(self.open)
            self.open = None

    def harm(self, at: int, reason: str) -> None:
        """What stands here can't be read."""
        if len(self.damage) < _KEPT:
            self.damage.append((at, reason))
        if self.open is not None:
            self.open.state = UNKNOWN
            self.open.error = f"byte {at}: {reason}"


def table(value: object, key: str) -> Mapping[str, object]:
    """The object below a key, empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else _NONE


def rows(value: object) -> list[dict[str, object]]:
    """The objects of a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def word(value: object, key: str) -> str:
    """The text below a key, empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
