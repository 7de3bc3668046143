"""Starting and ending agents: limits, ids, places, what they inherit, and that a failure leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from conftest import wait_until
from team import Team

from bridge import client


@pytest.fixture
def team(box):
    return Team(box)


def refused(box, code: str, *words: str, **kwargs) -> dict:
    done = box.bridge(*words, **kwargs)
    assert (done.status, done.code) == (1, code), done.stdout
    assert done.json["error"]["hint"]
    return done.json


def ids(box, *words: str) -> list[str]:
    return [row["agent_id"] for row in box.bridge("agent-list", *words).ok()["agents"]]


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def nothing_left(box) -> None:
    """No agent, no session, no program."""
    assert ids(box, "--state", "starting,idle,working,unknown,exited") == []
    assert box.bridge("session-list").ok()["sessions"] == []


def test_an_agent_gets_a_session_an_id_and_a_process_of_its_own(team):
    box = team.box
    made = box.bridge("agent-spawn", "executive", "--timeout", "20").ok()
    assert (made["agent_id"], made["role"], made["depth"], made["parent_id"]) == ("exec_1", "executive", 0, None)
    assert (made["session"], made["pane_id"], made["state"]) == ("claude_exec_1", "0", "idle")
    assert made["directory"] == str(box.work)
    [started] = team.rows("started")
    assert made["generation"].startswith(f"{made['pane']}-{started['pid']}-")
    option = box.tmux("show-options", "-pv", "-t", made["pane"], "@bridge_agent").strip()
    assert option == f"exec_1:{made['pane']}"
    assert box.bridge("pane-find", "claude_exec_1", "exec_1").ok()["pane"] == made["pane"]
    again = box.bridge("agent-spawn", "executive", env={"TMUX_PREFIX": "team"}).ok()
    assert (again["agent_id"], again["session"]) == ("exec_2", "team_exec_2")
    assert again["state"] in ("starting", "idle")


def test_ids_and_depths_tell_who_comes_from_whom(team):
    box = team.box
    box.bridge("agent-spawn", "executive").ok()
    managers = box.bridge("agent-spawn", "manager", "--parent", "exec_1", "--count", "2").ok()
    assert managers["count"] == 2
    assert managers["agent_id"] is None
    assert [row["agent_id"] for row in managers["agents"]] == ["mgr_1_1", "mgr_1_2"]
    child = box.bridge("agent-spawn", "specialist", "--parent", "mgr_1_2").ok()
    assert (child["agent_id"], child["depth"], child["parent_id"]) == ("spec_1_2_1", 2, "mgr_1_2")
    told = refused(box, "ERR_ROLE", "agent-spawn", "specialist", "--parent", "spec_1_2_1")
    assert "specialist" in told["error"]["message"]
    # The one that calls is the parent.
    env = {"BRIDGE_AGENT_ID": "mgr_1_1"}
    assert box.bridge("agent-spawn", "specialist", env=env).ok()["agent_id"] == "spec_1_1_1"
    refused(box, "ERR_ROLE", "agent-spawn", "helper", env={"BRIDGE_AGENT_ID": "spec_1_1_1"})
    assert ids(box, "--parent", "exec_1") == ["mgr_1_1", "mgr_1_2"]
    tree = box.bridge("agent-list", "--tree").ok()["output"].splitlines()
    assert [row.split()[0] for row in tree] == ["exec_1", "mgr_1_1", "spec_1_1_1", "mgr_1_2", "spec_1_2_1"]
    assert [len(row) - len(row.lstrip()) for row in tree] == [0, 2, 4, 2, 4]


def test_depth_is_limited(team):
    box = team.box
    env = {"MAX_DEPTH": "1"}
    box.bridge("agent-spawn", "executive", env=env).ok()
    box.bridge("agent-spawn", "manager", "--parent", "exec_1", env=env).ok()
    refused(box, "ERR_LIMIT_DEPTH", "agent-spawn", "specialist", "--parent", "mgr_1_1", env=env)
    refused(box, "ERR_USAGE", "agent-spawn", "executive", env={"MAX_DEPTH": "none"})
    assert ids(box) == ["exec_1", "mgr_1_1"]


def test_starts_at_once_end_at_exactly_the_limit(team):
    box = team.box
    env = {"MAX_INSTANCES": "5", "BRIDGE_LOCK_TIMEOUT": "60"}
    calls = [box.start("agent-spawn", "worker", env=env) for _ in range(9)]
    answers = [json.loads(call.communicate(timeout=120)[0]) for call in calls]
    good = [row["agent_id"] for row in answers if row["status"] == "success"]
    assert {row["error"]["code"] for row in answers if row["status"] == "error"} == {"ERR_LIMIT_INSTANCES"}
    assert sorted(good) == [f"worker_{number}" for number in range(1, 6)]
    assert sorted(ids(box)) == sorted(good)
    assert len(box.bridge("session-list").ok()["sessions"]) == 5
    refused(box, "ERR_LIMIT_INSTANCES", "agent-spawn", "worker", env=env)
    box.bridge("agent-terminate", good[0]).ok()
    refused(box, "ERR_LIMIT_INSTANCES", "agent-spawn", "worker", "--count", "2", env=env)
    assert box.bridge("agent-spawn", "worker", env=env).ok()["agent_id"] == "worker_6"


def test_an_agent_inherits_nothing_that_its_profile_drops(team):
    box = team.box
    box.env |= {"CLAUDECODE": "1", "CLAUDE_CONFIG_DIR": "/x", "CODEX_SANDBOX": "1"}
    box.session()  # the server has them, too
    words = ("agent-spawn", "executive", "--env", "LANG=de_DE.UTF-8", "--env", "OWN=a b;'c'", "--timeout", "20")
    made = box.bridge(*words).ok()
    [started] = team.rows("started")
    with open(f"/proc/{started['pid']}/environ", encoding="utf-8") as file:
        environ = dict(row.split("=", 1) for row in file.read().split("\0") if row)
    assert {name for name in environ if name.startswith(("CLAUDE", "CODEX", "TMUX"))} == {
        "CLAUDE_CONFIG_DIR",
        "TMUX_TMPDIR",
    }
    assert (environ["OWN"], environ["LANG"]) == ("a b;'c'", "de_DE.UTF-8")
    assert environ["BRIDGE_AGENT_ID"] == "exec_1"
    # Through what it got a call of its own reaches the same server, and knows who calls.
    inner = {name: environ[name] for name in ("BRIDGE_AGENT_ID", "BRIDGE_SOCKET")}
    assert box.bridge("agent-spawn", "manager", env=inner).ok()["parent_id"] == "exec_1"
    # A pane that a person makes there later has nothing of it.
    assert "OWN" not in box.tmux("show-environment", "-t", made["session"])


def test_a_place_in_a_session_that_is_there(team):
    box = team.box
    box.session()
    before = box.tmux("display-message", "-p", "-t", "dev:", "#{window_id} #{pane_id}")
    window = box.bridge("agent-spawn", "worker", "--session", "dev", "--window").ok()
    split = box.bridge("agent-spawn", "worker", "--session", "dev", "--split").ok()
    assert (window["session"], window["pane_id"], split["pane_id"]) == ("dev", "1.0", "1")
    assert box.tmux("display-message", "-p", "-t", "dev:", "#{window_id} #{pane_id}") == before
    for made in (window, split):
        mark = box.tmux("display-message", "-p", "-t", made["pane"], "#{@bridge_agent} #{@bridge_label}").split()
        assert mark == [f"{made['agent_id']}:{made['pane']}", f"={made['agent_id']}"]
    refused(box, "ERR_MAX_PANES", "agent-spawn", "worker", "--session", "dev", "--split", env={"BRIDGE_MAX_PANES": "2"})
    refused(box, "ERR_SESSION_NOT_FOUND", "agent-spawn", "worker", "--session", "none")
    box.tmux("resize-window", "-t", "dev:", "-x", "20", "-y", "3")
    refused(box, "ERR_NO_SPACE", "agent-spawn", "worker", "--session", "dev", "--split")
    assert ids(box) == ["worker_1", "worker_2"]
    box.bridge("agent-terminate", "worker_2").ok()
    assert len(box.bridge("pane-list-json", "dev").ok()["output"]) == 1


def test_model_args_and_context_reach_the_program(team):
    box = team.box
    words = ("--model", "opus", "--args", "--draft ''", "--args", "--work 0.2", "--timeout", "20")
    made = box.bridge("agent-spawn", "executive", *words, "--context", "read this\nand that").ok()
    assert [row["text"] for row in team.rows("message")] == ["read this\nand that"]
    assert "opus" in box.tmux("display-message", "-p", "-t", made["pane"], "#{pane_title}")
    done = box.bridge("agent-spawn", "executive", "--context", "-", text=b"from stdin\n", timeout=60).ok()
    assert team.await_events("message", 2)[1]["text"] == "from stdin"
    assert done["agent_id"] == "exec_2"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ERR_PROFILE_NOT_FOUND", ("--profile", "playin")),
        ("ERR_USAGE", ("--count", "0")),
        ("ERR_USAGE", ("--count", "2", "--id", "x")),
        ("ERR_USAGE", ("--id", "a.b")),
        ("ERR_USAGE", ("--env", "=x")),
        ("ERR_USAGE", ("--args", "'")),
        ("ERR_USAGE", ("--split",)),
        ("ERR_USAGE", ("--window", "--split", "--session", "dev")),
        ("ERR_USAGE", ("--profile", "shell", "--model", "x")),
        ("ERR_DIRECTORY", ("--dir", "none")),
        ("ERR_AGENT_NOT_FOUND", ("--parent", "nobody")),
        ("ERR_TOO_LARGE", ("--context", "x" * 8001)),
        ("ERR_CONTROL_CHARACTERS", ("--context", "a\x1b[201~b")),
        ("ERR_AGENT_STATE", ("--context", "x", "--args", "--draft half")),
        ("ERR_AGENT_ENDED", ("--args", "--no-such-option", "--timeout", "20")),
        ("ERR_TIMEOUT", ("--args", "--start 60", "--timeout", "0.5")),
    ],
)
def test_what_cannot_be_started_leaves_nothing(team, code, words):
    told = refused(team.box, code, "agent-spawn", "worker", *words, timeout=90)
    if code == "ERR_AGENT_ENDED":
        assert "--no-such-option" in told["output"]
        assert told["agents"] == [{"agent_id": "worker_1", "outcome": "removed"}]
    nothing_left(team.box)
    assert [row for row in team.rows("started") if alive(row["pid"])] == []


def test_a_program_that_is_not_installed_is_named_with_what_installs_it(box):
    team = Team(box)
    path = box.home / ".config" / "bridge" / "profiles" / "playing.toml"
    path.write_text(path.read_text().replace(json.dumps(sys.executable), '"no-such-program"'))
    told = refused(box, "ERR_PROGRAM_NOT_FOUND", "agent-spawn", "worker")
    assert "make playing" in told["error"]["hint"]
    path.write_text("name = 5\n")
    refused(box, "ERR_CONFIG", "agent-spawn", "worker")
    nothing_left(box)
    assert team.rows("started") == []


def test_one_of_several_that_cannot_be_placed_ends_all(team):
    box = team.box
    box.bridge("session-create", "claude_worker_3").ok()
    told = refused(box, "ERR_SESSION_EXISTS", "agent-spawn", "worker", "--count", "4")
    assert told["agents"] == [
        {"agent_id": "worker_1", "outcome": "removed"},
        {"agent_id": "worker_2", "outcome": "removed"},
        {"agent_id": "worker_3", "outcome": "removed"},
        {"agent_id": "worker_4", "outcome": "not-started"},
    ]
    assert ids(box) == []
    assert [row["name"] for row in box.bridge("session-list").ok()["sessions"]] == ["claude_worker_3"]
    refused(box, "ERR_BAD_NAME", "agent-spawn", "worker", env={"TMUX_PREFIX": "a.b"})


def test_an_id_is_taken_until_its_agent_was_terminated(team):
    box = team.box
    box.bridge("agent-spawn", "worker", "--id", "bob", "--timeout", "20").ok()
    refused(box, "ERR_AGENT_EXISTS", "agent-spawn", "worker", "--id", "bob")
    team.press("claude_bob:", "exit", "Enter")
    gone = team.wait("bob", "exited")
    assert (gone["exit_status"], gone["state"]) == (0, "exited")
    refused(box, "ERR_AGENT_EXISTS", "agent-spawn", "worker", "--id", "bob")
    refused(box, "ERR_AGENT_ENDED", "agent-spawn", "worker", "--parent", "bob")
    box.bridge("agent-terminate", "bob").ok()
    box.bridge("agent-spawn", "worker", "--id", "bob").ok()
    assert ids(box) == ["bob"]


def test_an_agent_that_crashes_keeps_its_last_screen_and_status(team):
    box = team.box
    made = box.bridge("agent-spawn", "worker", "--args", "--main-screen", "--timeout", "20").ok()
    team.press("claude_worker_1:", "crash", "Enter")
    assert team.wait("worker_1", "exited")["exit_status"] == 3
    assert "shortcuts" in box.screen(made["pane"])
    other = box.bridge("agent-spawn", "worker", "--timeout", "20").ok()
    os.kill(int(other["generation"].split("-")[1]), signal.SIGKILL)
    gone = team.wait("worker_2", "exited")
    assert (gone["exit_status"], gone["exit_signal"]) == (None, "KILL") or box.env["BRIDGE_TMUX"].endswith(
        "3.2a/bin/tmux"
    )


def test_a_turn_is_interrupted_and_nothing_else_is(team):
    box = team.box
    box.bridge("agent-spawn", "worker", "--timeout", "20").ok()
    refused(box, "ERR_AGENT_STATE", "agent-interrupt", "worker_1")
    team.press("claude_worker_1:", "work 60", "Enter")
    team.wait("worker_1", "working")
    box.tmux("select-pane", "-d", "-t", "claude_worker_1:")
    refused(box, "ERR_BUSY", "agent-interrupt", "worker_1")
    box.tmux("select-pane", "-e", "-t", "claude_worker_1:")
    assert box.bridge("agent-interrupt", "worker_1").ok()["state"] == "idle"
    assert len(team.rows("interrupted")) == 1
    team.press("claude_worker_1:", "approve", "Enter")
    team.wait("worker_1", "approval")
    refused(box, "ERR_AGENT_STATE", "agent-interrupt", "worker_1")
    assert team.rows("answered") == []
    refused(box, "ERR_AGENT_NOT_FOUND", "agent-interrupt", "nobody")
    box.bridge("agent-terminate", "worker_1").ok()
    refused(box, "ERR_AGENT_ENDED", "agent-interrupt", "worker_1")


def test_leaves_are_ended_before_their_parents_and_what_they_showed_is_kept(team):
    box = team.box
    box.bridge("agent-spawn", "executive").ok()
    box.bridge("agent-spawn", "manager", "--parent", "exec_1", "--count", "2").ok()
    box.bridge("agent-spawn", "specialist", "--parent", "mgr_1_1", "--timeout", "20").ok()
    team.wait("exec_1", "idle")
    refused(box, "ERR_SELF", "agent-terminate", "exec_1", "--cascade", env={"BRIDGE_AGENT_ID": "mgr_1_2"})
    told = box.bridge("agent-terminate", "exec_1", "--cascade", "--grace", "5", timeout=90).ok()
    order = [row["agent_id"] for row in told["agents"]]
    assert sorted(order) == ["exec_1", "mgr_1_1", "mgr_1_2", "spec_1_1_1"]
    assert order[-1] == "exec_1"
    assert order.index("spec_1_1_1") < order.index("mgr_1_1")
    assert told["left"] == []
    for row in told["agents"]:
        assert "shortcuts" in Path(row["kept"], "screen.txt").read_text()
        assert os.path.isfile(f"{row['kept']}/transcript.txt")
    assert [row for row in team.rows("started") if alive(row["pid"])] == []
    assert box.bridge("session-list").ok()["sessions"] == []
    assert ids(box) == []
    assert len(ids(box, "--state", "exited")) == 4


def test_children_of_one_that_is_ended_alone_live_on_and_are_named(team):
    box = team.box
    box.bridge("agent-spawn", "executive").ok()
    box.bridge("agent-spawn", "manager", "--parent", "exec_1").ok()
    assert box.bridge("agent-terminate", "exec_1").ok()["left"] == ["mgr_1_1"]
    assert ids(box) == ["mgr_1_1"]
    refused(box, "ERR_AGENT_ENDED", "agent-spawn", "manager", "--parent", "exec_1")
    refused(box, "ERR_AGENT_NOT_FOUND", "agent-terminate", "nobody")


def test_a_program_that_takes_no_notice_is_killed_after_the_grace(box):
    team = Team(box)
    path = box.home / ".config" / "bridge" / "profiles" / "playing.toml"
    words = ["sh", "-c", "trap '' TERM HUP; while :; do sleep 0.2; done"]
    path.write_text(path.read_text().replace(json.dumps(team.words), json.dumps(words)))
    made = box.bridge("agent-spawn", "worker").ok()
    box.bridge("agent-terminate", "worker_1", "--grace", "0.3").ok()
    assert not alive(int(made["generation"].split("-")[1]))
    assert box.bridge("session-list").ok()["sessions"] == []


def test_an_adopted_agent_ends_and_its_pane_stays(team):
    box = team.box
    box.session()
    team.play_in("dev")
    box.bridge("agent-adopt", "dev", "0", "--id", "boss").ok()
    told = box.bridge("agent-terminate", "boss").ok()
    assert told["state"] == "exited"
    assert not alive(team.rows("started")[0]["pid"])
    box.await_prompt("dev")


def test_a_start_that_was_cut_off_leaves_no_agent(team):
    box = team.box
    box.bridge("agent-spawn", "worker").ok()
    path = next((box.directory / "state").rglob("agents.json"))
    stored = json.loads(path.read_text())
    lost = stored["agents"][0] | {"agent_id": "worker_2", "pane": None, "generation": None, "starter": "1-1"}
    path.write_text(json.dumps(stored | {"agents": [*stored["agents"], lost]}))
    assert ids(box) == ["worker_1"]
    assert box.bridge("agent-spawn", "worker", env={"MAX_INSTANCES": "2"}).ok()["agent_id"] == "worker_3"


def test_an_agent_whose_start_was_killed_is_found_again(team, tmp_path):
    box = team.box
    wrapper = tmp_path / "tmux"
    kill = 'case "$*" in *new-session*) kill -9 $PPID;; esac'
    wrapper.write_text(f'#!/bin/sh\n"{box.env["BRIDGE_TMUX"]}" "$@"\ns=$?\n{kill}\nexit $s\n')
    wrapper.chmod(0o755)
    done = box.call([box.built, "agent-spawn", "worker"], env={"BRIDGE_TMUX": str(wrapper)})
    assert done.status == -signal.SIGKILL
    team.await_events("started")
    assert team.wait("worker_1", "idle")["session"] == "claude_worker_1"
    assert box.bridge("agent-spawn", "worker").ok()["agent_id"] == "worker_2"
    assert ids(box) == ["worker_1", "worker_2"]
    box.bridge("agent-terminate", "worker_1").ok()
    box.bridge("agent-terminate", "worker_2").ok()
    assert box.bridge("session-list").ok()["sessions"] == []


def test_state_and_lock_errors_are_told_before_anything_starts(team):
    import fcntl

    box = team.box
    box.bridge("agent-spawn", "worker", "--timeout", "20").ok()
    path = next((box.directory / "state").rglob("agents.lock"))
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for words in (("agent-spawn", "worker"), ("agent-terminate", "worker_1")):
            refused(box, "ERR_LOCKED", *words, env={"BRIDGE_LOCK_TIMEOUT": "0.2"})
    path.with_name("agents.json").write_text('{"version": 99}')
    for words in (("agent-spawn", "worker"), ("agent-terminate", "worker_1"), ("agent-interrupt", "worker_1")):
        refused(box, "ERR_STATE", *words)
    assert len(team.rows("started")) == 1


def test_batch_and_client_start_and_end_them_too(team):
    box = team.box
    lines = [{"argv": ["agent-spawn", "worker"]}, {"argv": ["agent-terminate", "worker_1"]}]
    text = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    done = box.call([box.built, "batch"], text=text, timeout=90)
    assert [json.loads(row)["status"] for row in done.stdout.splitlines()] == ["success", "success"], done.stdout
    with client.Bridge(environ=box.env) as bridge:
        made = bridge.agent_spawn("worker").envelope
        assert (made["agent_id"], made["session"]) == ("worker_2", "claude_worker_2")
        assert bridge.agent_terminate("worker_2").envelope["count"] == 1
    wait_until(lambda: box.bridge("session-list").ok()["sessions"] == [], "no session")
