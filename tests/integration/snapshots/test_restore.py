"""Sessions brought back: exactly, without running anything, without harm to what is there."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import stat
from pathlib import Path

import pytest
from conftest import TMUX, wait_until

from bridge.core import snapshots

SHAPE = (
    "#{window_index} #{?automatic-rename,,#{window_name}} #{window_active} #{window_last_flag} #{window_zoomed_flag}"
    " #{window_width}x#{window_height} #{pane_index} #{pane_left},#{pane_top} #{pane_width}x#{pane_height}"
    " #{pane_active} #{pane_last} #{pane_title} #{pane_input_off} #{pane_marked} #{@bridge_label} #{@bridge_metadata}"
    " #{@mine} #{pane_current_path}"
)


def read(path) -> dict:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def shape(box, session: str = "dev") -> list[str]:
    return box.tmux("list-panes", "-s", "-t", f"={session}", "-F", SHAPE).splitlines()


def saved_and_gone(box, session: str = "dev", *words) -> str:
    """Save the session and end the whole server; the file's path."""
    path = box.bridge("session-save", session, *words).ok()["file"]
    box.tmux("kill-server")
    wait_until(lambda: box.call([TMUX, "list-sessions"]).status, "the end of the server")
    return path


def edited(box, path: str, change, name: str = "edited.snapshot") -> str:
    """A copy of a snapshot with a change and a checksum that fits."""
    document = read(path)
    change(document)
    target = box.work / name
    target.write_bytes(snapshots.seal(document))
    return str(target)


def rich(box) -> None:
    """A session with gaps, names, nested layouts, zoom, labels, options and a history limit of its own."""
    for name in ("with blank", "quo'te\"", "new\nline", "#{x}#(touch p)", "日本;"):
        (box.work / name).mkdir()
    (box.work / "link").symlink_to("with blank")
    box.bridge("session-create", "dev", "--size", "133x41").ok()
    box.tmux("set-option", "-t", "dev", "history-limit", "4321")
    box.tmux("set-option", "-t", "dev", "@mine", 'a "b" $HOME ~ ; \n #{c}')
    box.tmux("set-option", "-t", "dev", "status-left", "[#S]")
    box.tmux("new-window", "-d", "-t", "dev:3", "-n", "logs ##(touch p) 'q'", "-c", str(box.work / "with blank"))
    box.tmux("split-window", "-h", "-t", "dev:3", "-c", str(box.work / "quo'te\""))
    box.tmux("split-window", "-v", "-l", "7", "-t", "dev:3", "-c", str(box.work / "new\nline"))
    box.tmux("split-window", "-h", "-b", "-t", "dev:3.0", "-c", str(box.work / "link"))
    box.tmux("new-window", "-d", "-t", "dev:8", "-c", str(box.work) + "/##{x}##(touch p)")
    box.tmux("split-window", "-t", "dev:8", "-c", str(box.work / "日本;").replace(";", "\\;"))
    box.tmux("set-option", "-w", "-t", "dev:8", "automatic-rename", "on")
    box.tmux("set-option", "-w", "-t", "dev:3", "remain-on-exit", "on")
    box.tmux("set-option", "-p", "-t", "dev:3.1", "@mine", "of the pane")
    box.bridge("pane-metadata-set", "dev", "3.1", "key", "va'l\"ue\n#{x}").ok()
    box.tmux("select-pane", "-t", "dev:3.2", "-T", "title ##{x} 'q' $HOME")
    box.tmux("select-pane", "-t", "dev:3.3")
    box.tmux("select-pane", "-t", "dev:3.1")
    box.tmux("resize-pane", "-Z", "-t", "dev:3.1")
    box.tmux("select-pane", "-m", "-t", "dev:8.0")
    box.tmux("select-pane", "-d", "-t", "dev:8.1")
    box.tmux("select-window", "-t", "dev:8")
    box.tmux("select-window", "-t", "dev:3")
    for address in ("0", "3.0", "3.1", "3.2", "3.3", "8.0", "8.1"):
        box.await_prompt("dev", address)


def test_a_session_comes_back_as_it_was(box):
    rich(box)
    before = shape(box)
    path = saved_and_gone(box)
    done = box.bridge("session-restore", "dev").ok()
    assert shape(box) == before
    assert done["lost"] == []
    assert done["score_percent"] == 100
    assert set(box.tmux("list-panes", "-s", "-t", "dev", "-F", "#{history_limit}").split()) == {"4321"}
    assert (done["session_name"], done["file"], done["window_count"], done["pane_count"]) == ("dev", path, 3, 7)
    assert box.tmux("show-options", "-v", "-t", "dev", "@mine") == 'a "b" $HOME ~ ; \n #{c}\n'
    assert box.tmux("show-options", "-v", "-t", "dev", "status-left") == "[#S]\n"
    assert box.tmux("show-options", "-t", "dev:", "default-size") in ("", "default-size 133x41\n")
    assert box.tmux("show-options", "-t", "dev", "@bridge_restoring", check=False) == ""
    assert not list(box.work.rglob("p"))
    assert box.bridge("pane-metadata-get", "dev", "3.1", "key").ok()["output"] == "va'l\"ue\n#{x}\n"
    assert next(entry for entry in box.bridge("session-list").ok()["sessions"])["owned"] is True
    assert json.loads((box.states / "dev.state").read_text(encoding="utf-8"))["session_name"] == "dev"


def test_a_second_save_says_the_same_as_the_first(box):
    rich(box)
    first = read(saved_and_gone(box))
    box.bridge("session-restore", "dev").ok()
    second = read(box.bridge("session-save", "dev").ok()["file"])
    for document in (first, second):
        for key in ("saved_at", "checksum", "identity", "layout"):
            del document[key]
        for window in document["windows"]:
            window["layout"] = snapshots.layouts.read(window["layout"]).form
            window["name"] = "" if window["named_by_tmux"] else window["name"]
    assert second == first


def test_commands_are_typed_and_not_run(box):
    box.session()
    box.tmux("send-keys", "-t", "dev", "-l", "sh -c 'touch ran; sleep 1000; :' \"it's\" '' $'a\\nb'")
    box.tmux("send-keys", "-t", "dev", "Enter")
    wait_until((box.work / "ran").exists, "the first run")
    (box.work / "ran").unlink()
    wait_until(lambda: running(box), "the running command")
    saved_and_gone(box)
    done = box.bridge("session-restore", "dev").ok()
    (command,) = done["commands"]
    assert (command["action"], done["lost"]) == ("typed", [])
    assert "sleep 1000" in box.screen("dev")
    assert not (box.work / "ran").exists()
    box.tmux("send-keys", "-t", "dev", "Enter")
    wait_until(lambda: running(box), "what was typed")
    assert running(box) == [["sh", "-c", "touch ran; sleep 1000; :", "it's", "", "a\nb"]]
    assert (box.work / "ran").exists()


@pytest.mark.parametrize("shell", ["zsh", "fish", "dash", "ksh"])
def test_other_shells_are_given_their_words_too(shell, box):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} IS NOT INSTALLED")
    box.env["SHELL"] = program
    box.session()
    box.tmux("send-keys", "-t", "dev", "-l", "sh -c 'sleep 1000; :' '$HOME' 'a  b' \"it's\" '*'")
    box.tmux("send-keys", "-t", "dev", "Enter")
    words = wait_until(lambda: running(box), "the running command")
    assert words == [["sh", "-c", "sleep 1000; :", "$HOME", "a  b", "it's", "*"]]
    saved_and_gone(box, "dev", "--scrollback")
    done = box.bridge("session-restore", "dev", "--replay").ok()
    assert [(item["action"]) for item in done["commands"]] == ["run"], done["lost"]
    wait_until(lambda: running(box) == words, "the same words")


def running(box):
    return read(box.bridge("session-save", "dev", "look.snapshot").ok()["file"])["panes"][0]["argv"]


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (("--replay",), True),
        (("--replay-allow", "sleep [0-9]+"), True),
        (("--replay-allow", "none", "--replay-allow", "sleep 1[0-9]*"), True),
        (("--replay-allow", "sleep"), False),
        ((), False),
    ],
)
def test_commands_run_when_they_may(words, runs, box):
    box.session()
    box.tmux("send-keys", "-t", "dev", "sleep 1234", "Enter")
    wait_until(lambda: running(box), "the running command")
    saved_and_gone(box)
    done = box.bridge("session-restore", "dev", *words).ok()
    assert done["commands"][0]["action"] == ("run" if runs else "typed")
    if runs:
        wait_until(lambda: running(box) == [["sleep", "1234"]], "the command again")
    else:
        assert running(box) is None


def test_a_command_without_its_secret_is_never_run(box):
    box.session()
    box.tmux("send-keys", "-t", "dev", "sh -c 'sleep 1000; :' --password topsecret", "Enter")
    wait_until(lambda: running(box), "the running command")
    saved_and_gone(box)
    done = box.bridge("session-restore", "dev", "--replay").ok()
    assert done["commands"][0]["action"] == "typed"
    assert "[redacted]" in box.screen("dev")
    assert running(box) is None
    assert any(entry["field"] == "command" for entry in done["lost"])


def test_scrollback_comes_back_above_the_prompt(box):
    box.session()
    box.tmux("send-keys", "-t", "dev", "printf '\\033[31mred\\033[0m\\n'; seq 200", "Enter")
    wait_until(lambda: "\n200\n" in box.screen("dev"), "the output")
    saved_and_gone(box, "dev", "--scrollback")
    done = box.bridge("session-restore", "dev").ok()
    text = box.tmux("capture-pane", "-p", "-e", "-S", "-", "-t", "dev")
    assert "\x1b[31mred" in text
    assert "\n199\n200\n" in text
    assert "restored from" in text
    assert done["score"]["history"]["percent"] == 100
    assert list((box.directory / "state").rglob("restoring/*")) == []


def test_a_dry_run_touches_nothing(box):
    rich(box)
    path = saved_and_gone(box)
    done = box.bridge("session-restore", path, "--dry-run").ok()
    assert (done["dry_run"], done["pane_count"], done["session_id"], done["score"]) == (True, 7, None, None)
    assert box.bridge("session-list").ok()["sessions"] == []


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_session_that_is_there_is_not_touched(words, box):
    box.session("dev", panes=2)
    box.bridge("session-save", "dev").ok()
    before = shape(box)
    assert box.bridge("session-restore", "dev", *words).code == "ERR_SESSION_EXISTS"
    done = box.bridge("session-restore", "dev", "--on-conflict", "skip", *words).ok()
    assert (done["skipped"], done["session_id"]) == (True, None)
    assert shape(box) == before
    done = box.bridge("session-restore", "dev", "--on-conflict", "rename", *words).ok()
    assert done["session_name"] == "dev-2"
    assert box.bridge("session-restore", "dev", "--as", "other", *words).ok()["session_name"] == "other"
    assert shape(box) == before
    names = [entry["name"] for entry in box.bridge("session-list").ok()["sessions"]]
    assert names == (["dev"] if words else ["dev", "dev-2", "other"])


def test_a_name_that_we_would_not_make_needs_another(box):
    box.tmux("new-session", "-d", "-s", "a/b", "exec sleep 1000")
    path = saved_and_gone(box, "a/b")
    assert box.bridge("session-restore", path).code == "ERR_BAD_NAME"
    assert box.bridge("session-restore", path, "--as", "a.b").code == "ERR_BAD_NAME"
    done = box.bridge("session-restore", path, "--as", "ab").ok()
    assert done["session_name"] == "ab"
    assert box.bridge("session-list").ok()["sessions"][0]["owned"] is False


def test_what_was_saved_from_a_directory_that_has_gone_starts_nearby(box):
    place = box.work / "one" / "two"
    place.mkdir(parents=True)
    box.tmux("new-session", "-d", "-s", "dev", "-c", str(place))
    box.await_prompt("dev")
    saved_and_gone(box)
    place.rmdir()
    done = box.bridge("session-restore", "dev").ok()
    (lost,) = done["lost"]
    assert (lost["item"], lost["field"]) == ("pane 0.0", "working_dir")
    assert str(place) in lost["reason"]
    assert box.tmux("display-message", "-p", "-t", "dev", "#{pane_current_path}") == f"{box.work}/one\n"
    assert done["score"]["working_dir"]["percent"] == 0


def test_indexes_do_not_depend_on_where_tmux_begins_to_count(box):
    box.session("dev", panes=3)
    box.tmux("new-window", "-d", "-t", "dev:4")
    path = saved_and_gone(box)
    (box.home / ".tmux.conf").write_text("set -g base-index 1\nset -g pane-base-index 1\nset -g renumber-windows on\n")
    done = box.bridge("session-restore", path).ok()
    assert done["lost"] == []
    assert box.tmux("list-windows", "-t", "dev", "-F", "#{window_index}").split() == ["0", "4"]


def test_a_shell_that_draws_its_own_title_and_moves_is_reported(box):
    box.session()
    box.tmux("select-pane", "-t", "dev", "-T", "mine")
    path = saved_and_gone(box)
    (box.home / ".bash_profile").write_text("PS1='$ '\ncd /\n")
    done = box.bridge("session-restore", path).ok()
    assert [entry["field"] for entry in done["lost"]] == ["working_dir"]
    assert box.tmux("display-message", "-p", "-t", "dev", "#{pane_title}") == "mine\n"


def test_a_restore_of_ten_panes_is_whole(box):
    box.bridge("session-create", "dev", "--size", "200x60").ok()
    for number in range(9):
        box.bridge("pane-create", "dev", f"p{number}").ok()
    for number in range(10):
        box.await_prompt("dev", str(number))
    before = shape(box)
    saved_and_gone(box)
    assert box.bridge("session-restore", "dev").ok()["score_percent"] == 100
    assert shape(box) == before


# --- what must be refused ---


def broken(text: bytes) -> dict[str, bytes]:
    document = json.loads(text)
    return {
        "empty": b"",
        "half": text[: len(text) // 2],
        "not JSON": b"not a snapshot\n",
        "array": b"[]",
        "other object": b"{}",
        "changed": text.replace(b'"window_count"', b'"x"').replace(b'"dev"', b'"def"'),
        "without checksum": json.dumps({key: value for key, value in document.items() if key != "checksum"}).encode(),
        "newer": json.dumps(document | {"version": "4.1"}).encode(),
        "much newer": json.dumps(document | {"version": "12.0"}).encode(),
        "version is no text": json.dumps(document | {"version": 4}).encode(),
        "deep": b"[" * 100_000,
        "deep object": b'{"version":"4.0","x":' + b"[" * 5000 + b"]" * 5000 + b"}",
        "not UTF-8": b"\xff\xfe" + text,
        "NUL bytes": b"\0" * 4096,
        "huge number": b'{"version":"4.0","x":' + b"9" * 10_000 + b"}",
    }


@pytest.mark.parametrize("kind", list(broken(b"{}")))
def test_a_broken_file_is_refused_before_tmux_is_touched(kind, box):
    box.session()
    path = saved_and_gone(box)
    bad = box.work / "bad.snapshot"
    bad.write_bytes(broken(Path(path).read_bytes())[kind])
    done = box.bridge("session-restore", "bad.snapshot", env={"BRIDGE_TMUX": "/nonexistent/tmux"})
    assert done.code == "ERR_SNAPSHOT", done.stdout
    assert str(bad) in done.json["error"]["message"]
    assert box.bridge("session-snapshot-show", str(bad)).code == "ERR_SNAPSHOT"


def change(*path, to):
    def apply(document: dict) -> None:
        place = document
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return apply


HOSTILE = {
    "name is no text": change("session_name", to=7),
    "no windows": change("windows", to=[]),
    "windows are no list": change("windows", to={}),
    "window twice": lambda document: document["windows"].append(document["windows"][0]),
    "window index": change("windows", 0, "index", to=-1),
    "huge window index": change("windows", 0, "index", to=2**31),
    "layout of others": change("windows", 0, "layout", to="b25d,80x24,0,0{40x24,0,0,0,39x24,41,0,1}"),
    "layout text": change("windows", 0, "layout", to="tiled"),
    "layout is huge": change("windows", 0, "layout", to="0000,99999x99999,0,0,0"),
    "layout is a list": change("windows", 0, "layout", to=[]),
    "option name": change("windows", 0, "options", to={"-g status": "x"}),
    "option name with a newline": change("session", "options", to={"@x\nrun-shell x": "y"}),
    "option value": change("panes", 0, "options", to={"@x": 7}),
    "argv": change("panes", 0, "argv", to=["sleep"]),
    "argv with NUL": change("panes", 0, "argv", to=[["a\0b"]]),
    "argv of numbers": change("panes", 0, "argv", to=[[1]]),
    "directory": change("panes", 0, "working_dir", to=None),
    "directory with NUL": change("panes", 0, "working_dir", to="/a\0b"),
    "long directory": change("panes", 0, "working_dir", to="/" * 5000),
    "title": change("panes", 0, "title", to={}),
    "metadata": change("panes", 0, "metadata", to=[]),
    "environment": change("panes", 0, "environment", to={"PATH": ["x"]}),
    "removed": change("session", "removed_environment", to=["A=B; x"]),
    "pane of no window": change("panes", 0, "window", to=3),
    "no active window": change("windows", 0, "active", to=False),
    "flag": change("windows", 0, "zoomed", to="yes"),
    "history": change("panes", 0, "history", to=7),
    "session": change("session", to=None),
    "thousand panes": lambda document: document["panes"].extend(document["panes"] * 1000),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_before_tmux_is_touched(kind, box):
    box.tmux("new-session", "-d", "-s", "dev", "exec sleep 1000")
    path = edited(box, saved_and_gone(box), HOSTILE[kind])
    done = box.bridge("session-restore", path, env={"BRIDGE_TMUX": "/nonexistent/tmux"})
    assert done.code == "ERR_SNAPSHOT", done.stdout


def test_text_of_a_hostile_file_runs_nothing(box):
    box.session()
    evil = f"#(touch {box.work}/p) '$(touch {box.work}/p)' ; `touch {box.work}/p`"

    def poison(document: dict) -> None:
        document["windows"][0] |= {"name": evil, "automatic_rename": "off", "named_by_tmux": False}
        document["windows"][0]["options"] = {"window-status-format": f"#(touch {box.work}/p)", "@w": "'; run-shell x"}
        document["session"]["options"] = {
            "status-right": f"#(touch {box.work}/p)",
            "default-command": f"touch {box.work}/p; exec bash",
            "default-shell": "/bin/false",
            "status-left": "#{E:@x}",
            "@bridge_session_owner": "x",
            "no-such-option": "1",
            "@x": f"\n run-shell 'touch {box.work}/p'",
        }
        document["session"]["environment"] = {"LD_PRELOAD": "/x.so", "PROMPT_COMMAND": "touch p", "LANG": "C"}
        document["session"]["path"] = evil
        document["panes"][0] |= {
            "title": evil,
            "label": evil,
            "working_dir": f"/{evil}",
            "argv": [["echo", evil, "\n touch p\n"]],
            "environment": {"BASH_ENV": "/x", "PATH": box.env["PATH"]},
            "history": f"\x1b]0;{evil}\x07\x1b[31mred\x1b[0m\x1b[6n\x1bP+q\x1b\\",
        }

    path = edited(box, saved_and_gone(box), poison)
    done = box.bridge("session-restore", path).ok()
    wait_until(lambda: "touch" in box.screen("dev"), "the typed text")
    assert not list(box.work.glob("p"))
    assert box.tmux("display-message", "-p", "-t", "dev", "#{window_name}").startswith("#(touch")
    assert "LD_PRELOAD" not in box.tmux("show-environment", "-t", "dev")
    lost = {entry["item"] for entry in done["lost"]}
    assert {"session: status-right", "session: default-command", "session: LD_PRELOAD", "session: status-left"} <= lost
    assert any("no-such-option" in item for item in lost)
    assert box.bridge("pane-status", "dev", "0").ok()
    assert "\x1b[31mred" in box.tmux("capture-pane", "-p", "-e", "-S", "-", "-t", "dev")


def test_a_pattern_that_is_none_is_refused(box):
    box.session()
    path = saved_and_gone(box)
    assert box.bridge("session-restore", path, "--replay-allow", "(").code == "ERR_BAD_PATTERN"
    assert box.bridge("session-restore", "nothing").code == "ERR_SNAPSHOT_NOT_FOUND"
    assert box.bridge("session-restore", "./nothing").code == "ERR_SNAPSHOT_NOT_FOUND"
    assert box.bridge("session-list").ok()["sessions"] == []


def test_special_files_are_refused(box):
    os.mkfifo(box.work / "fifo.snapshot")
    assert box.bridge("session-restore", "./fifo.snapshot").code == "ERR_SNAPSHOT"
    assert box.bridge("session-restore", "/dev/zero").code == "ERR_SNAPSHOT"
    assert box.bridge("session-restore", str(box.work)).code == "ERR_SNAPSHOT"
    (box.work / "loop.snapshot").symlink_to("loop.snapshot")
    assert box.bridge("session-restore", "loop.snapshot").code == "ERR_STATE"
    with open(box.work / "large.snapshot", "wb") as file:
        file.truncate(10 << 30)
    assert box.bridge("session-restore", "large.snapshot").code == "ERR_SNAPSHOT"


# --- what goes wrong on the way ---


def failing_tmux(box, word: str) -> dict[str, str]:
    """A tmux that refuses one word in its arguments."""
    path = box.work / "tmux"
    path.write_text(f'#!/bin/sh\ncase "$*" in *{word}*) echo "no way" >&2; exit 1;; esac\nexec {TMUX} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"BRIDGE_TMUX": str(path)}


def three_panes(box) -> str:
    for name in ("one", "two", "bad"):
        (box.work / name).mkdir()
    box.tmux("new-session", "-d", "-s", "dev", "-c", str(box.work / "one"))
    box.tmux("split-window", "-t", "dev", "-c", str(box.work / "bad"))
    box.tmux("split-window", "-t", "dev", "-c", str(box.work / "two"))
    for number in range(3):
        box.await_prompt("dev", str(number))
    return saved_and_gone(box)


def test_what_fails_is_told_and_the_rest_comes_back(box):
    path = three_panes(box)
    done = box.bridge("session-restore", path, env=failing_tmux(box, "/bad"))
    assert (done.code, done.status) == ("ERR_INCOMPLETE", 1)
    answer = done.json
    assert [item["item"] for item in answer["panes"]] == ["pane 0.0", "pane 0.2"]
    assert {"pane 0.1", "window 0"} <= {entry["item"] for entry in answer["lost"]}
    assert box.tmux("list-panes", "-t", "dev", "-F", "#{pane_current_path}").split() == [
        f"{box.work}/one",
        f"{box.work}/two",
    ]


def test_an_atomic_restore_leaves_all_or_nothing(box):
    path = three_panes(box)
    box.tmux("new-session", "-d", "-s", "other", "exec sleep 1000")
    done = box.bridge("session-restore", path, "--atomic", env=failing_tmux(box, "/bad"))
    assert done.code == "ERR_INCOMPLETE"
    assert (done.json["session_id"], done.json["panes"]) == (None, [])
    assert box.tmux("list-sessions", "-F", "#{session_name}").split() == ["other"]
    assert box.bridge("session-restore", path, "--atomic").ok()["score_percent"] == 100


def test_what_a_killed_restore_leaves_is_taken_away_by_the_next(box):
    path = three_panes(box)
    env = failing_tmux(box, "nothing")
    (box.work / "tmux").write_text(f'#!/bin/sh\ncase "$*" in *two*) sleep 60;; esac\nexec {TMUX} "$@"\n')
    process = box.start("session-restore", path, env=env)
    wait_until(lambda: "bad" in box.tmux("list-panes", "-a", "-F", "#{pane_current_path}", check=False), "the torso")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    torso = box.tmux("list-panes", "-a", "-F", "#{pane_id} #{pane_pid} #{pane_width}x#{pane_height}")
    assert box.bridge("session-restore", path, "--dry-run").ok()["dry_run"] is True
    assert box.tmux("list-panes", "-a", "-F", "#{pane_id} #{pane_pid} #{pane_width}x#{pane_height}") == torso
    done = box.bridge("session-restore", path, "--on-conflict", "skip").ok()
    assert (done["skipped"], done["score_percent"]) == (False, 100)
    assert len(box.tmux("list-panes", "-a").splitlines()) == 3


def test_a_session_that_is_being_restored_is_not_taken_for_a_torso(box):
    path = three_panes(box)
    box.tmux("new-session", "-d", "-s", "dev", "exec sleep 1000")
    box.tmux("set-option", "-t", "dev", "@bridge_restoring", f"{os.getpid()} {started(os.getpid())}")
    assert box.bridge("session-restore", path).code == "ERR_SESSION_EXISTS"
    box.tmux("set-option", "-u", "-t", "dev", "@bridge_restoring")
    assert box.bridge("session-restore", path).code == "ERR_SESSION_EXISTS"


def started(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def test_the_lock_of_the_name_is_respected(box):
    box.session()
    path = saved_and_gone(box)
    (lock,) = (box.directory / "state").rglob("dev.lock")
    with open(lock, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert box.bridge("session-restore", path, env={"BRIDGE_LOCK_TIMEOUT": "0.1"}).code == "ERR_LOCKED"
    assert box.bridge("session-list").ok()["sessions"] == []


def test_a_broken_generation_is_passed_over_for_an_older_one(box):
    box.session("dev", panes=2)
    box.bridge("session-save", "dev").ok()
    bad = saved_and_gone(box)
    with open(bad, "r+b") as file:
        file.truncate(100)
    assert box.bridge("session-restore", bad).code == "ERR_SNAPSHOT"
    assert box.bridge("session-restore", "dev").ok()["pane_count"] == 2


def test_a_document_of_version_3_is_understood(box):
    (box.work / "src").mkdir()
    document = {
        "version": "3.1.0",
        "session_name": "old",
        "saved_at": "2026-01-01T10:30:00Z",
        "layout": {"window_layout": "nonsense"},
        "panes": [
            {"pane_id": 0, "label": "main", "working_dir": str(box.work / "src"), "command": "bash", "metadata": {}},
            {"pane_id": 1, "label": "logs", "working_dir": "/", "command": "htop", "metadata": {"k": "v"}},
        ],
        "metadata": {},
    }
    (box.work / "old.snapshot").write_text(json.dumps(document))
    done = box.bridge("session-restore", "old.snapshot").ok()
    assert done["session_name"] == "old"
    assert [(item["command"], item["action"]) for item in done["commands"]] == [("htop", "typed")]
    assert box.bridge("pane-find", "old", "logs").ok()["pane_id"] == "1"
    assert box.bridge("pane-metadata-get", "old", "logs", "k").ok()["output"] == "v\n"
    assert box.tmux("display-message", "-p", "-t", "old:0.0", "#{pane_current_path}") == f"{box.work}/src\n"


# --- compared ---


def test_the_difference_to_a_running_session_is_told(box):
    box.session("dev", panes=2)
    file = box.bridge("session-save", "dev").ok()["file"]
    same = box.bridge("session-diff", file).ok()
    assert (same["equal"], same["output"], same["other"]) == (True, "No differences\n", "dev")
    box.tmux("select-pane", "-t", "dev:0.0", "-T", "new title")
    box.tmux("new-window", "-d", "-t", "dev:5")
    box.bridge("pane-metadata-set", "dev", "p1", "key", "value").ok()
    done = box.bridge("session-diff", "dev", "dev").ok()
    assert [(entry["item"], entry["field"]) for entry in done["differences"]] == [
        ("pane 0.0", "title"),
        ("pane 0.1", "metadata"),
        ("window 5", "windows"),
    ]
    assert (done["equal"], done["count"]) == (False, 3)
    assert done["differences"][1]["after"] == {"key": "value"}
    later = box.bridge("session-save", "dev").ok()["file"]
    assert box.bridge("session-diff", file, later).ok()["differences"] == done["differences"]
    assert box.bridge("session-diff", later, file).ok()["count"] == 3


def test_a_difference_needs_two_sides(box):
    box.session()
    file = box.bridge("session-save", "dev").ok()["file"]
    assert box.bridge("session-diff", file, "none").code == "ERR_SESSION_NOT_FOUND"
    assert box.bridge("session-diff", file, "./none").code == "ERR_SNAPSHOT_NOT_FOUND"
    assert box.bridge("session-diff", "none").code == "ERR_SNAPSHOT_NOT_FOUND"
    (box.work / "bad.snapshot").write_text("{}")
    assert box.bridge("session-diff", "bad.snapshot").code == "ERR_SNAPSHOT"
    (box.work / "loop.snapshot").symlink_to("loop.snapshot")
    assert box.bridge("session-diff", "loop.snapshot").code == "ERR_STATE"
