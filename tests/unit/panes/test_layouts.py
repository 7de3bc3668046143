"""Layout strings of tmux."""

from __future__ import annotations

import pytest

from bridge.core import layouts


def summed(body: str) -> str:
    return f"{layouts.checksum(body):04x},{body}"


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        ("80x24,0,0,3", "80x24,0,0,3"),
        ("100x40,0,0{50x40,0,0,0,49x40,51,0,1}", "100x40,0,0{50x40,0,0,0,49x40,51,0,1}"),
        (
            "100x40,0,0{50x40,0,0,0,49x40,51,0,1,50x10,4,2,2}<50x10,4,2,2>",
            "100x40,0,0{50x40,0,0,0,49x40,51,0,1}",
        ),
        (
            "100x40,0,0{50x40,0,0,0,50x10,4,2,2,49x40,51,0[49x20,51,0,1,49x19,51,21,5,30x9,1,1,9]}"
            "<50x10,4,2,2,30x9,1,1,9>",
            "100x40,0,0{50x40,0,0,0,49x40,51,0[49x20,51,0,1,49x19,51,21,5]}",
        ),
        ("100x40,0,0{100x40,0,0,0,50x10,4,2,2}<50x10,4,2,2>", "100x40,0,0,0"),
        ("100x40,0,0{50x10,4,2,2,50x10,8,4,3}<50x10,4,2,2,50x10,8,4,3>", "100x40,0,0"),
    ],
)
def test_floating_panes_are_left_out(body, rest):
    found = layouts.tiled(summed(body))
    assert found == summed(rest)
    layouts.read(found)


@pytest.mark.parametrize("body", ["80x24,0,0,3<", "80x24,0,0,3<x>", "80x24<80x24,0,0,3>"])
def test_what_tmux_could_not_have_written_is_refused(body):
    with pytest.raises(ValueError, match="layout"):
        layouts.tiled(summed(body))
