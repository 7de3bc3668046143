"""Clean-up ends what nobody uses, and nothing else: each thing that speaks against it is enough."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from pathlib import Path

import pexpect
import pytest
from conftest import TMUX, wait_until

TTL = 1
OLD = time.time() - 30 * 24 * 3600


def names(box) -> set[str]:
    done = box.call([TMUX, "list-sessions", "-F", "#{session_name}"])
    return set(done.stdout.split())


def force(box, *words, ttl=TTL, env=None) -> dict:
    return box.bridge("gc-run", "force", "--ttl", str(ttl), *words, env=env).ok()


def idle(box, *sessions) -> None:
    """Wait until nothing has happened in these sessions for longer than the time to live."""

    def quiet() -> bool:
        stamps = box.tmux("list-windows", "-a", "-F", "#{session_name} #{window_activity} #{session_activity}")
        ages = [
            time.time() - max(map(int, row.split()[1:])) for row in stamps.splitlines() if row.split()[0] in sessions
        ]
        return min(ages) > TTL + 2.5

    wait_until(quiet, "idle sessions", 20)


def by_name(entries: list[dict]) -> dict[str, str]:
    return {item["name"]: item["reason"] for item in entries}


@pytest.fixture
def calm(box):
    """Sessions `keep` and `dev` at their prompts."""
    box.session("keep")
    box.session("dev")
    return box


def test_an_idle_session_is_saved_and_ended(calm):
    idle(calm, "dev", "keep")
    calm.bridge("gc-protect", "keep").ok()
    done = force(calm)
    (ended,) = done["removed"]
    assert (ended["kind"], ended["name"], ended["reason"]) == ("session", "dev", "idle")
    assert ended["ttl_source"] == "flag"
    assert ended["idle_seconds"] >= TTL
    assert done["gc"] == {"sessions": 1, "panes": 0, "files": 0, "snapshots": 0, "logs": 0}
    assert done["output"].startswith("Cleaned 1 session, 0 files\nsession dev: idle")
    assert by_name(done["kept"]) == {"keep": "protected"}
    assert names(calm) == {"keep"}
    assert not (calm.states / "dev.state").exists()
    assert "$ " in Path(ended["saved"]).read_text()
    assert oct(Path(ended["saved"]).stat().st_mode)[-3:] == "600"
    rows = [json.loads(row) for row in Path(done["journal"]).read_text().splitlines()]
    assert {(row["name"], row["decision"], row["reason"]) for row in rows} == {
        ("dev", "collect", "idle"),
        ("keep", "keep", "protected"),
    }


def test_the_first_look_ends_nothing_and_the_second_does(calm):
    calm.bridge("gc-protect", "keep").ok()
    idle(calm, "dev", "keep")
    env = {"BRIDGE_GC_APART": "1.5"}
    first = calm.bridge("gc-run", "--ttl", str(TTL), env=env).ok()
    assert (first["removed"], by_name(first["pending"])) == ([], {"dev": "seen-once"})
    at_once = calm.bridge("gc-run", "--ttl", str(TTL), env=env).ok()
    assert at_once["removed"] == []
    assert names(calm) == {"keep", "dev"}
    time.sleep(1.6)
    assert by_name(calm.bridge("gc-run", "--ttl", str(TTL), env=env).ok()["removed"]) == {"dev": "idle"}
    assert names(calm) == {"keep"}


def test_activity_between_two_looks_begins_anew(calm):
    calm.bridge("gc-protect", "keep").ok()
    idle(calm, "dev")
    env = {"BRIDGE_GC_APART": "0.5"}
    assert by_name(calm.bridge("gc-run", "--ttl", str(TTL), env=env).ok()["pending"]) == {"dev": "seen-once"}
    calm.tmux("send-keys", "-t", "=dev:", "echo hello", "Enter")
    idle(calm, "dev")
    assert by_name(calm.bridge("gc-run", "--ttl", str(TTL), env=env).ok()["pending"]) == {"dev": "seen-once"}
    assert names(calm) == {"keep", "dev"}


def files(root: Path) -> list[Path]:
    """All but the log of destructive calls and the locks."""
    return sorted(path for path in root.rglob("*") if path.is_file() and not {"logs", "locks"} & set(path.parts))


def test_a_dry_run_tells_the_same_and_changes_nothing(calm):
    idle(calm, "dev", "keep")
    root = Path(calm.env["BRIDGE_STATE_DIR"])
    before = files(root)
    dry = force(calm, "--dry-run")
    assert dry["dry_run"] is True
    assert dry["output"].startswith("Would clean 2 sessions")
    assert names(calm) == {"keep", "dev"}
    assert files(root) == before
    real = force(calm)
    assert by_name(real["removed"]) == by_name(dry["removed"])
    assert real["server_ended"] is True
    assert names(calm) == set()


def busy_sleep(box):
    box.tmux("send-keys", "-t", "=dev:", "sleep 1000", "Enter")
    wait_until(lambda: box.bridge("pane-is-running", "dev", "0").status == 0, "the sleep")


def background_job(box):
    box.tmux("send-keys", "-t", "=dev:", "sleep 1000 &", "Enter")
    wait_until(lambda: "[1]" in box.screen("=dev:"), "the job")


def foreign_pane(box):
    box.tmux("split-window", "-d", "-t", "=dev:")


def group(box):
    box.tmux("new-session", "-d", "-s", "second", "-t", "=dev")


def linked(box):
    box.tmux("link-window", "-d", "-s", "=dev:", "-t", "=keep:9")


def subscribed(box):
    box.bridge("event-subscribe", "dev", "pane-exit").ok()


def kept_log(box):
    box.bridge("pane-log", "dev", "0", "on").ok()


def piped(box):
    box.tmux("pipe-pane", "-t", "=dev:", "cat >/dev/null")


def member(box):
    path = next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("locks")).parent / "groups.json"
    path.write_text(json.dumps({"version": 1, "groups": {"web": {"sessions": ["dev"]}}, "dependencies": {}}))


def own_ttl(box):
    box.bridge("pane-metadata-set", "dev", "0", "gc_ttl", "soon").ok()


HOLDS = {
    "running": busy_sleep,
    "running-in-the-background": background_job,
    "foreign-pane": foreign_pane,
    "grouped": group,
    "linked": linked,
    "subscribed": subscribed,
    "leased": kept_log,
    "piped": piped,
    "member": member,
}


@pytest.mark.parametrize("name", HOLDS)
def test_one_thing_that_speaks_against_it_is_enough(calm, name):
    HOLDS[name](calm)
    idle(calm, "dev", "keep")
    done = force(calm)
    assert by_name(done["kept"])["dev"] == name.partition("-in-")[0]
    assert "dev" in names(calm)
    assert "dev" not in by_name(done["removed"])


def test_an_attached_session_is_kept(calm):
    client = pexpect.spawn(TMUX, ["attach", "-t", "=dev"], env=calm.env | {"TERM": "xterm"}, timeout=10)
    try:
        wait_until(lambda: calm.tmux("list-clients"), "the client")
        idle(calm, "dev")
        assert by_name(force(calm)["kept"])["dev"] == "attached"
        assert "dev" in names(calm)
    finally:
        client.close(force=True)


def test_what_somebody_else_made_is_never_touched(calm):
    calm.tmux("new-session", "-d", "-s", "foreign")
    calm.tmux("set-option", "-t", "=foreign:", "@bridge_session_owner", "copied:$0")
    idle(calm, "dev", "keep", "foreign")
    done = force(calm)
    assert by_name(done["kept"]) == {"foreign": "not-owned"}
    assert names(calm) == {"foreign"}


def test_the_callers_own_session_is_kept(calm):
    idle(calm, "dev", "keep")
    socket = calm.tmux("display-message", "-p", "#{socket_path},1,0").strip()
    pane = calm.tmux("display-message", "-p", "-t", "=dev:", "#{pane_id}").strip()
    done = force(calm, env={"TMUX": socket, "TMUX_PANE": pane})
    assert by_name(done["kept"]) == {"dev": "own"}
    assert names(calm) == {"dev"}


def test_a_session_in_use_is_active(calm):
    calm.tmux("send-keys", "-t", "=dev:", "echo hello", "Enter")
    assert by_name(force(calm, ttl=60)["kept"]) == {"dev": "active", "keep": "active"}


def test_the_longest_word_on_the_time_to_live(calm):
    def sources(*words, env=None) -> dict[str, tuple]:
        kept = calm.bridge("gc-run", "--dry-run", *words, env=env).ok()["kept"]
        return {item["name"]: (item["ttl_seconds"], item["ttl_source"]) for item in kept}

    assert sources()["dev"] == (7200, "default")
    calm.bridge("gc-enable", "3600").ok()
    assert sources()["dev"] == (3600, "configuration")
    calm.bridge("pane-metadata-set", "dev", "0", "gc_ttl", "1800").ok()
    assert sources() == {"dev": (1800, "metadata"), "keep": (3600, "configuration")}
    env = {"GC_TTL": "900"}
    assert sources(env=env)["dev"] == (900, "environment")
    assert sources("--ttl", "600", env=env)["dev"] == (600, "flag")
    calm.bridge("pane-metadata-set", "dev", "0", "gc_ttl", "soon").ok()
    assert by_name(calm.bridge("gc-run", "--dry-run").ok()["kept"])["dev"] == "bad-ttl"


@pytest.mark.parametrize("words", [("gc-run", "--ttl", "0"), ("gc-run", "hard"), ("gc-enable", "59")])
def test_a_value_that_cannot_be_meant_is_refused(box, words):
    done = box.bridge(*words)
    assert (done.code, done.status) == ("ERR_USAGE", 1)
    assert not list(Path(box.env["BRIDGE_STATE_DIR"]).rglob("gc-config.json"))


def test_a_bad_gc_ttl_is_named(box):
    done = box.bridge("gc-run", env={"GC_TTL": "2h"})
    assert done.code == "ERR_USAGE"
    assert "GC_TTL" in done.json["error"]["message"]


def test_protection_is_given_and_taken(calm):
    assert calm.bridge("gc-protect", "dev").ok()["protected"] is True
    assert calm.bridge("gc-status").ok()["protected_sessions"] == ["dev"]
    assert calm.bridge("gc-unprotect", "dev").ok()["protected"] is False
    assert calm.bridge("gc-status").ok()["protected_sessions"] == []


def test_enabling_is_stored_and_told(box):
    before = box.bridge("gc-status").ok()
    assert (before["enabled"], before["enabled_at"], before["runs"]) == (False, None, 0)
    assert before["output"].startswith("GC Status: Not configured\nTTL: 7200s (120 minutes)")
    done = box.bridge("gc-enable", "3600").ok()
    assert done["output"] == "GC enabled with TTL 3600s\n"
    assert (done["enabled"], done["enforced"]) == (True, False)
    assert "daemon-start" in done["hint"]
    status = box.bridge("gc-status").ok()
    assert (status["enabled"], status["ttl_seconds"], status["ttl_source"]) == (True, 3600, "configuration")
    assert box.bridge("gc-disable").ok()["output"] == "GC disabled\n"
    assert box.bridge("gc-status").ok()["output"].startswith("GC Status: Disabled")


def base_of(box) -> Path:
    return next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("locks")).parent


def test_files_that_nobody_needs_are_removed(calm):
    base = base_of(calm)
    state = {"session_name": "gone", "created_at": "x", "panes": [{"pane_id": 0, "pid": 4194304}]}
    (calm.states / "gone.state").write_text(json.dumps(state))
    (calm.states / "broken.state").write_text("{")
    (calm.states / "shared.state").write_text(
        json.dumps({"session_name": "shared", "panes": [{"pane_id": 0, "pid": os.getpid()}]})
    )
    logs = base / "events" / "gone"
    logs.mkdir(parents=True, mode=0o700)
    for name in ("pane-exit.log", "timeout.log", "patterns", "pane-idle.log"):
        (logs / name).write_text("{}\n")
        os.utime(logs / name, (OLD, OLD) if name != "pane-idle.log" else None)
    saves = base / "snapshots" / "dev"
    saves.mkdir(parents=True, mode=0o700)
    for number in range(13):
        for ending in (".auto.snapshot", ".snapshot"):
            path = saves / f"{number:06d}-20200101T000000Z{ending}"
            path.write_text("{}")
            os.utime(path, (OLD + number, OLD + number))
    done = calm.bridge("gc-run").ok()
    assert done["gc"] == {"sessions": 0, "panes": 0, "files": 1, "snapshots": 3, "logs": 2}
    assert {path.name for path in calm.states.iterdir()} == {
        *("dev.state", "keep.state", "broken.state", "shared.state"),
    }
    assert {path.name for path in logs.iterdir()} == {"patterns", "pane-idle.log"}
    assert len(list(saves.glob("*.auto.snapshot"))) == 10
    assert len(list(saves.iterdir())) == 23
    assert calm.bridge("gc-run").ok()["removed"] == []


def test_state_files_stay_while_no_server_tells(calm):
    calm.tmux("kill-server")
    wait_until(lambda: not names(calm), "the end of the server")
    done = calm.bridge("gc-run", "force").ok()
    assert done["removed"] == []
    assert (calm.states / "dev.state").exists()


def test_a_tmux_that_fails_ends_nothing(calm, tmp_path):
    idle(calm, "dev", "keep")
    wrapper = tmp_path / "tmux"
    for body, code in (
        ("echo boom >&2; exit 1", "ERR_TMUX_FAILED"),
        ("echo garbage; exit 0", "ERR_TMUX_FAILED"),
        (f'"{TMUX}" "$@" | head -c 300; exit 0', "ERR_TMUX_FAILED"),
        ("sleep 60", "ERR_TIMEOUT"),
    ):
        wrapper.write_text(f"#!/bin/sh\n{body}\n")
        wrapper.chmod(0o755)
        env = {"BRIDGE_TMUX": str(wrapper), "BRIDGE_TMUX_TIMEOUT": "0.5"}
        done = calm.bridge("gc-run", "force", "--ttl", "1", env=env)
        assert done.code == code, done.stdout
        assert names(calm) == {"dev", "keep"}
    journal = (base_of(calm) / "gc" / "journal.jsonl").read_text().splitlines()
    assert [json.loads(row)["decision"] for row in journal] == ["error"] * 4


def test_a_session_that_cannot_be_saved_lives(calm):
    idle(calm, "dev", "keep")
    for name in ("gc/ended", "snapshots"):
        path = base_of(calm) / name
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.write_text("")
    done = force(calm)
    assert by_name(done["refused"]) == {"dev": "ERR_STATE", "keep": "ERR_STATE"}
    assert names(calm) == {"dev", "keep"}


def test_a_session_that_is_held_lives(calm):
    idle(calm, "dev", "keep")
    held = os.open(base_of(calm) / "locks" / "dev.lock", os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        done = force(calm, env={"BRIDGE_LOCK_TIMEOUT": "0.2"})
    finally:
        os.close(held)
    assert by_name(done["refused"]) == {"dev": "ERR_LOCKED"}
    assert names(calm) == {"dev"}


def test_one_run_at_a_time(calm):
    calm.bridge("gc-enable").ok()
    calm.bridge("gc-run").ok()
    held = [os.open(path, os.O_RDWR) for path in (base_of(calm) / "gc").glob("*.lock")]
    for descriptor in held:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        for name in ("gc-run", "gc-enable", "gc-disable"):
            assert calm.bridge(name, env={"BRIDGE_LOCK_TIMEOUT": "0.2"}).code == "ERR_LOCKED"
        calm.bridge("gc-status").ok()
    finally:
        for descriptor in held:
            os.close(descriptor)


@pytest.mark.parametrize("name", ["gc-run", "gc-enable", "gc-disable", "gc-status"])
def test_an_unusable_state_directory_is_named(calm, name):
    (calm.work / "file").write_text("")
    done = calm.bridge(name, env={"BRIDGE_STATE_DIR": str(calm.work / "file")})
    assert done.code == "ERR_STATE"


def test_a_policy_of_a_later_version_is_refused(calm):
    calm.bridge("gc-enable").ok()
    path = next(Path(calm.env["BRIDGE_STATE_DIR"]).rglob("gc-config.json"))
    path.write_text('{"version": 99, "enabled": true}')
    for name in ("gc-status", "gc-run", "gc-enable"):
        assert calm.bridge(name).code == "ERR_STATE"
    assert json.loads(path.read_text())["version"] == 99


def stays_old(tty: str) -> bool:
    """Whether nothing is printed for a while to a terminal that last was printed to long ago."""
    os.utime(tty, (OLD, OLD))
    time.sleep(0.5)
    return os.stat(tty).st_mtime < OLD + 1


def test_a_completed_pane_is_closed_after_an_hour_but_never_the_last(calm):
    calm.bridge("pane-create", "dev", "worker").ok()
    calm.bridge("pane-create", "dev", "helper").ok()
    for pane in ("0", "1", "2"):
        calm.await_prompt("dev", pane)
    for session, pane in (("dev", "worker"), ("dev", "helper"), ("keep", "0")):
        calm.bridge("pane-metadata-set", session, pane, "status", "completed").ok()
    for session, pane in (("dev", "worker"), ("keep", "0")):
        tty = calm.tmux("list-panes", "-s", "-t", f"={session}", "-F", "#{@bridge_label} #{pane_tty}")
        name = next(row.split()[1] for row in tty.splitlines() if row.startswith(f"={'main' if pane == '0' else pane}"))
        calm.bridge("pane-metadata-set", session, pane, "completed_at", str(int(OLD))).ok()
        wait_until(lambda name=name: stays_old(name), "a shell that has redrawn its prompt after the splits")
    done = calm.bridge("gc-run", "force").ok()
    assert by_name(done["removed"]) == {"dev 1": "idle"}
    assert by_name(done["kept"])["keep 0"] == "last-pane"
    assert by_name(done["kept"])["dev 2"] == "active", "nobody knows since when"
    assert calm.bridge("pane-count", "dev").ok()["count"] == 2
    assert [pane["label"] for pane in calm.bridge("pane-list-detailed", "dev").ok()["output"]] == ["main", "helper"]


def test_a_client_that_attaches_in_the_last_moment_saves_the_session(calm, tmp_path):
    """The wrapper attaches a client between the last look and the step that kills."""
    calm.bridge("gc-protect", "keep").ok()
    idle(calm, "dev")
    wrapper = tmp_path / "tmux"
    wrapper.write_text(
        '#!/bin/sh\ncase "$*" in *kill-session*) '
        f"(sleep 5 | '{TMUX}' -C attach -t =dev >/dev/null 2>&1) & "
        f"until [ -n \"$('{TMUX}' list-clients)\" ]; do :; done;; esac\n"
        f'exec "{TMUX}" "$@"\n'
    )
    wrapper.chmod(0o755)
    done = force(calm, env={"BRIDGE_TMUX": str(wrapper)})
    assert by_name(done["refused"]) == {"dev": "active"}
    assert "dev" in names(calm)


def traces(box) -> str:
    """Hooks on typing and clean-up's own options."""
    options = [
        box.tmux("show-options", "-t", name) for name in box.tmux("list-sessions", "-F", "#{session_id}").split()
    ]
    rows = [row for text in options for row in text.splitlines() if "@bridge_gc" in row]
    hooks = box.tmux("show-hooks", "-g").splitlines()
    rows += [row for row in hooks if row.startswith(("after-send-keys[", "after-paste-buffer["))]
    return "\n".join(rows)


def test_a_key_in_the_last_moment_saves_the_session(calm, tmp_path):
    """The wrapper types right before the step that kills: nothing shows yet, but tmux has noted it."""
    calm.tmux("set-hook", "-g", "after-send-keys[0]", "set-option -g @user 1")
    calm.bridge("gc-protect", "keep").ok()
    idle(calm, "dev")
    wrapper = tmp_path / "tmux"
    wrapper.write_text(
        f"#!/bin/sh\ncase \"$*\" in *kill-session*) '{TMUX}' send-keys -t =dev: a;; esac\nexec '{TMUX}' \"$@\"\n"
    )
    wrapper.chmod(0o755)
    for _ in range(2):
        done = force(calm, env={"BRIDGE_TMUX": str(wrapper)})
        assert by_name(done["refused"]) == {"dev": "active"}
        assert traces(calm) == "after-send-keys[0] set-option -g @user 1"
        idle(calm, "dev")
    calm.tmux("set-option", "-gu", "@user")
    calm.tmux("send-keys", "-t", "=dev:", "b")
    assert calm.tmux("show-options", "-gv", "@user") == "1\n", "the user's own hook still works"
    idle(calm, "dev")
    assert by_name(force(calm)["removed"]) == {"dev": "idle"}
    assert traces(calm) == "after-send-keys[0] set-option -g @user 1"


def test_what_a_killed_run_has_left_in_tmux_is_taken_out(calm, tmp_path):
    calm.bridge("gc-protect", "keep").ok()
    idle(calm, "dev")
    wrapper = tmp_path / "tmux"
    wrapper.write_text(f'#!/bin/sh\ncase "$*" in *kill-session*) kill -9 $PPID;; esac\nexec \'{TMUX}\' "$@"\n')
    wrapper.chmod(0o755)
    env = {"BRIDGE_TMUX": str(wrapper)}
    # The step that kills is the wrapper's: it must not run either.
    wrapper.write_text(wrapper.read_text().replace("$PPID;;", "$PPID; exit 1;;"))
    assert calm.call([*calm.command("fast"), "gc-run", "force", "--ttl", str(TTL)], env=env).status == -9
    assert "gc_touched" in calm.tmux("show-hooks", "-g")
    assert names(calm) == {"dev", "keep"}
    calm.bridge("gc-run").ok()
    assert traces(calm) == ""
    assert by_name(force(calm)["removed"]) == {"dev": "idle"}


def test_a_private_server_of_its_own_has_a_clean_up_of_its_own(calm):
    other = calm.directory / "other"
    env = {"BRIDGE_SOCKET": str(other)}
    calm.bridge("session-create", "dev", env=env).ok()
    idle(calm, "dev", "keep")
    try:
        force(calm)
        assert subprocess.run([TMUX, "-S", other, "has-session", "-t", "=dev"], check=False).returncode == 0
    finally:
        calm.call([TMUX, "-S", other, "kill-server"])


@pytest.fixture
def quick(calm):
    """A daemon whose clean-up comes every second."""
    calm.env |= {"BRIDGE_GC_INTERVAL": "1", "BRIDGE_GC_APART": "0.5", "GC_TTL": str(TTL)}
    calm.bridge("gc-protect", "keep").ok()
    return calm


def test_the_daemon_cleans_up_and_tells(quick):
    quick.bridge("daemon-start").ok()
    done = quick.bridge("gc-enable").ok()
    assert (done["enforced"], done["hint"]) == (True, None)
    wait_until(lambda: names(quick) == {"keep"}, "the end of dev", 20)
    event = wait_until(lambda: quick.bridge("event-log", "dev", "gc-collected").ok()["events"], "the event")[0]
    assert event["data"]["reason"] == "idle"
    assert Path(event["data"]["saved"]).exists()
    status = quick.bridge("gc-status").ok()
    assert status["enforced"]
    assert status["next_run"]
    assert status["removed_total"]["sessions"] == 1
    assert [item["name"] for item in status["kept"]] == ["keep"]


def test_the_daemons_clean_up_survives_its_restart_and_ends_with_disable(quick):
    quick.bridge("gc-enable").ok()
    quick.bridge("daemon-start").ok()
    quick.bridge("daemon-restart").ok()
    wait_until(lambda: names(quick) == {"keep"}, "the end of dev", 20)
    quick.bridge("gc-disable").ok()
    quick.session("dev")
    idle(quick, "dev")
    time.sleep(2)
    assert names(quick) == {"keep", "dev"}


def test_a_daemon_without_the_policy_ends_nothing(quick):
    quick.bridge("daemon-start").ok()
    idle(quick, "dev", "keep")
    time.sleep(2)
    assert names(quick) == {"keep", "dev"}
    assert quick.bridge("gc-status").ok()["runs"] == 0


def test_what_a_run_ended_is_an_event(calm):
    calm.bridge("gc-protect", "keep").ok()
    idle(calm, "dev")
    force(calm)
    (event,) = calm.bridge("event-log", "dev", "gc-collected").ok()["events"]
    assert event["message"].startswith("session dev: idle")


@pytest.fixture
def cache(calm, tmp_path):
    """The cache of a user whose earlier builds have unpacked themselves there."""
    calm.env["BRIDGE_CACHE_DIR"] = str(tmp_path / "cache")
    calm.bridge("version").ok()
    (own,) = (tmp_path / "cache").iterdir()
    for name in (*(f"0.9.{number}-{number:016x}" for number in range(4)), "notes", "settings"):
        library = tmp_path / "cache" / name / "cpython-311"
        library.mkdir(parents=True)
        for path in (library / "fast.pyc", library.parent / "python"):
            path.write_text("old")
    for path in [*(tmp_path / "cache").glob("*/*"), *(tmp_path / "cache").iterdir()]:
        os.utime(path, (OLD, OLD))
    return own.parent, own.name


def test_what_other_builds_unpacked_is_removed(calm, cache):
    folder, own = cache
    unused, used, open_there, young = (folder / f"0.9.{number}-{number:016x}" for number in range(4))
    os.utime(young / "python")
    program = [str(used / "cpython-311" / "fast.pyc"), "-c", "read line"]
    process = subprocess.Popen(program, executable="/bin/sh", stdin=subprocess.PIPE)
    with (open_there / "cpython-311" / "fast.pyc").open():
        try:
            told = calm.bridge("gc-run", "--dry-run").ok()
            assert unused.is_dir()
            done = calm.bridge("gc-run").ok()
        finally:
            process.communicate(b"\n")
    for answer in (told, done):
        assert [(item["kind"], item["name"]) for item in answer["removed"]] == [("unpacked", str(unused))]
        assert answer["gc"]["files"] == 1
    left = {used.name, open_there.name, young.name, own, "notes", "settings"}
    assert {path.name for path in folder.iterdir()} == left
    again = calm.bridge("gc-run").ok()
    assert {item["name"] for item in again["removed"]} == {str(used), str(open_there)}


def test_a_link_to_another_build_is_left_alone(calm, cache, tmp_path):
    folder, _ = cache
    for path in folder.glob("0.9.*"):
        path.rename(tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)
        os.utime(path, (OLD, OLD), follow_symlinks=False)
    assert calm.bridge("gc-run").ok()["removed"] == []
    assert len(list(tmp_path.glob("0.9.*"))) == 4
