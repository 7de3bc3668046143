"""How a prompt says what the model shall do: words such as `model:think=2 model:answer="two words"`, in their order.

answer=TEXT   says the text; without any word a prompt is answered by `ok`
stream=S      says a word every tenth of a second, for S seconds
think=S       is silent for S seconds, the answer begun
reason=S      shows thoughts for S seconds, where the format has them
shell=COMMAND asks to run a command; what follows is done when its result has come
write=PATH    asks to write a file; as above
ask=QUESTION  asks the person, with two options to choose from, where the program offers such a tool
lines=N       prints N lines
big=N         prints N bytes of Markdown
prose=KIND    prints what looks like a prompt, a menu, an approval or a working mark, and is none
status=C      answers with the HTTP status C; `status=Cx2` does so twice and then goes on
limit         says that the limit of the account is used up, as each service says it
drop          ends the connection in the middle of the answer
hang          answers nothing, until the program goes away
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"""\bmodel:([a-z]+)(?:=("[^"]*"|'[^']*'|[^\s"']+))?""")
TOOLS = frozenset(("shell", "write", "ask"))
FAILURES = frozenset(("status", "limit"))
_VERBS = TOOLS | FAILURES | {"answer", "stream", "think", "reason", "lines", "big", "prose", "drop", "hang"}

PROSE = {
    "prompt": "The screen then shows this:\n\n```\n> \n```\n\n❯ \n\n› Ask anything\n\n$ ",
    "menu": "Which one?\n❯ 1. Yes\n  2. No, and tell it what to do (esc)\n\nEnter to select · Esc to cancel",
    "approval": "Do you want to proceed?\n❯ 1. Yes\n  2. Yes, and don't ask again\n  3. No (esc)",
    "working": "· Working… (12s · esc to interrupt)\n\n⠋ Thinking (esc to cancel, 3s)",
}


@dataclass(frozen=True)
class Step:
    """One word and what it was given."""

    verb: str
    argument: str = ""

    @property
    def seconds(self) -> float:
        """The argument as seconds."""
        return float(self.argument or 1)

    @property
    def failure(self) -> tuple[int, int]:
        """The HTTP status, and how many times it is answered before what follows; 0 is always."""
        code, _, times = self.argument.partition("x")
        return int(code), int(times or 0)


def steps(text: str) -> list[Step]:
    """What the words of a prompt ask for; a word that is none becomes an answer that says so."""
    found = []
    for verb, argument in _WORD.findall(text):
        quoted = len(argument) > 1 and argument[0] == argument[-1] and argument[0] in "\"'"
        value = argument[1:-1] if quoted else argument
        found.append(Step(verb, value) if verb in _VERBS else Step("answer", f"no such word: model:{verb}"))
    return found


def part(text: str, calls: int) -> list[Step]:
    """The steps up to and with the next call of a tool, after so many calls; at the end there is an `ok`."""
    parts: list[list[Step]] = [[]]
    for step in steps(text):
        parts[-1].append(step)
        if step.verb in TOOLS:
            parts.append([])
    chosen = parts[calls] if calls < len(parts) else []
    silent = frozenset(("think", "reason")) | {"status"}
    if all(step.verb in silent for step in chosen):
        return [*chosen, Step("answer", "ok")]
    return chosen


def markdown(size: int) -> str:
    """So many bytes of Markdown, with a heading, a list, code and letters of two bytes and more."""
    block = "# Heading\n\n- one é\n- two 日本\n\n```python\nprint('a  b')\n```\n\n"
    count = len(block.encode())
    text = (block * (size // count + 1)).encode()[:size]
    return text.decode("utf-8", "ignore")
