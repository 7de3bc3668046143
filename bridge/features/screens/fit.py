"""A pane made as large as a terminal, for a while, and its window given back as it was.

What the window was stands in options of its own while we hold it, so that the next call can give back
what a killed one could not.
"""

from __future__ import annotations

import os

from bridge import errors
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.model import Pane
from bridge.system import process
from bridge.tmux import argv
from bridge.tmux.client import failed, refused

_LAYOUT = f"{argv.INTERACT}_layout"
_LOOK = (
    "#{window_id} #{window_width} #{window_height} #{pane_width} #{pane_height} #{window_panes} "
    "#{window_zoomed_flag} #{pane_active} #{P:#{?pane_active,#{pane_id},}} #{window_layout} "
    f"#{{?{argv.INTERACT},#{{{argv.INTERACT}}},-}}"
)


class _Window:
    """The window of a pane at one moment."""

    __slots__ = ("active", "height", "holder", "id", "layout", "pane_height", "pane_width", "shared", "width", "zoomed")

    def __init__(self, text: str) -> None:
        words = text.split()
        self.id = words[0]
        self.width, self.height, self.pane_width, self.pane_height, panes = map(int, words[1:6])
        self.active = words[8]
        # Of a zoomed window only the active pane is seen.
        self.zoomed = words[6] == "1"
        self.shared = panes > 1 and not (self.zoomed and words[7] == "1")
        self.layout, self.holder = words[9], words[10]


class Fitting:
    """Fits the pane's window to a terminal; nothing is changed before it has to be."""

    def __init__(self, ctx: Context, pane: Pane) -> None:
        self._ctx = ctx
        self._pane = pane
        self._held: tuple[str, str] | None = None
        for window, holder in _holders(ctx):
            if not _lives(holder):
                _give_back(ctx, window, holder)

    def fit(self, columns: int, rows: int) -> None:
        """Make the pane so large. Raises ERR_BUSY where another call has the window, ERR_PANE_GONE."""
        window = self._look()
        if not (columns and rows) or (window.pane_width, window.pane_height) == (columns, rows):
            return
        if self._held is None:
            self._hold(window)
        if self._held is None or self._held[0] != window.id:
            return
        width, height = window.width + columns - window.pane_width, window.height + rows - window.pane_height
        commands: list[tuple[str, ...]] = [("resize-window", "-t", window.id, "-x", str(width), "-y", str(height))]
        if window.shared:
            commands.append(("resize-pane", "-t", self._pane.id, "-x", str(columns), "-y", str(rows)))
        self._ctx.tmux.run(*commands)

    def give_back(self) -> None:
        """Give the window back as it was, if it is there and still fitted by us."""
        if self._held is not None:
            _give_back(self._ctx, *self._held)
            self._held = None

    def _look(self) -> _Window:
        answer = self._ctx.tmux.run(("display-message", "-p", "-t", self._pane.id, _LOOK))
        if answer.status or len(answer.output.split()) != 11:
            raise refused(answer, self._pane.address) if answer.status else errors.pane_gone(self._pane.address)
        return _Window(answer.output.decode("utf-8", "replace"))

    def _hold(self, window: _Window) -> None:
        """Take the window, unless somebody has it."""
        local = self._ctx.tmux.run(("show-options", "-w", "-q", "-v", "-t", window.id, "window-size"))
        size = f"{window.width}x{window.height}"
        zoomed = window.active if window.zoomed and window.shared else "-"
        holder = f"{_self()}/{size}/{local.output.decode().strip() or '-'}/{zoomed}"
        answer = self._ctx.tmux.run(
            argv.only_if(
                self._pane.id,
                f"#{{==:#{{{argv.INTERACT}}},}}",
                ("set-option", "-w", "-t", window.id, _LAYOUT, window.layout if window.shared else "-"),
                ("set-option", "-w", "-t", window.id, argv.INTERACT, holder),
            )
        )
        if answer.status:
            raise failed(answer)
        if answer.output.startswith(b"REFUSED\n"):
            pid = window.holder.partition(".")[0]
            raise BridgeError(
                "ERR_BUSY",
                f"the window of pane {self._pane.address} has the size of another terminal (process {pid})",
                hint="end that pane-interact, or make your terminal as large as the pane",
                pane_id=self._pane.address,
            )
        self._held = (window.id, holder)


def _holders(ctx: Context) -> list[tuple[str, str]]:
    marker = f"#{{{argv.INTERACT}}}"
    answer = ctx.tmux.run(("list-windows", "-a", "-F", f"#{{window_id}} {marker}", "-f", marker))
    rows = (row.split(" ") for row in answer.output.decode("utf-8", "replace").splitlines())
    return [(row[0], row[1]) for row in rows if len(row) == 2]


def _self() -> str:
    own = process.read_process(os.getpid())
    return f"{os.getpid()}.{own.started if own else 0}"


def _lives(holder: str) -> bool:
    pid, _, started = holder.partition("/")[0].partition(".")
    found = process.read_process(int(pid)) if pid.isdigit() else None
    return found is not None and str(found.started) == started


def _give_back(ctx: Context, window: str, holder: str) -> None:
    parts = holder.split("/")
    width, _, height = parts[1].partition("x") if len(parts) == 4 else ("", "", "")
    ours = f"#{{==:#{{{argv.INTERACT}}},{holder}}}"
    place = ("-w", "-t", window)
    try:
        layout = ctx.tmux.run(("show-options", "-q", "-v", *place, _LAYOUT)).output.decode().strip()
        if width.isdigit() and height.isdigit():
            ctx.tmux.run(
                argv.only_if(
                    window,
                    ours,
                    ("resize-window", "-t", window, "-x", width, "-y", height),
                    *(
                        (("select-layout", "-t", window, layout),)
                        if layout not in ("", "-") and "<" not in layout
                        else ()
                    ),
                )
            )
            # With clients, tmux sizes the window for them from here on.
            local = ("window-size",) if parts[2] == "-" else ("window-size", parts[2])
            ctx.tmux.run(
                argv.only_if(window, ours, ("set-option", *(("-u",) if len(local) == 1 else ()), *place, *local))
            )
            if parts[3] != "-":
                zoom = ("resize-pane", "-Z", "-t", parts[3])
                ctx.tmux.run(argv.only_if(window, f"#{{&&:{ours},#{{==:#{{window_zoomed_flag}},0}}}}", zoom))
        forget = (("set-option", "-u", *place, _LAYOUT), ("set-option", "-u", *place, argv.INTERACT))
        ctx.tmux.run(argv.only_if(window, ours, *forget))
    except BridgeError:
        return  # the server has ended, and the window with it
