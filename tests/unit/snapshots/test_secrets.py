"""A corpus of lines with a secret and of lines without one: none is kept, and the harmless stay readable."""

from __future__ import annotations

import json
import random
import re
import shlex
import time
from pathlib import Path

import pytest

from bridge.core.redaction import redact, redact_words

ROWS = [json.loads(row) for row in (Path(__file__).parents[2] / "secrets.jsonl").read_text("utf-8").splitlines()]
COMMANDS = ("program", "assignment", "address")
MOST_FALSE = 0.01  # a harmless line that looks like one costs a word of a title, a secret more


def test_no_secret_is_kept():
    secrets = [row for row in ROWS if row["secret"]]
    kept = [row["text"] for row in secrets if row["secret"] in redact(row["text"])]
    assert len(secrets) >= 200
    assert kept == []


@pytest.mark.parametrize("word", ["令牌是", "токен", "é", "パスワードは"])
def test_no_secret_is_kept_behind_a_word_without_a_blank(word):
    """Several scripts write words without blanks; programs alone are known as words of a command line."""
    rows = [row for row in ROWS if row["secret"] and row["kind"] != "program"]
    kept = [row["text"] for row in rows if row["secret"] in redact(word + row["text"])]
    whole = [row["text"] for row in rows if row["kind"] == "shape" and row["secret"] in redact(word + row["secret"])]
    assert (kept, whole) == ([], [])


def test_harmless_lines_stay_readable():
    harmless = [row["text"] for row in ROWS if not row["secret"]]
    spoilt = [text for text in harmless if redact(text) != text]
    assert len(harmless) >= 200
    assert len(spoilt) <= MOST_FALSE * len(harmless), spoilt


@pytest.mark.parametrize("row", [row for row in ROWS if row["kind"] == "program"], ids=lambda row: row["text"][:40])
def test_words_of_commands_keep_no_secret(row):
    text = row["text"]
    if "|" in text or ">" in text or "ROLE" in text:
        pytest.skip("these words are no command of their own")
    assert row["secret"] not in " ".join(redact_words(shlex.split(text)))


def test_what_was_redacted_stays_as_it_is():
    for row in ROWS:
        once = redact(row["text"])
        assert redact(once) == once


PIECES = (
    *("token", "--token", "eyJaaaaaaaa.", "token\n", "a.token ", "password ", "-----BEGIN ", "Bearer ", "https://a:"),
    *("https://a", "://", "xoxb-", "sk-", "token=", " ", "-", "mysql ", "mysql -p", "mysql -pX ", "mysql;", "curl -u "),
    *("'", '"', "'mysql ", "\"'", "authorization: ", "x-auth", "cookie: ", "pass:", "echo a:", "?sig=", "s.", "1//0"),
    *(
        "machine a login b password ",
        "identified by '",
        "-----BEGIN PRIVATE KEY-----",
        "password='",
        "--pass ",
        "docker ",
    ),
    *("docker login ", "htpasswd -b ", "aA0", "X=", "tokens", "a\t", "hooks.slack.com/services/"),
)


@pytest.mark.parametrize("piece", PIECES)
def test_time_grows_with_the_text(piece):
    took = []
    for size in (30_000, 120_000):
        text = piece * (size // len(piece))
        began = time.process_time()
        redact(text)
        redact_words([text])
        took.append(time.process_time() - began)
    assert took[1] < 9 * took[0] + 0.1  # the square of it would be 16 times as much


@pytest.mark.parametrize("alphabet", ["a", "0123456789abcdef", "abcXYZ012_", "abcXYZ012+/"])
def test_one_long_token_is_met_a_few_times_only(alphabet):
    """A plain look at every character by one form costs as much again as all that is done for it."""
    text = "".join(random.Random(1).choices(alphabet, k=400_000))

    def took(work) -> float:
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            work()
            best = min(best, time.process_time() - began)
        return best

    once = took(lambda: re.sub(r"\b(?:no|such|word)\b", "", text))
    assert took(lambda: redact(text)) < 10 * once
    assert redact(text) == text


def test_many_words_take_no_longer():
    began = time.process_time()
    redact_words(["mysql", "-p"] * 20_000)
    assert time.process_time() - began < 5
