"""Files with a version: those of a later bridge stay as they are, an unreadable one is moved aside by one alone."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest

from bridge.errors import BridgeError
from bridge.store import atomic, document
from bridge.store.autosaves import Autosaves
from bridge.store.events import EventLog
from bridge.store.gc import Collection
from bridge.store.groups import Fleet
from bridge.store.lock import FileLock
from bridge.store.migration import Imported
from bridge.store.samples import Samples
from bridge.store.subscriptions import Subscriptions

# Each file of ours that has a version: its name, and how it is read.
READERS = {
    "subscriptions.json": lambda base: Subscriptions(base, 1).load(7),
    "autosaves.json": lambda base: Autosaves(base, 1).load(7),
    "groups.json": lambda base: Fleet(base, 1).load(7),
    "gc-config.json": lambda base: Collection(base, 1).policy(7),
    "gc/looks.json": lambda base: Collection(base, 1).looks(7),
    "migrated.json": Imported,
}
WRITERS = {
    "subscriptions.json": lambda base: Subscriptions(base, 1).add({}, 7),
    "autosaves.json": lambda base: Autosaves(base, 1).remove("dev", 7),
    "groups.json": lambda base: Fleet(base, 1).change(7).__enter__(),
    "gc-config.json": lambda base: Collection(base, 1).change_policy(7, enabled=True),
}
LATER = [
    {"version": 2},
    {"version": 2, "subscriptions": {"a": 1}, "autosaves": {}, "groups": [], "sources": []},
    {"version": 99, "groups": {}},
    {"version": "2.0"},
    {"version": True},
]


@pytest.fixture
def base(tmp_path) -> Path:
    tmp_path.chmod(0o700)
    (tmp_path / "gc").mkdir(mode=0o700)
    return tmp_path


def refusal(work) -> str:
    with pytest.raises(BridgeError) as caught:
        work()
    assert caught.value.code == "ERR_STATE"
    return caught.value.message


@pytest.mark.parametrize("later", LATER, ids=json.dumps)
@pytest.mark.parametrize("name", READERS)
def test_a_file_of_a_later_version_is_refused_and_stays(base, name, later):
    path = base / name
    path.write_text(json.dumps(later))
    for work in (READERS[name], WRITERS.get(name, READERS[name])):
        message = refusal(lambda work=work: work(str(base)))
        assert f"version {later['version']}, this bridge knows 1" in message
        assert str(path) in message
    assert path.read_text() == json.dumps(later)
    assert not list(base.rglob("*.corrupt-*"))


@pytest.mark.parametrize("store", [EventLog, Samples])
def test_a_database_of_a_later_version_is_refused_and_stays(base, store):
    path = base / "x.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 7")
    connection.execute("CREATE TABLE events (other)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    assert "version 7, this bridge knows 0" in refusal(lambda: store(str(path), 7))
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", [name for name in READERS if name != "migrated.json"])
def test_an_unreadable_file_is_moved_aside(base, name):
    (base / name).write_text("{ broken")
    READERS[name](str(base))
    (aside,) = base.rglob("*.corrupt-*")
    assert aside.read_text() == "{ broken"
    assert not (base / name).exists()


def test_what_a_writer_has_mended_meanwhile_is_not_moved(base):
    """A reader that met a broken file waits for the lock; by then a good one stands there."""
    path = base / "subscriptions.json"
    path.write_text("{ broken")
    store = Subscriptions(str(base), 5)
    with FileLock(f"{base}/subscriptions.lock", 1):
        reader = threading.Thread(target=lambda: store.load(7))
        reader.start()
        atomic.write(str(path), b'{"version": 1, "subscriptions": []}')
    reader.join()
    assert path.read_bytes() == b'{"version": 1, "subscriptions": []}'
    assert store.aside in (None, *map(str, base.glob("*.corrupt-*")))
    for aside in base.glob("*.corrupt-*"):
        assert aside.read_text() == "{ broken"


def test_only_the_file_that_was_read_is_moved(base):
    path = base / "x.json"
    path.write_text("old")
    seen = atomic.identity(str(path))
    (base / "new").write_text("new")
    (base / "new").rename(path)
    assert atomic.quarantine(str(path), 7, seen) is None
    assert path.read_text() == "new"


def test_many_readers_of_a_broken_database_lose_no_event(base):
    """Each that meets it makes the log anew, and writes; what one has written no other moves away."""
    path = base / "eventlog" / "events.db"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(b"no database, but long enough to be read as one" * 100)
    keys = ("event_id", "event_type", "session", "pane_id", "pane", "timestamp", "message")
    problems = []

    def work(number: int) -> None:
        try:
            log = EventLog(str(path), 7)
            log.append([dict.fromkeys(keys, "x") | {"event_id": str(number), "data": {}}])
            log.close()
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sqlite3.connect(path).execute("SELECT count(*) FROM events").fetchone() == (8,)
    assert len(list(path.parent.glob("*.corrupt-*"))) == 1


def test_whoever_has_the_lock_may_read(base):
    path, lock = f"{base}/x.json", FileLock(f"{base}/x.lock", 1)
    Path(path).write_text("{")
    with lock:
        found, aside = document.load(path, lock, 7, 1, lambda _: None)
    assert (found, aside) == (None, f"{path}.corrupt-7")
