"""The page that sets bridge beside its peers: it is linked, names them all, and has a row for all that was tried."""

from __future__ import annotations

import re
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from peers import cases, document, tasks
from peers.contestant import Ran
from peers.contestants import NAMES, PEERS
from run_corpus import ALL, CASES, Case

PAGE = ROOT / "docs" / "COMPARISON.md"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, its head left out."""
    part = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def test_the_readme_leads_to_it():
    assert "(docs/COMPARISON.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_each_peer_is_named_with_its_package_and_version(peer):
    (found,) = re.findall(
        rf"^\| {peer.name} \| {peer.distribution} \| (.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert re.fullmatch(r"\d+(\.\d+)+\w*", found) or found == "not tried"


def test_it_has_a_row_for_each_task_and_each_hard_command():
    assert [row[0] for row in rows("Tasks")] == [name for name, _ in tasks.TASKS]
    assert [row[0] for row in rows("Hard commands in bash")] == [case.name for case in CASES if "bash" in case.shells]
    for heading in ("In short", "Tasks", "Hard commands in bash"):
        assert {len(row) for row in rows(heading)} == {1 + len(NAMES)}


def test_it_says_when_and_what_peers_do_better_and_how_to_repeat_it():
    text = PAGE.read_text(encoding="utf-8")
    assert re.search(r"^Measured on \d{4}-\d\d-\d\d: ", text, re.MULTILINE)
    better = text.split("\n## What a peer does better\n", 1)[1].split("\n## ", 1)[0]
    told = re.findall(r"^- \*\*([\w-]+)\*\*:", better, re.MULTILINE)
    assert told == [peer.name for peer in PEERS]
    assert "make bench-peers" in text.split("\n## How to repeat it\n", 1)[1]


def test_it_names_no_place_of_a_machine_or_an_index():
    assert re.findall(r"https?://|(?<![\w.~])/(?:home|root|work|opt|tmp)/", PAGE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("shell", ALL)
def test_the_chains_are_the_whole_corpus_in_its_order(shell):
    assert [case for chain in cases.chains(shell) for case in chain] == [case for case in CASES if shell in case.shells]
    assert {case.name for case in CASES} >= cases.FOLLOWERS


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (Ran("a\nb\n", 3), (cases.EXACT, True)),
        (Ran("a\nb", 3), (cases.LINES, True)),
        (Ran("$ (cmd)\na\nb\n$ ", 3), (cases.WITHIN, True)),
        (Ran("a b", 0), (cases.WRONG, False)),
        (Ran("a\nb\n", None, admitted=True), (cases.ADMITTED, False)),
    ],
)
def test_an_answer_is_judged_by_its_output_and_its_code(said, wanted):
    assert cases.judge(Case("a case", "", "a\nb\n", 3), said) == wanted


def test_a_tool_that_could_not_be_had_is_said_so():
    tried = ["bridge"]
    one = {"output": cases.EXACT, "code": True, "milliseconds": 1.0, "read": 9, "case": "", "saw": ""}
    done = {"result": tasks.YES, "calls": 1, "seconds": 0.1, "read": 9, "saw": "", "task": ""}
    text = document.text(
        {
            "versions": {"bridge": "1.0.0"},
            "kinds": {"bridge": "command"},
            "missing": {"twmux": "no such package"},
            "tools": {},
            "date": "2026-01-01",
            "machine": "a machine",
            "rounds": 1,
            "corpus": {"bash": {name: [one for case in CASES if "bash" in case.shells] for name in tried}},
            "tasks": {name: [done for _ in tasks.TASKS] for name in tried},
            "pace": {
                text: {name: {"milliseconds": 1.0, "bytes": 9, "right": 1} for name in tried}
                for text in document.pace.COMMANDS
            },
        }
    )
    assert "**Not tried: twmux**: no such package." in text
    assert "| plain | exact | not tried | not tried | not tried | not tried | not tried |" in text
