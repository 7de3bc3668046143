"""What differs between the versions of tmux, by the version that its server tells."""

from __future__ import annotations

import pytest

from bridge.tmux import versions


@pytest.mark.parametrize(
    ("version", "number"),
    [
        ("3.2", (3, 2)),
        ("3.3a", (3, 3)),
        ("3.10b", (3, 10)),
        ("next-3.8", (3, 8)),
        ("3.7-rc2", (3, 7)),
        ("master", (99, 0)),
        ("", (99, 0)),
        ("4", (99, 0)),
    ],
)
def test_a_version_is_compared_by_its_numbers(version, number):
    assert versions.number(version) == number


@pytest.mark.parametrize(
    ("version", "care"),
    [("3.2", True), ("3.3a", True), ("next-3.5", True), ("3.6", False), ("3.10", False), ("4.0", False)],
)
def test_servers_that_need_care(version, care):
    assert versions.needs_care(version) is care


@pytest.mark.parametrize("version", versions.TRIED)
def test_a_paste_is_exact_where_tmux_would_spell_it_out(version):
    exact = version >= "3.7"
    assert versions.paste(version, "%1", "b", "-p") == (
        *("paste-buffer", *(("-S",) if exact else ()), "-p", "-r", "-b", "b", "-t", "%1"),
    )


@pytest.mark.parametrize(
    ("version", "near"),
    [("3.3a", "3.3a"), ("3.6a", "3.6b"), ("3.8", ""), ("next-3.7", ""), ("3.7-rc", ""), ("master", ""), ("", "")],
)
def test_a_version_that_was_not_tried_is_known_as_such(version, near):
    assert versions.nearest_tried(version) == near
