"""Work that is called off ends at a wait, once, and gives everything back."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time

import pytest

from bridge import pause
from bridge.system import threads


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def called_off() -> pause.Request:
    request = pause.Request()
    request.call_off()
    return request


def struck(work) -> bool:
    """Whether the work was ended, where nobody wants it from the beginning."""
    request = called_off()
    try:
        pause.within(request, work)
    except pause.Cancelled:
        return True
    finally:
        request.close()
    return False


def poll_a_pipe():
    poller = pause._poller()
    read_end, write_end = os.pipe()
    try:
        poller.register(read_end, 1)
        pause.poll(poller, 60_000)
    finally:
        os.close(read_end)
        os.close(write_end)


def take_a_lock():
    lock = threading.Lock()
    lock.acquire()
    pause.take(lock)


WAITS = {
    "nap": lambda: pause.nap(60),
    "short nap": lambda: pause.nap(0.001),
    "poll": poll_a_pipe,
    "lock": take_a_lock,
    "look": pause.look,
}


@pytest.mark.parametrize("name", WAITS)
def test_every_wait_ends(name):
    before = descriptors()
    assert struck(WAITS[name])
    assert descriptors() == before


def test_it_strikes_once():
    done = []

    def work():
        try:
            pause.nap(60)
        finally:
            pause.nap(0.005)
            pause.look()
            done.append("given back")

    assert struck(work)
    assert done == ["given back"]


def test_what_is_held_is_done_whole_unless_a_part_is_heeded():
    done = []

    def work():
        with pause.held():
            pause.nap(0.005)
            with pause.held():
                pause.look()
            pause.look()
            done.append("whole")
            with pause.heeded():
                pause.nap(60)
            done.append("never")

    assert struck(work)
    assert done == ["whole"]
    assert not struck(lambda: pause.held().__enter__() or pause.look())


def test_what_is_soon_there_is_taken_first():
    read_end, write_end = os.pipe()
    poller = pause._poller()
    poller.register(read_end, 1)
    os.write(write_end, b"x")
    assert not struck(lambda: pause.poll(poller, 60_000, 0.03) or pytest.fail("not taken"))
    os.read(read_end, 1)
    assert struck(lambda: pause.poll(poller, 60_000, 0.001))
    os.close(read_end)
    os.close(write_end)


def test_a_wait_of_somebody_elses_making_is_woken():
    read_end, write_end = os.pipe()
    request = pause.Request()

    def work():
        with pause.Waking(lambda: os.write(write_end, b"x")):
            os.read(read_end, 1)

    timer = threading.Timer(0.05, request.call_off)
    timer.start()
    with pytest.raises(pause.Cancelled):
        pause.within(request, work)
    timer.join()
    for descriptor in (read_end, write_end):
        os.close(descriptor)
    request.close()


def test_without_a_request_nothing_is_called_off():
    pause.nap(0.001)
    pause.look()
    assert pause.ready(os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC), 0) is True


def test_thousands_of_cancels_at_random_moments_leave_nothing_and_print_nothing(capfd):
    """The work opens and closes, imports and takes a lock; whatever it has begun it ends."""
    lock, open_now = threading.Lock(), []

    def work():
        for _ in range(20):
            descriptor = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
            open_now.append(descriptor)
            try:
                pause.take(lock)
                try:
                    pause.nap(0.0001)
                finally:
                    lock.release()
            finally:
                open_now.remove(descriptor)
                os.close(descriptor)

    async def cancel(count):
        for _ in range(count):
            task = asyncio.ensure_future(threads.in_thread(work))
            await asyncio.sleep(random.choice((0, 0, 0.0005, 0.002)))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not lock.locked()

    before = descriptors()
    asyncio.run(cancel(2000))
    assert (open_now, descriptors()) == ([], before)
    assert threads.await_rest(5)
    assert capfd.readouterr() == ("", "")


def test_a_cancelled_call_has_ended_when_its_task_has():
    ended = threading.Event()

    def work():
        try:
            pause.nap(60)
        finally:
            time.sleep(0.05)
            ended.set()

    async def cancel():
        task = asyncio.ensure_future(threads.in_thread(work))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()

    asyncio.run(cancel())


def test_results_and_problems_come_back():
    async def ask():
        assert await threads.in_thread(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await threads.in_thread(lambda: 1 / 0)

    asyncio.run(ask())
