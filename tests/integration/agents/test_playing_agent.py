"""The program that plays an agent does what its options say, and bridge delivers to it whatever that is."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest
from conftest import wait_until

PROGRAM = Path(__file__).resolve().parents[2] / "programs" / "playing_agent.py"
LINES = "first\n  second é 日本\nthird 'quoted' $(id);"


class Played:
    """The program in a pane, and its log."""

    def __init__(self, box, options: str) -> None:
        self.box = box
        self.log = box.work / "log"
        self.session = box.session()
        words = shlex.join([sys.executable, str(PROGRAM), str(self.log), *shlex.split(options)])
        box.bridge("pane-exec", self.session, "0", words).ok()
        self.await_events("started", 1)

    def rows(self, event: str) -> list[dict]:
        text = self.log.read_text() if self.log.exists() else ""
        rows = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [row for row in rows if row["event"] == event]

    def await_events(self, event: str, count: int) -> list[dict]:
        wait_until(lambda: len(self.rows(event)) >= count, f"{count} times {event}", 20)
        return self.rows(event)

    def ready(self) -> Played:
        wait_until(lambda: "? for shortcuts" in self.screen(), "the box", 20)
        return self

    def screen(self) -> str:
        return self.box.screen(f"{self.session}:")

    def ask(self, what: str) -> str:
        return self.box.tmux("display-message", "-p", "-t", f"{self.session}:", what).strip()

    def press(self, *keys: str) -> None:
        self.box.tmux("send-keys", "-t", f"{self.session}:", *keys)

    def send(self, text: str):
        return self.box.bridge("pane-send-stdin", self.session, "0", "-", "--enter", text=text.encode(), timeout=60)

    @property
    def messages(self) -> list[str]:
        return [row["text"] for row in self.rows("message")]


@pytest.fixture
def play(box):
    return lambda options="": Played(box, options)


@pytest.mark.parametrize(
    "options",
    [
        "",
        "--main-screen",
        "--swallow-after-paste 0.3",
        "--no-brackets --burst 0.12",
        "--late 1",
        "--redraw 0.5",
        "--work 0.3 --progress",
    ],
)
def test_a_message_is_taken_once_as_it_was(play, options):
    played = play(options).ready()
    # Without brackets each line is a message of its own, so that one line is sent.
    texts = ["one line"] if "--no-brackets" in options else ["one line", LINES, "long " * 60 + "end", "one line"]
    for text in texts:
        assert played.send(text).ok()["entered"] is True, played.screen()
    assert played.messages == texts


def test_an_enter_is_lost_after_the_start(play):
    played = play("--swallow 3").ready()
    played.press("a", "Enter")
    played.await_events("swallowed", 1)
    wait_until(lambda: (played.press("Enter"), played.messages)[1], "the Enter that counts", 20)
    assert played.messages == ["a"]


def test_an_enter_right_behind_a_key_is_a_new_line(play):
    played = play("--burst 5").ready()
    played.press("a", "Enter")
    wait_until(lambda: "❯\u00a0a\n" in played.screen() and not played.messages, "two lines")
    assert not played.messages


def test_a_menu_that_comes_with_the_paste_is_not_answered(play):
    played = play("--main-screen --menu-after-paste 0").ready()
    done = played.send("hello")
    assert (done.status, done.json["entered"]) == (1, False)
    assert (played.rows("answered"), played.messages) == ([], [])
    played.press("3")
    assert played.await_events("answered", 1)[0]["option"] == 3
    assert "❯\u00a0hello" in wait_until(lambda: played.screen() if "❯\u00a0hello" in played.screen() else "", "the box")


def test_an_approval_stands_until_it_is_answered(play):
    played = play("--work 0.2 --title '{mark} here'").ready()
    assert wait_until(lambda: played.ask("#{pane_title}") == "✳ here", "the title")
    played.send("please approve")
    wait_until(lambda: "❯ 1. Yes" in played.screen(), "the menu")
    assert played.ask("#{pane_title}") == "✋ here"
    played.press("Down", "Enter")
    assert played.await_events("answered", 1)[0]["option"] == 2
    played.await_events("ended", 1)
    assert wait_until(lambda: "● done" in played.screen(), "the end")


def test_it_works_waits_and_can_be_interrupted(play):
    played = play().ready()
    played.send("work 30")
    wait_until(lambda: "Working…" in played.screen(), "the mark of work")
    played.send("next")
    assert played.await_events("queued", 1)[0]["text"] == "next"
    played.press("Escape")
    played.await_events("interrupted", 1)


def test_it_starts_anew_and_loses_its_box(play):
    played = play("--restart-after 1.5 --draft half").ready()
    assert "❯\u00a0half" in played.screen()
    assert played.await_events("restarts", 1)[0]["lost"] == "half"
    assert [row["restarted"] for row in played.await_events("started", 2)] == [False, True]
    assert len({row["pid"] for row in played.rows("started")}) == 1


def test_it_ends_as_it_is_told(play):
    played = play("--approve-first")
    wait_until(lambda: "❯ 1. Yes" in played.screen(), "the menu")
    played.press("1")
    played.ready()
    played.send("crash")
    assert played.await_events("exited", 1)[0]["status"] == 3
