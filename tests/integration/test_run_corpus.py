"""pane-run over commands that are hard to run exactly, in every shell."""

from __future__ import annotations

import shutil

import pytest
from run_corpus import ALL, CASES


def problems(box, shell: str, session: str = "dev") -> list[str]:
    """What differs from the corpus in a pane that runs this shell."""
    wrong = []
    for case in CASES:
        if shell not in case.shells:
            continue
        done = box.bridge("pane-run", session, "0", "--timeout", "15", "--", "-", text=case.command.encode())
        answer = done.json
        code_fits = answer["exit_code"] == case.code if case.code is not None else answer["exit_code"] not in (0, None)
        if answer["outcome"] != "exited" or not code_fits:
            wrong.append(f"{case.name}: {answer['outcome']} {answer['exit_code']}: {answer['output'][:200]!r}")
        elif case.output is not None and answer["output"] != case.output:
            wrong.append(f"{case.name}: {answer['output'][:200]!r} instead of {case.output[:200]!r}")
    return wrong


@pytest.mark.parametrize("shell", ALL)
def test_each_command_of_the_corpus_is_exact(box, shell):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    assert sum(shell in case.shells for case in CASES) >= 60
    box.env["SHELL"] = program
    box.session()
    assert problems(box, shell) == []
