"""The real programs started as agents: what they are given first arrives once, how they are is told, they end."""

from __future__ import annotations

import pytest
from agents.programs import PROGRAMS
from agents.stage import START, stage
from conftest import wait_until

CONTEXT = "-first line: 'one' \"two\" $(id);\nsecond line: é 日本"


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("claude", "codex", "gemini", "opencode")],
)
def test_an_agent_is_started_with_its_context_and_ends(name, built):
    program = PROGRAMS[name]
    if not program.path.exists():
        pytest.skip(f"{name} is not installed (make agents)")
    with stage(name, built) as made:
        box = made.box
        env = {"PATH": f"{box.directory / 'agents'}:{box.env['PATH']}"}
        words = [
            word
            for key, value in program.env.items()
            for word in ("--env", f"{key}={value.format(url=made.model.url)}")
        ]
        more = [word for arg in program.words for word in ("--args", arg)]
        spawned = box.bridge(
            *("agent-spawn", "executive", "--profile", name, "--context", CONTEXT, "--timeout", str(START)),
            *words,
            *more,
            env=env,
            timeout=START + 30,
        ).ok()
        made.session = spawned["session"]
        got = [prompt.strip() for prompt in made.model.journal.await_prompts(1, 60.0)]
        assert got == [CONTEXT], made.screen()
        made.await_idle()
        told = box.bridge("agent-wait", "exec_1", "--state", "idle", "--timeout", "60", timeout=90)
        assert told.status == 0, box.bridge("agent-explain", "exec_1").stdout + made.screen()
        ended = box.bridge("agent-terminate", "exec_1", timeout=60).ok()
        assert (ended["state"], ended["count"]) == ("exited", 1)
        assert len(made.model.journal.prompts()) == 1
        wait_until(lambda: box.bridge("session-list").ok()["sessions"] == [], "no session")
