"""The recorded screens, and the same ones changed: how many are told right, and that none is falsely idle."""

from __future__ import annotations

import importlib.util
from functools import lru_cache

import pytest
from agents import corpus
from conftest import ROOT


@lru_cache(None)
def measure():
    """scripts/agents_screens.py as a module."""
    spec = importlib.util.spec_from_file_location("agents_screens", ROOT / "scripts" / "agents_screens.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache(None)
def screens():
    return tuple(screen for screen in corpus.screens() if not screen.disputed)


def told(figures) -> list[str]:
    return [f"{screen.name}: {screen.state}, told {found.state} by {found.rule}" for screen, found in figures.wrong]


def test_the_corpus_is_whole():
    found = corpus.screens()
    assert len(found) == 247
    assert {screen.state for screen in found} <= {*measure().verdict.STATES}


def test_recorded_screens_are_told_right():
    figures = measure().run(screens())
    assert figures.right >= 0.97 * figures.all, told(figures)
    assert figures.idle == 0, told(figures)
    assert figures.unknown <= 0.03 * figures.all, told(figures)


def test_every_verdict_has_a_reason_and_shows_what_it_saw():
    for screen in screens():
        found = measure().judge(screen, screen.text, screen.known)
        assert found.reason
        assert found.rule or found.state == "unknown"
        for seen in found.evidence:
            assert set(seen) == {"region", "row", "text"}
            assert seen["row"] is None or 0 <= seen["row"] < 400


def test_without_a_title_none_is_falsely_idle():
    figures = measure().run([screen for screen in screens() if screen.known], drop=("title",))
    assert figures.idle == 0, told(figures)
    assert figures.right >= 0.95 * figures.all, told(figures)


@pytest.mark.parametrize("name", corpus.CHANGES)
def test_rules_do_not_hang_on_words_and_widths(name):
    figures = measure().run(screens(), corpus.CHANGES[name], drop=("cursor", "size"))
    assert figures.idle == 0, told(figures)
    assert figures.right >= (0.93 if name == "60 columns" else 0.97) * figures.all, told(figures)


def test_text_in_an_answer_that_looks_like_something_else_changes_nothing():
    for name, figures in measure().traps(screens()).items():
        assert figures.all > 60
        assert figures.right >= 0.97 * figures.all, (name, told(figures))


def test_a_disputed_label_is_still_one():
    """Where a rule tells it as labelled, the row in disputed.tsv is not needed any more."""
    disputed = [screen for screen in corpus.screens() if screen.disputed]
    assert len(disputed) == 3
    for screen in disputed:
        assert measure().judge(screen, screen.text, screen.known).state not in screen.right, screen.name
