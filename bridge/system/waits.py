"""What a process waits for, and whether one of its threads sleeps until somebody types.

/proc/PID/syscall tells the call and its arguments, but wants the right to trace the process. Without it
wchan, the place in the kernel, is the witness, which can't name descriptors of a poll or select.
"""

from __future__ import annotations

import posix

from bridge.system.process import read_text

FOREVER = float("inf")
_MOST_THREADS = 64
_MOST_DESCRIPTORS = 1024
_CONTROLLING = posix.makedev(5, 0)  # /dev/tty
_POLL_IN = 0x1 | 0x2 | 0x40 | 0x80  # POLLIN, POLLPRI, POLLRDNORM, POLLRDBAND

# System calls by number on this machine (asm/unistd.h).
_READS, _POLLS, _SELECTS, _EPOLLS, _RINGS = {
    "x86_64": ((0, 19), (7, 271), (23, 270), (232, 281, 441), (426,)),
    "aarch64": ((63, 65), (73,), (72,), (22, 441), (426,)),
}.get(posix.uname().machine, ((), (), (), (), ()))
_MILLISECONDS = (7, 232, 281) if posix.uname().machine == "x86_64" else (22,)
_MICROSECONDS = (23,) if posix.uname().machine == "x86_64" else ()
_READ_PLACES = ("n_tty_read", "wait_woken", "tty_read")
_POLL_PLACES = ("do_select", "poll_schedule", "do_sys_poll", "do_poll", "ep_poll")


class Wait:
    """How a process waits for its terminal.

    `reads`: whether a thread sleeps until there is something to read from it, None where nothing tells.
    `plain`: by a read of nothing else. `wakes`: the seconds after which it looks again by itself; FOREVER for a
    read, and for an event loop, whose timers say nothing of what it shows. `serves`: the same call waits for
    connections from the network, so it is a server with a key or two. `masters`: the terminals that it passes
    text on to.
    """

    __slots__ = ("masters", "plain", "reads", "serves", "wakes")

    def __init__(self) -> None:
        self.reads: bool | None = False
        self.plain = False
        self.wakes = FOREVER
        self.serves = False
        self.masters: list[int] = []


def look(pid: int, terminal: int, *, canonical: bool | None) -> Wait:
    """What the process waits for; `terminal` is the device's number, `canonical` how it reads."""
    found = Wait()
    for thread in _threads(pid):
        words = read_text(f"/proc/{pid}/task/{thread}/syscall").split()
        if not words or not _READS:
            _guess(found, pid, thread, terminal, canonical=canonical)
        elif words[0].isdigit():
            _judge(found, pid, terminal, int(words[0]), [int(word, 16) for word in words[1:7]])
    return found


def _threads(pid: int) -> list[str]:
    try:
        return posix.listdir(f"/proc/{pid}/task")[:_MOST_THREADS]
    except OSError:
        return []


def _judge(found: Wait, pid: int, terminal: int, call: int, values: list[int]) -> None:
    wakes = FOREVER
    if call in _READS:
        reads: bool | None = _leads(pid, values[0], terminal)
        found.plain = found.plain or bool(reads)
    elif call in _RINGS:
        reads = None
    elif call in _POLLS or call in _SELECTS:
        wanted = _polled(pid, values) if call in _POLLS else _selected(pid, values)
        reads = None if wanted is None else _any(found, pid, wanted, terminal)
        wakes = _timeout(pid, call, values)
    elif call in _EPOLLS:
        reads = _any(found, pid, _watched(pid, values[0]), terminal)
    else:
        return
    if reads and not found.reads:
        found.reads, found.wakes = True, wakes
    elif reads is None and found.reads is False:
        found.reads = None


def _guess(found: Wait, pid: int, thread: str, terminal: int, *, canonical: bool | None) -> None:
    """By the place in the kernel; a poll counts where the program has taken the terminal out of its usual mode."""
    place = read_text(f"/proc/{pid}/task/{thread}/wchan").strip("0 \n")
    if not place:
        known = read_text(f"/proc/{pid}/task/{thread}/syscall").startswith("running")
        found.reads = found.reads if found.reads or known else None
    elif place.startswith(_READ_PLACES):
        holds = _leads(pid, 0, terminal)
        found.reads = found.reads or place != "wait_woken" or holds
        found.plain = found.plain or bool(found.reads)
    elif place.startswith("ep_poll"):
        queues = [number for number in _descriptors(pid) if _link(pid, number) == "anon_inode:[eventpoll]"]
        reads = [_any(found, pid, _watched(pid, queue), terminal) for queue in queues]
        found.reads = found.reads or any(reads)
    elif place.startswith(_POLL_PLACES) and not found.reads and _leads(pid, 0, terminal):
        found.reads = True if canonical is False else None


def _any(found: Wait, pid: int, wanted: list[int], terminal: int, deep: int = 2) -> bool:
    """Whether one of these descriptors leads to the terminal; what else they tell is noted."""
    reads = serves = False
    for number in wanted:
        if _leads(pid, number, terminal):
            reads = True
            continue
        link = _link(pid, number)
        if link.startswith("socket:"):
            from bridge.system import sockets  # noqa: PLC0415 - few programs wait for both

            serves = serves or sockets.listens(pid, link[8:-1])
        elif link in ("/dev/ptmx", "/dev/pts/ptmx"):
            found.masters += _master(pid, number)
        elif link == "anon_inode:[eventpoll]" and deep:
            reads = _any(found, pid, _watched(pid, number), terminal, deep - 1) or reads
    found.serves = found.serves or (reads and serves)
    return reads


def _polled(pid: int, values: list[int]) -> list[int] | None:
    """The descriptors that a poll waits to read from, None where its memory can't be read."""
    data = _memory(pid, values[0], 8 * min(values[1], _MOST_DESCRIPTORS))
    if data is None:
        return None
    rows = [data[at : at + 8] for at in range(0, len(data), 8)]
    found = [
        (int.from_bytes(row[:4], "little", signed=True), int.from_bytes(row[4:6], "little", signed=True))
        for row in rows
    ]
    return [number for number, events in found if number >= 0 and events & _POLL_IN]


def _selected(pid: int, values: list[int]) -> list[int] | None:
    count = min(values[0], _MOST_DESCRIPTORS)
    if not values[1]:
        return []
    data = _memory(pid, values[1], (count + 63) // 64 * 8)
    if data is None:
        return None
    bits = int.from_bytes(data, "little")
    return [number for number in range(count) if bits >> number & 1]


def _watched(pid: int, queue: int) -> list[int]:
    """The descriptors that an epoll waits to read from (proc(5) fdinfo)."""
    found = []
    for row in read_text(f"/proc/{pid}/fdinfo/{queue}").splitlines():
        words = row.split()
        if words[:1] == ["tfd:"] and len(words) > 3 and int(words[3], 16) & 1:
            found.append(int(words[1]))
    return found


def _timeout(pid: int, call: int, values: list[int]) -> float:
    """Seconds until the call comes back by itself."""
    if call in _MILLISECONDS:
        least = values[2] & 0xFFFFFFFF
        return FOREVER if least >> 31 else least / 1000
    place = values[2] if call in _POLLS else values[4]
    data = _memory(pid, place, 16) if place else None
    if data is None:
        return FOREVER
    seconds, rest = int.from_bytes(data[:8], "little"), int.from_bytes(data[8:], "little")
    return seconds + rest / (1e6 if call in _MICROSECONDS else 1e9)


def _memory(pid: int, place: int, size: int) -> bytes | None:
    try:
        descriptor = posix.open(f"/proc/{pid}/mem", posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return None
    try:
        data = posix.pread(descriptor, size, place) if size else b""
    except (OSError, OverflowError):
        return None
    finally:
        posix.close(descriptor)
    return data if len(data) == size else None


def _leads(pid: int, number: int, terminal: int) -> bool:
    # By the device: zsh reads through descriptor 10, others open /dev/tty, a container has names of its own.
    try:
        return posix.stat(f"/proc/{pid}/fd/{number}").st_rdev in (terminal, _CONTROLLING)
    except OSError:
        return False


def leads_to(pid: int, number: int, terminal: int) -> bool | None:
    """Whether the process's descriptor is the terminal, None where the system does not say."""
    try:
        return posix.stat(f"/proc/{pid}/fd/{number}").st_rdev in (terminal, _CONTROLLING)
    except PermissionError:
        return None
    except OSError:
        return False


def _link(pid: int, number: int) -> str:
    try:
        return posix.readlink(f"/proc/{pid}/fd/{number}")
    except OSError:
        return ""


def _descriptors(pid: int) -> list[int]:
    try:
        return [int(name) for name in posix.listdir(f"/proc/{pid}/fd")][:_MOST_DESCRIPTORS]
    except OSError:
        return []


def _master(pid: int, number: int) -> list[int]:
    """The number of the terminal whose other side this descriptor is."""
    for row in read_text(f"/proc/{pid}/fdinfo/{number}").splitlines():
        if row.startswith("tty-index:"):
            return [int(row.split()[1])]
    return []
