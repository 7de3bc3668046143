"""The command table as Python, in this process."""

from __future__ import annotations

import asyncio
import doctest
import inspect
import socket
import subprocess
import sys
import threading
import time

import pytest
from conftest import ROOT, wait_until

from bridge import client, registry
from bridge.client import AsyncBridge, Bridge, CallError
from bridge.errors import CODES

ROWS = [row for row in registry.load_all() if not row.stream]


@pytest.fixture
def bridge(box):
    with Bridge(environ=box.env) as found:
        yield found


def test_every_command_is_a_method_of_both():
    for row in ROWS:
        name = row.name.replace("-", "_")
        assert getattr(Bridge, name).__doc__ == row.summary
        assert inspect.iscoroutinefunction(getattr(AsyncBridge, name))
    assert not hasattr(Bridge, "pane_stream")


def test_every_code_has_an_exception_of_its_own():
    assert len({found.__name__ for found in client.ERRORS.values()}) == len(CODES)
    assert client.ERRORS["ERR_PANE_GONE"] is client.PaneGoneError
    assert client.ERRORS["ERR_TIMEOUT"] is client.BridgeTimeoutError


def test_a_session_is_made_used_and_ended(box, bridge):
    assert bridge.session_create("dev").session_id.startswith("$")
    assert bridge.pane_create("dev", "work").pane == "%1"
    found = bridge.pane_run("dev", "work", "printf 'a b\\n'; (exit 0)", timeout=20)
    assert (found.output, found.exit_code, found.envelope["outcome"]) == ("a b\n", 0, "exited")
    with pytest.raises(client.CommandFailedError) as caught:
        bridge.pane_run("dev", 1, "(exit 3)", timeout=20.0)
    assert (caught.value.result.exit_code, caught.value.code) == (3, "ERR_COMMAND_FAILED")
    with socket.create_server(("127.0.0.1", 0)) as server:
        opened = bridge.pane_wait_for("dev", 0, port=server.getsockname()[1], timeout=20)
        assert (opened.outcome, opened.in_pane) == ("listening", False)
    assert bridge.call("pane-count", session="dev").count == 2
    assert bridge.session_kill("dev", self_=False).panes_killed == 2


def test_answers_are_those_of_the_cli(box, bridge):
    box.session("dev")
    alone, here = box.bridge("pane-list-detailed", "dev").ok(), bridge.pane_list_detailed("dev").envelope
    assert {**alone, "timestamp": ""} == {**here, "timestamp": ""}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda bridge: bridge.pane_count("none"), "ERR_SESSION_NOT_FOUND"),
        (lambda bridge: bridge.pane_count(), "ERR_USAGE"),
        (lambda bridge: bridge.pane_count("dev", "more"), "ERR_USAGE"),
        (lambda bridge: bridge.pane_count("dev", session="dev"), "ERR_USAGE"),
        (lambda bridge: bridge.pane_count(sesion="dev"), "ERR_USAGE"),
        (lambda bridge: bridge.pane_run("dev", "0", "x", timeout="soon"), "ERR_USAGE"),
        (lambda bridge: bridge.call("pane-cuont", session="dev"), "ERR_UNKNOWN_COMMAND"),
        (lambda bridge: bridge.call("pane-stream", session="dev", pane="0"), "ERR_USAGE"),
        (lambda bridge: Bridge(server="a", socket="b"), "ERR_USAGE"),
        (lambda bridge: Bridge(environ={"BRIDGE_MAX_PANES": "x", "HOME": "/"}), "ERR_USAGE"),
    ],
)
def test_a_failure_is_the_exception_of_its_code(bridge, call, code):
    with pytest.raises(client.ERRORS[code]) as caught:
        call(bridge)
    assert isinstance(caught.value, CallError)
    assert caught.value.message


def test_closing_leaves_no_client_and_a_later_call_opens_again(box, bridge):
    box.session("dev")
    for _ in range(2):
        assert bridge.pane_count("dev").count == 1
        assert box.tmux("list-clients") != ""
        bridge.close()
        # One that does not leave within a second is ended, and the server hears of it a moment later.
        wait_until(lambda: box.tmux("list-clients") == "", "the end of the client")


def test_threads_share_one(box, bridge):
    box.session("dev")
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.extend(bridge.pane_count("dev").count for _ in range(20)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [1] * 160


def test_the_alarm_of_the_program_is_its_own(box, bridge):
    code = (
        "import signal, os; from bridge.client import Bridge\n"
        "signal.signal(signal.SIGALRM, lambda *_: print('rang')); signal.setitimer(signal.ITIMER_REAL, 1)\n"
        "bridge = Bridge(); bridge.session_create('x'); bridge.pane_count('x'); bridge.close(); signal.pause()\n"
    )
    done = box.call([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)})
    assert (done.stdout, done.status) == ("rang\n", 0), done.stderr


def test_many_coroutines_at_once(box):
    box.session("dev")

    async def main():
        async with AsyncBridge(environ=box.env) as bridge:
            found = await asyncio.gather(*(bridge.pane_count("dev") for _ in range(30)))
            with pytest.raises(client.SessionNotFoundError):
                await bridge.pane_count("none")
            return [answer.count for answer in found]

    assert asyncio.run(main()) == [1] * 30
    assert box.tmux("list-clients") == ""


def test_a_cancelled_call_stops_waiting(box):
    box.session("dev")

    async def main():
        async with AsyncBridge(environ=box.env) as bridge:
            task = asyncio.create_task(bridge.pane_wait_for("dev", "0", pattern="never", timeout=600))
            await asyncio.sleep(0.5)
            assert any(thread.name == "bridge call" for thread in threading.enumerate())
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    began = time.monotonic()
    asyncio.run(main())
    wait_until(
        lambda: not any(thread.name == "bridge call" for thread in threading.enumerate()), "the thread's end", 30
    )
    assert time.monotonic() - began < 60


def test_events_come_as_they_are_published(box):
    box.session("dev")

    async def main():
        async with AsyncBridge(environ=box.env) as bridge:
            for number in range(3):
                await bridge.event_publish("dev", "task_done", str(number))
            found = []
            async for event in bridge.events(since=0, event_type="task_done"):
                found.append(event["message"])
                if len(found) == 3:
                    asyncio.get_running_loop().call_later(
                        0.2,
                        lambda: subprocess.Popen([box.built, "event-publish", "dev", "task_done", "late"], env=box.env),
                    )
                if len(found) == 4:
                    break
            return found

    assert asyncio.run(asyncio.wait_for(main(), 30)) == ["0", "1", "2", "late"]


def test_events_block_until_there_is_one(box, bridge):
    box.session("dev")
    bridge.event_publish("dev", "task_done", "one")
    assert next(bridge.events(since=0))["message"] == "one"


def test_the_readme_tells_the_truth(box):
    text = (ROOT / "README.md").read_text()
    examples = doctest.DocTestParser().get_doctest(text, {}, "README", "README.md", 0)
    assert len(examples.examples) >= 2
    script = box.work / "readme.txt"
    script.write_text(text)
    done = box.call([sys.executable, "-m", "doctest", script], env={"PYTHONPATH": str(ROOT)})
    assert (done.stdout, done.status) == ("", 0)


def test_the_types_fit_what_a_program_does(tmp_path):
    good = tmp_path / "good.py"
    good.write_text(
        "from bridge.client import Bridge, PaneGoneError\n"
        "with Bridge(server='x') as bridge:\n"
        "    count: int = bridge.pane_count('dev').count\n"
        "    code: int | None = bridge.pane_run('dev', 0, 'make', timeout=5).exit_code\n"
    )
    bad = tmp_path / "bad.py"
    bad.write_text("from bridge.client import Bridge\nBridge().pane_count(1, 2)\nBridge().pane_cuont('dev')\n")
    words = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache")]
    for path, status in ((good, 0), (bad, 1)):
        done = subprocess.run(
            [*words, str(path)], cwd=tmp_path, env={"MYPYPATH": str(ROOT)}, capture_output=True, text=True
        )
        assert done.returncode == status, done.stdout + done.stderr
