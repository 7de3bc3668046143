"""One look at every pane: one question to tmux and one pass over the processes, however many panes there are."""

from __future__ import annotations

import time

from bridge.core import promptstate, usage
from bridge.core.topview import DEAD, FAILED, IDLE, INPUT, RUNNING, UNKNOWN, Seen, last_line
from bridge.store.lastcode import last_prompt
from bridge.system import foreground, ids, process, processes
from bridge.system.memory import Memory
from bridge.tmux import argv, rows
from bridge.tmux.client import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.context import Context
    from bridge.core.usage import Entry
    from bridge.tmux.client import Tmux

_FIELDS = (
    *("session_name", "session_id", "window_id", "window_index", "window_active", "pane_id", "pane_index", "pane_pid"),
    *("pane_tty", "pane_dead", "pane_dead_status", "pane_dead_signal", "pane_dead_time", "pid", argv.LABEL),
    "cursor_y",
)
# The kernel counts the CPU's time in ticks of 10 ms: over less than this a share would be off by over a twentieth.
_SHORTEST = 0.2
_SHARING = 0.003  # seconds of a look for reading again how much memory is shared
_WORKING = 5.0  # percent: who only waits for a key uses less
_LOOK = ("list-panes", "-a", "-F", argv.framed(_FIELDS))


class Glance:
    """What one look has found. `server` is False where no tmux server runs; `screen` is the asked pane's, with SGR."""

    __slots__ = ("panes", "screen", "server")

    def __init__(self, panes: list[Seen], screen: str | None, *, server: bool = True) -> None:
        self.panes = panes
        self.screen = screen
        self.server = server


class Glancer:
    """Looks again and again; what lasts is told by what it has seen before."""

    def __init__(self, ctx: Context, tmux: Tmux) -> None:
        self._paths = ctx.paths
        self._tmux = tmux
        self._before: dict[str, tuple[list[Entry], float | None]] = {}
        self._marks: dict[str, tuple[tuple[str, int], float, bool]] = {}
        self._memory = Memory(_SHARING)
        self.looks = self.screens = 0

    def look(self, chosen: str = "", told: tuple[str, ...] = (), *, lines: bool = False) -> Glance:
        """Every pane, and the screen of the chosen one by its `%id`; of those of `told` what they run, and where.

        With `lines` their last lines too, by the same question to tmux. Raises what a call to tmux may raise.
        """
        self.looks += 1
        nonce = ids.nonce()
        marker = ("display-message", "-p", nonce)
        asked = [chosen] if chosen else []
        more = [_capture(chosen)] if chosen else []
        if lines:
            asked += told
            more += [("capture-pane", "-p", "-t", pane_id) for pane_id in told]
        answer = self._tmux.run(_LOOK, *(command for capture in more for command in (marker, capture)))
        listed, *parts = answer.output.split(f"{nonce}\n".encode())
        if answer.status:
            if not parts and not listed:
                if answer.no_server:
                    return Glance([], None, server=False)
                raise failed(answer)
            parts = parts[:-1]  # of a pane that has gone; tmux does nothing of what comes behind
        texts = [part.decode("utf-8", "replace") for part in parts]
        panes = [(_seen(row), row) for row in rows.unframe(listed, len(_FIELDS))]
        self._measure(panes, set(told))
        screens = dict(zip(asked[1:] if chosen else asked, texts[1:] if chosen else texts, strict=False))
        for pane, row in panes:
            if pane.id in screens:
                prompts = pane.state in (IDLE, FAILED) and row[15].isdigit()
                pane.line = last_line(screens[pane.id], int(row[15]) if prompts else -1)
        return Glance([pane for pane, _ in panes], texts[0] if chosen and texts else None)

    def screen(self, chosen: str) -> str | None:
        """The screen of a pane alone, None where it has gone."""
        self.screens += 1
        answer = self._tmux.run(_capture(chosen))
        return None if answer.status else answer.output.decode("utf-8", "replace")

    def _measure(self, panes: list[tuple[Seen, list[str]]], told: set[str]) -> None:
        """States and figures, by one pass over the processes; of those of `told` what they run, and where."""
        entries = processes.scan()
        roots = {pane.pid: processes.terminal_number(pane.tty) for pane, row in panes if row[9] != "1"}
        members = usage.members(entries, roots)
        self._memory.share_out(members.values())
        sizes: dict[str, int] = {}
        for pane, _ in panes:
            sizes[pane.session_id] = sizes.get(pane.session_id, 0) + 1
        before, self._before = self._before, {}
        marks, self._marks = self._marks, {}
        now = time.monotonic()
        for pane, row in panes:
            pane.session_panes = sizes[pane.session_id]
            found = members.get(pane.pid, [])
            if found and row[9] != "1":
                pane.key = f"{pane.key} {found[0].started}"
                self._before[pane.key] = _use(pane, before.get(pane.key), found)
            if row[9] == "1":
                _end(pane, row)
            else:
                judged = self._judge(pane, entries)
                if pane.id in told:
                    _describe(pane, judged or pane.pid)
                if pane.age is None:
                    self._since(pane, judged, marks, now, first=not before)

    def _judge(self, pane: Seen, entries: dict[int, Entry]) -> int:
        """Find the state; returns the process that decides it."""
        root = entries.get(pane.pid)
        if root is None or root.state in "ZX" or root.foreground == -1:
            return 0
        own = root.foreground in (None, root.group)
        judged, verdict, builtin = root if own else entries.get(root.foreground or 0), promptstate.RUNNING, False
        if judged is None or judged.state in "ZX" or judged.name in promptstate.PROGRAMS or root.foreground is None:
            facts = foreground.look(pane.pid, pane.tty)
            verdict = promptstate.verdict(facts)
            asked = facts.leader or facts.shell
            judged = entries.get(asked.pid, root) if asked is not None else root
            # How long a shell has been at its own work is not how old it is.
            builtin = asked is not None and promptstate.prompts(asked)
        pane.program = judged.name
        if verdict == promptstate.IDLE:
            pane.state = IDLE
            if own:
                self._tell_last(pane)
        elif verdict == promptstate.RUNNING:
            pane.state = INPUT if self._waits(pane, root, entries) else RUNNING
            if not builtin:
                pane.age, pane.exact = judged.age, True
        return judged.pid

    def _waits(self, pane: Seen, root: Entry, entries: dict[int, Entry]) -> bool:
        """Whether what runs waits for a person: a screen that draws itself anew by the clock does not."""
        if pane.cpu is not None and pane.cpu > _WORKING:
            return False
        group = [pid for pid, entry in entries.items() if entry.group == root.foreground and entry.tty == root.tty]
        found = foreground.read(pane.pid, pane.tty, group)
        return bool(found.waits) and found.patience <= foreground.SILENCE

    def _tell_last(self, pane: Seen) -> None:
        """What a shell with our hook says: when it prompted, and how its last command has ended."""
        _, code, commands, prompted = last_prompt(self._paths, pane.id, pane.pid)
        if prompted:
            pane.age, pane.exact = max(0.0, time.time() - prompted), True
        if code > 0 and commands:
            pane.state, pane.code = FAILED, code

    def _since(
        self, pane: Seen, judged: int, marks: dict[str, tuple[tuple[str, int], float, bool]], now: float, *, first: bool
    ) -> None:
        """Where the system does not say since when: since when we have seen it, exact if we have seen the change."""
        if pane.state == UNKNOWN:
            return
        sign = (pane.state, judged)
        known = marks.get(pane.key)
        mark = known if known and known[0] == sign else (sign, now, known is not None and not first)
        self._marks[pane.key] = mark
        pane.age, pane.exact = now - mark[1], mark[2]


def _capture(pane_id: str) -> tuple[str, ...]:
    return ("capture-pane", "-p", "-e", "-t", pane_id)


def _seen(row: list[str]) -> Seen:
    address = row[6] if row[4] == "1" else f"{row[3]}.{row[6]}"
    pane = Seen(
        session=row[0],
        session_id=row[1],
        window_id=row[2],
        id=row[5],
        index=int(row[6]),
        address=address,
        label=rows.decode_label(row[14]),
    )
    pane.pid = int(row[7] or 0)
    pane.tty = row[8]
    pane.key = f"{row[13]} {row[5]} {row[7]}"
    return pane


def _use(
    pane: Seen, before: tuple[list[Entry], float | None] | None, now: list[Entry]
) -> tuple[list[Entry], float | None]:
    """Set the figures; returns the entries that the next look compares with, and the CPU's share so far."""
    pane.processes = len(now)
    base, pane.cpu = before or (None, None)
    told = usage.metrics(base, now, None, 0)
    share, memory = told["cpu_percent"], told["memory_mb"]
    assert isinstance(share, float)
    assert isinstance(memory, float)
    pane.memory = memory
    if base is None:
        return now, None
    if now[0].at - base[0].at < _SHORTEST:
        return base, pane.cpu
    pane.cpu = share
    return now, share


def _describe(pane: Seen, pid: int) -> None:
    """What a process was started with, its program by its name, and where it is; bytes that are no text are visible."""
    first, *others = process.arguments(pid) or ("",)
    words = " ".join((first.rpartition("/")[2] or first, *others)).rstrip()
    pane.command = words.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") or pane.program
    pane.directory = process.working_directory(pid).decode("utf-8", "backslashreplace")


def _end(pane: Seen, row: list[str]) -> None:
    """A pane that was kept after its program's end."""
    pane.state = DEAD
    pane.code = int(row[10]) if row[10].isdigit() else None
    pane.signal = row[11] or None
    if row[12].isdigit() and row[12] != "0":
        pane.age, pane.exact = max(0.0, time.time() - int(row[12])), True
