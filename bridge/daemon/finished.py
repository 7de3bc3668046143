"""Commands that have ended, as the shells with our hook tell: a file for each pane, heard of by inotify."""

from __future__ import annotations

import asyncio

from bridge.store.lastcode import last_command
from bridge.store.paths import ensure
from bridge.system.inotify import MODIFY, MOVED_TO, Inotify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from bridge.daemon.hub import Hub, Kept
    from bridge.daemon.known import Known

_UNKNOWN = -1  # the shell has no hook yet
_TOGETHER = 0.002  # a shell empties its file before it writes it


class Finished:
    """Makes command-finished events. What was run before a pane is known to the daemon makes none."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._counts: dict[tuple[str, int], int] = {}
        self._rung = asyncio.Event()
        self._keeper: Kept | None = None

    def begin(self) -> None:
        """Take the counts as they are, and follow them."""
        self.follow(())
        self._keeper = self._hub.supervisor.keep("commands", self._run)

    def follow(self, begun: Container[str]) -> None:
        """Take over what panes there are now. The shells of those that have `begun` now begin at no command."""
        panes = self._hub.structure.panes
        keys = {(pane_id, known.pane.pid): known for pane_id, known in panes.items()}
        for key in set(self._counts) - set(keys):
            del self._counts[key]
        for key, known in keys.items():
            if key not in self._counts:
                code, count = self._read(known)
                fresh = known.place.pane in begun
                self._counts[key] = 0 if fresh else count if code >= 0 else _UNKNOWN
                if fresh:
                    self._look(known)

    def close(self) -> None:
        """Listen no more."""
        if self._keeper is not None:
            self._keeper.cancel()

    def last_words(self, known: Known) -> None:
        """Make the event of the last command of a pane that has ended, if that was not heard yet."""
        if (known.place.pane, known.pane.pid) in self._counts:
            self._look(known)

    async def _run(self) -> None:
        inotify = Inotify()
        try:
            inotify.watch(ensure(self._hub.ctx.paths.hooks), MODIFY | MOVED_TO)
            self._hub.loop.add_reader(inotify.descriptor, self._heard, inotify)
            self._rung.set()  # what was told before
            while True:
                await self._rung.wait()
                await asyncio.sleep(_TOGETHER)
                self._rung.clear()
                self._look_at_all()
        finally:
            self._hub.loop.remove_reader(inotify.descriptor)
            inotify.close()

    def _heard(self, inotify: Inotify) -> None:
        inotify.read()
        self._rung.set()

    def _look_at_all(self) -> None:
        for pane_id, known in self._hub.structure.panes.items():
            if (pane_id, known.pane.pid) in self._counts:
                self._look(known)

    def _look(self, known: Known) -> None:
        key = (known.place.pane, known.pane.pid)
        code, count = self._read(known)
        before = self._counts[key]
        if code < 0 or count <= before:
            return
        self._counts[key] = count
        self._hub.emit(
            "command-finished",
            known.place.session,
            f"Exit code {code}",
            place=known.place,
            data={"exit_code": code, "commands": 1 if before == _UNKNOWN else count - before},
        )

    def _read(self, known: Known) -> tuple[int, int]:
        """The last exit code and how many commands the shell has run; 0 of them where it does not tell."""
        _, code, count = last_command(self._hub.ctx.paths, known.place.pane, known.pane.pid)
        return code, count
