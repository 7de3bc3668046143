"""--fields and its like in a batch: only what was asked for, and a failure never looks like a success."""

from __future__ import annotations

import json

import pytest


def said(box, *words, front: str = "fast") -> tuple[str, int]:
    # By call, since what these answers lack would be missed by the check of recorded envelopes.
    done = box.call([*box.command(front), *words])
    return done.stdout, done.status


@pytest.mark.parametrize("front", ["fast", "click"])
def test_only_the_fields_in_their_order_on_one_line(box, front):
    box.session()
    text, status = said(box, "--fields", "exit_code,output", "pane-run", "dev", "0", "echo hello", front=front)
    assert (text, status) == ('{"exit_code":0,"output":"hello\\n"}\n', 0)
    assert said(box, "--fields=count", "pane-count", "dev", front=front) == ('{"count":1}\n', 0)


@pytest.mark.parametrize("front", ["fast", "click"])
def test_a_failure_has_its_error_too(box, front):
    box.session()
    text, status = said(box, "--fields", "exit_code", "pane-run", "dev", "0", "(exit 3)", front=front)
    answer = json.loads(text)
    assert (list(answer), answer["exit_code"], status) == (["exit_code", "error"], 3, 1)
    text, status = said(box, "--fields", "exit_code", "pane-run", "none", "0", "true", front=front)
    assert (list(json.loads(text)), status) == (["error"], 1)


def test_a_field_that_there_is_not_is_refused_before_anything_is_done(box):
    box.session()
    done = box.bridge("--fields", "exit_code,colour", "pane-run", "dev", "0", "touch made")
    assert done.code == "ERR_USAGE"
    assert "'colour'" in done.json["error"]["message"]
    assert "exit_code" in done.json["error"]["hint"]
    assert not (box.work / "made").exists()


def test_the_scripts_form_has_its_six_keys_or_nothing(box):
    box.session()
    text, status = said(box, "--fields", "count", "--script", "pane-count", "dev")
    assert (json.loads(text)["status"], status) == ("error", 1)
    assert "--script" in json.loads(text)["output"]


def test_in_a_batch_each_line_has_its_own(box):
    box.session()
    rows = [
        {"id": 1, "argv": ["pane-count", "dev"], "fields": ["count"]},
        {"id": 2, "argv": ["pane-count", "none"], "fields": ["count"]},
        {"id": 3, "argv": ["pane-count", "dev"]},
        {"id": 4, "argv": ["pane-count", "dev"], "fields": ["colour"]},
        {"id": 5, "argv": ["pane-count", "dev"], "fields": "count"},
        {"id": 6, "argv": ["pane-count", "dev"], "fields": []},
    ]
    done = box.call([box.built, "batch"], text="".join(json.dumps(row) + "\n" for row in rows).encode())
    one, two, three, *refused = (json.loads(line) for line in done.stdout.splitlines())
    assert one == {"id": 1, "count": 1}
    assert (list(two), two["error"]["code"]) == (["id", "error"], "ERR_SESSION_NOT_FOUND")
    assert list(three)[:3] == ["id", "status", "command"]
    assert [answer["error"]["code"] for answer in refused] == ["ERR_USAGE"] * 3
    assert "'colour'" in refused[0]["error"]["message"]
