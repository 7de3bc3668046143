"""Anthropic's Messages: `POST /v1/messages`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .turn import Event, Turn, arguments, dumps, pick

WIRE = "messages"


def read(path: str, body: dict[str, Any]) -> Turn:
    """What the request says; what the program adds to a prompt by itself stands in blocks of its own."""
    names = [str(tool.get("name")) for tool in body.get("tools") or ()]
    turn = Turn(WIRE, str(body.get("model", "")), tools=pick(names), aux=not names, stream=bool(body.get("stream")))
    for message in body.get("messages", ()):
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
        if message.get("role") == "assistant":
            turn.answered(sum(block.get("type") == "tool_use" for block in blocks))
        elif message.get("role") == "user":
            for block in blocks:
                _take(turn, block)
    return turn


def _take(turn: Turn, block: dict[str, Any]) -> None:
    if block.get("type") == "tool_result":
        turn.results.append(_text(block.get("content")))
    elif block.get("type") == "text" and not str(block["text"]).lstrip().startswith("<system-reminder>"):
        turn.said(str(block["text"]))


def _text(content: object) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content)


class Answer:
    """One message as its events."""

    def __init__(self, turn: Turn, number: int) -> None:
        self._turn = turn
        self._id = f"msg_{number:024d}"
        self._index = -1
        self._open = ""
        self._reason = "end_turn"
        self._content: list[dict[str, Any]] = []

    def _message(self) -> dict[str, Any]:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._turn.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 10, "output_tokens": 1},
        }

    def begin(self) -> Iterator[Event]:
        """The head of the message."""
        yield "message_start", {"type": "message_start", "message": self._message()}

    def say(self, text: str) -> Iterator[Event]:
        """A piece of a text block."""
        yield from self._block("text", {"type": "text", "text": ""})
        self._content[-1]["text"] += text
        yield self._delta({"type": "text_delta", "text": text})

    def reason(self, text: str) -> Iterator[Event]:
        """A piece of a block of thought."""
        yield from self._block("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        self._content[-1]["thinking"] += text
        yield self._delta({"type": "thinking_delta", "thinking": text})

    def call(self, verb: str, argument: str, number: int) -> Iterator[Event]:
        """A block that asks for a tool."""
        name = self._turn.tools[verb]
        given = arguments(name, verb, argument)
        block = {"type": "tool_use", "id": f"toolu_{number:024d}", "name": name, "input": {}}
        yield from self._block("tool_use", block)
        self._content[-1]["input"] = given
        yield self._delta({"type": "input_json_delta", "partial_json": dumps(given)})
        self._reason = "tool_use"

    def end(self) -> Iterator[Event]:
        """Why it ended, and the end."""
        yield from self._close()
        delta = {"stop_reason": self._reason, "stop_sequence": None}
        yield "message_delta", {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5}}
        yield "message_stop", {"type": "message_stop"}

    def whole(self) -> dict[str, Any]:
        """The message in one piece."""
        return self._message() | {"content": self._content, "stop_reason": self._reason}

    def _block(self, kind: str, block: dict[str, Any]) -> Iterator[Event]:
        if self._open == kind != "tool_use":
            return
        yield from self._close()
        self._open = kind
        self._index += 1
        self._content.append(dict(block))
        yield "content_block_start", {"type": "content_block_start", "index": self._index, "content_block": block}

    def _close(self) -> Iterator[Event]:
        if self._open == "thinking":
            yield self._delta({"type": "signature_delta", "signature": "c2lnbmF0dXJl"})
        if self._open:
            yield "content_block_stop", {"type": "content_block_stop", "index": self._index}
        self._open = ""

    def _delta(self, delta: dict[str, Any]) -> Event:
        return "content_block_delta", {"type": "content_block_delta", "index": self._index, "delta": delta}


def failure(status: int) -> dict[str, Any]:
    """The body that goes with an HTTP status."""
    kinds = {400: "invalid_request", 401: "authentication", 429: "rate_limit", 529: "overloaded"}
    kind = f"{kinds.get(status, 'api')}_error"
    return {"type": "error", "error": {"type": kind, "message": f"the model server says {status}"}}


def limit() -> tuple[dict[str, Any], dict[str, str]]:
    """The body and the headers of a limit that is used up."""
    headers = {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": "4102444800",
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
        "x-should-retry": "false",
    }
    return failure(429), headers
