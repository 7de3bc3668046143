"""How an agent can call: by the bash script, the CLI, `bridge batch` and MCP. Each way counts what it costs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

PLACES = ("run_id", "session", "pane", "command", "text")
TOOLS = {"pane-run": ("pane_run", {}), "pane-ask": ("pane_send", {"kind": "ask"})}


class Place:
    """A private home, tmux server and state; `built` is the file under test."""

    def __init__(self, directory: Path, built: Path) -> None:
        self.work = directory / "work"
        self.built = built
        home = directory / "home"
        for folder in (self.work, home, directory / "tmux"):
            folder.mkdir()
        for name in (".bashrc", ".bash_profile"):
            (home / name).write_text("PS1='$ '\n")
        self.env = {key: os.environ[key] for key in ("PATH", "BRIDGE_PYTHON") if key in os.environ} | {
            "HOME": str(home),
            "SHELL": "/bin/bash",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TMUX_TMPDIR": str(directory / "tmux"),
            "BRIDGE_STATE_DIR": str(directory / "state"),
            "BRIDGE_CACHE_DIR": str(built.parent / "cache"),
        }

    def tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", *words], env=self.env, cwd=self.work, capture_output=True, check=False)
        return done.stdout.decode("utf-8", "replace")

    def session(self, panes: int) -> None:
        """A session `dev` in the size that both take by themselves, its panes at their prompts."""
        words = ["session-create", "dev"]
        for _ in range(panes):
            subprocess.run([self.built, *words], env=self.env, cwd=self.work, check=True, capture_output=True)
            words = ["pane-create", "dev"]
        end = time.monotonic() + 20
        while any(not self.tmux("capture-pane", "-p", "-t", f"dev:.{n}").startswith("$") for n in range(panes)):
            assert time.monotonic() < end, "no prompt"
            time.sleep(0.02)

    def close(self) -> None:
        self.tmux("kill-server")


class Way:
    """Counts calls, the bytes that come back, and turns: calls that one decision leads to are one turn."""

    name = ""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.calls = self.turns = self.read = 0

    def close(self) -> None:
        """End what the way has started."""


class Script(Way):
    """The bash script, or plain tmux that answers in its form where LEGACY_SCRIPT does not name it."""

    name = "script"
    poll = 1.0  # seconds between two looks, as in the script

    def turn(self) -> None:
        """What follows is decided by what was read before."""
        self.turns += 1

    def pause(self) -> None:
        """What an agent waits where no line tells that the answer is there."""
        time.sleep(0.5)

    def call(self, *words: str) -> str:
        """The `output` of a call."""
        path = os.environ.get("LEGACY_SCRIPT")
        if path:
            command = ["bash", path, *words]
            done = subprocess.run(command, env=self.place.env, cwd=self.place.work, capture_output=True, check=False)
            text = done.stdout.decode("utf-8", "replace")
        else:
            status, output = getattr(self, words[0].replace("-", "_"))(*words[1:])
            answer = {"status": status, "command": words[0], "session": words[1], "pane_id": words[2]}
            answer |= {"output": output.rstrip("\n") + "\n", "timestamp": "2026-01-01T10:30:00Z"}
            text = json.dumps(answer, indent=2, ensure_ascii=False) + "\n"
        self.calls += 1
        self.read += len(text.encode())
        return json.loads(text)["output"]

    def pane_exec(self, session: str, pane: str, command: str) -> tuple[str, str]:
        self.place.tmux("send-keys", "-t", f"{session}:.{pane}", command, "Enter")
        return "success", f"Command: {command}"

    def pane_capture(self, session: str, pane: str, lines: str = "20") -> tuple[str, str]:
        return "success", self.place.tmux("capture-pane", "-p", "-t", f"{session}:.{pane}", "-S", f"-{lines}")

    def pane_watch_timeout(self, session: str, pane: str, pattern: str, timeout: str) -> tuple[str, str]:
        end = time.monotonic() + float(timeout)
        while time.monotonic() < end:
            lines = self.pane_capture(session, pane, "50")[1].splitlines()
            if found := [line for line in lines if re.search(pattern, line)]:
                return "success", "\n".join(found)
            time.sleep(self.poll)
        return "error", "Timeout: pattern not found"


class Ours(Way):
    """What the three ways of bridge have in common: calls as command, arguments, wanted fields."""

    def ask(self, *calls: tuple[str, dict[str, object], list[str]]) -> list[dict[str, object]]:
        """The answers to calls that one decision leads to and that may be made at the same time."""
        self.turns += 1
        return self.answers(list(calls))

    def answers(self, calls: list[tuple[str, dict[str, object], list[str]]]) -> list[dict[str, object]]:
        raise NotImplementedError


class Cli(Ours):
    """A process for each call; what can be asked at the same time is."""

    name = "cli"

    def answers(self, calls: list[tuple[str, dict[str, object], list[str]]]) -> list[dict[str, object]]:
        def one(call: tuple[str, dict[str, object], list[str]]) -> bytes:
            name, values, fields = call
            plain = [str(values[key]) for key in PLACES if key in values]
            words = [*plain, *(f"--{key}={value}" for key, value in values.items() if key not in PLACES)]
            chosen = ["--fields", ",".join(fields)] if fields else []
            command = [self.place.built, "--quiet", *chosen, name, *words]
            done = subprocess.run(command, env=self.place.env, cwd=self.place.work, capture_output=True, check=False)
            return done.stdout

        with ThreadPoolExecutor(len(calls)) as pool:
            texts = list(pool.map(one, calls))
        self.calls += len(calls)
        self.read += sum(map(len, texts))
        return [json.loads(text) for text in texts]


class Plain(Cli):
    """The CLI with its whole envelopes, as it answers where nothing else is asked for."""

    name = "cli whole"

    def answers(self, calls: list[tuple[str, dict[str, object], list[str]]]) -> list[dict[str, object]]:
        return super().answers([(name, values, []) for name, values, _ in calls])


class Batch(Ours):
    """One process for all that is decided at once."""

    name = "batch"

    def answers(self, calls: list[tuple[str, dict[str, object], list[str]]]) -> list[dict[str, object]]:
        rows = [
            {"id": number, "command": name, "arguments": values, "fields": fields}
            for number, (name, values, fields) in enumerate(calls)
        ]
        text = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
        command = [self.place.built, "--quiet", "batch", "-", "--parallel", "8"]
        done = subprocess.run(
            command, env=self.place.env, cwd=self.place.work, input=text, capture_output=True, check=False
        )
        self.calls += 1
        self.read += len(done.stdout)
        return sorted((json.loads(line) for line in done.stdout.splitlines()), key=lambda row: row["id"])


class Mcp(Ours):
    """The official client over stdio. A client shows its model the text or the structure: the larger one counts."""

    name = "mcp"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.text = self.structure = self.schemas = 0
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._live(),), daemon=True)
        self._thread.start()
        assert self._ready.wait(60), "the server does not answer"

    async def _live(self) -> None:
        server = StdioServerParameters(
            command=str(self.place.built), args=["mcp"], env=self.place.env, cwd=self.place.work
        )
        self._end = asyncio.Event()
        async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            tools = (await session.list_tools()).tools
            self.schemas = len(json.dumps([tool.model_dump(exclude_none=True) for tool in tools]))
            self._session = session
            self._ready.set()
            await self._end.wait()

    async def _together(self, calls: list[tuple[str, dict[str, object], list[str]]]) -> list[object]:
        waiting = []
        for name, values, fields in calls:
            tool, more = TOOLS.get(name, ("bridge_command", None))
            given = {"command": name, "arguments": values} if more is None else values | more
            given = {key.replace("-", "_"): value for key, value in given.items()} | {"fields": fields}
            waiting.append(self._session.call_tool(tool, given))
        return await asyncio.gather(*waiting)

    def answers(self, calls: list[tuple[str, dict[str, object], list[str]]]) -> list[dict[str, object]]:
        found = asyncio.run_coroutine_threadsafe(self._together(calls), self._loop).result(60)
        for answer in found:
            text = len(answer.content[0].text.encode())
            structure = len(json.dumps(answer.structuredContent, ensure_ascii=False, separators=(",", ":")).encode())
            self.text += text
            self.structure += structure
            self.read += max(text, structure)
        self.calls += len(calls)
        return [answer.structuredContent for answer in found]

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20)
