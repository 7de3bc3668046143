"""Whatever stands in a shell's line editor, a run is exact, and what stood there is neither run nor joined."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from editor_states import KINDS, STATES, Editor

PANES = 3  # of one editor at the same time


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_state(box, kind):
    editor = Editor(box, kind, PANES)

    def take(pane: int) -> list[str]:
        return [editor.problem(pane, name) for name in list(STATES)[pane::PANES]]

    with ThreadPoolExecutor(PANES) as pool:
        told = [problem for problems in pool.map(take, range(PANES)) for problem in problems if problem]
    assert told == []


@pytest.mark.parametrize("name", ["zsh emacs", "zsh vi"])
def test_the_draft_is_there_again(box, name):
    editor = Editor(box, next(kind for kind in KINDS if kind.name == name))
    editor.type(0, b"echo a draft of mine")
    assert editor.run(0, "echo hi")["output"] == "hi\n"
    editor.await_screen(0, "echo a draft of mine", behind="hi\n")
    assert editor.run(0, "echo ho")["output"] == "ho\n"
    editor.await_screen(0, "echo a draft of mine", behind="ho\n")
