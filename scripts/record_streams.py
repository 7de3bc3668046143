"""Record what real programs say to a terminal of 80x24, for tests/recorded_streams.

Usage: record_streams.py DIRECTORY [NAME ...]. Runs each program once in a terminal of its own, with keys where it needs
some, below a home of its own; a program that is not installed is left out. tqdm and alive_progress are looked for on
PYTHONPATH.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

WIDTH, HEIGHT = 80, 24
REPOSITORY = (
    "git init -q r && cd r && git config user.name A && git config user.email a@example.org && "
    "for n in 1 2 3; do seq 2000 >f$n && git add . && git commit -qm 'Change number '$n; done && cd .. && "
)
PYTHON = "python3 -c '%s'"
# The shell text to run, and keys with the seconds before each.
PROGRAMS: dict[str, tuple[str, tuple[tuple[float, str], ...]]] = {
    "git-clone": (REPOSITORY + "git clone --progress file://$PWD/r c && cd c && git log --oneline --color", ()),
    "git-diff": (
        REPOSITORY + "cd r && sed -i s/5/x/ f1 && git -c core.pager=cat diff --color --stat && git status",
        (),
    ),
    "less": ("seq 200 >f; less f; echo after", ((1.0, " "), (0.5, "G"), (0.5, "q"))),
    "vim": ("seq 50 >f; vim -u NONE f; echo after", ((1.5, "dd"), (0.5, ":q!\r"))),
    "man": ("MANPAGER=cat man -P cat true | head -60", ()),
    "whiptail": ("whiptail --yesno 'Go on?' 10 40; echo $?", ((1.0, "\t"), (0.3, "\r"))),
    "dialog": ("dialog --menu Choose 15 50 3 1 one 2 two 3 three; echo; echo $?", ((1.0, "2"), (0.3, "\r"))),
    "pstree": ("sh -c 'sleep 3 & sleep 3 & pstree -G $$'", ()),
    "python": ("python3 -q", ((1.0, "1+1\r"), (0.5, "for n in range(3):\r print(n)\r\r"), (0.7, "\x04"))),
    "bars": (
        PYTHON
        % "import sys, time\nfor n in range(101): print(chr(13) + str(n) + chr(37), end=str(), flush=True)\nprint()",
        (),
    ),
    "tqdm": (PYTHON % "import tqdm, time\nfor n in tqdm.tqdm(range(30)): time.sleep(0.02)", ()),
    "rich": (PYTHON % "import rich.progress as p, time\nfor n in p.track(range(20)): time.sleep(0.03)", ()),
    "alive": (
        PYTHON
        % "import alive_progress as a, time\nwith a.alive_bar(20) as bar:\n for n in range(9): time.sleep(0.1); bar()",
        (),
    ),
    "npm": ("npm init -y >/dev/null && npm install --offline --no-audit . ; npm ls", ()),
}


def record(text: str, keys: tuple[tuple[float, str], ...]) -> bytes:
    """What the program prints, as it comes out of the terminal."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        child, terminal = pty.fork()
        if not child:
            os.chdir(home)
            env = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
            env |= {
                "HOME": home,
                "TERM": "screen-256color",
                "LANG": "C.UTF-8",
                "PS1": "$ ",
                "COLUMNS": "80",
                "LINES": "24",
            }
            os.execvpe("sh", ["sh", "-c", text], env)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        told, waiting, due = bytearray(), list(keys), time.monotonic() + (keys[0][0] if keys else 1e9)
        while True:
            if waiting and time.monotonic() >= due:
                os.write(terminal, waiting.pop(0)[1].encode())
                due = time.monotonic() + (waiting[0][0] if waiting else 1e9)
            if select.select([terminal], [], [], 0.05)[0]:
                try:
                    data = os.read(terminal, 65536)
                except OSError:
                    data = b""
                if not data:
                    break
                told += data
        os.close(terminal)
        os.waitpid(child, 0)
        return bytes(told).replace(home.encode(), b"/home/someone").replace(Path(home).name.encode(), b"someproject")


def main(directory: Path, names: list[str]) -> int:
    """Write a file for each program."""
    for name in names or PROGRAMS:
        text, keys = PROGRAMS[name]
        if (
            name in ("vim", "less", "man", "whiptail", "dialog", "pstree", "npm")
            and subprocess.run(["which", name], check=False, capture_output=True).returncode
        ):
            continue
        stream = record(text, keys)
        (directory / name).write_bytes(stream)
        print(f"{name}: {len(stream)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
