"""The MCP server by the official client: the first answer, a warm call, the order of calls made at the same time."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from agent_ways import Place
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

STARTS, CALLS, TOGETHER, PANES = 5, 200, 20, 2


async def starts(server: StdioServerParameters) -> list[float]:
    """Milliseconds from the start of the process to the first answer."""
    found = []
    for _ in range(STARTS):
        began = time.monotonic()
        async with stdio_client(server) as streams, ClientSession(*streams) as session:
            await session.initialize()
            found.append((time.monotonic() - began) * 1000)
    return found


async def warm(session: ClientSession) -> list[float]:
    """Milliseconds of each call of a cheap tool."""
    found = []
    for _ in range(CALLS):
        began = time.monotonic()
        answer = await session.call_tool("pane", {"action": "status", "session": "dev", "pane": "0"})
        found.append((time.monotonic() - began) * 1000)
        assert not answer.isError, answer
    return found


async def order(session: ClientSession) -> None:
    """Type numbers into a `cat` in each pane by calls that are made at the same time."""
    for pane in range(PANES):
        words = {"session": "dev", "pane": str(pane), "kind": "ask", "text": f"cat >typed{pane}", "idle": 200}
        await session.call_tool("pane_send", words)
    calls = (
        session.call_tool("pane_send", {"session": "dev", "pane": str(n % PANES), "kind": "text", "text": f"{n}"})
        for n in range(TOGETHER)
    )
    assert not any(answer.isError for answer in await asyncio.gather(*calls))
    for pane in range(PANES):
        await session.call_tool("pane_send", {"session": "dev", "pane": str(pane), "kind": "keys", "text": "C-d"})
        await session.call_tool("pane", {"action": "wait", "session": "dev", "pane": str(pane), "timeout": 20})


async def measure(place: Place) -> int:
    server = StdioServerParameters(command=str(place.built), args=["mcp"], env=place.env, cwd=place.work)
    first = await starts(server)
    print(f"first answer after   {statistics.median(first):7.0f} ms (median of {STARTS}, most {max(first):.0f})")
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        times = await warm(session)
        print(f"a warm call          {statistics.median(times):7.1f} ms (median of {CALLS}, most {max(times):.1f})")
        began = time.monotonic()
        await order(session)
        seconds = time.monotonic() - began
    kept = True
    for pane in range(PANES):
        typed = [int(line) for line in (place.work / f"typed{pane}").read_text().split()]
        kept = kept and typed == list(range(pane, TOGETHER, PANES))
    told = "in the order in which they were asked for" if kept else "OUT OF ORDER"
    print(f"{TOGETHER} calls at once     {told} in each of {PANES} panes, {seconds:.1f} s with what stands around them")
    return 0 if kept else 1


def main(built: str) -> int:
    """Print the figures; 1 where the order was not kept."""
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as name:
        place = Place(Path(name), Path(built).resolve())
        try:
            place.session(PANES)
            return asyncio.run(measure(place))
        finally:
            place.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "dist/bridge.pyz"))
