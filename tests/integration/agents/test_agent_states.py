"""Agents that run: adopted, listed, explained, waited for; what is said of them is true, in doubt never idle."""

from __future__ import annotations

import json
import os
import signal

import pytest
from conftest import wait_until
from team import Team

from bridge import client

SHARED = (
    *("agent_id", "profile", "role", "parent_id", "depth", "session", "pane", "pane_id", "state", "since", "reason"),
    "generation",
)


@pytest.fixture
def team(box):
    return Team(box)


@pytest.fixture
def adopted(team):
    """An agent `boss` in session `dev`, idle."""
    team.box.session()
    team.play_in("dev")
    team.box.bridge("agent-adopt", "dev", "0", "--id", "boss", "--role", "manager").ok()
    team.wait("boss", "idle")
    return team


def refused(box, code: str, *words: str, **kwargs) -> dict:
    done = box.bridge(*words, **kwargs)
    assert (done.status, done.code) == (1, code), done.stdout
    assert done.json["error"]["hint"]
    return done.json


def test_an_agent_is_adopted_with_its_profile_and_followed_through_its_states(team):
    box = team.box
    box.session()
    team.play_in("dev")
    made = box.bridge("agent-adopt", "dev", "0").ok()
    assert set(SHARED) <= set(made)
    assert (made["agent_id"], made["profile"], made["role"], made["depth"]) == ("agent_1", "playing", "agent", 0)
    assert (made["session"], made["pane_id"], made["adopted"]) == ("dev", "0", True)
    pid = team.rows("started")[0]["pid"]
    assert made["generation"].startswith(f"{made['pane']}-{pid}-")
    idle = team.wait("agent_1", "idle")
    team.press("dev:", "work 30", "Enter")
    working = team.wait("agent_1", "working")
    assert working["since"] >= idle["since"]
    assert team.status("agent_1")["since"] == working["since"]
    team.press("dev:", "Escape")
    team.wait("agent_1", "idle")
    team.press("dev:", "approve it", "Enter")
    assert team.wait("agent_1", "approval")["kind"] == "permission"
    team.press("dev:", "1")
    team.wait("agent_1", "idle")


def test_a_shell_left_behind_by_an_agent_that_crashed_is_exited_with_its_status(adopted):
    adopted.press("dev:", "crash", "Enter")
    gone = adopted.wait("boss", "exited")
    assert (gone["exit_status"], gone["exit_signal"]) == (3, None)
    assert "bash" in gone["reason"]
    # What comes later in the pane changes nothing of that.
    adopted.box.bridge("pane-run", "dev", "0", "true").ok()
    again = adopted.status("boss")
    assert {key: again[key] for key in ("state", "since", "exit_status", "reason")} == {
        key: gone[key] for key in ("state", "since", "exit_status", "reason")
    }
    refused(adopted.box, "ERR_AGENT_ENDED", "agent-wait", "boss", "--state", "idle")


def test_an_agent_whose_screen_is_still_there_is_not_idle_once_its_process_is_gone(adopted):
    """The last frame stays where a program is killed: the process is asked before the screen."""
    os.kill(adopted.rows("started")[0]["pid"], signal.SIGKILL)
    found = adopted.wait("boss", "exited")
    assert found["state"] == "exited"


def test_a_stopped_agent_and_another_program_in_front_are_not_idle(adopted):
    box = adopted.box
    os.kill(adopted.rows("started")[0]["pid"], signal.SIGSTOP)
    found = wait_until(
        lambda: (seen := adopted.status("boss"))["state"] == "unknown" and "in front" in seen["reason"] and seen,
        "the shell in front",
    )
    assert "bash" in found["reason"]
    box.bridge("pane-exec", "dev", "0", "sleep 60").ok()
    wait_until(lambda: adopted.status("boss")["state"] == "other", "another program in front")
    assert "sleep" in adopted.status("boss")["reason"]


def test_a_pane_and_a_server_that_are_gone_are_told(adopted):
    box = adopted.box
    box.session("other")
    adopted.box.bridge("agent-adopt", "other", "0", "--profile", "shell", "--id", "sh").ok()
    assert adopted.wait("sh", "idle")["profile"] == "shell"
    box.tmux("kill-session", "-t", "dev")
    assert "pane is gone" in adopted.wait("boss", "exited")["reason"]
    box.tmux("kill-server")
    assert adopted.wait("sh", "exited")["reason"] == "no tmux server runs any more"
    assert [row["state"] for row in box.bridge("agent-list").ok()["agents"]] == ["exited", "exited"]


def test_a_shell_at_work_is_not_idle(box):
    team = Team(box)
    box.session()
    box.bridge("agent-adopt", "dev", "0", "--profile", "shell", "--id", "sh").ok()
    team.wait("sh", "idle")
    box.bridge("pane-exec", "dev", "0", "echo '$ '; sleep 60").ok()
    found = team.wait("sh", "working")
    assert "sleep" in found["reason"]


def test_the_evidence_tells_what_decided(adopted):
    told = adopted.box.bridge("agent-explain", "boss").ok()
    sources = [row["source"] for row in told["evidence"]]
    assert [name for name in sources if name != "progress"][:7] == [
        "record",
        "server",
        "pane",
        "process",
        "terminal",
        "title",
        "cursor",
    ]
    assert (told["state"], told["decided"]) == ("idle", "screen")
    deciding = [row for row in told["evidence"] if row["decided"]]
    assert [(row["source"], row["rule"]) for row in deciding] == [("screen", told["rule"])]
    assert all(row["age_ms"] >= 0 for row in told["evidence"])
    title = next(row for row in told["evidence"] if row["source"] == "title")
    assert title["text"] == "✳ Playing agent"
    assert told["output"].startswith("idle: ")
    adopted.press("dev:", "crash", "Enter")
    adopted.wait("boss", "exited")
    assert adopted.box.bridge("agent-explain", "boss").ok()["decided"] == "record"


def test_what_bridge_cannot_adopt_is_refused(adopted):
    box = adopted.box
    refused(box, "ERR_SESSION_NOT_FOUND", "agent-adopt", "none", "0")
    refused(box, "ERR_PANE_NOT_FOUND", "agent-adopt", "dev", "9")
    refused(box, "ERR_AGENT_EXISTS", "agent-adopt", "dev", "0", "--id", "second")
    refused(box, "ERR_USAGE", "agent-adopt", "dev", "0", "--id", "a b")
    refused(box, "ERR_USAGE", "agent-adopt", "dev", "0", "--role", "Chief!")
    refused(box, "ERR_PROFILE_NOT_FOUND", "agent-adopt", "dev", "0", "--profile", "playin")
    box.session("other")
    refused(box, "ERR_IDLE", "agent-adopt", "other", "0")
    for _ in range(2):
        box.bridge("pane-create", "other", "twin").ok()
    refused(box, "ERR_LABEL_AMBIGUOUS", "agent-adopt", "other", "twin")
    box.bridge("pane-exec", "other", "0", "sleep 60").ok()
    wait_until(lambda: box.bridge("pane-is-running", "other", "0").json["output"].strip() == "true", "sleep")
    refused(box, "ERR_PROFILE_NOT_FOUND", "agent-adopt", "other", "0")
    refused(box, "ERR_AGENT_EXISTS", "agent-adopt", "other", "0", "--profile", "playing", "--id", "boss")
    box.tmux("set-option", "-p", "-t", "other:.1", "remain-on-exit", "on")
    box.tmux("respawn-pane", "-k", "-t", "other:.1", "exit 0")
    wait_until(
        lambda: box.tmux("display-message", "-p", "-t", "other:.1", "#{pane_dead}").strip() == "1", "a dead pane"
    )
    refused(box, "ERR_PANE_GONE", "agent-adopt", "other", "1")
    assert [row["agent_id"] for row in box.bridge("agent-list").ok()["agents"]] == ["boss"]


@pytest.mark.parametrize("words", [("agent-status",), ("agent-explain",), ("agent-wait", "--state", "idle")])
def test_an_agent_that_is_not_there(adopted, words):
    told = refused(adopted.box, "ERR_AGENT_NOT_FOUND", words[0], "bos", *words[1:])
    assert "boss" in told["error"]["hint"]


def test_waiting_ends(adopted):
    told = refused(adopted.box, "ERR_TIMEOUT", "agent-wait", "boss", "--state", "working", "--timeout", "0.3")
    assert told["state"] == "idle"
    refused(adopted.box, "ERR_USAGE", "agent-wait", "boss", "--state", "bored")
    refused(adopted.box, "ERR_USAGE", "agent-wait", "boss")
    refused(adopted.box, "ERR_AGENT_NOT_FOUND", "agent-list", "--parent", "nobody")
    refused(adopted.box, "ERR_USAGE", "agent-list", "--state", "bored")


def test_agents_are_chosen_by_role_and_state(adopted):
    box = adopted.box
    ids = lambda *words: [row["agent_id"] for row in box.bridge("agent-list", *words).ok()["agents"]]  # noqa: E731
    assert (ids(), ids("--role", "manager"), ids("--role", "other")) == (["boss"], ["boss"], [])
    assert (ids("--state", "idle,working"), ids("--state", "exited"), ids("--parent", "boss")) == (["boss"], [], [])
    row = box.bridge("agent-list", "--tree").ok()["agents"][0]
    assert set(SHARED) <= set(row)
    assert (row["session"], row["pane_id"]) == ("dev", "0")


def test_a_list_follows_what_the_screens_show(adopted):
    """Screens that have not changed are not read again."""
    box = adopted.box
    state = lambda: box.bridge("agent-list").ok()["agents"][0]["state"]  # noqa: E731
    assert (state(), state()) == ("idle", "idle")
    path = next((box.directory / "state").rglob("glances.json"))
    made_of = json.loads(path.read_text())
    adopted.press("dev:", "work 60", "Enter")
    wait_until(lambda: state() == "working", "the list to follow")
    assert json.loads(path.read_text()) != made_of
    adopted.press("dev:", "Escape")
    wait_until(lambda: state() == "idle", "the list to follow")
    # What a rule says now counts, not what it said before; and what can't be read is worked out.
    profile = box.home / ".config" / "bridge" / "profiles" / "playing.toml"
    text = profile.read_text()
    rule = '[[rules]]\nname = "own"\npriority = 999\nstate = "question"\nreason = "r"\nwhen = { has = "composer" }\n'
    profile.write_text(text + rule)
    assert state() == "question"
    profile.write_text(text)
    path.write_text("{")
    assert state() == "idle"


def test_a_list_that_cannot_be_read_is_kept_and_told(adopted):
    box = adopted.box
    path = next((box.directory / "state").rglob("agents.json"))
    path.write_text('{"version": 1, "agents": [{"agent_id": 5}]}')
    done = box.bridge("agent-list")
    assert done.ok()["agents"] == []
    assert "kept as" in done.stderr
    path.write_text('{"version": 99}')
    for words in (
        *(
            ("agent-list",),
            ("agent-status", "boss"),
            ("agent-explain", "boss"),
            ("agent-wait", "boss", "--state", "idle"),
        ),
        ("agent-adopt", "dev", "0"),
    ):
        refused(box, "ERR_STATE", *words)


def test_a_lock_that_is_held_is_told_by_what_changes_alone(adopted):
    import fcntl

    box = adopted.box
    path = next((box.directory / "state").rglob("agents.lock"))
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        adopted.press("dev:", "work 30", "Enter")
        adopted.wait("boss", "working")
        box.session("other")
        words = ("agent-adopt", "other", "0", "--profile", "shell")
        refused(box, "ERR_LOCKED", *words, env={"BRIDGE_LOCK_TIMEOUT": "0.2"})


def test_a_profile_that_is_wrong_is_told_and_the_agent_is_unknown(adopted):
    box = adopted.box
    (box.home / ".config" / "bridge" / "profiles" / "playing.toml").write_text("name = 5\n")
    told = adopted.status("boss")
    assert (told["state"], "profile" in told["reason"]) == ("unknown", True)
    refused(box, "ERR_CONFIG", "agent-adopt", "dev", "0", "--profile", "playing")


def test_batch_client_and_mcp_tell_the_same(adopted):
    box = adopted.box
    alone = adopted.status("boss")
    line = json.dumps({"argv": ["agent-status", "boss"]})
    batched = json.loads(box.call([box.built, "batch"], text=f"{line}\n".encode()).stdout)
    with client.Bridge(environ=box.env) as bridge:
        called = bridge.agent_status("boss").envelope
        with pytest.raises(client.ERRORS["ERR_AGENT_NOT_FOUND"]):
            bridge.agent_status("nobody")
        assert bridge.agent_list(state="idle").envelope["count"] == 1
    for told in (batched, called):
        assert {key: told[key] for key in SHARED} == {key: alone[key] for key in SHARED}


def test_many_agents_are_one_question(adopted, tmp_path):
    box = adopted.box
    for number in range(8):
        box.session(f"s{number}")
        box.bridge("agent-adopt", f"s{number}", "0", "--profile", "shell").ok()
    log = tmp_path / "starts"
    wrapper = tmp_path / "tmux"
    wrapper.write_text(f'#!/bin/sh\necho "$*" >>"{log}"\nexec "{box.env["BRIDGE_TMUX"]}" "$@"\n')
    wrapper.chmod(0o755)
    done = box.bridge("agent-list", env={"BRIDGE_TMUX": str(wrapper)}).ok()
    assert done["count"] == 9
    assert len(log.read_text().splitlines()) == 1
