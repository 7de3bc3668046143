"""Which pane is meant, by exact comparison over a list of panes."""

from __future__ import annotations

import pytest

from bridge.core import target
from bridge.errors import BridgeError
from bridge.model import Pane, Survey


def pane(
    number: int, index: int, *, window: int = 0, current: bool = True, label=None, session="dev", sid="$0"
) -> Pane:
    return Pane(
        id=f"%{number}",
        index=index,
        window_index=window,
        window_active=current,
        label=label,
        session=session,
        session_id=sid,
    )


PANES = [
    pane(5, 0, window=1, current=False, label="logs"),
    pane(0, 0, label="main"),
    pane(7, 1, label="server"),
    pane(9, 2, label="server"),
    pane(10, 3, label="1.9"),
    pane(11, 4),
]
SURVEY = Survey(PANES)


def refusal(survey: Survey, word: str) -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        target.pick_pane(survey, word)
    return caught.value


@pytest.mark.parametrize(
    ("word", "found"),
    [("0", "%0"), ("2", "%9"), ("%5", "%5"), ("1.0", "%5"), ("0.1", "%7"), ("logs", "%5"), ("1.9", "%10")],
)
def test_a_pane_is_found_by_index_id_place_or_label(word, found):
    assert target.pick_pane(SURVEY, word).id == found


@pytest.mark.parametrize(
    "word", ["9", "%1", "%", "1.1", "serve", "Server", "server*", "", "-1", "pane-4", "٣", "{last}"]
)
def test_nothing_else_is_a_pane(word):
    problem = refusal(SURVEY, word)
    assert problem.code == "ERR_PANE_NOT_FOUND"
    assert repr(word) in problem.message


def test_an_index_of_many_digits_is_no_pane():
    assert refusal(SURVEY, "9" * 5000).code == "ERR_PANE_NOT_FOUND"


def test_an_ambiguous_label_lists_the_candidates():
    problem = refusal(SURVEY, "server")
    assert problem.code == "ERR_LABEL_AMBIGUOUS"
    assert "1 (%7), 2 (%9)" in str(problem.hint)


def test_a_candidate_of_another_window_is_told_by_window_and_pane():
    survey = Survey([pane(1, 0, label="x"), pane(2, 3, window=4, current=False, label="x")])
    assert "0 (%1), 4.3 (%2)" in str(refusal(survey, "x").hint)


def test_an_index_means_the_current_window_alone():
    survey = Survey([pane(1, 5, window=1, current=False), pane(2, 0)])
    assert refusal(survey, "5").code == "ERR_PANE_NOT_FOUND"


@pytest.mark.parametrize(("word", "found"), [("dev", 2), ("de", 1), ("$1", 1)])
def test_a_session_is_found_by_exact_name_or_id(word, found):
    panes = [pane(0, 0), pane(1, 1), pane(2, 0, session="de", sid="$1")]
    assert len(target.pick_session(panes, word)) == found


def test_a_session_that_is_called_like_an_id_is_meant_by_its_name():
    panes = [pane(0, 0, session="$1", sid="$0"), pane(1, 0, session="dev", sid="$1")]
    assert [item.id for item in target.pick_session(panes, "$1")] == ["%0"]


@pytest.mark.parametrize("word", ["d", "dev*", "=dev", "dev:", "", "$", "$9"])
def test_no_prefix_and_no_pattern_is_a_session(word):
    with pytest.raises(BridgeError) as caught:
        target.pick_session([pane(0, 0)], word)
    assert caught.value.code == "ERR_SESSION_NOT_FOUND"


def test_a_pane_without_a_label_is_named_by_its_index():
    assert (PANES[5].name, PANES[0].name) == ("pane-4", "logs")
    assert pane(1, 0, label="").name == ""
    assert (PANES[0].address, PANES[1].address) == ("1.0", "0")
