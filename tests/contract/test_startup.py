"""What a call costs, exactly: the modules that it imports and the processes that it starts, not milliseconds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import TMUX, wait_until

from bridge import registry
from bridge.features.sessions import first

# What a call may import beyond a bare interpreter: C modules that cost nothing to speak of.
CHEAP = {"gc", "fcntl", "_json", "posix", "time", "marshal", "_signal", "errno", "_frozen_importlib"}
# None of these, each by its price in ms: os 1.4, re 6, json 8, select 0.3, signal and enum 6, subprocess 13, click 31.
DEAR = {
    *("os", "re", "json", "select", "signal", "enum", "typing", "subprocess", "click", "importlib", "site"),
    *("orjson", "filelock", "hashlib", "tempfile", "pathlib", "asyncio", "threading", "unicodedata", "zipfile"),
}

# A call of every command that does not wait, on a session `dev` with two panes.
CALLS = {
    "session-create": ("other",),
    "session-list": (),
    "session-kill": ("dev",),
    "pane-create": ("dev", "third"),
    "pane-create-with-layout": ("dev", "third", "main-vertical"),
    "pane-kill": ("dev", "1"),
    "pane-status": ("dev", "0"),
    "pane-is-running": ("dev", "0"),
    "pane-list-json": ("dev",),
    "pane-list-detailed": ("dev",),
    "pane-count": ("dev",),
    "pane-find": ("dev", "second"),
    "pane-exec": ("dev", "0", "true"),
    "pane-capture": ("dev", "0"),
    "pane-watch": ("dev", "0", "x"),
    "pane-has-pattern": ("dev", "0", "."),
    "pane-metadata-set": ("dev", "0", "key", "new"),
    "pane-metadata-get": ("dev", "0", "key"),
    "state-sync": ("dev",),
}
# One question needs one tmux process; a change needs one more, to look before it acts.
ONE = {
    *("session-create", "session-list", "pane-capture", "pane-watch", "pane-has-pattern", "pane-status"),
    *("pane-is-running", "pane-list-json", "pane-list-detailed", "pane-count", "pane-find", "pane-metadata-get"),
    "state-sync",
}


@pytest.fixture
def pair(box):
    """A session with two panes at their prompts, a label and a value."""
    box.session("dev", panes=2)
    box.bridge("pane-create", "dev", "second").ok()
    box.bridge("pane-metadata-set", "dev", "0", "key", "value").ok()
    for pane in ("0", "1", "2"):
        box.await_prompt("dev", pane)
    return box


@pytest.fixture(scope="session")
def unpacked(built) -> tuple[Path, str, Path]:
    """Interpreter, loader and the folder of this build in the cache."""
    build = re.search(rb"\nb=(\S+) ", built.read_bytes()[:4000])
    assert build is not None
    folder = built.parent / "cache" / build[1].decode()
    python, place = (folder / "python").read_text().splitlines()
    return folder, python, Path(place)


def imported(text: str) -> set[str]:
    """The top-level modules of an import trace."""
    return {name.split(".")[0] for name in re.findall(r"^import time:[^|]*\|[^|]*\| +(\S+)$", text, re.MULTILINE)}


def others(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("import time:"))


@pytest.fixture
def trace(box, unpacked, tmp_path):
    """Run a call on the fast path; what it imported beyond a bare interpreter, and the finished call."""
    _, python, place = unpacked
    empty = tmp_path / "empty.py"
    empty.write_text("")
    bare = imported(box.call([python, "-X", "importtime", "-I", "-S", empty]).stderr)
    assert "marshal" in bare

    def run(*words: str, env: dict[str, str] | None = None) -> tuple[set[str], object]:
        loader = place / "fast.pyc"
        done = box.call([python, "-X", "importtime", "-I", "-S", loader, box.built, *words], env=env)
        return imported(done.stderr) - bare, done

    return run


@pytest.fixture
def counted(box, tmp_path):
    """Run a call and count the tmux processes that it starts."""
    log = tmp_path / "starts"
    wrapper = tmp_path / "tmux"
    wrapper.write_text(f'#!/bin/sh\necho "$*" >>"{log}"\nexec "{TMUX}" "$@"\n')
    wrapper.chmod(0o755)

    def run(*words: str, **kwargs) -> tuple[int, object, list[str]]:
        log.write_text("")
        done = box.bridge(*words, env={"BRIDGE_TMUX": str(wrapper)}, **kwargs)
        rows = log.read_text().splitlines()
        return len(rows), done, rows

    return run


def test_every_command_that_does_not_wait_is_among_the_calls():
    assert set(CALLS) == {row.name for row in registry.load_all() if row.script and not row.waits}


def test_what_is_begun_early_is_what_the_table_takes():
    """The number of words that a first question is begun for is one that the command's row accepts."""
    for name, count in {**first.LOOKING, **first.LOOKING_LOCKED, **first.MAKING}.items():
        row = registry.load(name)
        assert row is not None
        positional = [arg for arg in row.args if arg.positional]
        assert sum(arg.required for arg in positional) <= count <= len(positional), name
        assert positional[0].type in ("session", "name"), name


@pytest.mark.parametrize("name", [*first.LOOKING, *first.LOOKING_LOCKED])
def test_a_look_that_was_begun_is_taken(pair, counted, name):
    """One look: a second one would mean that the begun question was not the command's."""
    words = {"pane-wait": ("dev", "0"), "pane-run": ("dev", "0", "true")} | CALLS
    rows = counted(name, *words[name])[2]
    looks = [row for row in rows if re.search(r"-t =dev:( ; display-message -p [0-9a-f]{24})?$", row)]
    assert len(looks) == 1


@pytest.mark.parametrize("words", [("--fields", "nonsense", "pane-count", "dev"), ("pane-count", "dev")], ids=" ".join)
def test_nothing_of_an_early_question_is_left(pair, tmp_path, words):
    """A tmux that hangs is ended with the call that began it."""
    wrapper = tmp_path / "tmux"
    sleeper = tmp_path / "sleeper"
    sleeper.symlink_to(shutil.which("sleep"))
    wrapper.write_text(f"#!/bin/sh\nexec {sleeper} 987\n")
    wrapper.chmod(0o755)
    done = pair.bridge(*words, env={"BRIDGE_TMUX": str(wrapper), "BRIDGE_TMUX_TIMEOUT": "0.5"})
    assert done.code in ("ERR_USAGE", "ERR_TIMEOUT")
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(sleeper).encode() in _content(path)]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_the_cache_holds_the_bundle_and_the_way_to_it(unpacked):
    folder, python, place = unpacked
    assert Path(python).is_absolute()
    assert place.parent == folder
    assert {path.name for path in place.iterdir()} == {"fast.pyc", "fast.code"}
    assert {path.name for path in folder.iterdir()} <= {"python", place.name, "front", "lib", ".lib_lock"}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_imports_nothing_dear(pair, trace, name):
    modules, done = trace(name, *CALLS[name])
    assert done.stdout.startswith('{\n  "status": "success"'), done.stdout + others(done.stderr)
    assert modules <= CHEAP | {"bridge"}
    assert not modules & DEAR


@pytest.mark.parametrize("name", CALLS)
def test_a_failure_imports_nothing_dear(box, trace, name):
    modules, done = trace("--compact", name, *CALLS[name])
    assert done.stdout.startswith('{"status":"'), done.stdout + others(done.stderr)
    assert modules <= CHEAP | {"bridge"}


@pytest.mark.parametrize(
    "words",
    [
        ("version",),
        ("pane-exec",),
        ("pane-count", "dev", "more"),
        ("pane-capture", "dev", "0", "many"),
        ("--quiet", "session-create", "-x"),
        ("--script", "pane-count", "dev"),
        ("-L", "none", "session-list"),
    ],
    ids=" ".join,
)
def test_calls_that_cannot_succeed_import_nothing_dear(box, trace, words):
    modules, done = trace(*words)
    assert done.stdout.startswith('{\n  "status": "')
    assert modules - {"unicodedata"} <= CHEAP | {"bridge"}


def test_a_configuration_file_is_read_once(pair, trace):
    """The first call reads TOML, the next ones a few plain lines."""
    file = pair.home / ".config" / "bridge" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("max_panes = 7\n")
    os.utime(file, (1, 1))
    modules, done = trace("pane-count", "dev")
    assert done.status == 0, done.stdout
    assert "tomllib" in modules
    modules, done = trace("pane-count", "dev")
    assert done.status == 0, done.stdout
    assert modules <= CHEAP | {"bridge"}


def test_a_name_beyond_ascii_costs_the_table_of_characters(pair, trace):
    modules, done = trace("session-create", "日本")
    assert done.status == 0, done.stdout
    assert modules <= CHEAP | {"bridge", "unicodedata"}
    modules, done = trace("pane-count", "日本")
    assert done.status == 0, done.stdout
    assert modules <= CHEAP | {"bridge"}


def test_the_click_front_loads_the_library_of_locks_for_a_lock_alone(pair):
    python, *words = pair.command("click")
    for name, is_needed in (("help", False), ("state-sync", True)):
        done = pair.call([python, "-X", "importtime", *words, name, *CALLS.get(name, ())])
        assert done.status == 0, done.stdout
        assert ("filelock" in imported(done.stderr)) is is_needed


def test_the_trace_sees_what_a_waiting_command_imports(pair, trace):
    """The gate can be red: these do import what the others must not."""
    modules, done = trace("pane-wait", "dev", "0", "5")
    assert done.status == 0, done.stdout
    assert {"os", "select"} <= modules


def test_no_module_beyond_the_bundle_is_read(unpacked, box, tmp_path):
    """The fast path opens two files of its own, wherever the call comes from."""
    _, python, place = unpacked
    (tmp_path / "time.py").write_text("raise SystemExit('shadowed')")
    (tmp_path / "bridge").mkdir()
    (tmp_path / "bridge" / "__init__.py").write_text("raise SystemExit('shadowed')")
    done = box.call([box.built, "version"], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert done.ok()["status"] == "success"
    assert sorted(path.name for path in place.iterdir()) == ["fast.code", "fast.pyc"]
    assert subprocess.run([python, "-c", ""], timeout=10, check=False).returncode == 0


@pytest.mark.parametrize("name", CALLS)
def test_a_call_starts_few_tmux_processes(pair, counted, name):
    count, done, _ = counted(name, *CALLS[name])
    assert done.json["status"] == "success", done.stdout
    assert count == 1 if name in ONE else count <= 2


@pytest.mark.parametrize("name", CALLS)
def test_the_click_front_starts_no_more(pair, counted, name):
    count, done, _ = counted(name, *CALLS[name], front="click")
    assert done.json["status"] == "success", done.stdout
    assert count == 1 if name in ONE else count <= 2


@pytest.mark.parametrize(
    "words",
    [
        ("version",),
        ("pane-exec", "dev"),
        ("session-create", "my.app"),
        ("pane-capture", "dev", "0", "x"),
        ("pane-wait", "dev", "0", "soon"),
        ("session-create", "x", "--size", "big"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_a_call_that_cannot_be_read_starts_none(box, counted, words):
    assert counted(*words)[0] == 0


def test_commands_by_id_and_label_cost_no_more(pair, counted):
    pane = pair.bridge("pane-status", "dev", "1").ok()["pane"]
    for words in (("pane-status", "dev", pane), ("pane-capture", "dev", pane), ("pane-status", "dev", "second")):
        assert counted(*words)[0] == 1
    assert counted("pane-capture", "dev", "second")[0] <= 2
    assert counted("pane-metadata-get", "$0", "0", "key")[0] == 1


def test_many_sessions_take_no_more_processes(pair, counted, tmp_path):
    """Neither tmux nor grep is started for each session, and a call for one does not look at the others."""
    folder = tmp_path / "path"
    folder.mkdir()
    greps = tmp_path / "greps"
    (folder / "grep").write_text(f'#!/bin/sh\necho >>"{greps}"\nexec {shutil.which("grep")} "$@"\n')
    (folder / "grep").chmod(0o755)
    pair.env["PATH"] = f"{folder}:{pair.env['PATH']}"
    for number in range(20):
        pair.tmux("new-session", "-d", "-s", f"s{number}", "echo ERROR; exec sleep 600")
    wait_until(lambda: pair.bridge("sessions-find-pattern", "ERROR").ok()["matches"][19:], "the printed lines")
    greps.write_text("")
    count, done, _ = counted("sessions-list-all")
    assert [one["health"] for one in done.ok()["sessions"]].count("degraded") == 20
    assert (count, len(greps.read_text())) == (2, 1)
    count, _, (words,) = counted("pane-count", "dev")
    assert count == 1
    assert "-t =dev:" in words
    assert " -a " not in words


def test_a_call_leaves_no_process_behind(pair):
    """Everything that a call starts has ended when it has; the tmux server alone goes on."""
    pair.bridge("pane-capture", "dev", "0").ok()
    server = pair.tmux("display-message", "-p", "#{pid}").strip()
    marker = f"BRIDGE_STATE_DIR={pair.env['BRIDGE_STATE_DIR']}"

    def strangers() -> list[str]:
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                ours = marker.encode() in (path / "environ").read_bytes().split(b"\0")
                command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if ours and path.name != server and "bash" not in command:
                found.append(command)
        return found

    if Path("/proc/self/environ").exists():
        wait_until(lambda: strangers() == [], "no process of the call")
