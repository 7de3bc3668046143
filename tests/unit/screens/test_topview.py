"""Words, figures and widths of the full-screen view."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from bridge.core import topkeys, topview
from bridge.core.topview import Seen, Widths
from bridge.top import picture


def pane(**values) -> Seen:
    found = Seen(session="dev", session_id="$1", window_id="@1", id="%1", index=0, address="0", label=None)
    for name, value in values.items():
        setattr(found, name, value)
    return found


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "running", "program": "make", "age": 192.0, "exact": True}, "make 3m"),
        ({"state": "running", "program": "bash", "age": 4.0, "exact": False}, "bash 4s+"),
        ({"state": "idle", "age": 7300.0, "exact": True}, "idle 2h"),
        ({"state": "failed", "code": 2, "age": 90000.0, "exact": True}, "exit 2, idle 1d"),
        ({"state": "input", "program": "cat", "age": 0.2, "exact": True}, "input: cat 0s"),
        ({"state": "dead", "code": 7, "age": 5.0, "exact": True}, "dead, exit 7 5s"),
        ({"state": "dead", "signal": "9"}, "dead, signal 9"),
        ({"state": "dead"}, "dead, exit ?"),
        ({"state": "unknown", "age": 3.0}, "unknown"),
    ],
)
def test_a_state_is_told_in_few_words(values, words):
    assert topview.state_words(pane(**values)) == words


def test_every_state_has_a_sign_of_its_own():
    assert len(set(topview.SIGNS.values())) == len(topview.SIGNS) == 6
    assert all(len(sign) == 1 and sign.isascii() for sign in topview.SIGNS.values())


@pytest.mark.parametrize(
    ("value", "figure"),
    [(None, "-"), (0.0, "0.0"), (12.34, "12.3"), (999.9, "999.9"), (999.96, "1000"), (6400.0, "6400")],
)
def test_shares_fit_into_five_characters(value, figure):
    assert topview.cpu_figure(value) == figure


@pytest.mark.parametrize(
    ("value", "figure"),
    [(None, "-"), (3.52, "3.5M"), (9.96, "10M"), (1023.0, "1023M"), (1024.0, "1.0G"), (3 * 1024 * 1024.0, "3.0T")],
)
def test_memory_fits_into_five_characters(value, figure):
    assert topview.memory_figure(value) == figure


def test_a_curve_shows_the_newest_values_and_is_as_wide_as_asked():
    assert topview.curve([0, 50, 100], 5) == "  ▁▅█"
    assert topview.cpu_curve([0.0] * 9 + [12.4, 12.6, 200.0], 3) == "▁▁█"
    assert topview.cpu_curve([50.0], 2) == " ▅"
    assert topview.curve([], 3) == "   "
    assert topview.curve([1.0], 0) == ""
    assert topview.curve([0, 1], 2, levels=topview.PLAIN_LEVELS) == "_#"


@pytest.mark.parametrize("width", range(30, 300, 7))
def test_the_columns_fill_the_width_and_no_more(width):
    at = Widths(width)
    columns = [at.place, at.label, at.state, 5, at.cpu_curve, at.memory, at.memory_curve]
    more = [at.command, at.line, at.directory]
    used = 2 + sum(columns) + sum(more) + sum(1 for column in (*columns, *more) if column) - 1
    assert used <= max(width, 30)
    assert (at.place, at.state) >= (6, 8)
    if width >= 79:
        assert min(columns) > 0
        assert used == width
    # What comes first has its room before the next one.
    assert [bool(size) for size in more] == [width > 95, width > 118, width > 133]
    assert not at.line or at.line >= 22


@pytest.mark.parametrize(
    ("screen", "prompt_at", "line"),
    [
        ("one\n  two  \n\n\n", -1, "two"),
        ("one\ntwo\n$ \n", 2, "two"),
        ("$ \n", 0, ""),
        ("", -1, ""),
        ("out\n\n$ typed\n", 2, "out"),
    ],
)
def test_the_last_line_is_of_output_and_no_prompt(screen, prompt_at, line):
    assert topview.last_line(screen, prompt_at) == line


@pytest.mark.parametrize("width", [80, 100, 120, 140, 200, 320])
def test_columns_of_others_text_keep_their_width_whatever_it_is(width):
    for text in ("日本語の" * 60, "e\u0301" * 300, "\u202e\x1b[2J\x9b\n\t" * 50, "\U0001f600" * 99, "", "a"):
        found = pane(command=text, directory=f"/{text}/end", line=text, label="", state="running")
        line = picture.pane_line(found, ([1.0], [3.0]), width, 3.0, chosen=False, levels=topview.LEVELS)
        shown = "".join(part for part, _ in line)
        assert cell_len(shown) == width
        assert not {"\x1b", "\x9b", "\n", "\t", "\u202e"} & set(shown)
        assert topview.Widths(width).directory == 0 or "/end " in shown
    titles = "".join(part for part, _ in picture.titles(width))
    assert [name in titles for name in ("COMMAND", "LAST LINE", "DIRECTORY")] == [width > 95, width > 118, width > 133]


def test_what_acts_on_a_terminal_is_shown_as_a_mark():
    assert topview.shown("a\x1b[31mb\nc\u202ed") == "a\ufffd[31mb\ufffdc\ufffdd"
    assert topview.shown("été 日本 [bold]") == "été 日本 [bold]"


def test_the_filter_looks_at_name_label_program_and_state():
    shown = pane(label="Server", program="node", state="failed", code=3)
    for text in ("", "DEV:0", "serv", "NODE", "failed", "exit 3", "%1"):
        assert topview.matches(shown, text), text
    assert not topview.matches(shown, "other")


def test_every_key_is_on_the_page_and_in_the_line_and_calls_a_command():
    from bridge import registry

    keys = [key for key, _ in topkeys.key_line()]
    assert len(set(keys)) == len(keys) == 10
    assert {action.key for action in topkeys.ACTIONS} <= {key for key, _ in topkeys.help_lines()}
    for action in topkeys.ACTIONS:
        row = registry.load(action.command)
        assert row is not None
        assert not action.asks or action.asks in [arg.name for arg in row.args]
        assert action.guarded or row.effect == "write"


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_the_chosen_row_has_one_look_from_end_to_end(width):
    line = picture.pane_line(pane(), ([1.0, 50.0], [3.0]), width, 3.0, chosen=True, levels=topview.LEVELS)
    assert {words for text, words in line if text} == {"reverse bold"}
    assert sum(len(text) for text, _ in line) == width
