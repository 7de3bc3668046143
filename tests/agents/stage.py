"""A real program in a pane of a private tmux, with the model server behind it."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agents.programs import PLACE, PROGRAMS, Program
from conftest import Sandbox, sandbox, wait_until
from programs.model_server.server import ModelServer

START = 180.0  # OpenCode takes its time where others want the processor too
_SETTLED = 3
_LOOKS = 0.25


class Stage:
    """A home, a tmux and a model for one program; several panes may run it, one after the other."""

    def __init__(self, program: Program, box: Sandbox, model: ModelServer, *, trusted: bool = True) -> None:
        self.program = program
        self.box = box
        self.model = model
        box.env |= program.settle(box.home, box.work, model.url, trusted=trusted)
        box.env |= {"BRIDGE_SIZE": "120x40"}
        folder = box.directory / "agents"
        folder.mkdir()
        (folder / program.name).symlink_to(program.path)
        for name in (".bash_profile", ".bashrc"):  # a login shell sets the path anew
            with (box.home / name).open("a") as file:
                file.write(f"PATH={folder}:$PATH\n")
        self._sessions = 0
        self.session = ""

    def start(self, wrapper: str = "{command}", size: str = "120x40") -> str:
        """Type the program's command into a new shell, `wrapper` around it, and wait for its composer; the session."""
        self.open(wrapper, size)
        self.await_composer()
        return self.session

    def open(self, wrapper: str = "{command}", size: str = "120x40") -> None:
        """As `start`, without a wait for the composer."""
        self._sessions += 1
        self.session = f"s{self._sessions}"
        self.box.bridge("session-create", self.session, "--size", size).ok()
        self.box.await_prompt(self.session)
        command = shlex.join(self.program.command)
        command = wrapper.format(command=command, quoted=shlex.quote(f"{command}; true"), place=PLACE)
        self.box.bridge("pane-exec", self.session, "0", command).ok()

    def await_composer(self, seconds: float = START) -> None:
        """Wait until the composer stands there and nothing moves for a while."""
        seen: list[str] = []

        def settled() -> bool:
            time.sleep(_LOOKS)
            screen = self.screen()
            seen.append(screen if re.search(self.program.composer, screen, re.MULTILINE) else "")
            return bool(seen[-1]) and len(seen) >= _SETTLED and len(set(seen[-_SETTLED:])) == 1

        try:
            wait_until(settled, f"the composer of {self.program.name}", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.screen()}") from None

    def screen(self) -> str:
        """What the pane shows."""
        return self.box.screen(f"{self.session}:")

    def send(self, text: str):
        """Give the program the text by bridge, with Enter; the finished call."""
        data = text.encode()
        return self.box.bridge("pane-send-stdin", self.session, "0", "-", "--enter", text=data, timeout=60)

    def press(self, *keys: str) -> None:
        """Keys as a person presses them."""
        self.box.tmux("send-keys", "-t", f"{self.session}:", *keys)

    def await_idle(self, seconds: float = 30.0) -> None:
        """Wait until the model answers nothing, and the program has had a moment to show that."""
        wait_until(lambda: not self.model.journal.busy(), "the end of the answers", seconds)
        time.sleep(0.4)

    def end(self) -> None:
        """End the pane with all that runs in it."""
        self.box.tmux("kill-session", "-t", f"={self.session}", check=False)


@contextmanager
def stage(name: str, built: Path, *, trusted: bool = True, raw: Path | None = None) -> Iterator[Stage]:
    """A stage for the program of this name; everything is ended afterwards."""
    with sandbox(built) as box, ModelServer(log=box.directory / "journal", raw=raw) as model:
        try:
            yield Stage(PROGRAMS[name], box, model, trusted=trusted)
        finally:
            _end_left(box)


def _end_left(box: Sandbox) -> None:
    """End what a program has left in the background (Codex has a daemon): each process whose home is this one."""
    mark = f"HOME={box.home}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0") and int(entry.name) != os.getpid():
                os.kill(int(entry.name), signal.SIGKILL)
