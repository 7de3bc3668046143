"""Keys, text, signals and ends: what reaches the program in a pane, and what is refused."""

from __future__ import annotations

import hashlib

import pytest
from conftest import wait_until


def running(box, command, pane="0"):
    box.bridge("pane-exec", "dev", pane, command).ok()
    wait_until(lambda: box.bridge("pane-is-running", "dev", pane).status == 0, command)


def dead_pane(box):
    box.session(panes=2)
    box.await_prompt("dev", "1")
    box.tmux("set-option", "-p", "-t", "dev:.1", "remain-on-exit", "on")
    box.bridge("pane-metadata-set", "dev", "1", "role", "worker").ok()
    box.bridge("pane-exec", "dev", "1", "exit").ok()
    wait_until(lambda: box.bridge("pane-status", "dev", "1").json["dead"], "the end")


def test_keys_are_pressed(box):
    box.session()
    answer = box.bridge("pane-send-keys", "dev", "0", "e", "c", "h", "o", "Space", "k", "1", "Enter").ok()
    assert answer["keys"][-1] == "Enter"
    wait_until(lambda: "\nk1\n" in box.screen("dev"), "the output")
    running(box, "sleep 30")
    box.bridge("pane-send-keys", "dev", "0", "C-c").ok()
    assert box.bridge("pane-wait", "dev", "0", "5").ok()["exit_code"] == 130


def test_literal_words_are_text(box):
    box.session()
    running(box, "cat")
    box.bridge("pane-send-keys", "dev", "0", "Enter", ";", "--literal").ok()
    wait_until(lambda: "Enter;" in box.screen("dev"), "the text")


@pytest.mark.parametrize("word", ["Entr", "C-Foo", "F99", "abc", ""])
def test_an_unknown_key_is_refused(box, word):
    box.session()
    before = box.screen("dev")
    done = box.bridge("pane-send-keys", "dev", "0", "x", word)
    assert done.code == "ERR_USAGE"
    assert repr(word) in done.json["error"]["message"]
    assert box.screen("dev") == before


def test_synchronized_panes_refuse_keys(box):
    box.session(panes=2)
    box.tmux("set-option", "-w", "-t", "dev", "synchronize-panes", "on")
    assert box.bridge("pane-send-keys", "dev", "0", "x").code == "ERR_BUSY"


def test_stdin_is_delivered_byte_for_byte(box):
    box.session()
    text = "".join(f"line {number} 'quotes' \"$x\" `y` ; \\ #(z)\t日本\n" for number in range(2000))
    data = text.encode()
    running(box, f"stty raw -echo; head -c {len(data)} > got; stty sane")
    wait_until(lambda: (box.work / "got").exists(), "the reader")
    answer = box.bridge("pane-send-stdin", "dev", "0", "-", text=data).ok()
    assert (answer["delivered"], answer["entered"]) == (len(data), False)
    box.bridge("pane-wait", "dev", "0", "10").ok()
    assert hashlib.sha256((box.work / "got").read_bytes()).digest() == hashlib.sha256(data).digest()


def test_enter_is_seen_to_be_taken(box):
    box.session()
    running(box, "cat")
    answer = box.bridge("pane-send-stdin", "dev", "0", "hello there", "--enter").ok()
    assert (answer["delivered"], answer["entered"]) == (11, True)
    wait_until(lambda: box.screen("dev").count("hello there") == 2, "both lines")


def test_control_characters_need_raw(box):
    box.session()
    assert box.bridge("pane-send-stdin", "dev", "0", "a\x1bb").code == "ERR_CONTROL_CHARACTERS"
    running(box, "sleep 30")
    box.bridge("pane-send-stdin", "dev", "0", "\x03", "--raw").ok()
    box.bridge("pane-wait", "dev", "0", "5").ok()


def test_too_much_text_is_refused(box):
    box.session()
    assert box.bridge("pane-send-stdin", "dev", "0", "-", text=b"x" * 1_000_001).code == "ERR_TOO_LARGE"


@pytest.mark.parametrize("word", ["TERM", "SIGTERM", "15", "term"])
def test_a_signal_reaches_the_foreground_group(box, word):
    box.session()
    running(box, "sleep 30")
    answer = box.bridge("pane-signal", "dev", "0", word).ok()
    assert answer["signal"] == "TERM"
    assert answer["process_group"] > 1
    assert box.bridge("pane-wait", "dev", "0", "5").ok()["exit_code"] == 143


def test_the_shell_is_not_signalled_unless_asked(box):
    box.session(panes=2)
    box.await_prompt("dev", "1")
    assert box.bridge("pane-signal", "dev", "1", "KILL").code == "ERR_NOTHING_RUNS"
    assert box.bridge("pane-count", "dev").ok()["count"] == 2
    box.bridge("pane-signal", "dev", "1", "KILL", "--shell").ok()
    wait_until(lambda: box.bridge("pane-count", "dev").ok()["count"] == 1, "the end of the pane")


def test_an_unknown_signal_is_refused(box):
    box.session()
    assert box.bridge("pane-signal", "dev", "0", "SIGFOO").code == "ERR_USAGE"


@pytest.mark.parametrize(
    ("command", "step"),
    [
        ("sleep 60", "interrupt"),
        ("sh -c 'trap \"\" INT; while :; do sleep 0.05; done'", "terminate"),
        ("sh -c 'trap \"\" INT TERM; while :; do sleep 0.05; done'", "kill"),
    ],
)
def test_stop_tells_which_step_ended_it(box, command, step):
    box.session()
    running(box, command)
    answer = box.bridge("pane-stop", "dev", "0", "--grace", "0.7").ok()
    assert answer["ended_by"] == step
    assert box.bridge("pane-is-running", "dev", "0").status == 1


def test_stop_of_nothing_is_none(box):
    box.session()
    assert box.bridge("pane-stop", "dev", "0").ok()["ended_by"] == "none"


def test_stop_does_not_kill_the_shell(box):
    box.session()
    running(box, "trap '' INT; while :; do :; done")
    done = box.bridge("pane-stop", "dev", "0", "--grace", "0.3")
    assert done.code == "ERR_TIMEOUT"
    assert box.bridge("pane-count", "dev").ok()["count"] == 1


def test_respawn_starts_a_dead_pane_again(box):
    dead_pane(box)
    for command in ("pane-signal", "pane-stop", "pane-send-keys", "pane-send-stdin"):
        words = {"pane-signal": ("TERM",), "pane-send-keys": ("x",), "pane-send-stdin": ("x",)}.get(command, ())
        assert box.bridge(command, "dev", "1", *words).code == "ERR_PANE_GONE"
    box.bridge("pane-respawn", "dev", "1").ok()
    box.await_prompt("dev", "1")
    assert box.bridge("pane-find", "dev", "p1").ok()["pane_id"] == "1"
    assert box.bridge("pane-metadata-get", "dev", "1", "role").ok()["value"] == "worker"


def test_respawn_of_a_live_pane_needs_kill(box):
    box.session()
    assert box.bridge("pane-respawn", "dev", "0").code == "ERR_BUSY"
    box.bridge("pane-respawn", "dev", "0", "sleep 40", "--kill").ok()
    wait_until(lambda: "sleep" in box.bridge("pane-status", "dev", "0").json["output"], "the new program")


def test_the_callers_own_pane_is_protected(box):
    box.session()
    pane = box.bridge("pane-status", "dev", "0").json["pane"]
    socket = box.tmux("display-message", "-p", "#{socket_path}").strip()
    own = {"TMUX": f"{socket},1,0", "TMUX_PANE": pane}
    for words in (
        ("pane-stop", "dev", "0"),
        ("pane-signal", "dev", "0", "TERM"),
        ("pane-respawn", "dev", "0", "--kill"),
    ):
        command = words if words[0] != "pane-respawn" else ("pane-respawn", "dev", "0", "sh", "--kill")
        assert box.bridge(*command, env=own).code == "ERR_SELF"


def test_input_that_is_off_is_told(box):
    box.session()
    box.tmux("select-pane", "-d", "-t", "dev")
    assert box.bridge("pane-send-keys", "dev", "0", "x").code == "ERR_BUSY"
    assert box.bridge("pane-send-stdin", "dev", "0", "x").code == "ERR_BUSY"


@pytest.mark.parametrize(
    "words",
    [("pane-send-keys", "x"), ("pane-send-stdin", "x"), ("pane-signal", "TERM"), ("pane-stop",), ("pane-respawn",)],
)
def test_what_is_not_there_is_told(box, words):
    box.session(panes=3)
    command, *rest = words
    assert box.bridge(command, "nosuch", "0", *rest).code == "ERR_SESSION_NOT_FOUND"
    assert box.bridge(command, "dev", "77", *rest).code == "ERR_PANE_NOT_FOUND"
    for pane in ("1", "2"):
        target = box.bridge("pane-status", "dev", pane).json["pane"]
        box.tmux("set-option", "-p", "-t", target, "@bridge_label", "=twin")
    assert box.bridge(command, "dev", "twin", *rest).code == "ERR_LABEL_AMBIGUOUS"
