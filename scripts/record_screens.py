"""Drive the real agents through their states and record each screen, with what a screen alone lacks.

python scripts/record_screens.py FOLDER [PROGRAM…] [--sizes 120x40,60x30]

FOLDER/PROGRAM/STEP-SIZE.txt are screens with their colours. FOLDER/index.tsv has for each: file, agent, state, also
(states that a reader may say too, `-` none), title, alternate, cursor (column,row), command (of the foreground),
progress (the last that the program told the terminal by OSC 9;4, `-` none) and asked (1 while the model was being
asked: the truth). The state is what the step has made of the program by what its model was told, not what its screen
looks like.
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from agents.programs import PROGRAMS  # noqa: E402
from agents.stage import Stage, stage  # noqa: E402

HEAD = ["file", "agent", "state", "also", "title", "alternate", "cursor", "command", "progress", "asked"]
ASKS = re.compile(r"trust|API key|Do you want", re.IGNORECASE)
PROGRESS = re.compile(rb"\x1b\]9;4;([\d;]*)(?:\x07|\x1b\\)")
FACTS = "#{pane_title}\t#{alternate_on}\t#{cursor_x},#{cursor_y}\t#{pane_current_command}"
SETTLES = 1.5
TURN = 40.0


@dataclass(frozen=True)
class Step:
    """A message, what is done once the model has it, and the state that it makes."""

    name: str
    state: str
    text: str = ""
    until: str = "ended"
    also: str = "-"
    then: str = ""
    tools: bool = False


STEPS = (
    Step("fresh", "idle"),
    Step("draft", "idle", then="half a line that a person"),
    Step("answered", "idle", "model:answer='Here is the answer.'"),
    Step("streaming", "working", "model:stream=6", "began"),
    Step("silent", "working", "model:think=6", "began"),
    Step("reasoning", "working", "model:reason=6", "began"),
    Step("long-answer", "idle", "model:lines=120"),
    Step("prose-prompt", "idle", "model:prose=prompt"),
    Step("prose-menu", "idle", "model:prose=menu"),
    Step("prose-working", "idle", "model:prose=working"),
    Step("ask-shell", "approval", 'model:shell="touch made.txt"', "ended", then="Escape", tools=True),
    Step("declined", "idle", also="error", tools=True),
    Step("ask-write", "approval", "model:write=../notes.txt", "ended", then="Escape", tools=True),
    Step(
        "question",
        "question",
        'model:ask="Which colour is right?"',
        "ended",
        "approval,idle",
        then="Escape",
        tools=True,
    ),
    Step("tool-running", "working", 'model:shell="sleep 8"', "ended", then="Enter", tools=True),
    Step("error", "working", "model:status=500", "ended", "error,idle", then="Escape"),
    Step("given-up", "idle", also="error"),
    Step("limit", "rate-limited", "model:limit", "ended", "error,idle,working,question", then="Escape"),
)


class Recorder:
    """Writes screens of one program into a folder, and remembers their rows."""

    def __init__(self, folder: Path, made: Stage, size: str) -> None:
        self.folder, self.stage, self.size = folder, made, size
        self.rows: list[list[str]] = []
        self.bytes = made.box.directory / "bytes"

    def watch(self) -> None:
        """Keep what the pane's program writes from now on."""
        self.stage.box.tmux("pipe-pane", "-t", f"{self.stage.session}:", f"cat >> {self.bytes}")

    def take(self, name: str, state: str, also: str = "-") -> None:
        """Record the present screen."""
        box, target, program = self.stage.box, f"{self.stage.session}:", self.stage.program.name
        facts = box.tmux("display-message", "-p", "-t", target, FACTS).rstrip("\n")
        facts = facts.replace(socket.gethostname(), "host")
        screen = box.tmux("capture-pane", "-e", "-p", "-t", target)
        asked = str(int(self.stage.model.journal.busy()))
        told = PROGRESS.findall(self.bytes.read_bytes()) if self.bytes.exists() else []
        file = f"{program}/{name}-{self.size}.txt"
        (self.folder / program).mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_text(screen)
        progress = told[-1].decode() if told else "-"
        self.rows.append([file, program, state, also, *facts.split("\t"), progress, asked])
        print(f"{file}: {state}", flush=True)

    def stands(self) -> bool:
        """Whether the model has called a tool last and was told nothing since."""
        journal = self.stage.model.journal
        last = max(row["id"] for row in journal.rows("received") if not row["aux"])
        return any(row["id"] == last and row["how"] == "tool" for row in journal.rows("ended"))

    def step(self, step: Step) -> None:
        """Do a step, record it, and have the program free again."""
        journal, made = self.stage.model.journal, self.stage
        before = len(journal.rows(step.until))
        if step.text:
            made.send(step.text)
            wait(lambda: len(journal.rows(step.until)) > before, TURN)
        elif step.then:
            made.press("-l", step.then)
        time.sleep(SETTLES)
        if step.then == "Enter":
            made.press("Enter")
            time.sleep(SETTLES)
        if step.state in ("approval", "question") and not self.stands():
            print(f"{made.program.name} did not ask: {step.name} is not recorded", file=sys.stderr)
            return
        self.take(step.name, step.state, step.also)
        if step.then == "Escape":
            made.press("Escape")
        elif step.then and not step.text:
            made.press("-N", str(len(step.then)), "BSpace")
        if step.then == "Enter":
            wait(lambda: len(journal.rows(step.until)) > before + 1, TURN)  # the tool's result is told the model
        wait(lambda: not journal.busy(), TURN)
        time.sleep(SETTLES)
        if step.name in ("error", "limit", "given-up"):
            made.press("Escape")
            time.sleep(SETTLES)
            made.press("-N", "60", "BSpace")  # some put what has failed back into the box
            time.sleep(SETTLES)


def wait(condition: Callable[[], object], seconds: float) -> bool:
    """Whether it came true in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def record(name: str, folder: Path, size: str) -> list[list[str]]:
    """All states of one program at one size."""
    built = ROOT / "dist" / "bridge.pyz"
    rows: list[list[str]] = []
    with stage(name, built, trusted=False) as made:
        recorder = Recorder(folder, made, size)
        made.open(size=size)
        wait(lambda: ASKS.search(made.screen()), TURN)
        time.sleep(SETTLES)
        if ASKS.search(made.screen()):
            recorder.take("trust", "approval", "starting,question")
        rows += recorder.rows
    with stage(name, built) as made:
        recorder = Recorder(folder, made, size)
        made.open(size=size)
        recorder.watch()
        time.sleep(0.3)
        recorder.take("boot", "starting", "idle")
        made.await_composer()
        for step in STEPS:
            if name != "aider" or not step.tools:
                recorder.step(step)
        made.send(made.program.leave)
        wait(lambda: made.screen().rstrip().endswith("$"), 10)
        recorder.take("exit", "exited")
        rows += recorder.rows
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("programs", nargs="*", default=list(PROGRAMS))
    parser.add_argument("--sizes", default="120x40,60x30")
    given = parser.parse_args()
    rows: list[list[str]] = []
    failed = 0
    for name in given.programs:
        if not PROGRAMS[name].path.exists():
            print(f"{name} is not installed, so not recorded", file=sys.stderr)
            continue
        for size in given.sizes.split(","):
            try:
                rows += record(name, given.folder, size)
            except AssertionError as error:
                failed = 1
                print(f"{name} at {size}: {error}", file=sys.stderr)
    given.folder.mkdir(parents=True, exist_ok=True)
    table = "".join("\t".join(row) + "\n" for row in [HEAD, *rows])
    (given.folder / "index.tsv").write_text(table)
    return failed


if __name__ == "__main__":
    sys.exit(main())
