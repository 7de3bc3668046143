"""What goes wrong around bridge, and what it does instead of harm."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import random
import re
import resource
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time

import pytest
from conftest import ROOT, TMUX, wait_until

from bridge import registry
from bridge.config import home

ROOT_USER = os.geteuid() == 0
ROWS = registry.load_all()
VALUES = {
    "session": "dev",
    "pane": "0",
    "text": "x",
    "pattern": "x",
    "integer": "1",
    "seconds": "0.2",
    "name": "new",
    "word": "x",
}
NAMED = {"kind": "cpu", "value": "90", "keys": "x", "signal": "TERM", "run_id": "0"}
# Commands that ask the store or the daemon, or many sessions; what becomes of them is in the tests of their own.
FAMILIES = (
    *("daemon", "event", "group", "health", "overview", "snapshot", "gc", "migration", "series", "direct", "agent"),
    *("agentlist", "agentlife", "introduction", "config", "doctor", "logs", "explain", "complete"),
)
APART = {name for family in FAMILIES for name in registry.FAMILIES[family]} | {
    *("run-result", "run-list", "run-output", "pane-wait-for", "pane-ask", "top"),
}
ASKING_TMUX = [row for row in ROWS if row.name not in APART]
# Commands that take a lock, each with a call that would change something.
WRITES = {
    "session-create": ("session-create", "new"),
    "session-kill": ("session-kill", "dev"),
    "pane-create": ("pane-create", "dev", "second"),
    "pane-create-with-layout": ("pane-create-with-layout", "dev", "second"),
    "pane-kill": ("pane-kill", "dev", "0"),
    "pane-metadata-set": ("pane-metadata-set", "dev", "0", "key", "new"),
    "pane-label": ("pane-label", "dev", "0", "new"),
    "state-sync": ("state-sync", "dev"),
}
OPTIONS = (
    "#{session_name}|#{pane_id}|#{pane_pid}|#{window_layout}|#{@bridge_label}|#{@bridge_metadata}|#{@bridge_typed}"
)


def words(row) -> list[str]:
    return [
        row.name,
        *(
            NAMED.get(arg.name) or VALUES[arg.type]
            for arg in row.args
            if arg.positional and (arg.required or arg.type == "seconds")
        ),
    ]


def quiet(box, name: str = "dev") -> str:
    """A session whose only program prints nothing, with a state file; its name."""
    box.tmux("new-session", "-d", "-s", name, "exec sleep 1000")
    box.bridge("pane-metadata-set", name, "0", "key", "old").ok()
    return name


def in_tmux(box) -> str:
    return box.tmux("list-panes", "-a", "-F", OPTIONS, check=False)


def state_file(box, name: str = "dev"):
    return box.states / f"{name}.state"


def state(box, name: str = "dev") -> dict:
    return json.loads(state_file(box, name).read_text(encoding="utf-8"))


def lock_file(box):
    (path,) = (box.directory / "state").rglob("dev.lock")
    return path


def server_pid(box) -> int:
    return int(box.tmux("display-message", "-p", "#{pid}"))


@contextlib.contextmanager
def stopped(pid: int):
    """The process stands still within the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def without_override() -> None:
    """Even root obeys file modes from the next exec on (capabilities(7))."""
    for capability in (1, 2, 3):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


class Limited:
    """Calls bridge with something done in the child before it starts."""

    def __init__(self, box, prepare) -> None:
        self.box = box
        self.prepare = prepare

    def __call__(self, *arguments, env=None) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.box.built, *arguments],
            env=self.box.env | (env or {}),
            cwd=self.box.work,
            capture_output=True,
            timeout=20,
            stdin=subprocess.DEVNULL,
            preexec_fn=self.prepare,
        )

    def code(self, *arguments) -> tuple[str, str]:
        """The error code and the message of a call that must fail."""
        done = self(*arguments)
        assert done.returncode == 1, done.stdout
        error = json.loads(done.stdout)["error"]
        return error["code"], error["message"]


# State files: old or new, never torn.


@pytest.mark.parametrize("seed", range(4))
def test_state_is_old_or_new_after_kill_9_at_a_random_moment(seed, box):
    """120 calls in all that were killed before they ended; the metadata is long, so that the write takes a while."""
    quiet(box)
    choose = random.Random(seed)
    given, killed, longest = ["old"], 0, 0.05
    while killed < 30:
        # tmux may still be working for a call that was killed, so an earlier value may come late.
        given.append(f"{len(given)}" + "x" * 60_000)
        call = ("pane-metadata-set", "dev", "0", "key", given[-1])
        process = box.start(*call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(choose.uniform(0.1, 1) * longest)
        process.kill()
        in_time = process.wait() == -signal.SIGKILL
        killed += in_time
        longest *= 1.03 if in_time else 0.9  # near the end of a call, where the file is written
        assert state(box)["panes"][0]["metadata"]["key"] in given
        assert json.loads(box.tmux("show-options", "-p", "-v", "-t", "%0", "@bridge_metadata"))["key"] in given
    box.bridge("pane-metadata-set", "dev", "0", "key", "last").ok()
    assert state(box)["panes"][0]["metadata"]["key"] == "last"
    assert [path.name for path in box.states.iterdir()] == ["dev.state"]


NAIVE = """
def write(path, data):
    with open(path, "w") as file:
        for at in range(0, len(data), 65536):
            file.write(data[at : at + 65536])
"""
OURS = """
from bridge.store.atomic import write as replace
def write(path, data):
    replace(path, data.encode())
"""
LOOP = """
import sys
number = 0
while True:
    number += 1
    write(sys.argv[1], "[" + f"{number % 10}," * 400000 + "0]")
"""


def torn(directory, writer: str, trials: int) -> int:
    """How often a file cannot be read after its writer was killed in the middle of its loop."""
    path = directory / "file"
    choose = random.Random(1)
    unreadable = 0
    for _ in range(trials):
        path.unlink(missing_ok=True)
        process = subprocess.Popen([sys.executable, "-S", "-c", writer + LOOP, path], cwd=ROOT)
        wait_until(path.exists, "the first write")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(choose.uniform(0.01, 0.03))
        process.kill()
        process.wait()
        try:
            json.loads(path.read_text())
        except ValueError:
            unreadable += 1
    return unreadable


def test_loop_of_writes_that_is_killed_tears_nothing(tmp_path):
    tmp_path.chmod(0o700)
    assert torn(tmp_path, OURS, 30) == 0


def test_the_same_loop_tears_files_with_a_plain_write(tmp_path):
    assert torn(tmp_path, NAIVE, 30) > 0


def test_file_is_synced_then_renamed_then_its_directory_is_synced(box):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: THE ORDER OF fsync AND rename IS NOT CHECKED")
    quiet(box)
    trace = box.directory / "trace"
    calls = "trace=fsync,fdatasync,rename,renameat,renameat2"
    done = box.call(
        ["strace", "-f", "-y", "-e", calls, "-o", trace, box.built, "pane-metadata-set", "dev", "0", "key", "new"]
    )
    if not trace.exists() or not trace.read_text().strip():
        pytest.skip(f"strace cannot trace here: THE ORDER OF fsync AND rename IS NOT CHECKED: {done.stderr}")
    assert done.status == 0, done.stderr
    seen = [line.split(maxsplit=1)[1] for line in trace.read_text().splitlines() if "sync(" in line or "rename" in line]
    assert len(seen) == 3, seen
    assert seen[0].startswith("fsync(")
    assert f"{state_file(box)}.tmp>" in seen[0]
    assert seen[1].startswith("rename")
    assert f'"{state_file(box)}.tmp", ' in seen[1]
    assert seen[2].startswith("fsync(")
    assert f"{box.states}>" in seen[2]


def test_file_size_limit_leaves_the_old_state_and_names_the_path(box):
    quiet(box)
    old = state_file(box).read_bytes()
    limited = Limited(box, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)))
    code, message = limited.code("pane-metadata-set", "dev", "0", "key", "new" * 50)
    assert code == "ERR_STATE"
    assert str(state_file(box)) in message
    assert "large" in message
    assert state_file(box).read_bytes() == old
    assert [path.name for path in box.states.iterdir()] == ["dev.state"]
    box.bridge("state-sync", "dev").ok()
    assert state(box)["panes"][0]["metadata"]["key"] == box.bridge("pane-metadata-get", "dev", "0", "key").ok()["value"]


@pytest.mark.parametrize("front", ["fast", "click"])
def test_limit_that_lets_nothing_be_written_is_told_before_anything_is_done(front, box):
    quiet(box)
    before = in_tmux(box)
    for name, call in WRITES.items():
        if name != "state-sync":
            done = subprocess.run(
                [*box.command(front), *call],
                env=box.env,
                capture_output=True,
                timeout=20,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
            )
            error = json.loads(done.stdout)["error"]
            assert (name, error["code"], done.returncode) == (name, "ERR_STATE", 1)
            assert ".lock" in error["message"]
    assert in_tmux(box) == before


def test_text_that_cannot_be_handed_to_tmux_is_told(box):
    quiet(box)
    limited = Limited(box, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
    code, message = limited.code("pane-exec", "dev", "0", "true")
    assert code == "ERR_TMUX_FAILED"
    assert "File too large" in message


@pytest.fixture
def small_disk(box):
    """`states` on a file system of 16 kB."""
    box.states.mkdir(mode=0o700)
    done = box.call(["mount", "-t", "tmpfs", "-o", f"size=16k,mode=0700,uid={os.geteuid()}", "tmpfs", box.states])
    if done.status:
        pytest.skip(f"no tmpfs can be mounted here: A FULL DISK IS NOT CHECKED: {done.stderr.strip()}")
    yield box
    box.call(["umount", box.states])


def test_full_disk_leaves_the_old_state_until_there_is_room(small_disk):
    box = small_disk
    quiet(box)
    old = state_file(box).read_bytes()
    filler = box.states / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 512)
    done = box.bridge("pane-metadata-set", "dev", "0", "key", "new" * 50)
    assert (done.code, done.status) == ("ERR_STATE", 1)
    assert str(state_file(box)) in done.json["error"]["message"]
    assert "No space left" in done.json["error"]["message"]
    assert state_file(box).read_bytes() == old
    assert sorted(path.name for path in box.states.iterdir()) == ["dev.state", "filler"]
    assert box.bridge("pane-count", "dev").ok()["count"] == 1
    filler.unlink()
    box.bridge("pane-metadata-set", "dev", "0", "key", "new").ok()
    assert state(box)["panes"][0]["metadata"]["key"] == "new"


def read_only(directory) -> None:
    for path in [directory, *directory.rglob("*")]:
        path.chmod(0o500 if path.is_dir() else 0o400)


def writable(directory) -> None:
    directory.chmod(0o700)
    for path in directory.iterdir():
        writable(path) if path.is_dir() else path.chmod(0o600)


@pytest.mark.parametrize("name", [name for name in WRITES if name != "state-sync"])
def test_file_that_cannot_be_written_after_the_deed_is_told_with_it(name, box):
    """A directory in its place: nothing can tell before, and a retry would do the deed twice."""
    quiet(box)
    state_file(box).unlink()
    for session in ("dev", "new"):
        state_file(box, session).mkdir()
    before = in_tmux(box)
    done = box.bridge(*WRITES[name])
    assert (done.code, done.status) == ("ERR_STATE", 1)
    assert in_tmux(box) != before
    hint = done.json["error"]["hint"]
    assert re.match("(pane|session) .* (was created|was killed|has ended); |the (value|label) was set; ", hint)
    row = registry.load(name)
    assert row is not None
    assert {field.name for field in row.returns} <= set(done.json)
    if name not in ("session-kill", "pane-kill"):
        session = "new" if name == "session-create" else "dev"
        assert done.json["pane_id"] == ("1" if name.startswith("pane-create") else "0")
        state_file(box, session).rmdir()
        assert f"bridge state-sync {session} " in hint
        box.bridge("state-sync", session).ok()


@pytest.fixture
def frozen(box):
    """A session, its state written, and then every state file and directory read-only."""
    quiet(box)
    for directory in (box.directory / "state", box.states):
        read_only(directory)
    yield box
    for directory in (box.directory / "state", box.states):
        writable(directory)


def test_reads_work_with_a_read_only_state_directory(frozen):
    bridge = Limited(frozen, without_override)
    for row in ASKING_TMUX:
        if row.effect == "read" and not row.stream and "ERR_STATE" not in row.errors:
            envelope = json.loads(bridge(*words(row)).stdout)
            code = envelope.get("error", {}).get("code")
            assert code in (None, "ERR_LABEL_NOT_FOUND", "ERR_KEY_NOT_FOUND", "ERR_TIMEOUT"), envelope


@pytest.mark.parametrize("name", WRITES)
def test_write_with_a_read_only_state_directory_changes_nothing(name, frozen):
    before = in_tmux(frozen)
    code, message = Limited(frozen, without_override).code(*WRITES[name])
    assert code == "ERR_STATE"
    assert str(frozen.directory) in message
    assert in_tmux(frozen) == before


@pytest.mark.parametrize("name", [name for name in WRITES if name != "state-sync"])
def test_write_with_read_only_state_files_alone_changes_nothing(name, box):
    """The locks are writable, the directory of the state files is not."""
    quiet(box)
    before = in_tmux(box)
    box.states.chmod(0o500)
    try:
        done = Limited(box, without_override)(*WRITES[name])
    finally:
        box.states.chmod(0o700)
    assert json.loads(done.stdout).get("error", {}).get("code") == "ERR_STATE"
    assert in_tmux(box) == before


def test_every_command_that_locks_is_among_the_writes():
    assert set(WRITES) == {row.name for row in ASKING_TMUX if "ERR_LOCKED" in row.errors}


# Unusable directories.


def spoil_by_mode(directory):
    directory.mkdir(parents=True)
    directory.chmod(0o777)


def spoil_by_owner(directory):
    if not ROOT_USER:
        pytest.skip("only root can make a directory of somebody else: A FOREIGN DIRECTORY IS NOT CHECKED")
    directory.mkdir(parents=True, mode=0o700)
    os.chown(directory, 12345, 12345)


def spoil_by_link(directory):
    directory.parent.mkdir(parents=True, exist_ok=True)
    (directory.parent / "elsewhere").mkdir(mode=0o700)
    directory.symlink_to(directory.parent / "elsewhere")


def spoil_by_file(directory):
    directory.parent.mkdir(parents=True, exist_ok=True)
    directory.write_text("mine")


@pytest.mark.parametrize("spoil", [spoil_by_mode, spoil_by_owner, spoil_by_link, spoil_by_file])
def test_directory_that_is_not_ours_alone_is_refused(spoil, box):
    spoil(box.states)
    box.tmux("new-session", "-d", "-s", "dev", "exec sleep 1000")
    done = box.bridge("pane-metadata-set", "dev", "0", "key", "value")
    assert (done.code, done.status) == ("ERR_STATE", 1)
    assert str(box.states) in done.json["error"]["message"]
    assert not (box.directory / "elsewhere" / "dev.state").exists()


@pytest.mark.parametrize("spoil", [spoil_by_mode, spoil_by_owner, spoil_by_file])
def test_state_directory_that_is_not_ours_alone_is_refused_before_anything_is_done(spoil, box):
    spoil(box.directory / "state")
    box.tmux("new-session", "-d", "-s", "dev", "exec sleep 1000")
    before = in_tmux(box)
    done = box.bridge("pane-metadata-set", "dev", "0", "key", "value")
    assert done.json.get("error", {}).get("code") == "ERR_STATE"
    assert in_tmux(box) == before


def test_state_directory_that_cannot_be_made_is_named(box):
    done = box.bridge("session-create", "dev", env={"BRIDGE_STATE_DIR": "/proc/nowhere"})
    assert done.code == "ERR_STATE"
    assert "/proc/nowhere" in done.json["error"]["message"]
    assert box.call([TMUX, "list-sessions"]).status != 0


# Unreadable state files.

UNREADABLE = {
    "empty": b"",
    "truncated": b'{"session_name": "dev", "panes": [{"pane_id": 0',
    "binary": bytes(range(256)),
    "not-utf-8": b'{"session_name": "\xff"}',
    "deeply-nested": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "not-a-number": b'{"panes": [], "a": NaN}',
    "infinite": b'{"panes": [], "a": Infinity}',
    "list": b"[]",
    "word": b"null",
    "two-values": b"{}{}",
    "huge": None,
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable_state_file_is_kept_aside_and_written_again(kind, box):
    quiet(box)
    content = UNREADABLE[kind]
    if content is None:
        os.truncate(state_file(box), 100_000_000)
    else:
        state_file(box).write_bytes(content)
    inode = state_file(box).stat().st_ino
    done = box.bridge("pane-metadata-set", "dev", "0", "key", "new")
    done.ok()
    (aside,) = box.states.glob("dev.state.corrupt-*")
    assert aside.stat().st_ino == inode
    assert content is None or aside.read_bytes() == content
    assert done.stderr.count(str(aside)) == 1
    assert state(box)["panes"][0]["metadata"] == {"key": "new"}
    assert "corrupt" not in box.bridge("state-sync", "dev").stderr


def test_state_file_with_a_key_twice_is_written_again(box):
    quiet(box)
    state_file(box).write_text('{"panes": [], "panes": 7, "a": 1, "a": 2}')
    box.bridge("state-sync", "dev").ok()
    assert state(box)["panes"][0]["metadata"] == {"key": "old"}


def test_second_unreadable_file_is_not_put_over_the_first(box):
    quiet(box)
    for text in ("one", "two", "three"):
        state_file(box).write_text(text)
        box.bridge("state-sync", "dev").ok()
    assert {path.read_text() for path in box.states.glob("dev.state.corrupt-*")} == {"one", "two", "three"}


def test_script_form_says_nothing_of_an_unreadable_file(box):
    quiet(box)
    state_file(box).write_text("{")
    done = box.shim("state-sync", "dev")
    assert done.stderr == "\x1b[0;32m[SUCCESS]\x1b[0m State synchronized for session 'dev'\n"
    assert len(list(box.states.glob("dev.state.corrupt-*"))) == 1


def test_temporary_file_that_a_crash_left_is_no_hindrance(box):
    quiet(box)
    (box.states / "dev.state.tmp").write_text("half a st")
    box.bridge("pane-metadata-set", "dev", "0", "key", "new").ok()
    assert [path.name for path in box.states.iterdir()] == ["dev.state"]
    assert state(box)["panes"][0]["metadata"] == {"key": "new"}


@pytest.mark.parametrize("name", ["dev.state", "dev.state.tmp"])
def test_link_in_place_of_a_state_file_is_not_followed(name, box):
    quiet(box)
    target = box.home / ".bashrc"
    before = target.read_bytes()
    (box.states / name).unlink(missing_ok=True)
    (box.states / name).symlink_to(target)
    box.bridge("pane-metadata-set", "dev", "0", "key", "new")
    assert target.read_bytes() == before
    assert not target.is_symlink()


# Locks.


@pytest.mark.parametrize("kind", ["link", "dangling-link", "fifo", "directory"])
@pytest.mark.parametrize("front", ["fast", "click"])
def test_lock_that_is_no_plain_file_is_refused(kind, front, box):
    quiet(box)
    path, target = lock_file(box), box.home / ".bashrc"
    before, text = in_tmux(box), target.read_bytes()
    path.unlink()
    if kind == "link":
        path.symlink_to(target)
    elif kind == "dangling-link":
        path.symlink_to(box.home / "made")
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    for call in (("pane-metadata-set", "dev", "0", "key", "new"), ("session-kill", "dev")):
        done = box.bridge(*call, front=front)
        assert (done.code, done.status) == ("ERR_STATE", 1)
        assert str(path) in done.json["error"]["message"]
        assert done.seconds < 3
    assert in_tmux(box) == before
    assert target.read_bytes() == text
    assert not (box.home / "made").exists()


@pytest.fixture
def holder(box):
    """A bridge call that holds the lock of `dev` and stands still; its pid."""
    quiet(box)
    server = server_pid(box)
    with stopped(server):
        process = box.start("pane-metadata-set", "dev", "0", "key", "held", env={"BRIDGE_TMUX_TIMEOUT": "60"})
        wait_until(lambda: lock_file(box).read_text().startswith(f"{process.pid} "), "the lock of the first call")
        os.kill(process.pid, signal.SIGSTOP)
    yield process.pid
    process.kill()
    process.communicate()


@pytest.mark.parametrize("front", ["fast", "click"])
def test_lock_of_a_stopped_process_is_waited_for_within_the_limit(front, box, holder):
    before = in_tmux(box)
    done = box.bridge("pane-metadata-set", "dev", "0", "key", "new", env={"BRIDGE_LOCK_TIMEOUT": "0.5"}, front=front)
    assert (done.code, done.status) == ("ERR_LOCKED", 1)
    assert 0.5 <= done.seconds < 2
    assert f"process {holder} " in done.json["error"]["message"]
    assert done.json["error"]["retryable"] is True
    assert in_tmux(box) == before


def test_other_sessions_and_reads_do_not_wait_for_a_lock(box, holder):
    assert box.bridge("pane-count", "dev").ok()["count"] == 1
    assert box.bridge("session-create", "free", env={"BRIDGE_LOCK_TIMEOUT": "0.5"}).ok()


@pytest.mark.parametrize("front", ["fast", "click"])
def test_lock_of_a_killed_process_is_free_at_once(front, box, holder):
    os.kill(holder, signal.SIGKILL)
    done = box.bridge("pane-metadata-set", "dev", "0", "key", "new", env={"BRIDGE_LOCK_TIMEOUT": "1"}, front=front)
    done.ok()
    assert done.seconds < 1


@pytest.mark.parametrize("front", ["fast", "click"])
def test_server_that_a_call_has_started_does_not_hold_the_lock(front, box):
    box.bridge("session-create", "dev", front=front).ok()
    with lock_file(box).open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    directory = f"/proc/{server_pid(box)}/fd"
    held = [os.readlink(f"{directory}/{number}") for number in os.listdir(directory)]
    assert not [path for path in held if path.startswith(str(box.directory / "state"))]


# tmux that is missing, elsewhere, dead or stopped.


def not_there(box) -> str:
    return str(box.directory / "no-tmux")


def not_executable(box) -> str:
    path = box.directory / "plain-file"
    path.write_text("")
    return str(path)


@pytest.mark.parametrize("program", [not_there, not_executable])
def test_missing_tmux_is_told_with_a_way_to_get_it(program, box):
    env = {"BRIDGE_TMUX": program(box)}
    for row in ASKING_TMUX:
        if row.name != "version":
            done = box.bridge(*words(row), env=env)
            assert (row.name, done.code, done.status) == (row.name, "ERR_TMUX_NOT_INSTALLED", 1)
            assert "install tmux" in done.json["error"]["hint"]


def test_help_and_version_need_no_tmux(box):
    env = {"BRIDGE_TMUX": not_there(box)}
    for call in (("help",), ("--help",), ("pane-create", "--help")):
        done = box.call([box.built, *call], env=env)
        assert (done.status, "Usage" in done.stdout or "usage" in done.stdout) == (0, True)
    assert box.bridge("version", env=env).ok()["version"]
    assert box.shim("help", env=env).stdout.startswith("Claude-tmux Bridge Script (MVP+)\n")


def test_no_server_is_an_empty_list(box):
    done = box.bridge("session-list")
    assert done.ok()["sessions"] == []
    assert box.call([TMUX, "list-sessions"]).status != 0


def test_no_command_starts_a_server_to_look_for_a_session(box):
    for row in ASKING_TMUX:
        if row.target != "none":
            done = box.bridge(*words(row))
            assert (row.name, done.code, done.status) == (row.name, "ERR_SESSION_NOT_FOUND", 1)
    assert box.call([TMUX, "list-sessions"]).status != 0
    assert not box.states.exists()


def test_stopped_server_is_a_timeout_for_every_command(box):
    quiet(box)
    before = in_tmux(box)
    calls = {row.name: box.start for row in ASKING_TMUX if row.name != "version"}
    with stopped(server_pid(box)):
        began = time.monotonic()
        # One lock a session: a write that waits for another's would be told ERR_LOCKED.
        running = {
            row.name: start(*words(row), env={"BRIDGE_TMUX_TIMEOUT": "1", "BRIDGE_LOCK_TIMEOUT": "30"})
            for row, start in zip((row for row in ASKING_TMUX if row.name in calls), calls.values(), strict=True)
            if row.name not in WRITES
        }
        answers = {name: (process.communicate(timeout=20)[0], process.returncode) for name, process in running.items()}
        assert time.monotonic() - began < 5
    for name, (text, status) in answers.items():
        assert (name, json.loads(text)["error"]["code"], status) == (name, "ERR_TIMEOUT", 1)
    assert in_tmux(box) == before


@pytest.mark.parametrize("name", WRITES)
def test_stopped_server_is_a_timeout_for_a_write(name, box):
    quiet(box)
    with stopped(server_pid(box)):
        done = box.bridge(*WRITES[name], env={"BRIDGE_TMUX_TIMEOUT": "1"})
        assert (done.code, done.status) == ("ERR_TIMEOUT", 1)
        assert 1 <= done.seconds < 2.5
    if name.startswith("pane-create"):
        # One request holds the question and the split: a server that goes on may still do it, and the answer says so.
        assert "may still be done" in done.json["error"]["hint"]
        assert box.bridge("pane-count", "dev").ok()["count"] <= 2
    else:
        assert box.bridge("pane-count", "dev").ok()["count"] == 1


@pytest.mark.parametrize("value", ["/nonexistent/socket,1,0", "garbage", "relative/path,x,y", "/dev/null,1,0"])
def test_tmux_variable_that_leads_nowhere_finds_nothing_and_starts_nothing(value, box):
    quiet(box)
    before = in_tmux(box)
    for row in ASKING_TMUX:
        if row.target != "none":
            done = box.bridge(*words(row), env={"TMUX": value})
            other = ("ERR_USAGE",) if value.startswith("/dev") else ("ERR_SESSION_NOT_FOUND", "ERR_TMUX_FAILED")
            assert done.code in other, row.name
    assert in_tmux(box) == before
    assert not list(box.work.iterdir())


@pytest.mark.parametrize("option", [True, False])
def test_socket_whose_directory_is_missing_is_told_in_tmuxs_words(option, box):
    """tmux exits 0 then."""
    path = f"{box.home}/no/x"
    options, env = (("-S", path), {}) if option else ((), {"TMUX": f"{path},1,0"})
    done = box.bridge(*options, "session-create", "dev", env=env)
    assert (done.code, done.status) == ("ERR_TMUX_FAILED", 1)
    assert f"error creating {path}" in done.json["error"]["message"]


@pytest.mark.parametrize("value", ["", ",1,0"])
def test_empty_tmux_variable_means_the_usual_server(value, box):
    quiet(box)
    assert box.bridge("pane-count", "dev", env={"TMUX": value}).ok()["count"] == 1


def test_tmux_variable_names_the_server_and_bridge_socket_wins(box):
    quiet(box)
    other = box.directory / "other"
    box.call([TMUX, "-S", other, "new-session", "-d", "-s", "there", "exec sleep 1000"])
    names = lambda env: [item["name"] for item in box.bridge("session-list", env=env).ok()["sessions"]]  # noqa: E731
    assert names({"TMUX": f"{other},1,0"}) == ["there"]
    default = box.tmux("display-message", "-p", "#{socket_path}").strip()
    assert names({"TMUX": f"{other},1,0", "BRIDGE_SOCKET": default}) == ["dev"]
    box.call([TMUX, "-S", other, "kill-server"])


@pytest.mark.parametrize("front", ["fast", "click"])
def test_file_in_the_place_of_the_socket_is_kept(front, box):
    """tmux itself would take it away for its socket."""
    file = box.work / "notes"
    file.write_text("mine")
    folder = box.directory / "tmux" / f"tmux-{os.getuid()}"
    folder.mkdir(mode=0o700)
    (folder / "named").symlink_to(file)
    for options, env in (
        (("-S", file), {}),
        ((), {"BRIDGE_SOCKET": str(file)}),
        ((), {"TMUX": f"{file},1,0"}),
        (("-L", "named"), {}),
        (("-S", box.work), {}),
    ):
        done = box.bridge(*options, "session-create", "dev", env=env, front=front)
        assert (done.code, done.status) == ("ERR_USAGE", 1)
        assert str(box.directory) in done.json["error"]["message"]
    assert file.read_text() == "mine"
    assert (folder / "named").is_symlink()
    assert [path.name for path in box.work.iterdir()] == ["notes"]


def test_two_servers_have_their_own_state(box):
    other = box.directory / "other"
    for env in ({}, {"BRIDGE_SOCKET": str(other)}):
        done = box.bridge("session-create", "dev", env=env | {"BRIDGE_STATES_DIR": ""})
        done.ok()
    assert len(list((box.directory / "state").rglob("dev.state"))) == 2
    box.call([TMUX, "-S", other, "kill-server"])


def test_thirty_creators_of_one_name_make_one_session(box):
    patient = {"BRIDGE_LOCK_TIMEOUT": "100", "BRIDGE_TMUX_TIMEOUT": "100"}
    running = [box.start("session-create", "dev", env=patient) for _ in range(30)]
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert sorted(process.returncode for process in running) == [0] + [1] * 29
    codes = [answer["error"]["code"] for answer in answers if answer["status"] == "error"]
    assert codes == ["ERR_SESSION_EXISTS"] * 29
    assert box.tmux("list-panes", "-a", "-F", "#{session_name} #{@bridge_label}") == "dev =main\n"
    assert state(box)["panes"][0]["label"] == "main"


# What is waited for is killed.

PROGRAMS = {
    "plain": "sleep 15",
    "ignores-hup": "sh -c 'trap \"\" HUP TERM; sleep 15; :'",
    "pane-ignores-hup": "exec sh -c 'trap \"\" HUP TERM; sleep 15; :'",
}
KILLS = {
    "pane": lambda box: box.tmux("kill-pane", "-t", "dev:"),
    "window": lambda box: box.tmux("kill-window", "-t", "dev:"),
    "session": lambda box: box.tmux("kill-session", "-t", "dev"),
    "server": lambda box: box.tmux("kill-server"),
    "server-9": lambda box: os.kill(server_pid(box), signal.SIGKILL),
    "process-9": lambda box: os.kill(
        int(box.tmux("display-message", "-p", "-t", "dev:", "#{pane_pid}")), signal.SIGKILL
    ),
    "respawn": lambda box: box.tmux("respawn-pane", "-k", "-t", "dev:", "exec sleep 15"),
}


def in_foreground(box, name: str) -> bool:
    return box.tmux("display-message", "-p", "-t", "dev:", "#{pane_current_command}").strip() == name


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("kill", KILLS)
@pytest.mark.parametrize("command", ["pane-wait", "pane-watch-timeout", "pane-exec-timeout"])
def test_wait_ends_without_success_when_its_pane_is_killed(command, kill, program, box):
    box.tmux("new-session", "-d", "-s", "other", "exec sleep 1000")
    box.session("dev")
    text = PROGRAMS[program]
    if command == "pane-exec-timeout":
        process = box.start("pane-exec-timeout", "dev", "0", "12", text)
    else:
        box.bridge("pane-exec", "dev", "0", text).ok()
    wait_until(lambda: in_foreground(box, "sleep" if program == "plain" else "sh"), "the program")
    if command == "pane-wait":
        process = box.start("pane-wait", "dev", "0", "12")
        assert b"Waiting for pane 0" in process.stderr.readline()
    elif command == "pane-watch-timeout":
        process = box.start("pane-watch-timeout", "dev", "0", "never there", "12")
        wait_until(lambda: box.tmux("display-message", "-p", "-t", "dev:", "#{pane_pipe}") == "1\n", "the watch")
    began = time.monotonic()
    KILLS[kill](box)
    output = process.communicate(timeout=20)[0]
    seconds = time.monotonic() - began
    assert json.loads(output)["error"]["code"] in ("ERR_PANE_GONE", "ERR_SERVER_GONE")
    assert process.returncode == 1
    assert seconds < 2


def test_renaming_the_session_does_not_end_a_wait(box):
    box.session("dev")
    box.bridge("pane-exec", "dev", "0", "read line").ok()
    process = box.start("pane-wait", "dev", "0", "10")
    assert b"Waiting for pane 0" in process.stderr.readline()
    box.tmux("rename-session", "-t", "dev", "new")
    box.tmux("send-keys", "-t", "new:", "Enter")
    assert json.loads(process.communicate(timeout=10)[0])["status"] == "success"


# Typing.


class Recorder:
    """A program in pane 0 of `dev` that keeps every byte it is given."""

    def __init__(self, box, mode: str = "raw -echo") -> None:
        self.box = box
        self.path = box.directory / "bytes"
        box.tmux("new-session", "-d", "-s", "dev", f"stty {mode}; echo ready; exec cat >{shlex.quote(str(self.path))}")
        box.tmux("set-option", "-p", "-t", "dev:", "@bridge_typed", "[]")
        wait_until(lambda: "ready" in box.screen("dev:"), "the recorder")

    def gets(self, data: bytes) -> None:
        """Exactly these bytes have come once the mark behind them has."""
        self.box.tmux("send-keys", "-t", "dev:", "-l", "END")
        wait_until(lambda: self.path.read_bytes().endswith(b"END"), "the end mark")
        assert self.path.read_bytes() == data + b"END"


TEXTS = {
    "semicolon-at-end": "echo a;",
    "escaped-semicolon": "echo a\\;",
    "only-semicolon": ";",
    "dash": "-l foo",
    "two-dashes": "--",
    "hash": "a # b #{pid} #(touch p) #[fg=red]",
    "key-name": "C-c",
    "enter": "Enter",
    "up": "Up",
    "lines": "one\ntwo\n\nfour",
    "newline-at-end": "one\n",
    "tabs": "\ta\tb\t",
    "history": "echo !! !$ !-1 ^a^b",
    "quotes": "'\"`$HOME`\"' \\ \\n ${x} $(id) {a,b} ~",
    "percent": "%0 %d %H:%M",
    "emoji": "é 日本 👩‍🚀 e\u0301",
    "blanks": "  a  ",
    "16-kB": "x" * 16_384,
    "100-kB": "0123456789" * 10_000,
    "many-lines": "\n".join(f"line {number}" for number in range(300)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_program_gets_the_bytes_that_were_given(name, box):
    recorder = Recorder(box)
    box.bridge("pane-exec", "dev", "0", "--", TEXTS[name]).ok()
    recorder.gets(b"".join(line.encode() + b"\r" for line in TEXTS[name].removesuffix("\n").split("\n")))
    assert not list(box.work.iterdir())


CONTROLS = {
    "escape": "a\x1b[31mb",
    "end-of-paste": "a\x1b[201~b",
    "ctrl-c": "a\x03",
    "carriage-return": "one\r\ntwo",
    "backspace": "a\x08b",
    "delete": "a\x7fb",
    "c1": "a\x9b31mb",
}


@pytest.mark.parametrize("name", CONTROLS)
def test_control_characters_are_refused_and_nothing_is_typed(name, box):
    recorder = Recorder(box)
    done = box.bridge("pane-exec", "dev", "0", CONTROLS[name])
    assert (done.code, done.status) == ("ERR_CONTROL_CHARACTERS", 1)
    assert box.bridge("pane-exec-timeout", "dev", "0", "1", CONTROLS[name]).code == "ERR_CONTROL_CHARACTERS"
    recorder.gets(b"")


@pytest.mark.parametrize("name", CONTROLS)
def test_control_characters_are_typed_as_they_are_when_asked_for(name, box):
    recorder = Recorder(box)
    box.bridge("pane-exec", "dev", "0", "--raw", CONTROLS[name]).ok()
    recorder.gets(b"".join(line.encode() + b"\r" for line in CONTROLS[name].split("\n")))


@pytest.mark.parametrize("call", [("pane-exec", "dev", "0"), ("pane-send-keys", "dev", "0", "--literal")])
def test_bytes_that_are_not_utf_8_arrive(call, box):
    """Also the byte that tmux takes for the end of its input."""
    recorder = Recorder(box)
    box.bridge(*call, b"a\xff\xfe'b\xff").ok()
    recorder.gets(b"a\xff\xfe'b\xff" + (b"\r" if call[0] == "pane-exec" else b""))


def test_label_that_is_not_utf_8_is_taken(box):
    quiet(box)
    assert box.bridge("pane-create", "dev", b"l\xff").ok()["label"] == "l\ufffd"
    assert [pane["label"] for pane in box.bridge("pane-list-detailed", "dev").ok()["output"]][1:] == ["l\ufffd"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("pane-count", "s" * 130_000), "ERR_SESSION_NOT_FOUND"),
        (("pane-count", "$" + "1" * 100_000), "ERR_SESSION_NOT_FOUND"),
        (("pane-create", "s" * 130_000), "ERR_SESSION_NOT_FOUND"),
        (("state-sync", "s" * 130_000), "ERR_SESSION_NOT_FOUND"),
        (("pane-capture", "dev", "1" * 130_000), "ERR_PANE_NOT_FOUND"),
        (("pane-capture", "dev", "%" + "1" * 100_000), "ERR_PANE_NOT_FOUND"),
    ],
)
def test_name_that_is_too_long_for_tmux_is_not_found(words, code, box):
    quiet(box)
    assert box.bridge(*words).code == code


def test_line_that_the_terminal_would_cut_is_refused(box):
    recorder = Recorder(box, mode="-echo")
    done = box.bridge("pane-exec", "dev", "0", "short\n" + "x" * 4096)
    assert (done.code, done.status) == ("ERR_TOO_LARGE", 1)
    box.bridge("pane-exec", "dev", "0", "x" * 4095).ok()
    box.tmux("send-keys", "-t", "dev:", "Enter")
    wait_until(lambda: recorder.path.read_bytes().endswith(b"\n\n"), "the second line")
    assert recorder.path.read_bytes() == b"x" * 4095 + b"\n\n"


def test_copy_mode_is_left_before_text_is_typed(box):
    recorder = Recorder(box)
    box.tmux("copy-mode", "-t", "dev:")
    box.bridge("pane-exec", "dev", "0", "text").ok()
    recorder.gets(b"text\r")


@pytest.mark.parametrize("mode", ["choose-tree", "clock-mode"])
def test_another_mode_is_left_or_named(mode, box):
    recorder = Recorder(box)
    box.tmux(mode, "-t", "dev:")
    done = box.bridge("pane-exec", "dev", "0", "text")
    if done.status:
        assert done.code == "ERR_BUSY"
        box.tmux("send-keys", "-t", "dev:", "q")
    recorder.gets(b"" if done.status else b"text\r")


def test_dead_pane_is_refused(box):
    box.tmux("new-session", "-d", "-s", "dev", "exec sleep 1000")
    box.tmux("set-option", "-p", "-t", "dev:", "remain-on-exit", "on")
    os.kill(int(box.tmux("display-message", "-p", "-t", "dev:", "#{pane_pid}")), signal.SIGKILL)
    wait_until(
        lambda: box.tmux("display-message", "-p", "-t", "dev:", "#{pane_dead}") == "1\n", "the end of the program"
    )
    for call in (
        ("pane-exec", "dev", "0", "x"),
        ("pane-exec-timeout", "dev", "0", "2", "x"),
        ("pane-wait", "dev", "0", "2"),
    ):
        done = box.bridge(*call)
        assert (call[0], done.code, done.status) == (call[0], "ERR_PANE_GONE", 1)


def test_pane_whose_input_is_off_is_refused(box):
    recorder = Recorder(box)
    box.tmux("select-pane", "-d", "-t", "dev:")
    done = box.bridge("pane-exec", "dev", "0", "x")
    assert (done.code, done.status) == ("ERR_BUSY", 1)
    box.tmux("select-pane", "-e", "-t", "dev:")
    recorder.gets(b"")


def test_synchronized_panes_do_not_get_a_copy(box):
    recorder = Recorder(box)
    other = box.directory / "copy"
    box.tmux("split-window", "-t", "dev:", f"stty raw -echo; echo ready; exec cat >{shlex.quote(str(other))}")
    wait_until(other.exists, "the second program")
    box.tmux("set-option", "-w", "-t", "dev:", "synchronize-panes", "on")
    box.bridge("pane-exec", "dev", "0", "text").ok()
    box.tmux("set-option", "-w", "-t", "dev:", "synchronize-panes", "off")
    box.tmux("select-pane", "-t", "dev:.0")
    recorder.gets(b"text\r")
    assert other.read_bytes() == b""


def test_no_buffer_is_left_behind_by_typing(box):
    Recorder(box)
    box.tmux("set-buffer", "-b", "mine", "kept")
    box.bridge("pane-exec", "dev", "0", "one\ntwo").ok()
    assert box.tmux("list-buffers", "-F", "#{buffer_name}") == "mine\n"


# Surroundings.


def modes(directory) -> dict[str, str]:
    """What is not 0700 for a directory or 0600 for anything else."""
    found = {}
    for path in [directory, *directory.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode != (0o700 if path.is_dir() else 0o600):
            found[str(path)] = oct(mode)
    return found


def test_state_files_are_ours_alone_whatever_the_umask(box):
    with_umask = Limited(box, lambda: os.umask(0))
    for call in (("session-create", "dev"), ("pane-create", "dev"), ("pane-metadata-set", "dev", "0", "key", "value")):
        assert with_umask(*call).returncode == 0
    state_file(box).write_text("{")
    assert with_umask("state-sync", "dev").returncode == 0
    assert modes(box.states) == {}
    assert modes(lock_file(box).parent) == {}


def test_everything_in_the_state_directory_is_ours_alone_whatever_the_umask(box):
    Limited(box, lambda: os.umask(0))("session-create", "dev")
    process = subprocess.Popen(
        ["sh", "-c", 'umask 0; exec "$0" "$@"', box.built, "pane-stream", "dev", "0"],
        env=box.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: list((box.directory / "state").rglob("*.pid")), "the byte log")
        assert modes(box.directory / "state") == {}
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("front", ["fast", "click"])
def test_every_directory_is_ours_alone_whatever_the_umask(front, box):
    done = subprocess.run(
        [*box.command(front), "session-create", "dev"], env=box.env, capture_output=True, preexec_fn=lambda: os.umask(0)
    )
    assert done.returncode == 0, done.stderr
    assert modes(box.directory / "state") == {}


def test_home_comes_from_the_user_table_where_none_is_set(box):
    import pwd

    expected = pwd.getpwuid(os.getuid()).pw_dir
    assert home({}) == expected
    assert home({"HOME": ""}) == expected
    assert home({"HOME": "relative"}) == expected
    assert home({"HOME": "/some/where"}) == "/some/where"


def bare(box, *arguments, **env) -> subprocess.CompletedProcess:
    """A call with this environment and nothing else."""
    return subprocess.run([box.built, *arguments], env=env, cwd=box.work, capture_output=True, timeout=20)


def test_bridge_runs_without_a_home(box):
    keep = {key: box.env[key] for key in ("TMUX_TMPDIR", "BRIDGE_TMUX", "BRIDGE_STATE_DIR", "BRIDGE_STATES_DIR")}
    keep["PATH"] = os.environ["PATH"]
    for call in (("session-create", "dev"), ("pane-metadata-set", "dev", "0", "key", "value"), ("pane-count", "dev")):
        done = bare(box, *call, **keep)
        assert done.returncode == 0, done
        assert json.loads(done.stdout)["status"] == "success"


def test_bridge_runs_with_the_path_of_a_cron_job(box):
    keep = {key: box.env[key] for key in ("HOME", "TMUX_TMPDIR", "BRIDGE_TMUX", "BRIDGE_CACHE_DIR", "BRIDGE_STATE_DIR")}
    for call in (("session-create", "dev"), ("pane-watch", "dev", "0", "x"), ("session-list",)):
        done = bare(box, *call, PATH="/usr/bin:/bin", **keep)
        assert done.returncode == 0, done
    state_home = box.directory / "state"
    assert len(list(state_home.rglob("dev.state"))) == 1


def test_state_is_kept_below_the_home_by_default(box):
    env = {"BRIDGE_STATE_DIR": "", "BRIDGE_STATES_DIR": "", "XDG_STATE_HOME": ""}
    box.bridge("session-create", "dev", env=env).ok()
    assert len(list((box.home / ".local/state/bridge").rglob("dev.state"))) == 1
    box.bridge("session-create", "two", env=env | {"XDG_STATE_HOME": str(box.directory / "xdg")}).ok()
    assert len(list((box.directory / "xdg/bridge").rglob("two.state"))) == 1


@pytest.mark.parametrize("front", ["fast", "click"])
def test_text_is_utf_8_in_the_c_locale(front, box):
    env = {"LANG": "C", "LC_ALL": "C"}
    assert box.bridge("session-create", "日本", env=env, front=front).ok()["session"] == "日本"
    box.bridge("pane-metadata-set", "日本", "0", "ключ", "é", env=env, front=front).ok()
    assert box.bridge("pane-metadata-get", "日本", "0", "ключ", env=env, front=front).ok()["output"] == "é\n"
    assert box.bridge("session-list", env=env, front=front).ok()["output"] == "日本\n"
    box.bridge("pane-exec-timeout", "日本", "0", "5", "printf '%s\\n' größe", env=env, front=front).ok()
    assert "größe\n" in box.bridge("pane-capture", "日本", "0", env=env, front=front).ok()["output"]


# Answers that nobody can read.

FRONTS = {
    "fast": ("session-list",),
    "click": ("--table", "session-list"),
    "refused": ("nosuch",),
    "help": ("help",),
    "topic": ("help", "errors"),
    "row": ("session-list", "--help"),
    "version": ("--version",),
}


@pytest.mark.parametrize("name", FRONTS)
def test_answer_that_cannot_be_written_is_a_failure(name, box):
    quiet(box)
    words = shlex.join(FRONTS[name])
    for stdout, told in ((">/dev/full", "No space left"), (">&-", "Bad file descriptor")):
        done = box.call(["bash", "-c", f"'{box.built}' {words} {stdout}"])
        assert (done.status, "Traceback" in done.stderr) == (1, False)
        assert f"[ERROR] the answer cannot be written: {told}" in done.stderr


@pytest.mark.parametrize("name", FRONTS)
def test_pipe_that_nobody_reads_is_no_failure(name, box):
    quiet(box)
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run([box.built, *FRONTS[name]], env=box.env, stdout=write_end, stderr=subprocess.PIPE, timeout=20)
    os.close(write_end)
    assert done.returncode == (1 if name == "refused" else 0)
    assert b"Traceback" not in done.stderr
    assert b"cannot be written" not in done.stderr


def test_closed_stdout_spoils_no_lock(box):
    box.call(["bash", "-c", f"'{box.built}' session-create dev >&-"])
    assert lock_file(box).read_text().count("\n") == 1
    assert "{" not in lock_file(box).read_text() + state_file(box).read_text()[1:2]
