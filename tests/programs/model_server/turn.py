"""What a request says, whatever its format, and what a format is asked to write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

_CONTENT = "first line\nsecond line\n"


@dataclass
class Turn:
    """A request as the script and the journal see it.

    `texts` are the texts of the person since the model spoke last, and `text` is the last of all, exactly as it came.
    `said_before` counts what was said before, so that a request that is made again is known.
    `calls` counts the calls of tools after that text, `results` are what these gave. `aux` is a request of the
    program's own (a title, a check) that no person asked for.
    """

    wire: str
    model: str = ""
    text: str = ""
    texts: list[str] = field(default_factory=list)
    said_before: int = 0
    calls: int = 0
    results: list[str] = field(default_factory=list)
    aux: bool = False
    stream: bool = True
    tools: dict[str, str] = field(default_factory=dict)

    def said(self, text: str) -> None:
        """Take in a text of the person."""
        self.text, self.calls, self.results = text, 0, []
        self.texts.append(text)
        self.said_before += 1

    def answered(self, calls: int = 0) -> None:
        """Take in what the model said before, with so many calls of tools."""
        self.texts = []
        self.calls += calls
        self.said_before += 1


Event = tuple[str, Any]


class Answer(Protocol):
    """What writes one answer in a format; each method gives the events to send, a name (or none) and its data."""

    def begin(self) -> Iterator[Event]:
        """What opens the answer."""

    def say(self, text: str) -> Iterator[Event]:
        """A piece of text."""

    def reason(self, text: str) -> Iterator[Event]:
        """A piece of a thought that is shown."""

    def call(self, verb: str, argument: str, number: int) -> Iterator[Event]:
        """The call of a tool, as the program named it."""

    def end(self) -> Iterator[Event]:
        """What closes the answer."""

    def whole(self) -> dict[str, Any]:
        """The answer in one piece, for who does not stream."""


def pick(names: list[str]) -> dict[str, str]:
    """Which of the tools' names runs a command, writes a file and asks the person."""
    known = {
        "shell": ("Bash", "exec_command", "shell_command", "shell", "run_shell_command", "bash"),
        "write": ("Write", "write_file", "write", "apply_patch"),
        "ask": ("AskUserQuestion", "request_user_input", "ask_user", "question"),
    }
    found = {}
    for verb, candidates in known.items():
        name = next((name for name in candidates if name in names), None)
        if name:
            found[verb] = name
    return found


def arguments(name: str, verb: str, argument: str) -> dict[str, Any]:
    """What a program's tool of this name takes."""
    if name == "exec_command":
        command = _patch(argument) if verb == "write" else argument
        asked = {"sandbox_permissions": "require_escalated", "justification": "May this be run?"}
        return {"cmd": command} | (asked if verb == "shell" else {})
    if verb == "shell":
        return {"command": argument, "description": "Does what the prompt says"}
    if verb == "write":
        return {"filePath" if name == "write" else "file_path": argument, "content": _CONTENT}
    options = [{"label": label, "description": f"take {label}"} for label in ("red", "green")]
    question = {"question": argument or "Which colour?", "header": "Colour", "options": options}
    if name == "AskUserQuestion":
        question["multiSelect"] = False
    elif name == "ask_user":
        question["type"] = "choice"
    elif name == "request_user_input":
        question["id"] = "colour"
    return {"questions": [question]}


def _patch(path: str) -> str:
    """The command that writes the file, for who takes a patch from the shell."""
    added = "".join(f"+{line}\n" for line in _CONTENT.splitlines())
    return f"apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: {path}\n{added}*** End Patch\nEOF"


def dumps(value: object) -> str:
    """JSON as a service writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
