"""What a command may use, each part built when it is first asked for."""

from __future__ import annotations

import sys

from bridge.config import Config
from bridge.store.paths import Paths, ensure, ensure_writable, same_file
from bridge.tmux.client import Tmux

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from bridge.spec import Command, Result
    from bridge.store.lock import FileLock


class Context:
    """The parts of one call. `script` tells that the bash script's form was asked for.

    `lock` is the front's way to take a lock: flock(2) itself, or a library's lock on the same file.
    `environ` has the settings of the configuration files too; what tmux and children get has not.
    `write` puts a streaming command's bytes on stdout, `note` a human line on stderr. `progress` tells a
    person at a terminal what is done just now. `typed` tells that this call has typed something into a pane, so that
    the same call again would type it twice. `begun` is what a feature asked tmux before the command's row
    was there.
    """

    __slots__ = (
        "_correlation",
        "_held",
        "_paths",
        "begun",
        "config",
        "environ",
        "given",
        "lock_class",
        "note",
        "progress",
        "script",
        "tmux",
        "typed",
        "write",
    )

    def __init__(
        self,
        config: Config,
        environ: dict[str, str],
        *,
        script: bool,
        write: Callable[[bytes], None] = lambda _data: None,
        note: Callable[[str, str], None] = lambda _level, _text: None,
        lock_class: Callable[[str, float], AbstractContextManager[object]] | None = None,
        progress: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.config = config
        self.environ = environ | config.files if config.files else environ
        self.script = script
        self.given: tuple[str, ...] = ()  # the words behind the command's name
        self.tmux = Tmux(environ, config.tmux, config.tmux_socket, config.tmux_timeout)
        self.write = write
        self.note = note
        self.progress = progress
        self.lock_class = lock_class
        self.typed = False
        self.begun: tuple[tuple[str, ...], ...] = ()
        self._held: tuple[str, FileLock] | None = None
        self._paths: Paths | None = None
        self._correlation = ""

    @property
    def paths(self) -> Paths:
        """The directories of this tmux server's state."""
        if self._paths is None:
            self._paths = Paths(self.config)
        return self._paths

    @property
    def max_panes(self) -> int:
        """How many panes a window may hold; the script's limit is fixed."""
        return 10 if self.script else self.config.max_panes

    @property
    def own_pane(self) -> str:
        """The `%id` of the pane that the caller sits in, if it is one of this server; else empty."""
        socket = self.environ.get("TMUX", "").split(",")[0]
        return self.environ.get("TMUX_PANE", "") if socket and same_file(socket, self.config.server) else ""

    @property
    def correlation_id(self) -> str:
        """What the log lines of this call and of all that it causes have in common."""
        if not self._correlation:
            given = self.environ.get("BRIDGE_CORRELATION_ID", "")
            if given and len(given) <= 128 and given.isprintable():
                self._correlation = given
            else:
                from bridge.system import ids  # noqa: PLC0415 - few calls are logged

                self._correlation = ids.nonce()[:16]
        return self._correlation

    @property
    def directory(self) -> str:
        """The working directory; `/` where it is gone."""
        import posix  # noqa: PLC0415 - few ask

        try:
            return posix.getcwd()
        except OSError:
            return "/"

    def rows(self, name: str = "") -> tuple[Command, ...]:
        """The row of the command with this name, every row without a name; raises ERR_UNKNOWN_COMMAND."""
        from bridge import registry  # noqa: PLC0415 - only what explains the table reads it

        if not name:
            return registry.load_all()
        found = registry.load(name)
        if found is None:
            raise registry.unknown(name)
        return (found,)

    def lock(self, session: str) -> AbstractContextManager[object]:
        """The lock of a session's state; raises ERR_LOCKED, ERR_STATE when entered."""
        if self._held is not None and self._held[0] == session:
            held, self._held = self._held[1], None
            return held
        if self.lock_class is None:
            from bridge.store.lock import FileLock  # noqa: PLC0415 - a reading command takes no lock

            self.lock_class = FileLock
        return self.lock_class(self._lock_path(session), self.config.lock_timeout)

    def hold(self, session: str) -> None:
        """Take the lock of a session now, for the `lock` that follows; raises as that does."""
        from bridge.store.lock import FileLock  # noqa: PLC0415 - a reading command takes no lock

        lock = FileLock(self._lock_path(session), self.config.lock_timeout)
        lock.take()
        self._held = session, lock

    def release(self) -> None:
        """Give back a lock that is held and that nobody has asked for since."""
        if self._held is not None:
            self._held[1].__exit__()
            self._held = None

    def _lock_path(self, session: str) -> str:
        ensure(self.paths.root)
        ensure_writable(self.paths.states)
        return self.paths.lock_file(session)

    def front(self, name: str) -> Callable[[Context, dict[str, object]], Result]:
        """What runs a command that is a front of its own: `bridge.NAME.entry.run`."""
        path = f"bridge.{name}.entry"
        __import__(path)
        found: Callable[[Context, dict[str, object]], Result] = sys.modules[path].run
        return found
