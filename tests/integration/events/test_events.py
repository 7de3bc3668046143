"""Events: made once, in order, kept whatever dies, and told to callbacks that can hurt nobody."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pexpect
import pytest
from conftest import TMUX, wait_until


@pytest.fixture
def served(box):
    """A session at its prompt and a daemon."""
    box.session("dev")
    box.bridge("daemon-start").ok()
    return box


def events(box, kind="*", session="*", count="1000") -> list[dict]:
    return box.bridge("event-log", session, kind, count).ok()["events"]


def subscribe(box, *words, **kwargs) -> str:
    answer = box.bridge("event-subscribe", *words, **kwargs).ok()
    return answer["subscription_id"]


def kill_daemon(box) -> None:
    pid = box.bridge("daemon-status").ok()["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: box.bridge("daemon-status").status == 1, "the end of the daemon")


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


# --- what happens is told ---


def test_panes_and_sessions_that_end(served):
    served.bridge("pane-create", "dev", "second").ok()
    served.bridge("pane-create", "dev", "third").ok()
    served.bridge("pane-kill", "dev", "1").ok()
    found = wait_until(lambda: events(served, "pane-exit"), "the killed pane")
    assert [(event["session"], event["pane_id"], event["data"]["label"]) for event in found] == [("dev", "1", "second")]
    served.bridge("session-kill", "dev").ok()
    wait_until(lambda: events(served, "session-closed"), "the session's end")
    kinds = [event["event_type"] for event in events(served)]
    assert kinds == ["pane-exit"] * 3 + ["session-closed"]
    assert [event["seq"] for event in events(served)] == [1, 2, 3, 4]


def test_sessions_made_later_are_watched(served):
    served.session("later")
    made = wait_until(lambda: events(served, "session-created"), "the new session")
    assert [event["session"] for event in made] == ["later"]
    hit = served.directory / "hit"
    subscribe(served, "later", "pattern-match", "--pattern", "^READY", f"echo x >>{hit}")
    served.bridge("pane-exec", "later", "0", "echo READY").ok()
    wait_until(lambda: lines(hit) == ["x"], "the callback")


def test_a_subscription_comes_before_its_session(served):
    hit = served.directory / "hit"
    subscribe(served, "soon", "pattern-match", "--pattern", "^EARLY", "--pane", "0", f"echo x >>{hit}")
    served.tmux("new-session", "-d", "-s", "soon", "echo EARLY; sleep 60")
    wait_until(lambda: lines(hit) == ["x"], "what the new pane printed at once")


def test_the_status_of_a_pane_that_remains(served):
    served.tmux("set-option", "-g", "remain-on-exit", "on")
    for number in range(5):
        served.tmux("new-window", "-t", "dev:", f"sleep 0.1; exit {number + 3}")
    found = wait_until(lambda: len(events(served, "pane-exit")) == 5 and events(served, "pane-exit"), "five ends")
    assert sorted(event["data"]["exit_status"] for event in found) == [3, 4, 5, 6, 7]
    served.tmux("kill-server")
    wait_until(lambda: events(served, "session-closed"), "the server's end")
    assert len(events(served, "pane-exit")) == 6  # those that had ended are not told again


def test_a_new_server_is_found(served):
    served.tmux("kill-server")
    wait_until(lambda: events(served, "session-closed"), "the server's end")
    served.session("again")
    wait_until(lambda: [event["session"] for event in events(served, "session-created")] == ["again"], "the new server")
    assert served.bridge("daemon-status").ok()["connected"]


def test_moved_and_renamed_is_not_ended(served):
    served.tmux("new-session", "-d", "-s", "other")
    wait_until(lambda: events(served, "session-created"), "the other session")
    served.tmux("rename-session", "-t", "=other", "another")
    served.tmux("join-pane", "-d", "-s", "=another:", "-t", "=dev:")
    wait_until(lambda: events(served, "session-closed"), "the empty session's end")
    assert [event["event_type"] for event in events(served)] == ["session-created", "session-closed"]


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_what_happens_before_the_doorbell_hangs_again_is_told(box, renames):
    """tmux keeps a signal that nobody waits for, but a second one takes it away: an even number of them is none."""
    slow = box.directory / "tmux-that-listens-late"
    slow.write_text(f'#!/bin/sh\ncase "$*" in *wait-for*) sleep 0.3 ;; esac\nexec "{TMUX}" "$@"\n')
    slow.chmod(0o755)
    box.session("dev")
    box.bridge("daemon-start", env={"BRIDGE_TMUX": str(slow)}).ok()
    box.tmux("new-session", "-d", "-s", "other0")
    wait_until(lambda: events(box, "session-created"), "the other session")
    for number in range(renames):
        box.tmux("rename-session", "-t", f"=other{number}", f"other{number + 1}")
    box.tmux("kill-session", "-t", f"=other{renames}")
    wait_until(lambda: events(box, "session-closed"), "its end")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_that_end_are_told_with_their_code(box, shell):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    box.env["SHELL"] = program
    box.session("dev")
    box.bridge("pane-exec-timeout", "dev", "0", "10", "true").ok()
    box.bridge("daemon-start").ok()
    for code in ("3", "0"):
        box.bridge("pane-exec-timeout", "dev", "0", "10", f"sh -c 'exit {code}'").ok()
    box.bridge("pane-exec-timeout", "dev", "0", "10", "").ok()  # an empty line is no command
    box.bridge("pane-run", "dev", "0", "sh -c 'exit 5'")
    box.bridge("pane-create", "dev", "second").ok()
    box.await_prompt("dev", "1")
    box.bridge("pane-exec-timeout", "dev", "1", "10", "sh -c 'exit 7'").ok()
    found = wait_until(lambda: (told := events(box, "command-finished"))[3:] and told, "four commands")
    assert [(event["pane_id"], event["data"]["exit_code"]) for event in found] == [
        ("0", 3),
        ("0", 0),
        ("0", 5),
        ("1", 7),
    ]
    assert {event["data"]["commands"] for event in found} == {1}


def test_a_shell_that_learns_the_hook_later_tells_from_then_on(box):
    box.tmux("new-session", "-d", "-s", "dev", "bash --norc")
    box.bridge("daemon-start").ok()
    box.bridge("pane-exec-timeout", "dev", "0", "10", "true").ok()
    box.bridge("pane-run", "dev", "0", "true").ok()
    wait_until(lambda: events(box, "command-finished"), "the run")
    box.bridge("pane-exec-timeout", "dev", "0", "10", "sh -c 'exit 9'").ok()
    found = wait_until(lambda: (told := events(box, "command-finished"))[1:] and told, "the second")
    assert [(event["data"]["exit_code"], event["data"]["commands"]) for event in found] == [(0, 1), (9, 1)]


def test_sessions_that_share_a_window_are_told_and_served(served):
    served.tmux("new-session", "-d", "-s", "first", "cat")
    wait_until(lambda: events(served, "session-created"), "the session")
    hit = served.directory / "hit"
    for session in ("first", "aa"):
        subscribe(served, session, "pattern-match", "--pattern", "^SHARED", f"echo {session} >>{hit}")
    served.tmux("new-session", "-d", "-t", "=first", "-s", "aa")
    wait_until(lambda: len(events(served, "session-created")) == 2, "the grouped one")
    served.tmux("send-keys", "-t", "=first:", "SHARED 1", "Enter")
    wait_until(lambda: sorted(lines(hit)) == ["aa", "aa", "first", "first"], "both, for the echo and for cat")
    served.tmux("kill-session", "-t", "=first")
    wait_until(lambda: events(served, "session-closed"), "the end of one")
    served.tmux("send-keys", "-t", "=aa:", "SHARED 2", "Enter")
    wait_until(lambda: sorted(lines(hit)) == ["aa"] * 4 + ["first"] * 2, "the other")
    told = [(event["event_type"], event["session"]) for event in events(served) if event["data"].get("session_id")]
    assert told == [("session-created", "first"), ("session-created", "aa"), ("session-closed", "first")]
    assert events(served, "pane-exit") == []


def test_a_session_named_by_its_id(served):
    hit = served.directory / "hit"
    name = served.tmux("display-message", "-p", "-t", "=dev:", "#{session_id}").strip()
    for kind in ("session-closed", "pane-exit"):
        subscribe(served, name, kind, f'echo "$event" >>{hit}')
    served.tmux("kill-session", "-t", "=dev")
    wait_until(lambda: sorted(lines(hit)) == ["pane-exit", "session-closed"], "both ends")


# --- patterns ---


def test_one_callback_for_each_match_and_none_for_the_echo(served):
    hit = served.directory / "hit"
    subscribe(served, "dev", "pattern-match", "--pane", "0", "--pattern", "HIT [0-9]", f'echo "$BRIDGE_SEQ" >>{hit}')
    for number in range(3):
        served.bridge("pane-exec", "dev", "0", f"echo HIT {number}").ok()
        served.bridge("pane-wait", "dev", "0", "10").ok()
    wait_until(lambda: len(lines(hit)) == 3, "three callbacks")
    time.sleep(0.5)
    found = events(served, "pattern-match")
    assert [event["data"]["line"] for event in found] == ["HIT 0", "HIT 1", "HIT 2"]
    assert lines(hit) == [str(event["seq"]) for event in found]


def test_nothing_on_other_output_resize_clear_and_attach(served):
    script = served.directory / "noise.py"
    script.write_text(
        "import random, string\n"
        "random.seed(7)\n"
        "for _ in range(10000):\n"
        "    print(''.join(random.choices(string.ascii_lowercase + ' ', k=random.randint(1, 120))))\n"
    )
    served.bridge("pane-exec", "dev", "0", "echo 'MATCH ME' before").ok()
    served.bridge("pane-wait", "dev", "0", "10").ok()
    subscribe(served, "dev", "pattern-match", "--pattern", "MATCH|[A-Z]{4}")
    served.bridge("pane-exec", "dev", "0", f"python3 {script}; echo $((40+2))").ok()
    served.bridge("pane-wait", "dev", "0", "30").ok()
    for width in ("60", "100", "33", "80"):
        served.tmux("resize-window", "-t", "=dev:", "-x", width, "-y", "24")
        time.sleep(0.05)
    served.bridge("pane-exec", "dev", "0", "clear").ok()
    client = pexpect.spawn(TMUX, ["attach-session", "-t", "=dev"], env=served.env | {"TERM": "xterm"}, timeout=10)
    client.expect(r"\[dev\]")
    client.close()
    time.sleep(0.3)
    assert events(served, "pattern-match") == []
    served.bridge("pane-exec", "dev", "0", "printf 'MATCH%s\\n' ED").ok()
    assert wait_until(lambda: events(served, "pattern-match"), "that it can match")[0]["data"]["line"] == "MATCHED"


def test_a_question_without_an_end_of_line_counts_once(served):
    subscribe(served, "dev", "pattern-match", "--pane", "0", "--pattern", "sure|YES")
    served.bridge("pane-exec", "dev", "0", "printf 'Are you su%s? ' re; read answer; echo got $answer").ok()
    found = wait_until(lambda: events(served, "pattern-match"), "the question")
    assert found[0]["data"]["line"] == "Are you sure? "
    served.bridge("pane-send-keys", "dev", "0", "n", "o", "Enter").ok()
    served.bridge("pane-wait", "dev", "0", "10").ok()
    served.bridge("pane-exec", "dev", "0", "echo Y''ES").ok()
    found = wait_until(lambda: (told := events(served, "pattern-match"))[1:] and told, "the next")
    time.sleep(0.3)
    assert [event["data"]["line"] for event in events(served, "pattern-match")] == ["Are you sure? ", "YES"]


def test_alternation_is_part_of_the_pattern(served):
    hit = served.directory / "hit"
    subscribe(served, "dev", "pattern-match", "--pane", "0", "--pattern", "^(ERR|WARN)$", f"echo x >>{hit}")
    served.bridge("pane-exec", "dev", "0", "echo ERR; echo WARN").ok()
    wait_until(lambda: len(lines(hit)) == 2, "both")


def test_the_last_line_of_a_pane_that_ends(served):
    subscribe(served, "dev", "pattern-match", "--pattern", "^BYE$")
    served.bridge("pane-exec", "dev", "0", "exec sh -c 'printf BYE; sleep 0.2'").ok()
    wait_until(lambda: events(served, "session-closed"), "the end")
    assert [event["event_type"] for event in events(served)] == ["pattern-match", "pane-exit", "session-closed"]


def test_a_pane_keeps_its_subscription_when_it_is_renumbered(served):
    for label in ("a", "b"):
        served.bridge("pane-create", "dev", label).ok()
    subscribe(served, "dev", "pattern-match", "--pane", "2", "--pattern", "^FROM")
    served.bridge("pane-kill", "dev", "1").ok()
    served.await_prompt("dev", "1")
    served.bridge("pane-exec", "dev", "1", "echo FROM b").ok()
    found = wait_until(lambda: events(served, "pattern-match"), "the match")
    assert found[0]["pane_id"] == "1"


def test_old_text_of_a_pane_that_comes_to_be_meant_is_no_match(served):
    served.tmux("new-session", "-d", "-s", "old", "echo OLD; exec cat")
    for _ in range(2):
        served.tmux("split-window", "-t", "=old:", "echo OLD; exec cat")
    wait_until(lambda: served.bridge("daemon-status").ok()["panes"] == 4, "the panes")
    subscribe(served, "new", "pattern-match", "--pattern", "^(OLD|NEW)")
    subscribe(served, "*", "pattern-match", "--pattern", "^(OLD|NEW)", "--pane", "1")
    served.tmux("kill-pane", "-t", "=old:0.1")
    served.tmux("rename-session", "-t", "=old", "new")
    wait_until(lambda: served.bridge("daemon-status").ok()["watched_panes"] == 2, "the watched panes")
    served.tmux("send-keys", "-t", "=new:0.1", "NEW", "Enter")
    wait_until(lambda: len(events(served, "pattern-match")) >= 2, "what is new")
    time.sleep(0.3)
    assert {event["data"]["line"] for event in events(served, "pattern-match")} == {"NEW"}


def test_a_respawned_pane_tells_its_old_text_no_more(served):
    served.tmux("new-session", "-d", "-s", "again", "cat")
    subscribe(served, "again", "pattern-match", "--pattern", "^HIT")

    def told(number: int) -> None:
        wait_until(lambda: len(events(served, "pattern-match")) >= number, f"{number} matches")
        time.sleep(0.4)
        assert len(events(served, "pattern-match")) == number

    served.tmux("respawn-pane", "-k", "-t", "=again:", "echo HIT; exec sleep 100")
    told(1)
    served.tmux("respawn-pane", "-k", "-t", "=again:", "seq -f HIT%g 40; exec cat")
    told(41)
    served.tmux("respawn-pane", "-k", "-t", "=again:", "exec cat")
    told(41)
    served.tmux("set-option", "-g", "remain-on-exit", "on")
    served.tmux("respawn-pane", "-k", "-t", "=again:", "echo HIT; exit 2")
    wait_until(lambda: events(served, "pane-exit")[-1]["data"]["exit_status"] == 2, "the end")
    told(42)
    served.tmux("respawn-pane", "-t", "=again:", "echo HIT; exec cat")
    served.tmux("new-session", "-d", "-s", "bell", "cat")  # tmux has no hook for a dead pane that runs again
    told(43)


def test_a_respawned_pane_that_prints_without_a_pause_holds_nobody_up(served):
    served.tmux("new-session", "-d", "-s", "again", "cat")
    subscribe(served, "again", "pattern-match", "--pattern", "^LATER")
    served.tmux("respawn-pane", "-k", "-t", "=again:", "while sleep 0.01; do echo x; test -e later && echo LATER; done")
    wait_until(lambda: events(served, "pane-exit"), "the end of the first", 5)
    (served.work / "later").touch()
    wait_until(lambda: events(served, "pattern-match"), "what the second prints")


def test_events_of_one_pane_come_in_order(served):
    subscribe(served, "dev", "pattern-match", "--pattern", "^n[0-9]+$")
    served.bridge("pane-exec", "dev", "0", "seq -f n%g 1 500").ok()
    found = wait_until(lambda: len(events(served, "pattern-match")) >= 500 and events(served, "pattern-match"), "500")
    assert [event["data"]["line"] for event in found] == [f"n{number}" for number in range(1, 501)]


def test_a_flood_is_counted_not_lost_silently(served):
    subscribe(served, "dev", "pattern-match", "--pattern", "^n[0-9]+$")
    served.bridge("pane-exec", "dev", "0", "seq -f n%g 1 20000").ok()
    wait_until(lambda: events(served, "overflow"), "the count", 30)
    time.sleep(1.5)
    log = served.bridge("event-log", "*", "pattern-match", "100000").ok()["count"]
    dropped = sum(event["data"]["dropped"]["pattern-match"] for event in events(served, "overflow"))
    assert log + dropped == 20000


def test_a_pipe_of_somebody_else_is_not_taken(served):
    served.tmux("pipe-pane", "-t", "=dev:", f"cat >{served.directory}/theirs")
    subscribe(served, "dev", "pattern-match", "--pattern", "^MINE$")
    served.bridge("pane-exec", "dev", "0", "echo MINE").ok()
    wait_until(lambda: events(served, "pattern-match"), "the match")
    assert "MINE" in (served.directory / "theirs").read_text()


# --- output, silence, deadlines ---


def test_output_and_idle(served):
    subscribe(served, "dev", "pane-output", "--pane", "0")
    subscribe(served, "dev", "pane-idle", "--after", "0.5")
    served.bridge("pane-exec", "dev", "0", "echo some; sleep 0.2; echo words").ok()
    wait_until(lambda: "words" in "".join(event["data"]["text"] for event in events(served, "pane-output")), "output")
    wait_until(lambda: events(served, "pane-idle"), "silence")
    told = len(events(served, "pane-idle"))
    time.sleep(1.2)
    assert len(events(served, "pane-idle")) == told
    served.bridge("pane-exec", "dev", "0", "true").ok()
    wait_until(lambda: len(events(served, "pane-idle")) == told + 1, "the next silence")


def test_a_deadline_fires_once_and_survives_a_restart(served):
    hit = served.directory / "hit"
    subscribe(served, "dev", "timeout", "--pane", "0", "--after", "1.5", f"echo late >>{hit}")
    subscribe(served, "nowhere", "timeout", "--pane", "7", "--after", "1.5", f"echo nowhere >>{hit}")
    kill_daemon(served)
    served.bridge("daemon-start").ok()
    wait_until(lambda: sorted(lines(hit)) == ["late", "nowhere"], "the deadlines")
    wait_until(lambda: served.bridge("event-list").ok()["count"] == 0, "the subscriptions' end")
    time.sleep(0.3)
    assert len(lines(hit)) == 2


def test_a_deadline_names_no_pane_by_chance(served):
    for session in ("*", "dev", "$0"):
        subscribe(served, session, "timeout", "--after", "0.2")
    wait_until(lambda: len(events(served, "timeout")) == 3, "the deadlines")
    found = [(event["session"], event["pane_id"], event["pane"]) for event in events(served, "timeout")]
    assert sorted(found) == [("*", "", ""), ("dev", "", ""), ("dev", "", "")]
    wait_until(lambda: served.bridge("event-list").ok()["count"] == 0, "the subscriptions' end")


def test_a_deadline_that_passed_without_a_daemon_fires_at_its_start(box):
    hit = box.directory / "hit"
    answer = box.bridge("event-subscribe", "dev", "timeout", "--after", "0.2", f"echo late >>{hit}").ok()
    assert answer["enforced"] is False
    assert "daemon-start" in answer["hint"]
    time.sleep(0.4)
    box.bridge("daemon-start").ok()
    wait_until(lambda: lines(hit) == ["late"], "the deadline")


# --- callbacks ---


def test_pane_text_never_becomes_code(served):
    hit = served.directory / "hit"
    callback = f'printf "%s\\n" "$BRIDGE_EVENT $event $session $pane_id $BRIDGE_PANE" >>{hit}; cat >>{hit}'
    subscribe(served, "dev", "pattern-match", "--pattern", "^BAD", callback)
    evil = f'BAD $(touch {served.directory}/pwned) `touch {served.directory}/pwned` "; touch {served.directory}/pwned;'
    (served.work / "text").write_text(f"{evil}\n")
    served.bridge("pane-exec", "dev", "0", "cat text").ok()
    wait_until(lambda: len(lines(hit)) == 2, "the callback")
    first, second = lines(hit)
    assert first == "pattern-match pattern-match dev 0 %0"
    assert json.loads(second)["data"]["line"] == evil
    assert not (served.directory / "pwned").exists()


def test_a_program_gets_its_arguments_as_they_are(served):
    hit = served.work / "hit"
    words = ("python3", "-Sc", "import sys; open('hit', 'w').write(repr(sys.argv[1:]) + sys.stdin.read())")
    given = ["", "$(touch pwned) `touch pwned` $message", "-x", "a \"b\" 'c'\\", "two\nlines"]
    options = [f"--argv={word}" for word in (*words, *given)]
    subscribe(served, "dev", "go", *options, cwd=served.work)
    (stored,) = served.bridge("event-list").ok()["subscriptions"]
    assert stored["argv"] == [*words, *given]
    served.bridge("event-publish", "dev", "go").ok()
    wait_until(lambda: hit.exists() and hit.read_text().startswith(repr(given)), "the callback")
    assert json.loads(hit.read_text()[len(repr(given)) :])["event_type"] == "go"
    assert not (served.work / "pwned").exists()


def test_a_hung_a_forking_and_a_crashing_callback_delay_nobody(box):
    box.session("dev")
    box.bridge("daemon-start", env={"BRIDGE_CALLBACK_TIMEOUT": "1.5"}).ok()
    good = box.directory / "good"
    subscribe(box, "dev", "go", f"trap '' TERM; echo $$ >{box.directory}/hung; sleep 100; sleep 100")
    subscribe(box, "dev", "go", f"sleep 100 & echo $! >{box.directory}/forked")
    subscribe(box, "dev", "go", "kill -SEGV $$")
    subscribe(box, "dev", "go", "yes | head -c 30000000; yes >&2 | head -c 1000; exit 0")
    subscribe(box, "dev", "go", "/nonexistent/program")
    subscribe(box, "dev", "go", f"echo x >>{good}")
    began = time.monotonic()
    for _ in range(5):
        box.bridge("event-publish", "dev", "go").ok()
    wait_until(lambda: len(lines(good)) == 5, "the good one", 5)
    assert time.monotonic() - began < 4
    hung, forked = (int((box.directory / name).read_text()) for name in ("hung", "forked"))
    wait_until(lambda: not Path(f"/proc/{hung}").exists(), "the end of the hung one", 15)
    wait_until(lambda: not Path(f"/proc/{forked}").exists(), "the end of what was forked", 15)
    assert box.bridge("daemon-health").json["health"] in ("healthy", "degraded")


def test_a_failing_callback_is_tried_again_then_given_up(served):
    hit = served.directory / "hit"
    subscribe(served, "dev", "go", f'echo "$BRIDGE_EVENT_ID" >>{hit}; echo broken >&2; exit 3')
    event = served.bridge("event-publish", "dev", "go").ok()["event_id"]
    wait_until(lambda: served.bridge("daemon-status").ok()["dead_letters"] == 1, "the dead letter", 15)
    assert lines(hit) == [event] * 3
    assert served.bridge("daemon-health").json["health"] == "degraded"
    assert "ended with 3: broken; given up" in served.bridge("daemon-logs").ok()["output"]


@pytest.mark.parametrize("rest", ["", ">/dev/null 2>&1"])
def test_what_a_callback_leaves_in_the_background_goes_on(served, rest):
    hit = served.directory / "hit"
    subscribe(served, "dev", "go", f"nohup sh -c 'sleep 1; echo x >>{hit}' {rest} &")
    served.bridge("event-publish", "dev", "go").ok()
    wait_until(lambda: lines(hit) == ["x"], "its end", 5)


def test_once(served):
    hit = served.directory / "hit"
    subscribe(served, "dev", "go", "--once", f"echo x >>{hit}")
    for _ in range(3):
        served.bridge("event-publish", "dev", "go").ok()
    wait_until(lambda: served.bridge("event-list").ok()["count"] == 0, "its end")
    time.sleep(0.3)
    assert lines(hit) == ["x"]


def test_what_comes_while_the_daemon_starts_is_told_once(box):
    noise = "while :; do echo HIT; sleep 0.005; done"
    box.tmux("new-session", "-d", "-s", "dev", "-x", "80", "-y", "40", noise)
    for _ in range(6):
        box.tmux("split-window", "-t", "dev:", noise)
        box.tmux("select-layout", "-t", "dev:", "tiled")
    told = box.directory / "told"
    subscribe(box, "dev", "pattern-match", "--pattern", "HIT", f'echo "$BRIDGE_EVENT_ID $PPID" >>{told}')
    for _ in range(2):
        box.bridge("daemon-start").ok()
        time.sleep(0.3)
        box.bridge("daemon-stop").ok()
    found = lines(told)
    assert found
    assert len(set(found)) == len(found)


def test_what_a_daemon_that_hangs_was_asked_is_called_unknown(served):
    pid = served.bridge("daemon-status").ok()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        for words, look in (
            (("event-publish", "dev", "go"), "event-log"),
            (("event-subscribe", "dev", "go"), "event-list"),
        ):
            error = served.bridge(*words).json["error"]
            assert error["code"] == "ERR_DAEMON"
            assert "not known" in error["message"]
            assert look in error["hint"]
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: events(served, "go"), "that it was done")
    assert served.bridge("event-list").ok()["count"] == 1


# --- the log ---


def test_a_kill_loses_no_acknowledged_event(served):
    """Publishers that were answered find their event in the log, whenever the daemon was killed."""
    hit = served.directory / "hit"
    subscribe(served, "dev", "go", f'echo "$message" >>{hit}')
    pid = served.bridge("daemon-status").ok()["pid"]
    acknowledged = []

    def publish(number: int) -> None:
        done = served.bridge("event-publish", "dev", "go", f"m{number}")
        if done.status == 0:
            acknowledged.append((done.json["seq"], f"m{number}"))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        work = [pool.submit(publish, number) for number in range(60)]
        time.sleep(0.25)
        os.kill(pid, signal.SIGKILL)
        for item in work:
            item.result()
    served.bridge("daemon-start")
    found = {(event["seq"], event["message"]) for event in events(served, "go")}
    assert len(acknowledged) > 20
    assert set(acknowledged) <= found
    assert len({seq for seq, _ in acknowledged}) == len(acknowledged)
    wait_until(lambda: {text for _, text in acknowledged} <= set(lines(hit)), "every callback, at least once", 20)


def test_published_without_a_daemon_is_told_by_the_next(box):
    hit = box.directory / "hit"
    subscribe(box, "dev", "task_done", f'echo "$message" >>{hit}')
    first = box.bridge("event-publish", "dev", "task_done", "build 7", "--data", '{"ok": true}').ok()
    assert (first["seq"], first["enforced"]) == (1, False)
    assert first["event"]["data"] == {"ok": True}
    box.bridge("daemon-start").ok()
    wait_until(lambda: lines(hit) == ["build 7"], "the callback")
    assert box.bridge("event-publish", "dev", "task_done").ok()["enforced"] is True
    box.bridge("daemon-restart").ok()
    time.sleep(0.3)
    assert lines(hit) == ["build 7", ""]


def test_what_cannot_be_stored_is_kept_and_stored_later(served):
    """No file of the daemon can grow, as on a full disk."""
    hit = served.directory / "hit"
    pid = served.bridge("daemon-status").ok()["pid"]
    subscribe(served, "dev", "command-finished", "--once", f"echo end >>{hit}")
    subscribe(served, "dev", "timeout", "--after", "0.5", f"echo late >>{hit}")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        served.bridge("pane-exec", "dev", "0", "true").ok()
        wait_until(lambda: "2 events could not be stored" in served.bridge("daemon-health").stdout, "what waits")
        assert served.bridge("daemon-health").json["health"] == "degraded"
        assert served.bridge("event-publish", "dev", "go").code == "ERR_STATE"
        assert lines(hit) == []
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_until(lambda: sorted(lines(hit)) == ["end", "late"], "both, once there is room")
    wait_until(lambda: served.bridge("event-list").ok()["count"] == 0, "the subscriptions' end")
    assert served.bridge("daemon-health").ok()["problems"] == []
    assert [event["event_type"] for event in events(served)].count("timeout") == 1


def test_the_mirror_is_json_lines(served):
    place = served.directory / "mirror"
    env = {"BRIDGE_EVENTS_DIR": str(place)}
    served.bridge("daemon-restart", env=env).ok()
    served.bridge("event-publish", "my app", "go", "one").ok()
    served.bridge("event-publish", "my app", "go", "two").ok()
    rows = [json.loads(row) for row in lines(place / "my app" / "go.log")]
    assert [row["message"] for row in rows] == ["one", "two"]
    keys = ["seq", "event_id", "event_type", "session", "pane_id", "pane", "timestamp", "message", "data"]
    assert list(rows[0]) == keys
    assert list(events(served, "go")[0]) == keys


@pytest.mark.parametrize("with_daemon", [True, False])
def test_the_stream_has_what_was_and_what_comes(box, with_daemon):
    if with_daemon:
        box.bridge("daemon-start").ok()
    box.bridge("event-publish", "dev", "go", "one").ok()
    box.bridge("event-publish", "dev", "stop", "other").ok()
    with box.start("event-stream", "--since", "0", "--type", "go") as process:
        assert json.loads(process.stdout.readline())["message"] == "one"
        box.bridge("event-publish", "dev", "go", "two").ok()
        assert json.loads(process.stdout.readline())["message"] == "two"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def test_the_stream_ends_with_its_reader(box):
    with box.start("event-stream") as process:
        time.sleep(0.3)
        process.stdout.close()
        assert process.wait(10) == 0


def test_an_unreadable_log_and_list_are_kept_aside(box):
    box.bridge("event-publish", "dev", "go").ok()
    subscribe(box, "dev", "go")
    state = Path(box.env["BRIDGE_STATE_DIR"])
    for name in ("events.db", "subscriptions.json"):
        next(state.rglob(name)).write_bytes(b"not what it should be" * 100)
    for ending in ("-wal", "-shm"):
        for path in state.rglob(f"events.db{ending}"):
            path.unlink()
    assert box.bridge("event-log", "*").ok()["events"] == []
    done = box.bridge("event-list")
    assert done.ok()["subscriptions"] == []
    assert "kept as" in done.stderr
    assert len(list(state.rglob("*.corrupt-*"))) == 2


def test_a_row_without_sound_data_spoils_no_other(box):
    box.bridge("event-publish", "dev", "go", "one").ok()
    path = next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("events.db"))
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE events SET data = '5'")
    box.bridge("event-publish", "dev", "go", "two", "--data", '{"a": 1}').ok()
    assert [(event["message"], event["data"]) for event in events(box)] == [("one", {}), ("two", {"a": 1})]


# --- subscriptions ---


def test_list_and_unsubscribe(served):
    first = subscribe(served, "dev", "pane-exit", "true")
    second = subscribe(served, "*", "*", "--once")
    listed = served.bridge("event-list").ok()
    assert [item["subscription_id"] for item in listed["subscriptions"]] == [first, second]
    assert served.bridge("event-list", "dev").ok()["count"] == 1
    assert served.bridge("daemon-status").ok()["subscriptions"] == 2
    served.bridge("event-unsubscribe", first).ok()
    assert served.bridge("event-unsubscribe", first).code == "ERR_SUBSCRIPTION_NOT_FOUND"
    assert served.bridge("daemon-status").ok()["subscriptions"] == 1


def test_a_daemon_for_one_session_says_what_it_does_not_serve(box):
    box.session("dev")
    box.bridge("daemon-start", "dev").ok()
    for words in (("dev", "pane-exit"), ("$0", "pane-exit"), ("other", "go"), ("other", "timeout", "--after", "60")):
        assert box.bridge("event-subscribe", *words).ok()["enforced"] is True
    answer = box.bridge("event-subscribe", "other", "pane-exit").ok()
    assert answer["enforced"] is False
    assert "daemon-restart" in answer["hint"]


def test_logs_are_given_back_when_nobody_listens(served):
    names = [subscribe(served, "dev", "pattern-match", "--pattern", "x") for _ in range(2)]
    assert served.tmux("display-message", "-p", "-t", "=dev:", "#{pane_pipe}").strip() == "1"
    for name in names:
        served.bridge("event-unsubscribe", name).ok()
    assert served.tmux("display-message", "-p", "-t", "=dev:", "#{pane_pipe}").strip() == "0"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("dev", "Not A Type"), "ERR_USAGE"),
        (("", "go"), "ERR_USAGE"),
        (("dev", "pattern-match"), "ERR_USAGE"),
        (("dev", "pane-exit", "--pattern", "x"), "ERR_USAGE"),
        (("dev", "timeout"), "ERR_USAGE"),
        (("dev", "pane-exit", "--after", "3"), "ERR_USAGE"),
        (("dev", "timeout", "--after", "soon"), "ERR_USAGE"),
        (("dev", "pattern-match", "--pattern", "("), "ERR_BAD_PATTERN"),
        (("dev", "pane-exit", "x" * 70_000), "ERR_TOO_LARGE"),
        (("dev", "pane-exit", "--pane", "twin"), "ERR_LABEL_AMBIGUOUS"),
        (("dev", "pane-exit", "echo", "--argv", "echo"), "ERR_USAGE"),
        (("dev", "pane-exit", "--argv", ""), "ERR_USAGE"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value)[:40],
)
def test_a_subscription_that_makes_no_sense_is_refused(box, words, code):
    box.session("dev")
    for _ in range(2):
        box.bridge("pane-create", "dev", "twin").ok()
    assert box.bridge("event-subscribe", *words).code == code
    assert box.bridge("event-list").ok()["count"] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("dev", "Bad"), "ERR_USAGE"),
        (("dev", "go", "--data", "[1]"), "ERR_USAGE"),
        (("dev", "go", "--data", "{"), "ERR_USAGE"),
        (("dev", "go", "--pane", "9"), "ERR_PANE_NOT_FOUND"),
        (("dev", "go", "--pane", "twin"), "ERR_LABEL_AMBIGUOUS"),
        (("none", "go", "--pane", "0"), "ERR_SESSION_NOT_FOUND"),
        (("dev", "go", "x" * 100_000, "--data", '{"a": "' + "x" * 120_000 + '"}'), None),
        (("dev", "go", "x" * 130_000, "--data", '{"a": "' + "x" * 129_000 + '"}'), "ERR_TOO_LARGE"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_publishing(box, words, code):
    box.session("dev")
    for _ in range(2):
        box.bridge("pane-create", "dev", "twin").ok()
    done = box.bridge("event-publish", *words)
    assert (done.code if done.status else None) == code
    assert len(events(box)) == (0 if code else 1)


def test_the_lock_is_waited_for_and_then_told(box):
    import fcntl

    subscribe(box, "dev", "go")
    path = next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("subscriptions.lock"))
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        env = {"BRIDGE_LOCK_TIMEOUT": "0.2"}
        assert box.bridge("event-subscribe", "dev", "go", env=env).code == "ERR_LOCKED"
        assert box.bridge("event-unsubscribe", "x", env=env).code == "ERR_LOCKED"
