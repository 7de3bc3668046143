"""agent-classify and agent-profiles: what they tell, and every way in which they fail."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import wait_until

from bridge import client

SCREENS = Path(__file__).parents[2] / "agents" / "screens"
MENU = "Do you want to proceed?\n\n❯ 1. Yes\n  2. No\n\nEsc to cancel\n"


@pytest.fixture
def screen(box):
    path = box.work / "screen.txt"
    path.write_text(MENU)
    return path


@pytest.fixture
def own(box):
    """A profile of the user's, not written yet."""
    path = box.home / ".config" / "bridge" / "profiles" / "mine.toml"
    path.parent.mkdir(parents=True)
    return path


def refused(box, code: str, *words: str, **kwargs) -> str:
    done = box.bridge(*words, **kwargs)
    assert (done.status, done.code) == (1, code), done.stdout
    assert done.json["error"]["hint"]
    return done.json["error"]["message"]


@pytest.mark.parametrize("front", ["fast", "click"])
def test_a_screen_is_told_with_its_rule(box, screen, front):
    done = box.bridge("agent-classify", "--profile", "claude", "--screen", "screen.txt", front=front).ok()
    assert (done["state"], done["kind"], done["rule"]) == ("approval", "permission", "permission")
    assert done["output"] == "approval: a menu has an option that allows and one that refuses\n"
    assert done["menu"]["options"][0] == {"label": "Yes", "key": "1", "marked": True}
    assert done["composer"] is None
    assert done["evidence"][0] == {"region": "options", "row": 2, "text": "Yes"}
    assert done["untrusted"] is True


def test_batch_and_client_tell_the_same(box, screen):
    alone = box.bridge("agent-classify", "--profile", "claude", "--screen", str(screen)).ok()
    line = json.dumps({"argv": ["agent-classify", "--profile", "claude", "--screen", str(screen)]})
    done = box.call([box.built, "batch"], text=f"{line}\n".encode())
    answer = json.loads(done.stdout)
    with client.Bridge(environ=box.env) as bridge:
        found = bridge.agent_classify(profile="claude", screen=str(screen))
        with pytest.raises(client.ERRORS["ERR_PROFILE_NOT_FOUND"]):
            bridge.agent_classify(profile="nobody", screen=str(screen))
    for told in (answer, found.envelope):
        assert {key: told[key] for key in ("state", "rule", "evidence", "menu")} == {
            key: alone[key] for key in ("state", "rule", "evidence", "menu")
        }


def test_what_a_screen_lacks_can_be_told_besides(box):
    path = SCREENS / "measured" / "codex" / "silent-120x40.txt"
    words = ("agent-classify", "--profile", "codex", "--screen", str(path), "--size", "120x40", "--cursor", "2,36")
    assert box.bridge(*words, "--title", "⠋ app").ok()["state"] == "working"
    idle = SCREENS / "measured" / "claude" / "fresh-120x40.txt"
    words = ("agent-classify", "--profile", "claude", "--screen", str(idle))
    assert box.bridge(*words).ok()["state"] == "idle"
    assert box.bridge(*words, "--progress", "3").ok()["rule"] == "progress"


def test_nothing_to_go_by_is_unknown_with_a_reason(box, screen):
    screen.write_text("")
    done = box.bridge("agent-classify", "--profile", "claude", "--screen", "screen.txt").ok()
    assert (done["state"], done["rule"], done["reason"]) == ("unknown", None, "the screen is empty")


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (("--cursor", "x"), "'x'"),
        (("--cursor", "3"), "'3'"),
        (("--cursor", "-1,2"), "'-1,2'"),
        (("--cursor", "1,2,3"), "'1,2,3'"),
        (("--cursor", "99999,2"), "'99999,2'"),
        (("--size", "120"), "'120'"),
        (("--size", "0x40"), "'0x40'"),
        (("--size", "120×40"), "'120×40'"),
        (("--size", "80x24", "--cursor", "2,24"), "2,24"),
        (("--size", "80x24", "--cursor", "81,2"), "81,2"),
        (("--progress", "5"), "5"),
        (("--progress", "busy"), "busy"),
    ],
)
def test_a_place_that_cannot_be_is_refused(box, screen, words, value):
    assert value in refused(box, "ERR_USAGE", "agent-classify", "--profile", "claude", "--screen", "screen.txt", *words)


def test_profile_and_screen_must_be_named(box, screen):
    assert "--profile" in refused(box, "ERR_USAGE", "agent-classify", "--screen", "screen.txt")
    assert "--screen" in refused(box, "ERR_USAGE", "agent-classify", "--profile", "claude")


@pytest.mark.parametrize("command", [("agent-classify", "--screen", "screen.txt", "--profile"), ("agent-profiles",)])
def test_an_unknown_profile_is_told_with_what_was_meant(box, screen, command):
    done = box.bridge(*command, "claud")
    assert done.code == "ERR_PROFILE_NOT_FOUND"
    assert "'claud'" in done.json["error"]["message"]
    assert done.json["error"]["hint"] == "did you mean claude?"
    assert box.bridge(*command, "zzz").json["error"]["hint"] == "bridge agent-profiles lists them"


def test_a_file_that_is_no_screen_is_refused(box, screen):
    words = ("agent-classify", "--profile", "claude", "--screen")
    assert "'gone.txt'" in refused(box, "ERR_SCREEN", *words, "gone.txt")
    assert "it is no file" in refused(box, "ERR_SCREEN", *words, ".")
    fifo = box.work / "fifo"
    os.mkfifo(fifo)
    assert "it is no file" in refused(box, "ERR_SCREEN", *words, "fifo")
    screen.write_bytes(b"\0\1\2")
    assert "NUL" in refused(box, "ERR_SCREEN", *words, "screen.txt")
    screen.write_bytes(b"x" * 10_000_000)
    assert "1048576" in refused(box, "ERR_TOO_LARGE", *words, "screen.txt")
    screen.write_bytes(b"\xff\xfe no utf-8 \xe2\x9d\n")
    assert box.bridge(*words, "screen.txt").ok()["state"] == "unknown"


def test_the_profiles_are_listed_and_shown(box, own):
    listed = box.bridge("agent-profiles").ok()
    by_name = {row["profile"]: row for row in listed["profiles"]}
    assert {"claude", "codex", "gemini", "opencode", "aider", "copilot", "cursor", "shell"} <= set(by_name)
    assert by_name["claude"]["tried"] == ["2.1.197"]
    assert by_name["amp"]["tried"] == []
    assert "amp: Amp (not run, known by its screens)\n" in listed["output"]
    assert listed["folder"] == str(own.parent)
    shown = box.bridge("agent-profiles", "claude").ok()
    assert shown["data"]["start"]["command"] == ["claude"]
    assert [rule["priority"] for rule in shown["rules"]] == sorted(
        (rule["priority"] for rule in shown["rules"]), reverse=True
    )
    assert {"rule", "priority", "state", "kind", "reason"} == set(shown["rules"][0])


def test_a_profile_of_the_user_s_own_is_used(box, own, screen):
    own.write_text(
        'name = "mine"\ntitle = "Mine"\n[start]\ncommand = ["mine"]\n[screen]\nglyphs = ["$$"]\n'
        '[[rules]]\nname = "lunch"\npriority = 999\nstate = "working"\nreason = "it eats"\n'
        "when = { last = '/eating' }\n"
    )
    row = box.bridge("agent-profiles").ok()["profiles"][-1]
    assert (row["profile"], row["path"], row["shipped"], row["valid"]) == ("mine", str(own), False, True)
    assert box.bridge("agent-profiles", "--check").ok()["problems"] == []
    screen.write_text("$$ hello\n\neating\n")
    done = box.bridge("agent-classify", "--profile", "mine", "--screen", "screen.txt").ok()
    assert (done["state"], done["rule"], done["reason"]) == ("working", "lunch", "it eats")
    screen.write_text("hello\n$$ \n")
    assert box.bridge("agent-classify", "--profile", "mine", "--screen", "screen.txt").ok()["state"] == "idle"


def test_a_shipped_profile_is_changed_by_a_file_of_its_name(box, own, screen):
    path = own.with_name("claude.toml")
    path.write_text('name = "claude"\n[[rules]]\nname = "permission"\nstate = "question"\n')
    done = box.bridge("agent-classify", "--profile", "claude", "--screen", "screen.txt").ok()
    assert (done["state"], done["rule"]) == ("question", "permission")
    assert box.bridge("agent-profiles", "claude").ok()["data"]["start"]["command"] == ["claude"]


def test_one_profile_extends_another_and_a_circle_is_refused(box, own, screen):
    own.write_text('name = "mine"\nextends = "gemini"\n[start]\ncommand = ["mine"]\n')
    assert box.bridge("agent-profiles", "mine").ok()["data"]["submit"]["delay_ms"] == 200
    own.write_text('name = "mine"\nextends = "yours"\n')
    own.with_name("yours.toml").write_text('name = "yours"\nextends = "mine"\n')
    assert "circle" in refused(box, "ERR_CONFIG", "agent-profiles", "mine", "--check")
    own.write_text('name = "mine"\nextends = "gemni"\n')
    assert "did you mean gemini" in refused(box, "ERR_CONFIG", "agent-profiles", "mine")


def test_what_is_wrong_is_told_with_file_and_line(box, own, screen):
    own.write_text('name = "mine"\n[start]\ncommand = ["mine"]\n[submit]\npaste = "magic"\n[shapes]\nbusy = ["("]\n')
    done = box.bridge("agent-profiles", "--check")
    assert (done.status, done.code) == (1, "ERR_CONFIG")
    assert [row["line"] for row in done.json["problems"]] == [5, 7]
    assert all(row["path"] == str(own) and row["profile"] == "mine" for row in done.json["problems"])
    assert done.json["error"]["message"].startswith(f"{own}:5: submit.paste: one of bracketed, plain, not 'magic'")
    assert "(and 1 more)" in done.json["error"]["message"]
    assert done.json["output"].count("\n") == 2
    checked = box.bridge("agent-profiles", "claude", "--check").ok()
    assert [row["profile"] for row in checked["profiles"]] == ["claude"]
    listed = {row["profile"]: row for row in box.bridge("agent-profiles").ok()["profiles"]}
    assert listed["mine"]["valid"] is False
    said = refused(box, "ERR_CONFIG", "agent-classify", "--profile", "mine", "--screen", "screen.txt")
    assert said.startswith(f"{own}:5: ")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"name = \n", ":1: not TOML"),
        (b'name = "mine"\nx = ' + b"1_2" * 5000 + b"\n", ":2: not TOML"),
        (b"x = " + b"[" * 50_000, ":0: not TOML"),
        (b"\xff\n", "byte 0 is not UTF-8"),
        (b"#" * (1 << 20) + b"##", "it is larger than"),
    ],
    ids=["no value", "a long number", "brackets", "no text", "too large"],
)
def test_a_file_that_is_no_profile_is_told(box, own, data, said):
    own.write_bytes(data)
    assert said in refused(box, "ERR_CONFIG", "agent-profiles", "--check")


def test_a_profile_that_others_may_write_to_is_not_read(box, own):
    own.write_text('name = "mine"\n[start]\ncommand = ["mine"]\n')
    own.chmod(0o666)
    assert "everybody may write to it" in refused(box, "ERR_CONFIG", "agent-profiles", "mine")


@pytest.mark.parametrize("shell", ["bash --norc", "dash", "zsh -f", "fish --no-config", "ksh", "mksh"])
def test_a_real_shell_is_idle_at_its_prompt_and_working_without_one(box, shell):
    if shutil.which(shell.split(" ", 1)[0]) is None:
        pytest.skip(f"{shell} IS NOT INSTALLED: its prompt is not read")
    box.tmux("new-session", "-d", "-s", "dev", "-x", "100", "-y", "30", shell)

    def state() -> str:
        (box.work / "screen").write_text(box.tmux("capture-pane", "-e", "-p", "-t", "dev"))
        return box.bridge("agent-classify", "--profile", "shell", "--screen", "screen").ok()["state"]

    wait_until(lambda: state() == "idle", f"the prompt of {shell}", 30)
    box.tmux("send-keys", "-t", "dev", "echo begun; sleep 600", "Enter")
    wait_until(lambda: "\nbegun" in box.tmux("capture-pane", "-p", "-t", "dev"), "the command", 30)
    assert state() == "working"
    box.tmux("send-keys", "-t", "dev", "C-c")
    wait_until(lambda: state() == "idle", "the next prompt", 30)
