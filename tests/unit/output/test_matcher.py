"""A grep that stays finds what one that is started for each text finds."""

import os
import random
import threading

import psutil
import pytest

from bridge.errors import BridgeError
from bridge.system import grep
from bridge.system.matcher import Matcher

PATTERNS = (
    "a.c",
    "^$",
    "(a)\\1",
    "[0-9]+$",
    "x|y",
    "a\nb.",
    "^bridge-",
    ".",
    "(^|b)c*$",
    "é|日.",
    "\\<word\\>",
    "[^a]",
)
TEXTS = (
    "",
    "\n",
    "abc",
    "abc\n",
    "a\n\nb",
    "aa\nab\n",
    "12\n\n",
    "\n\n",
    "日本\né",
    "\0a.c\0\nabc",
    "word words\nword",
    "é" * 9,
)


@pytest.fixture
def matcher():
    made = Matcher()
    yield made
    made.close()
    assert [child for child in psutil.Process().children() if child.name() == "grep"] == []


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_same_lines(matcher, pattern):
    for text in TEXTS:
        for _ in range(2):
            assert matcher.matching_lines(pattern, text) == grep.matching_lines(pattern, text), text


def test_large_texts_go_through(matcher):
    text = "\n".join(f"line {number} " + "x" * 200 for number in range(20_000))
    assert matcher.matching_lines("x+$", text) == text.split("\n")
    assert matcher.matching_lines("7 x+$", text) == grep.matching_lines("7 x+$", text)


def test_random_texts(matcher):
    pick = random.Random(5)
    for _ in range(300):
        text = "".join(pick.choice("ab \n\né0") for _ in range(pick.randrange(60)))
        pattern = pick.choice(PATTERNS)
        assert matcher.matching_lines(pattern, text) == grep.matching_lines(pattern, text), (pattern, text)


def test_one_process_for_a_pattern_and_few_for_all(matcher):
    for number in range(40):
        for _ in range(3):
            assert matcher.matching_lines(f"[0-9]*{number}$", f"a\n{number}") == [str(number)]
    assert len([child for child in psutil.Process().children() if child.name() == "grep"]) == 16


def test_one_that_was_killed_is_replaced(matcher):
    assert matcher.matching_lines("a+", "aa") == ["aa"]
    for child in psutil.Process().children():
        if child.name() == "grep":
            os.kill(child.pid, 9)
    for _ in range(3):
        assert matcher.matching_lines("a+", "aa\nb") == ["aa"]


def test_a_pattern_that_is_none_is_refused_each_time(matcher):
    for _ in range(5):
        with pytest.raises(BridgeError, match="not a pattern"):
            matcher.matching_lines("a(", "a")
    assert matcher.matching_lines("a+", "aa") == ["aa"]


def test_in_many_threads(matcher):
    wrong = []

    def work(number: int) -> None:
        for turn in range(50):
            found = matcher.matching_lines("[0-9]+ t", f"x\n{number} t\n{turn} t")
            if found != [f"{number} t", f"{turn} t"]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
