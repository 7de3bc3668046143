"""Who is in front of a terminal: its foreground process group, and whether that waits for a person.

`look` is the quick look at the pane's process and the one that stands for the foreground, for whether there is
a prompt. `read` goes through every living member of the group and tells who of them reads the terminal. Each
judgement of what a pane does is made of these two.
"""

from __future__ import annotations

import posix
import sys

from bridge.core.promptstate import PROGRAMS
from bridge.model import Facts, Process
from bridge.system import process, tty, waits

_LINUX = sys.platform == "linux"
SILENCE = 2.0  # seconds: a person may be about to type the answer, or a program about to go on
_TIMED = (1.5, 60.0)  # a screen that draws itself anew does so after so many seconds
_MOST_TERMINALS = 4  # sudo within script within ssh

# They pass on what somebody types to where nobody can look, so that their poll says nothing.
RELAYS = frozenset(
    (
        *("ssh", "mosh-client", "telnet", "rlogin", "autossh", "sshpass", "et"),
        *("docker", "podman", "nerdctl", "kubectl", "oc", "lxc", "lxc-attach", "incus", "machinectl", "virsh"),
        *("minicom", "picocom", "tio", "cu", "adb"),
    )
)

# They wait for a key with a clock beside it, and draw nothing when that has run out.
EDITORS = frozenset(("vi", "vim", "vim.basic", "vim.tiny", "vim.nox", "vim.gtk3", "nvim", "view", "vimdiff", "ex"))


class Front:
    """The foreground group of a terminal at one moment.

    `members` are its living processes, oldest first; `first` is the one that stands for it (its leader, or where
    that has ended the reader, or the last part of the pipeline); `reader` sleeps until somebody types. `waits` is
    whether a person is waited for, None where nobody can tell; `patience` the seconds of silence, of output and
    of work, after which that is believed.
    """

    __slots__ = ("canonical", "first", "group", "members", "patience", "reader", "waits")

    def __init__(self) -> None:
        self.group = -1
        self.members: list[Process] = []
        self.first: Process | None = None
        self.reader: Process | None = None
        self.waits: bool | None = False
        self.patience = SILENCE
        self.canonical: bool | None = None


class Prompt:
    """A shell at its prompt: how it reads lines (core.runscript.SHELLS), and what its process was at that time.

    `inline` tells that it can't read our files: `here` on the pane's own terminal, or `beyond` a program that carries
    it, whose process is meant then; `shell` may be empty.
    """

    __slots__ = ("at", "canonical", "identity", "inline", "nested", "pid", "shell", "switches")

    def __init__(self, at: float, judged: Process, shell: str, *, nested: bool, canonical: bool | None) -> None:
        self.at = at
        self.pid = judged.pid
        self.canonical = canonical
        self.shell = shell
        self.nested = nested
        self.inline = ""
        self.identity = process.image(judged.pid)
        self.switches = process.count_switches(judged.pid)


def look(pid: int, path: str) -> Facts:
    """What there is to know of a pane's process and terminal right now (proc(5), tty_ioctl(4))."""
    if not _LINUX:
        return process.look_by_ps(pid)
    shell = process.read_process(pid)
    if shell is None:
        return Facts(None, None, -1, 0, None)
    leader = None
    if shell.foreground not in (shell.group, -1):
        leader = process.read_process(shell.foreground)
        if leader is None or leader.state in "ZX":
            leader = _stand_in(shell, path)
    judged = leader or shell
    if judged.name not in PROGRAMS:
        return Facts(shell, leader, shell.foreground, 0, None)
    # The queue is read before and after the state: bytes may arrive between the two looks.
    before = tty.count_queued(path)
    _describe(judged, path)
    after = tty.settings(path)
    return Facts(shell, leader, shell.foreground, max(before, after.queued), after.canonical)


def first(pid: int, path: str) -> Process | None:
    """The process that stands for the foreground, with its argv; None where the pane's process has ended."""
    facts = look(pid, path)
    if facts.shell is None or facts.shell.state in "ZX":
        return None
    found = facts.leader or facts.shell
    if not found.argv:
        found.argv = process.arguments(found.pid)
    return found


def read(pid: int, path: str, pids: list[int] | None = None, *, thorough: bool = False) -> Front:
    """Every member of the foreground, and who of them reads; `pids` are those that may be members, if known.

    Else those are looked at that descend from the pane's process; with `thorough`, or where none of these is a
    member, every process of the machine, which takes a moment: a member may be nobody's child any more.
    """
    found = Front()
    shell = process.read_process(pid) if _LINUX else None
    if shell is None or shell.foreground < 0:
        return found
    _read(found, shell, path, process.family(pid) if pids is None else pids)
    if pids is None and found.reader is None and (thorough or not found.members):
        found = Front()
        _read(found, shell, path, None)
    return found


def reads(pid: int, path: str) -> bool | None:
    """Whether a thread of the process sleeps until there is something to read from the terminal, None: nobody tells."""
    return waits.look(pid, tty.device(path), canonical=tty.is_canonical(path)).reads


def ticks(members: list[Process]) -> int:
    """The time on the processor that these processes and their ended children have had, in the kernel's ticks."""
    return sum(process.ticks(member.pid) for member in members)


def _stand_in(shell: Process, path: str) -> Process | None:
    """The process for a foreground group whose first has ended (`true | cat`): the reader, else the last part."""
    members = [found for found in process.children(shell.pid) if found.group == shell.foreground]
    if not members:
        members = _members(shell.foreground, path, None)
    terminal, canonical = tty.device(path), tty.is_canonical(path)
    for member in members:
        if waits.look(member.pid, terminal, canonical=canonical).reads:
            return member
    return _last(members, shell.pid)


def _last(members: list[Process], shell: int) -> Process | None:
    """The last part of the shell's pipeline, not what that has started."""
    parts = [member for member in members if member.parent == shell]
    return (parts or members)[-1] if members else None


def _members(group: int, path: str, pids: list[int] | None) -> list[Process]:
    """The living processes of a group that have this terminal, oldest first."""
    terminal = tty.device(path)
    listed = process.members(group) if pids is None else pids
    rows = (process.read_process(pid) for pid in listed)
    found = [
        row
        for row in rows
        if row is not None and row.group == group and row.state not in "ZX" and tty.from_stat(row.terminal) == terminal
    ]
    return sorted(found, key=lambda row: (row.started, row.pid))


def _read(found: Front, shell: Process, path: str, pids: list[int] | None, deep: int = _MOST_TERMINALS) -> None:
    found.group = group = shell.foreground
    found.members = _members(group, path, pids)
    told = tty.settings(path)
    found.canonical = told.canonical
    terminal = tty.device(path)
    unknown = False
    chosen = None
    for member in found.members:
        wait = waits.look(member.pid, terminal, canonical=told.canonical)
        unknown = unknown or wait.reads is None
        if wait.reads and (chosen is None or wait.plain):
            found.reader, chosen = member, wait
    leader = next((member for member in found.members if member.pid == group), None)
    found.first = leader or _first(found, shell.pid)
    if chosen is None or found.reader is None:
        found.waits = None if unknown else False
    else:
        _weigh(found, chosen, told, deep)


def _first(found: Front, shell: int) -> Process | None:
    """As `_stand_in`: a part of the pipeline that reads, else its last part."""
    reads = found.reader is not None and found.reader.parent == shell
    return found.reader if reads else _last(found.members, shell)


def _weigh(found: Front, wait: waits.Wait, told: tty.Settings, deep: int) -> None:
    """Whether somebody who reads waits for a person, or has an ear open for one beside its work."""
    assert found.reader is not None
    found.waits = not wait.serves
    if wait.masters:
        _look_behind(found, wait.masters[0], deep)
    elif found.reader.name in RELAYS and not wait.plain:
        found.waits = None
    wakes = told.wakes if wait.plain and told.wakes else wait.wakes
    if not found.canonical and found.reader.name not in EDITORS and _TIMED[0] < wakes <= _TIMED[1]:
        found.patience = max(found.patience, wakes + 1.0)


def _look_behind(found: Front, number: int, deep: int) -> None:
    """sudo, script and their like: who waits is told by the terminal that they have made."""
    path = f"/dev/pts/{number}"
    terminal = tty.device(path)
    for name in posix.listdir("/proc") if deep else ():
        row = process.read_process(int(name)) if name.isdigit() else None
        if row is not None and row.foreground > 0 and tty.from_stat(row.terminal) == terminal:
            inner = Front()
            _read(inner, row, path, None, deep - 1)
            found.members += inner.members
            found.waits, found.patience = inner.waits, max(found.patience, inner.patience)
            return
    found.waits = None


def _describe(judged: Process, path: str) -> None:
    judged.argv = process.arguments(judged.pid)
    judged.state = (process.read_process(judged.pid) or judged).state
    terminal = tty.device(path)
    judged.interactive = waits.leads_to(judged.pid, 0, terminal) is not False
    judged.reading = reads(judged.pid, path)
