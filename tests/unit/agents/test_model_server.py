"""The model server answers each wire format as its script says, and its journal tells what came and when."""

from __future__ import annotations

import http.client
import json
import socket
import threading

import pytest
from conftest import wait_until
from programs.model_server.script import part, steps
from programs.model_server.server import ModelServer

TOOLS = {"messages": "Bash", "responses": "exec_command", "chat": "bash", "gemini": "run_shell_command"}
WIRES = tuple(TOOLS)
CUSTOM = 'two\nlines\twith  blanks, é日本 e\u0301 "quotes" $(id); -x'


@pytest.fixture
def model(tmp_path):
    with ModelServer(log=tmp_path / "log") as server:
        yield server


def request(wire: str, text: str, *, called: str = "", tools: bool = True, stream: bool = True, raw: str = ""):
    """The path and the body of a request; `called` is the result of a tool that the model had asked for."""
    name = TOOLS[wire]
    offered = [{"name": name}] if tools else []
    if wire == "messages":
        messages = [{"role": "user", "content": [{"type": "text", "text": "<system-reminder>x"}, _part("text", text)]}]
        if called:
            messages.append({"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": name}]})
            messages.append({"role": "user", "content": [{"type": "tool_result", "content": called}]})
        return "/v1/messages?beta=true", {
            "tools": [{"name": name}] if tools else [],
            "messages": messages,
            "stream": stream,
        }
    if wire == "responses":
        given = [_message("<environment_context>"), _message(text)]
        if called:
            given += [{"type": "function_call", "name": name}, {"type": "function_call_output", "output": called}]
        return "/v1/responses", {"tools": offered, "input": given, "stream": stream}
    if wire == "chat":
        head = "You are a title generator" if not tools else "You are helpful"
        messages = [{"role": "system", "content": head}, {"role": "user", "content": text}]
        if called:
            messages.append({"role": "assistant", "tool_calls": [{"id": "1"}]})
            messages.append({"role": "tool", "content": called})
        return "/v1/chat/completions", {"tools": [{"function": {"name": name}}], "messages": messages, "stream": stream}
    contents = [{"role": "user", "parts": [{"text": "<session_context>"}, {"text": text}]}]
    if called:
        contents.append({"role": "model", "parts": [{"functionCall": {"name": name}}]})
        contents.append({"role": "user", "parts": [{"functionResponse": {"response": called}}]})
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    declared = [{"functionDeclarations": [{"name": name}]}] if tools else []
    return f"/v1beta/models/some-model:{verb}", {"contents": contents, "tools": declared}


def _part(kind: str, text: str) -> dict:
    return {"type": kind, "text": text}


def _message(text: str) -> dict:
    return {"type": "message", "role": "user", "content": [_part("input_text", text)]}


def ask(model, wire: str, text: str, **given):
    """The status and the events of the answer, or its body."""
    path, body = request(wire, text, **given)
    connection = http.client.HTTPConnection("127.0.0.1", model.port, timeout=20)
    connection.request("POST", path, json.dumps(body))
    answer = connection.getresponse()
    data = answer.read().decode()
    connection.close()
    if answer.headers["content-type"] != "text/event-stream":
        return answer.status, json.loads(data)
    rows = [line[6:] for block in data.split("\n\n") for line in block.split("\n") if line.startswith("data: ")]
    return answer.status, [json.loads(row) for row in rows if row != "[DONE]"]


def spoken(wire: str, events) -> str:
    """The text that a client puts together from the events."""
    if wire == "messages":
        return "".join(row["delta"].get("text", "") for row in events if row["type"] == "content_block_delta")
    if wire == "responses":
        return "".join(row["delta"] for row in events if row["type"] == "response.output_text.delta")
    if wire == "chat":
        return "".join(row["choices"][0]["delta"].get("content", "") for row in events if row["choices"])
    parts = [part for row in events for part in row["candidates"][0]["content"]["parts"]]
    return "".join(part.get("text", "") for part in parts if not part.get("thought"))


def called_tool(wire: str, events) -> tuple[str, dict]:
    """The tool that the answer calls, and what it is given."""
    if wire == "messages":
        name = next(row["content_block"]["name"] for row in events if row["type"] == "content_block_start")
        given = next(row["delta"]["partial_json"] for row in events if row["type"] == "content_block_delta")
        return name, json.loads(given)
    if wire == "responses":
        item = next(row["item"] for row in events if row["type"] == "response.output_item.done")
        assert events[-1]["response"]["output"] == [item]
        return item["name"], json.loads(item["arguments"])
    if wire == "chat":
        deltas = [row["choices"][0]["delta"] for row in events if row["choices"]]
        function = next(delta["tool_calls"][0]["function"] for delta in deltas if "tool_calls" in delta)
        return function["name"], json.loads(function["arguments"])
    found = next(part for part in events[0]["candidates"][0]["content"]["parts"] if "functionCall" in part)
    return found["functionCall"]["name"], found["functionCall"]["args"]


@pytest.mark.parametrize("wire", WIRES)
def test_a_prompt_is_answered_and_kept_as_it_came(model, wire):
    text = f"{CUSTOM} model:answer='as \"asked\" é'"
    status, events = ask(model, wire, text)
    assert (status, spoken(wire, events)) == (200, 'as "asked" é')
    assert spoken(wire, ask(model, wire, "nothing")[1]) == "ok"
    assert model.journal.prompts() == [text, "nothing"]
    ended = model.journal.await_ended(2, 10)[0]
    received, began = (model.journal.rows(event)[0] for event in ("received", "began"))
    assert (received["wire"], received["aux"], received["again"]) == (wire, False, False)
    assert received["at"] <= began["at"] <= ended["at"]
    assert ended["how"] == "done"


@pytest.mark.parametrize("wire", WIRES)
def test_a_tool_is_called_and_its_result_taken(model, wire):
    text = 'model:shell="ls -l; id" model:answer=seen'
    name, given = called_tool(wire, ask(model, wire, text)[1])
    assert (name, "ls -l; id" in given.values()) == (TOOLS[wire], True)
    assert spoken(wire, ask(model, wire, text, called="the result")[1]) == "seen"
    assert [row["how"] for row in model.journal.await_ended(2, 10)] == ["tool", "done"]
    second = model.journal.rows("received")[1]
    assert (second["calls"], second["texts"]) == (1, [])
    assert "the result" in second["results"][0]
    assert model.journal.prompts() == [text]


@pytest.mark.parametrize("wire", WIRES)
def test_it_thinks_streams_and_prints(model, wire):
    _, events = ask(model, wire, "model:reason=0.3 model:think=0.2 model:stream=0.3 model:lines=3")
    assert spoken(wire, events) == "word0 word1 word2 line 1\n\nline 2\n\nline 3\n\n"
    ended = model.journal.await_ended(1, 10)[0]
    assert ended["at"] - model.journal.rows("began")[0]["at"] >= 0.7
    assert len(spoken(wire, ask(model, wire, "model:big=5000")[1]).encode()) > 4990


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("status", [401, 429, 500, 529])
def test_it_fails_as_a_service_does(model, wire, status):
    assert ask(model, wire, f"model:status={status}x1")[0] == status
    assert ask(model, wire, f"model:status={status}x1")[0] == 200
    assert ask(model, wire, f"model:status={status}")[1]["error"]
    assert [row["how"] for row in model.journal.await_ended(3, 10)] == [f"status {status}", "done", f"status {status}"]
    # A request that is made again after a failure is no second prompt.
    assert len(model.journal.prompts()) == 2


@pytest.mark.parametrize("wire", WIRES)
def test_a_limit_is_told_and_a_connection_dropped(model, wire):
    assert ask(model, wire, "model:limit")[0] == 429
    assert spoken(wire, ask(model, wire, "model:drop")[1]) == "half an ans"
    assert [row["how"] for row in model.journal.await_ended(2, 10)] == ["limit", "dropped"]


@pytest.mark.parametrize("wire", WIRES)
def test_what_a_program_asks_by_itself_is_no_prompt(model, wire):
    ask(model, wire, "a title for this, model:hang", tools=False)
    ask(model, wire, "hello", stream=False)
    assert model.journal.prompts() == ["hello"]
    assert [row["aux"] for row in model.journal.rows("received")] == [True, False]
    assert wait_until(lambda: not model.journal.busy(), "the end of both")


def test_an_answer_in_one_piece_has_the_text(model):
    for wire in WIRES:
        assert "whole" in json.dumps(ask(model, wire, "model:answer=whole", stream=False)[1])


def test_a_program_that_goes_away_is_noticed(model):
    path, body = request("messages", "model:hang")
    data = json.dumps(body).encode()
    with socket.create_connection(("127.0.0.1", model.port)) as client:
        client.sendall(f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data)
        wait_until(model.journal.busy, "the request")
    assert model.journal.await_ended(1, 10.0)[0]["how"] == "left"


def test_many_are_answered_at_once(model):
    threads = [threading.Thread(target=ask, args=(model, wire, f"model:think=0.5 {wire}")) for wire in WIRES * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    begins = [row["at"] for row in model.journal.rows("began")]
    ends = [row["at"] for row in model.journal.await_ended(20, 10)]
    assert len(ends) == 20
    assert max(begins) < min(ends)


def test_the_journal_is_a_file_of_lines(model, tmp_path):
    ask(model, "chat", CUSTOM)
    model.journal.await_ended(1, 10)
    rows = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert rows == model.journal.rows()
    assert rows[0]["text"] == CUSTOM


def test_words_are_read_in_order_and_a_wrong_one_is_told():
    found = [(step.verb, step.argument) for step in steps("do model:think=2 model:shell='a b' then model:nonsense")]
    assert found == [("think", "2"), ("shell", "a b"), ("answer", "no such word: model:nonsense")]
    assert [step.verb for step in part("model:shell=x", 1)] == ["answer"]
