"""Rows of tmux's answers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import BridgeError
from bridge.tmux import argv, rows

BOUNDED = settings(derandomize=True, max_examples=25, deadline=None, database=None)
VALUE = st.one_of(st.text("a1:,\n\\=\t", max_size=8), st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
TABLE = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(VALUE, min_size=width, max_size=width), min_size=1, max_size=4)
)
NAMED = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 12: b"\\f", 13: b"\\r"}


def frame(table: list[list[str]], show=lambda data: data) -> bytes:
    """A table as tmux prints it; `show` is how it prints a value, the length is the value's own."""
    return b"".join(
        b"".join(b"%d:%b," % (len(value.encode()), show(value.encode())) for value in row) + b"\n" for row in table
    )


def octal(data: bytes) -> bytes:
    """Control bytes as tmux 3.4 prints them: three octal digits, a backslash stays."""
    return b"".join(b"\\%03o" % byte if byte < 32 or byte == 127 else bytes((byte,)) for byte in data)


def named(data: bytes) -> bytes:
    """Control bytes by their names in C where they have one."""
    return b"".join(NAMED.get(byte) or octal(bytes((byte,))) for byte in data)


def code(data: bytes, fields: int) -> str:
    with pytest.raises(BridgeError) as caught:
        rows.unframe(data, fields)
    return caught.value.code


@BOUNDED
@given(TABLE)
def test_framed_values_are_read_back(table):
    assert rows.unframe(frame(table), len(table[0])) == table


@BOUNDED
@given(TABLE, st.sampled_from([octal, named]))
def test_control_bytes_that_were_escaped_are_read_back(table, show):
    def safe(value: str) -> str:  # a comma behind a control byte is a test of its own, a literal backslash too
        return value.replace(",", ".").replace("\\", "/")

    table = [[safe(value) for value in row] for row in table]
    assert rows.unframe(frame(table, show), len(table[0])) == table


@pytest.mark.parametrize("show", [octal, named])
@pytest.mark.parametrize("value", ["a\\b", "\\", "C:\\new", "\\012", "a\\\\", ",\\,"])
def test_a_backslash_alone_is_itself(value, show):
    assert rows.unframe(frame([[value, "next"]], show), 2) == [[value, "next"]]


@pytest.mark.parametrize("value", ["\n,,,", "\x01\x01a,b,c,d,e", "\t,x,"])
def test_a_comma_within_an_escaped_value_is_not_its_end(value):
    assert rows.unframe(frame([[value, "next"]], octal), 2) == [[value, "next"]]


def test_an_escaped_value_takes_time_as_it_is_long():
    def seconds(size: int) -> float:
        data = frame([["\n" + "a\n" * size, "next"]], octal)
        began = time.process_time()
        assert len(rows.unframe(data, 2)[0][0]) == 2 * size + 1
        return time.process_time() - began

    assert min(seconds(400_000) for _ in range(2)) < 8 * min(seconds(100_000) for _ in range(2))


def test_an_empty_answer_has_no_rows():
    assert rows.unframe(b"", 3) == []


def test_bytes_that_are_not_utf8_are_replaced():
    assert rows.unframe(b"3:a\xffb,\n", 1) == [["a\ufffdb"]]


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"x",
            b"1:a",
            b"1:a,",
            b"1:a,x\n",
            b":a,\n",
            b"2:a,\n",
            b"-1:a,\n",
            b"1 :a,\n",
            b"\n",
            b"no server running\n",
        ),
        *(b"1:a,1:b,\n1:c,\n", b"99999999999999:a,\n", b"1:a,1:b,1:c,\n", b"3:\\0"),
    ],
)
def test_anything_else_is_told_as_unreadable(data):
    assert code(data, 2) == "ERR_TMUX_FAILED"


@BOUNDED
@given(st.one_of(st.binary(max_size=30), st.text("0123:,\\n\n", max_size=20).map(str.encode)), st.integers(1, 3))
def test_no_answer_raises_anything_else(data, fields):
    code, found = "ERR_TMUX_FAILED", []
    try:
        found = rows.unframe(data, fields)
    except BridgeError as problem:
        code = problem.code
    assert code == "ERR_TMUX_FAILED"
    assert all(len(row) == fields for row in found)


# --- panes ---

GIVEN = {
    "session_name": "my app",
    "session_id": "$3",
    "session_created": "1767263400",
    "window_id": "@4",
    "window_index": "1",
    "window_active": "1",
    "pane_id": "%5",
    "pane_index": "2",
    "pane_active": "0",
    "pane_pid": "4711",
    "pane_tty": "/dev/pts/3",
    "pane_width": "80",
    "pane_height": "24",
    "pane_dead": "0",
    "pane_in_mode": "0",
    "pane_input_off": "0",
    "pane_pipe": "1",
    "cursor_x": "2",
    "version": "3.7c",
    "pane_floating_flag": "1",
    argv.LABEL: "=a\\0ab",
    argv.METADATA: '{"k":"v,:\\n"}',
    argv.TYPED: "",
    argv.PANE_OWNER: "cafe:%5",
}


def pane(**changes: str):
    values = GIVEN | {key if key in GIVEN else f"@bridge_{key}": value for key, value in changes.items()}
    (found,) = rows.panes(listed(values))
    return found


def listed(values: dict[str, str], command: str = "bash") -> bytes:
    """One row as tmux prints it: the command stands last, up to the word that ends it."""
    return (
        frame([[values[field] for field in argv.PANE_FIELDS]]).removesuffix(b"\n") + f"{command}{argv.END}\n".encode()
    )


def test_a_command_may_hold_anything():
    text = "a,b\n3:x,"
    assert [found.command for found in rows.panes(listed(GIVEN, text) * 2)] == [text, text]


def test_a_pane_has_what_tmux_said():
    found = pane()
    assert (found.session, found.session_id, found.created) == ("my app", "$3", 1767263400)
    assert (found.window_id, found.window_index, found.window_active) == ("@4", 1, True)
    assert (found.id, found.index, found.active, found.pid) == ("%5", 2, False, 4711)
    assert (found.tty, found.command, found.width, found.height) == ("/dev/pts/3", "bash", 80, 24)
    assert (found.dead, found.in_mode, found.input_off, found.piped, found.cursor_x) == (False, False, False, True, 2)
    assert (found.label, found.metadata_text, found.typed_text) == ("a\nb", '{"k":"v,:\\n"}', "")
    assert (found.owner, found.tmux, found.floating) == ("cafe:%5", "3.7c", True)


def test_every_field_of_the_row_is_used():
    assert list(GIVEN) == list(argv.PANE_FIELDS)
    assert set(type(pane()).__slots__) == {name for name in type(pane()).__slots__ if hasattr(pane(), name)}


@pytest.mark.parametrize(("value", "label"), [("", None), ("=", ""), ("=日本", "日本"), ("plain", None)])
def test_a_label_is_one_that_was_set_for_us(value, label):
    assert pane(label=value).label == label


@pytest.mark.parametrize("owner", ["", "cafe:%1", "cafe", "%5"])
def test_a_mark_of_ownership_that_names_another_pane_is_none(owner):
    assert pane(pane_owner=owner).owner == ""


@pytest.mark.parametrize(("mode", "expected"), [("", False), ("0", False), ("1", True), ("2", True)])
def test_any_number_of_modes_is_a_mode(mode, expected):
    assert pane(pane_in_mode=mode).in_mode is expected


def test_a_dead_pane_may_lack_numbers():
    found = pane(pane_dead="1", pane_pid="", cursor_x="", session_created="")
    assert (found.dead, found.pid, found.cursor_x, found.created) == (True, 0, 0, 0)
