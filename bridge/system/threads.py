"""Blocking work for an event loop: a thread for each piece, which ends at its next wait when nobody wants it."""

from __future__ import annotations

import asyncio
import threading
import time

from bridge import pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NAME = "bridge call"


async def in_thread(work: Callable[[], Any]) -> Any:
    """The result of some work in a thread of its own.

    Where this is cancelled the work is called off (`pause`), and has ended when this raises; a second cancellation
    leaves it to end by itself.
    """
    loop = asyncio.get_running_loop()
    over: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    request = pause.Request()

    def finish(result: Any, problem: BaseException | None) -> None:
        if not over.done():
            over.set_result((result, problem))

    def run() -> None:
        result: Any = None
        problem: BaseException | None = None
        try:
            result = pause.within(request, work)
        except BaseException as raised:
            problem = raised
        request.close()
        try:
            loop.call_soon_threadsafe(finish, result, problem)
        except RuntimeError:
            return  # the loop has been closed

    try:
        threading.Thread(target=run, name=NAME, daemon=True).start()
    except BaseException:
        request.close()
        raise
    try:
        await asyncio.wait((over,))
    except asyncio.CancelledError:
        request.call_off()
        await asyncio.wait((over,))
        raise
    result, problem = over.result()
    if problem is not None:
        raise problem
    return result


def await_rest(seconds: float) -> bool:
    """Let work that was told to stop come to its end, at most so long; whether all of it has."""
    end = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join(max(0.0, end - time.monotonic()))
    return not any(thread.name == NAME for thread in threading.enumerate())
