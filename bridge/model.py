"""What tmux holds, as plain values."""

from __future__ import annotations


class Pane:
    """A pane as one `list-panes` row tells it. Ids keep tmux's sigil (`$3`, `@4`, `%5`).

    `tmux` is the version of its server. A `floating` pane lies over the others of its window (since tmux 3.7).
    """

    __slots__ = (
        "active",
        "command",
        "created",
        "cursor_x",
        "dead",
        "floating",
        "height",
        "id",
        "in_mode",
        "index",
        "input_off",
        "label",
        "metadata_text",
        "owner",
        "pid",
        "piped",
        "session",
        "session_id",
        "tmux",
        "tty",
        "typed_text",
        "width",
        "window_active",
        "window_id",
        "window_index",
    )

    session: str
    session_id: str
    created: int
    window_id: str
    window_index: int
    window_active: bool
    id: str
    index: int
    active: bool
    pid: int
    tty: str
    command: str
    width: int
    height: int
    dead: bool
    in_mode: bool
    input_off: bool
    piped: bool
    cursor_x: int
    tmux: str
    floating: bool
    label: str | None
    metadata_text: str
    typed_text: str
    owner: str

    def __init__(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)

    @property
    def address(self) -> str:
        """The index in the session's current window, `window.pane` for other windows."""
        return str(self.index) if self.window_active else f"{self.window_index}.{self.index}"

    @property
    def name(self) -> str:
        """The label, `pane-N` where none was given."""
        return self.label if self.label is not None else f"pane-{self.index}"


class Survey:
    """One look at a session: its panes in tmux's order. `session` is its name."""

    __slots__ = ("panes", "session")

    def __init__(self, panes: list[Pane]) -> None:
        self.session = panes[0].session
        self.panes = panes

    @property
    def session_id(self) -> str:
        """The session's id, `$N`."""
        return self.panes[0].session_id

    @property
    def current(self) -> list[Pane]:
        """The panes of the session's current window."""
        return [pane for pane in self.panes if pane.window_active]


class Facts:
    """What the system knows of a pane's terminal at one moment (see core.promptstate).

    `shell` is the pane's process; `leader` stands for the terminal's foreground group where that is another:
    its leader, or where that has ended one of those that live (system.foreground); `queued` is the number of
    typed bytes that nobody has read; `canonical` is None where the terminal could not be opened.
    """

    __slots__ = ("canonical", "foreground", "leader", "queued", "shell")

    def __init__(
        self,
        shell: Process | None,
        leader: Process | None,
        foreground: int,
        queued: int,
        canonical: bool | None,
    ) -> None:
        self.shell = shell
        self.leader = leader
        self.foreground = foreground
        self.queued = queued
        self.canonical = canonical


class Process:
    """One process: identity (pid and start), place (group, terminal's foreground group) and state.

    `reading` tells whether it sleeps until there is something to read from its terminal: None if the
    system does not say. `interactive` is False for a shell that reads its commands from elsewhere, `terminal`
    the number of its terminal as proc(5) has it.
    """

    __slots__ = (
        *("argv", "foreground", "group", "interactive", "name", "parent", "pid", "reading", "started", "state"),
        "terminal",
    )

    def __init__(
        self,
        pid: int,
        name: str,
        state: str,
        group: int,
        foreground: int,
        started: int,
        argv: tuple[str, ...] = (),
        reading: bool | None = None,
        terminal: int = 0,
        parent: int = 0,
    ) -> None:
        self.pid = pid
        self.name = name
        self.interactive = True
        self.terminal = terminal
        self.parent = parent
        self.state = state
        self.group = group
        self.foreground = foreground
        self.started = started
        self.argv = argv
        self.reading = reading


class Piece(str):
    """The beginning of a line that is too long to be kept; its rest comes with the next line."""

    __slots__ = ()
