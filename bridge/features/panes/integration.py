"""Shell integration: shells that we start tell the exit code of every command by a prompt hook of ours.

bash by PROMPT_COMMAND, zsh by ZDOTDIR, fish by XDG_DATA_DIRS; each is put back as it was before the
user's own files are read, or at the first prompt. Which shell tmux will start is taken from SHELL; if
that is wrong, nothing happens.
"""

from __future__ import annotations

import posix

from bridge import __version__
from bridge.context import Context
from bridge.system import process

_REVISION = 3  # of the files that shells are led to
_FISH_DEFAULT = "/usr/local/share:/usr/share"


def environment(ctx: Context) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The `-e` words for a new session or pane, and the names that are to be taken from the session again.

    Raises ERR_STATE where the hook's files cannot be written.
    """
    shell = (ctx.environ.get("SHELL") or "").rpartition("/")[2]
    if shell not in ("bash", "zsh", "fish"):
        return (), ()
    place = _place(ctx)
    try:
        posix.stat(f"{place}/ready")
    except FileNotFoundError:
        from bridge.store.hooks import install  # noqa: PLC0415 - once

        install(ctx.paths, place)
    if shell == "bash":
        values = {"PROMPT_COMMAND": f"__bridge_line=${{LINENO-}}; \\. '{_inner(place)}/start.bash'"}
    elif shell == "zsh":
        values = {"ZDOTDIR": f"{place}/zsh", "__bridge_zdotdir": ctx.environ.get("ZDOTDIR", "")}
    else:
        before = ctx.environ.get("XDG_DATA_DIRS", "")
        values = {"XDG_DATA_DIRS": f"{place}:{before or _FISH_DEFAULT}", "__bridge_data_dirs": before}
    words = tuple(word for name, value in values.items() for word in ("-e", f"{name}={value}"))
    return words, tuple(values)


def is_ready(ctx: Context) -> bool:
    """Whether the files that new shells are led to are there, whole and of this version."""
    try:
        posix.stat(f"{_place(ctx)}/ready")
    except OSError:
        return False
    return True


def is_started(ctx: Context, pid: int) -> bool:
    """Whether the program that this process executes now was led to our hook."""
    return _place(ctx).encode() in process.initial_environment(pid)


def _place(ctx: Context) -> str:
    return f"{ctx.paths.hooks}/{__version__}-{_REVISION}"


def _inner(text: str) -> str:
    return text.replace("'", "'\\''")
