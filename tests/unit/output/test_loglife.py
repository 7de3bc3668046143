"""The states of a pane's log: every combination of what can be seen, and every move."""

from __future__ import annotations

import itertools

import pytest

from bridge.core import loglife
from bridge.core.loglife import ANNOUNCED, CUT, ENDED, NONE, STOPPED, WRITTEN, read_note, state

STATES = {NONE, ANNOUNCED, WRITTEN, STOPPED, ENDED, CUT}
FILES = {
    "": None,
    "0 abc 100.0\n": (0, "abc", False),
    "0 abc 100.0\n17 abc\n": (17, "abc", False),
    "0 abc 100.0\n17 abc\n- abc whole\n": (-1, "abc", True),
    "0 abc 100.0\n17 abc\n- abc cut\n": (-1, "abc", False),
    "nonsense\n\n0\n": None,
}


@pytest.mark.parametrize("text", FILES)
def test_the_writers_file_is_read(text):
    note = read_note(text)
    assert (note and (note.pid, note.generation, note.whole)) == FILES[text]


def test_every_combination_has_one_state():
    expected = {
        # (file, writes, pane ended, seconds since it was announced): state
        ("", False, False, 0): NONE,
        ("0 abc 100.0\n", False, False, 0): ANNOUNCED,
        ("0 abc 100.0\n", False, True, 0): ANNOUNCED,
        ("0 abc 100.0\n", False, False, 5): STOPPED,
        ("0 abc 100.0\n", False, False, -5): STOPPED,  # a clock of another boot
        ("0 abc 100.0\n", False, True, 5): CUT,
        ("0 abc 100.0\n17 abc\n", True, False, 5): WRITTEN,
        ("0 abc 100.0\n17 abc\n", True, True, 5): WRITTEN,
        ("0 abc 100.0\n17 abc\n", False, False, 5): STOPPED,
        ("0 abc 100.0\n17 abc\n", False, True, 5): CUT,
        ("0 abc 100.0\n17 abc\n- abc whole\n", False, True, 5): ENDED,
        ("0 abc 100.0\n17 abc\n- abc whole\n", False, False, 5): STOPPED,
        ("0 abc 100.0\n17 abc\n- abc cut\n", False, True, 5): CUT,
        ("0 abc 100.0\n17 abc\n- abc cut\n", False, False, 5): STOPPED,
    }
    for (text, writes, ended, passed), wanted in expected.items():
        assert state(read_note(text), writes=writes, pane_ended=ended, now=100.0 + passed) == wanted, text
    for text, writes, ended, passed in itertools.product(FILES, (False, True), (False, True), (-5, 0, 5)):
        assert state(read_note(text), writes=writes, pane_ended=ended, now=100.0 + passed) in STATES


def test_each_state_is_described_and_can_be_left_and_reached():
    assert set(loglife.GROWS) == set(loglife.COMPLETE) == STATES
    assert {move[0] for move in loglife.MOVES} == {move[1] for move in loglife.MOVES} == STATES
    for source, to, _, lock in loglife.MOVES:
        # New files only under the gate, removal only by who is alone: the two moves that could hurt a reader.
        assert (lock == "gate") == (to == ANNOUNCED), (source, to)
        assert (lock == "lease, alone") == (to == NONE), (source, to)
    assert not any(loglife.GROWS[name] and not loglife.COMPLETE[name] for name in STATES)
