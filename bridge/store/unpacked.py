"""What builds of the one file have unpacked: each makes a directory of its own in the cache, and leaves it."""

from __future__ import annotations

import os
import re
import stat
import sys

from bridge.config import cache_directory
from bridge.store.paths import unusable

_BUILD = re.compile(r"\d+(\.\d+)+[0-9A-Za-z.+]*-[0-9a-f]{16}")


def others(environ: dict[str, str]) -> list[str]:
    """The directories of other builds than the one that runs, of this user; none where that one cannot be told."""
    base = cache_directory(environ)
    own = _own()
    if not base or not own:
        return []
    try:
        names = sorted(os.listdir(base))
    except OSError:
        return []
    return [f"{base}/{name}" for name in names if name != own and _BUILD.fullmatch(name) and _is_ours(f"{base}/{name}")]


def stamp(directory: str) -> float | None:
    """When something was last unpacked there, None where it is gone."""
    try:
        return max(os.lstat(path).st_mtime for path in (directory, *(entry.path for entry in os.scandir(directory))))
    except OSError:
        return None


def remove(directory: str) -> None:
    """Remove what one build has unpacked, first what leads callers to it. Raises ERR_STATE."""
    import shutil  # noqa: PLC0415 - only where something is removed

    try:
        if os.path.exists(f"{directory}/python"):
            os.unlink(f"{directory}/python")
        shutil.rmtree(directory)
    except FileNotFoundError:
        return
    except OSError as problem:
        raise unusable(directory, problem.strerror or str(problem)) from None


def _own() -> str:
    """The build that runs: by the place of its bundle, else by the file's second line."""
    program = sys.argv[0]
    if program.endswith("/fast.pyc"):
        return os.path.basename(os.path.dirname(os.path.dirname(program)))
    try:
        with open(program, "rb") as file:
            line = file.read(200).split(b"\n")[1]
    except (OSError, IndexError):
        return ""
    name = line.removeprefix(b"# ").decode("ascii", "replace")
    return name if _BUILD.fullmatch(name) else ""


def _is_ours(directory: str) -> bool:
    try:
        state = os.lstat(directory)
    except OSError:
        return False
    return stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid()
