"""Blocking work for an event loop: a thread for each piece, told to stop when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import ctypes
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NAME = "bridge call"


class Cancelled(BaseException):
    """Raised inside work that nobody waits for."""


async def in_thread(work: Callable[[], Any]) -> Any:
    """The result of some work in a thread of its own. Where this is cancelled the work gets `Cancelled`."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def finish(result: Any, problem: BaseException | None) -> None:
        if not done.done():
            done.set_result(result) if problem is None else done.set_exception(problem)

    def run() -> None:
        found, problem = None, None
        try:
            found = work()
        except Cancelled:
            return
        except BaseException as raised:
            problem = raised
        try:
            loop.call_soon_threadsafe(finish, found, problem)
        except RuntimeError:
            return  # the loop has been closed

    thread = threading.Thread(target=run, name=NAME, daemon=True)
    thread.start()
    try:
        return await done
    except asyncio.CancelledError:
        if thread.ident is not None and thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Cancelled))
        raise


def await_rest(seconds: float) -> bool:
    """Let work that was told to stop come to its end, at most so long; whether all of it has."""
    end = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join(max(0.0, end - time.monotonic()))
    return not any(thread.name == NAME for thread in threading.enumerate())
