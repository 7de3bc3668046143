"""Aider's record: `.aider.chat.history.md` in its directory, Markdown for people, without times."""

from __future__ import annotations

import re

from bridge.core.agents.records.record import Record
from bridge.core.agents.records.turn import ANSWERED, FAILED, INTERRUPTED, RUNNING, UNKNOWN, Prompt, Turn, Usage, plain

_START = re.compile(r"# aider chat started at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_TOKENS = re.compile(r"> Tokens: (.*)")
_AMOUNT = re.compile(r"([\d.,]+)([kM]?) (sent|received|cache write|cache hit)")
_SCALE = {"": 1, "k": 1000, "M": 1000000}
_VERSION = re.compile(r"> Aider v(\S+)")
_MODEL = re.compile(r"> (?:Main model|Model): (\S+)")
_STOPPED = re.compile(r"> (\^C|KeyboardInterrupt|\s*\^C again to exit)")
_ERROR = re.compile(r"> (litellm\.\S*(Error|Exception)\b.*|\S*APIError\b.*|Model \S+ has hit a token limit.*)")


class Aider(Record):
    """A prompt's lines begin with `#### ` and end in two blanks; notes of the program begin with `> ` and do so too.

    All that run in one directory write into one file, and none says who writes: with two of them nothing can be told.
    A turn is `answered` by the line that counts its tokens; these are rounded to a tenth of a thousand. Texts lack the
    blanks at their ends.
    """

    def __init__(self, offset: int = 0) -> None:
        super().__init__(offset)
        self._blank = True
        self._asking = False
        self._lines: list[str] = []
        self._model = ""
        self._count = 0

    def line(self, line: bytes, at: int) -> None:
        """One line."""
        try:
            text = plain(line.decode())
        except UnicodeDecodeError as problem:
            self.harm(at, f"byte {at + problem.start} is not UTF-8")
            return
        broken = text.endswith("  ")
        if _START.match(text):
            self._stop(at)
            self.rows += 1
        elif text.startswith("#### ") and broken and (self._asking or self._blank):
            self._prompt(text[5:-2], at)
            return
        elif text.startswith("> ") and broken:
            self._note(text.rstrip(), text)
        elif self.open is not None and self.open.state in (RUNNING, UNKNOWN):
            self._lines.append(text)
        self._asking = False
        self._blank = not text.strip()

    def _stop(self, at: int) -> None:
        """Another program begins: what the one before had not ended has no end."""
        if self.open is not None and self.open.state == RUNNING:
            self._text()
            self.interrupt()
        self.put_away()

    def _prompt(self, text: str, at: int) -> None:
        self.rows += 1
        if self._asking and self.open is not None:
            prompt = self.open.prompts[0]
            prompt.text = prompt.typed = f"{prompt.text}\n{text}"
            return
        self._stop(at)
        self._asking, self._blank, self._lines = True, False, []
        self.begin(Turn(at)).prompts.append(Prompt("" if text == "<blank>" else text, at, None))

    def _note(self, text: str, whole: str) -> None:
        self.rows += 1
        version, model = _VERSION.match(text), _MODEL.match(text)
        if version:
            self.version = version[1]
        if model:
            self._model = model[1]
        turn = self.open
        if turn is None or turn.state not in (RUNNING, UNKNOWN):
            return
        tokens = _TOKENS.match(text)
        if tokens:
            self._text()
            self._tokens(turn, tokens[1])
            turn.close(ANSWERED, None)
        elif _STOPPED.match(text):
            self._text()
            turn.close(INTERRUPTED, None)
        elif _ERROR.match(text):
            self._text()
            turn.close(FAILED, None, text[2:])
        elif any(self._lines) and any(line.strip() for line in self._lines):
            self._lines.append(whole)

    def _text(self) -> None:
        """What was said since the prompt, without the notes at its end."""
        lines, self._lines = self._lines, []
        while lines and (not lines[-1].strip() or (lines[-1].startswith("> ") and lines[-1].endswith("  "))):
            lines.pop()
        text = "\n".join(lines).strip()
        if text and self.open is not None:
            self.open.texts.append(text)

    def _tokens(self, turn: Turn, text: str) -> None:
        amounts = {
            name: round(float(number.replace(",", "")) * _SCALE[scale])
            for number, scale, name in _AMOUNT.findall(text)
            if number.strip(".,")
        }
        self._count += 1
        turn.usages[str(self._count)] = Usage(
            "",
            self._model,
            input=max(0, amounts.get("sent", 0) - amounts.get("cache write", 0) - amounts.get("cache hit", 0)),
            output=amounts.get("received", 0),
            cache_read=amounts.get("cache hit", 0),
            cache_write=amounts.get("cache write", 0),
        )
