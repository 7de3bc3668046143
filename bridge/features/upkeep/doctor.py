"""Looks at everything that bridge needs, tells what to do about what is wrong, and mends what is ours and safe."""

from __future__ import annotations

import os
import platform
import shutil
import sys

from bridge import __version__
from bridge.config import cache_directory
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.daemon import lifecycle
from bridge.features.panes import integration
from bridge.features.upkeep import configuration
from bridge.spec import counted
from bridge.store import inspection
from bridge.store.ownership import stranger
from bridge.system import clock, program
from bridge.tmux import versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_LONG_HELD = 60
_SYSTEM = ("/usr/sbin", "/sbin")  # where systems keep a bridge of their own, on PATH or not
_FEW_MB, _TOO_FEW_MB = 200.0, 20.0
_EARLIEST = 1_700_000_000  # a clock before this was never set


class Check:
    """One look: `ok`, `warning` (works, but see to it) or `error`; `todo` is empty for `ok`."""

    __slots__ = ("fixed", "message", "name", "status", "todo")

    def __init__(self, name: str, status: str, message: str, todo: str = "", fixed: int = 0) -> None:
        self.name = name
        self.status = status
        self.message = message
        self.todo = todo
        self.fixed = fixed


def examine(ctx: Context, *, fix: bool) -> list[Check]:
    """Every check in its order; one that cannot be made is an error, never the end of the rest."""
    entries = inspection.walk(ctx.paths.root)
    checks: list[tuple[str, Callable[[], Check]]] = [
        ("versions", lambda: _versions(ctx)),
        ("tmux", lambda: _tmux(ctx)),
        ("server", lambda: _server(ctx)),
        ("programs", lambda: _programs(ctx)),
        ("name", lambda: _name(ctx)),
        ("settings", lambda: _settings(ctx)),
        ("state directory", lambda: _state(ctx)),
        ("modes", lambda: _modes(entries, fix=fix)),
        ("locks", lambda: _locks(entries)),
        ("leftovers", lambda: _leftovers(entries, fix=fix)),
        ("damaged files", lambda: _damaged(entries)),
        ("cache", lambda: _cache(ctx)),
        ("daemon", lambda: _daemon(ctx, fix=fix)),
        ("shell integration", lambda: _shell(ctx)),
        ("terminal", lambda: _terminal(ctx)),
        ("clock", lambda: _clock(entries)),
        ("disk", lambda: _disk(ctx)),
    ]
    found = []
    for name, look in checks:
        try:
            check = look()
        except BridgeError as problem:
            check = Check("", "error", problem.message, problem.hint or "")
        except OSError as problem:
            check = Check("", "error", str(problem), "the system refused to tell")
        check.name = name
        found.append(check)
    return found


def verdict(checks: list[Check]) -> str:
    """`healthy`, `degraded` where there are warnings, `broken` where there are errors."""
    states = {check.status for check in checks}
    return "broken" if "error" in states else "degraded" if "warning" in states else "healthy"


def _ok(message: str, fixed: int = 0) -> Check:
    return Check("", "ok", message, fixed=fixed)


def _warning(message: str, todo: str) -> Check:
    return Check("", "warning", message, todo)


def _error(message: str, todo: str) -> Check:
    return Check("", "error", message, todo)


def _versions(ctx: Context) -> Check:
    words = f"bridge {__version__}, Python {platform.python_version()}, {os.uname().sysname} {os.uname().release}"
    if sys.platform != "linux":
        return _warning(words, "Linux is the whole product; other systems have the script's commands and pane-run")
    return _ok(words)


def _tmux(ctx: Context) -> Check:
    told = ctx.tmux.run(("-V",)).output.decode("utf-8", "replace").strip()
    version = told.rpartition(" ")[2]
    if versions.number(version) < versions.OLDEST:
        return _error(f"{told} is too old", "install tmux 3.2 or newer, or name one in BRIDGE_TMUX")
    return _judged(told, version)


def _judged(words: str, version: str) -> Check:
    """What is said of a version of tmux that is new enough."""
    near = versions.nearest_tried(version)
    if not near:
        tried = ", ".join(versions.TRIED)
        return _warning(f"{words}; bridge was not tried with version {version!r}", f"tried are {tried}")
    return _ok(words if near == version else f"{words} (the one that was tried is {near})")


def _server(ctx: Context) -> Check:
    path = ctx.config.server
    folder = inspection.look(os.path.dirname(path))
    if folder is not None and not folder.is_ours:
        return _error(f"{folder.path} belongs to user {folder.owner}", "name another place in TMUX_TMPDIR")
    if folder is not None and folder.mode & 0o007 and os.path.dirname(path).endswith(f"/tmux-{os.getuid()}"):
        return _error(f"others may enter {folder.path} (mode {folder.mode:o})", f"chmod 700 {folder.path}")
    answer = ctx.tmux.run(("list-sessions", "-F", "#{version}"))
    if answer.status == 0:
        told = answer.output.decode("utf-8", "replace").splitlines()
        version, count = (told or [""])[0], len(told)
        return _judged(f"a server of tmux {version} answers at {path} with {counted(count, 'session')}", version)
    if answer.no_server and inspection.is_socket(path):
        return _ok(f"no server runs; the socket {path} was left by one that has ended")
    if answer.no_server:
        return _ok(f"no server runs at {path}")
    return _error(f"the server at {path} does not answer: {answer.error}", "bridge session-list")


def _programs(ctx: Context) -> Check:
    path = ctx.environ.get("PATH", "")
    if shutil.which("grep", path=path) is None:
        return _error("grep is not found on PATH", "patterns are matched by grep -E: install grep")
    return _ok("grep is there")


def _name(ctx: Context) -> Check:
    """Which program a new shell takes for `bridge`: iproute2 has one of that name."""
    path = ctx.environ.get("PATH", "")
    places = [f"{place}/bridge" for place in dict.fromkeys((*path.split(":"), *_SYSTEM)) if place.startswith("/")]
    others = [place for place in places if os.access(place, os.X_OK) and not program.is_bridge(place)]
    first = shutil.which("bridge", path=path)
    if first is None:
        return _ok("a new shell finds no `bridge` on PATH")
    if program.is_bridge(first):
        other = f"; {others[0]} is another program, which root's scripts and sudo may run" if others else ""
        return _ok(f"a new shell runs {first}{other}")
    beside = shutil.which("tmux-bridge", path=path)
    ours = next((os.path.dirname(place) for place in places if program.is_bridge(place)), "")
    todo = [f"say tmux-bridge ({beside})"] if beside and program.is_bridge(beside) else []
    todo += [f"put {ours} first on PATH"] if ours else []
    return _warning(
        f"a new shell runs {first} for `bridge`, which is another program",
        ", or ".join(todo) or "install this one (make install), and put its directory first on PATH",
    )


def _settings(ctx: Context) -> Check:
    wrong = configuration.problems(ctx)
    if wrong:
        first = wrong[0]
        return _error(
            f"{counted(len(wrong), 'problem')}, the first in {first['path']}:{first['line']}: {first['message']}",
            "bridge config-validate shows them all",
        )
    there = [place.path for place in configuration.files(ctx) if place.exists]
    return _ok("read from " + ", ".join(there) if there else "no configuration file")


def _state(ctx: Context) -> Check:
    root = ctx.paths.root
    found = inspection.look(root)
    if found is None:
        if not inspection.is_writable(root):
            return _error(f"{root} cannot be made", "name another directory in BRIDGE_STATE_DIR")
        return _ok(f"{root} will be made when it is needed")
    if not found.is_directory:
        return _error(f"{root} is not a directory", "move it away, or name another in BRIDGE_STATE_DIR")
    if not found.is_ours:
        return _error(f"{root} belongs to user {found.owner}", "name another directory in BRIDGE_STATE_DIR")
    if not inspection.is_writable(root):
        return _error(f"{root} is not writable", f"chmod u+wx {root}")
    return _ok(root)


def _modes(entries: list[inspection.Entry], *, fix: bool) -> Check:
    loose = inspection.too_open(entries)
    strangers = [entry for entry in entries if not entry.is_ours]
    if strangers:
        return _error(f"{strangers[0].path} belongs to user {strangers[0].owner}", "see who put it there")
    if not loose:
        return _ok(f"{len(entries)} files and directories, all ours alone")
    done = sum(inspection.close_to_others(entry) for entry in loose) if fix else 0
    if done == len(loose):
        return _ok(f"{counted(done, 'file')} open to others before, closed now", fixed=done)
    first = loose[0]
    check = _warning(
        f"{counted(len(loose) - done, 'file')} open to others, as {first.path} (mode {first.mode:o})",
        "bridge doctor --fix",
    )
    check.fixed = done
    return check


def _locks(entries: list[inspection.Entry]) -> Check:
    held = [(path, told) for path, told in inspection.held_locks(entries) if not path.endswith("/daemon.lock")]
    for path, told in held:
        pid, _, since = told.partition(" ")
        age = clock.epoch() - int(since) if since.isdigit() else 0
        if age > _LONG_HELD:
            return _warning(f"process {pid} holds {path} for {age} s", f"look at it: ps -p {pid}")
    return _ok(f"{counted(len(held), 'lock')} held at this moment")


def _leftovers(entries: list[inspection.Entry], *, fix: bool) -> Check:
    old = inspection.leftovers(entries)
    if not old:
        return _ok("none")
    done = sum(inspection.remove(entry) for entry in old) if fix else 0
    if done == len(old):
        return _ok(f"{counted(done, 'temporary file')} of killed writers removed", fixed=done)
    check = _warning(f"{counted(len(old) - done, 'temporary file')} of killed writers", "bridge doctor --fix")
    check.fixed = done
    return check


def _damaged(entries: list[inspection.Entry]) -> Check:
    aside = inspection.quarantined(entries)
    if not aside:
        return _ok("none")
    return _warning(
        f"{counted(len(aside), 'unreadable file')} moved aside, as {aside[0].path}",
        "look whether you need them, then remove them",
    )


def _cache(ctx: Context) -> Check:
    named, path = ctx.environ.get("BRIDGE_CACHE_DIR", ""), cache_directory(ctx.environ)
    if not path:
        told = f"BRIDGE_CACHE_DIR is {named!r}, no absolute path" if named else "no HOME and no XDG_CACHE_HOME"
        return _warning(f"{told}: every call is slow", "name a whole path in BRIDGE_CACHE_DIR")
    try:
        reason = stranger(path)
    except OSError as problem:
        reason = str(problem)
    if reason:
        return _warning(f"{reason}: nothing is unpacked there, every call is slow", "mend it, or set BRIDGE_CACHE_DIR")
    if not inspection.is_writable(path):
        return _warning(f"{path} is not writable: every call is slow", "mend it, or name another in BRIDGE_CACHE_DIR")
    return _ok(path)


def _daemon(ctx: Context, *, fix: bool) -> Check:
    meeting = lifecycle.place(ctx)
    if meeting.holder() is None:
        stale = [path for path in (meeting.socket_path, meeting.pid_path) if inspection.look(path) is not None]
        if not stale:
            return _ok("does not run; nothing needs it unless you subscribe to events")
        if not fix:
            return _warning(f"does not run, but has left {stale[0]}", "bridge doctor --fix")
        if not meeting.take("doctor"):  # while we hold the lock, none can begin
            return _ok("has just been started")
        left = [entry for path in stale if (entry := inspection.look(path)) is not None and entry.is_ours]
        done = sum(inspection.remove(entry) for entry in left)
        return _ok(f"does not run; {counted(done, 'file')} that it had left removed", fixed=done)
    answer = lifecycle.ask(ctx, {"op": "status"})
    if answer is None:
        return _ok("has just ended")
    if answer["version"] != __version__:
        return _warning(f"version {answer['version']} runs, this is {__version__}", "bridge daemon-restart")
    return _ok(f"runs (PID {answer['pid']}), {answer['subscriptions']} subscriptions")


def _shell(ctx: Context) -> Check:
    shell = ctx.environ.get("SHELL", "")
    name = shell.rpartition("/")[2]
    if name not in ("bash", "zsh", "fish"):
        return _warning(
            f"SHELL is {shell!r}: shells that bridge starts do not tell how commands ended",
            "use bash, zsh or fish, or pane-run, which needs no integration",
        )
    if shutil.which(shell) is None:
        return _error(f"SHELL is {shell!r}, which cannot be started", "set SHELL to a shell that is there")
    return _ok(f"{name}; its files are {'there' if integration.is_ready(ctx) else 'written with the first session'}")


def _terminal(ctx: Context) -> Check:
    term = ctx.environ.get("TERM", "")
    kind = ctx.environ.get("LC_CTYPE", "")
    if kind == "C.UTF-8":  # Python itself sets it where the locale is C (PEP 538)
        kind = ""
    locale = ctx.environ.get("LC_ALL") or kind or ctx.environ.get("LANG") or ""
    if "utf" not in locale.lower():
        return _warning(
            f"the locale {locale!r} is not UTF-8: attached terminals show _ for other characters",
            "set LANG to one of UTF-8, for example C.UTF-8",
        )
    where = "inside tmux" if ctx.environ.get("TMUX") else "outside tmux"
    return _ok(f"TERM={term or 'unset'}, {locale}, {where}")


def _clock(entries: list[inspection.Entry]) -> Check:
    now = clock.epoch()
    if now < _EARLIEST:
        return _error(f"the clock says {clock.timestamp()}", "set the clock")
    ahead = [entry for entry in entries if entry.modified > now + 60]
    if ahead:
        return _warning(
            f"{counted(len(ahead), 'file')} from the future, as {ahead[0].path}", "the clock was set back: check it"
        )
    return _ok(clock.timestamp())


def _disk(ctx: Context) -> Check:
    free = inspection.free_mb(ctx.paths.root)
    words = f"{free:.0f} MB are free for {ctx.paths.root}"
    if free < _TOO_FEW_MB:
        return _error(words, "make room: nothing can be stored")
    if free < _FEW_MB:
        return _warning(words, "make room")
    return _ok(words)
