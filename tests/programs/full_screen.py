"""A full-screen program: alternate screen, mouse, hidden cursor, drawn again at each size; q ends it."""

import os
import signal
import sys
import termios
import time
import tty


def draw(*_):
    columns, rows = os.get_terminal_size()
    text = f"\033[2J\033[1;1Hsize {columns}x{rows}\033[{rows};1H\033[44mbar{' ' * (columns - 3)}\033[m\033[2;1Htext"
    os.write(1, text.encode())


settings = termios.tcgetattr(0)
tty.setraw(0)
os.write(1, b"\033[?1049h\033[?1000h\033[?1006h\033[?25l\033[c\033[6n\033]0;title\007")
signal.signal(signal.SIGWINCH, draw)
draw()
try:
    while (key := os.read(0, 1)) != b"q":
        os.write(1, f"\033[3;1Hkey {key.hex()} ".encode())
finally:
    os.write(1, b"\033[?1000l\033[?1006l\033[?25h\033[?1049l")
    termios.tcsetattr(0, termios.TCSANOW, settings)
    sys.stdout.flush()
    time.sleep(0.2)
