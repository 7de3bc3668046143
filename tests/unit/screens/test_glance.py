"""What a look tells of a pane's processes."""

from __future__ import annotations

import os

from bridge.core.topview import Seen
from bridge.features.screens import glance
from bridge.system import processes


def looks(*times: tuple[float, float]) -> list[float | None]:
    """The share that each look tells, of a process that has used so many seconds at so many."""
    told, before = [], None
    for at, used in times:
        pane = Seen(session="dev", session_id="$0", window_id="@0", id="%0", index=0, address="0", label="")
        entry = processes.look([os.getpid()])[0]
        entry.at, entry.used, entry.reaped = at, used, 0.0
        before = glance._use(pane, before, [entry])
        told.append(pane.cpu)
    return told


def test_a_share_is_told_from_the_second_look_on():
    assert looks((1.0, 0.0), (2.0, 0.5), (3.0, 1.5)) == [None, 50.0, 100.0]


def test_a_tick_of_the_clock_between_two_quick_looks_is_no_load():
    assert looks((1.0, 0.1), (1.006, 0.11)) == [None, None]
    assert looks((1.0, 0.0), (2.0, 0.5), (2.006, 0.51), (2.5, 0.75)) == [None, 50.0, 50.0, 50.0]


def test_looks_in_quick_succession_tell_a_share_all_the_same():
    times = [(1 + 0.1 * number, 0.1 * number) for number in range(8)]
    assert looks(*times)[3:] == [100.0] * 5
