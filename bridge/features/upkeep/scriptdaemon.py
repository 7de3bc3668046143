"""The verbs of the old daemon script, in its plain lines: text on stdout, no envelope."""

from __future__ import annotations

import select
import time

from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.daemon import lifecycle
from bridge.features.events import eventlog, subscribe
from bridge.store.paths import ensure
from bridge.store.rendezvous import DaemonLog, Rendezvous
from bridge.system import process

_COLOURS = {"INFO": "0;34", "SUCCESS": "0;32", "WARN": "1;33", "ERROR": "0;31"}
_LINES_OF_AN_EVENT = 7
USAGE = """\
Claude-tmux Event Daemon

Usage: claude-tmux-daemon.sh <command> [arguments]

Commands:
  start [SESSION]      Start the daemon (all sessions by default)
  stop                 Stop the daemon
  restart [SESSION]    Stop it if it runs, then start it
  status               Tell whether it runs
  logs [LINES]         Show the last lines of its log (50)
  subscribe SESSION pattern-match PANE PATTERN [CALLBACK]
  subscribe SESSION timeout PANE SECONDS [CALLBACK]
  subscribe SESSION pane-exit
  help                 Show this text
"""


class _RefusedError(Exception):
    """The verb has failed; what was to be said is said."""


class _Voice:
    """Coloured lines on stdout that are kept in the log as well."""

    def __init__(self, ctx: Context, meeting: Rendezvous) -> None:
        self._ctx = ctx
        self._log = DaemonLog(meeting.log_path)

    def say(self, level: str, text: str) -> None:
        self._ctx.write(f"\033[{_COLOURS[level]}m[DAEMON]\033[0m {text}\n".encode("utf-8", "surrogateescape"))
        self.note(level, text)

    def note(self, level: str, text: str) -> None:
        """A line for the log alone."""
        self._log.add(f"[{time.strftime('%Y-%m-%d %H:%M:%S')}] {level}: {text}")


def run(ctx: Context, verb: str, words: list[str]) -> int:
    """Do what the verb did; returns the exit status."""
    if verb in ("help", "--help", "-h"):
        ctx.write(USAGE.encode())
        return 0
    verbs = {
        "start": _start,
        "stop": _stop,
        "restart": _restart,
        "status": _status,
        "logs": _logs,
        "subscribe": _subscribe,
    }
    voice = _Voice(ctx, lifecycle.place(ctx))
    if verb not in verbs:
        voice.say("ERROR", f"Unknown command: {verb}")
        ctx.write(USAGE.encode())
        return 1
    try:
        verbs[verb](ctx, voice, words)
    except _RefusedError:
        return 1
    except BridgeError as problem:
        voice.say("ERROR", problem.message)
        return 1
    except BrokenPipeError:
        return 0
    return 0


def check_reader() -> None:
    """Raise BrokenPipeError where nobody reads stdout any more."""
    poller = select.poll()
    poller.register(1, 0)
    if any(found & (select.POLLERR | select.POLLNVAL) for _, found in poller.poll(0)):
        raise BrokenPipeError


def _start(ctx: Context, voice: _Voice, words: list[str]) -> None:
    meeting = lifecycle.place(ctx)
    identity = meeting.holder()
    if identity is not None:
        voice.say("ERROR", f"Daemon already running (PID: {identity.split(' ')[0]})")
        raise _RefusedError
    session = words[0] or "*"
    ensure(ctx.paths.events)
    ensure(ctx.paths.states)
    for text in (
        f"Initialized directories: {ctx.paths.events}, {ctx.paths.states}",
        "Starting daemon...",
        f"Monitor session: {session}",
        f"Log file: {meeting.log_path}",
        f"PID file: {meeting.pid_path}",
    ):
        voice.say("INFO", text)
    try:
        pid = lifecycle.start(ctx, session)
    except BridgeError as problem:
        voice.note("ERROR", problem.message)
        voice.say("ERROR", "Daemon failed to start")
        raise _RefusedError from None
    voice.say("INFO", f"Event loop started (monitoring: {session})")
    voice.say("INFO", "Poll interval: 0.5s")  # the script's words; nothing polls
    voice.say("SUCCESS", f"Daemon started successfully (PID: {pid})")


def _stop(ctx: Context, voice: _Voice, words: list[str]) -> None:
    identity = lifecycle.place(ctx).holder()
    if identity is None:
        voice.say("WARN", "Daemon not running")
        raise _RefusedError
    voice.say("INFO", f"Stopping daemon (PID: {identity.split(' ')[0]})...")
    lifecycle.stop(ctx, lambda: voice.say("WARN", "Daemon didn't stop gracefully, force killing..."))
    voice.say("SUCCESS", "Daemon stopped")


def _restart(ctx: Context, voice: _Voice, words: list[str]) -> None:
    if lifecycle.place(ctx).holder() is not None:
        _stop(ctx, voice, [])
    _start(ctx, voice, words)


def _status(ctx: Context, voice: _Voice, words: list[str]) -> None:
    meeting = lifecycle.place(ctx)
    answer = lifecycle.ask(ctx, {"op": "status"})
    if answer is None:
        stale = meeting.read_pid()
        if stale and not process.is_alive(stale):
            meeting.remove_pid()
        voice.say("INFO", "Daemon is not running")
        raise _RefusedError
    voice.say("SUCCESS", f"Daemon is running (PID: {answer['pid']})")
    total, seconds = answer["events_total"], answer["uptime_seconds"]
    assert isinstance(total, int)
    total -= eventlog.count(ctx, "command-finished")  # the script had none of these
    assert isinstance(seconds, int)
    rows = (
        "",
        f"Event directory: {ctx.paths.events}",
        f"Log file: {meeting.log_path}",
        f"Uptime: {_elapsed(seconds)}",
        f"Total events: {total * _LINES_OF_AN_EVENT}",
    )
    ctx.write("".join(f"{row}\n" for row in rows).encode())


def _elapsed(seconds: int) -> str:
    """As the elapsed time of ps(1): [[days-]hours:]minutes:seconds."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    text = f"{minutes:02}:{rest:02}"
    if days:
        return f"{days}-{hours:02}:{text}"
    return f"{hours:02}:{text}" if hours else text


def _logs(ctx: Context, voice: _Voice, words: list[str]) -> None:
    count = words[0] or "50"
    if not (count.isascii() and count.isdigit()):
        raise _RefusedError  # the script's tail complained on stderr and printed nothing
    found = DaemonLog(lifecycle.place(ctx).log_path).tail(int(count[:9]))
    if found is None:
        voice.say("WARN", "No log file found")
        raise _RefusedError
    lines, file = found
    file.close()
    ctx.write("".join(f"{line}\n" for line in lines).encode())


def _subscribe(ctx: Context, voice: _Voice, words: list[str]) -> None:
    session, kind, pane, value, callback = words[:5]
    if not session or not kind:
        voice.say("ERROR", "subscribe requires a session and an event type")
        raise _RefusedError
    if kind == "pattern-match":
        if not pane or not value:
            voice.say("ERROR", "pattern-match requires pane_id and pattern")
            raise _RefusedError
        subscribe.subscribe(ctx, session, kind, pane=pane, pattern=value, callback=callback)
        voice.say("SUCCESS", f"Subscribed to pattern '{value}' on pane {pane}")
    elif kind == "timeout":
        if not pane or not value:
            voice.say("ERROR", "timeout requires pane_id and deadline (seconds)")
            raise _RefusedError
        if not (value.isascii() and value.replace(".", "", 1).isdigit() and len(value) <= 12):
            voice.say("ERROR", f"not a number of seconds: {value}")
            raise _RefusedError
        made, _ = subscribe.subscribe(ctx, session, kind, pane=pane, after=float(value), callback=callback)
        voice.say("SUCCESS", f"Set timeout for pane {pane} (deadline: {made['deadline']})")
    elif kind == "pane-exit":
        voice.say("INFO", "pane-exit events are automatic (no subscription needed)")
    else:
        voice.say("ERROR", f"Unknown event type: {kind}")
        raise _RefusedError
