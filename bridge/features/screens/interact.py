"""A person's terminal joined to a pane: what is typed goes there, what it prints is shown."""

from __future__ import annotations

import os
import select
import signal
import time

from bridge.context import Context
from bridge.core.relay import Keyboard, Picture, Relay
from bridge.errors import BridgeError
from bridge.features.output import logfiles, panelog
from bridge.features.output.bytelog import ByteLog
from bridge.features.screens.fit import Fitting
from bridge.model import Pane
from bridge.system import ids, process
from bridge.system.inotify import Bell
from bridge.system.terminal import Terminal
from bridge.tmux import versions
from bridge.tmux.client import refused

DETACHED, ENDED = "detached", "ended"

_CHUNK = 1 << 16
_BACKLOG = 1 << 22  # a terminal that is further behind is shown the screen as it is now
_LOOK_EVERY = 1.0
_PRIVATE_LOOK_EVERY = 0.01
_SETTLED = 0.01
_LOOKS = 5
_HUNG_UP = 128 + signal.SIGHUP


def interact(ctx: Context, pane: Pane) -> str:
    """Join the caller's terminal and the pane until the person leaves (`detached`) or the pane ends (`ended`).

    The window has the terminal's size meanwhile. The terminal's settings, the window's size and the
    log are given back however it ends; SystemExit says that a signal ended it. Raises ERR_NO_TERMINAL,
    ERR_STATE, ERR_BUSY where another terminal has the window, ERR_PANE_GONE where the pane has gone before.
    """
    logfiles.base(ctx, pane.id, pane.pid)  # nobody is let in where no log can be kept
    terminal = Terminal()
    signals = _Signals()
    try:
        fitting = Fitting(ctx, pane)
        try:
            fitting.fit(*terminal.size())
            log = ByteLog(ctx, pane)
            try:
                return _Interaction(ctx, pane, terminal, signals, fitting, log).run()
            finally:
                log.close()
        finally:
            fitting.give_back()
    finally:
        signals.close()
        terminal.close()


class _Signals:
    """Signals become an exception, or a word for the loop and a byte that wakes it.

    Where Python drops the exception (in a callback of the collector or of an import) it comes at the next `check`.
    """

    def __init__(self) -> None:
        self.resized = self.continued = False
        self._number = 0
        self.descriptor, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before = {
            signal.SIGTERM: signal.signal(signal.SIGTERM, self._leave),
            signal.SIGHUP: signal.signal(signal.SIGHUP, self._leave),
            signal.SIGINT: signal.signal(signal.SIGINT, self._leave),
            signal.SIGWINCH: signal.signal(signal.SIGWINCH, self._note),
            signal.SIGCONT: signal.signal(signal.SIGCONT, self._note),
            # A stop would leave the terminal raw; Ctrl-Z is for the pane.
            signal.SIGTSTP: signal.signal(signal.SIGTSTP, self._note),
        }
        self._fd_before = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)

    def hold(self) -> None:
        """From here on nothing stands in the way of giving everything back."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._note)

    def check(self) -> None:
        """Leave where a signal has said so."""
        if self._number:
            raise SystemExit(128 + self._number)

    def clear(self) -> None:
        """Forget what has woken us."""
        try:
            os.read(self.descriptor, 512)
        except BlockingIOError:
            pass

    def close(self) -> None:
        """As before."""
        signal.set_wakeup_fd(self._fd_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self.descriptor)
        os.close(self._wake)

    def _leave(self, number: int, _: object) -> None:
        self._number = number
        self.hold()
        self.check()

    def _note(self, number: int, _: object) -> None:
        self.resized = self.resized or number == signal.SIGWINCH
        self.continued = self.continued or number == signal.SIGCONT


class _Interaction:
    """One terminal, one pane."""

    def __init__(
        self, ctx: Context, pane: Pane, terminal: Terminal, signals: _Signals, fitting: Fitting, log: ByteLog
    ) -> None:
        self._ctx = ctx
        self._pane = pane
        self._terminal = terminal
        self._signals = signals
        self._fitting = fitting
        self._log = log
        self._relay = Relay()
        self._keyboard = Keyboard()
        self._offset = log.start
        self._bell = Bell(log.path)
        self._pane_end = process.watch_end(pane.pid)

    def run(self) -> str:
        """Until the person leaves or the pane ends."""
        try:
            self._terminal.make_raw()
            try:
                self._terminal.write(b"\x1b[999;1H" + b"\n" * self._terminal.size()[1])  # what is there scrolls away
                self._paint()
                return self._loop()
            finally:
                self._signals.hold()
                self._terminal.write(self._relay.undo())
        except OSError:
            raise SystemExit(_HUNG_UP) from None
        finally:
            self._terminal.restore()
            self._bell.close()
            if self._pane_end >= 0:
                os.close(self._pane_end)

    def _loop(self) -> str:
        looked = time.monotonic()
        while True:
            self._signals.clear()
            self._signals.check()
            self._bell.clear()
            if self._signals.resized or self._signals.continued:
                self._renew()
            more = self._show()
            if self._type():
                return DETACHED
            if not more and time.monotonic() - looked > _LOOK_EVERY:
                looked = time.monotonic()
                if self._log.has_stopped() and not self._log.pane_ended():
                    return self._after_log()
            if not more and self._log.pane_ended():
                self._log.await_writer()
                while self._show():
                    pass
                return ENDED
            if not more:
                self._sleep()

    def _after_log(self) -> str:
        """Nothing more will be heard: the pane was closed though its process lives on, else ERR_STATE."""
        try:
            self._paint()
        except BridgeError:
            return ENDED
        raise panelog.stopped(self._pane.address)

    def _show(self) -> bool:
        """Show what was printed; whether there was anything."""
        lost, data = self._log.fetch(self._offset, _CHUNK)
        if lost or self._log.size() - self._offset > _BACKLOG:
            try:
                self._paint()
            except BridgeError:  # the pane has just ended
                self._offset += lost
            return True
        self._offset += len(data)
        self._terminal.write(self._relay.feed(data))
        return bool(data)

    def _type(self) -> bool:
        """Pass on what was typed, if anything was; whether the person leaves."""
        poller = select.poll()
        poller.register(self._terminal.descriptor, select.POLLIN)
        if not poller.poll(0):
            return False
        typed = self._terminal.read()
        if not typed:
            raise SystemExit(_HUNG_UP)
        data = self._keyboard.feed(typed, alternate=self._relay.alternate)
        if data:
            self._give(data)
        return self._keyboard.left

    def _give(self, data: bytes) -> None:
        # A paste reaches this pane alone, as bytes, whatever mode of tmux it is in.
        name = f"bridge-{ids.nonce()}"
        pasted = versions.paste(self._pane.tmux, self._pane.id, name, "-d")
        answer = self._ctx.tmux.run(("load-buffer", "-b", name, "-"), pasted, text=data)
        if answer.status and not answer.no_server:
            self._ctx.tmux.run(("delete-buffer", "-b", name))

    def _renew(self) -> None:
        """The terminal has another size, or somebody else has used it."""
        if self._signals.continued:
            self._terminal.make_raw()
        self._signals.resized = self._signals.continued = False
        try:
            self._fitting.fit(*self._terminal.size())
            self._paint()
        except BridgeError:
            return  # the pane has just ended, or another terminal has the window: then it stays as it is

    def _paint(self) -> None:
        """Show the screen as it is, and go on behind what it holds.

        What is on its way from tmux to the log is waited for, unless there is always something.
        """
        for _ in range(_LOOKS):
            offset = self._end()
            picture = self._capture()
            time.sleep(_SETTLED)
            if self._end() == offset:
                break
        self._terminal.write(picture.paint(shown=self._relay.alternate))
        self._relay = Relay()
        self._relay.alternate = picture.alternate
        self._offset = offset

    def _end(self) -> int:
        size = self._log.size()
        return size + len(self._log.fetch(size)[1]) if self._log.private else size

    def _capture(self) -> Picture:
        place, nonce = ("-t", self._pane.id), ids.nonce()
        marker = ("display-message", "-p", nonce)
        screen = ("capture-pane", "-p", "-e", "-N", *place)
        facts = ("display-message", "-p", *place, Picture.FORMAT)
        answer = self._ctx.tmux.run(facts, marker, screen, marker, (*screen, "-a", "-q"))
        if answer.status:
            raise refused(answer, self._pane.address)
        values, rows, behind = answer.output.split(f"{nonce}\n".encode())
        return Picture(values, rows.split(b"\n"), behind.split(b"\n"))

    def _sleep(self) -> None:
        poller = select.poll()
        for descriptor in (self._terminal.descriptor, self._signals.descriptor, self._bell.descriptor, self._pane_end):
            if descriptor >= 0:
                poller.register(descriptor, select.POLLIN)
        blind = self._log.private or self._bell.descriptor < 0
        if not self._signals.resized and self._log.size() == self._offset:
            poller.poll((_PRIVATE_LOOK_EVERY if blind else _LOOK_EVERY) * 1000)
