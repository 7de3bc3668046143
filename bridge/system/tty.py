"""A pane's terminal from outside: how it reads, its keys, and what waits in it for a reader (tty_ioctl(4))."""

from __future__ import annotations

import fcntl
import posix
import sys

_LINUX = sys.platform == "linux"
_FIONREAD, _TCGETS = 0x541B, 0x5401
_ICANON = 0x2
_CHARACTERS = 17  # where c_cc begins
_VINTR, _VKILL, _VTIME, _VMIN = _CHARACTERS, _CHARACTERS + 3, _CHARACTERS + 5, _CHARACTERS + 6


class Settings:
    """What a terminal said at one moment.

    `queued` is how many typed bytes nobody has read, `canonical` whether whole lines are read (None where the
    terminal can't be opened), `kill` and `interrupt` its keys, `wakes` the seconds after which a read comes back by
    itself.
    """

    __slots__ = ("canonical", "interrupt", "kill", "queued", "wakes")

    def __init__(self) -> None:
        self.queued = 0
        self.canonical: bool | None = None
        self.kill = self.interrupt = 0
        self.wakes = 0.0


def settings(tty: str) -> Settings:
    """The settings of the terminal, asked of the kernel."""
    if not _LINUX:
        return Settings()
    try:
        descriptor = posix.open(tty, posix.O_RDONLY | posix.O_NOCTTY | posix.O_NONBLOCK | posix.O_CLOEXEC)
    except (OSError, ValueError):
        return Settings()
    try:
        queued = int.from_bytes(fcntl.ioctl(descriptor, _FIONREAD, b"\0" * 4), "little")
        told = fcntl.ioctl(descriptor, _TCGETS, b"\0" * 60)
    except OSError:
        return Settings()
    finally:
        posix.close(descriptor)
    found = Settings()
    found.queued = queued
    found.canonical = bool(int.from_bytes(told[12:16], "little") & _ICANON)
    found.kill, found.interrupt = told[_VKILL], told[_VINTR]
    found.wakes = told[_VTIME] / 10 if not found.canonical and not told[_VMIN] else 0.0
    return found


def is_canonical(tty: str) -> bool | None:
    """Whether the terminal reads whole lines (termios(3) ICANON), None where it can't be opened."""
    return settings(tty).canonical


def editing_keys(tty: str) -> tuple[str, str]:
    """The terminal's own keys that take away a half typed line and that interrupt (termios(3) VKILL, VINTR).

    Empty where there is none, Ctrl-U and Ctrl-C where the system does not say.
    """
    found = settings(tty)
    if found.canonical is None:
        return "\x15", "\x03"
    return chr(found.kill) if found.kill else "", chr(found.interrupt) if found.interrupt else ""


def count_queued(tty: str) -> int:
    """How many typed bytes wait in the terminal for a reader."""
    return settings(tty).queued


def device(tty: str) -> int:
    """The number of the terminal's device as stat(2) tells it, -1 where it is gone."""
    try:
        return posix.stat(tty).st_rdev
    except (OSError, ValueError):
        return -1


def from_stat(number: int) -> int:
    """A terminal's number as stat(2) tells it, from the form of proc(5) tty_nr; -2 for none."""
    if number == 0:
        return -2
    return posix.makedev((number >> 8) & 0xFFF, (number & 0xFF) | ((number >> 12) & 0xFFF00))
