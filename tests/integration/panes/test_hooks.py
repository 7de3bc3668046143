"""Hooks of the user's own that fail: what was done is told as done, whatever tmux says of them."""

from __future__ import annotations

import json

import pytest
from conftest import TMUX

from bridge import registry

FAILING = "select-pane -t %99999"

# Every command that changes something in tmux, in an order in which each finds what it needs. A word that stands for
# a file is filled in.
CALLS = (
    ("session-create", "dev"),
    ("pane-create", "dev", "server"),
    ("pane-create-with-layout", "dev", "third", "main-vertical"),
    ("pane-label", "dev", "1", "renamed"),
    ("pane-metadata-set", "dev", "0", "key", "value"),
    ("pane-exec", "dev", "0", "true"),
    ("pane-exec-timeout", "dev", "0", "10", "true"),
    ("pane-run", "dev", "0", "echo out; (exit 0)", "--timeout", "20"),
    ("pane-send-keys", "dev", "0", "x", "BSpace"),
    ("pane-send-keys", "dev", "0", "--literal", "true"),
    ("pane-send-keys", "dev", "0", "Enter"),
    ("pane-send-stdin", "dev", "0", "true", "--enter"),
    ("pane-ask", "dev", "0", "echo asked", "--idle", "300", "--timeout", "20"),
    ("pane-log", "dev", "0"),
    ("pane-log", "dev", "0", "off"),
    ("pane-set-limit", "dev", "0", "procs", "50"),
    ("pane-clear-limit", "dev", "0"),
    ("pane-exec", "dev", "1", "sleep 300"),
    ("pane-stop", "dev", "1"),
    ("pane-exec", "dev", "1", "sleep 301"),
    ("pane-signal", "dev", "1", "KILL"),
    ("pane-respawn", "dev", "1", "--kill"),
    ("pane-kill", "dev", "2"),
    ("state-sync", "dev"),
    ("gc-protect", "dev"),
    ("gc-unprotect", "dev"),
    ("gc-run",),
    ("session-save", "dev", "<FILE>"),
    ("session-restore", "<FILE>", "--as", "again"),
    ("group-create", "g"),
    ("group-add", "g", "dev"),
    ("group-add", "g", "again"),
    ("group-exec", "g", "true", "--wait"),
    ("group-save", "g"),
    ("group-restore", "g"),
    ("group-start", "g"),
    ("group-kill", "g"),
    ("session-create", "last"),
    ("session-start", "last"),
    ("session-autosave", "last"),
    ("session-autosave-stop", "last"),
    ("session-kill", "last"),
)
# These change nothing in tmux, or are no single call.
ELSEWHERE = {
    *(
        "pane-interact",
        "top",
        "batch",
        "mcp",
        "mcp-install",
        "skill",
        "completion",
        "config-set",
        "config-init",
        "doctor",
    ),
    *("daemon-start", "daemon-stop", "daemon-restart", "daemon-script", "event-subscribe", "event-unsubscribe"),
    *("event-publish", "group-remove", "group-delete", "session-depends", "session-depends-remove"),
    *("agent-adopt", "agent-spawn", "agent-interrupt", "agent-terminate"),  # by the calls above
    *("session-health-set", "session-snapshot-delete", "gc-enable", "gc-disable", "state-migrate"),
}


@pytest.fixture
def hooked(box):
    """A server with a session of nobody's, where every hook that follows a command fails."""
    box.tmux("new-session", "-d", "-s", "theirs", "exec cat")
    names = [row.split("[")[0].split(" ")[0] for row in box.tmux("show-hooks", "-g").splitlines()]
    after = sorted({name for name in names if name.startswith("after-")} | {"after-new-session"})
    assert len(after) > 20
    for name in after:
        box.call([TMUX, "set-hook", "-g", name, FAILING])
    assert "can't find pane" in box.call([TMUX, "set-buffer", "x"]).stderr
    return box


def filled(call, box) -> list[str]:
    return [word.replace("<FILE>", str(box.directory / "s.snapshot")) for word in call]


def test_the_list_has_every_command_that_changes_something_in_tmux():
    changing = {row.name for row in registry.load_all() if row.effect != "read"}
    assert {call[0] for call in CALLS} | ELSEWHERE == changing
    assert not {call[0] for call in CALLS} & ELSEWHERE


def test_a_hook_that_fails_undoes_no_success(hooked):
    wrong = []
    for call in CALLS:
        done = hooked.bridge(*filled(call, hooked), timeout=60)
        if done.status or "99999" in done.stdout + done.stderr:
            wrong.append((" ".join(call), done.status, done.stdout, done.stderr[-300:]))
    assert wrong == []
    assert hooked.tmux("list-sessions", "-F", "#{session_name}", check=False).split() == ["theirs"]


def test_neither_over_one_connection(hooked):
    calls = [call for call in CALLS if call[0] not in ("session-restore", "pane-log")]
    calls = [call for call in calls if "again" not in call]
    text = "".join(json.dumps({"argv": filled(call, hooked)}) + "\n" for call in calls)
    done = hooked.call([*hooked.command("fast"), "batch"], text=text.encode(), timeout=120)
    answers = [json.loads(row) for row in done.stdout.splitlines()]
    assert len(answers) == len(calls)
    wrong = [(call, answer) for call, answer in zip(calls, answers, strict=True) if answer["status"] != "success"]
    assert wrong == []


def test_a_split_that_fails_marks_no_other_pane(box):
    box.session()
    box.tmux("set-option", "-g", "window-size", "manual")
    box.tmux("resize-window", "-t", "dev:", "-x", "10", "-y", "3")
    before = box.tmux("list-panes", "-t", "dev:", "-F", "#{pane_id} #{@bridge_label} #{@bridge_pane_owner}")
    codes = {box.bridge("pane-create", "dev", f"p{number}").json.get("error", {}).get("code") for number in range(9)}
    assert codes == {None, "ERR_NO_SPACE"}
    after = box.tmux("list-panes", "-t", "dev:", "-F", "#{pane_id} #{@bridge_label} #{@bridge_pane_owner}")
    assert after.startswith(before), (before, after)
    labels = [row.split(" ")[1] for row in after.splitlines()]
    assert labels == ["=main", *(f"=p{number}" for number in range(len(labels) - 1))]


@pytest.mark.parametrize("words", [("session-create", "dev"), ("session-restore", "<FILE>")])
def test_a_session_stays_where_those_without_a_client_are_ended(words, box):
    box.session()
    box.bridge("session-save", "dev", str(box.directory / "s.snapshot")).ok()
    box.tmux("new-session", "-d", "-s", "theirs", "exec cat")
    box.bridge("session-kill", "dev").ok()
    box.tmux("set-option", "-t", "theirs:", "destroy-unattached", "off")
    box.tmux("set-option", "-g", "destroy-unattached", "on")
    box.bridge(*filled(words, box)).ok()
    for _ in range(3):
        assert "dev" in box.bridge("session-list").ok()["output"].split("\n")
    box.bridge("pane-run", "dev", "0", "true", "--timeout", "20").ok()
    box.tmux("new-session", "-d", "-s", "other", "exec cat", check=False)
    assert "other" not in box.bridge("session-list").ok()["output"].split("\n"), "the user's own are ended as before"


def test_nothing_is_set_on_a_session_that_stays_anyway(box):
    box.session()
    assert "destroy-unattached" not in box.tmux("show-options", "-t", "dev:")


def test_only_panes_that_ended_are_counted(box):
    box.session(panes=3)
    box.tmux("new-session", "-d", "-t", "dev", "-s", "grouped")
    assert box.bridge("session-kill", "dev").ok()["panes_killed"] == 0
    assert len(box.tmux("list-panes", "-t", "grouped:").splitlines()) == 3
    assert box.bridge("session-kill", "grouped").ok()["panes_killed"] == 3
    box.session("linked", panes=2)
    box.session("single")
    box.tmux("link-window", "-s", "linked:", "-t", "single:7")
    box.bridge("group-create", "g").ok()
    box.bridge("group-add", "g", "single").ok()
    assert box.bridge("group-kill", "g").ok()["results"][0]["panes_killed"] == 1
    assert box.bridge("session-kill", "linked").ok()["panes_killed"] == 2
