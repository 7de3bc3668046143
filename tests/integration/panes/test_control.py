"""Keys, signals, stops and restarts reach the one pane that is meant, and the answer is what happened."""

from __future__ import annotations

import json
import os
import sys

import pytest
from conftest import ROOT, wait_until

from bridge import registry

ROWS = [row for row in registry.load_all() if row.name in registry.FAMILIES["control"]]


def running(box, text: str, shown: str, pane: str = "0") -> None:
    """Run a program in the pane and wait until it has printed a line."""
    box.bridge("pane-exec", "dev", pane, text).ok()
    wait_until(lambda: shown in box.screen(f"dev:.{pane}").splitlines(), shown)


def synchronized(box) -> None:
    box.session("dev", panes=2)
    box.await_prompt("dev", "1")
    for pane in ("0", "1"):
        running(box, "stty -icanon -echo; echo rea''dy; cat -v", "ready", pane)
    box.tmux("set-option", "-w", "-t", "dev", "synchronize-panes", "on")


def dead(box) -> str:
    box.session()
    box.bridge("pane-metadata-set", "dev", "0", "key", "value").ok()
    box.tmux("set-option", "-t", "dev", "remain-on-exit", "on")
    box.bridge("pane-exec", "dev", "0", "exit 3").ok()
    wait_until(lambda: box.tmux("display-message", "-p", "-t", "dev", "#{pane_dead}") == "1\n", "end")
    return box.tmux("display-message", "-p", "-t", "dev", "#{pane_id}").strip()


# --- pane-send-keys ---


def test_keys_are_pressed(box):
    box.session()
    box.bridge("pane-send-keys", "dev", "0", "e", "c", "h", "o", "Space", "-", "-", ";", "Enter").ok()
    wait_until(lambda: "--" in box.screen("dev").splitlines(), "output")
    box.bridge("pane-exec", "dev", "0", "stty -icanon -echo -isig; echo rea''dy; cat -v").ok()
    wait_until(lambda: "ready" in box.screen("dev").splitlines(), "program")
    box.bridge("pane-send-keys", "dev", "0", "C-c", "^A", "Up", "M-x", "F5", "é", "'").ok()
    wait_until(lambda: "^C^A^[[A^[xF^[[15~" in box.screen("dev").replace("^[x^[[15~", "^[xF^[[15~"), "keys")


def test_literal_words_are_text(box):
    box.session()
    box.bridge("pane-send-keys", "dev", "0", "--literal", "echo Ent", "er ';' $((1+1));").ok()
    box.bridge("pane-send-keys", "dev", "0", "Enter").ok()
    wait_until(lambda: "Enter ; 2" in box.screen("dev").splitlines(), "output")


def test_copy_mode_is_left(box):
    box.session()
    for words in (("e", "c", "h", "o", "Space", "a"), ("--literal", "bc"), ("d", "Enter")):
        box.tmux("copy-mode", "-t", "dev")
        box.bridge("pane-send-keys", "dev", "0", *words).ok()
    wait_until(lambda: "abcd" in box.screen("dev").splitlines(), "output")


@pytest.mark.parametrize("word", ["Entr", "C-", "F13", "", "Ctrl-c"])
def test_an_unknown_key_is_refused_and_nothing_typed(box, word):
    box.session()
    before = box.screen("dev")
    done = box.bridge("pane-send-keys", "dev", "0", "a", word)
    assert (done.status, done.code) == (1, "ERR_USAGE")
    assert repr(word) in done.json["error"]["message"]
    assert "--literal" in done.json["error"]["hint"]
    assert box.screen("dev") == before


def test_a_synchronized_pane_is_refused_and_text_reaches_it_alone(box):
    synchronized(box)
    done = box.bridge("pane-send-keys", "dev", "0", "x")
    assert (done.status, done.code) == (1, "ERR_BUSY")
    box.bridge("pane-send-keys", "dev", "0", "--literal", "hello").ok()
    wait_until(lambda: "hello" in box.screen("dev:.0"), "text")
    assert "hello" not in box.screen("dev:.1")
    assert "x" not in box.screen("dev:.1").split("ready")[-1]


@pytest.mark.parametrize("words", [("pane-send-keys", "dev", "0", "a"), ("pane-signal", "dev", "0", "TERM")])
def test_a_dead_pane_is_told(box, words):
    dead(box)
    assert box.bridge(*words).code == "ERR_PANE_GONE"
    assert box.bridge("pane-stop", "dev", "0").code == "ERR_PANE_GONE"


# --- pane-signal ---


@pytest.mark.parametrize("word", ["USR1", "SIGUSR1", "sigusr1", "10"])
def test_a_signal_reaches_every_process_of_the_group(box, word):
    box.session()
    script = "trap 'echo got; exit' USR1; echo rea''dy >&2; while :; do sleep 0.02; done"
    running(box, f'bash -c "{script}" | cat', "ready")
    done = box.bridge("pane-signal", "dev", "0", word).ok()
    assert done["signal"] == "USR1"
    assert done["process_group"] > 1
    box.bridge("pane-wait", "dev", "0", "10").ok()


def test_the_shell_is_signalled_only_when_meant(box):
    box.session()
    for _ in range(2):
        assert box.bridge("pane-signal", "dev", "0", "KILL").code == "ERR_IDLE"
        box.bridge("pane-exec", "dev", "0", "read line").ok()
    box.bridge("pane-signal", "dev", "0", "KILL", "--shell").ok()
    wait_until(lambda: box.bridge("pane-count", "dev").status == 1, "end")


def test_another_process_is_left_alone(box):
    box.session("dev", panes=2)
    box.await_prompt("dev", "1")
    running(box, "echo rea''dy; sleep 50 & cat", "ready")
    running(box, "echo rea''dy; sleep 60", "ready", "1")
    box.bridge("pane-signal", "dev", "0", "KILL").ok()
    box.bridge("pane-wait", "dev", "0", "10").ok()
    assert box.bridge("pane-is-running", "dev", "1").status == 0
    box.bridge("pane-exec", "dev", "0", "jobs").ok()
    wait_until(lambda: "Running" in box.screen("dev:.0"), "background job")


@pytest.mark.parametrize("word", ["NOPE", "0", "65", "-9", "999999"])
def test_an_unknown_signal_is_refused(box, word):
    done = box.bridge("pane-signal", "dev", "0", word)
    assert (done.status, done.code) == (1, "ERR_USAGE")


# --- pane-stop ---


@pytest.mark.parametrize(
    ("ignored", "step"), [("", "interrupt"), ("trap '' INT;", "terminate"), ("trap '' INT TERM;", "kill")]
)
def test_the_step_that_ends_it_is_told(box, ignored, step):
    box.session()
    running(box, f"bash -c \"{ignored} echo rea''dy; exec sleep 60\"", "ready")
    done = box.bridge("pane-stop", "dev", "0", "--grace", "0.4")
    assert done.ok()["ended_by"] == step
    assert done.seconds < 2
    assert box.bridge("pane-is-running", "dev", "0").status == 1
    assert box.bridge("pane-stop", "dev", "0").ok()["ended_by"] == "none"


def test_a_shell_that_ignores_everything_is_not_killed(box):
    box.session()
    running(box, "trap '' INT; echo rea''dy; while :; do :; done", "ready")
    done = box.bridge("pane-stop", "dev", "0", "--grace", "0.2")
    assert (done.status, done.code) == (1, "ERR_TIMEOUT")
    assert box.bridge("pane-is-running", "dev", "0").status == 0


def test_a_shell_that_prompts_late_is_waited_for(box):
    box.session()
    fifo = box.directory / "late"
    os.mkfifo(fifo)
    box.bridge("pane-run", "dev", "0", f"late() {{ read -t 1 <>{fifo}; }}; PROMPT_COMMAND+=(late)").ok()
    running(box, "echo rea''dy; sleep 100", "ready")
    assert box.bridge("pane-stop", "dev", "0", "--grace", "0.3").ok()["ended_by"] == "interrupt"


def test_a_pane_that_ends_with_its_program_is_no_success(box):
    box.session()
    running(box, "echo rea''dy; exec cat", "ready")
    done = box.bridge("pane-stop", "dev", "0")
    assert (done.status, done.code) == (1, "ERR_PANE_GONE")
    assert done.json["ended_by"] == "interrupt"


def test_only_one_of_synchronized_panes_is_stopped(box):
    synchronized(box)
    box.tmux("copy-mode", "-t", "dev:.0")
    assert box.bridge("pane-stop", "dev", "0").ok()["ended_by"] == "interrupt"
    assert box.bridge("pane-is-running", "dev", "1").status == 0


def test_input_off_is_stopped_by_signals(box):
    box.session()
    running(box, "echo rea''dy; sleep 60", "ready")
    box.tmux("select-pane", "-d", "-t", "dev")
    assert box.bridge("pane-stop", "dev", "0").ok()["ended_by"] == "terminate"


# --- pane-respawn ---


def test_a_dead_pane_lives_again_with_what_is_known_of_it(box):
    pane = dead(box)
    done = box.bridge("pane-respawn", "dev", "0").ok()
    assert done["pane"] == pane
    assert done["pid"] > 1
    box.await_prompt("dev")
    assert box.bridge("pane-metadata-get", "dev", "0", "key").ok()["output"] == "value\n"
    assert box.bridge("pane-find", "dev", "main").ok()["pane_id"] == "0"


def test_a_living_pane_is_restarted_only_when_meant(box):
    box.session()
    before = box.tmux("display-message", "-p", "-t", "dev", "#{pane_pid}")
    assert box.bridge("pane-respawn", "dev", "0").code == "ERR_BUSY"
    assert box.tmux("display-message", "-p", "-t", "dev", "#{pane_pid}") == before
    box.bridge("session-create", "two").ok()
    box.tmux("set-option", "-t", "two", "remain-on-exit", "on")
    box.bridge("pane-respawn", "two", "0", "--kill", "--", "printf", "\\n[%s]%s", "a;", "$(x)'#{pane_id};").ok()
    wait_until(lambda: "[a;]$(x)'#{pane_id};" in box.screen("two").splitlines(), "output")
    box.bridge("pane-respawn", "two", "0", "--kill", "echo one $((1+1)); sleep 50").ok()
    wait_until(lambda: "one 2" in box.screen("two").splitlines(), "output")


# --- pane-send-stdin ---


def send(box, data: bytes, *options):
    done = box.call([*box.command("fast"), "pane-send-stdin", "dev", "0", "-", *options], text=data)
    return done.ok()


@pytest.mark.parametrize("size", [0, 1, 5000, 1_000_000])
def test_bytes_arrive_as_they_are(box, size):
    box.session()
    data = ("a; #{x} $(y) é\t'\"\\\n" * 60000).encode()[:size].decode("utf-8", "ignore").encode()
    running(box, f"stty raw -echo; echo rea''dy; head -c {len(data) + 3} >got; stty sane", "ready")
    assert send(box, data)["delivered"] == len(data)
    assert send(box, b"end")["entered"] is False
    wait_until(lambda: (box.work / "got").exists() and (box.work / "got").read_bytes() == data + b"end", "bytes", 20)


def test_too_many_bytes_on_stdin_are_not_counted(box):
    box.session()
    done = box.bridge("pane-send-stdin", "dev", "0", "-", text=b"x" * 3_000_000)
    assert done.code == "ERR_TOO_LARGE"
    assert "over 1000000 bytes" in done.json["error"]["message"]


def test_text_waits_for_an_enter_of_its_own(box):
    box.session()
    box.bridge("pane-send-stdin", "dev", "0", "echo $((40+2))").ok()
    wait_until(lambda: "40+2" in box.screen("dev"), "text")
    assert "42" not in box.screen("dev")
    assert box.bridge("pane-send-stdin", "dev", "0", "+0 $((50+3))", "--enter").ok()["entered"] is True
    wait_until(lambda: "42+0 53" in box.screen("dev").splitlines(), "output")


def test_a_reader_of_whole_lines_gets_the_enter(box):
    box.session()
    running(box, "echo rea''dy; read -r x; echo [$x]", "ready")
    assert box.bridge("pane-send-stdin", "dev", "0", "answer", "--enter").json["delivered"] == 6
    wait_until(lambda: "[answer]" in box.screen("dev").splitlines(), "output")


def test_messages_for_an_input_box_are_neither_lost_nor_doubled(box):
    box.session()
    file = box.work / "messages"
    box.bridge("pane-exec", "dev", "0", f"{sys.executable} {ROOT}/tests/programs/input_box.py {file} 7").ok()
    wait_until(lambda: "messages: 0" in box.screen("dev"), "box")
    sent = [f"message {number}" + "\nmore" * (number % 4) for number in range(20)]
    for text in sent:
        assert box.bridge("pane-send-stdin", "dev", "0", text, "--enter").ok()["entered"] is True
    assert [json.loads(row) for row in file.read_text().splitlines()] == sent


def test_an_enter_that_nobody_takes_is_no_success(box):
    box.session()
    running(box, "stty -icanon -echo; echo rea''dy; sleep 60", "ready")
    done = box.bridge("pane-send-stdin", "dev", "0", "text", "--enter")
    assert (done.status, done.code) == (1, "ERR_TIMEOUT")
    assert done.json["entered"] is False
    assert done.json["delivered"] == 4
