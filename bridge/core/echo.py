"""Echo and output told apart: which lines of a pane only show the text that was typed into it."""

from __future__ import annotations

import re

from bridge.core.marks import BEGINS
from bridge.core.typedtext import REMEMBERED_LENGTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.text import LineReader

_KNOWN = 40  # typed lines whose echo is still to come; what is older has none
_UNJUDGED = 500
_EDGES = re.compile(rb"\x1b\[\?2004([hl])|" + re.escape(BEGINS))
_NEWLINE = re.compile(rb"\r*\n")
_LONGEST_EDGE = 10
_TAB = "(?:\\s|␉|\\^I)*"  # how line editors show one; some take it for a key


class Drawn(str):
    """A line that a line editor has drawn, and not a command."""

    __slots__ = ()


class Entered(Drawn):
    """The line in which a line editor stood when it gave away what was typed."""

    __slots__ = ()


class EditorReader:
    """A LineReader whose lines tell whether a line editor drew them (`Drawn`, `Entered`).

    Line editors switch bracketed paste on when they begin to read and off when they have read, and a shell with our
    hook says where the command begins. What comes before either of them is the editor's, whatever it looks like.
    Where a pane shows neither, lines are plain.
    """

    def __init__(self, reader: LineReader) -> None:
        self._reader = reader
        self._editing: bool | None = None  # None: not known
        self._switches = False  # whether the editor tells when it begins
        self._leaving = False  # it has read, and its newline is to come
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """As LineReader's."""
        if not self._rest and not self._leaving and b"\x1b" not in data:
            return self._take(data)
        data, self._rest = self._rest + data, b""
        cut = data.rfind(b"\x1b", max(0, len(data) - _LONGEST_EDGE))
        if cut >= 0 and any(edge.startswith(data[cut:]) and edge != data[cut:] for edge in _WHOLE_EDGES):
            data, self._rest = data[:cut], data[cut:]
        lines: list[str] = []
        at = self._leave(data, 0, lines) if self._leaving else 0
        for edge in _EDGES.finditer(data, at):
            if edge.start() < at:
                continue
            begins = edge[1] == b"h"
            if self._editing is None and not begins:
                self._editing = True
            lines += self._take(data[at : edge.end()])
            at = edge.end()
            if begins:
                self._editing = self._switches = True
            elif self._editing:
                self._switches = self._switches or edge[1] is not None
                at = self._leave(data, at, lines)
        lines += self._take(data[at:])
        return lines

    def peek(self) -> str:
        """As LineReader's."""
        line = self._reader.peek()
        return Drawn(line) if self._editing else line

    def settle(self) -> list[str]:
        """As LineReader's."""
        return self._reader.settle()

    def _leave(self, data: bytes, at: int, lines: list[str]) -> int:
        """The editor has read: what stands before the cursor was entered, and its newline may follow."""
        self._leaving = False
        if self._reader.peek().strip():
            newline = _NEWLINE.match(data, at)
            if newline is not None:
                lines += self._take(data[at : newline.end()])
                at = newline.end()
            elif not data[at:].strip(b"\r"):
                self._leaving = True
                return at
        if lines and type(lines[-1]) in (Drawn, str):
            lines[-1] = Entered(lines[-1])
        self._editing = False if self._switches else None
        return at

    def _take(self, data: bytes) -> list[str]:
        lines = self._reader.feed(data) if data else []
        return [Drawn(line) if type(line) is str else line for line in lines] if self._editing else lines


_WHOLE_EDGES = (b"\x1b[?2004h", b"\x1b[?2004l", BEGINS)


class _Typed:
    """A typed line, and which of its echoes are still to come: the terminal's bare one, the line editor's."""

    __slots__ = ("bare", "column", "edited", "probe", "text", "whole", "words")

    def __init__(self, column: int, text: str) -> None:
        self.column = column
        self.text = text.rstrip()
        self.probe = self.text.rpartition("\t")[2]
        self.whole = len(text) < REMEMBERED_LENGTH
        self.words = re.compile(_TAB.join(map(re.escape, self.text.split("\t")))) if "\t" in self.text else None
        self.bare = self.edited = True

    def places(self, line: str) -> list[tuple[str, str]]:
        """What stands before and behind the text, for each place of the line that has it, the last one first."""
        if self.words is not None:
            return [(line[: found.start()], line[found.end() :]) for found in self.words.finditer(line)][::-1]
        found: list[tuple[str, str]] = []
        at = line.rfind(self.text)
        while at >= 0 and len(found) < 8:
            found.append((line[:at], line[at + len(self.text) :]))
            at = line.rfind(self.text, 0, at + len(self.text) - 1)
        return found

    def is_in(self, line: str, *, drawn: bool) -> int:
        """Which echo the line is: 0 the bare one, 1 the editor's, -1 none that is still to come."""
        for before, behind in self.places(line):
            # A right prompt, or a clock, stands apart.
            if behind and not behind.startswith(" " if drawn or self.column >= 0 else "  "):
                continue
            # Of two echoes one is bare, or (a wrapped line in fish) drawn anew with blanks instead of the prompt.
            blank = bool(before) and not before.strip()
            edited = bool(before) if self.column < 0 else not (blank and not self.bare_only())
            fits = not self.whole or _fits(before, self.column, self.text) or (drawn and not before[-1:].isalnum())
            if fits and (self.edited if edited else self.bare):
                return int(edited)
        return -1

    def bare_only(self) -> bool:
        """Whether the bare echo was seen already."""
        return not self.bare


class EchoFilter:
    """Tells the echo of typed lines from output. Feed it lines in their order, each once.

    A line that the line editor had when it gave away what was typed (`Entered`) is the echo whatever it looks like,
    where one is still to come. Any other holds the typed text (wrapped lines joined) and behind it at most what stands
    apart; where the column is known, what stands before it is as wide as the prompt was. Each typed line has one
    echo, two where it was typed ahead: the terminal's, which is bare, and then the line editor's behind its
    prompt, which is the last. The time for a line does not grow with what was typed before.
    """

    def __init__(self, typed: list[tuple[int, str]]) -> None:
        self._newest: list[tuple[int, str]] = []
        self._known: list[_Typed] = []
        self._unjudged: list[str] = []
        self.update(typed)

    def update(self, typed: list[tuple[int, str]]) -> None:
        """Learn what was typed since: `typed` is the newest list, the older lines first."""
        fresh = typed
        for count in range(min(len(typed), len(self._newest)), 0, -1):
            if typed[:count] == self._newest[-count:]:
                fresh = typed[count:]
                break
        self._newest = list(typed)
        self._known = (self._known + [_Typed(*item) for item in fresh])[-_KNOWN:]

    def defer(self, lines: list[str]) -> None:
        """Lines that nobody wants, but that may be an echo; they are looked at before the next ones that matter."""
        self._unjudged = (self._unjudged + lines)[-_UNJUDGED:]

    def output(self, lines: list[str], *, peek: bool = False) -> list[str]:
        """The lines that are not an echo. With `peek` the lines are not counted as seen."""
        if not peek and self._unjudged:
            before, self._unjudged = self._unjudged, []
            self.output(before)
        if not peek:
            return [line for line in lines if not self._is_echo(line)]
        kept = [(known, known.bare, known.edited) for known in self._known]
        before = self._unjudged
        try:
            for line in before:
                self._is_echo(line)
            return [line for line in lines if not self._is_echo(line)]
        finally:
            self._known = [known for known, _, _ in kept]
            for known, bare, edited in kept:
                known.bare, known.edited = bare, edited

    def _is_echo(self, line: str) -> bool:
        text = line.rstrip()
        drawn, entered = isinstance(line, Drawn), isinstance(line, Entered)
        for number, known in enumerate(self._known):
            which = known.is_in(text, drawn=drawn) if known.probe in text else -1
            if which < 0:
                continue
            if entered:
                del self._known[: number + 1]  # an editor gives lines away in their order
                return True
            if which:
                known.edited = False
                known.bare = known.bare and not (known.column < 0)
            else:
                known.bare = False
            if not known.edited and not known.bare:
                del self._known[number]
            return True
        if entered and text:
            for number, known in enumerate(self._known):
                if known.edited:
                    del self._known[: number + 1]
                    return True
        return False


def _fits(prompt: str, column: int, text: str) -> bool:
    """Whether that may stand before the text that was typed at this column; a prompt does not end in a word."""
    if column < 0:
        return not prompt[-1:].isalnum()
    # A wide character fills two columns, so a prefix has between half and all of them.
    least = (column + 1) // 2
    if least <= len(prompt) <= column:
        return True
    # A line editor that draws a wrapped line anew leaves what it has drawn of it before (bash, after a paste).
    return any(drawn and text.startswith(drawn) for drawn in (prompt[at:].rstrip() for at in range(least, column + 1)))
