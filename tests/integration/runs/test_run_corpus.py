"""pane-run over commands that are hard to run exactly, in every shell."""

from __future__ import annotations

import shutil

import pytest
from run_corpus import ALL, CASES, problems


@pytest.mark.parametrize("shell", ALL)
def test_each_command_of_the_corpus_is_exact(box, shell):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    assert sum(shell in case.shells for case in CASES) >= 60
    box.env["SHELL"] = program
    box.session()
    assert problems(box, shell) == []
