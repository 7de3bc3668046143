"""What a record tells of a conversation: turns, with what was asked, said, run and used."""

from __future__ import annotations

import re

RUNNING, ANSWERED, FINISHED = "running", "answered", "finished"
INTERRUPTED, FAILED, UNKNOWN = "interrupted", "failed", "unknown"
STATES = (RUNNING, ANSWERED, FINISHED, INTERRUPTED, FAILED, UNKNOWN)
_SURROGATE = re.compile("[\ud800-\udfff]")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?$")
_DAY = 86400


class Prompt:
    """One text that the model was given by its user: `offset` is where its row begins, `at` seconds since 1970.

    `typed` is what stood in the box, where the program tells that the model was given more, such as a file's content.
    """

    __slots__ = ("at", "offset", "text", "typed")

    def __init__(self, text: str, offset: int, at: float | None, typed: str = "") -> None:
        self.text = text
        self.typed = typed or text
        self.offset = offset
        self.at = at


class Tool:
    """One call of a tool. `ended` and `failed` are None while it is open, or where the record does not say."""

    __slots__ = ("begun", "done", "ended", "failed", "given", "id", "name")

    def __init__(self, id: str, name: str, given: object, begun: float | None) -> None:
        self.id = id
        self.name = name
        self.given = given
        self.begun = begun
        self.ended: float | None = None
        self.done = False
        self.failed: bool | None = None

    def end(self, at: float | None, *, failed: bool | None) -> None:
        """Its result has come."""
        self.done = True
        self.ended = at
        self.failed = failed


class Usage:
    """The tokens of one answer of the model. None of the five is counted in another.

    `key` tells this answer from every other, also in other records of the same program; one that is found in two files
    (a fork, a resumed conversation) is one answer. It is empty where the program gives answers no name.
    """

    __slots__ = ("cache_read", "cache_write", "input", "key", "model", "output", "reasoning")

    def __init__(
        self,
        key: str,
        model: str,
        *,
        input: int = 0,
        output: int = 0,
        cache_read: int = 0,
        cache_write: int = 0,
        reasoning: int = 0,
    ) -> None:
        self.key = key
        self.model = model
        self.input = input
        self.output = output
        self.cache_read = cache_read
        self.cache_write = cache_write
        self.reasoning = reasoning

    @property
    def total(self) -> int:
        """All tokens together."""
        return self.input + self.output + self.cache_read + self.cache_write + self.reasoning


class Turn:
    """From a message to the end of the work on it.

    `state`:
      running      no end is in the record; a program that died looks the same, so the process is asked first
      answered     an answer is there, and no line yet that ends the turn: no proof that it rests, nor that this was all
      finished     the program has written that the turn is over
      interrupted  it was stopped before its end, or another one was begun without an end of this one
      failed       it ended with `error`
      unknown      a part of it can't be read; `error` says why
    `prompts` are the messages, the first with which it began, then those sent meanwhile. It is empty where reading was
    begun in the middle of a turn. `texts` are the answers, one for each message of the model. `start` and `end` are
    offsets in the record.
    """

    __slots__ = ("begun", "end", "ended", "error", "id", "prompts", "start", "state", "texts", "tools", "usages")

    def __init__(self, start: int, begun: float | None = None, id: str = "") -> None:
        self.start = start
        self.end = start
        self.begun = begun
        self.ended: float | None = None
        self.id = id
        self.state = RUNNING
        self.error = ""
        self.prompts: list[Prompt] = []
        self.texts: list[str] = []
        self.tools: dict[str, Tool] = {}
        self.usages: dict[str, Usage] = {}

    @property
    def prompt(self) -> str | None:
        """The message with which it began, byte for byte as the record has it; None where that is not known."""
        return self.prompts[0].text if self.prompts else None

    @property
    def reply(self) -> str | None:
        """The last text of the model, exactly; None where there is none. It is the reply once the turn is `over`."""
        return self.texts[-1] if self.texts else None

    @property
    def open_tools(self) -> list[Tool]:
        """The tools whose result has not come: they run, or wait for leave."""
        return [tool for tool in self.tools.values() if not tool.done]

    @property
    def over(self) -> bool:
        """Whether the record says that nothing more is to come.

        Programs that write no end of a turn (Gemini, Aider) say so with the next prompt: for them an answer is whole
        when it is `answered` and the title or the screen says idle.
        """
        return self.state in (FINISHED, INTERRUPTED, FAILED)

    @property
    def milliseconds(self) -> int | None:
        """How long it took, None where the record has no times or the turn no end."""
        if self.begun is None or self.ended is None:
            return None
        return max(0, round((self.ended - self.begun) * 1000))

    def tool(self, tool: Tool) -> None:
        """A tool is called."""
        self.tools.setdefault(tool.id, tool)

    def end_tool(self, id: str, at: float | None, *, failed: bool | None) -> None:
        """The result of a tool has come; of one that was never called there is nothing to say."""
        tool = self.tools.get(id)
        if tool is not None:
            tool.end(at, failed=failed)

    def resume(self) -> None:
        """The model works on, whatever stood there before; `unknown` stays so."""
        if self.state != UNKNOWN:
            self.state, self.ended = RUNNING, None

    def close(self, state: str, at: float | None, error: str = "") -> None:
        """It is over; `unknown` stays so. Tools that were open are done with it, and nobody knows how."""
        if self.state == UNKNOWN:
            return
        self.state = state
        self.ended = at
        self.error = error or self.error
        if state != ANSWERED:
            for tool in self.open_tools:
                tool.end(None, failed=None)


def seconds(text: object) -> float | None:
    """A time as JSON has it, as seconds since 1970; a number is milliseconds. None where it is neither."""
    if isinstance(text, bool):
        return None
    if isinstance(text, int | float):
        return text / 1000
    found = _TIME.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(found[part]) for part in range(1, 7))
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    zone = found[8] or "Z"
    shift = 0
    if zone != "Z":
        digits = zone[1:].replace(":", "")
        shift = (int(digits[:2]) * 60 + int(digits[2:])) * (60 if zone[0] == "+" else -60)
    whole = _days(year, month, day) * _DAY + hour * 3600 + minute * 60 + second - shift
    return whole + float(found[7] or 0)


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970, by the civil calendar."""
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def plain(text: str) -> str:
    """A text that can be written as UTF-8: halves of a pair that stand alone are replaced, pairs are put together."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def count(value: object) -> int:
    """A number of tokens; what is none is 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
