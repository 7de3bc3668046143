"""Gemini CLI's record: `~/.gemini/tmp/PROJECT/chats/session-TIME-ID.jsonl`, a message a row."""

from __future__ import annotations

from bridge.core.agents.records.record import Record, rows, table, word
from bridge.core.agents.records.turn import (
    ANSWERED,
    FAILED,
    INTERRUPTED,
    RUNNING,
    Prompt,
    Tool,
    Turn,
    Usage,
    count,
    plain,
    seconds,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTEXT = "<session_context>"
_CANCELLED = "Request cancelled"
_OPEN = frozenset(("validating", "scheduled", "executing", "awaiting_approval"))


class Gemini(Record):
    """No row ends a turn: it is `answered` when a message of the model is there, and the title tells the rest.

    A message is written when it is whole, without the tools that it calls, and once more when these have ended; while
    one waits for leave the record does not know it. Of rows with one id the last is right. `$set` writes the program's
    whole list anew, without what was taken back; what was said stays said here.
    """

    def __init__(self, offset: int = 0) -> None:
        super().__init__(offset)
        self.project = ""
        self.subagent = False
        self._texts: dict[str, int] = {}

    def row(self, row: dict[str, object], at: int) -> str:
        """One row."""
        if "sessionId" in row and "type" not in row:
            self.rows += 1
            self.session_id = word(row, "sessionId") or self.session_id
            self.project = word(row, "projectHash")
            self.subagent = word(row, "kind") == "subagent"
            return ""
        if "$rewindTo" in row:
            self.rewinds += 1
            self.interrupt()
            return ""
        if "$set" in row:
            self.rows += 1
            return ""
        kind = word(row, "type")
        time = seconds(row.get("timestamp"))
        if kind == "user":
            return self._user(row, at, time)
        if kind == "gemini":
            return self._answer(row, at, time)
        turn = self.open
        if kind == "error" and turn is not None and turn.state in (RUNNING, ANSWERED):
            turn.close(FAILED, time, plain(_text(row.get("content"))))
        elif kind == "info" and turn is not None and turn.state == RUNNING and _cancelled(row):
            turn.close(INTERRUPTED, time)
        return ""

    def _user(self, row: Mapping[str, object], at: int, time: float | None) -> str:
        content = row.get("content")
        if not isinstance(content, str | list):
            return "a message of the user without content"
        self.rows += 1
        text = plain(_text(content))
        typed = plain(_text(row.get("displayContent")))
        if text.startswith(_CONTEXT) or any("functionResponse" in part for part in rows(content)):
            return ""
        turn = self.open
        if turn is not None and turn.state == RUNNING and typed and typed == turn.prompt:
            return ""  # the program asks its model once more, in its own words
        self.interrupt()
        self._texts = {}
        self.begin(Turn(at, time, word(row, "id"))).prompts.append(Prompt(text, at, time, typed or text))
        return ""

    def _answer(self, row: Mapping[str, object], at: int, time: float | None) -> str:
        content = row.get("content")
        if not isinstance(content, str | list):
            return "a message of the model without content"
        self.rows += 1
        turn = self.current(at, time)
        answer = word(row, "id")
        text = plain(_text(content))
        if answer in self._texts:
            turn.texts[self._texts[answer]] = text
        elif text:
            self._texts[answer] = len(turn.texts)
            turn.texts.append(text)
        calls = rows(row.get("toolCalls"))
        for call in calls:
            name = word(call, "name")
            tool = turn.tools.setdefault(word(call, "id"), Tool(word(call, "id"), name, call.get("args"), time))
            status = word(call, "status")
            if status and status not in _OPEN and not tool.done:
                tool.end(seconds(call.get("timestamp")) or time, failed=status != "success")
        self._count(turn, answer, row)
        if calls or not text:
            turn.resume()
        else:
            turn.close(ANSWERED, time)
        return ""

    def _count(self, turn: Turn, id: str, row: Mapping[str, object]) -> None:
        tokens = table(row, "tokens")
        if tokens:
            cached = count(tokens.get("cached"))
            turn.usages[id] = Usage(
                id,
                word(row, "model"),
                input=max(0, count(tokens.get("input")) - cached) + count(tokens.get("tool")),
                output=count(tokens.get("output")),
                cache_read=cached,
                reasoning=count(tokens.get("thoughts")),
            )


def _cancelled(row: Mapping[str, object]) -> bool:
    return _text(row.get("content")).startswith(_CANCELLED)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    return "".join(word(part, "text") for part in rows(content) if part.get("thought") is not True)
