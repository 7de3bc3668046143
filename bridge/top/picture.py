"""What the view shows, as lines: panes, a screen, events."""

from __future__ import annotations

import unicodedata
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING

from rich.ansi import AnsiDecoder
from rich.cells import cell_len

from bridge.core import events, topkeys, topview
from bridge.core.sgr import only_colours
from bridge.core.topview import DEAD, FAILED, IDLE, INPUT, RUNNING, UNKNOWN, Seen, Widths, shown
from bridge.core.visible import in_line
from bridge.spec import counted
from bridge.top.lines import fit, fit_end

if TYPE_CHECKING:
    from rich.text import Text

    from bridge.top.lines import Line

_COLOURS = {RUNNING: "green", IDLE: "", FAILED: "red", INPUT: "bold yellow", DEAD: "bold red", UNKNOWN: "magenta"}
_KEPT = 60
_ACTING = ("Cc", "Cf", "Cs", "Zl", "Zp")
TITLE = "bold cyan"


class Histories:
    """The newest figures of each pane."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[deque[float], deque[float]]] = {}

    def add(self, panes: list[Seen]) -> None:
        """Add what a look has found, and forget panes that have gone."""
        before, self._kept = self._kept, {}
        for pane in panes:
            pair = before.get(pane.key) or (deque(maxlen=_KEPT), deque(maxlen=_KEPT))
            self._kept[pane.key] = pair
            if pane.cpu is not None:
                pair[0].append(pane.cpu)
            if pane.memory is not None:
                pair[1].append(pane.memory)

    def of(self, pane: Seen) -> tuple[list[float], list[float]]:
        """Shares of the CPU and amounts of memory, the oldest first."""
        cpu, memory = self._kept.get(pane.key, ((), ()))
        return list(cpu), list(memory)


def titles(width: int) -> Line:
    """The names of the columns."""
    at = Widths(width)
    parts = ["  " + fit("PANE", at.place), fit("LABEL", at.label), fit("STATE", at.state), " CPU%"]
    parts += [" " * at.cpu_curve] if at.cpu_curve else []
    parts += ["   MEM"] if at.memory else []
    parts += [" " * at.memory_curve] if at.memory_curve else []
    for name, size in (("COMMAND", at.command), ("DIRECTORY", at.directory), ("LAST LINE", at.line)):
        parts += [fit(name, size)] if size else []
    return ((fit(" ".join(parts), width), "bold underline"),)


def pane_line(
    pane: Seen, history: tuple[list[float], list[float]], width: int, most: float, *, chosen: bool, levels: str
) -> Line:
    """A pane as a row; `most` is the memory that makes the whole height of its curve."""
    at = Widths(width)
    # The chosen row has one look from end to end.
    mark, colour = ("reverse bold", "reverse bold") if chosen else ("", _COLOURS[pane.state])
    session = fit(shown(pane.session), at.place - len(pane.address) - 1).rstrip()
    label = shown(pane.label) if pane.label is not None else ""
    pieces = [
        (f"{topview.SIGNS[pane.state]} ", colour),
        (fit(f"{session}:{pane.address}", at.place) + " ", mark or "bold"),
        (fit(label, at.label) + " ", mark),
        (fit(shown(topview.state_words(pane)), at.state) + " ", colour),
        (topview.cpu_figure(pane.cpu).rjust(5), mark),
    ]
    if at.cpu_curve:
        pieces.append((" " + topview.cpu_curve(history[0], at.cpu_curve, levels), mark or "cyan"))
    if at.memory:
        pieces.append((" " + topview.memory_figure(pane.memory).rjust(at.memory), mark))
    if at.memory_curve:
        pieces.append((" " + topview.curve(history[1], at.memory_curve, most, levels), mark or "blue"))
    for text, size, fitting in (
        *((pane.command, at.command, fit), (pane.directory, at.directory, fit_end), (pane.line, at.line, fit)),
    ):
        if size:
            pieces.append((" " + fitting(in_line(text), size), mark))
    return (*pieces, (" " * max(0, width - sum(cell_len(text) for text, _ in pieces)), mark))


def head(panes: list[Seen], visible: int, search: str, clock: str, width: int) -> Line:
    """The first line: how many there are of what, and what they use together."""
    counts = {state: sum(pane.state == state for pane in panes) for state in topview.SIGNS}
    words = {RUNNING: "run", INPUT: "input", FAILED: "failed", DEAD: "dead", IDLE: "idle", UNKNOWN: "unknown"}
    states = [
        (f"{topview.SIGNS[state]}{counts[state]} {words[state]}", _COLOURS[state]) for state in words if counts[state]
    ]
    if search:
        states.append((f"/{shown(search)} {visible}", "bold"))
    named = f" {counted(len(panes), 'pane')}"
    sessions = f" in {counted(len({pane.session_id for pane in panes}), 'session')}"
    least = 12 + len(named) + sum(cell_len(text) + 2 for text, _ in states)
    room = least + len(sessions) <= width
    pieces = [(" bridge top ", "bold reverse"), (f"{named}{sessions if room else ''}", "")]
    for state in states:
        pieces += [("  " if least <= width else " ", ""), state]
    used = sum(pane.cpu or 0.0 for pane in panes)
    more = (
        f"  cpu {topview.cpu_figure(used)}% mem {topview.memory_figure(sum(p.memory or 0.0 for p in panes))}  {clock}"
    )
    taken = sum(cell_len(text) for text, _ in pieces)
    for tail in (more, f"  {clock}"):
        if taken + len(tail) <= width:
            return (*pieces, (" " * (width - taken - len(tail)) + tail, ""))
    return tuple(pieces)


def rule(text: str, right: str, width: int) -> Line:
    """A line that divides the screen and names what is below it."""
    middle = width - cell_len(right) - 5 if right else width - 2
    name = fit(f"─ {text} ", min(middle, cell_len(text) + 3))
    tail = f" {right} ─" if right else ""
    line = "─" * max(0, width - cell_len(name) - cell_len(tail))
    return ((name, TITLE), (line + tail, "cyan"))


def screen_lines(text: str, most: int, width: int) -> list[Line]:
    """The last lines of a screen, with their colours and nothing else that acts on a terminal."""
    decoder = AnsiDecoder()
    rows = [decoder.decode_line(row.expandtabs(8)) for row in only_colours(text).rstrip().split("\n")]
    while rows and not rows[-1].plain.strip():
        rows.pop()
    return [_cut(_pieces(row), width) for row in rows[-most:]] if most > 0 else []


def _pieces(row: Text) -> list[tuple[str, str]]:
    """A decoded row; its spans follow each other."""
    pieces, at = [], 0
    for span in row.spans:
        pieces += [(row.plain[at : span.start], ""), (row.plain[span.start : span.end], str(span.style))]
        at = span.end
    return [*pieces, (row.plain[at:], "")]


def _cut(pieces: list[tuple[str, str]], width: int) -> Line:
    fitted, left = [], width
    for text, words in pieces:
        part = _visible(text)
        if part and left > 0:
            part = part if cell_len(part) <= left else fit(part, left)
            left -= cell_len(part)
            fitted.append((part, words))
    return (*fitted, (" " * left, ""))


def event_words(event: dict[str, object]) -> str:
    """An event in one line that begins with its moment, without colours."""
    return " ".join("".join(text for text, _ in event_line(event, 400)).split())


def event_line(event: dict[str, object], width: int) -> Line:
    """An event on one line."""
    where = str(event.get("session", ""))
    where += f":{event['pane_id']}" if event.get("pane_id") else ""
    kind = str(event.get("event_type", ""))
    pieces = [(f"{_clock(str(event.get('timestamp', '')))} ", ""), (f"{fit(kind, 17)} ", "cyan"), (f"{where} ", "bold")]
    pieces.append((events.sentence(event), ""))
    return _cut([(shown(text), words) for text, words in pieces], width)


def help_page(width: int) -> list[Line]:
    """The keys and the signs."""
    lines: list[Line] = [rule("keys", "any key closes this page", width)]
    lines += [((f"  {fit(key, 8)} ", "bold"), (fit(what, width - 11), "")) for key, what in topkeys.help_lines()]
    lines.append(rule("signs", "", width))
    words = {
        RUNNING: "a program runs, and since when; a + behind a time: at least",
        INPUT: "a program waits for a person",
        IDLE: "a shell prompts",
        FAILED: "a shell prompts, and its last command has failed",
        DEAD: "the program has ended and the pane was kept",
        UNKNOWN: "nothing tells what goes on",
    }
    lines += [
        ((f"  {topview.SIGNS[state]} ", _COLOURS[state]), (fit(text, width - 4), "")) for state, text in words.items()
    ]
    for text in (
        "a curve's whole height: one core, or more if more was used;",
        "of memory: what the largest pane holds",
    ):
        lines.append(((fit(f"  {text}", width), ""),))
    return lines


def keys(width: int, *, asking: bool) -> Line:
    """The line of keys; where not all of them fit, how to get help and how to leave are among those that stay."""
    words = (("Enter", "does it"), ("Escape", "closes it")) if asking else topkeys.key_line()
    gap = 2 if sum(len(key) + len(word) + 3 for key, word in words) - 2 <= width else 1
    left = width + gap - sum(len(key) + len(word) + 1 + gap for key, word in words[-2:])
    pieces: list[tuple[str, str]] = []
    for number, (key, word) in enumerate(words):
        size = len(key) + len(word) + 1 + gap
        if number < len(words) - 2:
            if size > left:
                continue
            left -= size
        pieces += [(key, "bold"), (f" {word}" + " " * gap, "")]
    return tuple(pieces)


def _visible(text: str) -> str:
    """Without characters that have no width of their own but act on others, such as those that turn the direction."""
    return text if text.isprintable() else "".join(char for char in text if unicodedata.category(char) not in _ACTING)


def _clock(timestamp: str) -> str:
    """The local time of a timestamp in UTC, as it is where it can't be read."""
    try:
        return datetime.fromisoformat(timestamp).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return fit(timestamp, 8)
