"""state-migrate: the script's state directory and earlier files of ours, once, with a copy kept."""

from __future__ import annotations

import fcntl
import json
import os
import re
from pathlib import Path

import pytest
from conftest import ROOT, TMUX

CREATED = {
    "session_name": "gone",
    "created_at": "2026-01-01T10:30:00Z",
    "panes": [{"pane_id": 0, "label": "main", "command": "", "status": "idle"}],
}
# What the script wrote after each second pane-create.
BROKEN = """{
  "session_name": "broken",
  "created_at": "2026-01-01T10:30:00Z",
  "panes": [
    {
      "pane_id": 0,
      "label": "main",
      "command": "bash",
      "status": "idle",
      "pid": 4194303,
      "metadata": {}
    },
    {
      "pane_id": 1,
      "label": "",
      "command": "bash",
      "status": "idle",
      "pid": 4194304,
      "metadata":\x20
    }
  ]
}
"""


def files(*folders) -> dict[str, bytes]:
    """Every file and what is in it; locks are none."""
    return {
        str(path): path.read_bytes()
        for folder in folders
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def base_of(box) -> Path:
    return next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("locks")).parent


@pytest.fixture
def old(box):
    """A state directory as the script leaves it."""
    folder = box.directory / "script"
    folder.mkdir(mode=0o755)
    (folder / "gone.state").write_text(json.dumps(CREATED | {"colour": "red"}, indent=2))
    (folder / "broken.state").write_text(BROKEN)
    (folder / "my.app.state").write_text(json.dumps(CREATED | {"session_name": "my.app"}))
    (folder / "gone.state.tmp").write_text("{")
    return folder


def migrate(box, *words, **kwargs) -> dict:
    return box.bridge("state-migrate", *words, **kwargs).ok()


def test_the_scripts_files_are_imported_and_unknown_fields_kept(box, old):
    before = files(old)
    done = migrate(box, "--from", old)
    assert (done["needed"], done["check"], done["problems"], done["source"]) == (True, False, [], str(old))
    assert {Path(item["from"]).name: item["actions"] for item in done["migrated"]} == {
        "broken.state": ["mended", "file"],
        "gone.state": ["file"],
        "my.app.state": ["file"],
    }
    gone = json.loads((box.states / "gone.state").read_text())
    assert gone["colour"] == "red"
    assert gone["created_at"] == CREATED["created_at"]
    assert gone["panes"] == [
        {"pane_id": 0, "label": "main", "command": "", "status": "idle", "pid": 0, "metadata": {}},
    ]
    broken = json.loads((box.states / "broken.state").read_text())
    assert [(pane["label"], pane["metadata"]) for pane in broken["panes"]] == [("main", {}), ("pane-1", {})]
    assert (box.states / "my%2Eapp.state").exists()
    assert files(old) == before, "the source is left as it is"
    copies = files(done["backup"])
    assert sorted(data for path, data in copies.items() if not path.endswith("INDEX")) == sorted(
        data for path, data in before.items() if path.endswith(".state")
    )


def test_a_second_time_there_is_nothing_to_do(box, old):
    migrate(box, "--from", old)
    before = files(box.directory / "state", box.states)
    again = migrate(box, "--from", old)
    assert (again["needed"], again["migrated"], again["unchanged"], again["backup"]) == (False, [], 3, None)
    assert again["output"] == "Nothing to migrate\n"
    assert files(box.directory / "state", box.states) == before


def test_check_tells_and_changes_nothing(box, old):
    before = files(box.directory)
    check = migrate(box, "--check", "--from", old)
    assert (check["needed"], check["check"], check["backup"]) == (True, True, None)
    assert files(box.directory) == before
    done = migrate(box, "--from", old)
    assert [(item["from"], item["to"]) for item in done["migrated"]] == [
        (item["from"], item["to"]) for item in check["migrated"]
    ]
    assert migrate(box, "--check", "--from", old)["needed"] is False


def test_a_living_session_gets_its_labels_and_metadata(box, old):
    box.tmux("new-session", "-d", "-s", "live")
    box.tmux("split-window", "-d", "-t", "=live:")
    box.tmux("split-window", "-d", "-t", "=live:")
    pids = [int(pid) for pid in box.tmux("list-panes", "-t", "=live:", "-F", "#{pane_pid}").split()]
    box.bridge("pane-metadata-set", "live", "0", "key", "ours").ok()
    hostile = "it's #(touch p); $(touch p)"
    panes = [
        {"pane_id": 0, "label": "main", "pid": pids[0], "metadata": {"key": "old", "more": hostile}, "note": 1},
        {"pane_id": 1, "label": hostile, "pid": pids[1], "metadata": {}},
        {"pane_id": 2, "label": "other", "pid": 4194304, "metadata": {"key": "other"}},
    ]
    (old / "live.state").write_text(json.dumps({"session_name": "live", "created_at": "x", "panes": panes}))
    done = migrate(box, "--from", old)
    (live,) = [item for item in done["migrated"] if item["from"].endswith("live.state")]
    assert live["actions"] == ["label %0", "metadata %0", "label %2"]
    found = box.bridge("pane-list-detailed", "live").ok()["output"]
    assert [pane["label"] for pane in found] == ["main", hostile, "pane-2"]
    metadata = [
        json.loads(pane["metadata"]) if isinstance(pane["metadata"], str) else pane["metadata"] for pane in found
    ]
    assert metadata == [{"key": "ours", "more": hostile}, {}, {}]
    assert not list(box.work.iterdir())
    assert migrate(box, "--from", old)["needed"] is False


def test_the_files_of_the_scripts_plan_are_imported(box, old):
    (old / "gc-config.json").write_text('{"enabled": true, "ttl_seconds": 600, "enabled_at": "x", "extra": [1]}')
    (old / "groups.json").write_text('{"groups": {"web": {"sessions": ["dev"]}}, "dependencies": {}}')
    saves = old / "snapshots"
    saves.mkdir()
    for name in ("dev-1767225600.snapshot", "dev-autosave.snapshot"):
        (saves / name).write_text(json.dumps({"version": "3.1.0", "session_name": "dev", "name": name}))
    done = migrate(box, "--from", old)
    assert sorted(item["kind"] for item in done["migrated"]) == ["settings"] * 2 + ["snapshot"] * 2 + ["state"] * 3
    policy = json.loads((base_of(box) / "gc-config.json").read_text())
    assert policy == {"version": 1, "enabled": True, "ttl_seconds": 600, "enabled_at": "x", "extra": [1]}
    assert box.bridge("gc-status").ok()["ttl_seconds"] == 600
    assert json.loads((base_of(box) / "groups.json").read_text())["groups"] == {"web": {"sessions": ["dev"]}}
    stored = sorted(path.name for path in (base_of(box) / "snapshots" / "dev").iterdir())
    assert [re.sub(r"\d{8}T\d{6}Z", "TIME", name) for name in stored] == [
        "000000-TIME.auto.snapshot",
        "000000-TIME.snapshot",
    ]


def test_earlier_files_of_ours_get_a_version(box):
    box.session("dev")
    box.bridge("event-subscribe", "dev", "pane-exit").ok()
    box.bridge("gc-enable", "600").ok()
    base = base_of(box)
    for name in ("subscriptions.json", "gc-config.json"):
        document = json.loads((base / name).read_text())
        del document["version"]
        (base / name).write_text(json.dumps(document | {"extra": {"a": 1}}))
    before = {name: (base / name).read_text() for name in ("subscriptions.json", "gc-config.json")}
    done = migrate(box)
    assert sorted(Path(item["to"]).name for item in done["migrated"]) == ["gc-config.json", "subscriptions.json"]
    assert json.loads((base / "gc-config.json").read_text())["extra"] == {"a": 1}
    assert len(box.bridge("event-list").ok()["subscriptions"]) == 1
    copies = [text.decode() for path, text in files(done["backup"]).items() if not path.endswith("INDEX")]
    assert sorted(copies) == sorted(before.values())
    assert migrate(box)["needed"] is False


def test_a_later_version_is_left_alone_and_told(box, old):
    box.bridge("gc-enable").ok()
    path = next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("gc-config.json"))
    path.write_text('{"version": 99}')
    done = box.bridge("state-migrate", "--from", old)
    assert (done.code, done.status) == ("ERR_STATE", 1)
    assert done.json["problems"] == [{"path": str(path), "reason": "it has version 99, this bridge knows 1"}]
    assert len(done.json["migrated"]) == 3
    assert path.read_text() == '{"version": 99}'


@pytest.mark.parametrize("text", ["", "{", "[]", '{"session_name": 1, "panes": []}', '{"session_name": "x"}', "\xff"])
def test_what_cannot_be_read_is_told_and_the_rest_migrated(box, old, text):
    (old / "bad.state").write_bytes(text.encode("latin-1"))
    done = box.bridge("state-migrate", "--from", old)
    assert done.code == "ERR_STATE"
    assert [Path(item["path"]).name for item in done.json["problems"]] == ["bad.state"]
    assert len(done.json["migrated"]) == 3
    assert (old / "bad.state").read_bytes() == text.encode("latin-1")


@pytest.mark.parametrize("kind", ["missing", "file", "link", "writable"])
def test_a_directory_that_cannot_be_trusted_is_refused(box, old, kind):
    place = box.directory / "place"
    if kind == "file":
        place.write_text("")
    elif kind == "link":
        place.symlink_to(old)
    elif kind == "writable":
        place.mkdir()
        place.chmod(0o777)
    done = box.bridge("state-migrate", "--from", place)
    assert done.code == "ERR_STATE"
    assert str(place) in done.json["error"]["message"]
    assert not box.states.exists()


def test_a_link_among_the_files_is_not_followed(box, old):
    (old / "link.state").symlink_to(old / "gone.state")
    assert len(migrate(box, "--from", old)["migrated"]) == 3


def test_one_migration_at_a_time(box, old):
    migrate(box, "--from", old)
    path = next(Path(box.env["BRIDGE_STATE_DIR"]).rglob("migration.lock"))
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = box.bridge("state-migrate", "--from", old, env={"BRIDGE_LOCK_TIMEOUT": "0.2"})
    assert done.code == "ERR_LOCKED"


def test_an_empty_directory_is_a_usage_error(box):
    assert box.bridge("state-migrate", "--from", "").code == "ERR_USAGE"


def test_what_the_script_itself_left_is_imported(box, old):
    """Every state file that was recorded from the script."""
    recorded = [json.loads(row) for row in (ROOT / "tests" / "compat" / "states.jsonl").read_text().splitlines()]
    for number, state in enumerate(recorded):
        text = re.sub(r'"session_name": "[^"]*"', f'"session_name": "r{number}"', state["text"])
        (old / f"r{number}.state").write_text(text)
    done = migrate(box, "--from", old)
    assert sum("mended" in item["actions"] for item in done["migrated"]) == 1 + sum(
        not state["valid"] for state in recorded
    )
    for number in range(len(recorded)):
        assert json.loads((box.states / f"r{number}.state").read_text())["session_name"] == f"r{number}"


GUIDE = (ROOT / "docs" / "MIGRATION.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_block_of_the_guide_runs(box, old, block):
    folder = box.directory / "path"
    folder.mkdir()
    (folder / "bridge").symlink_to(box.built)
    env = {"PATH": f"{folder}:{box.env['PATH']}", "OLD": str(old)}
    done = box.call(["bash", "-euo", "pipefail", "-c", block], env=env, timeout=60)
    assert done.status == 0, done.stderr
    assert '"status": "error"' not in done.stdout


def test_the_guide_names_only_what_there_is():
    from bridge import registry
    from bridge.config import VARIABLES

    assert len(BLOCKS) >= 3
    named = set(re.findall(r"bridge ((?:daemon|event|session|pane|gc|state)-[a-z-]+)", GUIDE))
    assert named <= set(registry.names())
    assert {"gc-run", "gc-protect", "state-migrate"} <= named
    assert set(re.findall(r"\bBRIDGE_[A-Z_]+", GUIDE)) <= set(VARIABLES)
    assert os.path.basename(TMUX) == "tmux"
