"""Clients in control mode that come and go beside everything else that happens to the server."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from conftest import TMUX, wait_until

from bridge.errors import BridgeError
from bridge.tmux import versions
from bridge.tmux.apart import apart
from bridge.tmux.client import Tmux
from bridge.tmux.controlmode import ControlClient


@pytest.fixture
def busy(box):
    """A server whose session changes its window 1,000 times a second, which tmux tells every control client."""
    box.tmux("new-session", "-d", "-s", "dev", "exec cat", ";", "new-window", "exec cat")
    words = [TMUX, "-C", "attach-session", "-t", "dev"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    client = subprocess.Popen(words, env=box.env, **pipes)
    done = threading.Event()

    def change() -> None:
        while not done.wait(0.001):
            try:
                client.stdin.write(b"next-window -t dev\n")
                client.stdin.flush()
            except OSError:
                return

    wait_until(lambda: box.tmux("list-clients"), "the first client")
    changing = threading.Thread(target=change)
    changing.start()
    yield box
    done.set()
    changing.join()
    client.kill()
    client.wait()


def test_clients_that_arrive_do_not_end_the_server(busy):
    """Attached by tmux alone about one of ten ends it."""
    tmux = Tmux(busy.env, TMUX)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(60):
        client = ControlClient(tmux, "dev", "no-output,ignore-size")
        assert select.select([client.output], [], [], 5)[0]
        os.write(client.input, b"display-message -p 'it answers'\n")
        heard = b""
        while b"it answers" not in heard:
            heard += os.read(client.output, 4096)
        client.close()
    assert len(busy.tmux("list-clients").splitlines()) == 1
    wait_until(lambda: threading.active_count() <= 2, "the end of what relays")
    assert len(os.listdir("/proc/self/fd")) <= before


def test_one_that_cannot_attach_says_so_and_leaves_nothing(box):
    room = box.directory / "runtime" / "bridge"
    room.mkdir(parents=True, mode=0o700)
    room.parent.chmod(0o700)
    env = box.env | {"XDG_RUNTIME_DIR": str(room.parent)}
    tmux = Tmux(env, TMUX)
    with pytest.raises(OSError, match="no server"):
        ControlClient(tmux, "dev", "no-output")
    box.tmux("new-session", "-d", "-s", "dev", "exec cat")
    for name in ("new", "old"):
        (room / f"door-{name}").mkdir()
    (room / "door-old" / "tmux").write_text("")
    os.utime(room / "door-old", (0, 0))
    before = len(os.listdir("/proc/self/fd"))
    client = ControlClient(tmux, "nobody", "no-output")
    assert b"can't find session" in os.read(client.output, 4096)
    client.close()
    other = box.directory / "silent"
    other.write_text(f'#!/bin/sh\n[ "$1" = -u ] && [ "$2" != -S ] && exec {TMUX} "$@"\n')
    other.chmod(0o755)
    care = versions.needs_care(box.tmux("display-message", "-p", "#{version}").strip())
    if care:
        with pytest.raises(OSError, match="tmux did not come"):
            ControlClient(Tmux(env, str(other)), "dev", "no-output")
    care = versions.needs_care(box.tmux("display-message", "-p", "#{version}").strip())
    if care:
        with pytest.raises(OSError, match="tmux did not come"):
            ControlClient(Tmux(env, str(other)), "dev", "no-output")
    assert {path.name for path in room.iterdir()} == {"door-new", *(() if care else ("door-old",))}
    wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before, "nothing left open")


@pytest.mark.parametrize("runtime", ["", "there", "gone", "open"])
def test_the_room_of_a_client_is_in_a_directory_of_ours(box, runtime):
    """The login's where there is one that is ours, else below the state; a link that lies there is not followed."""
    box.tmux("new-session", "-d", "-s", "dev", "exec cat")
    login, state = box.directory / "runtime", Path(box.env["BRIDGE_STATE_DIR"])
    if runtime in ("there", "open"):
        (login / "bridge").mkdir(parents=True, mode=0o700)
        login.chmod(0o700)
        (login / "bridge").chmod(0o777 if runtime == "open" else 0o700)
    env = box.env | {"XDG_RUNTIME_DIR": str(login) if runtime else ""}
    place = login / "bridge" if runtime == "there" else state / f"bridge-{os.getuid()}"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    state.mkdir(exist_ok=True, mode=0o700)
    theirs = box.directory / "theirs"
    theirs.mkdir()
    (theirs / "tmux").write_text("kept")
    (place / "door-evil").symlink_to(theirs)
    os.utime(place / "door-evil", (0, 0), follow_symlinks=False)
    beside = {path.name for path in Path("/tmp").glob("*door-*")}
    client = ControlClient(Tmux(env, TMUX), "dev", "no-output")
    client.close()
    assert (theirs / "tmux").read_text() == "kept"
    assert [path.name for path in place.iterdir()] == ["door-evil"]
    assert {path.name for path in Path("/tmp").glob("*door-*")} == beside


def test_a_state_directory_with_a_long_name_has_a_room_too(box):
    box.tmux("new-session", "-d", "-s", "dev", "exec cat")
    deep = box.directory / ("long" * 30) / "state"
    client = ControlClient(Tmux(box.env | {"BRIDGE_STATE_DIR": str(deep)}, TMUX), "dev", "no-output")
    assert select.select([client.output], [], [], 5)[0]
    client.close()
    room = deep / f"bridge-{os.getuid()}"
    care = versions.needs_care(box.tmux("display-message", "-p", "#{version}").strip())
    assert room.exists() == care  # others need none
    assert not care or list(room.iterdir()) == []


def test_a_client_that_does_not_leave_is_killed(box):
    """One that is stopped hears neither the end of its input nor SIGTERM."""
    box.tmux("new-session", "-d", "-s", "dev", "exec cat")
    client = ControlClient(Tmux(box.env, TMUX), "dev", "no-output")
    os.kill(client._pid, signal.SIGSTOP)
    client.close()
    wait_until(lambda: box.tmux("list-clients") == "", "the server knows")


def test_a_client_ends_with_whoever_started_it(box):
    box.tmux("new-session", "-d", "-s", "dev", "exec cat")
    child = os.fork()
    if child == 0:
        try:
            ControlClient(Tmux(box.env, TMUX), "dev", "no-output")
            wait_until(lambda: box.tmux("list-clients"), "the client")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    wait_until(lambda: box.tmux("list-clients") == "", "its end")


def test_a_process_that_has_no_descriptors_left_loses_none_by_trying(box):
    """Who lives long tries again: with each number of free descriptors in turn, until it can be done."""
    box.tmux("new-session", "-d", "-s", "dev")
    tmux = apart(Tmux(box.env, TMUX))
    ControlClient(tmux, "dev", "no-output,ignore-size").close()
    wait_until(lambda: threading.active_count() == 1, "the end of what relays")
    before = os.listdir("/proc/self/fd")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    refused = 0
    for free in range(20):
        resource.setrlimit(resource.RLIMIT_NOFILE, (1 + max(map(int, before[:-1])) + free, limits[1]))
        try:
            ControlClient(tmux, "dev", "no-output,ignore-size").close()
        except (OSError, BridgeError):
            refused += 1
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        wait_until(lambda: len(os.listdir("/proc/self/fd")) == len(before), f"none to be lost with {free} free")
        wait_until(lambda: box.tmux("list-clients") == "", f"no client to be left with {free} free")
    assert 4 < refused < 20
