"""What was seen of a run, and what is said then: every combination."""

from __future__ import annotations

import itertools

from bridge.core import outcome
from bridge.core.outcome import GOES_ON, NONE, STOPPED, WHOLE, Seen, judge

COMBINATIONS = [
    dict(
        zip(
            ("begun", "mark", "code", "pane", "log", "lost", "look", "over"),
            values,
            strict=True,
        )
    )
    for values in itertools.product(
        (False, True),
        (None, -1, 3),
        (None, 5),
        ((False, None, None), (True, None, None), (True, 7, None), (True, None, "KILL")),
        (WHOLE, STOPPED, NONE),
        (False, True),
        ("", "needs-input", "unknown"),
        (False, True),
    )
]


def made(facts) -> Seen:
    ended, status, signal = facts["pane"]
    rest = {name: value for name, value in facts.items() if name != "pane"}
    return Seen(ended=ended, status=status, signal=signal, **rest)


def test_each_combination_is_decided_and_each_row_decides_one():
    reached = {outcome.find_row(made(facts).signs()) for facts in COMBINATIONS}
    assert reached == set(range(len(outcome.ROWS)))


def test_no_exit_code_and_no_signal_without_a_witness_of_the_beginning():
    for facts in COMBINATIONS:
        said = judge(made(facts))
        witness = facts["begun"] or facts["mark"] is not None
        sure = facts["log"] == WHOLE and not facts["lost"]
        if said.kind == "exited":
            assert said.exit_code in (3, 5, 7), facts
            # Without a mark, only the shell's own file may tell a code, and only where the marks may be lost.
            assert witness or (facts["code"] == said.exit_code == 5 and not sure), facts
        else:
            assert said.exit_code is None, facts
        if said.kind == "signalled":
            assert witness, facts
        else:
            assert said.signal is None, facts


def test_the_code_comes_from_the_nearest_witness():
    for facts in COMBINATIONS:
        said = judge(made(facts))
        if facts["mark"] == 3:
            assert said.exit_code == 3
        elif said.exit_code == 7:
            assert facts["code"] is None, facts
            assert facts["pane"][1] == 7, facts


def test_what_never_began_is_never_told_as_done():
    for facts in COMBINATIONS:
        if facts["begun"] or facts["mark"] is not None or facts["log"] != WHOLE or facts["lost"]:
            continue
        said = judge(made(facts)).kind
        if facts["pane"][0]:
            assert said == "gone", facts
        else:
            assert said == (facts["look"] or ("timeout" if facts["over"] else GOES_ON)), facts


def test_nothing_waits_for_what_can_not_come():
    for facts in COMBINATIONS:
        said = judge(made(facts))
        if said.kind == GOES_ON:
            assert not facts["pane"][0], facts
            assert not facts["over"], facts
            assert facts["code"] is None or facts["log"] == WHOLE, facts
        if facts["over"]:
            assert said.kind != GOES_ON


def test_a_missing_part_is_told():
    for facts in COMBINATIONS:
        said = judge(made(facts))
        assert said.truncated == (facts["lost"] or (facts["mark"] is None and facts["log"] != WHOLE)), facts
        assert said.pane_ended == facts["pane"][0]


def test_a_signal_of_ksh_is_told_as_other_shells_do():
    assert judge(Seen(begun=True, mark=256 + 15)).exit_code == 143
