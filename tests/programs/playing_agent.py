"""A full-screen program that plays an agent, and does on command what real ones do only now and then.

python playing_agent.py LOG [options]; a message it has taken, and all else that happens, is a line of JSON in LOG with
its time. It has a box between two rules, takes bracketed pastes, shows a long one as `[Pasted text #N +M lines]`, sets
the title and redraws when its size changes. Words in a message say what follows: `work 3` works for three seconds,
`approve` asks to run a command, `crash` ends it with status 3, `exit` ends it well.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import select
import shutil
import signal
import sys
import termios
import time
import tty

ESCAPE = re.compile(rb"\x1b(?:\[[0-9;?]*[~A-Za-z]|O[A-Z])?")
BEGIN, END = b"\x1b[200~", b"\x1b[201~"
MENU = ("Do you want to proceed?", ("Yes", "Yes, and don't ask again", "No (esc)"))
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
LONG = 200
FRAME = 0.2
ALONE = 0.05  # an Escape that nothing follows for so long is a key


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log")
    parser.add_argument("--start", type=float, default=0, metavar="S", help="draws nothing before")
    parser.add_argument(
        "--swallow", type=float, default=0, metavar="S", help="Enter is lost for so long after the start"
    )
    parser.add_argument("--swallow-after-paste", type=float, default=0, metavar="S", help="... and after each paste")
    parser.add_argument("--burst", type=float, default=0, metavar="S", help="Enter so soon after a key is a new line")
    parser.add_argument("--no-brackets", action="store_true", help="does not ask for bracketed pastes")
    parser.add_argument("--late", type=float, default=0, metavar="S", help="reads nothing before, though it has drawn")
    parser.add_argument("--redraw", type=float, default=0, metavar="S", help="shows what was typed so much later")
    parser.add_argument(
        "--menu-after-paste", type=float, metavar="S", help="a menu comes so long after the first paste"
    )
    parser.add_argument(
        "--restart-after", type=float, metavar="S", help="starts itself anew then, what is in the box lost"
    )
    parser.add_argument("--approve-first", action="store_true", help="begins with a menu, as for trust")
    parser.add_argument("--work", type=float, default=0, metavar="S", help="works so long after each message")
    parser.add_argument("--silent", action="store_true", help="shows no mark of work")
    parser.add_argument("--title", default="{mark} Playing agent", help="the title; {mark} is the state's sign")
    parser.add_argument("--progress", action="store_true", help="tells its progress to the terminal while it works")
    parser.add_argument("--main-screen", action="store_true", help="stays off the alternate screen")
    parser.add_argument("--draft", default="", help="text that stands in the box from the start")
    return parser.parse_args()


class Agent:
    """The program: what stands in its box, what it does, and until when."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.log = open(given.log, "a", buffering=1, encoding="utf-8")  # noqa: SIM115
        self.began = time.monotonic()
        self.text = self.shown = given.draft
        self.said: list[str] = []
        self.pastes = 0
        self.pasted_at = self.key_at = 0.0
        self.works_until = 0.0
        self.queue: list[str] = []
        self.menu_at: float | None = None
        self.menu: int | None = 0 if given.approve_first else None
        self.approving = ""
        self.data = b""
        self.read_at = 0.0
        self.changes: list[tuple[float, str]] = [(0.0, self.shown)]
        self.drawn = ""

    def note(self, event: str, **fields: object) -> None:
        row = {"event": event, "at": time.time(), "pid": os.getpid(), **fields}
        self.log.write(json.dumps(row, ensure_ascii=False) + "\n")

    def run(self) -> int:
        given = self.given
        self.note("started", restarted=bool(os.environ.get("PLAYING_RESTARTED")))
        time.sleep(given.start)
        if self.menu is not None:
            self.note("menu", title=MENU[0])
        while True:
            now = time.monotonic()
            if given.restart_after is not None and now - self.began > given.restart_after:
                self.restart()
            self.go_on(now)
            self.draw(now)
            late = now - self.began < given.late
            ready = select.select([] if late else [0], [], [], 0.02 if late or given.redraw else FRAME / 2)[0]
            if ready:
                data = os.read(0, 65536)
                if not data:
                    return 0
                self.data += data
                self.read_at = time.monotonic()
            status = self.take()
            if status is not None:
                return status

    def restart(self) -> None:
        """Start anew in the same process, as programs do that relaunch themselves."""
        self.note("restarts", lost=self.text)
        leave(self.given)
        words = [word for word in sys.argv if not word.startswith("--restart-after")]
        if "--restart-after" in sys.argv:
            at = sys.argv.index("--restart-after")
            words = sys.argv[:at] + sys.argv[at + 2 :]
        os.environ["PLAYING_RESTARTED"] = "1"
        os.execv(sys.executable, [sys.executable, *words])

    def go_on(self, now: float) -> None:
        """What comes by itself: a menu, the end of the work, the next message that waits."""
        if self.menu_at is not None and now >= self.menu_at:
            self.menu_at, self.menu = None, 0
            self.note("menu", title=MENU[0])
        if self.works_until and now >= self.works_until:
            self.works_until = 0.0
            self.said.append("● done")
            self.note("ended")
            if self.queue:
                self.begin(self.queue.pop(0))

    def take(self) -> int | None:
        """Take in the keys that have come; the exit status where one of them ends the program."""
        while self.data:
            if self.data.startswith(BEGIN):
                if END not in self.data:
                    return None
                pasted, _, self.data = self.data[len(BEGIN) :].partition(END)
                self.paste(pasted.decode("utf-8", "replace"))
                continue
            if BEGIN.startswith(self.data) and (self.data != b"\x1b" or time.monotonic() - self.read_at < ALONE):
                return None  # the rest of it comes
            found = ESCAPE.match(self.data)
            if found:
                self.data = self.data[found.end() :]
                self.press(found.group().decode())
                continue
            size = _length(self.data[0])
            if len(self.data) < size:
                return None
            key, self.data = self.data[:size].decode("utf-8", "replace"), self.data[size:]
            if key == "\x04" and not self.text:
                return 0
            status = self.press(key)
            if status is not None:
                return status
        return None

    def paste(self, text: str) -> None:
        now = time.monotonic()
        self.note("pasted", text=text)
        if self.menu is not None:
            for key in text:  # a menu takes what is pasted for keys, as real ones do
                if self.menu is not None:
                    self.choose(key)
            return
        if self.given.menu_after_paste is not None and not self.pastes:
            self.menu_at = now + self.given.menu_after_paste
        self.pastes += 1
        self.pasted_at = now
        lines = text.count("\n") + text.count("\r")
        self.put(
            text.replace("\r", "\n"),
            f"[Pasted text #{self.pastes} +{lines} lines]" if lines > 5 or len(text) > LONG else text,
        )

    def put(self, text: str, shown: str) -> None:
        self.text += text
        self.shown += shown
        self.changes.append((time.monotonic(), self.shown))

    def press(self, key: str) -> int | None:
        now = time.monotonic()
        if self.menu is not None:
            self.choose(key)
            return None
        before, self.key_at = self.key_at, now
        if key in ("\r", "\n"):
            return self.enter(now, before)
        if key == "\x7f":
            self.text, self.shown = self.text[:-1], self.shown[:-1]
            self.changes.append((now, self.shown))
        elif key == "\x1b" and self.works_until:
            self.note("interrupted")
            self.works_until = 0.0
            self.said.append("■ interrupted")
        elif key.isprintable() or key == "\t":
            self.put(key, key)
        return None

    def enter(self, now: float, before: float) -> int | None:
        given = self.given
        swallowed = now - self.began < given.swallow or (
            self.pastes and now - self.pasted_at < given.swallow_after_paste
        )
        if swallowed:
            self.note("swallowed")
            return None
        if given.burst and now - max(before, self.pasted_at if given.no_brackets else 0.0) < given.burst:
            self.put("\n", "\n")
            return None
        if not self.text:
            self.note("empty")
            return None
        text, self.text, self.shown = self.text, "", ""
        self.changes.append((now, ""))
        self.note("message", text=text)
        if text.strip() == "exit":
            return 0
        if text.strip() == "crash":
            return 3
        if self.works_until:
            self.queue.append(text)
            self.note("queued", text=text)
        else:
            self.begin(text)
        return None

    def begin(self, text: str) -> None:
        self.said.append(f"> {text}")
        self.note("began", text=text)
        if re.search(r"\bapprove\b", text):
            self.menu, self.approving = 0, text
            self.note("menu", title=MENU[0])
            return
        asked = re.search(r"\bwork (\d+(?:\.\d+)?)", text)
        self.works_until = time.monotonic() + (float(asked[1]) if asked else self.given.work)

    def choose(self, key: str) -> None:
        count = len(MENU[1])
        if key in ("\x1b[A", "\x1b[B"):
            self.menu = ((self.menu or 0) + (1 if key == "\x1b[B" else -1)) % count
        elif key in ("\r", "\n", "\x1b") or (key.isdigit() and 1 <= int(key) <= count):
            chosen = count if key == "\x1b" else int(key) if key.isdigit() else (self.menu or 0) + 1
            self.menu = None
            self.note("answered", option=chosen, key=key)
            if self.approving:
                self.said.append(f"● option {chosen}")
                self.approving = ""
                self.works_until = time.monotonic() + self.given.work

    def draw(self, now: float) -> None:
        columns, rows = shutil.get_terminal_size()
        working = bool(self.works_until) and not self.given.silent
        mark = "✋" if self.menu is not None else SPINNER[int(now / FRAME) % len(SPINNER)] if working else "✳"
        screen = [line for said in self.said for line in said.split("\n")]
        if working:
            screen += ["", f"{mark} Working… ({int(self.works_until - now) + 1}s · esc to interrupt)"]
        if self.menu is not None:
            screen += ["", "─" * columns, MENU[0]]
            screen += [
                f"{'❯' if number == self.menu else ' '} {number + 1}. {name}" for number, name in enumerate(MENU[1])
            ]
            screen += ["", "Esc to cancel"]
            at = ""
        else:
            screen += ["", "─" * columns]
            box = [piece for line in self.visible(now).split("\n") for piece in _wrap(line, columns - 4)]
            screen += [f"{'❯' if number == 0 else ' '}\u00a0{line}" for number, line in enumerate(box)]
            at = f"\x1b[{min(len(screen), rows - 2)};{min(len(box[-1]) + 3, columns)}H"
            screen += ["─" * columns, "  ? for shortcuts"]
        shown = "\r\n".join(line[:columns] for line in screen[-rows:])
        title = f"\x1b]2;{self.given.title.format(mark=mark)}\x07"
        if self.given.progress:
            title += f"\x1b]9;4;{3 if working else 0};0\x07"
        whole = f"{title}\x1b[?25l\x1b[H\x1b[2J{shown}{at}\x1b[?25h"
        if whole != self.drawn:
            self.drawn = whole
            os.write(1, whole.encode())

    def visible(self, now: float) -> str:
        """What stands in the box as far as it has been drawn."""
        seen = [shown for at, shown in self.changes if at <= now - self.given.redraw]
        self.changes = self.changes[max(len(seen) - 1, 0) :]
        return seen[-1] if seen else ""


def _length(first: int) -> int:
    return 4 if first >= 0xF0 else 3 if first >= 0xE0 else 2 if first >= 0xC0 else 1


def _wrap(line: str, width: int) -> list[str]:
    return [line[at : at + width] for at in range(0, len(line), width)] or [""]


def leave(given: argparse.Namespace) -> None:
    os.write(1, b"\x1b[?2004l\x1b[?25h" + (b"" if given.main_screen else b"\x1b[?1049l") + b"\x1b]2;\x07")


def main() -> int:
    given = options()
    before = termios.tcgetattr(0)
    tty.setraw(0)
    signal.signal(signal.SIGWINCH, lambda *_: None)
    os.write(1, (b"" if given.main_screen else b"\x1b[?1049h") + (b"" if given.no_brackets else b"\x1b[?2004h"))
    agent = Agent(given)
    status = 0
    try:
        status = agent.run()
    finally:
        agent.note("exited", status=status)
        leave(given)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSADRAIN, before)
    return status


if __name__ == "__main__":
    sys.exit(main())
