"""A sandbox whose agents are the program that plays one, by a profile of its own."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from conftest import Sandbox, wait_until

PROGRAM = Path(__file__).resolve().parents[1] / "programs" / "playing_agent.py"
PROFILE = """
name = "playing"
title = "a program that plays an agent"
[install]
command = "make playing"
[start]
command = {command}
model = ["--title", "{{{{mark}}}} {{model}}"]
[process]
names = ["playing_agent"]
[environment]
drop = ["CLAUDE*", "CODEX*", "TMUX", "TMUX_PANE"]
keep = ["CLAUDE_CONFIG_DIR"]
[interrupt]
keys = ["Escape"]
"""


class Team:
    """Agents in a sandbox. Each is given the same log; its lines hold the process."""

    def __init__(self, box: Sandbox, *options: str) -> None:
        self.box = box
        self.log = box.work / "log"
        words = [sys.executable, str(PROGRAM), str(self.log), *options]
        folder = box.home / ".config" / "bridge" / "profiles"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "playing.toml").write_text(PROFILE.format(command=json.dumps(words)))
        box.env["BRIDGE_AGENT_PROFILE"] = "playing"
        self.words = words

    def rows(self, event: str) -> list[dict]:
        text = self.log.read_text() if self.log.exists() else ""
        rows = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [row for row in rows if row["event"] == event]

    def await_events(self, event: str, count: int = 1) -> list[dict]:
        wait_until(lambda: len(self.rows(event)) >= count, f"{count} times {event}", 30)
        return self.rows(event)

    def play_in(self, session: str, *options: str) -> None:
        """Start the program in a pane's shell, as a person does."""
        before = len(self.rows("started"))
        self.box.bridge("pane-exec", session, "0", shlex.join([*self.words, *options])).ok()
        self.await_events("started", before + 1)

    def status(self, agent_id: str) -> dict:
        return self.box.bridge("agent-status", agent_id).ok()

    def wait(self, agent_id: str, states: str, timeout: float = 20) -> dict:
        done = self.box.bridge("agent-wait", agent_id, "--state", states, "--timeout", str(timeout), timeout=60)
        return done.ok()

    def press(self, target: str, *keys: str) -> None:
        self.box.tmux("send-keys", "-t", target, *keys)
