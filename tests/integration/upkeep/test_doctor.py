"""The doctor sees what is wrong, tells what to do, mends what is safe, and reports without secrets."""

from __future__ import annotations

import fcntl
import io
import json
import os
import signal
import tarfile
import time
from pathlib import Path

import pytest
from conftest import TMUX, wait_until


def look(box, name: str, *words, **kwargs) -> dict:
    answer = box.bridge("doctor", *words, **kwargs).json
    return next(row for row in answer["checks"] if row["check"] == name)


def test_a_machine_in_order_is_healthy(box):
    (box.directory / "bin").mkdir()
    (box.directory / "bin" / "bridge").symlink_to(box.built)
    box.env["PATH"] = f"{box.directory / 'bin'}:{box.env['PATH']}"
    box.session()
    box.bridge("daemon-start").ok()
    box.bridge("pane-run", "dev", "0", "echo x").ok()
    done = box.bridge("doctor")
    answer = done.ok()
    assert [row for row in answer["checks"] if row["status"] != "ok"] == []
    assert (answer["health"], answer["fixed"], answer["bundle"], answer["bundled"]) == ("healthy", 0, None, [])
    assert len(answer["checks"]) >= 12
    assert " with 1 session" in look(box, "server")["message"]
    assert "runs (PID" in look(box, "daemon")["message"]
    assert "[SUCCESS] tmux: tmux " in done.stderr


def test_it_changes_nothing_where_nothing_is_there(box):
    box.bridge("doctor").ok()
    assert not (box.directory / "state").exists()
    assert list(box.home.rglob("bridge")) == []


def test_no_tmux_is_an_error_with_a_way_out(box):
    done = box.bridge("doctor", env={"BRIDGE_TMUX": "/nonexistent/tmux"})
    assert (done.status, done.json["health"]) == (1, "broken")
    row = look(box, "tmux", env={"BRIDGE_TMUX": "/nonexistent/tmux"})
    assert row["status"] == "error"
    assert "install tmux" in row["todo"]


def test_the_name_is_told_by_what_a_new_shell_runs(box):
    """A real program of another, one built file of ours, in both orders."""
    ours, other, none = (box.directory / name for name in ("ours", "other", "none"))
    for folder in (ours, other, none):
        folder.mkdir()
    (other / "bridge").symlink_to("/bin/true")
    (ours / "bridge").symlink_to(box.built)
    tools = f"{box.directory / 'tools'}:/bin:/usr/bin"

    def row(*places) -> dict:
        path = ":".join(map(str, (*places, tools)))
        told = look(box, "name", env={"PATH": path})
        shell = box.call(["sh", "-c", "command -v bridge"], env={"PATH": path}).stdout.strip()
        assert shell in told["message"] or not shell
        return told

    shadowed = row(other, ours)
    assert (shadowed["status"], str(other / "bridge") in shadowed["message"]) == ("warning", True)
    assert shadowed["todo"] == f"put {ours} first on PATH"
    (ours / "tmux-bridge").symlink_to(box.built)
    assert row(other, ours)["todo"] == f"say tmux-bridge ({ours}/tmux-bridge), or put {ours} first on PATH"
    shadowing = row(ours, other)
    assert (shadowing["status"], f"; {other}/bridge is another program" in shadowing["message"]) == ("ok", True)
    assert "make install" in row(other)["todo"]
    assert row(none)["message"].startswith("a new shell ")


@pytest.mark.parametrize(
    ("told", "status", "words"),
    [
        ("tmux 3.1c", "error", "too old"),
        ("tmux 3.2", "ok", "3.2a"),
        ("tmux 3.99", "warning", "not tried with version '3.99'"),
        ("tmux next-3.7", "warning", "not tried with version 'next-3.7'"),
        ("tmux master", "warning", "not tried with version 'master'"),
    ],
)
def test_the_version_of_tmux_is_judged(box, told, status, words):
    fake = box.directory / "tmux-old"
    fake.write_text(f'#!/bin/sh\n[ "$2" = -V ] && echo "{told}" && exit\nexec "{TMUX}" "$@"\n')
    fake.chmod(0o755)
    row = look(box, "tmux", env={"BRIDGE_TMUX": str(fake)})
    assert (row["status"], words in row["message"]) == (status, True), row
    assert status == "ok" or row["todo"]


def test_a_wrong_configuration_file_is_told_not_stumbled_over(box):
    (box.work / ".bridge.toml").write_text("max_pains = 3\n")
    row = look(box, "settings")
    assert row["status"] == "error"
    assert ".bridge.toml:1" in row["message"]
    assert box.bridge("doctor").status == 1


def test_open_modes_are_found_and_mended(box):
    box.session()
    state = Path(box.env["BRIDGE_STATE_DIR"])
    directory = next(path for path in state.rglob("*") if path.is_dir())
    file = next(path for path in state.rglob("*") if path.is_file())
    directory.chmod(0o777)
    file.chmod(0o666)
    assert look(box, "modes")["status"] == "warning"
    assert directory.stat().st_mode & 0o777 == 0o777, "without --fix nothing is changed"
    mended = box.bridge("doctor", "--fix").ok()
    assert mended["fixed"] == 2
    assert directory.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert look(box, "modes")["status"] == "ok"


def test_a_link_is_not_followed(box):
    box.session()
    target = box.work / "target"
    target.write_text("x")
    target.chmod(0o644)
    (Path(box.env["BRIDGE_STATE_DIR"]) / "link").symlink_to(target)
    box.bridge("doctor", "--fix").ok()
    assert target.stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_is_somebody_elses_is_told_and_left(box):
    box.session()
    stranger = Path(box.env["BRIDGE_STATE_DIR"]) / "stranger.tmp"
    stranger.write_text("x")
    os.chown(stranger, 12345, 12345)
    os.utime(stranger, (1, 1))
    row = look(box, "modes", "--fix")
    assert (row["status"], row["fixed"]) == ("error", 0)
    assert stranger.exists()


def test_old_temporary_files_are_removed_and_new_ones_are_not(box):
    box.session()
    state = Path(box.env["BRIDGE_STATE_DIR"])
    for name, age in (("old", 7200), ("new", 0)):
        (state / f"{name}.json.tmp").write_text("x")
        (state / f"{name}.json.tmp").chmod(0o600)
        os.utime(state / f"{name}.json.tmp", (time.time() - age, time.time() - age))
    assert look(box, "leftovers")["status"] == "warning"
    assert look(box, "leftovers", "--fix")["fixed"] == 1
    assert sorted(path.name for path in state.glob("*.tmp")) == ["new.json.tmp"]


def test_quarantined_files_are_told_and_kept(box):
    box.session()
    aside = Path(box.env["BRIDGE_STATE_DIR"]) / "dev.state.corrupt-5"
    aside.write_text("x")
    aside.chmod(0o600)
    row = look(box, "damaged files", "--fix")
    assert row["status"] == "warning"
    assert str(aside) in row["message"]
    assert aside.exists()


def test_a_lock_that_is_held_for_long_is_told_with_its_holder(box):
    box.session()
    lock = next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("dev.lock"))
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(f"4242 {int(time.time()) - 300}\n")
        held.flush()
        row = look(box, "locks")
    assert row["status"] == "warning"
    assert "4242" in row["message"]
    assert look(box, "locks")["status"] == "ok"


def test_what_a_killed_daemon_left_is_removed(box):
    pid = box.bridge("daemon-start").ok()["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: box.bridge("daemon-status").json["running"] is False, "the end of the daemon")
    assert look(box, "daemon")["status"] == "warning"
    assert look(box, "daemon", "--fix")["status"] == "ok"
    assert list(Path(box.env["BRIDGE_STATE_DIR"]).rglob("*.sock")) == []
    assert look(box, "daemon")["message"].startswith("does not run; nothing")
    box.bridge("daemon-start").ok()


def test_a_clock_that_was_set_back_is_told(box):
    box.session()
    file = next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("dev.lock"))
    os.utime(file, (time.time() + 9999, time.time() + 9999))
    assert look(box, "clock")["status"] == "warning"


@pytest.mark.parametrize(
    ("name", "env"),
    [
        ("shell integration", {"SHELL": "/bin/ksh"}),
        ("shell integration", {"SHELL": "/nonexistent/bash"}),
        ("terminal", {"LANG": "C", "LC_ALL": "", "LC_CTYPE": ""}),
        ("programs", {"PATH": "/nonexistent"}),
        ("cache", {"BRIDGE_CACHE_DIR": "/dev/null/x"}),
        ("state directory", {"BRIDGE_STATE_DIR": "/dev/null/x"}),
        ("state directory", {"BRIDGE_STATE_DIR": "/dev/null"}),
    ],
    ids=str,
)
def test_surroundings_that_do_not_fit_are_told_with_what_to_do(box, name, env):
    command = [*box.command("click")] if "PATH" in env or "BRIDGE_CACHE_DIR" in env else [box.built]
    answer = json.loads(box.call([*command, "doctor"], env=env).stdout)
    row = next(row for row in answer["checks"] if row["check"] == name)
    assert row["status"] in ("warning", "error")
    assert row["todo"]


def contents(path) -> dict[str, str]:
    with tarfile.open(path) as bundle:
        return {
            entry.name: io.BytesIO(bundle.extractfile(entry).read()).getvalue().decode()
            for entry in bundle.getmembers()
        }


def test_a_report_holds_the_facts_and_no_secret(box):
    box.session()
    box.bridge("pane-run", "dev", "0", "echo pane-text-hunter2").ok()
    box.bridge("daemon-start").ok()
    log = next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("daemon.log"))
    with log.open("a") as file:
        file.write("callback: curl https://me:hunter2@host --token hunter2\n")
    report = box.work / "report.tar.gz"
    env = {"BRIDGE_SECRET_TOKEN": "hunter2", "AWS_SECRET_ACCESS_KEY": "hunter2"}
    answer = box.bridge("doctor", "--bundle", report.name, env=env).ok()
    assert answer["bundle"] == report.name
    assert report.stat().st_mode & 0o777 == 0o600
    found = contents(report)
    assert sorted(found) == sorted(f"bridge-report/{name}" for name in answer["bundled"])
    text = "\n".join(found.values())
    assert "hunter2" not in text
    assert str(box.home) not in text
    assert "[redacted]" in found["bridge-report/daemon.log"]
    facts = json.loads(found["bridge-report/facts.json"])
    assert facts["health"] == answer["health"] != "broken"  # another `bridge` may be first on PATH
    assert [row["check"] for row in facts["checks"]] == [row["check"] for row in answer["checks"]]
    assert "dev.lock" in found["bridge-report/files.txt"]
    again = box.bridge("doctor", "--bundle", report.name)
    assert (again.status, again.code) == (1, "ERR_STATE")
    assert report.name in again.json["error"]["message"]
