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
    with pytest.raises(BridgeError, match="no key"):
        keys.check(("Enter", name))
