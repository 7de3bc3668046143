"""The logs: one JSON object a line, appended by any number of processes; and the audit of what destroys.

A line is one write(2) to a file opened for appending, so lines never mix. A full file is renamed under a lock;
who still has it open goes on writing into the renamed one, so no line is lost.
"""

from __future__ import annotations

import fcntl
import posix
import time

from bridge.config import Config
from bridge.envelope import compact
from bridge.errors import BridgeError
from bridge.store.paths import ensure

LEVELS = ("debug", "info", "warn", "error")
CALLS, AUDIT = "bridge.log", "audit.log"
KEPT = 10
_FLAGS = posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT | posix.O_NOFOLLOW | posix.O_NONBLOCK | posix.O_CLOEXEC


def directory(config: Config) -> str:
    """Where the logs of all tmux servers are."""
    return f"{config.state_dir}/logs"


def is_wanted(config: Config, level: str) -> bool:
    """Whether lines of this level are logged."""
    return config.log_level != "off" and LEVELS.index(level) >= LEVELS.index(config.log_level)


def write(config: Config, name: str, record: dict[str, object]) -> bool:
    """Append a record with its time; tells whether it was stored. A log that cannot be written stops nobody."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1e6) % 1_000_000:06d}Z"
    line = compact({"timestamp": stamp} | record) + "\n"
    try:
        path = f"{ensure(ensure(config.state_dir) + '/logs')}/{name}"
        descriptor = posix.open(path, _FLAGS, 0o600)
        try:
            posix.write(descriptor, line.encode("utf-8", "replace"))
            full = posix.fstat(descriptor).st_size >= config.log_rotate_mb * 1e6
        finally:
            posix.close(descriptor)
    except (OSError, BridgeError):
        return False
    if full:
        _rotate(path, config.log_rotate_mb * 1e6)
    return True


def _rotate(path: str, limit: float) -> None:
    """Rename a full file to `.1`, that to `.2`, …; the oldest of KEPT goes. One process does it, the others go on."""
    try:
        lock = posix.open(f"{path}.lock", posix.O_RDWR | posix.O_CREAT | posix.O_NOFOLLOW | posix.O_CLOEXEC, 0o600)
    except OSError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if posix.stat(path).st_size < limit:
            return
        for number in range(KEPT - 1, 0, -1):
            try:
                posix.rename(f"{path}.{number}", f"{path}.{number + 1}")
            except FileNotFoundError:
                continue
        posix.rename(path, f"{path}.1")
    except OSError:
        return  # another process does it, or has done it; what was written stays where it is
    finally:
        posix.close(lock)


def call(
    config: Config,
    command: str,
    effect: str,
    envelope: dict[str, object],
    *,
    correlation: str,
    seconds: float,
    status: int,
) -> None:
    """Log a call that has ended: reads as debug, changes as info, refusals as warn, defects as error."""
    error = envelope.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    level = "error" if code == "ERR_INTERNAL" else "warn" if code else "debug" if effect == "read" else "info"
    if is_wanted(config, level):
        record: dict[str, object] = {
            "level": level,
            "event": "call",
            "correlation_id": correlation,
            "command": command,
            "session": envelope["session"],
            "pane_id": envelope["pane_id"],
            "status": envelope["status"],
            "error": code,
            "message": error.get("message") if isinstance(error, dict) else None,
            "exit_status": status,
            "duration_ms": round(seconds * 1000, 3),
            "pid": posix.getpid(),
        }
        write(config, CALLS, record)


def audit(
    config: Config, environ: dict[str, str], command: str, params: dict[str, object], *, correlation: str, why: str
) -> bool:
    """Note a call that ends something for good, before it acts; tells whether that was stored."""
    shown = {name: value for name, value in params.items() if value not in (None, False, ())}
    record: dict[str, object] = {
        "level": "info",
        "event": "destroy",
        "correlation_id": correlation,
        "command": command,
        "arguments": shown,
        "allowed": why,
        "server": config.server,
        "uid": posix.getuid(),
        "user": environ.get("SUDO_USER") or environ.get("USER") or environ.get("LOGNAME") or None,
        "pane": environ.get("TMUX_PANE") or None,
        "pid": posix.getpid(),
        "parent_pid": posix.getppid(),
    }
    return write(config, AUDIT, record)
