"""What may be collected, decided over plain facts; and random histories against an oracle that knows the truth."""

from __future__ import annotations

import importlib.util
import random

import pytest
from conftest import ROOT

from bridge.core import gc
from bridge.core.gc import COLLECT, KEEP, PENDING, Facts, Moment, Seen, judge

NOW = Moment(1_000_000.0, 50_000.0, 0.0)


def facts(**changes) -> Facts:
    values = {"holds": (), "first": 900_000.0, "last": 900_000.0, "fingerprint": "a", "ttl": 7200.0}
    return Facts("$1@900000", "dev", **(values | changes))


def seen(**changes) -> Seen:
    values = {"fingerprint": "a", "since": 40_000.0, "looked": 49_000.0, "free": 49_000.0}
    return Seen(**(values | changes))


def decision(found: Facts = None, moment: Moment = NOW, before: Seen | None = None, apart: float = 60.0) -> tuple:
    verdict = judge(found or facts(), moment, before, apart)
    return verdict.decision, verdict.reason


def test_two_looks_must_agree():
    first = judge(facts(), NOW, None, 60.0)
    assert (first.decision, first.reason) == (PENDING, "seen-once")
    assert decision(moment=Moment(1_000_059.0, 50_059.0, 0.0), before=first.seen) == (PENDING, "seen-once")
    assert decision(moment=Moment(1_000_061.0, 50_061.0, 0.0), before=first.seen) == (COLLECT, "idle")


@pytest.mark.parametrize("name", gc.HOLDS)
def test_each_hold_alone_is_enough(name):
    assert decision(facts(holds=(name,)), before=seen()) == (KEEP, name)


def test_a_hold_that_is_not_known_is_one_nevertheless():
    assert decision(facts(holds=("new-hold",)), before=seen()) == (KEEP, "new-hold")


def test_a_hold_between_the_looks_begins_anew():
    held = judge(facts(holds=("leased",)), NOW, seen(), 60.0)
    assert decision(moment=Moment(1_000_100.0, 50_100.0, 0.0), before=held.seen) == (PENDING, "seen-once")


def test_a_change_between_the_looks_begins_anew():
    assert decision(facts(fingerprint="b"), before=seen())[0] != COLLECT


def test_a_clock_that_was_set_forward_makes_nothing_idle():
    jump = Moment(1_000_000.0 + 864_000, 50_000.0, 864_000.0)
    assert decision(facts(first=999_000.0, last=999_990.0), jump) == (KEEP, "active")


@pytest.mark.parametrize(
    "moment", [Moment(1_000_000.0, 50_000.0, None), Moment(0.0, 50_000.0, 0.0), Moment(1_000_000.0, 50_000.0, 1e9)]
)
def test_without_a_clock_to_trust_only_what_was_observed_counts(moment):
    assert decision(moment=moment) == (KEEP, "active")
    assert decision(moment=moment, before=seen(since=45_000.0)) == (KEEP, "active")
    assert decision(moment=moment, before=seen(since=42_000.0)) == (COLLECT, "idle")


@pytest.mark.parametrize(
    "before",
    [
        seen(looked=60_000.0),
        seen(since=-1.0),
        seen(since=49_500.0),
        seen(free=60_000.0),
    ],
)
def test_a_memory_of_another_boot_or_a_damaged_one_counts_for_nothing(before):
    assert decision(before=before) == (PENDING, "seen-once")


def test_stamps_that_contradict_one_another_are_no_evidence():
    assert gc.span(1000.0, (500.0, 1200.0)) == (0.0, 0.0)
    assert gc.span(1000.0, (1000.0, 0.0, 1200.0)) == (1000.0, 1200.0)
    assert gc.span(1000.0, ()) == (0.0, 0.0)
    assert decision(facts(first=0.0, last=0.0)) == (KEEP, "active")


def test_what_happened_after_the_last_look_cannot_be_older_than_it():
    verdict = judge(facts(fingerprint="b"), NOW, seen(looked=49_900.0), 60.0)
    assert (verdict.decision, verdict.idle) == (KEEP, 100.0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((1.0, 2.0, ("3",), 4.0), (1.0, "flag")),
        ((None, 2.0, ("3",), 4.0), (2.0, "environment")),
        ((None, None, ("3",), 4.0), (3.0, "metadata")),
        ((None, None, ("3", 5), 4.0), (5.0, "metadata")),
        ((None, None, ("3", "soon"), 4.0), (-1.0, "metadata")),
        ((None, None, (), 4.0), (4.0, "configuration")),
        ((None, None, (), None), (7200.0, "default")),
    ],
)
def test_whose_word_counts(given, expected):
    assert gc.choose_ttl(*given) == expected


@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "1e9", "9" * 11, True, None, 0, float("nan"), [], "٣"])
def test_a_stored_time_to_live_that_is_none(value):
    assert gc.read_ttl(value) == -1.0


def test_the_newest_autosaves_are_kept_however_old():
    old = [(f"s{number}", 100.0 + number) for number in range(12)]
    assert gc.surplus_autosaves(old, NOW) == ["s0", "s1"]
    young = [(f"s{number}", 999_000.0 + number) for number in range(12)]
    assert gc.surplus_autosaves(young, NOW) == []


def test_a_file_is_not_aged_by_setting_the_clock():
    assert gc.is_aged(1_000_000.0 - 90_000, NOW, 86_400)
    assert not gc.is_aged(1_000_000.0 - 90_000, Moment(1_000_000.0, 50_000.0, 10_000.0), 86_400)
    assert not gc.is_aged(0.0, Moment(1_000_000.0, 50_000.0, None), 86_400)


def test_every_name_in_a_file_of_groups_is_found():
    groups = {"groups": {"g": {"sessions": ["a", {"name": "b"}]}}, "dependencies": {"c": ["d"]}, "version": 1}
    assert gc.names_in(groups) >= {"a", "b", "c", "d"}


# --- the oracle ---


@pytest.fixture
def oracle():
    """scripts/gc_oracle.py as a module of its own."""
    spec = importlib.util.spec_from_file_location("gc_oracle", ROOT / "scripts" / "gc_oracle.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tally(oracle, histories: int, seed: int = 7):
    found, chance = oracle.Tally(), random.Random(seed)
    for _ in range(histories):
        oracle.history(chance, found)
    return found


def test_no_living_session_and_nearly_every_idle_one(oracle):
    found = tally(oracle, 500)
    assert found.living_collected == 0, found.examples
    assert found.due > 300
    assert found.due_collected / found.due >= 0.99


@pytest.mark.parametrize("mutant", ["holds", "clock", "once", "offset", "change", "never"])
def test_the_oracle_finds_a_decision_that_is_wrong(oracle, monkeypatch, mutant):
    real = gc.judge

    def broken(given, moment, before, apart):
        if mutant == "holds":
            given.holds = tuple(name for name in given.holds if name != "leased")
        if mutant == "clock":
            moment.set_forward = 0.0
        if mutant == "once" and before is not None:
            before.free = before.looked
        if mutant == "change" and before is not None:
            before.fingerprint = given.fingerprint
        verdict = real(given, moment, before, apart)
        if mutant == "never" and verdict.decision == COLLECT:
            verdict.decision = PENDING
        return verdict

    monkeypatch.setattr(gc, "judge", broken)
    if mutant == "offset":
        ahead = gc.set_forward
        monkeypatch.setattr(gc, "set_forward", lambda *words: ahead(*words[:-1], None))
    found = tally(oracle, 2500 if mutant == "offset" else 600)
    if mutant == "never":
        assert found.due
        assert not found.due_collected
    else:
        assert found.living_collected
