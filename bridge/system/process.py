"""What the system knows of processes and terminals: /proc where there is one, else ps(1)."""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import fcntl
import posix
import sys

from bridge.core.completion import SHELLS
from bridge.model import Facts, Process
from bridge.store.paths import same_file

_LINUX = sys.platform == "linux"
# System calls that wait for a terminal, by number on this machine (asm/unistd.h): the read, and those
# that wait for several descriptors.
_READ, _SELECTS = {
    "x86_64": (0, (7, 23, 232, 270, 271, 281)),
    "aarch64": (63, (22, 72, 73)),
}.get(posix.uname().machine, (-1, ()))
_WAITS = ("wait_woken", "n_tty_read", "do_select", "poll_schedule", "do_sys_poll", "do_poll", "ep_poll")
_FIONREAD, _TCGETS = 0x541B, 0x5401
_ICANON, _VINTR, _VKILL = 0x2, 17, 20  # c_cc begins at 17


def look(pid: int, tty: str) -> Facts:
    """What there is to know of a pane's process and terminal right now (proc(5), tty_ioctl(4))."""
    if not _LINUX:
        return _look_by_ps(pid)
    shell = read_process(pid)
    if shell is None:
        return Facts(None, None, -1, 0, None)
    leader = None
    if shell.foreground not in (shell.group, -1):
        leader = read_process(shell.foreground)
        if leader is not None and leader.state in "ZX":
            leader = None
    judged = leader or shell
    if judged.name not in SHELLS:
        return Facts(shell, leader, shell.foreground, 0, None)
    # The queue is read before and after the state: bytes may arrive between the two looks.
    before = _terminal(tty)[0]
    _describe(judged, tty)
    after, canonical, _ = _terminal(tty)
    return Facts(shell, leader, shell.foreground, max(before, after), canonical)


def read_process(pid: int) -> Process | None:
    """A process by pid, None where there is none; its argv and what it waits for are left out."""
    text = _read(f"/proc/{pid}/stat")
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
    )


def read_foreground(pid: int) -> Process | None:
    """The process that a pane's terminal belongs to, with its argv; None where the pane's process has ended."""
    if not _LINUX:
        facts = _look_by_ps(pid)
        return facts.leader or facts.shell
    shell = read_process(pid)
    if shell is None or shell.state in "ZX":
        return None
    leader = read_process(shell.foreground) if shell.foreground not in (shell.group, -1) else None
    found = leader if leader is not None and leader.state not in "ZX" else shell
    found.argv = tuple(_read(f"/proc/{found.pid}/cmdline").split("\0")[:-1])
    return found


def count_switches(pid: int) -> int:
    """How often the process went to sleep or was put to sleep: equal twice means that it slept between."""
    rows = _read(f"/proc/{pid}/status").splitlines()
    return sum(int(row.split()[1]) for row in rows if "ctxt_switches" in row)


def count_bytes_read(pid: int) -> int:
    """How many bytes the process has read so far (proc(5) io rchar), -1 where the system does not say."""
    for row in _read(f"/proc/{pid}/io").splitlines():
        if row.startswith("rchar: "):
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
    text = _read(f"/proc/{pid}/stat")
    fields = text[text.rfind(")") + 2 :].split()
    return fields[25] if len(fields) > 25 and fields[25] != "0" else ""


def _describe(process: Process, tty: str) -> None:
    process.argv = tuple(_read(f"/proc/{process.pid}/cmdline").split("\0")[:-1])
    process.state = (read_process(process.pid) or process).state
    process.reading = is_reading(process.pid, tty)


def age(process: Process) -> float:
    """Seconds since the process began; large where the system does not say."""
    uptime = _read("/proc/uptime").split()
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
            head, _, rest = _read(f"/proc/{name}/stat").rpartition(")")
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
    words = _read(f"/proc/{pid}/statm").split()
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


def is_canonical(tty: str) -> bool | None:
    """Whether the terminal reads whole lines (termios(3) ICANON), None where it can't be opened."""
    return _terminal(tty)[1] if _LINUX else None


def editing_keys(tty: str) -> tuple[str, str]:
    """The terminal's own keys that take away a half typed line and that interrupt (termios(3) VKILL, VINTR).

    Empty where there is none, Ctrl-U and Ctrl-C where the system does not say.
    """
    _, canonical, keys = _terminal(tty) if _LINUX else (0, None, b"")
    if canonical is None:
        return "\x15", "\x03"
    kill, interrupt = keys[_VKILL], keys[_VINTR]
    return chr(kill) if kill else "", chr(interrupt) if interrupt else ""


def count_queued(tty: str) -> int:
    """How many typed bytes wait in the terminal for a reader."""
    return _terminal(tty)[0] if _LINUX else 0


def _terminal(tty: str) -> tuple[int, bool | None, bytes]:
    """How many typed bytes nobody has read yet, whether the terminal reads whole lines, and its settings."""
    try:
        descriptor = posix.open(tty, posix.O_RDONLY | posix.O_NOCTTY | posix.O_NONBLOCK | posix.O_CLOEXEC)
    except OSError:
        return 0, None, b""
    try:
        queued = int.from_bytes(fcntl.ioctl(descriptor, _FIONREAD, b"\0" * 4), "little")
        settings = fcntl.ioctl(descriptor, _TCGETS, b"\0" * 60)
        return queued, bool(int.from_bytes(settings[12:16], "little") & _ICANON), settings
    except OSError:
        return 0, None, b""
    finally:
        posix.close(descriptor)


def is_reading(pid: int, tty: str) -> bool | None:
    """Whether a process sleeps in a read of the terminal or in a select; None where nothing tells.

    /proc/PID/syscall needs the right to trace the process, so wchan, which needs less, is the second
    witness.
    """
    words = _read(f"/proc/{pid}/syscall").split()
    if words and words[0].lstrip("-").isdigit() and _READ >= 0:
        number = int(words[0])
        return number in _SELECTS or (number == _READ and _leads_to(pid, int(words[1], 16), tty))
    place = _read(f"/proc/{pid}/wchan").strip("0 \n")
    if place:
        return place.startswith(_WAITS)
    return False if words[:1] == ["running"] else None


def reads_terminal(pid: int, tty: str) -> bool:
    """Whether a process sleeps in a plain read of the terminal; False where nothing tells."""
    words = _read(f"/proc/{pid}/syscall").split()
    return bool(words) and words[0] == str(_READ) and _leads_to(pid, int(words[1], 16), tty)


def nudge(server: int) -> None:
    """Have the tmux server look for ended children once more (SIGCHLD does nothing else)."""
    try:
        posix.kill(server, signal.SIGCHLD)
    except OSError:
        return


def _leads_to(pid: int, descriptor: int, tty: str) -> bool:
    # zsh reads the terminal through descriptor 10.
    try:
        return posix.readlink(f"/proc/{pid}/fd/{descriptor}") in (tty, "/dev/tty")
    except OSError:
        return descriptor == 0


def _read(path: str) -> str:
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


def _look_by_ps(pid: int) -> Facts:
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
    return _read_all(f"/proc/{pid}/environ").encode("utf-8", "surrogateescape")


def job(shell: int, group: int) -> list[tuple[int, tuple[str, ...]]]:
    """The children of a shell that belong to a process group: a pipeline in its order, by pid and argv."""
    found = []
    for word in _read(f"/proc/{shell}/task/{shell}/children").split():
        child = read_process(int(word))
        if child is not None and child.group == group and child.state not in "ZX":
            found.append((child.pid, arguments(child.pid)))
    return found


def arguments(pid: int) -> tuple[str, ...]:
    """The words that the process was started with."""
    text = _read_all(f"/proc/{pid}/cmdline")
    return tuple(text.split("\0")[:-1])


def _read_all(path: str) -> str:
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
