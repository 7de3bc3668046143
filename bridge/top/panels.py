"""The parts of the screen, from top to bottom: how high they are and what stands in them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bridge.core.topview import Widths, shown
from bridge.top import picture
from bridge.top.lines import wrapped

if TYPE_CHECKING:
    from bridge.top.choice import Choice
    from bridge.top.events import Events
    from bridge.top.lines import Lines

NAMES = ("head", "titles", "panes", "screen", "log", "page", "message")
_BESIDES = 8  # rows that are the list's own, and single lines


class Panels:
    """Brings the parts up to date; lines that stay as they are cost nothing."""

    def __init__(self, parts: dict[str, Lines], choice: Choice, events: Events, levels: str, server: str) -> None:
        self._parts = parts
        self._choice = choice
        self._events = events
        self._levels = levels
        self._path = server
        self.histories = picture.Histories()
        self.width = 0
        self.screen_text = ""
        self.problem = ""
        self.server: bool | None = None
        self.has_daemon: bool | None = None

    def lay_out(self, height: int) -> None:
        """Give the parts their heights; what is least needed goes first where there is little room.

        Where no daemon runs hardly any event comes: one line says so, and the list has the room.
        """
        lower = height - _BESIDES
        for name, rows in (("screen", lower * 2 // 5 + 1), ("log", lower // 4)):
            self._parts[name].styles.height = rows if rows > 1 else 0
        if lower // 4 > 1 and not self.has_daemon:
            self._parts["log"].styles.height = 1

    def wanted(self) -> tuple[tuple[str, ...], bool]:
        """The panes on the screen, if there are columns that tell what they run, and whether for their last lines."""
        at = Widths(self.width)
        return (tuple(pane.id for pane in self._choice.shown) if at.command else ()), bool(at.line)

    def paint(self, *, asking: bool) -> None:
        """Everything."""
        choice = self._choice
        clock = time.strftime("%H:%M:%S")
        self._parts["head"].show([picture.head(choice.all, len(choice.seen), choice.search, clock, self.width)])
        self._parts["titles"].show([picture.titles(self.width)])
        self._parts["keys"].show([picture.keys(self.width, asking=asking)])
        self.paint_panes()
        self.paint_screen()
        self.paint_events()

    def paint_panes(self) -> None:
        """The list, or why there is none."""
        part, choice = self._parts["panes"], self._choice
        if self.problem or not choice.seen:
            part.show([((f"  {row}", "bold"),) for row in wrapped(self.why_none(), self.width - 4, 4)])
            return
        most = max((pane.memory or 0.0 for pane in choice.all), default=0.0)
        part.show(
            [
                picture.pane_line(
                    *(pane, self.histories.of(pane), self.width, most),
                    chosen=pane.id == choice.id,
                    levels=self._levels,
                )
                for pane in choice.page(part.size.height)
            ]
        )

    def why_none(self) -> str:
        """Why no pane is shown."""
        choice = self._choice
        if self.problem:
            return f"{shown(self.problem)}; looking again"
        if self.server is None:
            return "looking …"
        if not self.server:
            return f"no tmux server runs at {shown(self._path)}; looking again"
        if choice.session and not choice.all:
            return f"no session is called {shown(choice.session)!r}; looking again"
        if not choice.all:
            return "no panes; looking again"
        return f"no pane matches {shown(choice.search)!r}; Escape shows all {len(choice.all)}"

    def paint_screen(self) -> None:
        """The last lines of the chosen pane."""
        part, pane = self._parts["screen"], self._choice.pane
        rows = part.size.height
        if pane is None or rows < 1:
            part.show([picture.rule("no pane", "", self.width)])
            return
        name = f"{pane.place} {pane.id}" + (f" {pane.label}" if pane.label else "")
        place = f"{self._choice.place + 1}/{len(self._choice.seen)}"
        lines = picture.screen_lines(self.screen_text, rows - 1, self.width)
        part.show([picture.rule(shown(name), place, self.width), *lines])

    def paint_events(self) -> None:
        """The newest events, the last one lowest."""
        part = self._parts["log"]
        rows = part.size.height
        newest = list(self._events.newest)[-max(1, rows - 1) :]
        if not self.has_daemon:
            hint = "no daemon (bridge daemon-start)" if self.has_daemon is False else ""
            name = f"events: {picture.event_words(newest[-1])}" if newest else "events"
            part.show([picture.rule(name, hint, self.width)])
            return
        lines = [picture.event_line(event, self.width) for event in newest] if rows > 1 else []
        part.show([picture.rule("events", "", self.width), *lines])
