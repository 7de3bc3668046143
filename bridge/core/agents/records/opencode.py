"""OpenCode's record: rows of its database, a message with its parts."""

from __future__ import annotations

from bridge.core.agents.records.record import Record, rows, table, word
from bridge.core.agents.records.turn import (
    FAILED,
    FINISHED,
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

_ON = ("tool-calls", "unknown")  # with these it asks its model once more


class OpenCode(Record):
    """Messages come whole, in their order, by `message`; there are no lines.

    Offsets are the milliseconds since 1970 at which a message was made, and `offset` is past the last that was given.
    A turn is `finished` when an answer that wants no tool is complete. `conversation` says whose messages they are.
    """

    def conversation(self, id: str, directory: str, version: str) -> None:
        """The conversation to which the messages belong."""
        self.session_id = id
        self.directory = directory
        self.version = version

    def message(self, id: str, data: object, parts: list[object]) -> None:
        """One message: its `data` as the database has it, and the data of its parts in their order."""
        made = table(data, "time").get("created")
        at = int(made) if isinstance(made, int | float) and not isinstance(made, bool) else self.offset
        new = at >= self.offset
        self.offset = max(self.offset, at + 1)
        role = word(data, "role")
        if role not in ("user", "assistant"):
            self.harm(at, f"a message of {role!r}" if role else "a message that says not whose it is")
            return
        self.rows += 1
        if role == "user":
            if any(word(part, "type") == "compaction" for part in parts):
                self.compactions += new
            else:
                self._user(id, parts, at)
        else:
            self._answer(id, data if isinstance(data, dict) else {}, parts, at)
        if self.open is not None:
            self.open.end = self.offset

    def _user(self, id: str, parts: list[object], at: int) -> None:
        texts = [part for part in rows(parts) if part.get("type") == "text"]
        typed = "".join(word(part, "text") for part in texts if part.get("synthetic") is not True)
        if not typed and texts:
            return  # the program's own words
        turn = self.open
        if turn is not None and turn.state == RUNNING:
            turn.prompts.append(Prompt(plain(typed), at, at / 1000))
            return
        self.begin(Turn(at, at / 1000, id)).prompts.append(Prompt(plain(typed), at, at / 1000))

    def _answer(self, id: str, data: Mapping[str, object], parts: list[object], at: int) -> None:
        turn = self.current(at, at / 1000)
        times = table(data, "time")
        done = seconds(times.get("completed"))
        text = "".join(word(part, "text") for part in rows(parts) if part.get("type") == "text")
        if text and data.get("summary") is not True:  # what a compaction leaves is no reply
            turn.texts.append(plain(text))
        for part in rows(parts):
            if part.get("type") == "tool":
                self._tool(turn, part)
        tokens = table(data, "tokens")
        usage = Usage(
            id,
            word(data, "modelID"),
            input=count(tokens.get("input")),
            output=count(tokens.get("output")),
            cache_read=count(table(tokens, "cache").get("read")),
            cache_write=count(table(tokens, "cache").get("write")),
            reasoning=count(tokens.get("reasoning")),
        )
        if usage.total:
            turn.usages[id] = usage
        error = table(data, "error")
        if word(error, "name") == "MessageAbortedError":
            turn.close(INTERRUPTED, done)
        elif error:
            turn.close(FAILED, done, plain(word(table(error, "data"), "message")) or word(error, "name"))
        elif done is not None and word(data, "finish") not in ("", *_ON):
            turn.close(FINISHED, done)
        else:
            turn.resume()

    def _tool(self, turn: Turn, part: Mapping[str, object]) -> None:
        state = table(part, "state")
        times = table(state, "time")
        tool = Tool(word(part, "callID"), word(part, "tool"), state.get("input"), seconds(times.get("start")))
        turn.tool(tool)
        if word(state, "status") in ("completed", "error"):
            turn.end_tool(tool.id, seconds(times.get("end")), failed=word(state, "status") == "error")
