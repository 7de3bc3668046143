"""One callback under way: its process group, what it says and what it leaves in the background."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial

from bridge.system import termination

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.daemon.hub import Hub
    from bridge.daemon.leftovers import Left

_GRACE = 2.0
_LONGEST_ERROR = 2000
_HELD = 99  # a descriptor number in callbacks


class Running:
    """One callback under way."""

    def __init__(self, hub: Hub, argv: list[str], environ: dict[str, str], given: str) -> None:
        """Start `sh -c` with these words; `given` is its stdin. Raises OSError."""
        self._hub = hub
        passed: list[int] = []
        ours: list[int] = []
        try:
            source = os.memfd_create("event")
            passed.append(source)
            null = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
            passed.append(null)
            self._error, error_write = os.pipe()
            ours.append(self._error)
            passed.append(error_write)
            self._held, held_write = os.pipe()  # what a callback leaves in the background holds it
            ours.append(self._held)
            passed.append(held_write)
            os.write(source, given.encode())
            os.lseek(source, 0, os.SEEK_SET)
            self.pid = os.posix_spawnp(
                "sh",
                ["sh", "-c", *argv],
                environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, source, 0),
                    (os.POSIX_SPAWN_DUP2, null, 1),
                    (os.POSIX_SPAWN_DUP2, error_write, 2),
                    (os.POSIX_SPAWN_DUP2, held_write, _HELD),
                ],
                setsid=True,
                setsigdef=(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP),
            )
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in passed:
                os.close(descriptor)
        self._said = b""
        os.set_blocking(self._error, False)
        os.set_blocking(self._held, False)
        hub.loop.add_reader(self._error, self._hear)
        hub.loop.add_reader(self._held, self._let_go)
        self._ended = asyncio.Event()
        try:
            self._end = os.pidfd_open(self.pid)
        except OSError:  # no descriptor to be had: it is not left alone
            termination.end_child(self.pid, group=True)
            self._close()
            raise
        hub.loop.add_reader(self._end, self._on_end)

    async def outcome(self, deadline: float, left: Left, name: str) -> str:
        """Wait for the end; empty for success, else what went wrong. What it leaves is counted for `name`."""
        reason = ""
        try:
            await asyncio.wait_for(self._ended.wait(), deadline)
        except TimeoutError:
            reason = f"took longer than {deadline:g} seconds"
            termination.end_group(self.pid, "TERM")
            try:
                await asyncio.wait_for(self._ended.wait(), _GRACE)
            except TimeoutError:
                pass
            self.kill()
            await self._ended.wait()
        if self._is_held() and not reason:
            # Something that it has started runs still: it may go on until the deadline.
            left.add(name)
            self._hub.spawn(self._outlive(deadline, partial(left.remove, name)))
            status = os.waitstatus_to_exitcode(self._peek_status())
        else:
            status = termination.end_child(self.pid, group=True)
            self._close()
        if reason or status == 0:
            return reason
        said = self._said.decode("utf-8", "replace").strip()
        return f"ended with {status}" + (f": {said}" if said else "")

    def kill(self) -> None:
        """End the whole group; its leader is not reaped yet, so the number is ours."""
        termination.end_group(self.pid, "KILL")

    async def _outlive(self, seconds: float, ended: Callable[[], None]) -> None:
        end = self._hub.loop.time() + seconds
        try:
            while self._is_held() and self._hub.loop.time() < end:
                await asyncio.sleep(0.2)
        finally:
            ended()
            termination.end_child(self.pid, group=True)
            self._close()

    def _peek_status(self) -> int:
        """The wait status of the leader, which stays unreaped so that its group keeps its number."""
        found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        if found is None:
            return 0
        return found.si_status << 8 if found.si_code == os.CLD_EXITED else found.si_status

    def _on_end(self) -> None:
        self._hub.loop.remove_reader(self._end)
        os.close(self._end)
        self._hear()
        self._let_go()
        self._ended.set()

    def _hear(self) -> None:
        if self._error < 0:
            return
        try:
            data = os.read(self._error, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            self._stop_hearing()
        elif len(self._said) < _LONGEST_ERROR:
            self._said += data[:_LONGEST_ERROR]

    def _close(self) -> None:
        self._stop_hearing()
        self._close_held()

    def _stop_hearing(self) -> None:
        if self._error >= 0:
            self._hub.loop.remove_reader(self._error)
            os.close(self._error)
            self._error = -1

    def _is_held(self) -> bool:
        return self._error >= 0 or self._held >= 0

    def _let_go(self) -> None:
        try:
            ended = self._held >= 0 and not os.read(self._held, 1 << 16)
        except BlockingIOError:
            return
        if ended:
            self._close_held()

    def _close_held(self) -> None:
        if self._held >= 0:
            self._hub.loop.remove_reader(self._held)
            os.close(self._held)
            self._held = -1
