"""What `pane-send-stdin --enter` gives to a real program, its model receives: once each, byte for byte, in order.

Blanks at the ends are the program's. What a program changes by itself is written beside its name.
"""

from __future__ import annotations

import contextlib

import pytest
from agents.programs import PROGRAMS
from agents.stage import stage

ROWS = "\n".join(f"row {number}: 'one' \"two\" $(three) `four` five;" for number in range(60))
TEXTS = {
    "one line": "What is in this directory?",
    "lines": "first line\nsecond line\n    indented: é 日本 e\u0301 👩‍💻\nlast line",
    "60 rows": ROWS,
    "900 characters": "x" * 450 + "é" * 450,
    "quotes": "'single' \"double\" $(id) `id` ${HOME} \\ \\n %s ;",
    "a dash": "-rf is no option --help",
    "signs": "~ * ? [a] {b,c} <d> |e| &f ^g =h ,i .j",
    "a digit": "1",
    "a letter": "y",
    "a tab": "one\ttwo",
    "prose of a menu": "Do you want to proceed?\n❯ 1. Yes\n  2. No (esc)",
    "said once": "the same text",
    "said twice": "the same text",
}
WRAPPERS = {
    "sh -c": "sh -c {quoted}",
    "env": "env WRAPPED=1 {command}",
    "npx": "npx --no-install --prefix {place} {command}",
    "a function": "run() {{ {command}; }}; run",
}
# These take a tab for four blanks, whoever pastes it.
CHANGES = dict.fromkeys(("claude", "copilot"), lambda text: text.replace("\t", "    "))


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in PROGRAMS])
def on_stage(request, built):
    """A program at its composer; it is started when the first of its tests wants it."""
    program = PROGRAMS[request.param]
    if not program.path.exists():
        pytest.skip(f"{program.name} is not installed (make agents)")
    with stage(program.name, built) as made:
        made.start()
        yield made


def expected(name: str, text: str) -> str:
    return CHANGES.get(name, str)(text).strip()


def deliver(on_stage, text: str) -> None:
    """Send the text and compare what the model has got since."""
    journal = on_stage.model.journal
    before = len(journal.prompts())
    done = on_stage.send(text)
    answer = done.json
    got = [prompt.strip() for prompt in journal.await_prompts(before + 1, 20.0)[before:]]
    assert got == [expected(on_stage.program.name, text)], (answer, on_stage.screen())
    assert (done.status, answer["entered"]) == (0, True), on_stage.screen()
    on_stage.await_idle()
    on_stage.await_composer()
    assert len(journal.prompts()) == before + 1


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_arrives_once_and_as_it_was(on_stage, text):
    deliver(on_stage, text)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_it_arrives_whatever_has_started_the_program(on_stage, wrapper):
    if wrapper == "npx" and on_stage.program.name == "aider":
        pytest.skip("aider does not come from npm")
    before = on_stage.session
    try:
        on_stage.start(WRAPPERS[wrapper])
        deliver(on_stage, f"below {wrapper}")
        deliver(on_stage, f"first of two lines\nbelow {wrapper}")
    finally:
        with contextlib.suppress(AssertionError):
            on_stage.end()
        on_stage.session = before
