"""The files of runs: what a shell sources, and the record that outlives the call.

`<run_id>.json` is the record, `.out` the bytes of an output that is no short text, `.sh`, `.cmd` and `.end` are
there while the run may still end (see core.runscript). Records of ended runs are kept to the newest KEPT.
"""

from __future__ import annotations

import fcntl
import posix
import time

from bridge.core import jsontext
from bridge.core.runscript import Run
from bridge.core.shellhook import hook
from bridge.envelope import compact
from bridge.store import atomic
from bridge.store.lock import is_locked, open_lock
from bridge.store.paths import Paths, ensure

ID_LENGTH = 12
KEPT = 100
_STALE = 60.0
_OF_PANES = (".last", ".run", ".hook", ".idle")
_WORKING = (".sh", ".cmd", ".end")
_SHORT = 8192  # bytes of output that the record itself holds


def directory(paths: Paths) -> str:
    """Where the runs' files are; made if need be."""
    return ensure(f"{ensure(paths.run)}/runs")


def hook_file(paths: Paths, shell: str) -> str:
    """The path of the hook that this shell sources, written where it is missing or of another version."""
    path = f"{directory(paths)}/hook.{shell}"
    text = hook(shell, ensure(paths.hooks)).encode()
    if _read(path) != text:
        atomic.replace(path, text)
    return path


def write_script(run: Run, script: str, command: str) -> None:
    """Write what the shell sources; the file for its exit code is made by `hold`. Raises ERR_STATE."""
    text = command.encode("utf-8", "surrogateescape")
    atomic.create(f"{run.base}.cmd", text if text.endswith(b"\n") else text + b"\n")
    atomic.create(f"{run.base}.sh", script.encode("utf-8", "surrogateescape"))


def offer_path(paths: Paths, pane_id: str, pid: int) -> str:
    """The path of the link by which a run is offered to that shell."""
    return f"{ensure(paths.hooks)}/pane-{pane_id[1:]}-{pid}.run"


def offer(paths: Paths, pane_id: str, pid: int, run: Run) -> None:
    """Lead the shell's name for what it is to run next (core.shellhook, `__bridge_go`) to this run."""
    path = offer_path(paths, pane_id, pid)
    fresh = f"{path}-{run.run_id}"
    posix.symlink(f"{run.base}.sh", fresh)
    posix.rename(fresh, path)


def withdraw(paths: Paths, pane_id: str, pid: int) -> bool:
    """Take an offer back; whether there was one."""
    try:
        posix.unlink(offer_path(paths, pane_id, pid))
    except FileNotFoundError:
        return False
    return True


def note_idle(paths: Paths, pane_id: str, pid: int, sign: str) -> None:
    """Remember in which state a shell was at its fresh prompt."""
    atomic.replace(f"{ensure(paths.hooks)}/pane-{pane_id[1:]}-{pid}.idle", sign.encode())


def is_idle_since(paths: Paths, pane_id: str, pid: int, sign: str) -> bool:
    """Whether the shell is in the state of `note_idle` still."""
    return _read(f"{paths.hooks}/pane-{pane_id[1:]}-{pid}.idle") == sign.encode()


def was_offered(paths: Paths, pane_id: str, pid: int, image: str) -> bool:
    """Whether `note_hook` was called for the program that this process executes now."""
    return bool(image) and _read(f"{paths.hooks}/pane-{pane_id[1:]}-{pid}.hook") == image.encode()


def note_hook(paths: Paths, pane_id: str, pid: int, image: str) -> None:
    """Remember that the program which this process executes now was given our hook."""
    atomic.replace(f"{ensure(paths.hooks)}/pane-{pane_id[1:]}-{pid}.hook", image.encode())


def has_prompted(paths: Paths, pane_id: str, pid: int) -> bool:
    """Whether the shell has told of a prompt of its own."""
    return _age(f"{paths.hooks}/pane-{pane_id[1:]}-{pid}.last") < 0


def has_hook(paths: Paths, pane_id: str, pid: int, image: str) -> bool:
    """Whether `note_hook` was called for it, and it has prompted since."""
    base = f"{paths.hooks}/pane-{pane_id[1:]}-{pid}"
    if not image or _read(f"{base}.hook") != image.encode():
        return False
    return _age(f"{base}.last") <= _age(f"{base}.hook")


def hold(run: Run) -> int:
    """Tell others that somebody waits for the run, for as long as the descriptor that this returns is open."""
    descriptor = open_lock(f"{run.base}.end")
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def is_held(paths: Paths, run_id: str) -> bool:
    """Whether somebody waits for that run."""
    return is_locked(f"{directory(paths)}/{run_id}.end", shared=True)  # so that two who ask do not see each other


def read_end(run: Run) -> int:
    """The exit code that the shell wrote, -1 where it has not yet."""
    rows = (_read(f"{run.base}.end") or b"").split()
    return int(rows[0]) if rows and rows[0].isdigit() else -1


def ended_at(run: Run) -> float:
    """When the shell wrote the exit code (seconds of the wall clock), 0 where it has not."""
    try:
        found = posix.stat(f"{run.base}.end")
    except FileNotFoundError:
        return 0.0
    return found.st_mtime if found.st_size else 0.0


def remove_working(run: Run) -> None:
    """Remove all but the record: nobody waits for the shell any more."""
    for ending in _WORKING:
        atomic.remove(run.base + ending)


def write_record(paths: Paths, record: dict[str, object]) -> None:
    """Store a run's record, replacing an older one of the same run."""
    path = f"{directory(paths)}/{record['run_id']}.json"
    atomic.replace(path, compact(record).encode("utf-8", "replace"))


def write_output(paths: Paths, record: dict[str, object], data: bytes) -> None:
    """Store the bytes that are kept of a run's output, in the record where they are a short text."""
    record["output"], record["raw"] = "", True
    if len(data) <= _SHORT:
        try:
            record["output"] = data.decode()
            return
        except UnicodeDecodeError:
            pass
    record["raw"] = False
    atomic.replace(f"{directory(paths)}/{record['run_id']}.out", data)


def read_output(paths: Paths, record: dict[str, object]) -> bytes:
    """The bytes that were stored of a run's output."""
    if record.get("raw", True):
        return str(record.get("output", "")).encode()
    return _read(f"{directory(paths)}/{record['run_id']}.out") or b""


def read_record(paths: Paths, run_id: str) -> dict[str, object] | None:
    """The record of a run, None where there is none that can be read."""
    if not (run_id.isalnum() and run_id.isascii() and len(run_id) <= 32):
        return None
    data = _read(f"{directory(paths)}/{run_id}.json")
    try:
        return jsontext.loads_object(data.decode()) if data else None
    except ValueError:
        return None


def remove_record(paths: Paths, run_id: str) -> None:
    """Forget a run."""
    for ending in (".json", ".out"):
        atomic.remove(f"{directory(paths)}/{run_id}{ending}")


def records(paths: Paths) -> list[dict[str, object]]:
    """All records, the newest first."""
    names = [name[:-5] for name in posix.listdir(directory(paths)) if name.endswith(".json")]
    found = [record for name in names if (record := read_record(paths, name)) is not None]
    # Several may begin in one second.
    times = [(str(record.get("started_at", "")), float(str(record.get("began", 0)))) for record in found]
    return [found[at] for at in sorted(range(len(found)), key=times.__getitem__, reverse=True)]


def working(paths: Paths) -> set[str]:
    """The ids of the runs that may still end."""
    return {name[:-4] for name in posix.listdir(directory(paths)) if name.endswith(".end")}


def is_run_id(text: str) -> bool:
    """Whether the text has the form of a run's id."""
    return len(text) == ID_LENGTH and all(char in "0123456789abcdef" for char in text)


def unfinished(paths: Paths) -> list[tuple[dict[str, object], float]]:
    """The records of runs that nobody has settled, and the seconds since each one's exit code came (0: not yet)."""
    place = directory(paths)
    found = []
    for name in posix.listdir(place):
        if name.endswith(".end"):
            record = read_record(paths, name[:-4])
            if record is None:
                continue
            try:
                state = posix.stat(f"{place}/{name}")
            except FileNotFoundError:
                continue
            found.append((record, max(time.time() - state.st_mtime, 0.001) if state.st_size else 0.0))
    return found


def trim(paths: Paths) -> None:
    """Remove the oldest records of ended runs beyond KEPT, and what killed writers have left."""
    place = directory(paths)
    found = posix.listdir(place)
    known = {name[:-5] for name in found if name.endswith(".json")}
    for name in found:
        orphan = name.endswith(".tmp") or (name.endswith((*_WORKING, ".out")) and name.partition(".")[0] not in known)
        if orphan and time.time() + _age(f"{place}/{name}") > _STALE:
            atomic.remove(f"{place}/{name}")
    names = [name for name in found if name.endswith(".json")]
    if len(names) <= KEPT + 20:
        return
    aged = sorted(names, key=lambda name: _age(f"{place}/{name}"))
    for name in aged[KEPT:]:
        record = read_record(paths, name[:-5])
        if record is None or record.get("outcome") != "running":
            remove_record(paths, name[:-5])


def pane_files(paths: Paths) -> list[tuple[str, int]]:
    """What is kept for a pane's shell until it ends: each file's path and the shell's pid."""
    place = ensure(paths.hooks)
    found = []
    for name in posix.listdir(place):
        pid = name.rpartition(".")[0].rpartition("-")[2]
        if name.startswith("pane-") and name.endswith(_OF_PANES) and pid.isdigit():
            found.append((f"{place}/{name}", int(pid)))
    return found


def remove_pane_file(path: str) -> None:
    """Forget what was kept for a shell that has ended."""
    atomic.remove(path)


def _age(path: str) -> float:
    try:
        return -posix.stat(path).st_mtime
    except FileNotFoundError:
        return 0.0


def _read(path: str) -> bytes | None:
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_NOFOLLOW | posix.O_CLOEXEC)
    except OSError:
        return None
    try:
        chunks = []
        while chunk := posix.read(descriptor, 1 << 20):
            chunks.append(chunk)
        return b"".join(chunks)
    finally:
        posix.close(descriptor)
