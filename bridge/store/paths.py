"""The directories of the state: where they are, and that they are ours alone."""

from __future__ import annotations

import os
import stat

from bridge.config import Config
from bridge.core.names import file_name
from bridge.errors import BridgeError


class Paths:
    """Directories for one tmux server. Nothing is made before `ensure` is called."""

    __slots__ = ("locks", "root", "run", "states")

    def __init__(self, config: Config) -> None:
        self.root = config.state_dir
        base = self.root
        if config.server != f"/tmp/tmux-{os.getuid()}/default":  # noqa: S108 - tmux's own default
            base = f"{self.root}/servers/{file_name(config.server)}"
        self.states = config.states_dir or f"{base}/states"
        self.locks = f"{base}/locks"
        self.run = f"{base}/run"

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
        found = os.lstat(directory)
    except FileNotFoundError:
        _make(directory)
        found = os.lstat(directory)
    except OSError as problem:
        raise unusable(directory, problem.strerror or str(problem)) from None
    if not stat.S_ISDIR(found.st_mode):
        raise unusable(directory, "it is not a directory")
    if found.st_uid != os.geteuid():
        raise unusable(directory, f"it belongs to user {found.st_uid}")
    if found.st_mode & 0o022:
        raise unusable(directory, f"others may write to it (mode {found.st_mode & 0o777:o})")
    return directory


def unusable(path: str, reason: str) -> BridgeError:
    """The state can't be used; names the path and the reason."""
    return BridgeError(
        "ERR_STATE", f"cannot use {path}: {reason}", hint="mend it, or name another directory in BRIDGE_STATE_DIR"
    )


def _make(directory: str) -> None:
    try:
        os.makedirs(os.path.dirname(directory), mode=0o700, exist_ok=True)
        os.mkdir(directory, 0o700)
    except FileExistsError:
        pass  # another process was faster; lstat decides
    except OSError as problem:
        raise unusable(directory, problem.strerror or str(problem)) from None
