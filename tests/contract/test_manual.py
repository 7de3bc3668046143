"""The man page and the topics of help: whole, readable by groff, and the same by both ways."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from conftest import ROOT

from bridge import registry
from bridge.config import VARIABLES
from bridge.core import manual
from bridge.core.topics import TOPICS
from bridge.errors import CODES

PAGE = ROOT / "docs" / "bridge.1"


def test_the_man_page_is_printed_without_a_warning():
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    done = subprocess.run([groff, "-man", "-Tutf8", "-ww", "-P-c", PAGE], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    shown = " ".join(re.sub(".\x08", "", done.stdout).split())
    for row in registry.load_all():
        assert f" {row.name} " in shown
        assert " ".join(row.examples[0].split()) in shown
    for name in (*CODES, *VARIABLES):
        assert f" {name} " in shown


def test_text_is_no_roff():
    assert manual.escaped(".so /etc/passwd") == "\\&.so /etc/passwd"
    assert manual.escaped("a\\b -c 'd'") == "a\\eb \\-c \\(aqd\\(aq"


@pytest.mark.parametrize("topic", TOPICS)
def test_help_explains_a_topic(box, topic):
    done = box.bridge("help", topic)
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == manual.topic_text(topic, VARIABLES)
    assert done.stdout.startswith(f"{topic}: ")
    assert len(done.stdout.splitlines()) > 2
    assert all(len(line) <= 100 for line in done.stdout.splitlines())


def test_help_of_errors_and_environment_is_whole(box):
    told = box.bridge("help", "errors").stdout
    assert [code for code in CODES if f"\n  {code}\n" not in told] == []
    told = box.bridge("help", "environment").stdout
    assert [name for name in VARIABLES if f"\n  {name}\n" not in told] == []


def test_an_unknown_topic_is_refused(box):
    done = box.bridge("help", "target")
    assert (done.status, done.code) == (1, "ERR_UNKNOWN_COMMAND")


def test_the_scripts_form_of_help_has_no_topics(box):
    plain, topic = (box.call([box.built, "--script", "help", *more]) for more in ((), ("targets",)))
    assert plain.stdout == topic.stdout
    assert "Topics:" not in plain.stdout
    assert "Topics: answers" in box.bridge("help").stdout
