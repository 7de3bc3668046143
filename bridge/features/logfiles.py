"""The files of a byte log: names, the writer's identity, leases, keep markers, and the sweep of what is unheld.

For the pane `%3` of process 1234 there are `pane-3-1234.log` (the bytes), `.pid` (the writer's pid and
the log's generation), `.before` (the screen when the log began), `.lease` (readers hold a shared
lock on it) and `.keep-NAME` (holds the log without a reader).
"""

from __future__ import annotations

import fcntl
import posix
import time

from bridge.context import Context
from bridge.core.text import SIZE
from bridge.errors import BridgeError
from bridge.store.lock import open_lock
from bridge.store.paths import ensure, same_file, unusable
from bridge.system import process
from bridge.tmux import argv

READ_KEPT_FOR = 3600.0
KEPT_AFTER_END = 24 * 3600.0
READ = "read"


def base(ctx: Context, pane_id: str, pid: int) -> str:
    """The path of a pane's log without its ending; the directory is there afterwards."""
    return f"{ensure(ctx.paths.run)}/pane-{pane_id[1:]}-{pid}"


def writer(base: str) -> tuple[int, str]:
    """The pid of the process that writes the log (0 where none lives) and the log's generation ("" unknown)."""
    try:
        with open(f"{base}.pid", encoding="utf-8") as file:
            pid, _, generation = file.read().strip().partition(" ")
    except (OSError, ValueError):
        return 0, ""
    # A shell that has just told its pid has yet to turn its output back from the one file to the other.
    lives = pid.isdigit() and int(pid) and process.writes_to(int(pid), f"{base}.pid", f"{base}.log")
    return (int(pid) if lives else 0), generation


def expected(base: str) -> bool:
    """Whether somebody has started a writer that has not told its pid yet."""
    try:
        with open(f"{base}.pid", encoding="utf-8") as file:
            return file.read()[:2] in ("", "0 ")  # empty: the writer is about to tell
    except OSError:
        return False


def is_written(base: str) -> bool:
    """Whether a writer lives or is about to come.

    Asked in this order: a writer that tells its pid between the two questions is seen by the second.
    """
    return expected(base) or bool(writer(base)[0])


def announce(base: str, generation: str) -> None:
    """Empty the log and tell that a writer of a new generation is about to come."""
    _store(f"{base}.log", b"")
    _store(f"{base}.pid", f"0 {generation}\n".encode())


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


def _store(path: str, data: bytes) -> None:
    try:
        descriptor = posix.open(
            path, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_NOFOLLOW | posix.O_CLOEXEC, 0o600
        )
        try:
            posix.write(descriptor, data)
        finally:
            posix.close(descriptor)
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None


def lease(base: str) -> int:
    """A shared lock on the lease file as it is now: one that was removed while we waited counts for nothing."""
    path = f"{base}.lease"
    while True:
        descriptor = open_lock(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if same_file(descriptor, path):
                return descriptor
        except BaseException:
            posix.close(descriptor)
            raise
        posix.close(descriptor)


def try_alone(descriptor: int) -> bool:
    """Make a lease exclusive; false where others hold it too."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def mark(base: str, name: str) -> None:
    """Set a keep marker, or make it young again."""
    path = f"{base}.keep-{name}"
    try:
        descriptor = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_NOFOLLOW | posix.O_CLOEXEC, 0o600)
        posix.utime(descriptor)
        posix.close(descriptor)
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None


def unmark(base: str, name: str) -> None:
    """Remove a keep marker; that there is none is no error."""
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
    held = []
    for name in names:
        try:
            newest = posix.stat(f"{base}.keep-{name}").st_mtime
        except FileNotFoundError:
            continue
        if name != READ:
            newest = max(newest, written_at(base))
        age = time.time() - newest
        if age > (READ_KEPT_FOR if name == READ else KEPT_AFTER_END) and (name == READ or not writer(base)[0]):
            unmark(base, name)
        else:
            held.append(name)
    return held


def end(ctx: Context, pane_id: str, base: str, *, files: bool = True, also: tuple[tuple[str, ...], ...] = ()) -> None:
    """End the pipe of a log that nobody holds, if it is still ours, and remove its files.

    `also` are commands that tmux is given in the same call.
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
    ours = f"#{{==:#{{{argv.LOG}}},{base}.log}}"
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
    """Let tmux begin with what `end_unheld` will ask it for next."""
    commands = _ending(pane_id, base, also) if _is_unheld(base, descriptor) else also
    if commands:
        ctx.tmux.begin(*commands)


def _is_unheld(base: str, descriptor: int) -> bool:
    return not keeps(base) and try_alone(descriptor) and not keeps(base)


def sweep(ctx: Context, mine: str) -> None:
    """End what readers that were killed have left behind, and keeps that have expired.

    A pane that was given a new process has another log: the pipe of its old one is ended, kept or not.
    """
    bases = {name.partition(".")[0] for name in posix.listdir(ctx.paths.run) if name.startswith("pane-")}
    for name in sorted(bases):
        found = f"{ctx.paths.run}/{name}"
        if found == mine:
            continue
        pane_id = "%" + name.split("-")[1]
        held = keeps(found)
        replaced = found.startswith(mine.rpartition("-")[0] + "-") and bool(writer(found)[0])
        if held and not replaced:
            continue
        descriptor = open_lock(f"{found}.lease")
        try:
            if try_alone(descriptor):
                end(ctx, pane_id, found, files=not held)
        finally:
            posix.close(descriptor)


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
