"""A grep that stays: for whoever looks at much text by few patterns, a look costs no process.

A second pattern matches a line that no text holds: when that line comes back, all before it was looked at.
"""

from __future__ import annotations

import os
import select
import time
from threading import Lock

from bridge.system import grep, ids, termination

_KEPT = 16  # processes of 2 MB
_PIECE = 1 << 16
_GIVEN_UP = 3
_TRIED_WITHIN = 1.0  # a grep that gives nothing out before its input ends does not answer at all


class _Running:
    """One grep of one pattern. Raises OSError where it cannot be started."""

    def __init__(self, pattern: str) -> None:
        self.mark = f"bridge-{ids.nonce()}"
        words = [b"grep", b"-E", b"-a", b"--line-buffered", b"-e", pattern.encode("utf-8", "surrogateescape")]
        passed: list[int] = []
        ours: list[int] = []
        try:
            for mine in (1, 0):
                pipe = os.pipe()
                ours.append(pipe[mine])
                passed.append(pipe[1 - mine])
            self.pid = os.posix_spawnp(
                "grep",
                [*words, b"-e", f"^{self.mark}$".encode()],
                grep.ENVIRON,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, passed[0], 0),
                    (os.POSIX_SPAWN_DUP2, passed[1], 1),
                    (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0),
                ],
            )
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in passed:
                os.close(descriptor)
        self._input, self._output = ours
        os.set_blocking(self._input, False)
        os.set_blocking(self._output, False)

    def look(self, text: bytes, within: float) -> list[bytes] | None:
        """The lines that match; None where it has ended. Raises TimeoutError."""
        end = time.monotonic() + within
        end_of_line = b"\n" if text and not text.endswith(b"\n") else b""
        left = memoryview(text + end_of_line + self.mark.encode() + b"\n")
        last = self.mark.encode() + b"\n"
        found = b""
        while not found.endswith(b"\n" + last) and found != last:
            poller = select.poll()
            poller.register(self._output, select.POLLIN)
            if left:
                poller.register(self._input, select.POLLOUT)
            ready = poller.poll(max(0.0, end - time.monotonic()) * 1000)
            if not ready and time.monotonic() >= end:
                raise TimeoutError
            for descriptor, _ in ready:
                try:
                    if descriptor == self._input:
                        left = left[os.write(self._input, left[:_PIECE]) :]
                    elif data := os.read(self._output, _PIECE):
                        found += data
                    else:
                        return None
                except BlockingIOError:
                    continue
                except BrokenPipeError:
                    return None
        return found[: -len(last)].split(b"\n")[:-1]

    def close(self) -> None:
        """End the grep."""
        os.close(self._input)
        os.close(self._output)
        termination.end_child(self.pid)


class Matcher:
    """Looks at texts by patterns, in any thread; keeps the processes of those that were used last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: dict[str, _Running] = {}
        self._failures = 0
        self._closed = False

    def matching_lines(self, pattern: str, text: str) -> list[str]:
        """As `grep.matching_lines`."""
        if self._failures >= _GIVEN_UP or grep.is_plain(pattern):
            return grep.matching_lines(pattern, text)
        with self._lock:
            running = self._idle.pop(pattern, None)
        known = running is not None
        lines = None
        try:
            running = running or _Running(pattern)
            try:
                lines = running.look(text.encode("utf-8", "replace"), grep.DEADLINE if known else _TRIED_WITHIN)
            finally:
                if lines is None:
                    running.close()
        except TimeoutError:
            if known:
                raise grep.too_slow(pattern) from None
            lines = None
        except (OSError, ValueError):
            lines = None
        if lines is None:  # a pattern that is none, no grep, or one that keeps what it has found: this tells
            found = grep.matching_lines(pattern, text)
            self._failures += not known
            return found
        assert running is not None
        self._put_back(pattern, running)
        return [line.decode("utf-8", "replace") for line in lines]

    def close(self) -> None:
        """End every grep that was kept."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, {}
        for running in idle.values():
            running.close()

    def _put_back(self, pattern: str, running: _Running) -> None:
        with self._lock:
            gone = [] if not self._closed else [running]
            if not self._closed:
                if (other := self._idle.pop(pattern, None)) is not None:
                    gone.append(other)
                self._idle[pattern] = running
                while len(self._idle) > _KEPT:
                    gone.append(self._idle.pop(next(iter(self._idle))))
        for each in gone:
            each.close()
