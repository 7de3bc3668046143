"""What a shell with our hook has told of its last command: `COUNT CODE` in a file of the pane (core.shellhook)."""

from __future__ import annotations

import posix

from bridge.store.paths import Paths


def last_code(paths: Paths, pane_id: str, pid: int) -> tuple[int, int]:
    """How many prompts the pane's shell has counted, and the last exit code; (0, -1) where it tells nothing."""
    try:
        descriptor = posix.open(f"{paths.hooks}/pane-{pane_id[1:]}-{pid}.last", posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return 0, -1
    words = posix.read(descriptor, 100).split()
    posix.close(descriptor)
    if len(words) != 2 or not (words[0].isdigit() and words[1].isdigit()):
        return 0, -1
    return int(words[0]), int(words[1])
