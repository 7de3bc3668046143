"""OpenAI's Chat Completions: `POST /v1/chat/completions`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .turn import Event, Turn, arguments, dumps, pick

WIRE = "chat"
# What a program asks for by itself begins so; these programs offer no tools then, and others never do.
_OWN = ("You are a title generator", "You are a helpful AI assistant tasked with summarizing")
# One program says before each message what time it is, another says behind it how to answer.
_ADDED = re.compile(
    r"\A<current_datetime>[^<]*</current_datetime>\n\n|\n\nTo suggest changes to a file you MUST .*\Z", re.DOTALL
)


def read(path: str, body: dict[str, Any]) -> Turn:
    """What the request says."""
    names = [str(tool.get("function", {}).get("name")) for tool in body.get("tools") or ()]
    turn = Turn(WIRE, str(body.get("model", "")), tools=pick(names), stream=bool(body.get("stream")))
    for message in body.get("messages", ()):
        role, texts = message.get("role"), _texts(message.get("content"))
        if role == "system":
            turn.aux = turn.aux or "\n".join(texts).startswith(_OWN)
        elif role == "assistant":
            turn.answered(len(message.get("tool_calls") or ()))
        elif role == "tool":
            turn.results += texts
        elif role == "user":
            for text in texts:
                if not text.lstrip().startswith("<system-reminder>"):
                    turn.said(_ADDED.sub("", text))
    return turn


def _texts(content: object) -> list[str]:
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    return [str(part["text"]) for part in parts if isinstance(part, dict) and part.get("type") == "text"]


class Answer:
    """One completion as its chunks."""

    def __init__(self, turn: Turn, number: int) -> None:
        self._turn = turn
        self._id = f"chatcmpl-{number}"
        self._text = ""
        self._calls: list[dict[str, Any]] = []

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": 0, "model": self._turn.model}

    def _chunk(self, delta: dict[str, Any], why: str | None = None) -> Event:
        choice = {"index": 0, "delta": delta, "finish_reason": why}
        return "", self._head("chat.completion.chunk") | {"choices": [choice]}

    def begin(self) -> Iterator[Event]:
        """Who speaks."""
        yield self._chunk({"role": "assistant", "content": ""})

    def say(self, text: str) -> Iterator[Event]:
        """A piece of the text."""
        self._text += text
        yield self._chunk({"content": text})

    def reason(self, text: str) -> Iterator[Event]:
        """A piece of a thought, as servers of open models show it."""
        yield self._chunk({"reasoning_content": text})

    def call(self, verb: str, argument: str, number: int) -> Iterator[Event]:
        """A call of a function."""
        name = self._turn.tools[verb]
        function = {"name": name, "arguments": dumps(arguments(name, verb, argument))}
        call = {"index": len(self._calls), "id": f"call_{number}", "type": "function", "function": function}
        self._calls.append(call)
        yield self._chunk({"tool_calls": [call]})

    def end(self) -> Iterator[Event]:
        """Why it ended, what it took, and the word that ends the stream."""
        yield self._chunk({}, self._why())
        yield "", self._head("chat.completion.chunk") | {"choices": [], "usage": _USAGE}
        yield "", "[DONE]"

    def _why(self) -> str:
        return "tool_calls" if self._calls else "stop"

    def whole(self) -> dict[str, Any]:
        """The completion in one piece."""
        message: dict[str, Any] = {"role": "assistant", "content": self._text}
        if self._calls:
            message["tool_calls"] = self._calls
        choice = {"index": 0, "message": message, "finish_reason": self._why()}
        return self._head("chat.completion") | {"choices": [choice], "usage": _USAGE}


_USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def failure(status: int) -> dict[str, Any]:
    """The body that goes with an HTTP status."""
    return {"error": {"message": f"the model server says {status}", "type": "error", "code": str(status)}}


def limit() -> tuple[dict[str, Any], dict[str, str]]:
    """The body and the headers of a limit that is used up."""
    message = "You exceeded your current quota, please check your plan and billing details."
    return {"error": {"message": message, "type": "insufficient_quota", "code": "insufficient_quota"}}, {}
