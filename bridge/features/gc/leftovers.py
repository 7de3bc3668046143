"""Files that nothing needs any more: orphaned state files, old event logs, surplus autosaves, our left-overs.

So are cgroups of panes that have ended, and what other builds of the file have unpacked.
"""

from __future__ import annotations

import os
import stat

from bridge.context import Context
from bridge.core import events, gc, jsontext
from bridge.core.gc import Moment
from bridge.core.names import file_name
from bridge.errors import BridgeError
from bridge.features.output import logfiles
from bridge.store import atomic, runs, unpacked
from bridge.system import cgroups, kin
from bridge.tmux import argv

AUTOSAVE_ENDINGS = (".auto.snapshot", "-autosave.snapshot")
_LEFT_OVER_AFTER = 3600.0
_UNPACKED_FOR = 24 * 3600.0


class Found:
    """Something to remove: its kind, its path and why.

    The kinds are `state`, `log`, `autosave`, `left-over`, and the directories `cgroup` and `unpacked`.
    """

    __slots__ = ("kind", "path", "reason", "session", "stamp")

    def __init__(self, kind: str, path: str, reason: str, stamp: float, session: str = "") -> None:
        self.kind = kind
        self.path = path
        self.reason = reason
        self.stamp = stamp
        self.session = session


def find(ctx: Context, moment: Moment, names: set[str] | None) -> list[Found]:
    """What may be removed now; `names` are the sessions that exist, None where no server tells."""
    found = _logs(ctx, moment) + _autosaves(ctx, moment) + _left_overs(ctx, moment) + _unpacked(ctx, moment)
    found += [
        Found("cgroup", path, "of a pane that has ended", 0.0) for path in cgroups.abandoned(cgroups.mount_point())
    ]
    return (_orphans(ctx, names) if names is not None else []) + found


def remove(ctx: Context, item: Found) -> bool:
    """Remove one of them, if it still is what was found. Raises ERR_STATE, ERR_LOCKED."""
    if item.kind == "cgroup":
        return cgroups.remove(item.path)
    if item.kind == "unpacked":
        if unpacked.stamp(item.path) != item.stamp or kin.uses(item.path):
            return False
        unpacked.remove(item.path)
        return True
    if item.kind == "state":
        with ctx.lock(item.session):
            if _is_there(ctx, item.session) or _orphan(ctx, item.path, set()) is None:
                return False
            atomic.remove(item.path)
        return True
    state = _own_file(item.path)
    if state is None or state.st_mtime != item.stamp:
        return False
    atomic.remove(item.path)
    if item.kind == "log":
        try:
            os.rmdir(os.path.dirname(item.path))
        except OSError:
            pass  # other logs of the session are younger
    return True


def count(ctx: Context) -> dict[str, int]:
    """How many state files, event logs and snapshots there are."""
    return {
        "state_files": len(_state_files(ctx)),
        "event_logs": len(_log_files(ctx)),
        "snapshots": len(_snapshot_files(ctx)),
    }


def sweep_leases(ctx: Context) -> None:
    """End the pipes and logs of readers that were killed."""
    if os.path.isdir(ctx.paths.run):
        logfiles.sweep(ctx, "")


def _state_files(ctx: Context) -> list[str]:
    return [path for path in _list(ctx.paths.states) if path.endswith(".state")]


def _log_files(ctx: Context) -> list[str]:
    """The events' mirror: `<session>/<type>.log`, and `.log.1`."""
    found = []
    for folder in _list(ctx.paths.events):
        if not os.path.islink(folder) and os.path.isdir(folder):
            for path in _list(folder):
                kind = os.path.basename(path).removesuffix(".1")
                if kind.endswith(".log") and events.is_type(kind.removesuffix(".log")):
                    found.append(path)
    return found


def _snapshot_files(ctx: Context) -> list[str]:
    folders = [path for path in _list(f"{ctx.paths.base}/snapshots") if not os.path.islink(path)]
    return [path for folder in folders for path in _list(folder) if path.endswith(".snapshot")]


def _orphans(ctx: Context, names: set[str]) -> list[Found]:
    found = []
    for path in _state_files(ctx):
        orphan = _orphan(ctx, path, {file_name(name) for name in names})
        if orphan is not None:
            found.append(orphan)
    return found


def _orphan(ctx: Context, path: str, living: set[str]) -> Found | None:
    """The state file if its session is gone. One that cannot be read, or whose processes live, is none."""
    state = _own_file(path)
    name = os.path.basename(path).removesuffix(".state")
    if state is None or name in living:
        return None
    try:
        document = jsontext.loads_object((atomic.read(path) or b"").decode())
    except (ValueError, BridgeError):
        return None
    session, panes = document.get("session_name"), document.get("panes")
    if not isinstance(session, str) or not isinstance(panes, list) or file_name(session) != name:
        return None
    pids = [pane.get("pid") for pane in panes if isinstance(pane, dict)]
    if any(isinstance(pid, int) and pid > 0 and kin.lives(pid) for pid in pids):
        return None  # another server may share the directory, and a pid may be somebody else's: both keep it
    return Found("state", path, "orphaned", state.st_mtime, session)


def _logs(ctx: Context, moment: Moment) -> list[Found]:
    return [
        Found("log", path, "older than 24 hours", state.st_mtime)
        for path in _log_files(ctx)
        if (state := _own_file(path)) and gc.is_aged(state.st_mtime, moment, gc.LOGS_FOR)
    ]


def _autosaves(ctx: Context, moment: Moment) -> list[Found]:
    sessions: dict[str, list[tuple[str, float]]] = {}
    for path in _snapshot_files(ctx):
        state = _own_file(path)
        if state is not None and path.endswith(AUTOSAVE_ENDINGS):
            sessions.setdefault(os.path.dirname(path), []).append((path, state.st_mtime))
    return [
        Found("autosave", path, f"older than 7 days, and {gc.AUTOSAVES_KEPT} newer ones", dict(stamps)[path])
        for stamps in sessions.values()
        for path in gc.surplus_autosaves(stamps, moment)
    ]


def _left_overs(ctx: Context, moment: Moment) -> list[Found]:
    """Files of killed writers, and what was kept for shells that have ended."""
    found = []
    for folder in (ctx.paths.states, ctx.paths.base, f"{ctx.paths.base}/gc", f"{ctx.paths.run}/runs"):
        for path in _list(folder):
            state = _own_file(path) if path.endswith(".tmp") else None
            if state is not None and gc.is_aged(state.st_mtime, moment, _LEFT_OVER_AFTER):
                found.append(Found("left-over", path, "of a writer that was killed", state.st_mtime))
    if os.path.isdir(ctx.paths.run) and os.path.isdir(ctx.paths.hooks):
        for path, pid in runs.pane_files(ctx.paths):
            state = None if kin.lives(pid) else _own_file(path)
            if state is not None and gc.is_aged(state.st_mtime, moment, _LEFT_OVER_AFTER):
                found.append(Found("left-over", path, "of a shell that has ended", state.st_mtime))
    return found


def _unpacked(ctx: Context, moment: Moment) -> list[Found]:
    """What other builds have unpacked and no process of this user has open."""
    found = []
    for path in unpacked.others(ctx.environ):
        stamp = unpacked.stamp(path)
        if stamp is not None and gc.is_aged(stamp, moment, _UNPACKED_FOR) and not kin.uses(path):
            found.append(Found("unpacked", path, "of another build, older than a day", stamp))
    return found


def _is_there(ctx: Context, session: str) -> bool:
    """Whether a session of the name exists now; also where nobody can tell."""
    answer = ctx.tmux.run(("list-sessions", "-F", argv.framed(("session_name",))))
    if answer.status:
        return True
    from bridge.tmux import rows  # noqa: PLC0415 - only where something is removed

    return session in {row[0] for row in rows.unframe(answer.output, 1)}


def _own_file(path: str) -> os.stat_result | None:
    """The state of a regular file of ours, None for everything else."""
    try:
        state = os.lstat(path)
    except OSError:
        return None
    return state if stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid() else None


def _list(folder: str) -> list[str]:
    try:
        return sorted(f"{folder}/{name}" for name in os.listdir(folder))
    except OSError:
        return []
