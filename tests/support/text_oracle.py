"""What tmux itself shows of bytes: printed in real panes, read back as the joined lines of their history.

And streams to ask it about: at random, made of what programs say to terminals.
"""

from __future__ import annotations

import os
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap

SIZES = ((80, 24), (20, 6), (40, 10), (132, 40), (9, 4))
# Prints what it is given, then waits for the terminal's answer to a question: all was read by then.
_FEEDER = textwrap.dedent(
    """
    import os, socket, struct, sys, tty
    tty.setraw(0)
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(sys.argv[1])
        line.sendall(sys.argv[2].encode())
        def take(count):
            data = b""
            while len(data) < count:
                data += line.recv(count - len(data)) or sys.exit()
            return data
        while True:
            data = take(struct.unpack("I", take(4))[0])
            view = memoryview(data)
            while view:
                view = view[os.write(1, view):]
            os.write(1, b"\\x1b\\\\\\x1b[5n")
            heard = b""
            while not heard.endswith(b"\\x1b[0n"):
                heard += os.read(0, 1)
            line.sendall(b"k")
    """
)
# Out of any sequence and string, the ordinary screen, everything as at first, no history.
_ANEW = b"\x18\x1b\\\x1b[?1049h\x1b[H\x1b7\x1b[?1049l\x1b[4l\x1b[?7h\x1bc\x1b7\x1b[3J"
_MARK = "<end of the pane>"
_LOOKS = re.compile(r"\x1b\[[\d;:]*m|\x1b\]8;[^\x1b]*\x1b\\")
_ACS = str.maketrans("+,-.0`abcdefghijklmnopqrstuvwxyz{|}~", "→←↑↓▮◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")


class Oracle:
    """Panes of a real tmux, one for each size; `ask` prints streams in them."""

    def __init__(self, tmux: str = "tmux", sizes: tuple[tuple[int, int], ...] = SIZES, panes: int = 4) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="o", ignore_cleanup_errors=True)
        place = self._directory.name
        env = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
        self._env = env | {"TMUX_TMPDIR": place, "LC_ALL": "C.UTF-8"}
        self._tmux = [tmux, "-u", "-L", "oracle", "-f", "/dev/null"]
        self._lines: dict[tuple[int, int], list[tuple[str, socket.socket]]] = {size: [] for size in sizes}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{place}/door")
        self._listener.listen()
        self._listener.settimeout(30)
        feeder = f"{place}/feeder.py"
        with open(feeder, "w") as file:
            file.write(_FEEDER)
        self._run("new-session", "-d", "-x", "300", "-y", "100", "sleep 1000000")
        self._run("set-option", "-g", "history-limit", "50000")
        for size in sizes:
            for _ in range(panes):
                words = ("-x", str(size[0]), "-y", str(size[1]))
                command = f"exec {sys.executable} {feeder} {place}/door %-6s"
                name = self._run("new-session", "-d", "-P", "-F", "#{pane_id}", *words, command % "$TMUX_PANE").strip()
                self._run("set-option", "-t", name, "status", "off")
                self._run("resize-window", "-t", name, *words)
                line, _ = self._listener.accept()
                heard = line.recv(16).decode().strip()
                assert heard == name, (heard, name)
                self._lines[size].append((name, line))

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, *_: object) -> None:
        self._run("kill-server")
        for lines in self._lines.values():
            for _, line in lines:
                line.close()
        self._listener.close()
        self._directory.cleanup()

    def ask(self, size: tuple[int, int], streams: list[bytes]) -> list[str]:
        """What panes of this size show of each stream, printed in a fresh pane."""
        shown: list[str] = []
        lines = self._lines[size]
        for at in range(0, len(streams), len(lines)):
            now = list(zip(lines, streams[at : at + len(lines)], strict=False))
            for (_, line), stream in now:
                line.settimeout(30)
                line.sendall(struct.pack("I", len(_ANEW + stream)) + _ANEW + stream)
            words: list[str] = []
            for (name, line), _ in now:
                assert line.recv(1) == b"k"
                words += [
                    "capture-pane",
                    "-e",
                    "-p",
                    "-J",
                    "-S",
                    "-",
                    "-t",
                    name,
                    ";",
                    "display-message",
                    "-p",
                    _MARK,
                    ";",
                ]
            shown += [_plain(text) for text in self._run(*words[:-1]).split(f"{_MARK}\n")[:-1]]
        return shown

    def _run(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], env=self._env, capture_output=True, check=True)
        return done.stdout.decode("utf-8", "replace")


def _plain(text: str) -> str:
    """Captured text without looks; line drawing as the characters that are seen."""
    text = _LOOKS.sub("", text)
    first, *drawn = text.split("\x0e")
    parts = [first]
    for part in drawn:
        inside, _, after = part.partition("\x0f")
        parts += [inside.translate(_ACS), after]
    return "".join(parts).replace("\x0f", "")


def lines_of(text: str) -> list[str]:
    """Its lines without blanks and empty lines at their end."""
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def is_same(shown: str, read: str) -> bool:
    """Whether what was read is what tmux shows; a tab stands for the blanks up to the next stop."""
    mine, its = lines_of(read), lines_of(shown)
    return len(mine) == len(its) and all(map(_is_same_line, its, mine))


def _is_same_line(shown: str, read: str) -> bool:
    if "\t" in shown:  # since 3.6, where nothing stood before
        return re.sub("[ \t]+", " ", shown) == re.sub("[ \t]+", " ", read)
    if "\t" not in read:
        return shown == read
    return re.fullmatch("[ \t]{0,8}".join(map(re.escape, read.split("\t"))), shown) is not None


_WORDS = ("a", "word", "the quick brown fox", "0123456789" * 3, "x" * 25, " ", "   ", "~", "{}|")
_WIDE = ("日本", "語", "한글", "🎈", "ＡＢ", "ｶﾅ")
_NARROW = ("é", "ß", "–", "→", "─│┌", "⠋", "█", "Ж")
_MARKS = ("\u0301", "\u0308", "\u200b", "\u20dd")
_MOVES = "ABCDEFGHJKLMPSTXZ@`ad"
_STRINGS = (
    b"\x1b]0;title\x07",
    b"\x1b]52;c;" + b"QUJD" * 50 + b"\x1b\\",
    b"\x1bkname\x1b\\",
    b"\x1bPq#0;2;0;0;0#0~~@@vv\x07\x18\x1b\\",
    b"\x1bPtmux;\x1b\x1b]0;x\x07\x1b\\",
    b"\x1b_Gf=24;AAAA\x07\x1b\\",
    b"\x1b^private\x1b\\",
    b"\x1bXany\nthing\x1b\\",
    b"\x1b]8;;http://example.org\x1b\\",
)
_ODD = (
    *(b"\x1b[3\r1m", b"\x1b[2\x18", b"\x1b[\x1b[C", b"\x1b(\x1a", b"\x1b[?25l", b"\x1b[>4;1m", b"\x1b[=1u", b"\x1b[<u"),
    *(
        b"\x1b[1:2C",
        b"\x1b[99999999999C",
        b"\x1b[ q",
        b"\x1b[!p",
        b"\x1b[?1;2c",
        b"\x1b#3",
        b"\x1b%G",
        b"\x1b(A",
        b"\x00",
    ),
    *(
        b"\x7f",
        b"\x07",
        b"\x05",
        b"\x1b=",
        b"\x1bl",
        b"\x1b[200~",
        b"\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1C",
    ),
)


def random_stream(seed: int) -> bytes:
    """A stream of up to a hundred pieces; the same for the same number."""
    pick = random.Random(seed)
    hard = pick.random() < 0.6  # the others are lines with what progress bars and prompts do
    return b"".join([_piece(pick, hard=hard) for _ in range(pick.randint(1, 100))])


def _piece(pick: random.Random, *, hard: bool) -> bytes:
    kind = pick.random()
    if kind < 0.32:
        return pick.choice(_WORDS).encode()
    if kind < 0.42:
        return b"\r\n"
    if kind < 0.50:
        return pick.choice(_WIDE + _NARROW).encode() + (pick.choice(_MARKS).encode() if pick.random() < 0.3 else b"")
    if kind < 0.58:
        return pick.choice((b"\r", b"\b", b"\t", b"\n", b"\b\b", b"\x0b", b"\x0c"))
    if kind < 0.62:
        return pick.choice((b"\x1b[31m", b"\x1b[0m", b"\x1b[1;38;5;12m", b"\x1b[m", b"\x1b[7m"))
    if kind < 0.68:
        return pick.choice(_STRINGS)
    if kind < 0.72:
        return pick.choice((b"\x1b7", b"\x1b8", b"\x1b[s", b"\x1b[u"))
    if kind < 0.86:
        final = pick.choice(_MOVES if hard else "CDGKKPX@AB")
        count = pick.choice(("", "", "0", "1", "2", "3", "5", "17", "300"))
        return f"\x1b[{count}{final}".encode() if count + final != "3J" else b""  # what was printed stays printed
    if kind < 0.90:
        return pick.choice(
            (b"\x1b[K", b"\x1b[1K", b"\x1b[2K", b"\x1b[J", b"\x1b[1J", b"\x1b[A", b"\x1b[2A\r", b"\x1bM")
        )
    if kind < 0.92:
        return b"=\x1b[%db" % pick.choice((1, 3, 40))
    if kind < 0.945:
        return pick.choice((b"\x1b(0lqqk\x1b(B", b"\x1b)0\x0etqx\x0f", b"\x1b(0", b"\x1b(B", b"\x0e", b"\x0f"))
    if not hard or kind < 0.96:
        return pick.choice(_ODD)
    return pick.choice(
        (
            *(
                b"\x1b[2;4r",
                b"\x1b[r",
                b"\x1b[%d;%dH" % (pick.randint(1, 12), pick.randint(1, 50)),
                b"\x1b[2J",
                b"\x1b[H\x1b[J",
            ),
            *(b"\x1b[4h", b"\x1b[4l", b"\x1b[?7l", b"\x1b[?7h", b"\x1b[?6h", b"\x1b[?6l", b"\x1bE", b"\x1bD", b"\x1bH"),
            *(
                b"\x1b[g",
                b"\x1b[3g",
                b"\x1b#8",
                b"\x1bc",
                b"\x1b[L",
                b"\x1b[M",
                b"\x1b[?1049hfull\x1b[3;3Hscreen\x1b[?1049l",
            ),
            *(b"\x1b[?1049h\x1b[2J\x1b[Hvi\r\n~\r\n~\x1b[?1049l", b"\x1b[?47hx\x1b[?47l", b"\x1b[3;3f"),
        )
    )
