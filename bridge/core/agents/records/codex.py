"""Codex's record: `$CODEX_HOME/sessions/Y/M/D/rollout-TIME-ID.jsonl`, one event a row."""

from __future__ import annotations

import json

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

_BEGIN = ("task_started", "turn_started")
_END = ("task_complete", "turn_complete")
_CALLS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "local_shell_call": "function_call_output",
    "tool_search_call": "tool_search_output",
}
_RESULTS = frozenset(_CALLS.values())
_PARTS = ("input", "cached", "written", "output", "reasoning")


class Codex(Record):
    """A turn stands between `task_started` and `task_complete` or `turn_aborted`: its end is exact.

    An approval is never written: the tool that waits for it is open. Tokens are counted by what the totals grow by, for
    each is written several times. `subagent` is true for a thread that another one has begun.
    """

    def __init__(self, offset: int = 0) -> None:
        super().__init__(offset)
        self.subagent = False
        self._model = ""
        self._total: dict[str, int] | None = None if offset else dict.fromkeys(_PARTS, 0)

    def row(self, row: dict[str, object], at: int) -> str:
        """One row."""
        kind = word(row, "type")
        body = table(row, "payload")
        time = seconds(row.get("timestamp"))
        if kind == "session_meta":
            return self._header(body)
        if kind == "turn_context":
            self._model = word(body, "model") or self._model
            self.rows += 1
        elif kind == "response_item":
            self.rows += 1
            self._item(body, at, time)
        elif kind == "compacted":
            self.rows += 1
            self.compactions += 1
        elif kind == "event_msg":
            self.rows += 1
            return self._event(body, at, time)
        return ""

    def _header(self, body: Mapping[str, object]) -> str:
        self.rows += 1
        if self.session_id:
            return ""  # of the conversation from which this one was forked
        self.session_id = word(body, "id") or word(body, "session_id")
        self.directory = word(body, "cwd")
        self.version = word(body, "cli_version")
        source = body.get("source")
        self.subagent = word(body, "thread_source") == "subagent" or (isinstance(source, dict) and "subagent" in source)
        return "" if self.session_id else "a header without the conversation's id"

    def _event(self, body: Mapping[str, object], at: int, time: float | None) -> str:
        kind = word(body, "type")
        if kind in _BEGIN:
            self.interrupt()
            self.begin(Turn(at, time, word(body, "turn_id")))
        elif kind in _END:
            self._end(body, time)
        elif kind == "turn_aborted":
            if self.open is not None:
                self.open.close(INTERRUPTED, time)
        elif kind == "user_message":
            self._prompt(word(body, "message"), at, time)
        elif kind == "agent_message":
            self._text(word(body, "message"), at, time)
        elif kind == "item_completed":
            self._completed(table(body, "item"), at, time)
        elif kind == "token_count":
            self._tokens(table(body, "info"), at, time)
        elif kind == "error" and self.open is not None:
            self.open.error = plain(word(body, "message"))
        elif kind == "context_compacted":
            self.compactions += 1
        elif kind == "thread_rolled_back":
            self.rewinds += 1
        return ""

    def _completed(self, item: Mapping[str, object], at: int, time: float | None) -> None:
        parts = rows(item.get("content"))
        if word(item, "type") == "UserMessage":
            self._prompt("".join(word(part, "text") for part in parts), at, time)
        elif word(item, "type") == "AgentMessage":
            self._text("".join(word(part, "text") for part in parts), at, time)

    def _prompt(self, text: str, at: int, time: float | None) -> None:
        turn = self.open
        if turn is None or turn.state not in (RUNNING, UNKNOWN):
            turn = self.begin(Turn(at, time))
        turn.prompts.append(Prompt(plain(text), at, time))

    def _text(self, text: str, at: int, time: float | None) -> None:
        if text:
            self.current(at, time).texts.append(plain(text))

    def _end(self, body: Mapping[str, object], time: float | None) -> None:
        turn = self.open
        if turn is None:
            return
        last = body.get("last_agent_message")
        if isinstance(last, str) and last and plain(last) != turn.reply:
            turn.texts.append(plain(last))
        error = table(body, "error")
        if turn.state == UNKNOWN:
            return
        if error or (turn.error and not turn.texts):
            turn.close(FAILED, time, plain(word(error, "message")) or "no reason is given")
        else:
            turn.error = ""
            turn.close(FINISHED, time)

    def _item(self, body: Mapping[str, object], at: int, time: float | None) -> None:
        kind = word(body, "type")
        call = word(body, "call_id")
        if kind in _CALLS and call:
            given: object = body.get("arguments", body.get("input", body.get("action")))
            if isinstance(given, str) and kind == "function_call":
                try:
                    given = json.loads(given)
                except (ValueError, RecursionError):
                    pass
            self.current(at, time).tool(Tool(call, word(body, "name") or kind, given, time))
        elif kind in _RESULTS and self.open is not None:
            self.open.end_tool(call, time, failed=None)

    def _tokens(self, info: Mapping[str, object], at: int, time: float | None) -> None:
        total = _numbers(table(info, "total_token_usage"))
        if total is None:
            return
        before, self._total = self._total, total
        if before is None:  # reading began in the middle: what stands there is of this answer or was counted before
            grown = _numbers(table(info, "last_token_usage")) or total
            key = ""
        else:
            grown = {part: total[part] - before[part] for part in _PARTS}
            if min(grown.values()) < 0:  # totals began anew
                grown = total
        if not any(grown.values()):
            return
        key = f"{self.session_id}:{total['input']}:{total['output']}"
        self.current(at, time).usages[key] = Usage(
            key,
            self._model,
            input=max(0, grown["input"] - grown["cached"] - grown["written"]),
            output=max(0, grown["output"] - grown["reasoning"]),
            cache_read=grown["cached"],
            cache_write=grown["written"],
            reasoning=grown["reasoning"],
        )


def _numbers(usage: Mapping[str, object]) -> dict[str, int] | None:
    if "input_tokens" not in usage:
        return None
    return {
        "input": count(usage.get("input_tokens")),
        "cached": count(usage.get("cached_input_tokens")),
        "written": count(usage.get("cache_write_input_tokens")),
        "output": count(usage.get("output_tokens")),
        "reasoning": count(usage.get("reasoning_output_tokens")),
    }
