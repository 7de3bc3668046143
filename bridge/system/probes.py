"""Asking whether something works: a port, an address, a command. Each is given 5 seconds."""

from __future__ import annotations

import os
import select
import signal
import subprocess

from bridge.system import process

WITHIN = 5.0


def port(number: int) -> list[str]:
    """Why a connection to this port of the machine cannot be made; empty where it can."""
    import socket  # noqa: PLC0415 - 8 ms

    try:
        socket.create_connection(("localhost", number), WITHIN).close()
    except OSError as problem:
        return [f"port {number}: {problem.strerror or problem}"]
    return []


def address(url: str) -> list[str]:
    """Why the address does not answer with 2xx (RFC 9110 section 15.3); no proxy is asked. Empty where it does."""
    import http.client  # noqa: PLC0415
    import urllib.error  # noqa: PLC0415 - 60 ms
    import urllib.request  # noqa: PLC0415

    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=WITHIN) as answer:
            status = int(answer.status)
    except urllib.error.HTTPError as problem:
        status = problem.code
    except (OSError, ValueError, http.client.HTTPException) as problem:
        return [f"{url}: {getattr(problem, 'reason', '') or repr(problem)}"]
    return [] if 200 <= status < 300 else [f"{url}: HTTP {status}"]


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
    ended = process.watch_end(running.pid)
    poller = select.poll()
    poller.register(ended, select.POLLIN)
    in_time = bool(poller.poll(WITHIN * 1000))
    os.close(ended)
    try:
        os.killpg(running.pid, signal.SIGKILL)  # not reaped yet, so the number is still its own
    except (ProcessLookupError, PermissionError):
        pass
    code = running.wait()
    if not in_time:
        return [f"the check takes longer than {WITHIN:g} s: {text}"]
    return [] if code == 0 else [f"the check ended with exit code {code}: {text}"]
