"""Reading what a tmux process prints, within a deadline."""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import posix
import time

from bridge.errors import BridgeError


class _Expired(BaseException):
    """The deadline of a call is over."""


def by_alarm(pid: int, output: int, error: int, deadline: float, last: bytes) -> tuple[bytes, bytes | None]:
    """Read both pipes to their ends, or stdout until it ends with `last` (if any): then None stands for stderr.

    What tmux writes to stderr fits into a pipe.

    An alarm ends a read that takes too long: it costs two system calls, importing select 0.3 ms.
    """
    if signal.SIGALRM in signal.pthread_sigmask(signal.SIG_BLOCK, ()):  # inherited so: it would never ring
        return by_poll(pid, output, error, deadline)
    try:
        before = signal.signal(signal.SIGALRM, _expire)
    except ValueError:  # only the main thread may have an alarm
        return by_poll(pid, output, error, deadline)
    try:
        signal.setitimer(signal.ITIMER_REAL, deadline)
        found = _read(output, last)
        errors = None if last and found.endswith(last) else _read(error, last)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except _Expired:
        raise _too_slow(pid, deadline) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return found, errors


def by_poll(pid: int, output: int, error: int, deadline: float, soon: float = 0.0) -> tuple[bytes, bytes]:
    """Read both pipes to their ends, in any thread; where the work is called off (pause) the process is ended.

    An answer that comes within `soon` seconds of that is taken.
    """
    try:
        found, errors = until(output, error, deadline, b"", soon)
    except TimeoutError:
        raise _too_slow(pid, deadline) from None
    except BaseException:
        _end(pid)
        raise
    return found, errors or b""


def until(output: int, error: int, deadline: float, last: bytes, soon: float = 0.0) -> tuple[bytes, bytes | None]:
    """Read both pipes to their ends, or stdout until it ends with `last`: then None stands for stderr; in any thread.

    Raises TimeoutError after `deadline` seconds. `soon` as of `by_poll`.
    """
    import select  # noqa: PLC0415 - only in other threads

    from bridge import pause  # noqa: PLC0415 - only where work may be called off

    chunks: dict[int, list[bytes]] = {output: [], error: []}
    tail = b""
    poller = select.poll()
    for descriptor in chunks:
        poller.register(descriptor, select.POLLIN)
    end = time.monotonic() + deadline
    left = len(chunks)
    while left:
        wait = end - time.monotonic()
        if wait <= 0:
            raise TimeoutError
        for descriptor, _ in pause.poll(poller, wait * 1000, soon):
            data = posix.read(descriptor, 1 << 20)
            chunks[descriptor].append(data)
            if not data:
                poller.unregister(descriptor)
                left -= 1
            elif last and descriptor == output:
                tail = (tail + data)[-len(last) :]
                if tail == last:
                    return b"".join(chunks[output]), None
    return b"".join(chunks[output]), b"".join(chunks[error])


def _expire(*_: object) -> None:
    raise _Expired


def _read(descriptor: int, last: bytes) -> bytes:
    """Read to the end of the file, or until what was read ends with `last`."""
    chunks, tail = [], b""
    while data := posix.read(descriptor, 1 << 20):
        chunks.append(data)
        if last:
            tail = (tail + data)[-len(last) :]
            if tail == last:
                break
    return b"".join(chunks)


def _too_slow(pid: int, deadline: float) -> BridgeError:
    _end(pid)
    return too_slow(deadline)


def _end(pid: int) -> None:
    posix.kill(pid, signal.SIGKILL)
    posix.waitpid(pid, 0)


def too_slow(deadline: float) -> BridgeError:
    """The error for a tmux that did not answer in time."""
    return BridgeError(
        "ERR_TIMEOUT",
        f"tmux gave no answer within {deadline:g} seconds",
        hint="is the server stopped or busy? what was asked may still be done; BRIDGE_TMUX_TIMEOUT sets the limit",
    )
