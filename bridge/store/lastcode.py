"""What a shell with our hook has told of its last command: a line in a file of the pane (core.shellhook)."""

from __future__ import annotations

import posix

from bridge.store.paths import Paths


def last_code(paths: Paths, pane_id: str, pid: int) -> tuple[int, int]:
    """How many prompts the pane's shell has counted, and the last exit code; (0, -1) where it tells nothing."""
    prompts, code, _ = last_command(paths, pane_id, pid)
    return prompts, code


def last_command(paths: Paths, pane_id: str, pid: int) -> tuple[int, int, int]:
    """As `last_code`, and behind it how many commands the shell has run; (0, -1, 0) where it tells nothing."""
    return last_prompt(paths, pane_id, pid)[:3]


def last_prompt(paths: Paths, pane_id: str, pid: int) -> tuple[int, int, int, float]:
    """As `last_command`, and behind it when the shell prompted last (epoch); 0 where it tells nothing."""
    try:
        descriptor = posix.open(f"{paths.hooks}/pane-{pane_id[1:]}-{pid}.last", posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return 0, -1, 0, 0.0
    words, written = posix.read(descriptor, 100).split(), posix.fstat(descriptor).st_mtime
    posix.close(descriptor)
    if len(words) != 3 or not all(word.isdigit() for word in words):
        return 0, -1, 0, 0.0
    prompts, code, commands = words
    return int(prompts), int(code), int(commands), written
