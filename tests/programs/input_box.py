"""A program that behaves like an agent's input box: see the tests of pane-send-stdin.

Bracketed paste; a long paste is shown as a placeholder; an Enter is swallowed for 300 ms after a
paste; every DIALOG-th message is followed by a dialog that hides the box for half a second and swallows Enter.
Each message is appended to FILE as one line of JSON.
"""

import json
import os
import select
import sys
import termios
import time
import tty

SWALLOWED_FOR, DIALOG_FOR = 0.3, 0.5


def main() -> None:
    path, every = sys.argv[1], int(sys.argv[2])
    before = termios.tcgetattr(0)
    tty.setraw(0)
    os.write(1, b"\x1b[?2004h\x1b[2J")
    try:
        run(path, every)
    finally:
        os.write(1, b"\x1b[?2004l\x1b[2J\x1b[H")
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def run(path: str, every: int) -> None:
    text, shown, count, pastes, quiet, dialog = "", "", 0, 0, 0.0, 0.0
    data = b""
    while True:
        draw(count, shown, time.monotonic() < dialog)
        left = dialog - time.monotonic()
        if not data and not select.select([0], [], [], left if left > 0 else None)[0]:
            continue
        data = data or os.read(0, 65536)
        if data.startswith(b"\x1b[200~"):
            while b"\x1b[201~" not in data:
                data += os.read(0, 65536)
            pasted, _, data = data[6:].partition(b"\x1b[201~")
            value = pasted.decode()
            pastes, quiet = pastes + 1, time.monotonic() + SWALLOWED_FOR
            lines = value.count("\n")
            text += value
            shown += f"[Pasted text #{pastes} +{lines} lines]" if lines > 1 or len(value) > 200 else value
            continue
        key, data = data[:1], data[1:]
        if key == b"\x04":
            return
        if key != b"\r":
            text, shown = text + key.decode("latin-1"), shown + key.decode("latin-1")
        elif text and time.monotonic() > max(quiet, dialog):
            with open(path, "a") as file:
                file.write(json.dumps(text) + "\n")
            text, shown, count = "", "", count + 1
            dialog = time.monotonic() + DIALOG_FOR if every and count % every == 0 else 0.0


def draw(count: int, shown: str, dialog: bool) -> None:
    line = "Allow this? (y/n) " if dialog else f"> {shown}"
    os.write(1, f"\x1b[H\x1b[2Jmessages: {count}\r\n\n{line}".encode())


main()
