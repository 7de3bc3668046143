"""Waits that end once nobody wants what they wait for.

Work that may be called off runs `within` a `Request`, and every wait of such work goes through this module: so its end
(`Cancelled`) comes at a wait alone, never inside an import, a `finally`, or between a descriptor and its name. It comes
once: what is waited for while things are given back is waited for, and so is what is asked for while `held`.
"""

from __future__ import annotations

import _thread
import posix
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import select
    from collections.abc import Callable
    from typing import Any

_READABLE = 1  # poll(2)
_SHORT = 0.004  # a nap that is not worth a poll
_SLICE = 0.02
_AT_LAST = 1.0
SOON = 0.03  # an answer that is on its way is taken first, so that nothing is left half asked


class Cancelled(BaseException):
    """Nobody waits any more for what this thread does."""


class Request:
    """A piece of work that somebody wants. `descriptor` becomes readable when nobody does."""

    __slots__ = ("_closed", "_guard", "_wake", "also", "called_off", "descriptor", "holds", "told")

    def __init__(self) -> None:
        """Raises OSError where there is no descriptor to be had."""
        self.descriptor, self._wake = _pair()
        self._guard = _thread.allocate_lock()
        self._closed = False
        self.called_off = self.told = False
        self.holds = 0
        self.also: Callable[[], object] | None = None

    def call_off(self) -> None:
        """Have the work end at its next wait; from any thread, at any time."""
        with self._guard:
            if not self.called_off:
                self.called_off = True
                if not self._closed:
                    posix.write(self._wake, b"\1" * 8)
                    if self.also is not None:
                        self.also()

    def close(self) -> None:
        """The work is over."""
        with self._guard:
            if not self._closed:
                self._closed = True
                posix.close(self.descriptor)
                if self._wake != self.descriptor:
                    posix.close(self._wake)


_own = _thread._local()


def within(request: Request, work: Callable[[], Any]) -> Any:
    """Do the work in this thread. Raises `Cancelled` where it was called off before its end."""
    _own.request = request
    try:
        return work()
    finally:
        _own.request = None


class _Held:
    """Work that is done to its end once it has begun."""

    __slots__ = ("_request",)

    def __enter__(self) -> None:
        self._request = getattr(_own, "request", None)
        if self._request is not None:
            self._request.holds += 1

    def __exit__(self, *_: object) -> None:
        if self._request is not None:
            self._request.holds -= 1


def held() -> _Held:
    """For a `with`: what stands in it is not called off. It must be short."""
    return _Held()


class _Heeded:
    """The other way round, within what is held: for a part that takes longer and gives everything back itself."""

    __slots__ = ("_holds", "_request")

    def __enter__(self) -> None:
        self._request = getattr(_own, "request", None)
        if self._request is not None:
            self._holds, self._request.holds = self._request.holds, 0

    def __exit__(self, *_: object) -> None:
        if self._request is not None:
            self._request.holds = self._holds


def heeded() -> _Heeded:
    """For a `with`: what stands in it may be called off, whatever is held around it."""
    return _Heeded()


def look() -> None:
    """Raise `Cancelled` where this thread's work was called off."""
    request = _heeded()
    if request is not None:
        _strike(request)


def nap(seconds: float) -> None:
    """As `time.sleep`."""
    request = _heeded()
    if request is None:
        time.sleep(seconds)
        return
    _strike(request)
    if seconds <= _SHORT:
        time.sleep(seconds)
    else:
        poll(_poller(), seconds * 1000)
    _strike(request)


def poll(poller: select.poll, milliseconds: float | None, soon: float = 0.0) -> list[tuple[int, int]]:
    """As `poller.poll`. Once the work is called off what comes within `soon` seconds is returned nevertheless.

    A wait with such a time ends even while it is `held`, but later: who is asked may never answer.
    """
    request: Request | None = getattr(_own, "request", None)
    if request is None or request.told or (request.holds and not soon):
        return poller.poll(milliseconds)
    if request.holds:
        soon = max(soon, _AT_LAST)
    if not soon:
        _strike(request)
    poller.register(request.descriptor, _READABLE)
    try:
        found = poller.poll(milliseconds)
    finally:
        poller.unregister(request.descriptor)
    if request.called_off and soon and (milliseconds is None or milliseconds > 0):
        left = soon * 1000
        found = poller.poll(left if milliseconds is None else min(left, milliseconds))
        if found:
            return found
    _strike(request)
    return found


def ready(descriptor: int, seconds: float | None) -> bool:
    """Whether there is something to read from the descriptor within so many seconds; None waits for ever."""
    poller = _poller()
    poller.register(descriptor, _READABLE)
    return bool(poll(poller, None if seconds is None else max(0.0, seconds) * 1000))


class Waking:
    """For a `with` around a wait of somebody else's making: `wake` is called once, by whoever calls the work off.

    `wake` must not raise.
    """

    __slots__ = ("_request", "_wake")

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake

    def __enter__(self) -> None:
        self._request = _heeded()
        if self._request is not None:
            with self._request._guard:
                self._request.also = self._wake
            _strike(self._request)

    def __exit__(self, *_: object) -> None:
        if self._request is not None:
            with self._request._guard:
                self._request.also = None
        look()


def take(lock: Any) -> None:
    """As `lock.acquire()`."""
    request = _heeded()
    while not lock.acquire(timeout=_SLICE if request is not None else -1):
        look()


def _heeded() -> Request | None:
    """The request that a wait has to look at, None where it has to look at none."""
    request: Request | None = getattr(_own, "request", None)
    return None if request is None or request.told or request.holds else request


def _strike(request: Request) -> None:
    if request.called_off:
        request.told = True
        raise Cancelled


def _poller() -> select.poll:
    from select import poll as make  # noqa: PLC0415 - 0.3 ms, for who waits

    return make()


def _pair() -> tuple[int, int]:
    if hasattr(posix, "eventfd"):
        descriptor = posix.eventfd(0, posix.EFD_CLOEXEC | posix.EFD_NONBLOCK)
        return descriptor, descriptor
    return posix.pipe()
