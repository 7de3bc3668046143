"""How this very program is started again."""

from __future__ import annotations

import os
import sys


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


def close_descriptors(kept: int) -> None:
    """Close every descriptor above 2 but one: a child that lives on must hold nothing of its parent's."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != kept:
            try:
                os.close(int(name))
            except OSError:
                continue  # the one that listed the others
