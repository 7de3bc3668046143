"""Gemini: `POST …:streamGenerateContent` as a stream, `…:generateContent` in one piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .turn import Event, Turn, arguments, pick

WIRE = "gemini"
_OWN = ("<session_context>", "This is the Gemini CLI.", "<hook_context>")
# The checks of the program want JSON of their own.
_CHECKED = (
    '{"reasoning":"x","next_speaker":"user","complexity_reasoning":"x","complexity_score":1,"model_choice":"flash"}'
)


def read(path: str, body: dict[str, Any]) -> Turn:
    """What the request says; each part of a content is a text of its own."""
    declared = [function for tool in body.get("tools") or () for function in tool.get("functionDeclarations", ())]
    names = [str(function.get("name")) for function in declared]
    model = path.rpartition("/models/")[2].partition(":")[0]
    turn = Turn(WIRE, model, tools=pick(names), aux=not names, stream="stream" in path)
    for content in body.get("contents", ()):
        parts = content.get("parts", ())
        if content.get("role") == "model":
            turn.answered(sum("functionCall" in part for part in parts))
            continue
        for part in parts:
            if "functionResponse" in part:
                turn.results.append(str(part["functionResponse"].get("response")))
            elif "text" in part and not part["text"].lstrip().startswith(_OWN):
                turn.said(part["text"])
    return turn


class Answer:
    """One answer as its chunks."""

    def __init__(self, turn: Turn, number: int) -> None:
        self._turn = turn
        self._parts: list[dict[str, Any]] = []

    def _chunk(self, parts: list[dict[str, Any]], why: str | None = None) -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
        if why:
            candidate["finishReason"] = why
        usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": self._turn.model}

    def begin(self) -> Iterator[Event]:
        """Nothing: a chunk is the first that is sent."""
        yield from ()

    def say(self, text: str) -> Iterator[Event]:
        """A piece of the text."""
        self._parts.append({"text": text})
        yield "", self._chunk([{"text": text}])

    def reason(self, text: str) -> Iterator[Event]:
        """A piece of a thought, with its subject."""
        yield "", self._chunk([{"text": f"**Weighing it** {text}", "thought": True}])

    def call(self, verb: str, argument: str, number: int) -> Iterator[Event]:
        """A call of a function."""
        name = self._turn.tools[verb]
        part = {"functionCall": {"id": f"call_{number}", "name": name, "args": arguments(name, verb, argument)}}
        self._parts.append(part)
        yield "", self._chunk([part])

    def end(self) -> Iterator[Event]:
        """Why it ended."""
        yield "", self._chunk([{"text": ""}], "STOP")

    def whole(self) -> dict[str, Any]:
        """The answer in one piece."""
        return self._chunk([{"text": _CHECKED}] if self._turn.aux else self._parts, "STOP")


def failure(status: int) -> dict[str, Any]:
    """The body that goes with an HTTP status."""
    kinds = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}
    told = kinds.get(status, "UNAVAILABLE")
    return {"error": {"code": status, "message": f"the model server says {status}", "status": told}}


def limit() -> tuple[dict[str, Any], dict[str, str]]:
    """The body and the headers of a limit that is used up."""
    body = failure(429)
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
        "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
    }
    kind = "type.googleapis.com/google.rpc.QuotaFailure"
    body["error"]["details"] = [{"@type": kind, "violations": [violation]}]
    return body, {}
