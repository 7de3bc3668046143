"""Calls of the Click front without the 0.1 s of processor time that loading Click takes.

A process that has loaded Click and the standard library is forked for each call. What is bridge's own is loaded in
the process of the call, with its words, environment, directory and descriptors, as in one that was started anew.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AT_START = ("LC_", "LANG", "PYTHON", "TZ")  # what an interpreter takes from the environment when it starts
LONGEST = 60_000  # bytes of words, and of a text on stdin: one message, and what a pipe holds
SERVER = """
import gc, json, os, posix, socket, sys
sys.path.insert(0, sys.argv[1])
from bridge.cli import app, locks
del app, locks
for name in [name for name in sys.modules if name.partition(".")[0] == "bridge"]:
    del sys.modules[name]
gc.collect()
gc.freeze()
door = socket.socket(fileno=int(sys.argv[2]))
while True:
    data, given, _, _ = socket.recv_fds(door, 1 << 20, 3)
    if not data:
        os._exit(0)
    pid = os.fork()
    if not pid:
        break
    for descriptor in given:
        os.close(descriptor)
    door.send(str(pid).encode())
    door.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())
gc.unfreeze()
door.close()
for number, descriptor in enumerate(given):
    os.dup2(descriptor, number)
    os.close(descriptor)
call = json.loads(data)
os.chdir(call["cwd"])
os.environ.clear()
os.environ.update(call["env"])
assert posix.environ == {os.fsencode(name): os.fsencode(value) for name, value in call["env"].items()}
sys.argv[1:] = call["words"]
from bridge.cli.app import main
try:
    main()
except SystemExit as leave:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(leave.code)
"""


class Server:
    """The process that is forked; it ends when the pipe to it does."""

    def __init__(self, env: dict[str, str]) -> None:
        self.door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-c", SERVER, str(ROOT), str(theirs.fileno())]
            subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
            )

    def call(self, words: list[str], env: dict[str, str], cwd: str, text: bytes, timeout: float) -> tuple:
        """Exit status, stdout and stderr of one call."""
        pipes = [os.pipe() for _ in range(3)]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        ours = [pipes[0][1], pipes[1][0], pipes[2][0]]
        request = json.dumps({"words": words, "env": env, "cwd": cwd}).encode()
        socket.send_fds(self.door, [request], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        pid = int(self.door.recv(64))
        os.write(ours[0], text)
        os.close(ours[0])
        end = time.monotonic() + timeout
        try:
            found = _read(ours[1:], end)
            self.door.settimeout(max(0.01, end - time.monotonic()))
            return int(self.door.recv(64)), *found
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            self.door.settimeout(None)
            self.door.recv(64)
            raise subprocess.TimeoutExpired(words, timeout) from None
        finally:
            self.door.settimeout(None)
            for descriptor in ours[1:]:
                os.close(descriptor)


def _read(descriptors: list[int], end: float) -> list[bytes]:
    """What comes from each until its end."""
    found = dict.fromkeys(descriptors, b"")
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                found[key.fd] += data
                if not data:
                    selector.unregister(key.fd)
    return list(found.values())


_servers: dict[tuple, Server] = {}
_turn = threading.Lock()


def run(words, env: dict[str, str], cwd, text: bytes, timeout: float) -> subprocess.CompletedProcess | None:
    """As subprocess.run with everything captured; None where such a call has to be started by itself."""
    words = [os.fsdecode(word) if isinstance(word, bytes) else str(word) for word in words]
    if len(text) > LONGEST or sum(map(len, words)) > LONGEST:
        return None
    started = tuple(sorted((name, value) for name, value in env.items() if name.startswith(AT_START)))
    with _turn:
        if started not in _servers:
            _servers[started] = Server(env)
        status, stdout, stderr = _servers[started].call(words, env, str(cwd), text, timeout)
    return subprocess.CompletedProcess(words, status, stdout, stderr)
