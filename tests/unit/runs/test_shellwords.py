"""Words for shells, and what a shell's own echo makes of them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from bridge.core.shellwords import echoed
from bridge.core.suggestions import renamed

TEXTS = [
    "plain 100% text",
    r"a\nb\tc\\d\q",
    r"\0101\x41\x4\x\u00e9\U0001f600\u",
    r"\101 \8 \0 \08 \01234",
    r"\e[31mred\E[0m \a\b\f\r\v",
    r"\xc3\xa9",
    "ends in one\\",
    "line\\\nbreak \n\n",
    r"\\n \\\n",
    r"cut \c here \n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_echoed_as_bash_echoes_it(text):
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    env = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    told = subprocess.run(["bash", "-c", 'echo -e "$1"', "bash", text], capture_output=True, env=env, check=True).stdout
    end = "" if r"\c" in text else "\n"
    assert (echoed(text) + end).encode("utf-8", "surrogateescape") == told


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        ("bridge pane-wait waits", "other pane-wait waits"),
        ("bridge --fields count pane-count dev", "other --fields count pane-count dev"),
        ("say bridge pane-wait, or bridge help.", "say other pane-wait, or other help."),
        ("a defect of bridge; please", "a defect of bridge; please"),
        ("the other bridge is iproute2's", "the other bridge is iproute2's"),
        ("bridge", "bridge"),
    ],
)
def test_a_hint_is_told_by_another_word_where_a_call_begins(hint, told):
    assert renamed(hint, "other", {"pane-wait", "help"}) == told
