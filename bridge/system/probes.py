"""Asking whether something works: a port, an address, a command. Each is given 5 seconds."""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
import time

from bridge import pause
from bridge.system import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

WITHIN = 5.0


def port(number: int) -> list[str]:
    """Why a connection to this port of the machine cannot be made; empty where it can."""
    try:
        _connect(("localhost", number)).close()
    except OSError as problem:
        return [f"port {number}: {problem.strerror or problem}"]
    return []


def address(url: str) -> list[str]:
    """Why the address does not answer with 2xx (RFC 9110 section 15.3); no proxy is asked. Empty where it does."""
    import http.client  # noqa: PLC0415
    import socket  # noqa: PLC0415
    import urllib.error  # noqa: PLC0415 - 60 ms
    import urllib.request  # noqa: PLC0415

    held: list[socket.socket] = []

    def connect(place: tuple[str, int], *_: object) -> socket.socket:
        found = _connect(place)
        held.append(found.dup())
        found.settimeout(WITHIN)
        return found

    def wake() -> None:
        for each in held:  # whoever reads from it or writes to it is told of its end
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    class Plain(urllib.request.HTTPHandler):
        def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(_making(http.client.HTTPConnection, connect), request)

    class Secure(urllib.request.HTTPSHandler):
        def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(_making(http.client.HTTPSConnection, connect), request)

    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Plain, Secure)
        with pause.Waking(wake), opener.open(url, timeout=WITHIN) as answer:
            status = int(answer.status)
    except urllib.error.HTTPError as problem:
        status = problem.code
    except (OSError, ValueError, http.client.HTTPException) as problem:
        return [f"{url}: {getattr(problem, 'reason', '') or repr(problem)}"]
    finally:
        for each in held:
            each.close()
    return [] if 200 <= status < 300 else [f"{url}: HTTP {status}"]


def _making(kind: Any, connect: Callable[..., socket.socket]) -> Any:
    """What makes connections of that kind over sockets of ours."""

    def make(host: str, **options: object) -> Any:
        made = kind(host, **options)
        made._create_connection = connect
        return made

    return make


def _connect(place: tuple[str, int]) -> socket.socket:
    """A connection to there, by the first of its addresses that takes one. Raises OSError."""
    import socket  # noqa: PLC0415 - 8 ms

    end = time.monotonic() + WITHIN
    reason: OSError = TimeoutError("timed out")
    for family, kind, protocol, _, where in socket.getaddrinfo(*place, type=socket.SOCK_STREAM):
        found = None
        try:
            found = socket.socket(family, kind, protocol)
            found.settimeout(0)
            poller = select.poll()
            poller.register(found.fileno(), select.POLLOUT)
            code = found.connect_ex(where)
            if code == errno.EINPROGRESS:
                if not pause.poll(poller, max(0.0, end - time.monotonic()) * 1000):
                    raise TimeoutError("timed out")
                code = found.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
        except OSError as problem:
            reason = problem
            if found is not None:
                found.close()
        except BaseException:
            if found is not None:
                found.close()
            raise
        else:
            return found
    raise reason


def command(text: str, environ: dict[str, str]) -> list[str]:
    """Why the shell command does not exit with 0 in time; empty where it does.

    It runs in a process group of its own that is ended with it.
    """
    running = subprocess.Popen(
        ["/bin/sh", "-c", text],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    in_time = False
    try:
        ended = process.watch_end(running.pid)
        poller = select.poll()
        poller.register(ended, select.POLLIN)
        try:
            in_time = bool(pause.poll(poller, WITHIN * 1000))
        finally:
            os.close(ended)
    finally:
        try:
            os.killpg(running.pid, signal.SIGKILL)  # not reaped yet, so the number is still its own
        except (ProcessLookupError, PermissionError):
            pass
        code = running.wait()
    if not in_time:
        return [f"the check takes longer than {WITHIN:g} s: {text}"]
    return [] if code == 0 else [f"the check ended with exit code {code}: {text}"]
