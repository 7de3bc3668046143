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


def test_an_answer_that_cannot_come_any_more(box):
    """The program that was asked has ended, the shell prompts: neither the time nor the next lines are spent."""
    box.session()
    ask(box, "python3 -q", "--pattern", "^>>> $").ok()
    done = ask(box, "raise SystemExit('by''e')\nrm -rf nothing", "--pattern", "^>>> NEVER")
    assert (done.code, done.json["outcome"], done.json["matches"]) == ("ERR_IDLE", "ended", [])
    assert "\nbye\n" in done.json["output"]
    assert done.json["waited_ms"] < 10_000
    assert "nothing" not in box.screen("dev")


@pytest.mark.parametrize("text", ["nosuch-program", "echo so''far", "true | sleep 0.3", ""])
def test_a_command_that_ends_without_the_answer(box, text):
    box.session()
    done = ask(box, text, "--pattern", "^NEVER")
    assert (done.code, done.json["outcome"]) == ("ERR_IDLE", "ended")
    assert done.json["waited_ms"] < 10_000


@pytest.mark.parametrize("line", ["sleep 0.2; echo so''far", "for n in 1 2 3; do sleep 0.1; done; echo so''far"])
def test_the_last_line_before_the_prompt_is_an_answer(box, line):
    box.session()
    assert ask(box, line, "--pattern", "^sofar").ok()["matches"] == ["sofar"]


def test_an_empty_line_at_the_end_is_an_enter(box):
    box.session()
    ask(box, "python3 -q", "--pattern", "^>>> $").ok()
    answer = ask(box, "for n in range(2):\n    print('n%d' % n)\n", "--pattern", r"^(>>>|\.\.\.) $").ok()
    assert "\nn0\nn1\n>>> \n" in answer["output"]


def test_silence_is_the_answer_where_no_condition_is_given(box):
    box.session()
    answer = ask(box, "echo so''far; cat").ok()
    assert answer["outcome"] == "idle"
    assert answer["output"].endswith("\nsofar\n")


@pytest.mark.parametrize("words", [("--pattern", "x", "--idle", "5"), ("--idle", "soon")], ids=" ".join)
def test_no_more_than_one_condition(box, words):
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
