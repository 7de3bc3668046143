"""Begins the view on the caller's terminal and gives the terminal back."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from bridge.core.topview import LEVELS, PLAIN_LEVELS
from bridge.errors import BridgeError, usage
from bridge.spec import Result
from bridge.system.threads import await_rest
from bridge.tmux.connection import ConnectedTmux

if TYPE_CHECKING:
    from bridge.context import Context

_SHORTEST, _LONGEST = 0.1, 60.0
_ENDS_WITHIN = 0.5


def run(ctx: Context, params: dict[str, object]) -> Result:
    """Show the view until the person leaves. SystemExit tells that a signal has ended it."""
    interval = params["interval"]
    assert isinstance(interval, float)
    if not _SHORTEST <= interval <= _LONGEST:
        raise usage(
            f"interval: not between {_SHORTEST} and {_LONGEST:g} seconds: {interval:g}", hint="1 is the default"
        )
    colours = _check_terminal(ctx)
    try:
        from bridge.top.app import View  # noqa: PLC0415 - the library may be missing
    except ImportError as problem:
        raise BridgeError(
            "ERR_UNSUPPORTED",
            f"the library of the view cannot be loaded: {problem}",
            hint="use the built file (make install), or pip install '.[top]' in a clone of bridge",
        ) from None
    config = ctx.config
    tmux = ConnectedTmux(ctx.environ, config.tmux, config.tmux_socket, config.tmux_timeout)
    view = View(
        ctx,
        tmux,
        interval=interval,
        search=str(params["filter"] or ""),
        session=str(params["session"] or ""),
        colours=colours,
        levels=LEVELS if "utf" in (sys.stdout.encoding or "").lower() else PLAIN_LEVELS,
        driver=_driver(),
    )
    try:
        status = view.run()
    finally:
        # A call that tmux does not answer is not waited for: the client ends with this process.
        if await_rest(_ENDS_WITHIN):
            tmux.close()
    if view.defect is not None:
        raise view.defect
    if status:
        raise SystemExit(status)
    return Result("View closed", fields={"looks": view.looks})


def _check_terminal(ctx: Context) -> bool:
    """Whether the terminal shows colours and the person wants them; raises ERR_NO_TERMINAL."""
    for descriptor, name in ((0, "input"), (1, "output")):
        if not os.isatty(descriptor):
            raise BridgeError(
                "ERR_NO_TERMINAL",
                f"standard {name} is not a terminal",
                hint="call it from a terminal; bridge pane-list-json and session-metrics need none",
            )
    kind = ctx.environ.get("TERM", "")
    if kind in ("", "dumb", "unknown"):
        raise BridgeError(
            "ERR_NO_TERMINAL",
            f"a terminal of the type {kind!r} has no cursor to place",
            hint="set TERM, or use another",
        )
    return not ctx.environ.get("NO_COLOR") and _colours(kind) >= 8


def _colours(kind: str) -> int:
    """How many colours the terminal has; many where nobody knows it."""
    try:
        import curses  # noqa: PLC0415 - some Pythons lack it

        curses.setupterm(kind, 1)
        return curses.tigetnum("colors")
    except Exception:  # an unknown type raises an error of the module, which may be missing
        return 256


def _driver() -> type[Any]:
    """The library's driver, writing to standard output: its own choice is standard error."""
    from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415 - see run

    class Driver(LinuxDriver):
        """Signals that end the process end the view first, so that the terminal is given back."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            assert sys.__stdout__ is not None
            sys.__stdout__.reconfigure(errors="replace")
            self._file = sys.__stdout__
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                self._loop.add_signal_handler(number, self._app.exit, 128 + number)

    return Driver
