"""The look for blocks that stand twice finds them, and nothing else."""

from __future__ import annotations

import importlib.util

import pytest
from conftest import ROOT


@pytest.fixture
def duplicates():
    spec = importlib.util.spec_from_file_location("duplicates", ROOT / "scripts" / "duplicates.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def numbered(*texts: str) -> list[tuple[int, str]]:
    return list(enumerate(texts, 1))


def test_a_block_that_stands_twice_is_told_once_with_its_whole_length(duplicates):
    block = [f"line {number}" for number in range(5)]
    files = {"a": numbered("x", *block, "y"), "b": numbered(*block, "z")}
    assert duplicates.repeated(files, longest=3) == ["a:2-6 = b:1-5"]
    assert duplicates.repeated(files, longest=5) == []


def test_a_block_twice_in_one_file_counts_and_one_that_overlaps_itself_does_not(duplicates):
    assert duplicates.repeated({"a": numbered("p", "q", "r", "p", "q", "r")}, longest=2) == ["a:1-3 = a:4-6"]
    assert duplicates.repeated({"a": numbered("p", "p", "p", "p")}, longest=2) == []


def test_it_refuses_what_it_finds(duplicates, tmp_path, capsys):
    text = "".join(f"word_{number} = {number}\n" for number in range(20))
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("# its own head\n" + text)
    assert duplicates.main([str(tmp_path)]) == 1
    assert "a.py:2-21 = " in capsys.readouterr().out
