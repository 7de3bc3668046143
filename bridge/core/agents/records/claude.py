"""Claude Code's record: `~/.claude/projects/DIRECTORY/SESSION.jsonl`, a row for each piece of a message."""

from __future__ import annotations

import re

from bridge.core.agents.records.record import Record, rows, table, word
from bridge.core.agents.records.turn import (
    ANSWERED,
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

_COMMAND = re.compile(r"<command-name>(.*?)</command-name>")
_ARGUMENTS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)
_SYNTHETIC = "<synthetic>"
_STOPPED = "[Request interrupted by user"
_LOCAL = ("<local-command-stdout>", "<local-command-stderr>", "<bash-stdout>", "<bash-stderr>")
_NOTES = ("<local-command-caveat>", "<task-notification>", "<system-reminder>")
_ENDS = ("end_turn", "stop_sequence", "max_tokens", "refusal", "model_context_window_exceeded")


class Claude(Record):
    """A message of the model has a row for each of its parts; its tokens stand in each, the last are right.

    A turn is `finished` by its `turn_duration`; until that comes it is `answered`, for hooks may still send it on.
    What its subagents say is not in the turns. A prompt that Esc took back into the box before the model had
    answered leaves a turn without an end: it shows as `interrupted` once the next one begins, `running` till then.
    """

    def __init__(self, offset: int = 0) -> None:
        super().__init__(offset)
        self._texts: dict[str, int] = {}  # which text of the turn belongs to which message

    def row(self, row: dict[str, object], at: int) -> str:
        """One row."""
        kind = word(row, "type")
        if kind in ("user", "assistant", "system", "attachment"):
            self._identify(row)
        if row.get("isSidechain") is True:
            return ""
        time = seconds(row.get("timestamp"))
        if kind == "user":
            return self._user(row, at, time)
        if kind == "assistant":
            return self._assistant(row, at, time)
        if kind == "system":
            self._system(row, time)
        elif kind == "attachment":
            self._attachment(row, at, time)
        return ""

    def _identify(self, row: Mapping[str, object]) -> None:
        self.rows += 1
        self.session_id = word(row, "sessionId") or self.session_id
        self.directory = self.directory or word(row, "cwd")
        self.version = word(row, "version") or self.version

    def _user(self, row: dict[str, object], at: int, time: float | None) -> str:
        content = table(row, "message").get("content")
        if isinstance(content, str):
            texts = [content]
        elif isinstance(content, list):
            texts = [word(part, "text") for part in rows(content) if part.get("type") == "text"]
            for part in rows(content):
                if part.get("type") == "tool_result" and self.open is not None:
                    self.open.end_tool(word(part, "tool_use_id"), time, failed=part.get("is_error") is True)
        else:
            return "a message of the user without content"
        if row.get("isMeta") is True or row.get("isCompactSummary") is True:
            return ""
        for text in texts:
            self._said(row, plain(text), at, time)
        if isinstance(content, list) and not texts and row.get("promptSource"):
            self._prompt(row, "", at, time)  # pictures alone
        return ""

    def _said(self, row: dict[str, object], text: str, at: int, time: float | None) -> None:
        typed = bool(row.get("promptSource"))
        if text.startswith(_STOPPED) and not typed:
            if self.open is not None:
                self.open.close(INTERRUPTED, time)
        elif not typed and text.startswith(_LOCAL):
            if self.open is not None and self.open.state == RUNNING:
                self.open.close(FINISHED, time)
        elif not typed and text.startswith(_NOTES):
            return
        elif not typed and _COMMAND.search(text) is not None and text.lstrip().startswith("<command-"):
            name = _COMMAND.search(text)
            given = _ARGUMENTS.search(text)
            words = [name[1] if name else "", given[1] if given else ""]
            self._prompt(row, " ".join(part for part in words if part), at, time)
        elif not typed and text.startswith("<bash-input>"):
            self._prompt(row, "!" + text.removeprefix("<bash-input>").removesuffix("</bash-input>"), at, time)
        else:
            self._prompt(row, text, at, time)

    def _prompt(self, row: dict[str, object], text: str, at: int, time: float | None) -> None:
        turn = self.open
        if turn is not None and turn.id and turn.id == word(row, "promptId"):
            turn.prompts.append(Prompt(text, at, time))
            return
        self.interrupt()
        self._texts = {}
        self.begin(Turn(at, time, word(row, "promptId"))).prompts.append(Prompt(text, at, time))

    def _assistant(self, row: dict[str, object], at: int, time: float | None) -> str:
        message = table(row, "message")
        content = message.get("content")
        if not isinstance(content, list):
            return "a message of the model without content"
        if word(message, "model") == _SYNTHETIC and row.get("isApiErrorMessage") is not True:
            return ""  # the program's own words, for a conversation that is taken up again
        turn = self.current(at, time)
        if row.get("isApiErrorMessage") is True:
            turn.error = plain(" ".join(word(part, "text") for part in rows(content))) or word(row, "error")
            turn.close(FAILED, time)
            return ""
        if turn.state != UNKNOWN:
            turn.error = ""
        turn.resume()
        key = word(message, "id") or word(row, "uuid")
        text = "".join(plain(word(part, "text")) for part in rows(content) if part.get("type") == "text")
        if text:
            if key in self._texts:
                turn.texts[self._texts[key]] += text
            else:
                self._texts[key] = len(turn.texts)
                turn.texts.append(text)
        for part in rows(content):
            if part.get("type") == "tool_use":
                turn.tool(Tool(word(part, "id"), word(part, "name"), part.get("input"), time))
        request = word(row, "requestId")
        self._count(turn, f"{key}:{request}" if request else key, message)
        if word(message, "stop_reason") in _ENDS and not turn.open_tools:
            turn.close(ANSWERED, time)
        return ""

    def _count(self, turn: Turn, key: str, message: Mapping[str, object]) -> None:
        usage = table(message, "usage")
        if usage:
            turn.usages[key] = Usage(
                key,
                word(message, "model"),
                input=count(usage.get("input_tokens")),
                output=count(usage.get("output_tokens")),
                cache_read=count(usage.get("cache_read_input_tokens")),
                cache_write=count(usage.get("cache_creation_input_tokens")),
            )

    def _system(self, row: dict[str, object], time: float | None) -> None:
        kind = word(row, "subtype")
        if kind == "compact_boundary":
            self.compactions += 1
        elif kind == "turn_duration" and self.open is not None and self.open.state in (RUNNING, ANSWERED):
            self.open.close(FINISHED, time)

    def _attachment(self, row: dict[str, object], at: int, time: float | None) -> None:
        attachment = table(row, "attachment")
        if word(attachment, "type") != "queued_command" or self.open is None:
            return
        prompt = attachment.get("prompt")
        text = prompt if isinstance(prompt, str) else "".join(word(part, "text") for part in rows(prompt))
        if word(attachment, "commandMode") in ("", "prompt") and not text.startswith(_NOTES):
            self.open.prompts.append(Prompt(plain(text), at, time))
