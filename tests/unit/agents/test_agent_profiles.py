"""Profiles: the shipped ones hold, what is wrong with one is told with its line, and one extends another."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bridge import profiles
from bridge.core.agents import schema
from bridge.core.agents.profile import BASE, Profile, merged
from bridge.store import agents

NOBODY = {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}
FOLDER = Path(profiles.__file__).parent
PROMISED = (
    *("claude", "codex", "gemini", "opencode", "aider", "copilot", "cursor", "amp", "qwen", "kimi", "goose", "shell"),
)


def test_every_file_is_a_profile_and_every_profile_a_file():
    assert {path.stem for path in FOLDER.glob("*.toml")} == {*profiles.NAMES, BASE}
    assert profiles.NAMES[:12] == PROMISED


@pytest.mark.parametrize("name", [BASE, *profiles.NAMES])
def test_a_shipped_profile_has_no_fault(name):
    data = agents.shipped(name)
    below = {} if name == BASE else agents._shipped_whole(str(data.get("extends", BASE)))
    assert [(fault.path, fault.message) for fault in schema.problems(data, name, below)] == []


@pytest.mark.parametrize("name", PROMISED)
def test_a_promised_profile_says_all_that_a_start_and_a_message_need(name):
    profile = agents.load(NOBODY, name)
    assert profile.data["title"]
    assert isinstance(profile.data["tried"], list), "versions, none where it was never run"
    for section, key in (("install", "command"), ("start", "command"), ("process", "names"), ("submit", "keys")):
        assert profile.words(section, key), (section, key)
    assert profile.words("interrupt", "keys")
    assert profile.words("record", "kind")


@pytest.mark.parametrize("name", profiles.NAMES)
def test_each_rule_of_a_profile_has_a_name_of_its_own(name):
    rules = [rule.name for rule in agents.load(NOBODY, name).rules]
    assert len(set(rules)) == len(rules)


GOOD = 'name = "mine"\n[start]\ncommand = ["mine"]\n'


def faults(text: str) -> list[tuple[int, str]]:
    below = agents._shipped_whole(BASE)
    found = schema.problems(tomllib.loads(text), "mine", below)
    return [(schema.line_of(text, fault.path), fault.message) for fault in found]


def test_a_small_profile_is_whole():
    assert faults(GOOD) == []
    profile = Profile(merged(agents._shipped_whole(BASE), tomllib.loads(GOOD)))
    assert profile.rules
    assert profile.words("screen", "glyphs")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[start]\ncommand = ["x"]\n', 1, "name is missing"),
        (GOOD.replace('"mine"\n', '"other"\n', 1), 1, "name is 'other', but the file is mine.toml"),
        ('name = "mine"\n', 1, "start.command is missing"),
        (GOOD + "color = 1\n", 4, "unknown key: start.color"),
        ('nam = "mine"\n' + GOOD, 1, "unknown key: 'nam'; did you mean name?"),
        (GOOD + '[submit]\npaste = "magic"\n', 5, "submit.paste: one of bracketed, plain, not 'magic'"),
        (GOOD + "[submit]\n\ndelay_ms = true\n", 6, "submit.delay_ms: a number from 0 to 60000"),
        (GOOD + "[interrupt]\nkeys = 'Escape'\n", 5, "interrupt.keys: a list of texts"),
        (GOOD + "[screen]\nforms = ['round']\n", 5, "unknown form: 'round'"),
        (GOOD + "[shapes]\nbusy = ['(']\n", 5, "shapes.busy: '(': no regular expression"),
        (GOOD + "[shapes]\nbusy = 'x'\n", 5, "shapes.busy: a list of expressions"),
        (GOOD + "[shapes]\nbusy = ['" + "x" * 1001 + "']\n", 5, "more than 1000 characters"),
        (GOOD + "[[rules]]\nstate = 'idle'\n", 4, "a rule needs a name"),
        (GOOD + "[[rules]]\nname = 'r'\n", 4, "rule 'r': state, reason, priority is missing"),
        (GOOD + "[[rules]]\nname='ready'\n[[rules]]\nname='ready'\nstate = 'bored'\n", 8, "no state is called 'bored'"),
        (GOOD + "[[rules]]\nname='ready'\nstate = 'unknown'\n", 6, "no state is called 'unknown'"),
        (GOOD + "[[rules]]\nname='ready'\npriority = 1001\n", 6, "priority is a number from 0 to 1000"),
        (GOOD + "[[rules]]\nname='ready'\nwen = 1\n", 6, "unknown key 'wen'; did you mean when?"),
        (GOOD + "[[rules]]\nname='ready'\nwhen = {}\n", 6, "when is empty: it would always hold"),
        (GOOD + "[[rules]]\nname='ready'\nwhen = 3\n", 6, "when is a table of conditions"),
        (GOOD + "[[rules]]\nname='ready'\nwhen = { abuve = 'busy' }\n", 6, "called 'abuve'; did you mean above?"),
        (GOOD + "[[rules]]\nname='ready'\nwhen = { above = 'bussy' }\n", 6, "called 'bussy'; did you mean busy"),
        (GOOD + "[[rules]]\nname='ready'\nwhen = { above = '/(' }\n", 6, "'/(': no regular expression"),
        (GOOD + "[[rules]]\nname='ready'\nwhen = { has = 'menue' }\n", 6, "called 'menue'; did you mean menu"),
        (GOOD + "[[rules]]\nname='ready'\nwhen = { progress = 3 }\n", 6, "progress is a list of numbers from 0 to 4"),
        (
            GOOD + "[[rules]]\nname='r'\nstate='idle'\nreason='x'\npriority=1\n",
            4,
            "when is missing: without it the rule would always fit",
        ),
        (GOOD + "[rules]\nname='r'\n", 4, "rules are tables"),
    ],
)
def test_a_fault_is_told_with_its_line(text, line, said):
    found = faults(text)
    assert any(said in message and at == line for at, message in found), found


def test_a_rule_is_changed_key_by_key_and_a_shape_gains():
    below = {"shapes": {"busy": ["a"]}, "rules": [{"name": "r", "state": "idle", "priority": 5, "reason": "x"}]}
    above = {"shapes": {"busy": ["b"]}, "rules": [{"name": "r", "priority": 9}]}
    found = merged(below, above)
    assert found["shapes"] == {"busy": ["b", "a"]}
    assert found["rules"] == [{"name": "r", "state": "idle", "priority": 9, "reason": "x"}]
    assert merged(below, {"shapes": {"busy!": ["b"]}})["shapes"] == {"busy": ["b"]}


def test_of_equal_priority_the_profile_s_own_rule_is_asked_first():
    base = {"name": "b", "rules": [{"name": "old", "state": "idle", "priority": 5, "reason": "x"}]}
    own = {"name": "m", "rules": [{"name": "new", "state": "error", "priority": 5, "reason": "x"}]}
    assert [rule.name for rule in Profile(merged(base, own)).rules] == ["new", "old"]
