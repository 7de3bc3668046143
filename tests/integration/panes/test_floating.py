"""Panes that float over a window (tmux 3.7): listed as such, and never taken for tiled ones."""

from __future__ import annotations

import pytest
from conftest import TMUX

from bridge.core import layouts


@pytest.fixture
def floating(box):
    """A window with two tiled panes, and a floating one that is active."""
    box.session(panes=2)
    if box.call([TMUX, "new-pane", "-t", "dev:", "-x", "30", "-y", "6"]).status:
        pytest.skip("this tmux has no floating panes")
    return box


def shown(box) -> list[str]:
    return box.tmux("list-panes", "-t", "dev:", "-F", "#{pane_id} #{pane_floating_flag}").split("\n")[:-1]


def test_a_floating_pane_is_listed_as_one(floating):
    found = floating.bridge("pane-list-json", "dev").ok()["output"]
    assert [pane.get("floating", False) for pane in found] == [False, False, True]
    panes = floating.bridge("pane-list-detailed", "dev").ok()["panes"]
    assert [pane.get("floating", False) for pane in panes] == [False, False, True]
    assert floating.bridge("pane-status", "dev", "2").ok()["floating"] is True
    assert floating.bridge("pane-status", "dev", "0").ok()["floating"] is False


def test_a_new_pane_leaves_it_where_it_is(floating):
    done = floating.bridge("pane-create-with-layout", "dev", "third", "even-vertical")
    assert done.ok()["label"] == "third"
    assert "floating pane" in done.stderr
    assert [row.split(" ")[1] for row in shown(floating)] == ["0", "0", "0", "1"]
    found = floating.bridge("pane-find", "dev", "third").ok()
    assert [f"{found['pane']} 0"] == [row for row in shown(floating) if row.startswith(f"{found['pane']} ")]
    labels = [pane["label"] for pane in floating.bridge("pane-list-detailed", "dev").ok()["output"]]
    assert sorted(labels) == sorted(["main", "p1", "third", "pane-3"])


def test_it_does_not_count_for_the_room(floating):
    env = {"BRIDGE_MAX_PANES": "3"}
    floating.bridge("pane-create", "dev", "third", env=env).ok()
    done = floating.bridge("pane-create", "dev", "fourth", env=env)
    assert (done.code, "has 3 panes" in done.json["error"]["message"]) == ("ERR_MAX_PANES", True)
    assert len(shown(floating)) == 4


def test_a_snapshot_has_the_tiled_panes_and_says_so(floating):
    file = str(floating.directory / "s.snapshot")
    floating.bridge("session-save", "dev", file).ok()
    document = floating.bridge("session-snapshot-show", file).ok()
    assert "floats over its window" in str(document)
    done = floating.bridge("session-restore", file, "--as", "again").ok()
    assert done["status"] == "success"
    layout = floating.tmux("display-message", "-p", "-t", "again:", "#{window_layout}").strip()
    assert layouts.read(layout).panes == 2
    assert len(floating.tmux("list-panes", "-t", "again:").splitlines()) == 2
    assert [row.split(" ")[1] for row in shown(floating)] == ["0", "0", "1"]


def test_it_is_typed_into_and_killed_as_any_other(floating):
    floating.await_prompt("dev", "2")
    done = floating.bridge("pane-run", "dev", "2", "echo over; (exit 3)", "--timeout", "20")
    assert (done.json["exit_code"], done.json["output"]) == (3, "over\n")
    floating.bridge("pane-kill", "dev", "2").ok()
    assert [row.split(" ")[1] for row in shown(floating)] == ["0", "0"]
