"""How this very program is started again."""

from __future__ import annotations

import os
import re
import sys

# The header of the built file, and what pip writes for an entry point.
_OURS = re.compile(rb"#!/bin/sh\n# \d\S*-[0-9a-f]{16}\nb=|from bridge\.__main__ import main")


def itself() -> list[str]:
    """The words that start this program anew, before its own arguments: the built file or a source tree."""
    main = sys.modules["__main__"]
    if getattr(main, "MODULES", None):  # the unpacked fast path: loader, then the archive
        return [sys.executable, "-I", "-S", sys.argv[0], sys.argv[1]]
    source = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    root = os.path.dirname(source)
    if os.path.isdir(source):
        code = f"import sys; sys.path.insert(0, {root!r}); from bridge.__main__ import main; main()"
        return [sys.executable, "-c", code]
    return [sys.executable, "-I", os.path.abspath(sys.argv[0])]


def is_bridge(path: str) -> bool:
    """Whether the program at a path is bridge, of whatever version, and no other of that name."""
    try:
        with open(path, "rb") as file:
            return _OURS.search(file.read(600)) is not None
    except OSError:
        return False


def archive() -> str:
    """The built file that this program is, empty for a source tree or an installed package."""
    main = sys.modules["__main__"]
    if getattr(main, "MODULES", None):
        return os.path.abspath(sys.argv[1])
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return "" if os.path.isdir(here) else os.path.abspath(sys.argv[0])


def close_inherited(kept: int) -> None:
    """Close every descriptor above 2 that came from whoever started this program, but one.

    What it has opened itself, such as the file that its modules are read from, is closed by an exec and stays.
    """
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2 and number != kept:
            try:
                if os.get_inheritable(number):
                    os.close(number)
            except OSError:
                continue  # the one that listed the others
