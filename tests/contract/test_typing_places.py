"""Every place that types into a pane says so, so that no answer after it invites to type once more."""

from __future__ import annotations

import ast
from pathlib import Path

FEATURES = Path(__file__).resolve().parents[2] / "bridge" / "features"
TYPING = ("paste-buffer", "send-keys")
EXEMPT = {
    ("stop.py", "_press_interrupt"): "Ctrl-C once more does no harm",
    ("interact.py", "_give"): "a person types, and there is no answer",
    ("brackets.py", "paste"): "it makes the words that `delivery` and `keystrokes` give to tmux",
    ("keystrokes.py", "_paste"): "it makes the words that `send` gives to tmux",
    ("keystrokes.py", "_commands"): "it makes the words that `send` and `launch.start` give to tmux",
}


def test_each_function_that_types_notes_it():
    found = set()
    for path in sorted(FEATURES.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            nodes = list(ast.walk(function))
            texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
            called = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
            pastes = bool(called & {"versions.paste", "brackets.paste"})
            if not pastes and not any(word in text.split() for text in texts for word in TYPING):
                continue
            notes = any(isinstance(node, ast.Attribute) and node.attr == "typed" for node in nodes)
            place = (path.name, function.name)
            found.add(place)
            assert notes or place in EXEMPT, place
    assert {("delivery.py", "_paste"), ("control.py", "press")} <= found
    assert set(EXEMPT) <= found


def test_who_gives_prepared_typing_to_tmux_notes_it():
    for name, function in (("panes/keystrokes.py", "send"), ("runs/launch.py", "start")):
        tree = ast.parse((FEATURES / name).read_text())
        (found,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
        assert any(isinstance(node, ast.Attribute) and node.attr == "typed" for node in ast.walk(found)), name
