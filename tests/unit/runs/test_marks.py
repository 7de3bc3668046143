"""The mark where a command begins is found whole, and a part of it is waited for."""

from __future__ import annotations

from bridge.core import marks


def test_the_last_one_counts():
    data = b"$ a" + marks.BEGINS + b"one" + marks.BEGINS + b"two"
    assert data[marks.after_last_begin(data) :] == b"two"
    assert marks.after_last_begin(b"one") == -1


def test_a_part_at_the_end_is_unfinished():
    for count in range(1, len(marks.BEGINS)):
        assert marks.unfinished(b"text" + marks.BEGINS[:count]) == count
    assert marks.unfinished(b"text" + marks.BEGINS) == 0
    assert marks.unfinished(b"") == 0
