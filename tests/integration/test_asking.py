"""pane-ask: a line is typed, its answer waited for and told; each way it can end."""

from __future__ import annotations

import pytest


def ask(box, text, *words):
    return box.bridge("pane-ask", "dev", "0", text, *words, "--timeout", "20")


def test_a_repl_answers(box):
    box.session()
    assert ask(box, "python3 -q", "--pattern", "^>>> $").ok()["output"].endswith(">>> \n")
    answer = ask(box, "6 * 7", "--pattern", "^>>> $").ok()
    assert (answer["outcome"], answer["output"].split("\n")[1:]) == ("matched", ["42", ">>> ", ""])
    assert (answer["untrusted"], answer["more"], answer["lost_bytes"]) == (True, False, 0)
    rest = box.bridge("pane-read", "dev", "0", "--since", answer["cursor"]).ok()
    assert rest["bytes"] == 0


def test_each_line_is_typed_when_the_one_before_is_answered(box):
    box.session()
    ask(box, "python3 -q", "--pattern", "^>>> $").ok()
    text = "import time\ndef slow(n):\n    time.sleep(0.2)\n    return n * 2\n\nslow(20)\nslow(21)"
    answer = ask(box, text, "--pattern", r"^(>>>|\.\.\.) $").ok()
    assert "\n40\n>>> slow(21)\n42\n>>> \n" in answer["output"]
    assert answer["waited_ms"] >= 400


def test_a_prompt_that_stood_there_answers_nothing(box):
    box.session()
    answer = ask(box, "sleep 0.4; echo do''ne", "--pattern", r"^\$ $").ok()
    assert answer["waited_ms"] >= 400
    assert "\ndone\n" in answer["output"]


def test_silence_where_there_is_no_prompt(box):
    box.session()
    answer = ask(box, "for n in 1 2 3; do echo n$n; sleep 0.1; done; cat", "--idle", "300").ok()
    assert answer["outcome"] == "idle"
    assert answer["output"].endswith("n1\nn2\nn3\n")


def test_what_was_printed_is_told_when_time_is_over(box):
    box.session()
    done = box.bridge("pane-ask", "dev", "0", "echo so''far; sleep 9", "--pattern", "^NEVER", "--timeout", "0.5")
    assert (done.status, done.code, done.json["outcome"]) == (1, "ERR_TIMEOUT", "timeout")
    assert "\nsofar\n" in done.json["output"]
    words = ("--pattern", "^sofar", "--since", done.json["cursor"], "--timeout", "0.1")
    assert box.bridge("pane-wait-for", "dev", "0", *words).code == "ERR_TIMEOUT", "the cursor stands behind it"


def test_a_pane_that_ends_meanwhile(box):
    box.session(panes=2)
    done = ask(box, "echo la''st; exec sleep 0.2", "--pattern", "^NEVER")
    assert (done.code, done.json["outcome"]) == ("ERR_PANE_GONE", "gone")
    assert "\nlast\n" in done.json["output"]


@pytest.mark.parametrize("words", [(), ("--pattern", "x", "--idle", "5"), ("--idle", "soon")], ids=" ".join)
def test_exactly_one_condition(box, words):
    box.session()
    assert box.bridge("pane-ask", "dev", "0", "echo ty''ped", *words).code == "ERR_USAGE"
    assert "typed" not in box.screen("dev")


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        ("echo typed", ("--pattern", "("), "ERR_BAD_PATTERN"),
        ("echo typed\na\x01b", ("--idle", "50"), "ERR_CONTROL_CHARACTERS"),
    ],
)
def test_what_is_refused_is_not_typed(box, text, words, code):
    box.session()
    assert ask(box, text, *words).code == code
    assert "typed" not in box.screen("dev")


def test_beside_a_pipe_of_the_users_own(box):
    box.session()
    box.tmux("pipe-pane", "-O", "-t", "dev", f"cat >>{box.work}/mine")
    assert ask(box, "echo typed", "--idle", "50").code == "ERR_UNSUPPORTED"
    assert "typed" not in box.screen("dev")
