"""Copilot CLI's record: `~/.copilot/session-state/SESSION/events.jsonl`, one event a row."""

from __future__ import annotations

from bridge.core.agents.records.record import Record, rows, table, word
from bridge.core.agents.records.turn import (
    FAILED,
    FINISHED,
    INTERRUPTED,
    RUNNING,
    UNKNOWN,
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


class Copilot(Record):
    """Its own turns are single questions to the model; the one here ends with that whose answer wants no tool."""

    def __init__(self, offset: int = 0) -> None:
        super().__init__(offset)
        self._more = False  # the answer wants tools: the model is asked once more

    def row(self, row: dict[str, object], at: int) -> str:
        """One row."""
        kind = word(row, "type")
        data = table(row, "data")
        if not kind:
            return "a row without a type"
        self.rows += 1
        time = seconds(row.get("timestamp"))
        turn = self.open
        if kind == "session.start":
            self.session_id = word(data, "sessionId")
            self.version = word(data, "copilotVersion")
            self.directory = word(table(data, "context"), "cwd")
        elif kind == "user.message":
            self._prompt(data, at, time)
        elif kind == "assistant.message":
            self._answer(self.current(at, time), data, time)
        elif kind == "session.usage_record":
            self._count(self.current(at, time), word(row, "id"), table(data, "usage"))
        elif kind == "session.compaction_complete":
            self.compactions += 1
        elif turn is None or turn.state == UNKNOWN:
            pass
        elif kind == "tool.execution_start":
            turn.tool(Tool(word(data, "toolCallId"), word(data, "toolName"), data.get("arguments"), time))
        elif kind == "tool.execution_complete":
            turn.end_tool(word(data, "toolCallId"), time, failed=data.get("success") is False)
        elif kind == "abort":
            turn.close(INTERRUPTED, time)
        elif kind == "session.error" and turn.state == RUNNING:
            turn.close(FAILED, time, plain(word(data, "message")) or word(data, "errorType"))
        elif kind == "assistant.turn_end" and turn.state == RUNNING and not self._more:
            turn.close(FINISHED, time)
        return ""

    def _prompt(self, data: Mapping[str, object], at: int, time: float | None) -> None:
        if word(data, "source") not in ("", "user"):
            return  # the program's own words
        prompt = Prompt(plain(word(data, "content")), at, time)
        if self.open is not None and self.open.state == RUNNING and word(data, "delivery") not in ("", "idle"):
            self.open.prompts.append(prompt)
            return
        self.interrupt()
        self._more = False
        self.begin(Turn(at, time, word(data, "messageId"))).prompts.append(prompt)

    def _answer(self, turn: Turn, data: Mapping[str, object], time: float | None) -> None:
        if word(data, "parentToolCallId"):
            return  # a subagent's
        if word(data, "content"):
            turn.texts.append(plain(word(data, "content")))
        requests = rows(data.get("toolRequests"))
        for call in requests:
            turn.tool(Tool(word(call, "toolCallId"), word(call, "name"), call.get("arguments"), time))
        self._more = bool(requests)
        turn.resume()

    def _count(self, turn: Turn, id: str, usage: Mapping[str, object]) -> None:
        cached, written = count(usage.get("cacheReadTokens")), count(usage.get("cacheWriteTokens"))
        turn.usages[id] = Usage(
            id,
            word(usage, "model"),
            input=max(0, count(usage.get("inputTokens")) - cached - written),
            output=count(usage.get("outputTokens")),
            cache_read=cached,
            cache_write=written,
        )
