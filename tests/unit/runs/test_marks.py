"""The mark where a command begins may come in parts."""

from __future__ import annotations

from bridge.core import marks


def test_a_part_at_the_end_is_unfinished():
    for count in range(1, len(marks.BEGINS)):
        assert marks.unfinished(b"text" + marks.BEGINS[:count]) == count
    assert marks.unfinished(b"text" + marks.BEGINS) == 0
    assert marks.unfinished(b"") == 0
