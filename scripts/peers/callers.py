"""The two ways in which a tool is called: a process for each call, and a server of the Model Context Protocol."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
from pathlib import Path

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from peers.contestant import Contestant


class Failed(Exception):  # noqa: N818 - what a tool answered, not a fault of ours
    """The tool has answered with an error of its own."""


class Program(Contestant):
    """A tool that is a command."""

    program: Path

    def call(self, *words: str, text: str | None = None, timeout: float = 60) -> str:
        """What the command prints on standard output; what it says on the other is not counted."""
        done = subprocess.run(
            [str(self.program), *words],
            env=self.env,
            cwd=self.directory,
            input=(text or "").encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        self.calls += 1
        self.read += len(done.stdout)
        if not done.stdout and done.returncode:
            raise Failed(done.stderr.decode("utf-8", "replace").strip()[-300:])
        return done.stdout.decode("utf-8", "replace")


class Service(Contestant):
    """A tool that is a server; the official client speaks with it from a thread of its own."""

    program: Path
    words: tuple[str, ...] = ()

    def open(self, env: dict[str, str], directory: str) -> None:
        super().open(env, directory)
        self._ready, self._problem = threading.Event(), None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        if not self._ready.wait(60):
            raise Failed("the server did not answer within a minute")
        if self._problem:
            raise Failed(f"the server did not start: {self._problem}")

    async def _serve(self) -> None:
        server = StdioServerParameters(
            command=str(self.program), args=list(self.words), env=self.env, cwd=self.directory
        )
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            with Path(os.devnull).open("w") as nowhere:
                async with stdio_client(server, errlog=nowhere) as streams, ClientSession(*streams) as session:
                    await session.initialize()
                    listed = (await session.list_tools()).tools
                    told = json.dumps([tool.model_dump(exclude_none=True) for tool in listed])
                    self._told = len(listed), len(told)
                    self._session = session
                    self._ready.set()
                    await self._over.wait()
        except Exception as problem:
            self._problem = problem
            self._ready.set()

    def tools(self) -> tuple[int, int]:
        return self._told

    def call(self, name: str, arguments: dict[str, object], seconds: float = 60) -> dict[str, object]:
        """The structure of an answer, or the text as `text`; the larger of the two is what is counted."""
        asked = self._session.call_tool(name, arguments)
        answer = asyncio.run_coroutine_threadsafe(asked, self._loop).result(seconds)
        text = "".join(part.text for part in answer.content if hasattr(part, "text"))
        structure = answer.structuredContent
        told = len(json.dumps(structure, ensure_ascii=False, separators=(",", ":")).encode()) if structure else 0
        self.calls += 1
        self.read += max(told, len(text.encode()))
        if structure is not None:
            return structure
        if answer.isError:
            raise Failed(text)
        try:
            found = json.loads(text)
        except ValueError:
            return {"text": text}
        return found if isinstance(found, dict) else {"text": text}

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(20)
