"""The server for agents, spoken to by the protocol's own client over real pipes and HTTP, and by garbage."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from conftest import wait_until
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client
from pydantic import AnyUrl

TIMES = ("timestamp", "duration_ms", "waited_ms", "run_id", "cursor")
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


def without_times(envelope: dict) -> dict:
    return {key: value for key, value in envelope.items() if key not in TIMES}


@asynccontextmanager
async def talking(box, *words, env=None, told=None):
    """A client's session with a server of its own; what it is told goes into the list `told`."""

    async def hear(message):
        if told is not None and isinstance(message, types.ServerNotification):
            told.append(message.root)

    server = StdioServerParameters(
        command=str(box.built), args=["mcp", *words], env=box.env | (env or {}), cwd=box.work
    )
    async with (
        stdio_client(server) as (reading, writing),
        ClientSession(reading, writing, message_handler=hear) as session,
    ):
        await session.initialize()
        yield session


def talk(conversation, seconds: float = 90):
    """Run a conversation to its end."""
    return asyncio.run(asyncio.wait_for(conversation(), seconds))


@pytest.fixture
def dev(box):
    box.session("dev", panes=2)
    box.await_prompt("dev", "1")
    return box


def size(tools) -> int:
    return len(json.dumps([tool.model_dump(exclude_none=True) for tool in tools]))


def test_few_tools_with_small_schemas(box):
    async def conversation():
        async with talking(box) as session:
            tools = (await session.list_tools()).tools
            assert len(tools) == 10
            assert size(tools) <= 8000
            hints = {tool.name: tool.annotations for tool in tools}
            assert {name for name, hint in hints.items() if hint.readOnlyHint} == {
                *("pane_read", "pane_wait_for", "pane_look", "events", "bridge_help")
            }
            assert not any(hint.destructiveHint for hint in hints.values())
            actions = next(tool for tool in tools if tool.name == "pane").inputSchema["properties"]["action"]["enum"]
            assert actions == ["list", "create", "status", "wait"]

    talk(conversation)


@pytest.mark.parametrize(
    ("tier", "hidden", "there", "refused"),
    [
        ("read", {"pane_run", "pane_send"}, {"pane_read", "session"}, ("pane-exec", "session-kill")),
        ("destroy", set(), {"pane_run", "session"}, ()),
    ],
    ids=["read", "destroy"],
)
def test_a_tier_hides_what_it_forbids(dev, tier, hidden, there, refused):
    async def conversation():
        async with talking(dev, "--tier", tier, "--tools", "all") as session:
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            assert not hidden & set(tools)
            assert there <= set(tools)
            assert ("session_kill" in tools) == (tier == "destroy")
            assert all(tool.annotations.readOnlyHint for tool in tools.values()) == (tier == "read")
            if tier == "destroy":
                assert tools["pane"].annotations.destructiveHint
                assert tools["pane_count"].annotations.readOnlyHint
                assert (await session.call_tool("pane_count", {"session": "dev"})).structuredContent["count"] == 2
            for command in refused:
                call = {"command": command, "arguments": {"session": "dev", "pane": "0", "command": "x"}}
                answer = await session.call_tool("bridge_command", call)
                assert answer.isError
                assert answer.structuredContent["error"]["code"] == "ERR_FORBIDDEN"
            if tier == "read":
                answer = await session.call_tool("session", {"action": "kill", "name": "dev"})
                assert answer.structuredContent["error"]["code"] == "ERR_FORBIDDEN"
                answer = await session.call_tool("pane_run", {"session": "dev", "pane": "0", "command": "x"})
                assert answer.isError

    talk(conversation)
    assert dev.bridge("pane-count", "dev").ok()["count"] == 2


def test_answers_are_those_of_the_cli(dev):
    (dev.work / "screen").write_text("Shall it run?\n\n❯ 1. Yes\n  2. No\n")
    seen = {"profile": "claude", "screen": str(dev.work / "screen")}
    told = ("agent-classify", "--profile", "claude", "--screen", seen["screen"])
    questions = [
        ("bridge_command", {"command": "agent-classify", "arguments": seen}, told),
        (
            "bridge_command",
            {"command": "agent-profiles", "arguments": {"profile": "nobody"}},
            ("agent-profiles", "nobody"),
        ),
        ("session", {"action": "list"}, ("session-list",)),
        ("pane", {"action": "list", "session": "dev"}, ("pane-list-detailed", "dev")),
        ("pane", {"action": "status", "session": "dev", "pane": 1}, ("pane-status", "dev", "1")),
        ("pane", {"action": "status", "session": "none", "pane": "0"}, ("pane-status", "none", "0")),
        ("pane_look", {"session": "dev", "pane": "p1"}, ("pane-snapshot", "dev", "p1")),
        ("bridge_command", {"command": "pane-count", "arguments": {"session": "dev"}}, ("pane-count", "dev")),
    ]

    async def conversation():
        async with talking(dev) as session:
            return [(await session.call_tool(name, values), words) for name, values, words in questions]

    for answer, words in talk(conversation):
        alone = dev.bridge(*words).json
        if "error" in alone:  # a hint for who calls tools
            alone["error"]["hint"] = alone["error"]["hint"].replace("bridge ", "bridge_command ")
        assert without_times(answer.structuredContent) == without_times(alone)
        assert list(answer.structuredContent) == list(alone)
        assert answer.isError == (alone["status"] == "error")


def test_only_the_fields_that_are_asked_for(dev):
    async def conversation():
        async with talking(dev) as session:

            async def run(command, *fields, tool="pane_run"):
                values = {"session": "dev", "pane": "0", "command": command, "fields": list(fields)}
                return await session.call_tool(tool, values)

            answer = await run("echo hello", "exit_code", "output")
            assert answer.structuredContent == {"exit_code": 0, "output": "hello\n"}
            assert re.fullmatch(
                r"exit_code=0\n<untrusted-(\w+)> [^\n]*\noutput: hello\n</untrusted-\1>", answer.content[0].text
            )
            answer = await run("true", "exit_code", "output", "outcome")
            assert answer.content[0].text == "exit_code=0\noutput=\noutcome=exited"
            answer = await run("(exit 3)", "exit_code")
            assert (answer.isError, list(answer.structuredContent)) == (True, ["exit_code", "error"])
            assert answer.content[0].text.startswith("exit_code=3\nERR_COMMAND_FAILED: ")
            for fields in (["colour"], ["exit_code", 5], "exit_code"):
                values = {"session": "dev", "pane": "0", "command": "touch made", "fields": fields}
                answer = await session.call_tool("pane_run", values)
                assert answer.structuredContent["error"]["code"] == "ERR_USAGE", fields
            answer = await run("seq 9000", "output")
            assert answer.structuredContent["cut"]["characters_left_out"] > 0
            values = {"session": "dev", "pane": "0", "kind": "ask", "text": "python3 -q", "pattern": "^>>> $"}
            answer = await session.call_tool("pane_send", values | {"fields": ["matches"]})
            assert answer.structuredContent == {"matches": [">>> "]}
            assert 'matches: [">>> "]' in answer.content[0].text

    talk(conversation)
    assert not (dev.work / "made").exists()


def test_work_is_done(dev):
    async def conversation():
        async with talking(dev, "--tier", "destroy") as session:

            async def call(tool, **values):
                return await session.call_tool(tool, values)

            assert (await call("session", action="create", name="work")).structuredContent["session_id"]
            ran = await call("pane_run", session="dev", pane="0", command="echo hello; (exit 4)", timeout=30)
            assert (ran.structuredContent["exit_code"], ran.structuredContent["output"]) == (4, "hello\n")
            assert ran.isError
            await call("pane_send", session="dev", pane="1", kind="text", text="cat")
            await call("pane_send", session="dev", pane="1", kind="text", text="one more line")
            seen = await call("pane_wait_for", session="dev", pane="1", pattern="one more", timeout=20, screen=True)
            assert seen.structuredContent["status"] == "success", (
                seen.structuredContent,
                dev.tmux("capture-pane", "-p", "-t", "dev:0.1"),
            )
            with socket.create_server(("127.0.0.1", 0)) as server:
                port = server.getsockname()[1]
                opened = await call("pane_wait_for", session="dev", pane="1", port=port, timeout=20)
            assert opened.structuredContent["listeners"] == [f"127.0.0.1:{port}"]
            assert opened.structuredContent["in_pane"] is False
            await call("pane_send", session="dev", pane="1", kind="keys", text="C-c")
            waited = await call("pane", action="wait", session="dev", pane="1", timeout=20)
            assert waited.structuredContent["outcome"] == "exited"
            read = await call("pane_read", session="dev", pane="1")
            assert "one more line" in read.structuredContent["output"]
            assert re.search(r"<untrusted-(\w+)>.*one more line.*</untrusted-\1>", read.content[0].text, re.DOTALL)
            again = await call("pane_read", session="dev", pane="1", cursor=read.structuredContent["cursor"])
            assert again.structuredContent["output"].strip() == ""
            assert (await call("session", action="kill", name="work")).structuredContent["panes_killed"] == 1
            told = (await call("bridge_help", topic="pane_run")).content[0].text
            assert "exit_code" in told
            assert "pane-stream" not in (await call("bridge_help")).content[0].text

    talk(conversation)


OFF = [
    ("pane_run", {"session": "dev"}, "ERR_USAGE"),
    ("pane_run", {"session": "dev", "pane": "0", "command": ["x"]}, "ERR_USAGE"),
    ("pane", {"action": "dance", "session": "dev"}, "ERR_UNKNOWN_COMMAND"),
    ("pane", {"action": "status", "session": "dev", "pane": "0", "more": 1}, "ERR_USAGE"),
    ("bridge_command", {"command": "pane-cuont"}, "ERR_UNKNOWN_COMMAND"),
    ("bridge_command", {"command": "pane-stream", "arguments": {"session": "dev", "pane": "0"}}, "ERR_USAGE"),
    ("bridge_command", {"command": "batch"}, "ERR_USAGE"),
    ("bridge_command", {"command": "pane-count", "arguments": "dev"}, "ERR_USAGE"),
    (
        "bridge_command",
        {"command": "pane-stop", "arguments": {"session": "dev", "pane": "0", "self": True}},
        "ERR_",
    ),
    ("pane_read", {"session": "dev", "pane": "0", "cursor": "cut-000000000000.0"}, "ERR_BAD_CURSOR"),
    ("nonsense", {}, "ERR_UNKNOWN_COMMAND"),
    ("bridge_command", {}, "ERR_UNKNOWN_COMMAND"),
]


def test_calls_that_are_off_are_refused_with_a_code(dev):
    async def conversation():
        async with talking(dev) as session:
            return [await session.call_tool(name, values) for name, values, _ in OFF]

    for (name, values, code), answer in zip(OFF, talk(conversation), strict=True):
        assert answer.isError, (name, values)
        assert answer.structuredContent["error"]["code"].startswith(code), (name, values)
        assert answer.structuredContent["error"]["code"] in answer.content[0].text, (name, values)


def test_long_output_keeps_its_end_and_is_read_on(dev):
    async def conversation():
        async with talking(dev) as session:
            whole = "".join(f"{number}\n" for number in range(1, 9001))
            values = {"session": "dev", "pane": "0", "command": "seq 1 9000", "timeout": 60}
            answer = (await session.call_tool("pane_run", values)).structuredContent
            assert answer["output"].endswith("8999\n9000\n")
            cut = answer["cut"]
            assert cut["characters_left_out"] + len(answer["output"]) == len(whole)
            parts, cursor = "", cut["cursor"]
            while cursor:
                values = {"session": "dev", "pane": "0", "cursor": cursor}
                found = (await session.call_tool("pane_read", values)).structuredContent
                parts, cursor = parts + found["output"], found["cursor"]
            assert parts + answer["output"] == whole

    talk(conversation)


def test_calls_at_once_keep_their_order_in_a_pane(dev):
    async def conversation():
        async with talking(dev) as session:
            await session.call_tool("pane_send", {"session": "dev", "pane": "0", "kind": "text", "text": "cat >order"})
            sends = [
                session.call_tool("pane_send", {"session": "dev", "pane": "0", "kind": "text", "text": f"line {n}"})
                for n in range(20)
            ]
            answers = await asyncio.gather(*sends)
            assert not any(answer.isError for answer in answers), answers
            await session.call_tool("pane_send", {"session": "dev", "pane": "0", "kind": "keys", "text": "C-d"})
            await session.call_tool("pane", {"action": "wait", "session": "dev", "pane": "0", "timeout": 20})
            runs = [
                session.call_tool(
                    "pane_run", {"session": "dev", "pane": "1", "command": f"echo {n} >>runs", "timeout": 30}
                )
                for n in range(5)
            ]
            answers = await asyncio.gather(*runs)
            assert not any(answer.isError for answer in answers), answers

    talk(conversation)
    assert (dev.work / "order").read_text() == "".join(f"line {n}\n" for n in range(20))
    assert (dev.work / "runs").read_text() == "0\n1\n2\n3\n4\n"


def piped(box, pane: str) -> bool:
    return box.tmux("display-message", "-p", "-t", f"dev:0.{pane}", "#{pane_pipe}").strip() == "1"


def test_a_cancelled_call_stops_waiting_and_leaves_nothing(dev):
    call = {"name": "pane_wait_for", "arguments": {"session": "dev", "pane": "0", "pattern": "never", "timeout": 600}}
    look = {"name": "pane", "arguments": {"action": "list", "session": "dev"}}
    with subprocess.Popen([dev.built, "mcp"], env=dev.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:

        def say(**row):
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **row}).encode() + b"\n")
            process.stdin.flush()

        def threads() -> int:
            return len(list(Path(f"/proc/{process.pid}/task").iterdir()))

        def answer(number: int) -> dict:
            while True:
                row = json.loads(process.stdout.readline())
                if row.get("id") == number:
                    return row

        say(**HELLO)
        assert answer(1)
        say(method="notifications/initialized")
        say(id=2, method="tools/call", params=look)
        assert answer(2)["result"]["isError"] is False
        before = threads()
        say(id=3, method="tools/call", params=call)
        wait_until(lambda: threads() > before and piped(dev, "0"), "the wait")
        say(id=4, method="tools/call", params=look)  # a wait holds up nothing
        assert answer(4)["result"]["isError"] is False
        assert threads() > before
        say(method="notifications/cancelled", params={"requestId": 3, "reason": "test"})
        wait_until(lambda: threads() == before, "the end of the wait")
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_client_that_leaves_ends_its_waits_and_the_server(dev):
    process = subprocess.Popen(
        [dev.built, "mcp"], env=dev.env, cwd=dev.work, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    call = {"name": "pane_wait_for", "arguments": {"session": "dev", "pane": "0", "pattern": "never"}}
    rows = [
        HELLO,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {**call, "_meta": {"progressToken": 7}}},
    ]
    process.stdin.write("".join(json.dumps(row) + "\n" for row in rows).encode())
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == 1
    progress = json.loads(process.stdout.readline())  # it tells that it still waits
    assert (progress["method"], progress["params"]["progressToken"]) == ("notifications/progress", 7)
    assert piped(dev, "0")
    process.stdin.close()
    assert process.wait(20) == 0
    assert dev.tmux("list-clients") == ""
    process.stdout.close()


def test_garbage_is_survived(dev):
    rows = [
        b"garbage",
        b"{}",
        b"[]",
        b"[1]",
        b"null",
        b'{"jsonrpc": "2.0"}',
        b'{"jsonrpc": "1.0", "id": 5, "method": "tools/list"}',
        b'{"jsonrpc": "2.0", "id": {}, "method": "tools/list"}',
        b'{"jsonrpc": "2.0", "id": 9, "method": "no/such"}',
        b'{"jsonrpc": "2.0", "id": 10, "method": "tools/call", "params": 5}',
        b'{"jsonrpc": "2.0", "id": 11, "method": "tools/call", "params": {"name": 5, "arguments": []}}',
        b"\xff\xfe\x00",
        b"{" * 5000,
        b'"' + b"x" * 200_000 + b'"',
    ]
    last = {
        "jsonrpc": "2.0",
        "id": 99,
        "method": "tools/call",
        "params": {"name": "session", "arguments": {"action": "list"}},
    }
    started = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    process = subprocess.Popen(
        [dev.built, "mcp"],
        env=dev.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    before = [json.dumps(row).encode() for row in (HELLO, started)]
    process.stdin.write(b"\n".join([*rows[:4], *before, *rows, json.dumps(last).encode(), b""]))
    process.stdin.flush()
    answers = []
    while not answers or answers[-1].get("id") != 99:
        line = process.stdout.readline()
        assert line, answers
        answers.append(json.loads(line))
    assert answers[-1]["result"]["structuredContent"]["output"] == "dev\n"
    assert {"error"} <= set().union(*(answer for answer in answers if answer.get("id") in (9, 10, 11)))
    process.stdin.close()
    assert process.wait(20) == 0
    process.stdout.close()


def test_the_callers_own_pane_is_protected(dev):
    pane = dev.bridge("pane-status", "dev", "0").ok()["pane"]
    socket = dev.tmux("display-message", "-p", "#{socket_path}").strip()

    async def conversation():
        async with talking(dev, "--tier", "destroy", env={"TMUX": f"{socket},1,0", "TMUX_PANE": pane}) as session:
            for name, values in (
                ("pane_send", {"kind": "text", "text": "echo oops"}),
                ("pane_run", {"command": "echo oops"}),
                ("pane", {"action": "kill"}),
                ("pane", {"action": "stop"}),
            ):
                answer = await session.call_tool(name, {"session": "dev", "pane": "main", **values})
                assert answer.structuredContent["error"]["code"] == "ERR_SELF", (name, values)
            answer = await session.call_tool("session", {"action": "kill", "name": "dev"})
            assert answer.structuredContent["error"]["code"] == "ERR_SELF"
            answer = await session.call_tool(
                "pane_run", {"session": "dev", "pane": "1", "command": "true", "timeout": 30}
            )
            assert not answer.isError

    talk(conversation)
    assert "oops" not in dev.screen(pane)


def test_resources_are_read_and_their_changes_told(dev):
    told: list = []

    def updated() -> list[str]:
        return [str(note.params.uri) for note in told if note.method == "notifications/resources/updated"]

    async def heard(uri: str) -> None:
        while uri not in updated():
            await asyncio.sleep(0.05)
        told.clear()

    async def conversation():
        async with talking(dev, told=told) as session:
            assert [str(found.uri) for found in (await session.list_resources()).resources] == ["tmux://sessions"]
            assert (await session.list_resource_templates()).resourceTemplates[0].uriTemplate == "tmux://pane/{id}"
            text = (await session.read_resource(AnyUrl("tmux://sessions"))).contents[0].text
            assert json.loads(text)["sessions"][0]["name"] == "dev"
            await session.subscribe_resource(AnyUrl("tmux://sessions"))
            await session.subscribe_resource(AnyUrl("tmux://pane/%251"))
            while len(dev.tmux("list-clients").splitlines()) < 3:
                await asyncio.sleep(0.05)
            await asyncio.to_thread(dev.bridge, "session-create", "other")
            await heard("tmux://sessions")
            await asyncio.to_thread(dev.bridge, "pane-exec", "dev", "1", "echo printed; sleep 1")
            await heard("tmux://pane/%251")
            await asyncio.sleep(0.5)
            text = (await session.read_resource(AnyUrl("tmux://pane/%251"))).contents[0].text
            assert "printed" in text
            assert "untrusted" in text
            await session.unsubscribe_resource(AnyUrl("tmux://pane/%251"))
            await session.unsubscribe_resource(AnyUrl("tmux://sessions"))
            while len(dev.tmux("list-clients").splitlines()) > 1:
                await asyncio.sleep(0.05)
            for bad in ("tmux://pane/%2599", "tmux://pane/x", "tmux://else"):
                with pytest.raises(Exception, match="no"):
                    await session.read_resource(AnyUrl(bad))

    talk(conversation)
    assert dev.tmux("list-clients") == ""


@pytest.fixture
def served(dev):
    """A server over HTTP: its address, token and process."""
    with (
        open(dev.directory / "served.log", "wb") as said,
        subprocess.Popen(
            [dev.built, "mcp", "--transport", "http"], env=dev.env, stdout=subprocess.PIPE, stderr=said
        ) as process,
    ):
        address = process.stdout.readline().decode().strip()
        files = list((dev.directory / "state").rglob("mcp-token"))
        assert len(files) == 1, files
        assert files[0].stat().st_mode & 0o777 == 0o600
        yield address, files[0].read_text().strip(), process
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def test_http_serves_who_has_the_token(dev, served):
    address, token, process = served
    assert len(token) >= 32

    async def conversation():
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            streamablehttp_client(address, headers=headers) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            answer = await session.call_tool("session", {"action": "list"})
            assert answer.structuredContent["output"] == "dev\n"

    talk(conversation)
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    wait_until(lambda: dev.tmux("list-clients") == "", "the end of the connection")


def test_http_clients_that_leave_are_no_defect(dev, served):
    address, token, process = served

    async def conversation():
        for _ in range(3):
            async with (
                streamablehttp_client(address, headers={"Authorization": f"Bearer {token}"}) as (reading, writing, _),
                ClientSession(reading, writing) as session,
            ):
                await session.initialize()
                assert (await session.call_tool("session", {"action": "list"})).isError is False
                await asyncio.sleep(0.2)

    talk(conversation)
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    said = (dev.directory / "served.log").read_text().splitlines()
    assert [line for line in said if not line.startswith("[INFO] The token is in ")] == []


def test_http_refuses_everybody_else(served):
    address, token, _ = served
    host = address.removeprefix("http://").removesuffix("/mcp")
    good = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    cases = [
        ({"Authorization": ""}, "", 401),
        ({"Authorization": "Bearer " + "0" * len(token)}, "", 401),
        ({"Authorization": f"Basic {token}"}, "", 401),
        ({"Authorization": ""}, f"?token={token}", 401),
        ({"Host": "evil.example"}, "", 403),
        ({"Host": f"evil.example:{host.partition(':')[2]}"}, "", 403),
        ({"Origin": "http://evil.example"}, "", 403),
        ({"Origin": "null"}, "", 403),
        ({"Content-Type": "text/plain"}, "", 415),
        ({"Origin": f"http://{host}"}, "", 200),
        ({}, "/else", 404),
        ({}, "", 200),
    ]
    for changed, more, status in cases:
        request = urllib.request.Request(address + more, json.dumps(HELLO).encode(), good | changed)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                found = answer.status
        except urllib.error.HTTPError as problem:
            found = problem.code
        assert found == status, (changed, more)


def test_what_cannot_be_served_is_one_envelope(box):
    assert box.bridge("mcp", "--port", "70000", "--transport", "http").code == "ERR_USAGE"
    assert box.bridge("mcp", "--tier", "all").code == "ERR_USAGE"
    nowhere = {"BRIDGE_CACHE_DIR": "/proc/nowhere"}  # the libraries can't be unpacked
    assert box.bridge("mcp", env=nowhere).code == "ERR_UNSUPPORTED"


def test_it_begins_without_a_server(box):
    async def conversation():
        async with talking(box) as session:
            assert (await session.call_tool("session", {"action": "list"})).structuredContent["sessions"] == []
            assert not (await session.call_tool("session", {"action": "create", "name": "new"})).isError
            assert (await session.call_tool("session", {"action": "list"})).structuredContent["output"] == "new\n"

    talk(conversation)
