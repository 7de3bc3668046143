"""A report for somebody else: the facts that the doctor looks at, without secrets and without any pane's text."""

from __future__ import annotations

import io
import os
import platform
import sys
import tarfile

from bridge import __version__, log
from bridge.config import home
from bridge.context import Context
from bridge.core import redaction
from bridge.envelope import dumps
from bridge.errors import BridgeError
from bridge.features.daemon import lifecycle
from bridge.features.upkeep import configuration, logs
from bridge.features.upkeep.doctor import Check, verdict
from bridge.store import inspection
from bridge.store.rendezvous import DaemonLog
from bridge.system import clock

_LINES = 500
_VARIABLES = ("TERM", "LANG", "LC_ALL", "LC_CTYPE", "SHELL", "TMUX", "TMUX_TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME")


def write(ctx: Context, path: str, checks: list[Check]) -> list[str]:
    """Write a new tar.gz (0600) and return the names of what is in it. Raises ERR_STATE, also where it is there."""
    place = home(ctx.environ)
    parts = {
        "facts.json": _facts(ctx, checks, place),
        "files.txt": _files(ctx, place),
        "daemon.log": redaction.report("\n".join(DaemonLog(lifecycle.place(ctx).log_path).read(_LINES)), place),
        "bridge.log": redaction.report("\n".join(logs.tail(ctx, log.CALLS, _LINES)), place),
    }
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise BridgeError(
            "ERR_STATE", f"cannot write {path}: {problem.strerror}", hint="name a file that is not there yet"
        ) from None
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as bundle:
        for name, text in parts.items():
            data = text.encode("utf-8", "replace")
            entry = tarfile.TarInfo(f"bridge-report/{name}")
            entry.size, entry.mode, entry.mtime = len(data), 0o600, clock.epoch()
            bundle.addfile(entry, io.BytesIO(data))
    return list(parts)


def _facts(ctx: Context, checks: list[Check], place: str) -> str:
    named = {name: value for name, value in ctx.environ.items() if name in _VARIABLES or name.startswith("BRIDGE_")}
    facts: dict[str, object] = {
        "made_at": clock.timestamp(),
        "bridge": __version__,
        "python": sys.version.replace("\n", " "),
        "system": platform.platform(),
        "health": verdict(checks),
        "checks": [
            {
                "check": check.name,
                "status": check.status,
                "message": redaction.report(check.message, place),
                "todo": redaction.report(check.todo, place),
            }
            for check in checks
        ],
        "settings": [
            {
                "key": setting.key,
                "value": redaction.report_setting(setting.key, setting.value, place),
                "origin": setting.origin,
            }
            for setting in configuration.show(ctx)
        ],
        "environment": {name: redaction.report_setting(name, value, place) for name, value in sorted(named.items())},
    }
    return dumps(facts)


def _files(ctx: Context, place: str) -> str:
    """Mode, size and path of what is in the state directory; no content."""
    rows = (f"{entry.mode:04o} {entry.size:>10} {entry.path}" for entry in inspection.walk(ctx.paths.root))
    return redaction.report("\n".join(rows) + "\n", place)
