"""pane-watch-timeout looks at what was there and at what comes, and not at what we typed."""

from __future__ import annotations

import time

import pytest
from conftest import wait_until


def test_the_echo_of_a_typed_line_does_not_count(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "sleep 0.8; echo READY").ok()
    done = box.bridge("pane-watch-timeout", "dev", "0", "READY", "10")
    assert done.ok()["output"] == "$ sleep 0.8; echo READY\nREADY\n"
    assert done.json["waited_ms"] > 400


def test_a_wrapped_echo_does_not_count(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", f"sleep 0.8; : {'x' * 100} READY").ok()
    assert box.bridge("pane-watch-timeout", "dev", "0", "READY", "1.5").code == "ERR_TIMEOUT"


def test_an_echo_that_comes_during_the_watch_does_not_count(box):
    box.session()
    watching = box.start("pane-watch-timeout", "dev", "0", "READY", "10")
    assert b"Watching" in watching.stderr.readline()
    box.bridge("pane-exec", "dev", "0", "sleep 0.5; echo REA''DY; : READY").ok()
    began = time.monotonic()
    stdout, _ = watching.communicate(timeout=10)
    assert watching.returncode == 0, stdout
    assert time.monotonic() - began > 0.2


def test_text_that_was_typed_into_a_reader_is_found_when_it_is_printed(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "cat").ok()
    box.bridge("pane-exec", "dev", "0", "READY").ok()
    box.bridge("pane-watch-timeout", "dev", "0", "^READY", "5").ok()


def test_it_looks_once_with_timeout_zero(box):
    box.session()
    box.bridge("pane-exec-timeout", "dev", "0", "10", "echo HERE").ok()
    box.bridge("pane-watch-timeout", "dev", "0", "^HERE", "0").ok()
    assert box.bridge("pane-watch-timeout", "dev", "0", "NOWHERE", "0").code == "ERR_TIMEOUT"


def test_history_lines_are_looked_at(box):
    box.session()
    box.bridge("pane-exec-timeout", "dev", "0", "10", "seq 1 100").ok()
    assert box.bridge("pane-watch-timeout", "dev", "0", "^5$", "0", "10").code == "ERR_TIMEOUT"
    box.bridge("pane-watch-timeout", "dev", "0", "^5$", "0", "100").ok()


def test_a_line_that_scrolls_away_at_once_is_found(box):
    box.session()
    watching = box.start("pane-watch-timeout", "dev", "0", "^MARK", "10")
    assert b"Watching" in watching.stderr.readline()
    box.bridge("pane-exec", "dev", "0", "seq 1 3000; echo MA''RK; seq 1 9000").ok()
    stdout, _ = watching.communicate(timeout=10)
    assert watching.returncode == 0, stdout


def test_it_works_beside_a_pipe_of_the_users_own(box):
    box.session()
    box.tmux("pipe-pane", "-O", "-t", "dev", f"cat >>{box.work}/mine")
    box.bridge("pane-exec", "dev", "0", "sleep 0.5; echo REA''DY").ok()
    box.bridge("pane-watch-timeout", "dev", "0", "^READY", "10").ok()
    assert box.tmux("list-panes", "-F", "#{pane_pipe}").strip() == "1"
    assert "READY" in (box.work / "mine").read_text()


def test_nothing_is_left_behind(box):
    box.session()
    box.bridge("pane-watch-timeout", "dev", "0", "NOWHERE", "0.1")
    assert box.tmux("list-panes", "-F", "#{pane_pipe}").strip() == "0"
    wait_until(lambda: not list(box.directory.glob("state/**/run/*")), "an empty run directory")


def test_a_killed_watch_is_swept_by_the_next(box):
    box.session()
    watching = box.start("pane-watch-timeout", "dev", "0", "NOWHERE", "30")
    wait_until(lambda: box.tmux("list-panes", "-F", "#{pane_pipe}").strip() == "1", "pipe")
    watching.kill()
    watching.wait()
    box.bridge("pane-create", "dev", "second").ok()
    box.bridge("pane-watch-timeout", "dev", "1", "NOWHERE", "0.1")
    assert box.tmux("list-panes", "-F", "#{pane_pipe}").split() == ["0", "0"]


@pytest.mark.parametrize("pattern", ["(", "[", "a{1,999999}"])
def test_a_bad_pattern_is_told_before_anything_is_waited_for(box, pattern):
    box.session()
    done = box.bridge("pane-watch-timeout", "dev", "0", pattern, "5")
    assert (done.status, done.code) == (1, "ERR_BAD_PATTERN")
    assert pattern in done.json["error"]["message"]
    assert done.seconds < 3


def test_patterns_mean_what_they_mean_to_grep(box):
    box.session()
    box.bridge("pane-exec-timeout", "dev", "0", "10", "printf 'aXb\\nword\\n a.c\\n'").ok()
    for pattern, lines in (("\\<word\\>", ["word"]), ("^a.b$", ["aXb"]), ("a\\.c", [" a.c"]), ("(w)ord|zzz", ["word"])):
        found = box.bridge("pane-watch", "dev", "0", pattern).ok()["matches"]
        assert [line for line in found if "printf" not in line] == lines


def test_a_pane_that_ends_during_the_watch_is_no_success(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "sleep 0.5; exit").ok()
    done = box.bridge("pane-watch-timeout", "dev", "0", "NOWHERE", "10")
    assert (done.code, done.status) == ("ERR_PANE_GONE", 1)
    assert done.seconds < 4
