"""Many calls at once: all are answered, none is lost, none sees another's half-done work."""

from __future__ import annotations

import json

from conftest import TMUX, wait_until

from bridge.tmux import argv, rows

# How long one waits for the others is no matter here: on a busy machine it may be longer than a person would.
PATIENT = {"BRIDGE_LOCK_TIMEOUT": "100", "BRIDGE_TMUX_TIMEOUT": "100"}
SIX = ["status", "command", "session", "pane_id", "output", "timestamp"]


def session(box, name: str = "dev") -> str:
    box.tmux("new-session", "-d", "-s", name, "exec sleep 1000")
    return name


def together(box, calls, front="fast") -> list[tuple[dict, int]]:
    """Start all calls before any is waited for; each one's envelope and exit status."""
    running = [box.start(*call, front=front, env=PATIENT) for call in calls]
    answers = []
    for call, process in zip(calls, running, strict=True):
        output, error = process.communicate(timeout=120)
        assert output.startswith(b"{"), (call, output, error)
        answers.append((json.loads(output), process.returncode))
    return answers


def state(box, name: str = "dev") -> dict:
    return json.loads((box.states / f"{name}.state").read_text(encoding="utf-8"))


def test_48_metadata_keys_set_at_once_are_all_stored(box):
    session(box)
    expected = {f"key-{number}": f"value {number}" for number in range(48)}
    answers = together(box, [("pane-metadata-set", "dev", "0", key, value) for key, value in expected.items()])
    assert [status for _, status in answers] == [0] * 48
    assert box.bridge("pane-list-detailed", "dev").ok()["output"][0]["metadata"] == expected
    assert state(box)["panes"][0]["metadata"] == expected
    assert [path.name for path in box.states.iterdir()] == ["dev.state"]


def test_both_fronts_keep_out_of_each_others_way(box):
    session(box)
    expected = {f"{front}-{number}": "x" for front in ("fast", "click") for number in range(6)}
    running = [
        box.start("pane-metadata-set", "dev", "0", key, "x", front=key.split("-")[0], env=PATIENT) for key in expected
    ]
    assert [process.communicate(timeout=120) and process.returncode for process in running] == [0] * 12
    assert state(box)["panes"][0]["metadata"] == expected


def test_8_panes_created_at_once_are_8_panes_with_their_labels(box):
    session(box)
    labels = [f"label-{number}" for number in range(8)]
    answers = together(box, [("pane-create", "dev", label) for label in labels])
    assert [status for _, status in answers] == [0] * 8
    made = {answer["pane"]: answer["label"] for answer, _ in answers}
    assert len(made) == 8
    listed = box.bridge("pane-list-detailed", "dev").ok()["panes"]
    assert {pane["pane"]: pane["label"] for pane in listed if pane["pane"] != "%0"} == made
    for label in labels:
        assert made[box.bridge("pane-find", "dev", label).ok()["pane"]] == label
    assert [pane["label"] for pane in state(box)["panes"]] == [pane["label"] for pane in listed]


def test_each_created_pane_was_told_its_index_of_that_moment(box):
    session(box)
    answers = together(box, [("pane-create", "dev", f"label-{number}") for number in range(8)])
    assert all(answer["pane_id"].isdigit() and 1 <= int(answer["pane_id"]) <= 8 for answer, _ in answers)


def test_14_panes_created_at_once_stop_at_the_limit(box):
    session(box)
    answers = together(box, [("pane-create", "dev", f"label-{number}") for number in range(14)])
    assert sorted(status for _, status in answers) == [0] * 9 + [1] * 5
    assert {answer["error"]["code"] for answer, status in answers if status} == {"ERR_MAX_PANES"}
    assert box.bridge("pane-count", "dev").ok()["count"] == 10
    assert len(state(box)["panes"]) == 10


def test_panes_created_in_the_scripts_form_stop_at_ten_too(box):
    session(box)
    command = [
        "sh",
        "-c",
        'for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do "$0" --script pane-create dev "$n" & done; wait',
    ]
    done = box.call([*command, box.built], env=PATIENT, timeout=100)
    assert done.stdout.count('"output": "Max panes reached\\n"') == 5
    assert box.bridge("pane-count", "dev").ok()["count"] == 10


def test_60_mixed_calls_at_once_are_answered_with_one_envelope_each(box):
    for name in ("one", "two"):
        session(box, name)
    calls = []
    for number in range(6):
        name = ("one", "two")[number % 2]
        calls += [
            ("session-list",),
            ("session-create", f"made-{number}"),
            ("pane-create", name, f"label-{number}"),
            ("pane-count", name),
            ("pane-metadata-set", name, "0", f"key-{number}", "value"),
            ("pane-metadata-get", name, "0", "absent"),
            ("pane-list-detailed", name),
            ("state-sync", name),
            ("pane-capture", name, "0"),
            ("pane-kill", name, "99"),
        ]
    answers = together(box, calls)
    assert len(answers) == 60
    expected = {"pane-metadata-get": "ERR_KEY_NOT_FOUND", "pane-kill": "ERR_PANE_NOT_FOUND"}
    for call, (answer, status) in zip(calls, answers, strict=True):
        assert list(answer)[:6] == SIX
        assert answer["command"] == call[0]
        assert answer.get("error", {}).get("code") == expected.get(call[0]), (call, answer)
        assert status == (1 if call[0] in expected else 0)
    for number, name in enumerate(("one", "two")):
        assert state(box, name)["panes"][0]["metadata"] == {f"key-{index}": "value" for index in range(number, 6, 2)}
        assert len(state(box, name)["panes"]) == 4
    assert len(box.tmux("list-sessions").splitlines()) == 8


def test_session_killed_by_many_at_once_is_gone_and_no_other(box):
    for name in ("ab-1", "ab-10"):
        session(box, name)
    answers = together(box, [("session-kill", "ab-1") for _ in range(10)])
    assert sum(status == 0 for _, status in answers) >= 1
    assert {answer["error"]["code"] for answer, status in answers if status} <= {"ERR_SESSION_NOT_FOUND"}
    assert box.tmux("list-sessions", "-F", "#{session_name}") == "ab-10\n"


def test_session_made_and_killed_at_once_leaves_no_state_of_a_dead_one(box):
    together(box, [call for _ in range(10) for call in (("session-create", "dev"), ("session-kill", "dev"))])
    alive = box.call([TMUX, "list-sessions"]).status == 0
    assert [path.name for path in box.states.iterdir()] == (["dev.state"] if alive else [])


def test_reader_of_the_state_file_never_sees_half_of_it(box):
    session(box)
    box.bridge("state-sync", "dev").ok()
    writers = [
        box.start("pane-metadata-set", "dev", "0", f"key-{number}", "x" * 20_000, env=PATIENT) for number in range(12)
    ]
    read = 0

    def finished() -> bool:
        nonlocal read
        assert state(box)["session_name"] == "dev"
        read += 1
        return all(process.poll() is not None for process in writers)

    wait_until(finished, "the writers", 100)
    assert [process.communicate() and process.returncode for process in writers] == [0] * 12
    assert read > 1
    assert len(state(box)["panes"][0]["metadata"]) == 12


def test_lines_typed_by_many_at_once_are_not_mixed(box):
    path = box.directory / "bytes"
    box.tmux("new-session", "-d", "-s", "dev", f"stty raw -echo; echo ready; exec cat >'{path}'")
    box.tmux("set-option", "-p", "-t", "dev:", "@bridge_typed", "[]")
    wait_until(lambda: "ready" in box.screen("dev:"), "the program")
    texts = [f"{number:02d}" * 2000 for number in range(12)]
    answers = together(box, [("pane-exec", "dev", "0", text) for text in texts])
    assert [status for _, status in answers] == [0] * 12
    wait_until(lambda: path.stat().st_size == 12 * 4001, "all lines")
    assert sorted(path.read_bytes().decode().split("\r")) == ["", *texts]


def test_a_command_name_that_changes_while_tmux_answers_breaks_no_answer(box):
    """Of 400 looks one sees the name of another length than tmux told just before; `true` is as long as `bash`."""
    box.session()
    box.bridge("pane-exec", "dev", "0", "while :; do /bin/sleep 0; (:); done").ok()
    context, seen = box.context(), set()
    for _ in range(170):
        found = rows.panes(context.tmux.ask(*[argv.list_panes("dev")] * 12))
        assert [pane.index for pane in found] == [0] * 12
        seen |= {pane.command for pane in found}
    assert seen >= {"bash", "sleep"}
    for _ in range(5):
        box.bridge("pane-list-json", "dev").ok()
