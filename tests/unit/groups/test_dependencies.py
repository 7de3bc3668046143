"""What sessions need: orders and circles."""

from __future__ import annotations

import pytest

from bridge.core.dependencies import find_circle, start_order
from bridge.core.health import DEGRADED, HEALTHY, UNHEALTHY, backoff, next_state, verdict

DIAMOND = {"web": ["api", "auth"], "api": ["database"], "auth": ["database"]}


def test_what_is_needed_comes_first_and_once():
    assert start_order(DIAMOND, ["web"]) == ["database", "api", "auth", "web"]
    assert start_order(DIAMOND, ["database", "other", "api"]) == ["database", "other", "api"]
    assert start_order({}, []) == []


def test_a_long_chain_needs_no_stack():
    chain = {f"s{number}": [f"s{number + 1}"] for number in range(50_000)}
    assert start_order(chain, ["s0"])[0] == "s50000"
    assert len(find_circle(chain, "s50000", "s0")) == 50_002


@pytest.mark.parametrize(
    ("session", "needed", "circle"),
    [
        ("database", "web", ["database", "web", "api", "database"]),
        ("api", "api", ["api", "api"]),
        ("database", "api", ["database", "api", "database"]),
        ("web", "database", []),
        ("new", "web", []),
    ],
)
def test_a_circle_is_told_as_the_way_that_it_goes(session, needed, circle):
    assert find_circle(DIAMOND, session, needed) == circle


def test_health_and_its_reasons():
    assert verdict(0, [], {}, [])[0] == UNHEALTHY
    assert verdict(2, [], {}, []) == (HEALTHY, [])
    assert verdict(2, ["1"], {}, []) == (DEGRADED, ["the program of pane 1 has ended"])
    assert verdict(1, ["0"], {}, [])[0] == UNHEALTHY
    assert verdict(1, [], {"0": ["ok", " FATAL: x "]}, []) == (DEGRADED, ["pane 0 shows 'FATAL: x'"])
    assert verdict(1, [], {}, ["port 1: refused"]) == (UNHEALTHY, ["port 1: refused"])
    assert verdict(1, [], {}, ["port 1: refused"], starting=True)[0] == DEGRADED


def test_unhealthy_is_told_after_so_many_looks():
    state, failures = HEALTHY, 0
    seen = []
    for _ in range(4):
        state, failures = next_state(state, UNHEALTHY, failures, 3)
        seen.append(state)
    assert seen == [HEALTHY, HEALTHY, UNHEALTHY, UNHEALTHY]
    assert next_state(UNHEALTHY, HEALTHY, 9, 3) == (HEALTHY, 0)
    assert next_state("", UNHEALTHY, 0, 2) == (DEGRADED, 1)


def test_restarts_are_spaced_out():
    assert [backoff(number, 5) for number in (0, 1, 2, 3)] == [5, 10, 20, 40]
    assert backoff(1000, 5) == 300
