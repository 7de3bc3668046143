"""The files of a byte log: names, the writer's identity, leases, keep markers, and the sweep of what is unheld.

For the pane `%3` of process 1234 there are `pane-3-1234.log` (the bytes), `.pid` (what its writer told, see
core.loglife), `.before` (the screen when the log began), `.lease` (readers hold a shared lock on it) and
`.keep-NAME` (holds the log without a reader). A new generation has new files, so that an open one stays what it is.
"""

from __future__ import annotations

import fcntl
import posix
import time

from bridge import pause
from bridge.context import Context
from bridge.core import loglife
from bridge.core.text import SIZE
from bridge.errors import BridgeError
from bridge.store.lock import open_lock
from bridge.store.paths import ensure, same_file, unusable
from bridge.system import process
from bridge.tmux import argv

READ_KEPT_FOR = 3600.0
KEPT_AFTER_END = 24 * 3600.0
READ, DAEMON = "read", "daemon"
_EXPIRING = (READ, DAEMON)  # an hour after they were last set, whether or not the log is written
_MANY, _SWEPT_EVERY = 16, 60.0


def base(ctx: Context, pane_id: str, pid: int) -> str:
    """The path of a pane's log without its ending; the directory is there afterwards."""
    return f"{ensure(ctx.paths.run)}/pane-{pane_id[1:]}-{pid}"


def read_note(base: str) -> loglife.Note | None:
    """The last line that the log's writer wrote into its own file, None where there is no log."""
    try:
        with open(f"{base}.pid", encoding="utf-8") as file:
            return loglife.read_note(file.read())
    except (OSError, ValueError):
        return None


def writer(base: str) -> tuple[int, str]:
    """The pid of the process that writes the log (0 where none lives) and the log's generation ("" unknown)."""
    note = read_note(base)
    if note is None:
        return 0, ""
    return (note.pid if _writes(base, note) else 0), note.generation


def _writes(base: str, note: loglife.Note) -> bool:
    # A shell that has just told its pid has yet to turn its output back from the one file to the other.
    return note.pid > 0 and process.writes_to(note.pid, f"{base}.pid", f"{base}.log")


def expected(base: str) -> bool:
    """Whether somebody has started a writer just now that has not told its pid yet."""
    return loglife.is_expected(read_note(base), time.monotonic())


def is_written(base: str) -> bool:
    """Whether a writer lives or is about to come."""
    note = read_note(base)
    return note is not None and (_writes(base, note) or loglife.is_expected(note, time.monotonic()))


def state(base: str, pid: int, generation: str) -> str:
    """Where in its life (core.loglife) that generation of the log of the pane's process is."""
    note = read_note(base)
    if note is not None and note.generation != generation:
        note = loglife.Note(-1, generation, 0.0)  # another one has followed
    writes = note is not None and _writes(base, note)
    return loglife.state(note, writes=writes, pane_ended=process.has_ended(pid), now=time.monotonic())


def announce(base: str, generation: str) -> None:
    """Make the files of a new generation, whose writer is about to come.

    The caller has the gate (`take_gate`) and a lease: nobody else begins a log, and nobody ends this one.
    """
    # Whoever opens the log between two equal looks at its generation has that generation.
    _renew(f"{base}.pid", f"0 {generation} {time.monotonic()}\n".encode())
    _renew(f"{base}.log", b"")


def store_before(base: str, column: int, screen: str, size: tuple[int, int]) -> None:
    """Remember the screen, the cursor's column and the pane's size as they were when the log began."""
    _store(f"{base}.before", f"{column} {size[0]} {size[1]}\n{screen}".encode("utf-8", "replace"))


def load_before(base: str) -> tuple[int, list[str], tuple[int, int]]:
    """The column, the lines and the size that `store_before` has stored."""
    try:
        with open(f"{base}.before", encoding="utf-8", errors="replace", newline="") as file:
            words, _, text = file.read().partition("\n")
        column, width, height = [*words.split(), "0", "0"][:3]
        return int(column), text.split("\n"), (int(width) or SIZE[0], int(height) or SIZE[1])
    except (OSError, ValueError):
        return 0, [""], SIZE


def _store(path: str, data: bytes, how: int = posix.O_TRUNC) -> None:
    try:
        descriptor = posix.open(path, posix.O_WRONLY | posix.O_CREAT | how | posix.O_NOFOLLOW | posix.O_CLOEXEC, 0o600)
        try:
            posix.write(descriptor, data)
        finally:
            posix.close(descriptor)
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None


def _renew(path: str, data: bytes) -> None:
    _unlink(path)
    _store(path, data, posix.O_EXCL)


def lease(base: str) -> int:
    """A shared lock on the lease file as it is now: one that was removed while we waited counts for nothing."""
    path = f"{base}.lease"
    while True:
        descriptor = open_lock(path)
        try:
            _share(descriptor)
            if same_file(descriptor, path):
                return descriptor
        except BaseException:
            posix.close(descriptor)
            raise
        posix.close(descriptor)


def _share(descriptor: int) -> None:
    """Take the shared lock; who has it alone looks whether the log can go, and is done in a moment."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            pause.nap(0.001)
        else:
            return


def try_alone(descriptor: int) -> bool:
    """Make a lease exclusive; false where others hold it too."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def mark(base: str, name: str) -> None:
    """Set a keep marker; one that is there counts from now on again.

    It needs no lock: whoever ends a log looks at the markers once more when it has the lease alone.
    """
    # The wall clock may be set while the log is kept; this one counts from the start of the machine.
    _store(f"{base}.keep-{name}", f"{time.monotonic()}\n".encode())


def unmark(base: str, name: str) -> None:
    """Remove a keep marker. It is no error if there is none."""
    _unlink(f"{base}.keep-{name}")


def kept(ctx: Context) -> list[tuple[str, int, str]]:
    """All keep markers as (`%id` of the pane, pid of its process, name)."""
    found = []
    for name in posix.listdir(ctx.paths.run):
        base, separator, keeper = name.partition(".keep-")
        words = base.split("-")
        if separator and len(words) == 3 and words[1].isdigit() and words[2].isdigit():
            found.append((f"%{words[1]}", int(words[2]), keeper))
    return found


def keeps(base: str) -> list[str]:
    """The names of the keep markers that hold the log now; those that have expired are removed."""
    directory, _, prefix = f"{base}.keep-".rpartition("/")
    names = [name.removeprefix(prefix) for name in posix.listdir(directory) if name.startswith(prefix)]
    return _held(base, names)


def _held(base: str, names: list[str]) -> list[str]:
    held = []
    for name in names:
        age = _age(base, name)
        if age is None:
            continue
        expires = name in _EXPIRING
        if age > (READ_KEPT_FOR if expires else KEPT_AFTER_END) and (expires or not writer(base)[0]):
            unmark(base, name)
        else:
            held.append(name)
    return held


def _age(base: str, name: str) -> float | None:
    """How long the log has been idle for a marker, None where that is gone: since it was set or the log was written.

    For `read` the setting alone counts. No jump of the wall clock makes it older than it is.
    """
    try:
        descriptor = posix.open(f"{base}.keep-{name}", posix.O_RDONLY | posix.O_NOFOLLOW | posix.O_CLOEXEC)
    except OSError:
        return None
    try:
        text, changed = posix.read(descriptor, 64), posix.fstat(descriptor).st_mtime
    finally:
        posix.close(descriptor)
    by_wall = time.time() - (changed if name in _EXPIRING else max(changed, written_at(base)))
    try:
        since = time.monotonic() - float(text)
    except ValueError:
        since = -1.0
    if since < 0:  # from before the machine was started
        return by_wall
    return since if name in _EXPIRING or by_wall < 0 else min(since, by_wall)


def end(ctx: Context, pane_id: str, base: str, *, files: bool = True, also: tuple[tuple[str, ...], ...] = ()) -> None:
    """End the pipe of a log that nobody holds, if it is still ours, and remove its files.

    The caller has the lease alone, so that no reader can come meanwhile. `also` are commands that tmux is given in the
    same call, behind the end of the pipe; one that fails takes those behind it away.
    """
    commands = _ending(pane_id, base, also)
    if commands and not _asked(ctx, *commands):
        return  # the next call that reads a log tries again
    if files:
        for ending in (".log", ".pid", ".before", ".lease"):
            _unlink(base + ending)


def _ending(pane_id: str, base: str, also: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    if not is_written(base):
        return also
    ours = f"#{{==:#{{{argv.LOG}}},{writer(base)[1]}}}"
    drop = (("pipe-pane", "-t", pane_id), ("set-option", "-p", "-u", "-t", pane_id, argv.LOG))
    return (argv.only_if(pane_id, ours, *drop), *also)


def _asked(ctx: Context, *commands: tuple[str, ...]) -> bool:
    """Whether tmux could be asked; a server that has ended has nothing left to undo."""
    try:
        ctx.tmux.run(*commands)
    except BridgeError:
        return False
    return True


def end_unheld(ctx: Context, pane_id: str, base: str, descriptor: int, also: tuple[tuple[str, ...], ...] = ()) -> None:
    """Give a lease back; ends the log where nobody else holds it and nothing keeps it; `also` as in `end`."""
    try:
        if _is_unheld(base, descriptor):
            end(ctx, pane_id, base, also=also)
        elif also:
            _asked(ctx, *also)
    finally:
        posix.close(descriptor)


def begin_end(ctx: Context, pane_id: str, base: str, descriptor: int, also: tuple[tuple[str, ...], ...]) -> None:
    """Have tmux begin with the commands that `end_unheld` is about to give it."""
    commands = _ending(pane_id, base, also) if _is_unheld(base, descriptor) else also
    if commands:
        ctx.tmux.begin(*commands)


def _is_unheld(base: str, descriptor: int) -> bool:
    return not keeps(base) and try_alone(descriptor) and not keeps(base)


def sweep(ctx: Context, mine: str) -> None:
    """End the logs whose readers were killed, and those whose keep markers have expired.

    A pane that was given a new process has another log: the pipe of its old one is ended, kept or not. Where
    there are many logs, those of other panes are looked at once a minute only.
    """
    found: dict[str, list[str]] = {}
    for entry in posix.listdir(ctx.paths.run):
        name, _, ending = entry.partition(".")
        if name.startswith("pane-"):
            found.setdefault(name, []).append(ending)
    siblings = mine.rpartition("/")[2].rpartition("-")[0] + "-"
    if mine and len(found) > _MANY and not _is_due(ctx):
        found = {name: endings for name, endings in found.items() if name.startswith(siblings)}
    for name in sorted(found):
        base = f"{ctx.paths.run}/{name}"
        if base == mine:
            continue
        markers = [ending.removeprefix("keep-") for ending in found[name] if ending.startswith("keep-")]
        replaced = bool(mine) and name.startswith(siblings) and bool(writer(base)[0])
        if markers and _held(base, markers) and not replaced:
            continue
        descriptor = open_lock(f"{base}.lease")
        try:
            if try_alone(descriptor):
                # Asked again: whoever kept it may have given the lease back since.
                end(ctx, "%" + name.split("-")[1], base, files=not keeps(base))
        finally:
            posix.close(descriptor)


def _is_due(ctx: Context) -> bool:
    """Whether nobody has looked at all logs for a minute; then that is done now."""
    path, now = f"{ctx.paths.run}/swept", time.monotonic()
    try:
        with open(path, encoding="ascii") as file:
            if 0 <= now - float(file.read()) < _SWEPT_EVERY:
                return False
    except (OSError, ValueError):
        pass
    _store(path, f"{now}\n".encode())
    return True


def _unlink(path: str) -> None:
    try:
        posix.unlink(path)
    except FileNotFoundError:
        pass


def written_at(base: str) -> float:
    """When the log was last written, 0 where there is none."""
    try:
        return posix.stat(f"{base}.log").st_mtime
    except FileNotFoundError:
        return 0.0


def size(base: str) -> int:
    """How many bytes the log has, 0 where there is none."""
    try:
        return posix.stat(f"{base}.log").st_size
    except FileNotFoundError:
        return 0
