"""What the system knows of a process: /proc where there is one, else ps(1)."""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import posix
import sys

from bridge.model import Facts, Process
from bridge.store.paths import same_file

_LINUX = sys.platform == "linux"


def read_process(pid: int) -> Process | None:
    """A process by pid, None where there is none; its argv and what it waits for are left out."""
    text = read_text(f"/proc/{pid}/stat")
    if not text:
        return None
    fields = text[text.rfind(")") + 2 :].split()
    return Process(
        pid=pid,
        name=text[text.find("(") + 1 : text.rfind(")")],
        state=fields[0],
        group=int(fields[2]),
        foreground=int(fields[5]) if int(fields[4]) else -1,
        started=int(fields[19]),
        terminal=int(fields[4]),
        parent=int(fields[1]),
    )


def parent_started(pid: int) -> str:
    """What tells the parent of a process from every other: its pid and start; empty where the system does not say."""
    text = read_text(f"/proc/{pid}/stat")
    words = text[text.rfind(")") + 2 :].split()
    return started(int(words[1])) if len(words) > 1 else ""


def started(pid: int) -> str:
    """What tells a process from every other: its pid and start; empty where the system does not say."""
    found = read_process(pid)
    return f"{pid}-{found.started}" if found is not None else ""


def count_switches(pid: int) -> int:
    """How often the process went to sleep or was put to sleep: equal twice means that it slept between."""
    rows = read_text(f"/proc/{pid}/status").splitlines()
    return sum(int(row.split()[1]) for row in rows if "ctxt_switches" in row)


def count_bytes_read(pid: int) -> int:
    """How many bytes the process has read so far (proc(5) io rchar), -1 where the system does not say."""
    return _count(pid, "rchar: ")


def count_bytes_written(pid: int) -> int:
    """As count_bytes_read, of what it has written."""
    return _count(pid, "wchar: ")


def _count(pid: int, name: str) -> int:
    for row in read_text(f"/proc/{pid}/io").splitlines():
        if row.startswith(name):
            return int(row[7:])
    return -1


def program(pid: int) -> str:
    """The path of the program that a process executes, empty where the system does not say."""
    try:
        return posix.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def image(pid: int) -> str:
    """What tells one program from the next that the same process executes: the place of its stack (proc(5) stat 28).

    Empty where the system does not say.
    """
    text = read_text(f"/proc/{pid}/stat")
    fields = text[text.rfind(")") + 2 :].split()
    return fields[25] if len(fields) > 25 and fields[25] != "0" else ""


def age(process: Process) -> float:
    """Seconds since the process began; large where the system does not say."""
    uptime = read_text("/proc/uptime").split()
    if not uptime or not process.started:
        return 1e9
    return max(0.0, float(uptime[0]) - process.started / posix.sysconf("SC_CLK_TCK"))


def watch_end(pid: int) -> int:
    """A descriptor that becomes readable when the process ends (pidfd_open(2)), -1 where there is none."""
    try:
        return posix.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def names_on(tty: str) -> set[str]:
    """The names of the processes whose terminal this is; empty where the system does not say."""
    try:
        device = posix.stat(tty).st_rdev
        listed = posix.listdir("/proc") if _LINUX else []
    except OSError:
        return set()
    found = set()
    for name in listed:
        if name.isdigit():
            # proc_pid_stat(5): the name stands in brackets, the terminal is the fifth field behind it.
            head, _, rest = read_text(f"/proc/{name}/stat").rpartition(")")
            words = rest.split()
            if len(words) > 4 and int(words[4]) == device and words[0] not in "ZX":
                found.add(head.partition("(")[2])
    return found


def has_ended(pid: int) -> bool:
    """Whether a pane's process has ended, or has lost its terminal because the pane was closed."""
    if not _LINUX:
        return not is_alive(pid)
    found = read_process(pid)
    return found is None or found.state in "ZX" or found.foreground < 0


def resident_mb(pid: int) -> float:
    """Megabytes of memory that the process holds, 0 where the system does not say."""
    words = read_text(f"/proc/{pid}/statm").split()
    return round(int(words[1]) * posix.sysconf("SC_PAGESIZE") / 1e6, 1) if len(words) > 1 else 0.0


def is_writer(pid: int) -> bool:
    """Whether the process is the one that appends to a byte log, or the shell that is about to become it."""
    if not _LINUX:
        return is_alive(pid)
    found = read_process(pid)
    return found is not None and found.name in ("cat", "sh", "bash", "dash") and found.state not in "ZX"


def writes_to(pid: int, *paths: str) -> bool:
    """Whether the process is one that appends to a byte log, and its standard output one of these, asked in order."""
    if not _LINUX:
        return is_alive(pid)
    return is_writer(pid) and any(same_file(f"/proc/{pid}/fd/1", path) for path in paths)


def is_alive(pid: int) -> bool:
    """Whether a process of that pid exists."""
    try:
        posix.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def nudge(server: int) -> None:
    """Have the tmux server look for ended children once more (SIGCHLD does nothing else)."""
    try:
        posix.kill(server, signal.SIGCHLD)
    except OSError:
        return


def read_text(path: str) -> str:
    """The beginning of a file of the system, 64 kB at most; empty where there is none, or it is not for us."""
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return posix.read(descriptor, 65536).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
    finally:
        posix.close(descriptor)


def look_by_ps(pid: int) -> Facts:
    """As foreground.look, where there is no /proc."""
    shell = _ps(pid)
    if shell is None:
        return Facts(None, None, -1, 0, None)
    leader = _ps(shell.foreground) if shell.foreground not in (shell.group, -1) else None
    return Facts(shell, leader, shell.foreground, 0, None)


def _ps(pid: int) -> Process | None:
    import subprocess  # noqa: PLC0415 - only where there is no /proc

    done = subprocess.run(
        ["ps", "-o", "pgid=,tpgid=,stat=,command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    words = done.stdout.split()
    if done.returncode or len(words) < 4:
        return None
    return Process(
        pid=pid,
        name=words[3],
        state=words[2][0],
        group=int(words[0]),
        foreground=int(words[1]),
        started=0,
        argv=tuple(words[3:]),
        reading=None if words[2][0] in "SI" else False,
    )


def working_directory(pid: int) -> bytes:
    """Where the process is, empty where the system does not say; ` (deleted)` at its end is the kernel's."""
    try:
        return posix.readlink(f"/proc/{pid}/cwd".encode())
    except OSError:
        return b""


def environment(pid: int) -> dict[bytes, bytes]:
    """The environment that the process was started with, empty where the system does not say."""
    pairs = (entry.partition(b"=") for entry in initial_environment(pid).split(b"\0"))
    return {name: value for name, equals, value in pairs if equals}


def initial_environment(pid: int) -> bytes:
    """As `environment`, as it stands: `NAME=value`, each ended by a NUL."""
    return read_whole(f"/proc/{pid}/environ").encode("utf-8", "surrogateescape")


def job(shell: int, group: int) -> list[tuple[int, tuple[str, ...]]]:
    """The children of a shell that belong to a process group: a pipeline in its order, by pid and argv."""
    return [(child.pid, arguments(child.pid)) for child in children(shell) if child.group == group]


def children(pid: int) -> list[Process]:
    """The living children of a process, oldest first."""
    rows = (read_process(child) for child in _children(pid))
    return [row for row in rows if row is not None and row.state not in "ZX"]


def family(pid: int) -> list[int]:
    """The process and all that descend from it, parents first."""
    found = [pid]
    for member in found:
        found += _children(member)
    return found


def _children(pid: int) -> list[int]:
    # Any thread may have started them: `uv run` does it from one that is not its first.
    try:
        threads = posix.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    return [int(word) for thread in threads for word in read_text(f"/proc/{pid}/task/{thread}/children").split()]


def members(group: int) -> list[int]:
    """The processes of a group, by a look at every process."""
    wanted = str(group)
    found = []
    for name in posix.listdir("/proc"):
        if name.isdigit():
            text = read_text(f"/proc/{name}/stat")
            if text[text.rfind(")") + 2 :].split(" ", 3)[2:3] == [wanted]:
                found.append(int(name))
    return found


def ticks(pid: int) -> int:
    """The time on the processor of a process and its ended children, in the kernel's ticks; 0 for none."""
    text = read_text(f"/proc/{pid}/stat")
    return sum(map(int, text[text.rfind(")") + 2 :].split()[11:15]))


def arguments(pid: int) -> tuple[str, ...]:
    """The words that the process was started with."""
    text = read_whole(f"/proc/{pid}/cmdline")
    return tuple(text.split("\0")[:-1])


def read_whole(path: str) -> str:
    """As read_text, however long it is."""
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return ""
    try:
        chunks = []
        while chunk := posix.read(descriptor, 1 << 20):
            chunks.append(chunk)
        return b"".join(chunks).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
    finally:
        posix.close(descriptor)
