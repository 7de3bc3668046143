"""Tables for people."""

from __future__ import annotations

from bridge.cli import table
from bridge.core import charwidth


def test_columns_stand_below_one_another_whatever_the_characters_are_wide():
    rows = [{"name": name, "next": "x"} for name in ("plain", "日本語", "e\u0301te\u0301", "🎈 ok")]
    lines = table.render({"rows": rows}).splitlines()
    assert len({charwidth.columns(line[: line.rindex("x")]) for line in lines[1:]}) == 1


def answer(output: object = "x\n", **fields: object) -> dict[str, object]:
    keys = {"status": "success", "command": "c", "session": "", "pane_id": "", "output": output, "timestamp": "now"}
    return keys | fields


def test_an_answer_without_a_list_has_a_line_for_each_field():
    text = table.render(answer("Daemon is running\n", pid=7, running=True, file=None, problems=[], untrusted=True))
    assert [line.split() for line in text.splitlines()] == [
        ["output", "Daemon", "is", "running"],
        ["pid", "7"],
        ["running", "yes"],
        ["file"],
        ["problems"],
    ]


def test_a_text_of_several_lines_stands_below_the_fields_and_drives_no_terminal():
    assert table.render(answer("one\n\x1b[31mtwo\n", path=None)) == "path\n\none\n\\x1b[31mtwo\n"
    assert table.render(answer("7\n", count=7)) == "count  7\n"
    assert table.render(answer("plain\n")) == "output  plain\n"


def test_a_list_without_rows_is_empty():
    assert table.render(answer([], count=0)) == ""
    assert table.render(answer("No snapshots\n", snapshots=[], count=0)) == ""


def test_what_is_nested_speaks_no_python():
    rows = [{"name": "g", "sessions": [{"name": "p", "alive": True, "id": None}, {"name": "r", "alive": False}]}]
    assert table.render({"rows": rows}).splitlines()[1] == "g     name=p alive=yes id=; name=r alive=no"
    told = table.render({"rows": [{"data": {"untrusted": True, "ids": ["a", 2], "status": None}}]})
    assert told.splitlines()[1] == "untrusted=yes ids=[a, 2] status="
