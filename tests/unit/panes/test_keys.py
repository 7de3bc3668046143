"""The grammar of tmux's key names."""

from __future__ import annotations

import pytest

from bridge.core import keys
from bridge.errors import BridgeError

GOOD = "a A é 1 ; - ^ ^X Enter enter C-c c-c C-M-x M-Enter S-Up C-Space F1 F12 KP0 KPEnter KP* BSpace PgDn C-- C-^ # ~"
BAD = "Entr F0 F13 C- CC-c ab C-ab -- KP10 C-é ^^^ Any None \x01 \x7f"


@pytest.mark.parametrize("name", GOOD.split(" "))
def test_a_key(name):
    assert keys.is_key(name)


@pytest.mark.parametrize("name", [*BAD.split(" "), "", "a b"])
def test_no_key(name):
    assert not keys.is_key(name)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Entr", "Enter"),
        ("C-Entre", "C-Enter"),
        ("Esc", "Escape"),
        ("M-Return", "M-Enter"),
        ("Ctrl-c", "C-c"),
        ("ctrl+Alt-x", "C-M-x"),
        ("Shift-Tab", "BTab"),
        ("Backspace", "BSpace"),
        ("Spcae", "Space"),
        ("S-Page", "S-NPage"),
        ("F99", None),
        ("f0", None),
        ("KP10", None),
        ("C-ab", None),
        ("C-", None),
        ("", None),
        ("a\x7f", None),
    ],
)
def test_a_misspelt_key_is_refused_and_the_right_one_named(word, meant):
    with pytest.raises(BridgeError, match="no key has this name") as caught:
        keys.plan(("Enter", word))
    assert caught.value.code == "ERR_USAGE"
    assert (f"did you mean {meant}?" if meant else "keys are Enter") in (caught.value.hint or "")


@pytest.mark.parametrize("word", [":wq", "ls -la", "entr", "None", "--", "hello", "Hello", "x;", "日本", "#(id)"])
def test_a_word_that_is_no_key_is_text(word):
    plan = keys.plan(("Escape", word, "Enter", "C-c"))
    assert plan.parts == [(False, ["Escape"]), (True, [word]), (False, ["Enter", "C-c"])]
    assert plan.needs == keys.PLAIN


@pytest.mark.parametrize(("name", "sent"), [("S-Tab", "BTab"), ("S-a", "A"), ("M-S-a", "M-A"), ("C-S-a", "C-S-a")])
def test_a_key_goes_by_the_name_that_every_program_can_read(name, sent):
    assert keys.plan((name,)).parts == [(False, [sent])]


@pytest.mark.parametrize(
    ("names", "needs"),
    [
        ("C-c M-x M-Enter C-Space C-F5 S-Up C-M-Left ^[ S-Tab S-a M-; C-/", keys.PLAIN),
        ("S-Enter C-Enter C-Tab S-Space C-BSpace S-Escape C-1 C-; S-1 C-S-Enter", keys.EXTENDED),
        ("M-S-Enter C-S-a C-M-Tab C-S-Space M-S-1 S-é", keys.ALL_KEYS),
    ],
)
def test_what_a_program_must_have_asked_for(names, needs):
    assert {keys.plan((name,)).needs for name in names.split(" ")} == {needs}


@pytest.mark.parametrize("name", ["C-KP5", "S-KPEnter", "M-BTab", "C-~"])
def test_what_not_every_tmux_can_say_is_refused(name):
    with pytest.raises(BridgeError, match="cannot tell") as caught:
        keys.plan((name,))
    assert caught.value.code == "ERR_UNSUPPORTED"
