"""Settings from files: the user's, and the project's `.bridge.toml`. A call without them pays for a few stats.

Reading TOML takes 10 ms, so what a file says is kept in the cache as plain lines, with what tells that the
file is still the same.
"""

from __future__ import annotations

import posix

from bridge import __version__
from bridge.config import absolute, cache_directory, home, unusable
from bridge.core.names import file_name
from bridge.errors import BridgeError

PROJECT = ".bridge.toml"
_WORLD_WRITABLE = 0o002


def read(environ: dict[str, str], *, project: bool = True) -> dict[str, str]:
    """The values of both files by variable; the project's win. Raises ERR_CONFIG with file and line."""
    values: dict[str, str] = {}
    path = user_path(environ)
    state = stat(path)
    if state is None and environ.get("BRIDGE_CONFIG"):
        raise unusable(path, "BRIDGE_CONFIG names it, but it is not there")
    if state is not None:
        values = _values(path, state, environ, project=False)
    if project:
        found = project_path()
        if found:
            state = stat(found)
            if state is not None:
                values = values | _values(found, state, environ, project=True)
    return values


def user_path(environ: dict[str, str]) -> str:
    """Where the user's file is, or would be; empty without a home."""
    path = environ.get("BRIDGE_CONFIG", "")
    if path:
        return absolute(path)
    base = environ.get("XDG_CONFIG_HOME", "")
    if not base.startswith("/"):
        try:
            base = home(environ) + "/.config"
        except BridgeError:
            return ""
    return f"{base}/bridge/config.toml"


def project_path() -> str:
    """The nearest `.bridge.toml` from the working directory upwards, empty where there is none.

    A directory that everybody may write to is passed over: anybody may have put a file there.
    """
    try:
        above = posix.getcwd()
    except OSError:
        return ""
    while True:
        path = f"{above}/{PROJECT}" if above != "/" else f"/{PROJECT}"
        if stat(path) is not None:
            folder = stat(above or "/")
            if folder is not None and not folder.st_mode & _WORLD_WRITABLE:
                return path
        if above in ("", "/"):
            return ""
        above = above.rpartition("/")[0] or "/"


def stat(path: str) -> posix.stat_result | None:
    """What the system tells of a file, None where there is none."""
    try:
        return posix.stat(path) if path else None
    except OSError:
        return None


def check_owner(path: str, state: posix.stat_result) -> None:
    """Raise ERR_CONFIG for a file that is somebody else's, or that everybody may write to."""
    if state.st_uid != posix.geteuid():
        raise unusable(path, f"it belongs to user {state.st_uid}", "bridge reads no settings of others")
    if state.st_mode & _WORLD_WRITABLE:
        raise unusable(path, "everybody may write to it", f"chmod o-w {path}")


def _values(path: str, state: posix.stat_result, environ: dict[str, str], *, project: bool) -> dict[str, str]:
    if path == "/dev/null":
        return {}
    check_owner(path, state)
    kind = "project" if project else "user"
    line = f"{__version__} {kind} {state.st_mtime_ns} {state.st_size} {state.st_ino} {state.st_dev}"
    kept = cache_path(path, environ)
    values = _cached(kept, line)
    if values is None:
        from bridge.store import settingsfile  # noqa: PLC0415 - once for each version of a file

        values = settingsfile.load(path, project=project)
        settingsfile.remember(kept, line, values, state.st_mtime)
    return values


def cache_path(path: str, environ: dict[str, str]) -> str:
    """Where the plain lines of a file are kept, empty where there is no place."""
    base = cache_directory(environ)
    return f"{base}/settings/{file_name(path)}" if base else ""


def _cached(path: str, line: str) -> dict[str, str] | None:
    if not path:
        return None
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_NOFOLLOW | posix.O_CLOEXEC)
    except OSError:
        return None
    try:
        state = posix.fstat(descriptor)
        if state.st_uid != posix.geteuid() or state.st_mode & 0o022:
            return None
        first, *rows = posix.read(descriptor, 1 << 16).decode("utf-8", "surrogateescape").split("\n")
    finally:
        posix.close(descriptor)
    if first != line or rows[-1:] != [""]:
        return None
    return {name: value for name, _, value in (row.partition("=") for row in rows[:-1])}
