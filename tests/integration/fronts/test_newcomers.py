"""What a newcomer tries first, and whether the answer leads on."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--tabel", "session-list"), "did you mean --table? "),
        (("--compcat", "session-list"), "did you mean --compact? "),
        (("--timeout", "5", "pane-run", "dev", "0", "true"), "its own options stand behind its name"),
    ],
)
def test_a_wrong_option_before_the_command_is_no_unknown_command(box, words, hint):
    done = box.bridge(*words)
    assert (done.code, done.json["command"]) == ("ERR_USAGE", "")
    assert done.json["error"]["message"] == f"unknown option: '{words[0]}'"
    assert hint in done.json["error"]["hint"]
    assert f"[ERROR] unknown option: '{words[0]}'" in done.stderr


@pytest.mark.parametrize("command", ["session-create", "session-kill", "pane-run", "pane-count", "session-list"])
def test_h_behind_a_command_is_its_help(box, command):
    box.session()
    done = box.bridge(command, "-h")
    assert done.status == 0
    assert done.stdout.startswith(f"Usage: bridge {command} ")
    assert box.bridge("session-list").json["output"] == "dev\n"


def test_a_type_of_event_that_may_be_misspelt_is_told(box):
    box.session()
    box.bridge("daemon-start").ok()
    done = box.bridge("event-subscribe", "dev", "command-finishd", ":")
    answer = done.ok()
    assert answer["enforced"] is True
    assert answer["hint"].startswith("did you mean command-finished? ")
    assert "did you mean command-finished?" in done.stderr
    for name in ("command-finished", "task_done", "*"):
        assert box.bridge("event-subscribe", "dev", name, ":").ok()["hint"] is None


def test_the_doctor_sees_the_files_of_the_shells(box):
    def told() -> str:
        rows = box.bridge("doctor").json["checks"]
        return next(row["message"] for row in rows if row["check"] == "shell integration")

    assert told() == "bash; its files are written with the first session"
    box.session()
    assert told() == "bash; its files are there"


def test_what_waits_for_input_names_enter_and_keys(box):
    box.session()
    done = box.bridge("pane-run", "dev", "0", "read -r name; echo got $name", "--timeout", "30")
    assert (done.code, done.json["outcome"]) == ("ERR_NEEDS_INPUT", "needs-input")
    hint = done.json["error"]["hint"]
    assert "pane-send-stdin with --enter" in hint
    assert "pane-send-keys" in hint
    box.bridge("pane-send-stdin", "dev", "0", "bob", "--enter").ok()
    assert box.bridge("run-result", done.json["run_id"], "--wait", "30").ok()["exit_code"] == 0


def test_a_log_of_ours_is_no_pipe_that_a_snapshot_loses(box):
    box.session()
    box.bridge("pane-log", "dev", "0", "on").ok()

    def notes() -> list:
        file = box.bridge("session-save", "dev").ok()["file"]
        return [note["reason"] for note in box.bridge("session-snapshot-show", file).json["snapshot"]["notes"]]

    assert notes() == []
    box.tmux("pipe-pane", "-t", "dev:", "cat >/dev/null")
    assert notes() == ["what its output is piped to is not known to tmux and not saved"]


@pytest.mark.parametrize(
    "words",
    [("--fields", "nosuch", "session-list"), ("--compact", "session-list", "--nosuch"), ("--compact", "--fields", "x")],
)
def test_a_refusal_is_on_one_line_where_that_was_asked_for(box, words):
    done = box.bridge(*words)
    assert done.code == "ERR_USAGE"
    assert done.stdout.count("\n") == 1
