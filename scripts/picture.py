"""Draw docs/top.svg: a small scene in a tmux server of its own, `bridge top` on it in another one, and what that shows.

What is drawn is a real capture with its colours, never a mock-up: `tmux capture-pane -e` as SVG, by the standard
library alone. `picture.py BUILT_FILE [OUTPUT]`.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
from pathlib import Path
from xml.sax.saxutils import escape

COLUMNS, ROWS = 120, 30
WIDTH, HEIGHT, MARGIN = 8.4, 18, 14  # of a cell, and around the screen
PAPER, INK = "#14161b", "#d7dae0"
ANSI = (
    *("#3b4048", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf"),
    *("#7f848e", "#ff7b86", "#b5e890", "#ffd68a", "#7cc4ff", "#de8cf2", "#6fd6e0", "#ffffff"),
)
WARM_UP = 25.0
SGR = re.compile(r"\x1b\[([0-9;:]*)m")

# The programs of the scene: each is a script of that name, so that the view tells it by its name.
PROGRAMS = {
    "api": 'while :; do echo "$(date +%T) GET /cart 200"; sleep 0.7; done',
    "worker": 'n=0; while :; do seq 9000000 >/dev/null; n=$((n+1)); echo "job $n done"; sleep 0.7; done',
    "migrate": "printf 'Drop table orders_old? [y/N] '; read -r answer",
    "suite": 'for n in 1 2 3; do echo "test $n ok"; done; echo "test 4 FAILED: stock.txt is missing"; exit 1',
    "deploy": 'for n in 1 2 3; do echo "host $n: up to date"; done',
}
# Session, label of the pane, program; an empty one is a shell that waits.
SCENE = (
    ("shop", "api", "api"),
    ("shop", "tests", "suite"),
    ("shop", "shell", ""),
    ("jobs", "worker", "worker"),
    ("jobs", "deploy", "deploy"),
    ("database", "migrate", "migrate"),
)


class Style:
    """How a cell looks."""

    def __init__(self) -> None:
        self.ink = self.paper = ""
        self.bold = self.faint = self.underlined = self.reverse = False

    def key(self) -> tuple[str, str, bool, bool, bool]:
        """Ink, paper, and what else is to be seen."""
        ink, paper = self.ink or INK, self.paper
        if self.reverse:
            ink, paper = paper or PAPER, ink
        return ink, paper, self.bold, self.faint, self.underlined

    def take(self, codes: list[int]) -> None:
        """Change as one SGR sequence says (ECMA-48 8.3.117)."""
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.__init__()  # type: ignore[misc]
            elif code in (1, 2, 4, 7):
                setattr(self, {1: "bold", 2: "faint", 4: "underlined", 7: "reverse"}[code], True)
            elif code == 22:
                self.bold = self.faint = False
            elif code in (24, 27):
                setattr(self, {24: "underlined", 27: "reverse"}[code], False)
            elif code in (38, 48):
                setattr(self, "ink" if code == 38 else "paper", taken(codes))
            elif code in (39, 49):
                setattr(self, "ink" if code == 39 else "paper", "")
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.ink = ANSI[code - 30 if code < 90 else code - 82]
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.paper = ANSI[code - 40 if code < 100 else code - 92]


def taken(codes: list[int]) -> str:
    """The colour that follows 38 or 48: one of 256, or red, green and blue."""
    kind = codes.pop(0) if codes else 0
    if kind == 2 and len(codes) >= 3:
        return "#" + "".join(f"{codes.pop(0) & 255:02x}" for _ in range(3))
    number = codes.pop(0) if kind == 5 and codes else 0
    if number < 16:
        return ANSI[number]
    if number >= 232:
        return "#" + f"{8 + (number - 232) * 10:02x}" * 3
    steps = (0, 95, 135, 175, 215, 255)
    place = number - 16
    return "#" + "".join(f"{steps[part]:02x}" for part in (place // 36, place // 6 % 6, place % 6))


def cells(character: str) -> int:
    """How many columns a character fills."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def stretches(text: str) -> list[list[tuple[int, int, str, tuple[str, str, bool, bool, bool]]]]:
    """The lines of a capture as stretches of one look: column, columns, text, look."""
    lines = []
    style = Style()
    for line in text.split("\n"):
        found, column, at = [], 0, 0
        for match in [*SGR.finditer(line), None]:
            part = line[at : match.start() if match else len(line)]
            if part:
                width = sum(map(cells, part))
                found.append((column, width, part, style.key()))
                column += width
            if match:
                style.take([int(word or 0) for word in match[1].replace(":", ";").split(";")])
                at = match.end()
        lines.append(found)
    return lines


def svg(text: str, title: str, columns: int = COLUMNS, rows: int = ROWS) -> str:
    """A capture with SGR sequences as a drawing."""
    wide, high = columns * WIDTH + 2 * MARGIN, rows * HEIGHT + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" role="img" font-size="14" '
        f'font-family="ui-monospace, \'DejaVu Sans Mono\', Menlo, Consolas, monospace" xml:space="preserve">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{wide:g}" height="{high:g}" rx="8" fill="{PAPER}"/>',
    ]
    for number, line in enumerate(stretches(text)[:rows]):
        top = MARGIN + number * HEIGHT
        for column, width, part, (ink, paper, bold, faint, underlined) in line:
            left, across = MARGIN + column * WIDTH, width * WIDTH
            if paper:
                out.append(f'<rect x="{left:.1f}" y="{top}" width="{across:.1f}" height="{HEIGHT}" fill="{paper}"/>')
            words = part.strip(" ")
            if not words:
                continue
            left += (len(part) - len(part.lstrip(" "))) * WIDTH
            across = sum(map(cells, words)) * WIDTH
            more = ' font-weight="bold"' if bold else ""
            more += ' opacity="0.6"' if faint else ""
            more += ' text-decoration="underline"' if underlined else ""
            out.append(
                f'<text x="{left:.1f}" y="{top + HEIGHT - 5}" textLength="{across:.1f}" fill="{ink}"{more}>'
                f"{escape(words)}</text>"
            )
    return "\n".join([*out, "</svg>\n"])


class Stage:
    """A directory with a home, two tmux servers and the built file in it; everything ends with it."""

    def __init__(self, place: str, built: str) -> None:
        self.place = Path(place)
        for name in ("bin", "home", "home/shop"):
            (self.place / name).mkdir()
        for name, text in PROGRAMS.items():
            script = self.place / "home" / "shop" / name
            script.write_text(f"#!/bin/sh\n{text}\n")
            script.chmod(0o755)
        (self.place / "home" / ".bash_profile").write_text('PS1="\\w $ "\n')
        (self.place / "bin" / "bridge").symlink_to(Path(built).resolve())
        keep = {key: os.environ[key] for key in ("BRIDGE_PYTHON",) if key in os.environ}
        self.env = keep | {
            "PATH": f"{self.place}/bin:{os.environ['PATH']}",
            "HOME": f"{self.place}/home",
            "SHELL": shutil.which("bash") or "/bin/sh",
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "TMUX_TMPDIR": place,
            "BRIDGE_STATE_DIR": f"{self.place}/state",
            "BRIDGE_CACHE_DIR": str(Path(built).resolve().parent / "cache"),
        }

    def run(self, *words: str) -> str:
        """What a program prints; raises CalledProcessError."""
        done = subprocess.run(
            words, env=self.env, cwd=self.place / "home" / "shop", check=True, capture_output=True, text=True
        )
        return done.stdout

    def play(self) -> str:
        """Begin everything, let it run for a while, and tell what the view shows."""
        self.run("bridge", "daemon-start")
        made: set[str] = set()
        for session, label, program in SCENE:
            if session not in made:
                self.run("bridge", "session-create", session, "--size", "100x30")
                self.run("bridge", "pane-label", session, "0", label)
                made.add(session)
            else:
                self.run("bridge", "pane-create", session, label)
            if program:
                self.run("bridge", "pane-exec", session, label, f"./{program}")
        self.run("bridge", "event-subscribe", "shop", "pattern-match", "--pattern", "FAILED")
        view = ("tmux", "-L", "view", "-f", "/dev/null")
        self.run(*view, "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "env -u TMUX bridge top")
        self.run(*view, "set-option", "-g", "status", "off")
        time.sleep(WARM_UP / 2)
        self.run("bridge", "pane-exec", "shop", "tests", "./suite")
        self.run(*view, "send-keys", "-N", "4", "j")
        time.sleep(WARM_UP / 2)
        return self.run(*view, "capture-pane", "-p", "-e")

    def close(self) -> None:
        """End both servers and the daemon."""
        for words in (
            ("bridge", "daemon-stop"),
            ("tmux", "-L", "view", "kill-server"),
            ("tmux", "kill-server"),
        ):
            subprocess.run(words, env=self.env, check=False, capture_output=True)


def main(words: list[str]) -> int:
    """Draw, and write the file."""
    if len(words) not in (1, 2):
        print("usage: picture.py BUILT_FILE [OUTPUT]", file=sys.stderr)
        return 2
    output = Path(words[1] if words[1:] else Path(__file__).resolve().parent.parent / "docs" / "top.svg")
    with tempfile.TemporaryDirectory(prefix="p", ignore_cleanup_errors=True) as place:
        stage = Stage(place, words[0])
        try:
            text = stage.play()
        finally:
            stage.close()
    text = text.replace(place, "~")
    output.write_text(svg(text, "bridge top: every pane with its state, and the screen of the chosen one"), "utf-8")
    print(f"{output}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
