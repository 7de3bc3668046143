"""Variables that name places by relative paths: one rule for all, and one JSON answer wherever the call is made."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from conftest import TMUX

from bridge.config import PATHS, VARIABLES, rooted

IGNORED = ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")
NOT_USED = ("BRIDGE_CACHE_DIR",)
PROGRAMS = ("BRIDGE_PYTHON",)
EVERY = (*PATHS, *NOT_USED, *PROGRAMS, *IGNORED)
COMMANDS = (("session-list",), ("doctor",), ("daemon-status",), ("--table", "version"))


def test_every_variable_that_is_a_path_is_among_them():
    words = ("director", "file", "path", "program", "where the built file", "Python that", "daemon's log")
    numbers = [name for name, (default, _) in VARIABLES.items() if default.replace(".", "", 1).isdigit()]
    named = {name for name, (_, meaning) in VARIABLES.items() if any(word in meaning for word in words)} - {*numbers}
    assert named - {"BRIDGE_LOG_LEVEL", "BRIDGE_LOG", "BRIDGE_AGENT_PROFILE"} == {*EVERY} - {*IGNORED, "TMUX_TMPDIR"}


@pytest.mark.parametrize("name", EVERY)
def test_a_relative_path_is_answered_in_json_from_wherever_it_is_called(box, name):
    value = "here"
    env = {"XDG_RUNTIME_DIR": str(box.directory), "BRIDGE_STATE_DIR": str(box.directory / "state")} | {name: value}
    for place in ("one", "two"):
        folder = box.work / place
        folder.mkdir()
        (folder / "deep").mkdir()
        for words in COMMANDS if place == "one" else COMMANDS[:1]:
            done = box.call([box.built, *words], env=env, cwd=folder)
            if words[0] != "--table" or done.status:
                assert json.loads(done.stdout)["command"] in (words[0], words[-1], ""), (
                    words,
                    done.stdout,
                    done.stderr,
                )
            assert "Traceback" not in done.stderr
        made = {entry for entry in os.listdir(folder) if entry != "deep"}
        assert made <= ({value} if name in ("BRIDGE_STATE_DIR", "BRIDGE_DAEMON_LOG", "TMUX_TMPDIR") else set())


def test_the_directory_of_the_call_is_where_it_is_taken_from(box):
    (box.work / "tmux").mkdir()
    (box.work / "deep").mkdir()
    env = {
        "BRIDGE_STATE_DIR": "state",
        "BRIDGE_STATES_DIR": "states",
        "TMUX_TMPDIR": "tmux",
        "BRIDGE_TMUX": "tools/tmux",
    }
    tools = box.work / "tools"
    tools.mkdir()
    (tools / "tmux").symlink_to(shutil.which(TMUX))
    outer = {key: f"../{value}" for key, value in env.items()}
    box.bridge("session-create", "dev", env=env).ok()
    try:
        assert box.bridge("session-list", env=outer, cwd=box.work / "deep").ok()["sessions"][0]["name"] == "dev"
        assert (box.work / "states" / "dev.state").exists()
        assert os.listdir(box.work / "deep") == []
    finally:
        box.bridge("session-kill", "dev", env=env)


def test_the_daemon_works_elsewhere_and_is_given_whole_paths(box):
    env = {
        "BRIDGE_STATE_DIR": "state",
        "BRIDGE_DAEMON_LOG": "log",
        "BRIDGE_EVENTS_DIR": "events",
        "BRIDGE_PID_FILE": "pid",
    }
    (box.work / "deep").mkdir()
    box.session("dev")
    box.bridge("daemon-start", env=env).ok()
    try:
        outer = {key: f"../{value}" for key, value in env.items()}
        told = box.bridge("daemon-status", env=outer, cwd=box.work / "deep").ok()
        assert os.path.realpath(told["log_file"]) == str(box.work / "log")
        assert {"state", "log", "pid"} <= set(os.listdir(box.work))
        assert os.listdir(box.work / "deep") == []
    finally:
        box.bridge("daemon-stop", env=env).ok()


def test_nothing_is_executed_from_a_relative_cache(box):
    """A cache of ours that lies there is left alone, by the file's header and by the shim's."""
    shutil.copytree(box.env["BRIDGE_CACHE_DIR"], box.work / "cache")
    for place in (box.work / "cache").glob("*/*/fast.pyc"):
        place.write_bytes(b"nothing that can be run")
        os.utime(place, (1, 1))
    for command in (str(box.built),):
        done = box.call([command, "version"], env={"BRIDGE_CACHE_DIR": "cache"})
        assert done.json["version"], done.stderr
    assert "BRIDGE_CACHE_DIR is 'cache'" in json.dumps(
        box.call([box.built, "doctor"], env={"BRIDGE_CACHE_DIR": "cache"}).json
    )


def test_a_directory_that_is_gone_is_told(box):
    for name in (*PATHS, "BRIDGE_STATE_DIR"):
        if name == "BRIDGE_TMUX":
            continue
        script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" session-list'
        done = box.call(["sh", "-c", script, str(box.built)], env={name: "here"})
        assert done.json["status"] in ("success", "error"), done.stderr
        if done.json["status"] == "error":
            assert done.code in ("ERR_USAGE", "ERR_CONFIG")
            assert "here" in done.json["error"]["message"]


def test_a_name_of_a_program_is_left_to_the_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert rooted({"BRIDGE_TMUX": "tmux-3.5"}) == {}
    assert rooted({"BRIDGE_TMUX": "./tmux", "BRIDGE_SOCKET": "s", "HOME": "h"}) == {
        "BRIDGE_TMUX": f"{tmp_path}/./tmux",
        "BRIDGE_SOCKET": f"{tmp_path}/s",
    }
