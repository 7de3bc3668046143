"""Each error that a row declares, reached through the command itself; generated from the table."""

from __future__ import annotations

import concurrent.futures
import fcntl
import os
import shutil
import signal

import pytest
from conftest import sandbox

from bridge import registry

# The tests of these families reach what they declare: their words are subscriptions, groups, files and settings.
FAMILIES = (
    *("event", "group", "health", "snapshot", "gc", "migration", "series", "direct", "agent", "agentlist", "agentlife"),
    *("introduction", "config", "doctor", "logs", "explain", "complete"),
)
APART = {name for family in FAMILIES for name in registry.FAMILIES[family]} - {
    *("gc-protect", "gc-unprotect", "metrics-history"),
}
ROWS = tuple(row for row in registry.load_all() if row.name not in APART)


def words(row, **given) -> list[str]:
    """A well-formed call of the row; `given` replaces the value of an argument by its type or name."""
    values = {"session": "dev", "name": "other", "pane": "0", "pattern": "x", "integer": "5", "seconds": "0.2"}
    values |= {"keys": "Enter", "signal": "TERM", "kind": "cpu", "value": "90"} | given
    given = [values.get(arg.name, values.get(arg.type, "text")) for arg in row.args if arg.positional and arg.required]
    # A pattern that is an option is the condition that the command asks for.
    return given + [
        f"--pattern={values['pattern']}" for arg in row.args if arg.type == "pattern" and not arg.positional
    ]


def rows_with(code: str):
    found = [row for row in ROWS if code in row.errors]
    return pytest.mark.parametrize("row", found, ids=[row.name for row in found])


def refused(box, row, code, *extra, env=None, **given):
    done = box.bridge(row.name, *words(row, **given), *extra, env=env)
    assert (done.status, done.code) == (1, code), done.stdout
    assert done.json["error"]["hint"]
    return done


@pytest.fixture(scope="module")
def empty(built):
    """A sandbox without a server."""
    with sandbox(built) as box:
        yield box


@pytest.fixture(scope="module")
def shared(built):
    """A session whose panes `twin` are two, for what is refused without a change."""
    with sandbox(built) as box:
        box.session()
        for _ in range(2):
            box.bridge("pane-create", "dev", "twin").ok()
        yield box


@pytest.fixture
def still(shared):
    """The shared session; nothing of it may change."""
    before = shared.tmux("list-panes", "-a", "-F", "#{session_name} #{pane_id} #{pane_pid} #{@bridge_label}")
    yield shared
    assert shared.tmux("list-panes", "-a", "-F", "#{session_name} #{pane_id} #{pane_pid} #{@bridge_label}") == before


@rows_with("ERR_SESSION_NOT_FOUND")
def test_no_server(empty, row):
    refused(empty, row, "ERR_SESSION_NOT_FOUND")


@rows_with("ERR_SESSION_NOT_FOUND")
def test_another_session(still, row):
    refused(still, row, "ERR_SESSION_NOT_FOUND", session="de")


@rows_with("ERR_PANE_NOT_FOUND")
def test_missing_pane(still, row):
    assert "'99'" in refused(still, row, "ERR_PANE_NOT_FOUND", pane="99").json["error"]["message"]


@rows_with("ERR_LABEL_AMBIGUOUS")
def test_ambiguous_label(still, row):
    hint = refused(still, row, "ERR_LABEL_AMBIGUOUS", pane="twin", label="twin").json["error"]["hint"]
    assert "%1" in hint
    assert "%2" in hint


@rows_with("ERR_STATE")
def test_unusable_state_directory(still, row):
    (still.work / "file").write_text("")
    refused(still, row, "ERR_STATE", env={"BRIDGE_STATE_DIR": str(still.work / "file")})


@rows_with("ERR_LOCKED")
def test_held_lock(box, row):
    box.session()
    box.bridge("session-create", "other").ok()
    box.bridge("session-kill", "other").ok()
    held = [os.open(path, os.O_RDWR) for path in box.directory.glob("state/**/locks/*.lock")]
    for descriptor in held:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        before = box.tmux("list-panes", "-a")
        refused(box, row, "ERR_LOCKED", env={"BRIDGE_LOCK_TIMEOUT": "0.2"})
        assert box.tmux("list-panes", "-a") == before
    finally:
        for descriptor in held:
            os.close(descriptor)


@rows_with("ERR_SELF")
def test_own_pane(box, row):
    box.session()
    socket = box.tmux("display-message", "-p", "#{socket_path},1,0").strip()
    refused(box, row, "ERR_SELF", env={"TMUX": socket, "TMUX_PANE": "%0"})
    assert "dev" in box.tmux("list-sessions")


@rows_with("ERR_BAD_PATTERN")
def test_bad_pattern(still, row):
    refused(still, row, "ERR_BAD_PATTERN", pattern="(")


@rows_with("ERR_BAD_PATTERN")
def test_no_grep(box, row):
    box.session()
    folder = box.work / "bin"
    folder.mkdir()
    for name in ("tmux", "sh", "python3"):
        (folder / name).symlink_to(shutil.which(name))
    refused(box, row, "ERR_UNSUPPORTED", env={"PATH": str(folder)}, pattern="x+")


@rows_with("ERR_CONTROL_CHARACTERS")
def test_control_characters(still, row):
    before = still.screen("%0")
    hint = refused(still, row, "ERR_CONTROL_CHARACTERS", text="a\x1bb", keys="a\x1bb").json["error"]["hint"]
    assert "pane-send-keys" in hint
    assert still.screen("%0") == before


@rows_with("ERR_BUSY")
def test_input_off(box, row):
    box.session()
    box.tmux("select-pane", "-d", "-t", "dev")
    refused(box, row, "ERR_BUSY")


@rows_with("ERR_CONTROL_CHARACTERS")
def test_dead_pane_takes_no_text(box, row):
    box.session()
    box.tmux("set-option", "-t", "dev", "remain-on-exit", "on")
    box.tmux("respawn-pane", "-k", "-t", "dev", "exit 3")
    box.bridge("pane-wait", "dev", "0", "5")
    refused(box, row, "ERR_PANE_GONE")


@rows_with("ERR_TOO_LARGE")
def test_too_large(box, row):
    box.session()
    argument = "x" * 100_000
    if row.target == "session":
        refused_label(box, row, argument)
        return
    box.bridge("pane-exec", "dev", "0", "cat").ok()
    if "key" in {arg.name for arg in row.args}:
        for key in "abcdefghi":
            box.bridge("pane-metadata-set", "dev", "0", key, argument).ok()
        box.bridge("pane-metadata-set", "dev", "0", "j", argument[:99_000])
        refused(box, row, "ERR_TOO_LARGE", value=argument)
    elif row.name != "pane-run":  # it takes no argument that is too large, only a text on stdin
        box.bridge("pane-is-running", "dev", "0")
        refused(box, row, "ERR_TOO_LARGE", text=argument, keys=argument)


def refused_label(box, row, argument):
    done = box.bridge(row.name, "dev", argument)
    assert (done.status, done.code) == (1, "ERR_TOO_LARGE")


@rows_with("ERR_MAX_PANES")
def test_max_panes(still, row):
    refused(still, row, "ERR_MAX_PANES", env={"BRIDGE_MAX_PANES": "1"})


HANGS = {  # a daemon that gives no answer is told by each; the other four start, end or read about it
    "daemon-status": (),
    "event-subscribe": ("dev", "go"),
    "event-unsubscribe": ("nobody",),
    "event-publish": ("dev", "go"),
    "session-health-set": ("dev", "--port", "80"),
    "session-autosave": ("other", "60"),
    "session-autosave-stop": ("dev",),
    "gc-enable": (),
    "gc-disable": (),
    "metrics-history": ("dev", "0"),
    "pane-set-limit": ("dev", "0", "cpu", "90"),
    "pane-get-limits": ("dev", "0"),
    "pane-clear-limit": ("dev", "0"),
}


def test_a_daemon_that_hangs_is_told_by_all_who_need_it(box):
    declared = {row.name for row in registry.load_all() if "ERR_DAEMON" in row.errors}
    assert set(HANGS) == declared - {"daemon-start", "daemon-stop", "daemon-restart", "daemon-logs"}
    box.session()
    box.session("other")
    pid = box.bridge("daemon-start").ok()["pid"]
    box.bridge("session-autosave", "dev", "60").ok()
    os.kill(pid, signal.SIGSTOP)
    try:
        with concurrent.futures.ThreadPoolExecutor(len(HANGS)) as pool:
            answers = pool.map(lambda name: (name, box.bridge(name, *HANGS[name])), HANGS)
            assert {(name, done.code, done.status) for name, done in answers} == {
                (name, "ERR_DAEMON", 1) for name in HANGS
            }
    finally:
        os.kill(pid, signal.SIGCONT)


@rows_with("ERR_NO_SPACE")
def test_no_space(box, row):
    box.bridge("session-create", "dev", "--size", "10x2").ok()
    refused(box, row, "ERR_NO_SPACE")


@rows_with("ERR_TIMEOUT")
def test_timeout(box, row):
    if row.name in ("pane-run", "run-result"):
        pytest.skip("they have a test of their own: a busy pane is refused")
    box.session()
    box.bridge("pane-exec", "dev", "0", "sleep 30").ok()
    box.bridge("pane-wait-for", "dev", "0", "--idle", "200").ok()
    timeout = [] if any(arg.name == "timeout" and arg.required for arg in row.args) else ["0.2"]
    if any(arg.name == "timeout" and not arg.positional for arg in row.args):
        timeout = ["--timeout=0.2", *(f"--{arg.name}" for arg in row.args if arg.name == "follow")]
    refused(box, row, "ERR_TIMEOUT", *timeout, pattern="NOWHERE")


def test_label_not_found(box):
    box.session()
    row = registry.load("pane-find")
    assert "main" in refused(box, row, "ERR_LABEL_NOT_FOUND", label="nobody").json["error"]["hint"]


def test_key_not_found(box):
    box.session()
    refused(box, registry.load("pane-metadata-get"), "ERR_KEY_NOT_FOUND")


def test_session_exists_and_bad_name(box):
    box.session("other")
    row = registry.load("session-create")
    refused(box, row, "ERR_SESSION_EXISTS")
    refused(box, row, "ERR_BAD_NAME", name="my.app")


@pytest.mark.parametrize("row", [row for row in ROWS if row.target != "none"], ids=lambda row: row.name)
def test_no_tmux_program(empty, row):
    refused(empty, row, "ERR_TMUX_NOT_INSTALLED", env={"BRIDGE_TMUX": "/nowhere/tmux"})
