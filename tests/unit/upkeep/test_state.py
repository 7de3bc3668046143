"""What of an old state file is kept when it is written anew."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.store import state

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)
CREATED = "2026-01-01T10:30:00Z"
KEYS = st.text("abc", min_size=1, max_size=2).map("x_".__add__)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


class Disk:
    """The bytes of one state file, with the interface of `bridge.store.atomic`."""

    def __init__(self, data: bytes | None = None) -> None:
        self.data = data
        self.writes = 0
        self.aside: dict[str, bytes] = {}

    def read(self, path: str) -> bytes | None:
        return self.data

    def write(self, path: str, data: bytes, *, synced: bool = True) -> None:
        self.data = data
        self.writes += 1

    def identity(self, path: str) -> tuple[int, int] | None:
        return None if self.data is None else (0, id(self.data))

    def quarantine(self, path: str, stamp: int, seen: tuple[int, int] | None) -> str | None:
        assert self.data is not None
        assert seen == self.identity(path)
        self.aside[f"{path}.corrupt-{stamp}"] = self.data
        self.data = None
        return f"{path}.corrupt-{stamp}"


def entry(number: int = 0, **more: object) -> dict[str, object]:
    return {"pane_id": number, "label": "main", "status": "idle", "metadata": {}, "pane": f"%{number}"} | more


def write(disk: Disk, *panes: dict[str, object], session: str = "dev", created: str = CREATED) -> str | None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "atomic", disk)
        return state.write("dev.state", session, created, list(panes) or [entry()], 1234)


def written(old: object, *panes: dict[str, object]) -> dict:
    """The new document over an old one."""
    disk = Disk(json.dumps(old).encode())
    assert write(disk, *panes) is None
    return json.loads(disk.data)


def test_a_new_file_has_the_scripts_shape():
    disk = Disk()
    assert write(disk) is None
    assert disk.data == (
        b'{\n  "session_name": "dev",\n  "created_at": "2026-01-01T10:30:00Z",\n  "panes": [\n    {\n'
        b'      "pane_id": 0,\n      "label": "main",\n      "status": "idle",\n      "metadata": {},\n'
        b'      "pane": "%0"\n    }\n  ]\n}\n'
    )


def test_the_time_of_creation_is_kept():
    assert written({"created_at": "2020-01-01T00:00:00Z"})["created_at"] == "2020-01-01T00:00:00Z"


@pytest.mark.parametrize("before", ["", None, 5, []])
def test_a_time_that_is_none_is_replaced(before):
    assert written({"created_at": before})["created_at"] == CREATED


def test_the_name_and_the_panes_are_never_believed():
    found = written({"session_name": "old", "panes": [entry(0, label="old"), entry(7)]}, entry(0, label="new"))
    assert found["session_name"] == "dev"
    assert found["panes"] == [entry(0, label="new")]


@BOUNDED
@given(st.dictionaries(KEYS, JSON, max_size=3))
def test_keys_that_are_not_ours_are_kept(mine):
    found = written({"session_name": "dev"} | mine)
    assert {key: found[key] for key in mine} == mine
    assert list(found)[:3] == ["session_name", "created_at", "panes"]


@BOUNDED
@given(st.dictionaries(KEYS, JSON, max_size=3))
def test_keys_that_are_not_ours_are_kept_with_their_pane(mine):
    found = written({"panes": [entry(1), entry(0) | mine]}, entry(0), entry(1))
    assert found["panes"] == [entry(0) | mine, entry(1)]


def test_what_belongs_to_a_pane_follows_it_to_another_index():
    found = written({"panes": [entry(0, note="a"), entry(1, note="b")]}, entry(1, pane_id=0))
    assert found["panes"] == [entry(1, pane_id=0, note="b")]


def test_entries_of_the_script_are_found_by_their_index():
    old = {"panes": [{"pane_id": 0, "label": "old", "note": "a"}, {"pane_id": 1, "note": "b"}]}
    assert [pane["note"] for pane in written(old, entry(0), entry(1))["panes"]] == ["a", "b"]


@pytest.mark.parametrize("panes", [None, 5, "x", {}, [], [None, 1, "x", []], [{}]])
def test_panes_of_another_shape_are_no_panes(panes):
    assert written({"panes": panes})["panes"] == [entry()]


def test_an_unchanged_file_is_not_written_again():
    disk = Disk()
    write(disk)
    write(disk)
    assert disk.writes == 1
    write(disk, entry(0, status="running"))
    assert disk.writes == 2


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'"a"', b"{}x", b"\xff\xfe", b'{"a": NaN}', b"[" * 5000])
def test_a_file_that_cannot_be_read_is_kept_aside(data):
    disk = Disk(data)
    assert write(disk) == "dev.state.corrupt-1234"
    assert disk.aside == {"dev.state.corrupt-1234": data}
    assert json.loads(disk.data)["panes"] == [entry()]


@BOUNDED
@given(st.binary(max_size=20))
def test_whatever_was_there_a_sound_file_is_there_then(data):
    disk = Disk(data)
    write(disk)
    assert json.loads(disk.data)["session_name"] == "dev"
    assert write(disk) is None


@pytest.mark.parametrize(
    "mine",
    [
        pytest.param(b'"\\ud800"', id="a lone surrogate"),
        pytest.param(b"1e400", id="a number beyond a double"),
        pytest.param(b"[" * 700 + b"]" * 700, id="deep nesting"),
    ],
)
def test_an_odd_value_of_somebody_else_does_not_break_the_file(mine):
    disk = Disk(b'{"mine": ' + mine + b"}")
    write(disk)
    assert write(disk) is None
    assert json.loads(disk.data)["session_name"] == "dev"
