"""How the daemon's process begins and ends."""

from __future__ import annotations

import asyncio
import os
import signal

from bridge.config import Config
from bridge.context import Context
from bridge.daemon import pulse
from bridge.daemon.service import Service
from bridge.errors import BridgeError
from bridge.store import settings
from bridge.store.rendezvous import DaemonLog, Rendezvous
from bridge.system import process, program


def run(words: list[str]) -> int:
    """Be the daemon: `words` are the session to look at and the descriptor that waits for a word, -1 for none.

    With `detach` behind them it is a child of nobody's that holds nothing of its starter's. Returns the exit
    status once it was asked to stop.
    """
    session, ready = words[0], int(words[1])
    if words[2:] == ["detach"] and not _detach(ready):
        return 0
    environ = dict(os.environ)
    try:
        config = Config(environ, files=settings.read(environ, project=False))
        ctx = Context(config, environ, script=False)
        meeting = Rendezvous(ctx.config, ctx.paths, ctx.environ)
        own = process.read_process(os.getpid())
        if not meeting.take(f"{os.getpid()} {own.started if own else 0}"):
            _say(ready, f"running {meeting.holder() or ''}")
            return 1
        with asyncio.Runner(loop_factory=pulse.loop) as runner:
            runner.run(_serve(ctx, session, meeting, ready))
    except BridgeError as problem:
        _say(ready, f"failed {problem.message}")
        return 1
    except OSError as problem:
        _say(ready, f"failed {problem}")
        return 1
    return 0


def _detach(ready: int) -> bool:
    """Go on in a child that belongs to nobody; false in the parent. Nothing has begun a thread yet."""
    if os.fork():
        return False
    os.chdir("/")
    os.umask(0o077)
    program.close_inherited(ready)
    os.set_inheritable(ready, False)  # noqa: FBT003 - it takes no name
    return True


async def _serve(ctx: Context, session: str, meeting: Rendezvous, ready: int) -> None:
    journal = DaemonLog(meeting.log_path)
    service = Service(ctx, session, meeting, journal)

    def tell_ready() -> None:
        meeting.write_pid(os.getpid())
        service.note("INFO", f"Event loop started (monitoring: {session})")
        _say(ready, f"ready {os.getpid()}")

    service.ready = tell_ready  # type: ignore[method-assign]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        await service.run()
    finally:
        if meeting.read_pid() == os.getpid():
            meeting.remove_pid()


def _say(descriptor: int, text: str) -> None:
    """One line for whoever started us; with nobody there, for stderr.

    Only a daemon that serves closes the descriptor: of any other the end of the file tells that it has ended.
    """
    if descriptor < 0:
        os.write(2, f"[{'INFO' if text.startswith('ready') else 'ERROR'}] daemon: {text}\n".encode())
        return
    try:
        os.write(descriptor, text.replace("\n", " ").encode("utf-8", "replace") + b"\n")
        if text.startswith("ready"):
            os.close(descriptor)
    except OSError:
        return  # whoever asked has gone
