"""Sessions that are saved by themselves: while a daemon runs, whatever it survives, and never to their harm."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import time
from pathlib import Path

import pytest
from conftest import ROOT, wait_until

from bridge import registry
from bridge.core import snapshots


@pytest.fixture
def served(box):
    """A session at its prompt and a daemon."""
    box.session("dev")
    box.bridge("daemon-start").ok()
    return box


def listed(box, session: str = "dev") -> list[dict]:
    return box.bridge("session-snapshots", session).ok()["snapshots"]


def autosave(box, session: str = "dev") -> dict:
    return box.bridge("session-snapshots", session).ok()["autosaves"][0]


def state(box, wanted: str) -> dict:
    return wait_until(lambda: autosave(box)["state"] == wanted and autosave(box), f"the state {wanted}")


def test_a_session_is_saved_at_once_and_again_when_it_changes(served):
    done = served.bridge("session-autosave", "dev", "1").ok()
    assert (done["enforced"], done["hint"], done["interval_seconds"]) == (True, None, 1)
    wait_until(lambda: listed(served), "the first snapshot")
    assert listed(served)[0]["automatic"] is True
    served.bridge("pane-create", "dev", "second").ok()
    wait_until(lambda: [entry["pane_count"] for entry in listed(served)] == [2, 1], "the second snapshot")
    events = wait_until(lambda: served.bridge("event-log", "dev", "snapshot-saved").ok()["events"][1:], "the event")
    assert events[0]["data"]["file"].startswith(done["directory"])


def test_what_has_not_changed_makes_no_second_generation(served):
    served.bridge("session-autosave", "dev", "1").ok()
    first = wait_until(lambda: listed(served), "the first snapshot")[0]
    later = wait_until(lambda: listed(served)[0]["file"] != first["file"] and listed(served), "a later save")
    assert len(later) == 1
    assert autosave(served)["state"] in ("saved", "unchanged")


def test_without_a_daemon_it_is_stored_and_told(box):
    box.session()
    done = box.bridge("session-autosave", "dev").ok()
    assert (done["enforced"], done["interval_seconds"]) == (False, 300)
    assert "daemon-start" in done["hint"]
    assert autosave(box)["state"] is None
    box.bridge("daemon-start").ok()
    wait_until(lambda: listed(box), "the snapshot of the daemon that came later")


def test_it_survives_the_daemon(served):
    served.bridge("session-autosave", "dev", "1").ok()
    wait_until(lambda: listed(served), "the first snapshot")
    os.kill(served.bridge("daemon-status").ok()["pid"], signal.SIGKILL)
    wait_until(lambda: served.bridge("daemon-status").status == 1, "the end of the daemon")
    served.bridge("pane-create", "dev", "second").ok()
    served.bridge("daemon-start").ok()
    wait_until(lambda: len(listed(served)) == 2, "the save after the restart")


def test_a_stopped_one_saves_no_more_and_leaves_its_snapshots(served):
    served.bridge("session-autosave", "dev", "1").ok()
    wait_until(lambda: listed(served), "the first snapshot")
    again = served.bridge("session-autosave", "dev", "5")
    assert (again.code, again.json["output"]) == ("ERR_BUSY", "Already running\n")
    done = served.bridge("session-autosave-stop", "dev").ok()
    assert (done["output"], done["interval_seconds"]) == ("Stopped\n", 1)
    wait_until(lambda: served.bridge("session-snapshots", "dev").ok()["autosaves"] == [], "the end")
    served.bridge("pane-create", "dev", "second").ok()
    time.sleep(1.5)
    assert [entry["pane_count"] for entry in listed(served)] == [1]
    last = served.bridge("session-autosave-stop", "dev")
    assert (last.code, last.json["output"]) == ("ERR_AUTOSAVE_NOT_FOUND", "Not running\n")


def test_a_server_that_has_gone_makes_no_generation(served):
    served.bridge("pane-create", "dev", "second").ok()
    served.bridge("session-autosave", "dev", "1").ok()
    wait_until(lambda: listed(served), "the first snapshot")
    server = int(served.tmux("display-message", "-p", "#{pid}"))
    os.kill(server, signal.SIGKILL)
    state(served, "absent")
    (kept,) = listed(served)
    assert (kept["pane_count"], kept["valid"]) == (2, True)
    assert [path for path in Path(kept["file"]).parent.iterdir() if path.name.endswith(".tmp")] == []


def test_an_almost_empty_session_does_not_replace_a_rich_one(served):
    for number in range(3):
        served.bridge("pane-create", "dev", f"p{number}").ok()
    served.bridge("session-autosave", "dev", "1").ok()
    rich = wait_until(lambda: listed(served), "the first snapshot")[0]
    served.tmux("kill-server")
    state(served, "absent")
    served.session("dev")
    held = state(served, "held")
    assert held["file"] == listed(served)[0]["file"]
    assert [entry["pane_count"] for entry in listed(served)] == [4]
    assert rich["pane_count"] == 4
    # To take the new one for what it is, it is saved by hand.
    served.bridge("session-save", "dev").ok()
    wait_until(lambda: autosave(served)["state"] in ("saved", "unchanged"), "the next automatic save")
    assert 4 in [entry["pane_count"] for entry in listed(served)]


def test_a_restored_session_is_saved_again(served):
    served.bridge("pane-create", "dev", "second").ok()
    served.bridge("session-autosave", "dev", "1").ok()
    wait_until(lambda: listed(served), "the first snapshot")
    served.tmux("kill-server")
    state(served, "absent")
    assert served.bridge("session-restore", "dev").ok()["pane_count"] == 2
    state(served, "saved")
    assert [entry["pane_count"] for entry in listed(served)] == [2, 2]


def test_a_session_that_is_being_restored_is_not_saved_half(served):
    served.tmux("set-option", "-t", "dev", "@bridge_restoring", "1 1")
    served.bridge("session-autosave", "dev", "1").ok()
    assert "being restored" in state(served, "failed")["reason"]
    assert listed(served) == []
    served.tmux("set-option", "-u", "-t", "dev", "@bridge_restoring")
    wait_until(lambda: listed(served), "the first snapshot")


def test_generations_are_thinned_out_and_none_that_was_asked_for(served):
    folder = Path(served.bridge("session-save", "dev").ok()["file"]).parent
    document = json.loads(next(folder.glob("*.snapshot")).read_text(encoding="utf-8"))
    now = time.time()
    other_life = document["identity"] | {"server_pid": 1}
    for number in range(2, 100):
        name = f"{number:06d}-20260101T103000Z"
        ending = ".snapshot" if number % 30 == 0 else ".auto.snapshot"
        life = other_life if number < 5 else document["identity"]
        path = folder / f"{name}{ending}"
        path.write_bytes(snapshots.seal(document | {"saved_at": name, "identity": life}))
        age = (100 - number) * 4 * 3600  # the oldest is over 16 days old
        os.utime(path, (now - age, now - age))
    served.bridge("pane-create", "dev", "second").ok()
    served.bridge("session-autosave", "dev", "60").ok()
    wait_until(lambda: len(listed(served)) < 60, "the thinning")
    numbers = [int(Path(entry["file"]).name[:6]) for entry in listed(served)]
    assert {1, 30, 60, 90} <= set(numbers), "what was asked for"
    assert set(range(91, 101)) <= set(numbers), "the newest ten"
    assert 4 in numbers, "the last of another life"
    assert not {2, 3, 5, 20, 50} & set(numbers), "what is older than a week"
    recent = [number for number in numbers if (100 - number) * 4 * 3600 < 7 * 86400]
    assert 15 <= len(recent) <= 25, "one for each day of the week"


def test_intervals_that_are_none_are_refused(box):
    box.session()
    for interval in ("0", "0.5", "-1", "soon", "1e3"):
        assert box.bridge("session-autosave", "dev", interval).code == "ERR_USAGE"
    assert box.bridge("session-snapshots").ok()["autosaves"] == []


def test_a_list_that_is_locked_or_unreadable_is_told(box):
    box.session()
    box.bridge("session-autosave", "dev").ok()
    (lock,) = (box.directory / "state").rglob("autosaves.lock")
    with open(lock, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        env = {"BRIDGE_LOCK_TIMEOUT": "0.1"}
        assert box.bridge("session-autosave-stop", "dev", env=env).code == "ERR_LOCKED"
        assert box.bridge("session-autosave", "dev", env=env).code == "ERR_LOCKED"
    path = lock.parent / "autosaves.json"
    newer = path.read_text().replace('"version": 1', '"version": 2')
    path.write_text(newer)
    for words in (("session-autosave", "dev"), ("session-autosave-stop", "dev"), ("session-snapshots",)):
        assert box.bridge(*words).code == "ERR_STATE"
    assert path.read_text() == newer
    path.write_text("{")
    assert box.bridge("session-snapshots").ok()["autosaves"] == []
    assert list(path.parent.glob("autosaves.json.corrupt-*"))


GUIDE = (ROOT / "docs" / "PERSISTENCE_GUIDE.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
SAID = (
    ("window 0 panes: 2 -> 1", '"score_percent": 100', "alice"),
    ("pane 0.0 main\npane 0.1 logs", '"interval_seconds": 60'),
    ('"action":"typed"', "run sleep 1000", "typed tail -f /dev/null"),
    ("ERR_SESSION_EXISTS\ncopy\ndev-2\ntrue",),
    ("0 main ", "*0: bash"),
)


@pytest.mark.parametrize("number", range(len(SAID)))
def test_every_block_of_the_guide_runs(box, number):
    printed = box.run_block("-eu", text=BLOCKS[number])
    for text in SAID[number]:
        assert text in printed, printed


def test_the_guide_names_only_what_there_is():
    assert len(BLOCKS) == len(SAID)
    named = set(re.findall(r"`?\b((?:daemon|event|session|pane)-[a-z-]+)", GUIDE))
    assert {name for name in named if name in registry.names()} >= set(registry.FAMILIES["snapshot"]) - {"session-diff"}
    assert set(re.findall(r"bridge ((?:daemon|event|session|pane)-[a-z-]+)", GUIDE)) <= set(registry.names())
