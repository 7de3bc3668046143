"""Sums over processes: which belong to which pane, and what they used between two looks."""

from __future__ import annotations

import os

import pytest

from bridge.core import usage
from bridge.core.usage import Entry
from bridge.system import processes


def entry(pid, parent=1, *, used=0.0, reaped=0.0, at=0.0, started=1, session=0, tty=0, state="S", memory=0):
    return Entry(
        pid,
        f"p{pid}",
        at=at,
        state=state,
        parent=parent,
        group=pid,
        session=session,
        tty=tty,
        used=used,
        reaped=reaped,
        threads=1,
        started=started,
        memory=memory,
    )


def table(*entries):
    return {each.pid: each for each in entries}


def pids(found):
    return {root: sorted(each.pid for each in each_pane) for root, each_pane in found.items()}


def test_descendants_belong_to_the_nearest_pane():
    entries = table(
        entry(10, tty=5), entry(11, 10), entry(12, 11), entry(20, 12, tty=6), entry(21, 20), entry(30), entry(0, 0)
    )
    assert pids(usage.members(entries, {10: 5, 20: 6})) == {10: [10, 11, 12], 20: [20, 21]}


def test_what_shares_the_session_or_the_terminal_belongs_to_the_pane():
    entries = table(entry(10, tty=5), entry(11, 1, session=10), entry(12, 1, tty=5), entry(13, 12), entry(14, tty=7))
    assert pids(usage.members(entries, {10: 5})) == {10: [10, 11, 12, 13]}


def test_a_pid_that_another_process_has_got_is_no_pane():
    assert usage.members(table(entry(10, tty=9), entry(11, 10)), {10: 5, 99: 6}) == {}
    assert usage.members(table(entry(10, tty=5, state="Z")), {10: 5}) == {}


def test_a_circle_of_parents_ends():
    assert pids(usage.members(table(entry(10, tty=5), entry(2, 3), entry(3, 2)), {10: 5})) == {10: [10]}


@pytest.mark.parametrize(
    ("before", "after", "spent"),
    [
        ([entry(1, used=1)], [entry(1, used=3)], 2),
        # Born between the looks.
        ([entry(1, used=1)], [entry(1, used=1), entry(2, 1, used=4)], 4),
        # Born, ended and waited for between the looks.
        ([entry(1, used=1)], [entry(1, used=1, reaped=2)], 2),
        # There at the first look, ended since: only what it used since counts.
        ([entry(1), entry(2, 1, used=5)], [entry(1, reaped=6)], 1),
        # Both it and its parent have ended.
        ([entry(1), entry(2, 1, used=1), entry(3, 2, used=5)], [entry(1, reaped=8)], 2),
        # Nobody of the pane waited for it: its time went to init.
        ([entry(1), entry(2, 9, used=5)], [entry(1, used=1)], 1),
        # Its parent ignores its children's ends, so their time is lost.
        ([entry(1, used=1), entry(2, 1, used=5)], [entry(1, used=2)], 1),
        # Another process has got the pid.
        ([entry(1), entry(2, 1, used=5, started=1)], [entry(1, reaped=5), entry(2, 1, used=0.5, started=2)], 0.5),
    ],
)
def test_time_between_two_looks(before, after, spent):
    assert usage.spent(before, after) == pytest.approx(spent)


def test_psutil_sees_the_same():
    """Where there is no /proc psutil serves: it tells the same of this process and of its parent."""
    by_proc, by_psutil = processes.scan(), processes.scan_by_psutil()
    for pid in (os.getpid(), os.getppid()):
        one, other = by_proc[pid], by_psutil[pid]
        for name in ("name", "parent", "group", "session", "tty", "threads"):
            assert getattr(one, name) == getattr(other, name), name
        assert other.memory == pytest.approx(one.memory, rel=0.05, abs=1 << 20)
        assert other.total == pytest.approx(one.total, abs=0.5)
        assert other.age == pytest.approx(one.age, abs=2)
