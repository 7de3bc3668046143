"""Carries a program on a terminal of its own, as the clients of containers do: raw, and each way in a thread."""

from __future__ import annotations

import os
import pty
import sys
import threading
import tty


def pump(source: int, target: int) -> None:
    """Pass on what comes until nothing does; that ends the program."""
    try:
        while data := os.read(source, 65536):
            os.write(target, data)
    finally:
        os._exit(0)


child, terminal = pty.fork()
if not child:
    os.execvp(sys.argv[1], sys.argv[1:])
tty.setraw(0)
for way in ((0, terminal), (terminal, 1)):
    threading.Thread(target=pump, args=way, daemon=True).start()
threading.Event().wait()
