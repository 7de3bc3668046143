"""pane-read goes on from where it was; pane-log keeps what nobody reads."""

from __future__ import annotations

import time

import pytest
from conftest import TMUX, wait_until


def piped(box) -> list[str]:
    return box.tmux("list-panes", "-s", "-t", "dev", "-F", "#{pane_pipe}").split()


def run_files(box) -> list[str]:
    return sorted(path.name.partition(".")[2] for path in box.directory.glob("state/**/run/*"))


def age(box, ending: str, seconds: float) -> None:
    for path in box.directory.glob(f"state/**/run/*{ending}"):
        path.write_text(f"{time.monotonic() - seconds}\n")


def run(box, text: str) -> None:
    box.bridge("pane-exec-timeout", "dev", "0", "20", text).ok()


def read_all(box, cursor: str) -> tuple[str, dict]:
    """What was printed since a cursor, over as many calls as it takes."""
    text = ""
    while True:
        answer = box.bridge("pane-read", "dev", "0", "--since", cursor).ok()
        text += answer["output"]
        cursor = answer["cursor"]
        if not answer["more"]:
            return text, answer


def test_it_goes_on_from_the_cursor(box):
    box.session()
    run(box, "echo BEFORE")
    first = box.bridge("pane-read", "dev", "0").ok()
    assert "\nBEFORE\n" in first["output"]
    assert first["untrusted"] is True
    run(box, "seq 1 3")
    second = box.bridge("pane-read", "dev", "0", "--since", first["cursor"]).ok()
    assert second["output"] == "seq 1 3\n1\n2\n3\n$ \n"
    assert (second["lost_bytes"], second["more"], second["ended"]) == (0, False, False)
    again = box.bridge("pane-read", "dev", "0", "--since", first["cursor"]).ok()
    assert again["output"] == second["output"]
    third = box.bridge("pane-read", "dev", "0", "--since", second["cursor"]).ok()
    assert (third["output"], third["bytes"]) == ("\n", 0)


def test_nothing_is_missed_between_calls_and_much_comes_in_parts(box):
    box.session()
    cursor = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    run(box, "seq 1 300000")
    text, last = read_all(box, cursor)
    numbers = [line for line in text.splitlines() if line.isdigit()]
    assert numbers == [str(number) for number in range(1, 300001)]
    assert last["lost_bytes"] == 0


def test_the_last_lines(box):
    box.session()
    run(box, "seq 1 100")
    fresh = box.bridge("pane-read", "dev", "0", "--lines", "3").ok()
    assert fresh["output"] == "99\n100\n$ \n"
    run(box, "seq 101 200")
    joined = box.bridge("pane-read", "dev", "0", "--lines", "103").ok()
    assert joined["output"].splitlines() == ["100", "$ seq 101 200", *map(str, range(101, 201)), "$ "]
    since = box.bridge("pane-read", "dev", "0", "--since", fresh["cursor"], "--lines", "3").ok()
    assert since["output"] == "199\n200\n$ \n"
    assert since["more"] is True
    assert since["cursor"] == joined["cursor"]


def test_escape_sequences_are_resolved_and_a_split_character_waits(box):
    box.session()
    cursor = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    run(box, "printf '\\033[31mred\\033[0m\\n'")
    box.bridge("pane-exec", "dev", "0", "printf 'A\\303'; sleep 1; printf '\\244B\\n'").ok()
    wait_until(lambda: "\nA" in box.screen("dev"), "the first half")
    first = box.bridge("pane-read", "dev", "0", "--since", cursor).ok()
    assert "\nred\n" in first["output"]
    assert first["output"].endswith("\nA\n")
    box.bridge("pane-wait", "dev", "0", "10").ok()
    second = box.bridge("pane-read", "dev", "0", "--since", first["cursor"]).ok()
    assert second["output"].startswith("äB\n")


def test_follow_waits_for_output(box):
    box.session()
    cursor = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    waiting = box.start("pane-read", "dev", "0", "--since", cursor, "--follow", "--timeout", "10")
    time.sleep(0.4)
    assert waiting.poll() is None
    box.tmux("send-keys", "-t", "dev", "echo NEW", "Enter")
    stdout, _ = waiting.communicate(timeout=5)
    assert waiting.returncode == 0, stdout
    done = box.bridge("pane-read", "dev", "0", "--since", cursor, "--follow", "--timeout", "0").ok()
    assert done["output"].startswith("echo NEW")


def test_follow_ends_with_the_time_or_the_pane(box):
    box.session()
    cursor = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    done = box.bridge("pane-read", "dev", "0", "--since", cursor, "--follow", "--timeout", "0.2")
    assert (done.status, done.code) == (1, "ERR_TIMEOUT")
    assert done.json["cursor"] == cursor
    waiting = box.start("pane-read", "dev", "0", "--since", cursor, "--follow")
    time.sleep(0.3)
    box.tmux("kill-session", "-t", "dev")
    stdout, _ = waiting.communicate(timeout=5)
    assert b'"ended": true' in stdout


def test_a_cursor_is_good_after_the_pane_has_ended(box):
    box.session("dev", panes=2)
    cursor = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    box.bridge("pane-exec", "dev", "0", "seq 1 500; echo BYE; exit").ok()
    wait_until(lambda: len(piped(box)) == 1, "the end of the pane")
    pane = f"%{cursor.split('-')[1]}"
    for argument in (pane, "9"):
        last = box.bridge("pane-read", "dev", argument, "--since", cursor).ok()
        assert last["output"].splitlines()[-3:] == ["500", "BYE", "exit"] or "\n500\nBYE\n" in last["output"]
        assert last["ended"] is True
    assert box.bridge("pane-read", "dev", "%99", "--since", cursor).code == "ERR_PANE_NOT_FOUND"


@pytest.mark.parametrize("text", ["", "x", "c1-0-1-abc", "c1-0-1-ab.c-0", "c2-0-1-abc-0", "c1-0-1-abc--1", "🙂"])
def test_garbage_is_no_cursor(box, text):
    box.session()
    done = box.bridge("pane-read", "dev", "0", f"--since={text}")
    assert (done.status, done.code) == (1, "ERR_BAD_CURSOR")
    assert piped(box) == ["0"]


def test_a_cursor_of_another_pane_or_log_is_refused(box):
    box.session("dev", panes=2)
    cursor = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    done = box.bridge("pane-read", "dev", "1", "--since", cursor)
    assert done.code == "ERR_BAD_CURSOR"
    assert "of pane" in done.json["error"]["message"]
    words = cursor.split("-")
    ahead = "-".join([*words[:4], "999999"])
    assert "not printed" in box.bridge("pane-read", "dev", "0", "--since", ahead).json["error"]["message"]
    age(box, ".keep-read", 3700)
    box.bridge("pane-read", "dev", "1").ok()
    done = box.bridge("pane-read", "dev", "0", "--since", cursor)
    assert done.code == "ERR_BAD_CURSOR"
    assert "is gone" in done.json["error"]["message"]


def test_what_the_log_has_let_go_is_counted(box):
    small = {"BRIDGE_LOG_LIMIT_MB": "1"}
    box.session()
    answer = box.bridge("pane-read", "dev", "0", env=small).ok()
    run(box, "seq 1 600000")
    late = box.bridge("pane-read", "dev", "0", "--since", answer["cursor"], "--lines", "1").ok()
    assert late["lost_bytes"] > 2_000_000
    first = box.bridge("pane-read", "dev", "0", "--since", answer["cursor"]).ok()
    assert first["lost_bytes"] >= late["lost_bytes"]
    assert first["lost_bytes"] + first["bytes"] <= 4_700_000
    assert "\0" not in first["output"]
    [log] = box.directory.glob("state/**/run/*.log")
    assert log.stat().st_blocks * 512 <= 1_200_000


def test_a_read_keeps_the_log_for_an_hour(box):
    box.session("dev", panes=2)
    box.bridge("pane-read", "dev", "0").ok()
    assert piped(box) == ["1", "0"]
    age(box, ".keep-read", 3500)
    box.bridge("pane-read", "dev", "1").ok()
    assert piped(box) == ["1", "1"]
    age(box, ".keep-read", 3700)
    box.bridge("pane-log", "dev", "0", "on").ok()
    assert piped(box) == ["1", "0"]


def test_a_log_is_kept_until_it_is_turned_off(box):
    box.session()
    off = box.bridge("pane-log", "dev", "0").ok()
    assert (off["enabled"], off["path"], off["bytes"], off["cursor"]) == (False, None, 0, None)
    on = box.bridge("pane-log", "dev", "0", "on").ok()
    assert (on["enabled"], piped(box)) == (True, ["1"])
    run(box, "echo KEPT")
    state = box.bridge("pane-log", "dev", "0", "status").ok()
    assert state["bytes"] > 10
    assert state["path"] == on["path"]
    text = box.bridge("pane-read", "dev", "0", "--since", on["cursor"]).ok()
    assert "\nKEPT\n" in text["output"]
    assert text["cursor"] == state["cursor"]
    age(box, ".keep-read", 3700)
    assert box.bridge("pane-log", "dev", "0", "off").ok()["enabled"] is False
    assert piped(box) == ["0"]
    assert run_files(box) == []


def test_a_pipe_of_the_users_own_is_left_alone(box):
    box.session()
    box.tmux("pipe-pane", "-O", "-t", "dev", f"cat >>{box.work}/mine")
    for words in (("pane-read", "dev", "0"), ("pane-log", "dev", "0", "on")):
        done = box.bridge(*words)
        assert (done.status, done.code) == (1, "ERR_UNSUPPORTED")
    assert piped(box) == ["1"]
    run(box, "echo THEIRS")
    assert "THEIRS" in (box.work / "mine").read_text()
    assert run_files(box) == []


def test_a_dead_pane_without_a_log_is_gone(box):
    box.session()
    box.tmux("set-option", "-w", "-t", "dev", "remain-on-exit", "on")
    box.bridge("pane-exec", "dev", "0", "exit").ok()
    wait_until(lambda: box.tmux("list-panes", "-t", "dev", "-F", "#{pane_dead}").strip() == "1", "a dead pane")
    for words in (("pane-read", "dev", "0"), ("pane-log", "dev", "0", "on")):
        assert box.bridge(*words).code == "ERR_PANE_GONE"


def test_a_pane_with_a_new_process_has_a_new_log(box):
    box.session()
    cursor = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    box.tmux("respawn-pane", "-k", "-t", "dev", "sh")
    done = box.bridge("pane-read", "dev", "0", "--since", cursor)
    assert done.code == "ERR_BAD_CURSOR"
    assert "another process" in done.json["error"]["message"]
    fresh = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    box.tmux("send-keys", "-t", "dev", "echo IN''NEW", "Enter")
    wait_until(
        lambda: "INNEW" in box.bridge("pane-read", "dev", "0", "--since", fresh).ok()["output"], "output of the new one"
    )


def test_time_without_follow_is_a_mistake(box):
    box.session()
    assert box.bridge("pane-read", "dev", "0", "--timeout", "3").code == "ERR_USAGE"
    assert box.bridge("pane-log", "dev", "0", "maybe").code == "ERR_USAGE"


def test_a_snapshot_tells_what_a_pane_shows(box):
    box.session()
    run(box, "printf '\\033]2;a title, #(date)\\033\\\\'; clear; echo HERE")
    found = box.bridge("pane-snapshot", "dev", "0").ok()
    assert found["output"] == "HERE\n$\n"
    assert (found["cursor_x"], found["cursor_y"], found["width"], found["height"]) == (2, 1, 80, 24)
    assert found["title"] == box.tmux("display-message", "-p", "-t", "dev", "#{pane_title}").rstrip("\n")
    assert found["title"].startswith("a title, ")
    assert (found["mode"], found["alternate_screen"], found["dead"]) == ("", False, False)
    assert found["foreground"]["name"] == "bash"
    assert found["foreground"]["pid"] == int(box.tmux("display-message", "-p", "-t", "dev", "#{pane_pid}"))


def test_a_snapshot_of_a_program_on_the_alternate_screen(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "printf '\\033[?1049h'; echo ALT; sh -c 'sleep 77; :' ''").ok()
    wait_until(lambda: "ALT" in box.bridge("pane-snapshot", "dev", "0").ok()["output"], "the other screen")
    box.tmux("copy-mode", "-t", "dev")
    pane = box.tmux("display-message", "-p", "-t", "dev", "#{pane_id}").strip()
    for front in ("fast", "click"):
        found = box.bridge("pane-snapshot", "dev", pane, front=front).ok()
        assert (found["alternate_screen"], found["mode"]) == (True, "copy-mode")
        assert found["foreground"]["argv"] == ["sh", "-c", "sleep 77; :", ""]


def test_a_snapshot_of_a_labelled_and_of_a_dead_pane(box):
    box.session()
    box.bridge("pane-create", "dev", "the server").ok()
    assert box.bridge("pane-snapshot", "dev", "the server").ok()["pane_id"] == "1"
    box.tmux("set-option", "-w", "-t", "dev", "remain-on-exit", "on")
    box.tmux("respawn-pane", "-k", "-t", "dev:.1", "exit 3")
    wait_until(lambda: box.bridge("pane-snapshot", "dev", "1").ok()["dead"], "a dead pane")
    assert box.bridge("pane-snapshot", "dev", "1").ok()["foreground"] is None


def test_a_snapshot_is_one_question(box, tmp_path):
    box.session()
    log, wrapper = tmp_path / "starts", tmp_path / "tmux"
    wrapper.write_text(f'#!/bin/sh\necho start >>"{log}"\nexec "{TMUX}" "$@"\n')
    wrapper.chmod(0o755)
    for argument in ("0", "%0"):
        log.write_text("")
        box.bridge("pane-snapshot", "dev", argument, env={"BRIDGE_TMUX": str(wrapper)}).ok()
        assert log.read_text() == "start\n"
