"""The daemon as its callers see it: started, asked and ended. Who holds its lock is the daemon."""

from __future__ import annotations

import os
import socket
import time

from bridge import pause
from bridge.config import rooted
from bridge.context import Context
from bridge.core import jsontext
from bridge.envelope import compact
from bridge.errors import BridgeError
from bridge.store.paths import ensure
from bridge.store.rendezvous import Rendezvous, ensure_parent
from bridge.system import process, program, termination

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ANSWERS_WITHIN = 5.0
_STARTS_WITHIN = 15.0
_STOPS_WITHIN = 10.0
_STEP = 0.005
_READY = 3  # the descriptor by which it says that it serves
LARGEST_ANSWER = 16 * 1024 * 1024


def place(ctx: Context) -> Rendezvous:
    """Where this tmux server's daemon is met."""
    return Rendezvous(ctx.config, ctx.paths, ctx.environ)


def ask(
    ctx: Context, question: dict[str, object], *, within: float = _ANSWERS_WITHIN, look: str = ""
) -> dict[str, object] | None:
    """The daemon's answer, None where none runs.

    `look` is the command that tells whether the question was followed, where no answer does.
    Raises ERR_DAEMON where one runs but gives no answer in time, and what the daemon refused with.
    """
    meeting = place(ctx)
    if meeting.holder() is None:
        return None
    end = time.monotonic() + within
    while True:
        try:
            answer = jsontext.loads_object(_exchange(meeting, compact(question), end))
            break
        except (OSError, ValueError) as problem:
            # It may be about to open its socket, or to end.
            if meeting.holder() is None:
                return None
            if time.monotonic() >= end or isinstance(problem, TimeoutError):
                raise unanswered(meeting, within, look) from None
            pause.nap(_STEP)
    refusal = answer.get("error")
    if isinstance(refusal, dict):
        raise BridgeError(
            str(refusal.get("code")), str(refusal.get("message")), hint=str(refusal.get("hint") or "") or None
        )
    return answer


def lacks(ctx: Context, part: str, hint: str) -> str | None:
    """Why a part of the daemon does not do its work: `hint` where no daemon runs; None where it does."""
    if place(ctx).holder() is None:
        return hint
    try:
        answer = ask(ctx, {"op": "lacks", "part": part})
    except BridgeError as problem:
        return problem.message
    return hint if answer is None else (str(answer.get("lacks") or "") or None)


def unanswered(meeting: Rendezvous, within: float, look: str = "") -> BridgeError:
    """The error for a daemon that holds the lock and does not answer."""
    message = f"the daemon ({meeting.holder()}) gives no answer within {within:g} seconds"
    hint = "bridge daemon-restart ends it and starts another"
    if look:
        message += "; it is not known whether this was done, or will be"
        hint = f"{look} tells, before you ask again; {hint}"
    return BridgeError("ERR_DAEMON", message, hint=hint)


def start(ctx: Context, session: str) -> int:
    """Start the daemon in the background; returns its pid once it answers.

    It is cut off from the caller: own session, no descriptor of ours. Raises ERR_DAEMON with the
    reason; with `fields` holding the pid where one runs already.
    """
    meeting = place(ctx)
    ensure(ctx.paths.root)
    ensure_parent(meeting.log_path)
    read_end, write_end = os.pipe()
    try:
        # It forks by itself: a fork of this process would take along what its other threads hold.
        if write_end == _READY:  # not closed for the child only where it is given another number
            write_end = os.dup(_READY)
            os.close(_READY)
        words = command(session, _READY)
        pid = os.posix_spawn(
            words[0],
            [*words, "detach"],
            environment(ctx),
            file_actions=[
                *((os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_RDWR, 0) for number in (0, 1, 2)),
                (os.POSIX_SPAWN_DUP2, write_end, _READY),
            ],
            setsid=True,
        )
    except OSError as problem:
        os.close(read_end)
        raise BridgeError("ERR_DAEMON", f"the daemon did not start: {problem}", fields={"pid": None}) from None
    finally:
        os.close(write_end)
    os.waitpid(pid, 0)  # only this child: others are the caller's
    said = b""
    end = time.monotonic() + _STARTS_WITHIN
    try:
        # One that does not serve is read to its end, so that it has ended when we answer.
        while not (said.startswith(b"ready") and said.endswith(b"\n")) and (left := end - time.monotonic()) > 0:
            if pause.ready(read_end, left):
                data = os.read(read_end, 4096)
                if not data:
                    break
                said += data
    finally:
        os.close(read_end)
    word, _, rest = said.decode("utf-8", "replace").strip().partition(" ")
    if word == "ready":
        return int(rest)
    if word == "running":
        raise running_already(rest)
    raise BridgeError(
        "ERR_DAEMON",
        f"the daemon did not start: {rest or 'it ended without a word'}",
        hint=f"bridge daemon-logs, or bridge daemon-start --foreground; the log is {meeting.log_path}",
        fields={"pid": None},
    )


def running_already(identity: str) -> BridgeError:
    """The error for a daemon that is to be started and runs already."""
    pid = identity.split(" ", maxsplit=1)[0]
    return BridgeError(
        "ERR_DAEMON",
        f"the daemon runs already (PID: {pid})",
        hint="bridge daemon-status tells about it; bridge daemon-restart replaces it",
        fields={"pid": int(pid) if pid.isdigit() else None},
    )


def not_running() -> BridgeError:
    """The error for a daemon that is needed and does not run."""
    return BridgeError("ERR_DAEMON", "the daemon does not run", hint="bridge daemon-start", fields={"pid": None})


def command(session: str, ready: int = -1) -> list[str]:
    """The words that run the daemon in this very process's place."""
    return [*program.itself(), "--daemon", session, str(ready)]


def environment(ctx: Context) -> dict[str, str]:
    """The environment of the daemon: the same tmux server, whatever options named it."""
    kept = {key: value for key, value in ctx.tmux.environ.items() if key not in ("TMUX", "TMUX_PANE")}
    kept |= rooted(kept)  # it works in the root directory
    return kept | {"BRIDGE_SOCKET": ctx.config.server, "BRIDGE_CORRELATION_ID": ctx.correlation_id}


def stop(ctx: Context, forced: Callable[[], None] | None = None) -> int:
    """End the daemon and wait until it has gone; returns the pid it had, 0 where none ran.

    It is asked first. One that does not hear is ended by signals, after its identity was checked by
    the lock and its start time; nothing else is ever signalled. `forced` is called before it is killed.
    Raises ERR_DAEMON where it stays.
    """
    meeting = place(ctx)
    identity = meeting.holder()
    if identity is None:
        return 0
    pid, _, started = identity.partition(" ")
    try:
        ask(ctx, {"op": "stop"})
    except BridgeError:
        _signal(pid, started, "TERM")
    if not _gone_within(meeting, identity, _STOPS_WITHIN):
        if forced is not None:
            forced()
        _signal(pid, started, "KILL")
        if not _gone_within(meeting, identity, _STOPS_WITHIN):
            raise unanswered(meeting, _STOPS_WITHIN * 2)
    return int(pid) if pid.isdigit() else 0


def _signal(pid: str, started: str, name: str) -> None:
    found = process.read_process(int(pid)) if pid.isdigit() else None
    if found is not None and str(found.started) == started:
        termination.send(found.pid, found.started, name)


def _gone_within(meeting: Rendezvous, identity: str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while meeting.holder() == identity:
        if time.monotonic() >= end:
            return False
        pause.nap(_STEP)
    return True


def _exchange(meeting: Rendezvous, question: str, end: float) -> str:
    address, directory = meeting.socket_address(meeting.met_at())
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            _connect(connection, address, end)
            connection.settimeout(max(0.01, end - time.monotonic()))
            connection.sendall(question.encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n") and len(answer) < LARGEST_ANSWER:
                if not pause.ready(connection.fileno(), end - time.monotonic()):
                    raise TimeoutError
                data = connection.recv(1 << 16)
                if not data:
                    break
                answer += data
        return answer.decode("utf-8", "replace")
    finally:
        if directory >= 0:
            os.close(directory)


def _connect(connection: socket.socket, address: str, end: float) -> None:
    """Connect, however many others wait to be let in. Raises TimeoutError, OSError."""
    connection.settimeout(0)
    while True:
        try:
            connection.connect(address)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise TimeoutError from None
            pause.nap(_STEP)
        else:
            return
