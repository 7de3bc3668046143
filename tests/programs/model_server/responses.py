"""OpenAI's Responses: `POST /v1/responses`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .turn import Event, Turn, arguments, dumps, pick

WIRE = "responses"
# What the program says in the name of the person.
_OWN = ("<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<turn_aborted>", "<skill>")


def read(path: str, body: dict[str, Any]) -> Turn:
    """What the request says."""
    names = [str(tool.get("name")) for tool in body.get("tools") or ()]
    tools = pick(names)
    if tools.get("shell") == "exec_command":
        tools["write"] = "exec_command"  # a patch is a command there
    turn = Turn(WIRE, str(body.get("model", "")), tools=tools, aux=not names, stream=bool(body.get("stream")))
    given = body.get("input", ())
    items = [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given
    for item in items:
        _take(turn, item)
    return turn


def _take(turn: Turn, item: dict[str, Any]) -> None:
    kind = item.get("type", "message")
    if kind == "function_call_output":
        output = item.get("output")
        turn.results.append(output if isinstance(output, str) else dumps(output))
    elif kind in ("function_call", "custom_tool_call", "local_shell_call"):
        turn.answered(1)
    elif kind == "message" and item.get("role") == "assistant":
        turn.answered()
    elif kind == "message" and item.get("role") == "user":
        content = item.get("content")
        parts = [content] if isinstance(content, str) else [str(part.get("text", "")) for part in content or ()]
        text = "\n".join(parts)
        if not text.startswith(_OWN):
            turn.said(text)


class Answer:
    """One response as its events."""

    def __init__(self, turn: Turn, number: int) -> None:
        self._turn = turn
        self._number = number
        self._output: list[dict[str, Any]] = []
        self._open = ""
        self._sequence = 0

    def _response(self, status: str) -> dict[str, Any]:
        told = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        return {
            "id": f"resp_{self._number}",
            "object": "response",
            "created_at": 0,
            "status": status,
            "model": self._turn.model,
            "output": self._output if status == "completed" else [],
            "usage": told | details if status == "completed" else None,
        }

    def _event(self, kind: str, **fields: object) -> Event:
        self._sequence += 1
        return kind, {"type": kind, "sequence_number": self._sequence, **fields}

    def begin(self) -> Iterator[Event]:
        """The head of the response."""
        yield self._event("response.created", response=self._response("in_progress"))

    def say(self, text: str) -> Iterator[Event]:
        """A piece of a message."""
        item = {"type": "message", "role": "assistant", "status": "in_progress", "content": []}
        yield from self._item("message", item)
        content = self._output[-1]["content"]
        if not content:
            content.append({"type": "output_text", "text": "", "annotations": []})
        content[0]["text"] += text
        yield self._piece("response.output_text.delta", content_index=0, delta=text)

    def reason(self, text: str) -> Iterator[Event]:
        """A piece of a summary of thoughts."""
        yield from self._item("reasoning", {"type": "reasoning", "summary": []})
        summary = self._output[-1]["summary"]
        if not summary:
            summary.append({"type": "summary_text", "text": ""})
            yield self._piece("response.reasoning_summary_part.added", summary_index=0, part=dict(summary[0]))
        summary[0]["text"] += text
        yield self._piece("response.reasoning_summary_text.delta", summary_index=0, delta=text)

    def call(self, verb: str, argument: str, number: int) -> Iterator[Event]:
        """A call of a function."""
        yield from self._close()
        name = self._turn.tools[verb]
        given = dumps(arguments(name, verb, argument))
        item = {"type": "function_call", "call_id": f"call_{number}", "name": name, "arguments": given}
        yield from self._item("function_call", item)

    def end(self) -> Iterator[Event]:
        """The whole response."""
        yield from self._close()
        yield self._event("response.completed", response=self._response("completed"))

    def whole(self) -> dict[str, Any]:
        """The response in one piece."""
        return self._response("completed")

    def _piece(self, kind: str, **fields: object) -> Event:
        at = len(self._output) - 1
        return self._event(kind, item_id=self._output[-1]["id"], output_index=at, **fields)

    def _item(self, kind: str, item: dict[str, Any]) -> Iterator[Event]:
        if self._open == kind:
            return
        yield from self._close()
        self._open = kind
        made = {"id": f"item_{self._number}_{len(self._output)}", **item}
        self._output.append(made)
        shown = {key: list(value) if isinstance(value, list) else value for key, value in made.items()}
        yield self._event("response.output_item.added", output_index=len(self._output) - 1, item=shown)

    def _close(self) -> Iterator[Event]:
        if self._open:
            if "status" in self._output[-1]:
                self._output[-1]["status"] = "completed"
            yield self._event("response.output_item.done", output_index=len(self._output) - 1, item=self._output[-1])
        self._open = ""


def failure(status: int) -> dict[str, Any]:
    """The body that goes with an HTTP status."""
    kinds = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
    code = kinds.get(status, "server_error")
    return {"error": {"message": f"the model server says {status}", "type": code, "code": code, "param": None}}


def limit() -> tuple[dict[str, Any], dict[str, str]]:
    """The body and the headers of a limit that is used up."""
    error = {"type": "usage_limit_reached", "message": "limit", "plan_type": "plus", "resets_at": 4102444800}
    return {"error": error}, {}
