"""What the full-screen view says of a pane: signs and words for its state, figures, small curves."""

from __future__ import annotations

RUNNING, IDLE, FAILED, INPUT, DEAD, UNKNOWN = "running", "idle", "failed", "input", "dead", "unknown"
# A state is told by sign as well as by colour.
SIGNS = {RUNNING: ">", IDLE: ".", FAILED: "!", INPUT: "?", DEAD: "x", UNKNOWN: "~"}
LEVELS = "▁▂▃▄▅▆▇█"
PLAIN_LEVELS = "_.:-=+*#"
_CPU_FULL = 100.0


class Seen:
    """A pane as it was at one look.

    `age` are the seconds that its state has lasted, None where nothing tells; at least so long unless it is
    `exact`. `code` is the exit code of what ended last, `signal` what ended it, None where that is not known.
    `cpu` is None until there was an earlier look. `key` tells the pane's process from every other. `command` is the
    command line of what the state is of, `directory` where that is, `line` the last line of output; empty where they
    were not asked for.
    """

    __slots__ = (
        *("address", "age", "code", "command", "cpu", "directory", "exact", "id", "index", "key", "label", "line"),
        *("memory", "pid", "processes"),
        *("program", "session", "session_id", "session_panes", "signal", "state", "tty", "window_id"),
    )

    def __init__(
        self, *, session: str, session_id: str, window_id: str, id: str, index: int, address: str, label: str | None
    ) -> None:
        self.session = session
        self.session_id = session_id
        self.session_panes = 1
        self.window_id = window_id
        self.id = id
        self.index = index
        self.address = address
        self.label = label
        self.pid = 0
        self.tty = ""
        self.key = ""
        self.state = UNKNOWN
        self.program = ""
        self.age: float | None = None
        self.exact = False
        self.code: int | None = None
        self.signal: str | None = None
        self.cpu: float | None = None
        self.memory: float | None = None
        self.processes = 0
        self.command = self.directory = self.line = ""

    @property
    def place(self) -> str:
        """Session and address, as a person writes them."""
        return f"{self.session}:{self.address}"

    @property
    def target(self) -> str:
        """What means this very pane to tmux, in this session."""
        return f"{self.session_id}:{self.window_id}.{self.id}"


def state_words(pane: Seen) -> str:
    """What goes on in the pane and since when, in few words."""
    since = "" if pane.age is None else " " + duration(pane.age) + ("" if pane.exact else "+")
    if pane.state == RUNNING:
        return f"{pane.program or 'running'}{since}"
    if pane.state == INPUT:
        return f"input: {pane.program}{since}"
    if pane.state == FAILED:
        return f"exit {pane.code}, idle{since}"
    if pane.state == IDLE:
        return f"idle{since}"
    if pane.state == DEAD:
        how = f"dead, signal {pane.signal}" if pane.signal else f"dead, exit {'?' if pane.code is None else pane.code}"
        return how + since
    return "unknown"


def matches(pane: Seen, text: str) -> bool:
    """Whether the filter's text is in the pane's name, label, program, state or id, whatever its case."""
    fields = (pane.place, pane.label or "", pane.program, pane.state, state_words(pane), pane.id)
    return not text or any(text.casefold() in field.casefold() for field in fields)


def duration(seconds: float) -> str:
    """A time in at most four characters: 8s, 12m, 3h, 40d."""
    whole = max(0, int(seconds))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if whole >= size:
            return f"{min(whole // size, 999)}{unit}"
    return f"{whole}s"


def cpu_figure(value: float | None) -> str:
    """A share of the CPU in at most five characters; 100 is one core."""
    return "-" if value is None else f"{value:.1f}" if value < 999.95 else f"{value:.0f}"


def memory_figure(megabytes: float | None) -> str:
    """An amount of memory in at most five characters."""
    if megabytes is None:
        return "-"
    for size, unit in ((1024 * 1024, "T"), (1024, "G")):
        if megabytes >= size:
            return f"{megabytes / size:.1f}{unit}"
    return f"{megabytes:.0f}M" if megabytes >= 9.95 else f"{megabytes:.1f}M"


def curve(values: list[float], width: int, full: float = 0.0, levels: str = LEVELS) -> str:
    """The newest values as a curve of so many characters; `full` is the least value for the whole height."""
    shown = values[-width:] if width > 0 else []
    top = max((full, *shown)) or 1.0
    marks = (levels[min(len(levels) - 1, int(value / top * len(levels)))] for value in shown)
    return "".join(marks).rjust(width)


def cpu_curve(values: list[float], width: int, levels: str = LEVELS) -> str:
    """Shares of the CPU as a curve; a whole core is the whole height, or what is more than that."""
    return curve(values, width, _CPU_FULL, levels)


def shown(text: str) -> str:
    """Text of programs and people on one line: what a terminal would act on, or nobody would see, is a mark."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)


def last_line(screen: str, prompt_at: int) -> str:
    """The last line of a screen that is not blank, before the row where a shell prompts; -1 where none does."""
    rows = screen.split("\n")
    rows = rows[:prompt_at] if prompt_at >= 0 else rows
    return next((row.strip() for row in reversed(rows) if row.strip()), "")


class Widths:
    """How wide the columns are; 0 leaves one out. The first two characters are the state's sign.

    What a pane runs, its last line and its directory come in this order where there is room.
    """

    __slots__ = (*("command", "cpu_curve", "directory", "label", "line", "memory", "memory_curve", "place", "state"),)

    def __init__(self, width: int) -> None:
        self.place, self.label, self.state, self.cpu_curve, self.memory, self.memory_curve = 14, 12, 20, 8, 6, 6
        self.command = self.line = self.directory = 0
        spare = width - 79
        if spare >= 0:
            self._widen(spare)
            return
        for name in ("memory_curve", "cpu_curve", "memory"):
            if spare < 0:
                spare += getattr(self, name) + 1
                setattr(self, name, 0)
        for name, least in (("label", 4), ("state", 8), ("place", 6)):
            cut = min(max(0, -spare), getattr(self, name) - least)
            setattr(self, name, getattr(self, name) - cut)
            spare += cut

    def _widen(self, spare: int) -> None:
        """Share out what is left of the width: a further column for each that finds room, then more for all."""
        last = "label"
        for name, least in (("command", 16), ("line", 22), ("directory", 14)):
            if spare <= least:
                break
            setattr(self, name, least)
            spare -= least + 1
            last = "line" if self.line else name
        rest = spare
        for name, part, most in (
            *(("command", 4, 40), ("directory", 6, 24), ("label", 8, 16), ("place", 10, 16), ("state", 10, 16)),
            *(("cpu_curve", 16, 24), ("memory_curve", 20, 18)),
        ):
            if getattr(self, name):
                more = min(spare // part, most)
                setattr(self, name, getattr(self, name) + more)
                rest -= more
        setattr(self, last, getattr(self, last) + rest)
