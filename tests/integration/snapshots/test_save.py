"""Saving sessions: what a snapshot holds, that saving changes nothing, and that files are whole or not there."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import wait_until

LOOK = (
    "#{session_id} #{window_id} #{window_index} #{window_name} #{window_layout} #{window_zoomed_flag} #{window_active}"
    " #{pane_id} #{pane_active} #{pane_in_mode} #{pane_title} #{session_activity} #{client_activity}"
)


def snapshot(box, session: str = "dev", *words) -> dict:
    """The document of a save."""
    saved = box.bridge("session-save", session, *words).ok()
    return read(saved["file"])


def read(path: str) -> dict:
    """A document as jq would read it."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def pane(box, session: str = "dev", **wanted) -> dict:
    """The first pane of a save that has these values."""
    return next(
        item for item in snapshot(box, session)["panes"] if all(item.get(key) == value for key, value in wanted.items())
    )


def server(box) -> int:
    return int(box.tmux("display-message", "-p", "#{pid}"))


def test_a_snapshot_holds_what_the_documents_promise(box):
    box.session("dev", panes=2)
    box.bridge("pane-metadata-set", "dev", "p1", "owner", 'a "b" #{c}').ok()
    box.tmux("new-window", "-d", "-t", "dev:7", "-n", "logs: ##(x)", "-c", str(box.home))
    saved = box.bridge("session-save", "dev").ok()
    assert saved["output"] == saved["file"] + "\n"
    assert (saved["window_count"], saved["pane_count"], saved["consistent"], saved["notes"]) == (2, 3, True, [])
    assert os.stat(saved["file"]).st_mode & 0o777 == 0o600
    document = read(saved["file"])
    assert document["session_name"] == "dev"
    assert document["saved_at"] == saved["saved_at"]
    assert (
        document["layout"]["window_layout"] == box.tmux("display-message", "-p", "-t", "dev:0", "#{window_layout}")[:-1]
    )
    first, second, third = document["panes"]
    assert [item["pane_id"] for item in document["panes"]] == [0, 1, 0]
    assert (first["label"], second["label"], third["label"]) == ("main", "p1", None)
    assert (first["command"], first["argv"], first["status"]) == ("bash", None, "idle")
    assert second["metadata"] == {"owner": 'a "b" #{c}'}
    assert (first["working_dir"], third["working_dir"]) == (str(box.work), str(box.home))
    assert first["history"] is None
    assert first["environment"]["LANG"]
    assert "PATH" not in first["environment"]
    assert [(window["index"], window["automatic_rename"]) for window in document["windows"]] == [(0, None), (7, "off")]
    assert document["windows"][1]["name"] == "logs: #(x)"
    assert (first["owned"], third["owned"]) == (True, False)


def test_the_words_of_a_command_are_exact(box):
    box.tmux("new-session", "-d", "-s", "dev")
    box.await_prompt("dev")
    box.tmux("send-keys", "-t", "dev", "-l", "sh -c 'sleep 1000; :' \"it's\" '' 'a  b' $'new\\nline'")
    box.tmux("send-keys", "-t", "dev", "Enter")
    wait_until(lambda: pane(box)["argv"], "the running command")
    assert pane(box)["argv"] == [["sh", "-c", "sleep 1000; :", "it's", "", "a  b", "new\nline"]]
    assert pane(box)["status"] == "running"


def test_a_pipeline_is_saved_whole(box):
    box.session()
    box.tmux("send-keys", "-t", "dev", "tail -f /dev/null | cat", "Enter")
    wait_until(lambda: len(pane(box)["argv"] or []) == 2, "both processes")
    saved = box.bridge("session-save", "dev").ok()
    assert pane(box)["command"] == "tail -f /dev/null | cat"
    assert any("pipeline" in note["reason"] for note in saved["notes"])


@pytest.mark.parametrize("name", ["with blank", "quo'te\"", "new\nline", "#{x}#(touch p)", "-dash", "日本", "end;"])
def test_a_directory_of_any_name_is_saved(name, box):
    place = box.work / name
    place.mkdir()
    box.tmux("new-session", "-d", "-s", "dev", "exec sleep 1000")
    box.call(
        [*("tmux", "-f", "/dev/null"), "respawn-pane", "-k", "-t", "%0", f"cd {shell_quoted(place)} && exec sleep 1000"]
    )
    wait_until(lambda: pane(box)["working_dir"] == str(place), f"the directory {name!r}")


def shell_quoted(path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"


def test_a_directory_keeps_the_name_that_a_link_gave_it(box):
    (box.work / "real").mkdir()
    (box.work / "link").symlink_to("real")
    box.tmux("new-session", "-d", "-s", "dev", "-c", str(box.work / "link"))
    box.await_prompt("dev")
    assert pane(box)["working_dir"] == str(box.work / "link")


def test_a_directory_that_was_removed_is_told(box):
    place = box.work / "gone"
    place.mkdir()
    box.tmux("new-session", "-d", "-s", "dev", "-c", str(place))
    box.await_prompt("dev")
    place.rmdir()
    saved = box.bridge("session-save", "dev").ok()
    assert any("removed" in note["reason"] for note in saved["notes"])
    assert pane(box)["working_dir"] == str(place)


def test_saving_changes_nothing(box):
    box.session("dev", panes=4)
    box.tmux("rename-window", "-t", "dev:0", "work")
    box.tmux("new-window", "-d", "-t", "dev:9", "-n", "more")
    box.tmux("select-pane", "-t", "dev:0.1")
    box.tmux("resize-pane", "-Z", "-t", "dev:0.1")
    box.tmux("copy-mode", "-t", "dev:0.1")

    def all_there_is() -> tuple:
        names = ("-g", "-s", "-t dev", "-w -t dev:0", "-p -t dev:0.1")
        options = [box.tmux("show-options", *name.split()) for name in names]
        screens = [box.screen(item) for item in box.tmux("list-panes", "-a", "-F", "#{pane_id}").split()]
        return (
            box.tmux("list-panes", "-a", "-F", LOOK),
            options,
            screens,
            box.tmux("list-buffers"),
            box.tmux("show-environment", "-t", "dev"),
        )

    before = all_there_is()
    document = snapshot(box, "dev", "--scrollback")
    assert all_there_is() == before
    assert document["windows"][0]["zoomed"] is True


def test_secrets_do_not_reach_the_disk(box):
    canary = "c4narY9value"
    token = "ghp_" + "A1b2C3d4" * 4
    box.tmux("new-session", "-d", "-s", "dev", "-e", f"API_TOKEN={canary}", "-e", f"PATH={box.env['PATH']}")
    box.await_prompt("dev")
    box.tmux("set-environment", "-t", "dev", "MY_PASSWORD", canary)
    box.tmux("set-environment", "-t", "dev", "UNLISTED", canary)
    box.tmux("set-environment", "-t", "dev", "RUST_LOG", f"x --token={canary}")
    box.tmux("set-environment", "-t", "dev", "NODE_ENV", "test")
    box.tmux("set-option", "-t", "dev", "@secret", f"Authorization: Bearer {token}")
    box.tmux("select-pane", "-t", "dev", "-T", f"curl {token}")
    box.tmux("send-keys", "-t", "dev", f"echo password={canary} {token} https://me:{canary}@host/", "Enter")
    wait_until(lambda: box.screen("dev").count(token) > 1, "the output")
    box.tmux("send-keys", "-t", "dev", f"sh -c 'sleep 1000; :' --password {canary} --api-key={canary}", "Enter")
    wait_until(lambda: pane(box)["argv"], "the running command")
    box.bridge("session-save", "dev", "--scrollback").ok()
    saved = box.bridge("session-save", "dev", "mine.snapshot", "--scrollback").ok()
    for path in [*(box.directory / "state").rglob("*"), box.work / "mine.snapshot"]:
        if path.is_file():
            assert canary not in path.read_text("utf-8", "replace"), path
            assert token not in path.read_text("utf-8", "replace"), path
    document = json.loads((box.work / "mine.snapshot").read_text(encoding="utf-8"))
    assert document["session"]["environment"] == {"NODE_ENV": "test"}
    assert document["panes"][0]["argv"][0][-3:] == ["--password", "[redacted]", "--api-key=[redacted]"]
    assert len([note for note in saved["notes"] if "secret" in note["reason"]]) >= 2


def test_the_settings_name_more_variables(box):
    box.tmux("new-session", "-d", "-s", "dev", "exec sleep 1000")
    for name in ("FOO_ONE", "BAR", "OTHER", "FOO_TOKEN"):
        box.tmux("set-environment", "-t", "dev", name, "value")
    saved = box.bridge("session-save", "dev", env={"BRIDGE_SNAPSHOT_ENV": "FOO_*,BAR"}).ok()
    document = read(saved["file"])
    assert document["session"]["environment"] == {"BAR": "value", "FOO_ONE": "value"}


def test_a_title_over_the_words_is_no_command(box):
    program = box.work / "titled.py"
    program.write_text(
        "import ctypes, time\n"
        "text = open('/proc/self/stat').read().rpartition(')')[2].split()\n"
        "start, end = int(text[45]), int(text[46])\n"
        "ctypes.memmove(start, b'npm run dev'.ljust(end - start, b'\\0'), end - start)\n"
        "print('titled', flush=True)\ntime.sleep(1000)\n",
        encoding="utf-8",
    )
    box.session()
    box.tmux("send-keys", "-t", "dev", f"{sys.executable} {program} some words", "Enter")
    wait_until(lambda: "\ntitled" in box.screen("dev"), "the title")
    document = snapshot(box)
    assert (document["panes"][0]["argv"], document["panes"][0]["status"]) == (None, "running")
    assert any("title" in note["reason"] for note in document["notes"])


@pytest.mark.parametrize("text", ["while :; do sleep 1; done | cat", "(sleep 1000; :)"])
def test_a_part_of_the_shell_is_no_command(text, box):
    box.session()
    box.tmux("send-keys", "-t", "dev", text, "Enter")
    wait_until(lambda: any("part of its shell" in note["reason"] for note in snapshot(box)["notes"]), "the part")
    assert snapshot(box)["panes"][0]["argv"] is None


@pytest.mark.parametrize("words", [("bash", "--rcfile", "/dev/null"), ("bash", "-o", "vi"), ("mksh",)])
def test_a_shell_with_options_is_a_shell(words, box):
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} IS NOT INSTALLED")
    box.tmux("new-session", "-d", "-s", "dev", "exec " + " ".join(words))
    wait_until(lambda: snapshot(box)["panes"][0]["status"] == "idle", "the shell")
    assert snapshot(box)["panes"][0]["argv"] is None


def test_scrollback_is_saved_when_asked_with_colours_alone(box):
    box.session()
    box.tmux(
        "send-keys", "-t", "dev", "printf '\\033[31mred\\033[0m \\033]8;;http://x\\033\\\\link\\n'; seq 100", "Enter"
    )
    wait_until(lambda: "\n100\n" in box.screen("dev"), "the output")
    history = snapshot(box, "dev", "--scrollback")["panes"][0]["history"]
    assert "\x1b[31mred\x1b[" in history
    assert "\x1b]" not in history
    assert [str(number) for number in range(1, 101)] == history.split("\n")[-102:-2] or "\n50\n51\n" in history
    assert snapshot(box)["panes"][0]["history"] is None


def test_every_save_is_a_generation_of_its_own(box):
    box.session()
    files = [box.bridge("session-save", "dev").ok()["file"] for _ in range(4)]
    assert len(set(files)) == 4
    listed = box.bridge("session-snapshots", "dev").ok()
    assert [entry["file"] for entry in listed["snapshots"]] == files[::-1]
    assert all(entry["valid"] and entry["pane_count"] == 1 for entry in listed["snapshots"])
    assert listed["output"].split() == files[::-1]
    assert box.bridge("session-snapshots", "none").ok()["snapshots"] == []
    assert len(box.bridge("session-snapshots").ok()["snapshots"]) == 4


def test_a_session_with_an_odd_name_is_saved_in_a_directory_of_its_own(box):
    box.tmux("new-session", "-d", "-s", "a/%2e;b", "exec sleep 1000")
    saved = box.bridge("session-save", "a/%2e;b").ok()
    assert os.path.dirname(os.path.dirname(saved["file"])).endswith("/snapshots")
    assert box.bridge("session-save", "$0").ok()["file"].rpartition("/")[0] == saved["file"].rpartition("/")[0]
    assert box.bridge("session-snapshots", "a/%2e;b").ok()["count"] == 2


def test_a_file_of_ones_own(box):
    box.session()
    saved = box.bridge("session-save", "dev", "mine.snapshot").ok()
    assert saved["file"] == str(box.work / "mine.snapshot")
    assert os.stat(saved["file"]).st_mode & 0o777 == 0o600
    box.bridge("session-save", "dev", saved["file"]).ok()
    assert sorted(os.listdir(box.work)) == ["mine.snapshot"]
    assert box.bridge("session-snapshots").ok()["count"] == 0


def test_what_a_killed_save_has_left_beside_a_file_is_swept(box):
    box.session()
    old, young = box.work / ".mine.snapshot.0123456789ab.tmp", box.work / ".mine.snapshot.ba9876543210.tmp"
    for path in (old, young):
        path.write_text("half")
    os.utime(old, (0, 0))
    box.bridge("session-save", "dev", "mine.snapshot").ok()
    assert not old.exists()
    assert young.exists()


def test_names_of_any_length_can_be_saved(box):
    box.session()
    box.tmux("rename-window", "-t", "dev", "w" * 5000)
    saved = box.bridge("session-save", "dev").ok()
    assert any("5000 characters" in note["reason"] for note in saved["notes"])
    assert read(saved["file"])["windows"][0]["name"] == "w" * 4096


def test_only_a_snapshot_is_replaced(box):
    box.session()
    (box.work / "notes.txt").write_text("mine")
    assert box.bridge("session-save", "dev", "notes.txt").code == "ERR_SNAPSHOT"
    assert (box.work / "notes.txt").read_text() == "mine"
    assert box.bridge("session-save", "dev", "none/there").code == "ERR_STATE"
    assert box.bridge("session-save", "dev", str(box.work)).code == "ERR_SNAPSHOT"
    assert sorted(os.listdir(box.work)) == ["notes.txt"]


def test_a_file_that_is_a_link_is_replaced_not_followed(box):
    box.session()
    box.bridge("session-save", "dev", "one.snapshot").ok()
    (box.work / "link.snapshot").symlink_to("one.snapshot")
    before = (box.work / "one.snapshot").read_bytes()
    box.bridge("session-save", "dev", "link.snapshot").ok()
    assert not (box.work / "link.snapshot").is_symlink()
    assert (box.work / "one.snapshot").read_bytes() == before


def test_a_lock_that_is_held_is_told(box):
    box.session()
    saved = box.bridge("session-save", "dev").ok()
    with open(os.path.dirname(saved["file"]) + "/lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = box.bridge("session-save", "dev", env={"BRIDGE_LOCK_TIMEOUT": "0.1"})
    assert done.code == "ERR_LOCKED"
    assert box.bridge("session-snapshots", "dev").ok()["count"] == 1


def test_a_state_directory_that_cannot_be_used_is_told(box):
    box.session()
    folder = os.path.dirname(box.bridge("session-save", "dev").ok()["file"])
    shutil.rmtree(os.path.dirname(folder))
    Path(os.path.dirname(folder)).touch()
    assert box.bridge("session-save", "dev").code == "ERR_STATE"
    assert box.bridge("session-snapshots").code == "ERR_STATE"
    assert box.bridge("session-snapshot-show", "dev").code == "ERR_STATE"


@pytest.mark.parametrize("seed", range(3))
def test_a_save_that_is_killed_leaves_the_generations_before_it(seed, box):
    """60 saves in all that were killed before they ended."""
    box.tmux("new-session", "-d", "-s", "dev", "exec sleep 1000")
    box.bridge("pane-metadata-set", "dev", "0", "key", "x" * 60_000).ok()
    first = box.bridge("session-save", "dev").ok()
    choose = random.Random(seed)
    killed, longest = 0, max(first and 0.05, 0.05)
    while killed < 20:
        process = box.start("session-save", "dev", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(choose.uniform(0.3, 1) * longest)
        process.kill()
        in_time = process.wait() == -signal.SIGKILL
        killed += in_time
        longest *= 1.05 if in_time else 0.9
        listed = box.bridge("session-snapshots", "dev").ok()["snapshots"]
        assert all(entry["valid"] for entry in listed)
        assert listed[-1]["file"] == first["file"]
        assert (
            box.bridge("session-snapshot-show", "dev").ok()["snapshot"]["panes"][0]["metadata"]["key"] == "x" * 60_000
        )
    box.bridge("session-save", "dev").ok()
    assert [name for name in os.listdir(os.path.dirname(first["file"])) if name.endswith(".tmp")] == []


def test_panes_that_come_and_go_do_not_spoil_a_save(box):
    box.tmux("new-session", "-d", "-s", "dev", "-x", "200", "-y", "100", "exec sleep 1000")
    loop = 'while :; do tmux split-window -d -t dev: "sleep 0.05"; tmux select-layout -t dev: tiled; done'
    churn = subprocess.Popen(["sh", "-c", loop], env=box.env, stderr=subprocess.DEVNULL)
    try:
        for _ in range(10):
            document = snapshot(box)
            assert isinstance(document["consistent"], bool)
            assert document["panes"][0]["working_dir"] == str(box.work)
            assert document["checksum"].startswith("sha256:")
    finally:
        churn.kill()
        churn.wait()


def test_a_server_that_dies_makes_no_generation(box):
    box.tmux("new-session", "-d", "-s", "dev", "exec sleep 1000")
    box.bridge("session-save", "dev").ok()
    pid = server(box)
    os.kill(pid, signal.SIGSTOP)
    process = box.start("session-save", "dev", env={"BRIDGE_TMUX_TIMEOUT": "5"})
    os.kill(pid, signal.SIGKILL)
    answer = json.loads(process.communicate(timeout=20)[0])
    assert answer["status"] == "error"
    assert box.bridge("session-snapshots", "dev").ok()["count"] == 1
    assert box.bridge("session-save", "dev").code == "ERR_SESSION_NOT_FOUND"


# --- shown and deleted ---


def test_show_tells_what_is_in_it(box):
    box.session("dev", panes=2)
    saved = box.bridge("session-save", "dev").ok()
    by_name, by_file = (
        box.bridge("session-snapshot-show", "dev").ok(),
        box.bridge("session-snapshot-show", saved["file"]).ok(),
    )
    assert by_name["snapshot"] == by_file["snapshot"]
    assert by_file["file"] == saved["file"]
    assert "[p1]" in by_file["output"]
    assert box.bridge("session-snapshot-show", "none").code == "ERR_SNAPSHOT_NOT_FOUND"
    assert box.bridge("session-snapshot-show", "./none").code == "ERR_SNAPSHOT_NOT_FOUND"


def test_what_is_broken_is_skipped_by_name_and_told_by_file(box):
    box.session()
    good, bad = (box.bridge("session-save", "dev").ok()["file"] for _ in range(2))
    with open(bad, "r+b") as file:
        file.truncate(os.stat(bad).st_size // 2)
    assert box.bridge("session-snapshot-show", "dev").ok()["file"] == good
    done = box.bridge("session-snapshot-show", bad)
    assert done.code == "ERR_SNAPSHOT"
    assert good in done.json["error"]["hint"]
    broken, sound = box.bridge("session-snapshots", "dev").ok()["snapshots"]
    assert (broken["valid"], sound["valid"]) == (False, True)
    assert broken["reason"]


def test_delete_removes_our_own_files_alone(box):
    box.session()
    ours = box.bridge("session-save", "dev").ok()["file"]
    mine = box.bridge("session-save", "dev", "mine.snapshot").ok()["file"]
    folder = os.path.dirname(ours)
    os.symlink(mine, f"{folder}/000009-link.snapshot")
    outside = [
        mine,
        f"{folder}/000009-link.snapshot",
        f"{folder}/lock",
        folder,
        f"{folder}/../../snapshots",
        "/etc/passwd",
    ]
    outside.append(f"{folder}/../../../../../../work/mine.snapshot")
    for path in outside:
        done = box.bridge("session-snapshot-delete", path)
        assert (done.code, done.json["output"]) in (
            ("ERR_USAGE", "Invalid path\n"),
            ("ERR_SNAPSHOT_NOT_FOUND", "Snapshot not found\n"),
        )
    assert os.path.exists(mine)
    assert box.bridge("session-snapshot-delete", ours).ok()["file"] == ours
    assert not os.path.exists(ours)
    assert box.bridge("session-snapshot-delete", ours).code == "ERR_SNAPSHOT_NOT_FOUND"


def test_a_delete_takes_its_turn(box):
    box.session()
    ours = box.bridge("session-save", "dev").ok()["file"]
    lock = Path(ours).parent / "lock"
    with lock.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = box.bridge("session-snapshot-delete", ours, env={"BRIDGE_LOCK_TIMEOUT": "0.1"})
    assert done.code == "ERR_LOCKED"
    lock.unlink()
    lock.symlink_to("elsewhere")
    assert box.bridge("session-snapshot-delete", ours).code == "ERR_STATE"
    assert os.listdir(lock.parent)
    assert Path(ours).exists()


@pytest.mark.parametrize("words", [("session-save", "dev"), ("session-restore", "mine.snapshot", "--as", "x")])
def test_without_tmux_there_is_an_answer(words, box):
    box.session()
    box.bridge("session-save", "dev", "mine.snapshot").ok()
    assert box.bridge(*words, env={"BRIDGE_TMUX": "/nowhere/tmux"}).code == "ERR_TMUX_NOT_INSTALLED"
    assert box.bridge("session-snapshot-show", "mine.snapshot", env={"BRIDGE_TMUX": "/nowhere/tmux"}).ok()
