"""The full-screen view: what it looks at, what keys do, how it is laid out."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.containers import Horizontal
from textual.filter import NoColor
from textual.widgets import Input

from bridge.core.topkeys import ACTIONS, Action, key_line
from bridge.core.topview import LEVELS, Seen, matches, shown
from bridge.errors import BridgeError
from bridge.features import jumping
from bridge.features.glance import Glance, Glancer
from bridge.system.threads import in_thread
from bridge.top import painting
from bridge.top.actions import Actions, told
from bridge.top.events import Events
from bridge.top.lines import Line, Lines, fit, wrapped

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from bridge.context import Context
    from bridge.tmux.connection import ConnectedTmux

_LIVE = 0.25  # how often the chosen pane's screen and the events are looked at
_TOLD_FOR = 12.0
_DAEMON_ASKED = 5.0
_MESSAGE_LINES = 3

_BY_KEY = {action.key: action for action in ACTIONS}


class View(App[int]):
    """Every pane of a tmux server, looked at each `interval` seconds. Its result is the exit status."""

    CSS = """
    Screen { background: ansi_default; color: ansi_default; layout: vertical; }
    Lines { width: 100%; height: 1; background: ansi_default; color: ansi_default; }
    #panes { height: 1fr; }
    #page { display: none; height: 1fr; }
    #message { display: none; }
    #ask { display: none; height: 1; }
    #question { width: auto; }
    Input { width: 1fr; height: 1; border: none; padding: 0; background: ansi_default; color: ansi_default; }
    Input:focus { border: none; background-tint: ansi_default 0%; }
    """
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        ("q", "leave"),
        ("ctrl+c", "leave"),
        ("slash", "filter"),
        ("question_mark", "page"),
        ("enter", "jump"),
        ("up", "move(-1)"),
        ("down", "move(1)"),
        ("pageup", "turn(-1)"),
        ("pagedown", "turn(1)"),
        ("home", "move(-1000000)"),
        ("end", "move(1000000)"),
        ("escape", "escape"),
        *((action.key, f"call('{action.key}')") for action in ACTIONS),
    ]

    def __init__(
        self,
        ctx: Context,
        tmux: ConnectedTmux,
        *,
        interval: float = 1.0,
        search: str = "",
        session: str = "",
        colours: bool = True,
        levels: str = LEVELS,
        driver: type[Any] | None = None,
    ) -> None:
        super().__init__(driver_class=driver, ansi_color=True)
        self.theme = "ansi-dark"
        if not colours:
            self._filters.append(NoColor())
        self._ctx = ctx
        self._tmux = tmux
        self._interval = interval
        self._search = search
        self._session = session
        self._levels = levels
        self._glancer = Glancer(ctx, tmux)
        self._actions = Actions(ctx, tmux)
        self._events = Events(ctx)
        self._histories = painting.Histories()
        self._tasks: list[asyncio.Task[None]] = []
        self._look_now = asyncio.Event()
        self._all: list[Seen] = []
        self.seen: list[Seen] = []
        self.looks = 0
        self._server: bool | None = None
        self._chosen = ""
        self._top = 0
        self._screen_text = ""
        self._problem = ""
        self._message, self._message_until = "", 0.0
        self._asking: Action | None = None
        self._asked_of: Seen | None = None
        self._confirming = False
        self._has_daemon: bool | None = None
        self._daemon_asked = 0.0

    def compose(self) -> ComposeResult:
        """The widgets from top to bottom."""
        for name in ("head", "titles", "panes", "screen", "log", "page", "message"):
            yield Lines(name)
        with Horizontal(id="ask"):
            yield Lines("question")
            yield Input(id="input", select_on_focus=False, compact=True)
        yield Lines("keys")

    def on_mount(self) -> None:
        """Begin to look."""
        self._input.disabled = True
        for work in (self._look_forever(), self._follow_forever()):
            self._begin(work)

    def on_unmount(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()
        self._events.close()

    def on_resize(self, _: events.Resize) -> None:
        """Another size: everything is laid out anew."""
        self.call_after_refresh(self.paint)

    # --- looking ---

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.remove(task)
        defect = None if task.cancelled() else task.exception()
        if isinstance(defect, Exception):
            self._handle_exception(defect)

    @property
    def defect(self) -> Exception | None:
        """What has ended the view, if it was not the person."""
        return self._exception

    def _fatal_error(self) -> None:
        """A defect ends the view; the caller answers with it."""
        self._close_messages_no_wait()

    async def _look_forever(self) -> None:
        while True:
            began = time.monotonic()
            self._look_now.clear()
            chosen = self._chosen
            try:
                glance = await in_thread(lambda: self._glancer.look(chosen))  # noqa: B023 - awaited here
                self._problem = ""
                self._take(glance, chosen)
            except BridgeError as problem:
                self._problem = f"{problem.code} {problem.message}" + (f" ({problem.hint})" if problem.hint else "")
            self.looks += 1
            self.paint()
            try:
                await asyncio.wait_for(self._look_now.wait(), max(0.01, began + self._interval - time.monotonic()))
            except TimeoutError:
                continue

    async def _follow_forever(self) -> None:
        """The chosen pane's screen and the events, more often than all the rest."""
        while True:
            await asyncio.sleep(min(_LIVE, self._interval))
            chosen = self._chosen
            if chosen and self._server:
                try:
                    text = await in_thread(lambda: self._glancer.screen(chosen))  # noqa: B023 - awaited here
                except BridgeError:
                    text = None  # the next look tells why
                if text is not None and chosen == self._chosen and text != self._screen_text:
                    self._screen_text = text
                    self._paint_screen()
            self._follow_events()
            if self._message and time.monotonic() > self._message_until:
                self.tell("")

    def _follow_events(self) -> None:
        try:
            if time.monotonic() - self._daemon_asked > _DAEMON_ASKED:
                self._daemon_asked = time.monotonic()
                had, self._has_daemon = self._has_daemon, self._events.has_daemon()
                if had != self._has_daemon:
                    self._paint_events()
            if self._events.read():
                self._paint_events()
        except BridgeError as problem:
            self.tell(f"{problem.code} {problem.message}")

    def _take(self, glance: Glance, chosen: str) -> None:
        self._server = glance.server
        self._all = [pane for pane in glance.panes if self._session in ("", pane.session, pane.session_id)]
        self._histories.add(glance.panes)
        if glance.screen is not None and chosen == self._chosen:
            self._screen_text = glance.screen
        if self._asked_of is not None and self._asked_of.key not in {pane.key for pane in self._all}:
            self._close_question()
            self.tell(f"pane {self._asked_of.place if self._asked_of else ''} has gone")
            self._asked_of = None
        self._select()

    # --- choosing ---

    @property
    def chosen(self) -> Seen | None:
        """The pane that keys are for."""
        return next((pane for pane in self.seen if pane.id == self._chosen), None)

    def _place(self) -> int:
        return next((number for number, pane in enumerate(self.seen) if pane.id == self._chosen), 0)

    def _select(self) -> None:
        """Apply the filter; the chosen pane stays chosen while it is shown, else what stands in its place is."""
        place = self._place()
        self.seen = [pane for pane in self._all if matches(pane, self._search)]
        if self.chosen is None:
            self._choose(min(place, len(self.seen) - 1))

    def _choose(self, place: int) -> None:
        chosen = self.seen[place].id if self.seen else ""
        if chosen != self._chosen:
            self._chosen = chosen
            self._screen_text = ""
            self._look_now.set()

    def action_move(self, count: int) -> None:
        """So many rows down."""
        if self.seen:
            self._choose(max(0, min(len(self.seen) - 1, self._place() + count)))
            self.paint()

    def action_turn(self, count: int) -> None:
        """So many pages down."""
        self.action_move(count * max(1, self._lines("panes").size.height - 1))

    def on_click(self, event: events.Click) -> None:
        """Choose the row that was clicked."""
        if event.widget is self._lines("panes") and self._top + event.y < len(self.seen):
            self._choose(self._top + event.y)
            self.paint()

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves the choice."""
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        """The wheel moves the choice."""
        self.action_move(-1)

    # --- keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a question or a page is open, keys are for that."""
        del parameters
        return not (self._confirming or self._lines("page").display) or action in ("quit", "leave", "escape")

    def on_key(self, event: events.Key) -> None:
        """Close the page of help, or take the answer to a question of yes or no."""
        if self._lines("page").display and event.key not in ("question_mark",):
            self._turn_page(shown=False)
        elif self._confirming:
            action, pane = self._asking, self._asked_of
            self._close_question()
            if event.key in ("y", "Y") and action is not None and pane is not None:
                self._begin(self._call(action, pane, None))
            else:
                self.tell("nothing was done")

    def action_leave(self) -> None:
        """End the view."""
        self.exit(0)

    def action_escape(self) -> None:
        """Close what is open, else show every pane."""
        if self._lines("page").display:
            self._turn_page(shown=False)
        elif self._asking is not None or not self._input.disabled:
            self._close_question()
        elif self._search:
            self._search = ""
            self._select()
            self.paint()

    def action_page(self) -> None:
        """Show the keys."""
        self._turn_page(shown=True)

    def action_filter(self) -> None:
        """Ask which panes to show."""
        self._ask("show only: ", self._search)

    def action_call(self, key: str) -> None:
        """Call the command of a key for the chosen pane, after what has to be asked first."""
        action, pane = _BY_KEY[key], self.chosen
        if pane is None:
            self.tell("no pane is chosen")
            return
        self._asking, self._asked_of = action, pane
        if action.asks:
            text = pane.label or "" if action.asks == "label" else ""
            self._ask(f"{pane.place} {action.question}: ", text if text.isprintable() else "")
        elif action.confirm:
            last = f"; it is the last one, so session {pane.session} ends" if pane.session_panes == 1 else ""
            self._confirming = True
            name = f" {pane.label!r}" if pane.label else ""
            self.tell(f"end pane {pane.place}{name} ({pane.program or pane.state}){last}? y or n", keep=True)
        else:
            self._asking = self._asked_of = None
            self._begin(self._call(action, pane, None))

    def on_input_changed(self, event: Input.Changed) -> None:
        """The filter works while it is typed."""
        if self._asking is None and not self._input.disabled:
            self._search = event.value
            self._select()
            self.paint()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """What was asked for is there."""
        action, pane = self._asking, self._asked_of
        text = event.value
        self._close_question()
        if action is not None and pane is not None:
            self._begin(self._call(action, pane, text))

    async def _call(self, action: Action, pane: Seen, text: str | None) -> None:
        self.tell(f"{action.command} {pane.session if action.whole else pane.place} …", keep=True)
        self.tell(told(await self._actions.call(action, pane, text)))
        self._look_now.set()

    def action_jump(self) -> None:
        """Go to the chosen pane."""
        pane = self.chosen
        if pane is None:
            self.tell("no pane is chosen")
            return
        try:
            if jumping.is_inside(self._ctx):
                jumping.switch(self._ctx, pane)
            elif self._driver is None or not self._driver.can_suspend:
                self.tell("ERR_NO_TERMINAL this terminal cannot be given to tmux")
            else:
                with self.suspend():
                    jumping.attach(self._ctx, pane)
        except BridgeError as problem:
            self.tell(f"{problem.code} {problem.message}" + (f" ({problem.hint})" if problem.hint else ""))
        self._look_now.set()

    def _ask(self, question: str, text: str) -> None:
        line = shown(question)
        label = self._lines("question")
        label.styles.width = min(painting.width_of(line), max(8, self.size.width * 2 // 3))
        label.show([((line, "bold"),)])
        self.query_one("#ask").display = True
        self._input.disabled = False
        self._input.value = text
        self._input.cursor_position = len(text)
        self._input.focus()

    def _close_question(self) -> None:
        self._asking = self._asked_of = None
        self._confirming = False
        self._input.disabled = True
        self._input.value = ""
        self.query_one("#ask").display = False
        self.tell("")

    # --- painting ---

    @property
    def _input(self) -> Input:
        return self.query_one("#input", Input)

    def _lines(self, name: str) -> Lines:
        return self.query_one(f"#{name}", Lines)

    def tell(self, text: str, *, keep: bool = False) -> None:
        """Show a message for a while, or until the next one."""
        self._message = shown(text)
        self._message_until = float("inf") if keep else time.monotonic() + _TOLD_FOR
        rows = wrapped(self._message, max(1, self.size.width), _MESSAGE_LINES) if text else []
        widget = self._lines("message")
        widget.display = bool(rows)
        widget.styles.height = max(1, len(rows))
        style = "bold red" if text.startswith("ERR_") else "bold"
        widget.show([((row, style),) for row in rows])
        self.call_after_refresh(self.paint)

    def _turn_page(self, *, shown: bool) -> None:
        for name in ("titles", "panes", "screen", "log"):
            self._lines(name).display = not shown
        self._lines("page").display = shown
        self._lines("page").show(painting.help_page(self.size.width))
        self.call_after_refresh(self.paint)

    def paint(self) -> None:
        """Bring every part up to date; lines that stay as they are cost nothing."""
        width, height = self.size
        if not self.is_mounted or width <= 0:
            return
        lower = height - 8
        screen, log = max(0, lower * 2 // 5 + 1), max(0, lower // 4)
        for name, rows in (("screen", screen), ("log", log)):
            self._lines(name).styles.height = rows
            self._lines(name).styles.min_height = 0
        self._lines("head").show([painting.head(self._all, len(self.seen), self._search, _now(), width)])
        self._lines("titles").show([painting.titles(width)])
        self._lines("keys").show([_keys(width)])
        self._paint_panes(width)
        self._paint_screen()
        self._paint_events()

    def _paint_panes(self, width: int) -> None:
        rows = self._lines("panes").size.height
        if not self.seen or self._problem:
            self._lines("panes").show([(("  " + row, "bold"),) for row in wrapped(self._why_none(), width - 4, 4)])
            return
        place = self._place()
        self._top = max(0, min(self._top, place, max(0, len(self.seen) - rows)), place - max(1, rows) + 1)
        lines: list[Line] = [
            painting.pane_line(
                pane, self._histories.of(pane), width, chosen=pane.id == self._chosen, levels=self._levels
            )
            for pane in self.seen[self._top : self._top + rows]
        ]
        self._lines("panes").show(lines)

    def _why_none(self) -> str:
        again = f"looking again every {self._interval:g} s"
        if self._problem:
            return f"{shown(self._problem)}; {again}"
        if self._server is None:
            return "looking …"
        if not self._server:
            return f"no tmux server runs at {shown(self._ctx.config.server)}; {again}"
        if not self._all:
            return f"no session is called {shown(self._session)!r}; {again}" if self._session else f"no panes; {again}"
        return f"no pane matches {shown(self._search)!r}; Escape shows all {len(self._all)}"

    def _paint_screen(self) -> None:
        widget, pane, width = self._lines("screen"), self.chosen, self.size.width
        rows = int(widget.styles.height.value) if widget.styles.height else 0
        if pane is None or rows < 2:
            widget.show([painting.rule("no pane", "", width)] if rows else [])
            return
        name = f"{pane.place} {pane.id}" + (f" {pane.label}" if pane.label else "")
        place = f"{self._place() + 1}/{len(self.seen)}"
        lines = painting.screen_lines(self._screen_text, rows - 1, width)
        widget.show([painting.rule(shown(name), place, width), *lines])

    def _paint_events(self) -> None:
        widget, width = self._lines("log"), self.size.width
        rows = int(widget.styles.height.value) if widget.styles.height else 0
        if rows < 2:
            widget.show([])
            return
        daemon = "" if self._has_daemon is not False else "no daemon: bridge daemon-start makes more of them"
        newest = list(self._events.newest)[-(rows - 1) :]
        widget.show([painting.rule("events", daemon, width), *(painting.event_line(item, width) for item in newest)])


def _now() -> str:
    return time.strftime("%H:%M:%S")


def _keys(width: int) -> Line:
    """The line of keys; what does not fit is left out, but not how to get help."""
    pieces: list[tuple[str, str]] = []
    left = width
    for key, word in key_line():
        text = f"{key} {word}  "
        if len(text) <= left:
            pieces += [(key, "bold"), (f" {word}  ", "")]
            left -= len(text)
    return (*pieces, (fit("", left), ""))
