"""A tmux server has one state, however the path of its socket is spelt; the daemon is met from everywhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from conftest import wait_until

from bridge.config import Config, resolve
from bridge.store.paths import Paths, ensure


@pytest.fixture
def spelt(box):
    """A server `rv` with a session, its socket's directory also met by a link; the environments that name it."""
    real = box.directory / "tmux"
    link = box.directory / "link"
    link.symlink_to(real)
    box.env["XDG_RUNTIME_DIR"] = ""
    del box.env["BRIDGE_STATES_DIR"]
    box.bridge("-L", "rv", "session-create", "dev").ok()
    socket = box.tmux("-L", "rv", "display-message", "-p", "#{socket_path}").strip()
    name = Path(socket).relative_to(real)
    yield (
        box,
        {
            "name": ((("-L", "rv")), {}, None),
            "slash": ((("-L", "rv")), {"TMUX_TMPDIR": f"{real}/"}, None),
            "link": ((("-L", "rv")), {"TMUX_TMPDIR": str(link)}, None),
            "dots": ((("-L", "rv")), {"TMUX_TMPDIR": f"{real}/../link/./"}, None),
            "path": (("-S", socket), {}, None),
            "path by a link": (("-S", str(link / name)), {}, None),
            "relative": (("-S", f"./{Path(socket).name}"), {}, Path(socket).parent),
            "relative above": (("-S", f"../{name}"), {}, link.parent / "tmux" / "tmux-x"),
            "variable": ((), {"BRIDGE_SOCKET": f"{link}/{name}"}, None),
            "inside": ((), {"TMUX": f"{socket},1,0"}, None),
            "inside by a link": ((), {"TMUX": f"{link / name},1,0"}, None),
        },
    )
    box.tmux("-L", "rv", "kill-server", check=False)


def test_every_spelling_has_the_same_state(spelt):
    box, ways = spelt
    (box.directory / "tmux" / "tmux-x").mkdir()
    box.bridge("-L", "rv", "group-create", "team").ok()
    for way, (options, environ, where) in ways.items():
        done = box.bridge(*options, "group-list", env=environ, cwd=where).ok()
        assert [row["name"] for row in done["output"]] == ["team"], way
    assert len(list((Path(box.env["BRIDGE_STATE_DIR"]) / "servers").iterdir())) == 1


def test_the_daemon_is_met_by_every_spelling_and_from_every_login(spelt):
    box, ways = spelt
    (box.directory / "tmux" / "tmux-x").mkdir()
    login = box.directory / "login"
    login.mkdir(mode=0o700)
    box.bridge("-L", "rv", "daemon-start", env={"XDG_RUNTIME_DIR": str(login)}).ok()
    try:
        for way, (options, environ, where) in ways.items():
            for runtime in ("", str(login), "/nowhere"):
                done = box.bridge(*options, "daemon-status", env={**environ, "XDG_RUNTIME_DIR": runtime}, cwd=where)
                assert done.ok()["running"], (way, runtime)
        done = box.bridge("-L", "rv", "event-publish", "dev", "note", "x", env={"XDG_RUNTIME_DIR": "/nowhere"}).ok()
        assert done["enforced"]
    finally:
        box.bridge("-L", "rv", "daemon-stop").ok()


@pytest.mark.parametrize("gone", ["file", "directory", "closed"])
def test_a_daemon_whose_socket_has_gone_makes_another(spelt, gone):
    """A logout empties the runtime directory; the daemon lives on."""
    box, _ = spelt
    login = box.directory / "login"
    login.mkdir(mode=0o700)
    pid = box.bridge("-L", "rv", "daemon-start", env={"XDG_RUNTIME_DIR": str(login)}).ok()["pid"]
    try:
        (socket,) = (login / "bridge").glob("*.sock")
        if gone == "file":
            socket.unlink()
        else:
            shutil.rmtree(login)
        if gone == "closed":
            login.write_text("nothing can be made below")
        done = box.bridge("-L", "rv", "event-publish", "dev", "note", "x").ok()
        assert done["enforced"]
        assert box.bridge("-L", "rv", "daemon-status").ok()["pid"] == pid
        assert box.bridge("-L", "rv", "daemon-status", env={"XDG_RUNTIME_DIR": str(login)}).ok()["pid"] == pid
    finally:
        box.bridge("-L", "rv", "daemon-stop").ok()
    wait_until(lambda: not list(box.directory.rglob("*.sock")), "no socket is left")


def test_a_relative_state_directory_is_one_from_everywhere(box):
    del box.env["BRIDGE_STATES_DIR"]
    box.env["XDG_RUNTIME_DIR"] = ""
    whole = box.work / "kept"
    box.bridge("session-create", "dev", env={"BRIDGE_STATE_DIR": "kept"}).ok()
    assert box.bridge("daemon-start", env={"BRIDGE_STATE_DIR": "kept"}).ok()["log_file"].startswith(str(whole))
    try:
        assert box.bridge("daemon-status", env={"BRIDGE_STATE_DIR": str(whole)}, cwd="/").ok()["running"]
        box.bridge(
            "event-subscribe", "dev", "note", f"echo heard >{box.work}/mark", env={"BRIDGE_STATE_DIR": "kept"}
        ).ok()
        box.bridge("event-publish", "dev", "note", "x", env={"BRIDGE_STATE_DIR": str(whole)}, cwd="/").ok()
        wait_until((box.work / "mark").exists, "the callback")
    finally:
        box.bridge("daemon-stop", env={"BRIDGE_STATE_DIR": str(whole)}, cwd="/").ok()
    assert not Path("/kept").exists()
    done = box.bridge("pane-run", "dev", "0", "cd /; pwd", env={"BRIDGE_STATE_DIR": "kept"}).ok()
    assert done["output"] == "/\n"


@pytest.mark.parametrize("old", ["//tmux-{uid}/rv", "/../link/tmux-{uid}/rv"])
def test_state_by_an_earlier_spelling_is_found_again(spelt, old):
    """What an earlier version kept by the text of the path; shells that live go on with the old one."""
    box, _ = spelt
    servers = Path(box.env["BRIDGE_STATE_DIR"]) / "servers"
    box.bridge("-L", "rv", "group-create", "team").ok()
    (now,) = servers.iterdir()
    text = f"{box.directory}/tmux{old.format(uid=os.getuid())}"
    before = servers / text.replace("/", "%2F").replace(".", "%2E")
    now.rename(before)
    assert [row["name"] for row in box.bridge("-L", "rv", "group-list").ok()["output"]] == ["team"]
    assert now.is_dir()
    assert before.is_symlink()
    assert (before / "groups.json").samefile(now / "groups.json")
    assert box.bridge("state-migrate", "--check").status == 0


def test_two_states_that_are_there_stay_two(spelt):
    box, _ = spelt
    servers = Path(box.env["BRIDGE_STATE_DIR"]) / "servers"
    (now,) = servers.iterdir()
    other = servers / now.name.replace("tmux-", "%2Ftmux-")
    other.mkdir(mode=0o700)
    box.bridge("-L", "rv", "session-list").ok()
    assert other.is_dir()
    assert not other.is_symlink()


def test_the_default_server_stays_where_it_was(tmp_path):
    environ = {"HOME": str(tmp_path), "BRIDGE_STATE_DIR": str(tmp_path / "state")}
    assert Paths(Config(environ)).base == str(tmp_path / "state")
    assert (
        Paths(Config(environ, socket=("-S", f"/tmp/../tmp//tmux-{os.getuid()}/default"))).base
        == environ["BRIDGE_STATE_DIR"]
    )


def test_a_path_resolves_as_the_system_does(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "up").symlink_to("a/b/..")
    (tmp_path / "ring").symlink_to("ring")
    (tmp_path / "whole").symlink_to(tmp_path / "up")
    for path in ("a//b/./c", "up/b", "whole/b/../none/x", "a/../../x", "up", "whole/"):
        assert resolve(f"{tmp_path}/{path}") == os.path.realpath(f"{tmp_path}/{path}"), path
    assert resolve(f"{tmp_path}/ring/x") == f"{tmp_path}/ring/x"
    assert resolve("/") == "/"


def test_directories_are_ours_alone_whatever_the_umask(tmp_path):
    tmp_path.chmod(0o700)
    before = os.umask(0)
    try:
        ensure(f"{tmp_path}/a/b/c")
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")} == {0o700}
