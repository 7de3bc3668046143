"""Tables for people."""

from __future__ import annotations

from bridge.cli import table
from bridge.core import charwidth


def test_columns_stand_below_one_another_whatever_the_characters_are_wide():
    rows = [{"name": name, "next": "x"} for name in ("plain", "日本語", "e\u0301te\u0301", "🎈 ok")]
    lines = table.render({"rows": rows}).splitlines()
    assert len({charwidth.columns(line[: line.rindex("x")]) for line in lines[1:]}) == 1
