"""The directories of the state: where they are, and that they are ours alone.

Like every module on the way of a plain call this one takes `posix` itself: importing `os` costs 1.4 ms.
"""

from __future__ import annotations

import posix

from bridge.config import Config, resolve
from bridge.core.names import file_name, original
from bridge.errors import BridgeError

_TYPE, _DIRECTORY, REGULAR = 0o170000, 0o040000, 0o100000  # inode(7)


class Paths:
    """Directories for one tmux server. Nothing is made before `ensure` is called."""

    __slots__ = ("base", "events", "hooks", "locks", "root", "run", "states")

    def __init__(self, config: Config) -> None:
        self.root = config.state_dir
        base = self.root
        default = f"/tmp/tmux-{posix.getuid()}/default"  # noqa: S108 - tmux's own
        if config.server not in (default, resolve(default)):
            base = f"{self.root}/servers/{file_name(config.server)}"
            if not _is_there(base):
                _adopt(f"{self.root}/servers", config, base)
        self.states = config.states_dir or f"{base}/states"
        self.locks = f"{base}/locks"
        self.run = f"{base}/run"
        self.hooks = f"{base}/hooks"  # what shells read at their start, and what they tell
        self.base = base
        self.events = config.events_dir or f"{base}/events"

    def state_file(self, session: str) -> str:
        """The path of a session's `.state` file."""
        return f"{self.states}/{file_name(session)}.state"

    def lock_file(self, session: str) -> str:
        """The path of a session's lock. The file is never removed."""
        return f"{self.locks}/{file_name(session)}.lock"


def ensure(directory: str) -> str:
    """Make a directory (0700, parents too) and check that it is ours alone; returns it.

    Raises ERR_STATE with the path and the reason.
    """
    try:
        found = posix.lstat(directory)
    except FileNotFoundError:
        _make(directory)
        found = posix.lstat(directory)
    except OSError as problem:
        raise unusable(directory, problem.strerror or str(problem)) from None
    if found.st_mode & _TYPE != _DIRECTORY:
        raise unusable(directory, "it is not a directory")
    if found.st_uid != posix.geteuid():
        raise unusable(directory, f"it belongs to user {found.st_uid}")
    if found.st_mode & 0o022:
        raise unusable(directory, f"others may write to it (mode {found.st_mode & 0o777:o})")
    return directory


def ensure_writable(directory: str) -> None:
    """Check that files can be made there, without making anything: asked before tmux is changed.

    Raises ERR_STATE with the path and the reason.
    """
    if _is_there(directory):
        ensure(directory)
    above = directory
    while not _is_there(above):
        above = parent(above)
    if posix.stat(above).st_mode & _TYPE != _DIRECTORY:
        raise unusable(directory, f"{above} is not a directory")
    if not posix.access(above, posix.W_OK | posix.X_OK):
        raise unusable(directory, f"{above} is not writable")


def same_file(one: str | int, other: str | int) -> bool:
    """Whether two paths, or open descriptors, lead to the same file."""
    try:
        first, second = posix.stat(one), posix.stat(other)
    except OSError:
        return one == other
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)


def parent(path: str) -> str:
    """The directory that holds the path."""
    return path.rpartition("/")[0] or "/"


def unusable(path: str, reason: str) -> BridgeError:
    """The state can't be used; names the path and the reason."""
    return BridgeError(
        "ERR_STATE", f"cannot use {path}: {reason}", hint="mend it, or name another directory in BRIDGE_STATE_DIR"
    )


def later(path: str, version: object, known: int) -> BridgeError:
    """A file that another version of bridge wrote: it stays as it is."""
    return BridgeError(
        "ERR_STATE",
        f"cannot use {path}: it has version {version}, this bridge knows {known}",
        hint="use the bridge that wrote it, or name another directory in BRIDGE_STATE_DIR",
    )


def _adopt(servers: str, config: Config, base: str) -> None:
    """Go on with what earlier versions kept of this server, by another spelling of its socket's path.

    The old name stays as a link: shells that live have paths below it.
    """
    try:
        names = posix.listdir(servers)
    except OSError:
        return
    for name in names:
        spelt = original(name)
        if (spelt == config.spelt or (spelt.startswith("/") and resolve(spelt) == config.server)) and (
            posix.lstat(f"{servers}/{name}").st_mode & _TYPE == _DIRECTORY
        ):
            try:
                posix.rename(f"{servers}/{name}", base)
                posix.symlink(base.rpartition("/")[2], f"{servers}/{name}")
            except OSError:
                pass  # another call was faster, or nothing can be written: then nothing is
            return


def _make(directory: str) -> None:
    """Make the directory and what is missing above it, all 0700 whatever the umask."""
    try:
        posix.mkdir(directory, 0o700)
    except FileExistsError:
        pass  # another process was faster; lstat decides
    except FileNotFoundError as problem:
        above = parent(directory)
        if _is_there(above):
            raise unusable(directory, problem.strerror or str(problem)) from None
        _make(above)
        _make(directory)
    except OSError as problem:
        raise unusable(directory, problem.strerror or str(problem)) from None


def _is_there(path: str) -> bool:
    try:
        posix.stat(path)
    except OSError:
        return False
    return True
