"""What somebody is told who took a wrong word, and that tools promise no more than their tier permits."""

from __future__ import annotations

import pytest

from bridge import registry
from bridge.core import toolset
from bridge.core.arguments import parse
from bridge.core.calls import unknown_command
from bridge.errors import BridgeError


@pytest.mark.parametrize("word", ["pane_stop", "Pane-Stop", "stop"])
def test_every_front_takes_the_same_guess(word):
    assert unknown_command(word, registry.names()).hint == "did you mean pane-stop?"
    assert registry.unknown(word).hint == "did you mean pane-stop?"


@pytest.mark.parametrize("name", registry.names())
def test_an_option_of_every_call_is_guessed_behind_each_command(name):
    row = registry.load(name)
    first = next((arg for arg in row.args if arg.positional), None)
    if first is not None and first.type in ("text", "pattern"):
        pytest.skip("its first word may be a text")
    with pytest.raises(BridgeError) as caught:
        parse(row, ["--tabel"])
    assert caught.value.message == "unknown option: '--tabel'"
    assert "--table" in str(caught.value.hint)


@pytest.mark.parametrize("tier", toolset.TIERS)
@pytest.mark.parametrize("tool", toolset.TOOLS, ids=lambda tool: tool.name)
def test_a_tool_says_what_its_tier_permits_and_no_more(tool, tier):
    rows = {verb: registry.load(name) for verb, name in tool.verbs.items()}
    permitted = {verb: row for verb, row in rows.items() if toolset.allowed(row, tier)}
    said = toolset.summary(tool, permitted)
    assert "{" not in said
    if tool.choice != "action" or "" in tool.verbs:
        return
    words = set(said.replace(",", " ").replace(".", " ").split())
    assert words >= set(permitted)
    assert not words & (set(rows) - set(permitted))
