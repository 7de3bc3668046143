"""What a snapshot from anybody may set: data of its scope, and nothing that runs or that others have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import TMUX, wait_until

from bridge.core import localoptions, snapshots

SCOPES = (localoptions.SESSION, localoptions.WINDOW, localoptions.PANE)


def saved_and_gone(box) -> str:
    """Save the session and end the whole server; the file's path."""
    path = box.bridge("session-save", "dev").ok()["file"]
    box.tmux("kill-server")
    wait_until(lambda: box.call([TMUX, "list-sessions"]).status, "the end of the server")
    return path


def edited(box, path: str, change) -> str:
    """A copy of a snapshot with a change and a checksum that fits."""
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    change(document)
    target = box.work / "edited.snapshot"
    target.write_bytes(snapshots.seal(document))
    return str(target)


def names(box, *words: str) -> set[str]:
    rows = box.tmux(*words).splitlines()
    return {row.partition(" ")[0].partition("[")[0] for row in rows}


def test_every_option_and_hook_that_tmux_knows_is_data_or_refused(box):
    box.session()
    session, window = names(box, "show-options", "-g"), names(box, "show-options", "-gw")
    server = names(box, "show-options", "-s")
    hooks = names(box, "show-hooks", "-g") | names(box, "show-hooks", "-gw")
    assert min(len(session), len(window), len(server), len(hooks)) > 10
    # Nothing that tmux knows has been forgotten, and what it may run is known as such.
    assert session <= localoptions.DATA["session"] | localoptions.PROGRAMS["session"]
    assert window <= localoptions.DATA["window"]
    assert localoptions.DATA["pane"] <= localoptions.DATA["window"]
    for scope in SCOPES:
        for name in hooks | server:
            assert localoptions.refusal(scope, name, "x", replay=True), name
            assert localoptions.refusal(scope, f"{name}[0]", "x", replay=True), name
    for name in session:
        assert localoptions.refusal("window", name, "x", replay=True)
        assert localoptions.refusal("pane", name, "x", replay=True)


@pytest.mark.parametrize("words", [(), ("--atomic",), ("--replay",), ("--as", "other")])
def test_a_hostile_snapshot_sets_no_hook_and_nothing_of_others(words, box):
    box.session()
    server = names(box, "show-options", "-s") - {"command-alias"}
    hooks = names(box, "show-hooks", "-g") | names(box, "show-hooks", "-gw")
    evil = f"run-shell 'touch {box.work}/pwned'"

    def poison(document: dict) -> None:
        for place in (document["session"], document["windows"][0], document["panes"][0]):
            place["options"] |= dict.fromkeys((f"{name}[0]" for name in hooks), evil)
            place["options"] |= dict.fromkeys(server, "on")

    path = edited(box, saved_and_gone(box), poison)
    box.tmux("new-session", "-d", "-s", "by-stander")
    before = box.tmux("show-options", "-s"), box.tmux("show-options", "-g"), box.tmux("show-options", "-gw")
    told = {entry["item"] for entry in box.bridge("session-restore", path, "--dry-run", *words).ok()["lost"]}
    done = box.bridge("session-restore", path, *words).ok()
    for item in ("session", "window 0", "pane 0.0"):
        assert {f"{item}: {name}[0]" for name in hooks} <= told
        assert {f"{item}: {name}" for name in server} <= told
    assert (box.tmux("show-options", "-s"), box.tmux("show-options", "-g"), box.tmux("show-options", "-gw")) == before
    name = done["session_name"]
    for flags in (("-t", f"{name}:"), ("-w", "-t", f"{name}:"), ("-p", "-t", f"{name}:")):
        assert "pwned" not in box.tmux("show-options", "-H", *flags)
    box.tmux("split-window", "-t", f"{name}:")
    assert not (box.work / "pwned").exists()


def test_variables_that_run_code_wait_for_consent(box):
    box.session()

    def poison(document: dict) -> None:
        document["panes"][0]["environment"] |= {"PYTHONPATH": "/evil", "EDITOR": "/evil", "TZ": "UTC"}

    path = edited(box, saved_and_gone(box), poison)
    mine = {"BRIDGE_SNAPSHOT_ENV": "EDITOR"}
    lost = {entry["item"]: entry["reason"] for entry in box.bridge("session-restore", path, "--dry-run").ok()["lost"]}
    assert {"pane 0.0: PYTHONPATH", "pane 0.0: EDITOR"} == set(lost)
    lost = {
        entry["item"]: entry["reason"]
        for entry in box.bridge("session-restore", path, "--dry-run", env=mine).ok()["lost"]
    }
    assert "--replay" in lost["pane 0.0: EDITOR"]
    done = box.bridge("session-restore", path, "--replay", env=mine).ok()
    assert [entry["item"] for entry in done["lost"]] == ["pane 0.0: PYTHONPATH"]


def test_texts_that_look_like_styles_come_back_as_they_were(box):
    place = box.work / "#[draft] ##[notes"
    place.mkdir()
    box.session()
    box.tmux("set-option", "-p", "-t", "dev", "@x", str(place))
    box.tmux("new-window", "-d", "-t", "dev:5", "-n", "log #{?pid,##,}[fg=red]x", "-c", "#{@x}")
    box.tmux("select-pane", "-t", "dev:5", "-T", "#{?pid,##,}[bold]build ##{x}")
    box.tmux("new-window", "-d", "-t", "dev:6", "-n", "")
    for address in ("5.0", "6.0"):
        box.await_prompt("dev", address)
    look = ("list-panes", "-s", "-t", "dev", "-F", "#{window_index}|#{window_name}|#{pane_title}|#{pane_current_path}")
    before = box.tmux(*look).splitlines()[1:]
    assert before[0].startswith("5|log #[fg=red]x|#[bold]build #{x}|")
    assert before[0].endswith("/#[draft] ##[notes")
    assert before[1].startswith("6||")
    saved_and_gone(box)
    done = box.bridge("session-restore", "dev").ok()
    assert box.tmux(*look).splitlines()[1:] == before
    assert done["lost"] == []


def test_the_users_hooks_rest_while_a_session_is_made(box):
    box.session("dev", panes=2)
    path = saved_and_gone(box)
    box.tmux("new-session", "-d", "-s", "by-stander")
    for name in (
        "after-split-window",
        "after-new-window",
        "after-kill-pane",
        "window-linked",
        "session-window-changed",
    ):
        box.tmux("set-hook", "-g", name, f"set-option -g @{name} fired")
    for name in ("pane-exited", "window-layout-changed", "pane-died"):
        box.tmux("set-hook", "-gw", name, f"set-option -g @{name} fired")
    done = box.bridge("session-restore", path).ok()
    assert done["lost"] == []
    fired = [row for row in box.tmux("show-options", "-g").splitlines() if row.startswith("@")]
    assert [row for row in fired if "window-linked" not in row] == []  # the session's first window is made with it
    assert "after-split-window" not in box.tmux("show-options", "-H", "-t", "dev:")
    box.tmux("split-window", "-t", "dev:")
    wait_until(lambda: "@after-split-window" in box.tmux("show-options", "-g"), "the hook")


def test_limits_go_with_their_pane(box):
    box.session("dev", panes=2)
    box.tmux("set-option", "-p", "-t", "dev:0.1", "@bridge_limit_mem", "%1 4000 warn")
    saved_and_gone(box)
    box.tmux("new-session", "-d", "-s", "first")
    box.tmux("split-window", "-t", "first")
    done = box.bridge("session-restore", "dev").ok()
    assert done["lost"] == []
    pane = box.tmux("list-panes", "-t", "dev", "-F", "#{pane_id} #{@bridge_limit_mem}").splitlines()[1].split(" ")
    assert pane[1:] == [pane[0], "4000", "warn"]
