"""The full-screen view: when it looks, and what keys do."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from textual.app import App
from textual.containers import Horizontal
from textual.filter import NoColor
from textual.widgets import Input

from bridge.core.topkeys import ACTIONS, Action
from bridge.core.topview import LEVELS, Seen, shown
from bridge.errors import BridgeError
from bridge.features.panes import jump
from bridge.features.screens.glance import Glance, Glancer
from bridge.system.threads import in_thread
from bridge.top import panels, picture
from bridge.top.actions import Actions, problem_told, told
from bridge.top.choice import Choice
from bridge.top.events import Events
from bridge.top.lines import Lines, wrapped

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
_FAR = 1_000_000

_BY_KEY = {action.key: action for action in ACTIONS}


class View(App[int]):
    """Every pane of a tmux server, looked at each `interval` seconds. Its result is the exit status."""

    CSS = """
    Screen { background: ansi_default; color: ansi_default; layout: vertical; }
    Lines { width: 100%; height: 1; min-height: 0; background: ansi_default; color: ansi_default; }
    #panes { height: 1fr; }
    #page { display: none; height: 1fr; }
    #message { display: none; }
    #ask { display: none; height: 1; }
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
        ("k", "move(-1)"),
        ("j", "move(1)"),
        ("pageup", "turn(-1)"),
        ("pagedown", "turn(1)"),
        ("home", f"move(-{_FAR})"),
        ("end", f"move({_FAR})"),
        ("g", f"move(-{_FAR})"),
        ("G", f"move({_FAR})"),
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
        self._interval = interval
        self._glancer = Glancer(ctx, tmux)
        self._actions = Actions(ctx, tmux)
        self._events = Events(ctx)
        self.choice = Choice(session, search)
        # Kept, so that a look that comes in while the view is taken down finds them.
        self._parts = {name: Lines(name) for name in (*panels.NAMES, "question", "keys")}
        self._input = Input(id="input", select_on_focus=False, compact=True)
        self._question_row = Horizontal(id="ask")
        self._panels = panels.Panels(self._parts, self.choice, self._events, levels, ctx.config.server)
        self._tasks: list[asyncio.Task[None]] = []
        self._look_now = asyncio.Event()
        self.looks = 0
        self._message_until = 0.0
        self._asking: Action | None = None
        self._asked_of: Seen | None = None
        self._confirming = False
        self._daemon_asked = 0.0

    def compose(self) -> ComposeResult:
        """The widgets from top to bottom."""
        for name in panels.NAMES:
            yield self._parts[name]
        with self._question_row:
            yield self._parts["question"]
            yield self._input
        yield self._parts["keys"]

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

    def on_resize(self, event: events.Resize) -> None:
        """Another size: everything is laid out anew."""
        self._panels.width = event.size.width
        self._panels.lay_out(event.size.height)
        self.call_after_refresh(self.paint)

    @property
    def defect(self) -> Exception | None:
        """What has ended the view, if it was not the person."""
        return self._exception

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

    def _fatal_error(self) -> None:
        """A defect ends the view; the caller answers with it."""
        self._close_messages_no_wait()

    async def _look_forever(self) -> None:
        while True:
            began = time.monotonic()
            self._look_now.clear()
            chosen = self.choice.id
            told, lines = self._panels.wanted()
            try:
                look = partial(self._glancer.look, chosen, told, lines=lines)
                self._take(await in_thread(look), chosen)
                self._panels.problem = ""
            except BridgeError as problem:
                self._panels.problem = problem_told(problem)
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
            chosen = self.choice.id
            if chosen and self._panels.server:
                try:
                    text = await in_thread(lambda: self._glancer.screen(chosen))  # noqa: B023 - awaited here
                except BridgeError:
                    text = None  # the next look tells why
                if text is not None and chosen == self.choice.id and text != self._panels.screen_text:
                    self._panels.screen_text = text
                    self._panels.paint_screen()
            self._follow_events()
            if 0 < self._message_until < time.monotonic():
                self.tell("")

    def _follow_events(self) -> None:
        try:
            had, new = self._panels.has_daemon, self._events.read()
            if time.monotonic() - self._daemon_asked > _DAEMON_ASKED:
                self._daemon_asked = time.monotonic()
                self._panels.has_daemon = self._events.has_daemon()
            if had != self._panels.has_daemon:
                self._panels.lay_out(self.size.height)
                self.call_after_refresh(self.paint)
            elif new:
                self._panels.paint_events()
        except BridgeError as problem:
            self.tell(problem_told(problem), problem=True)

    def _take(self, glance: Glance, chosen: str) -> None:
        self._panels.server = glance.server
        self._panels.histories.add(glance.panes)
        if glance.screen is not None and chosen == self.choice.id:
            self._panels.screen_text = glance.screen
        if self.choice.take(glance.panes):
            self._chosen_anew()
        asked = self._asked_of
        if asked is not None and asked.key not in {pane.key for pane in self.choice.all}:
            self._close_question()
            self.tell(f"pane {asked.place} has gone, nothing was done")

    def _chosen_anew(self) -> None:
        self._panels.screen_text = ""
        self._look_now.set()

    # --- keys ---

    def on_key(self, event: events.Key) -> None:
        """Close the page of help, or take the answer to a question of yes or no; the key does nothing else then."""
        if self._parts["page"].display:
            event.prevent_default()
            self._turn_page(shown=False)
        elif self._confirming:
            event.prevent_default()
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
        if not self._input.disabled:
            self._close_question()
        elif self.choice.search:
            self._filter("")

    def action_page(self) -> None:
        """Show the keys."""
        self._turn_page(shown=True)

    def action_move(self, count: int) -> None:
        """Choose the pane so many rows below."""
        if self.choice.move(count):
            self._chosen_anew()
            self.paint()

    def action_turn(self, count: int) -> None:
        """Choose the pane so many pages below."""
        self.action_move(count * max(1, self._parts["panes"].size.height - 1))

    def on_click(self, event: events.Click) -> None:
        """Choose the row that was clicked."""
        if event.widget is self._parts["panes"] and self.choice.point(event.y):
            self._chosen_anew()
            self.paint()

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves the choice."""
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        """The wheel moves the choice."""
        self.action_move(-1)

    def action_filter(self) -> None:
        """Ask which panes to show."""
        self._ask("show only: ", self.choice.search)

    def action_call(self, key: str) -> None:
        """Call the command of a key for the chosen pane, after what has to be asked first."""
        action, pane = _BY_KEY[key], self.choice.pane
        if pane is None:
            self.tell("no pane is chosen")
        elif action.asks:
            self._asking, self._asked_of = action, pane
            text = pane.label or "" if action.asks == "label" else ""
            self._ask(f"{pane.place} {action.question}: ", text if text.isprintable() else "")
        elif action.confirm:
            self._asking, self._asked_of, self._confirming = action, pane, True
            self.tell(f"{action.meant(pane)}? y or n", keep=True)
        else:
            self._begin(self._call(action, pane, None))

    def on_input_changed(self, event: Input.Changed) -> None:
        """The filter works while it is typed."""
        if self._asking is None and not self._input.disabled:
            self._filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """What was asked for is there."""
        action, pane, text = self._asking, self._asked_of, event.value
        self._close_question()
        if action is not None and pane is not None:
            self._begin(self._call(action, pane, text))

    def _filter(self, search: str) -> None:
        if self.choice.find(search):
            self._chosen_anew()
        self.paint()

    async def _call(self, action: Action, pane: Seen, text: str | None) -> None:
        self.tell(f"{action.command} {pane.session if action.whole else pane.place} …", keep=True)
        envelope = await self._actions.call(action, pane, text)
        self.tell(told(envelope), problem=envelope["status"] != "success")
        self._look_now.set()

    def action_jump(self) -> None:
        """Go to the chosen pane."""
        pane = self.choice.pane
        if pane is None:
            self.tell("no pane is chosen")
            return
        try:
            if jump.is_inside(self._ctx):
                jump.switch(self._ctx, pane)
            elif self._driver is not None and self._driver.can_suspend:
                with self.suspend():
                    jump.attach(self._ctx, pane)
            else:
                raise BridgeError("ERR_NO_TERMINAL", "this terminal cannot be given to tmux")
        except BridgeError as problem:
            self.tell(problem_told(problem), problem=True)
        self._look_now.set()

    # --- showing ---

    def _ask(self, question: str, text: str) -> None:
        line, label = shown(question), self._parts["question"]
        label.styles.width = min(cell_len(line), max(8, self.size.width * 2 // 3))
        label.show([((line, "bold"),)])
        self._question_row.display = True
        self._input.disabled = False
        self._input.value = text
        self._input.cursor_position = len(text)
        self._input.focus()
        self.paint()

    def _close_question(self) -> None:
        self._asking = self._asked_of = None
        self._confirming = False
        self._input.disabled = True
        self._input.value = ""
        self._question_row.display = False
        self.tell("")

    def tell(self, text: str, *, keep: bool = False, problem: bool = False) -> None:
        """Show a message for a while, or until the next one."""
        self._message_until = time.monotonic() + _TOLD_FOR if text and not keep else 0.0
        rows = wrapped(shown(text), max(1, self.size.width), _MESSAGE_LINES) if text else []
        widget = self._parts["message"]
        widget.display = bool(rows)
        widget.styles.height = max(1, len(rows))
        widget.show([((row, "bold red" if problem else "bold"),) for row in rows])
        self.call_after_refresh(self.paint)

    def _turn_page(self, *, shown: bool) -> None:
        for name in ("titles", "panes", "screen", "log"):
            self._parts[name].display = not shown
        self._parts["page"].display = shown
        self._parts["page"].show(picture.help_page(self.size.width))
        self.call_after_refresh(self.paint)

    def paint(self) -> None:
        """Bring every part up to date."""
        if self._panels.width:
            self._panels.paint(asking=not self._input.disabled)
