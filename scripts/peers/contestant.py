"""What the comparison asks of each tool: run, type, look, wait, interrupt, stop; and what an answer holds."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field


class NoWayError(Exception):
    """The tool has no way to do this; the text says what an agent has to do instead, or nothing."""


@dataclass
class Pane:
    """A pane of the tool's own tmux server, in the spellings that the tools want."""

    session: str
    id: str

    @property
    def place(self) -> str:
        return f"{self.session}:0.0"


@dataclass
class Ran:
    """How a tool says that a command went. `admitted` means: the tool itself says that it does not know."""

    output: str
    code: int | None
    admitted: bool = False
    said: dict[str, object] = field(default_factory=dict)


class Contestant:
    """One tool. Every call adds to `calls` and `read`, the bytes that a caller is given to read."""

    name = ""
    distribution = ""  # what it is called in the index of packages; empty for bridge
    socket = "default"
    kind = ""  # how it is called, for the document
    limit = 8.0  # seconds that it is told to wait for a hard command
    shows_the_screen = False  # its output of a command is the visible screen, prompts and all
    shells_of_its_own = False  # runs each command in a subshell, on purpose

    def __init__(self) -> None:
        self.calls = self.read = 0

    def open(self, env: dict[str, str], directory: str) -> None:
        """Make ready to be called on the server that the environment leads to."""
        self.env, self.directory = env, directory

    def close(self) -> None:
        """End what `open` has started."""

    def tools(self) -> tuple[int, int] | None:
        """How many tools a model is told of, and in how many bytes; None where there are none."""
        return None

    def run(self, pane: Pane, command: str, timeout: float, last: int = 0) -> Ran:
        """Run a command in the pane's shell; `last` says that so many lines of the end are enough."""
        raise NotImplementedError

    def send(self, pane: Pane, text: str) -> None:
        """Type a text and press Enter."""
        raise NotImplementedError

    def look(self, pane: Pane) -> str:
        """The lines of the screen, the empty ones at its end left out."""
        raise NotImplementedError

    def wait(self, pane: Pane, pattern: str, timeout: float) -> str:
        """The line that matches, printed after the call or shortly before it; empty where the time was over.

        A tool that cannot wait for a text is used as an agent would: a look twice a second.
        """
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if found := re.search(pattern, self.look(pane), re.MULTILINE):
                return found[0]
            time.sleep(0.5)
        return ""

    def send_and_wait(self, pane: Pane, text: str, pattern: str, timeout: float) -> str:
        """Type a text, then wait for a line of what it leads to."""
        self.send(pane, text)
        return self.wait(pane, pattern, timeout)

    def ask(self, pane: Pane, text: str, prompt: str) -> str:
        """Give a line to a REPL or a debugger, and tell what is seen once it has answered."""
        raise NotImplementedError

    def begin(self, pane: Pane, command: str) -> object:
        """Start a command whose end is asked later; a tool without a way types an end mark behind it."""
        self.send(pane, f"{command}; echo ENDED:$?")
        return None

    def end(self, pane: Pane, handle: object, timeout: float) -> tuple[int | None, str]:
        """The exit code of what `begin` started, and what it printed or the screen shows."""
        line = self.wait(pane, r"^ENDED:\d+", timeout)
        return (int(line.split(":")[1]) if line else None), self.look(pane)

    def interrupt(self, pane: Pane) -> None:
        raise NotImplementedError

    def stop(self, pane: Pane) -> str:
        """End what runs, also what ignores Ctrl-C; what the tool says."""
        raise NoWayError("no way but Ctrl-C")

    def is_waiting(self, pane: Pane, command: str) -> bool:
        """Run a command that asks a person something: does the tool say so?"""
        raise NoWayError("no way to tell a program that asks from one that works")


def last_lines(text: str) -> str:
    """The text without blanks at the ends of lines and without empty lines at its end."""
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n")
