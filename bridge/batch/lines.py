"""One line of a batch: what it asks for, or why it can't be read."""

from __future__ import annotations

import json

from bridge import dispatch, registry
from bridge.core.arguments import targets
from bridge.core.calls import unknown_command, words_for, words_of
from bridge.core.fields import check, names_of
from bridge.errors import BridgeError, usage
from bridge.spec import Command

LONGEST = 4 * 1024 * 1024
_EXAMPLE = '{"id": 1, "argv": ["pane-count", "dev"]}'
_OWN = ("id", "command", "argv", "arguments", "fields")


class Call:
    """A call of a batch. Where `problem` is set it is answered by that alone."""

    __slots__ = ("command", "fields", "lane", "name", "problem", "tag", "words")

    def __init__(self, tag: object, name: str) -> None:
        self.tag = tag
        self.name = name
        self.command: Command | None = None
        self.words: list[str] = []
        self.lane = ""
        self.fields: tuple[str, ...] = ()
        self.problem: BridgeError | None = None

    def refusal(self) -> dict[str, object]:
        """The envelope of a call that can't be made."""
        assert self.problem is not None
        return dispatch.refuse(self.name, "", "", self.problem).envelope


def read(data: bytes, number: int, rows: dict[str, Command | None]) -> Call:
    """The call that a line asks for; `number` is the line's. `rows` keeps the rows that were looked up."""
    call = Call(None, "")
    try:
        value = _object(data, number)
        tag = value.get("id")
        if isinstance(tag, (dict, list)):
            raise usage(f"line {number}: id: not a text or a number", hint=_EXAMPLE)
        call.tag = tag
        _fill(call, value, number, rows)
    except BridgeError as problem:
        call.problem = problem
    return call


def _object(data: bytes, number: int) -> dict[str, object]:
    if len(data) > LONGEST:
        raise usage(f"line {number}: longer than {LONGEST} bytes", hint="give long text by a file")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise usage(f"line {number}: not JSON: {problem}", hint=_EXAMPLE) from None
    if not isinstance(value, dict):
        raise usage(f"line {number}: not an object: {str(value)[:80]!r}", hint=_EXAMPLE)
    return value


def _fill(call: Call, value: dict[str, object], number: int, rows: dict[str, Command | None]) -> None:
    named = value.get("command")
    if ("argv" in value) == ("command" in value):
        raise usage(f"line {number}: needs either argv or command", hint=_EXAMPLE)
    words = words_of(value["argv"]) if "argv" in value else []
    name = words[0] if words else named
    if not isinstance(name, str) or not name:
        raise usage(f"line {number}: command: not a text: {str(name)[:80]!r}", hint=_EXAMPLE)
    call.name = name
    if name not in rows:
        rows[name] = registry.load(name)
    row = rows[name]
    if row is None:
        raise unknown_command(name, registry.names())
    if row.stream:
        raise usage(f"{name}: prints until it ends, which a batch can't wait for", hint=f"call bridge {name} by itself")
    call.command = row
    call.words = words[1:] if words else words_for(row, _arguments(value, number))
    call.lane = lane(row, call.words)
    if "fields" in value:
        call.fields = names_of(value["fields"] or [])
        check(row, call.fields)


def _arguments(value: dict[str, object], number: int) -> dict[str, object]:
    inner = value.get("arguments", {})
    if not isinstance(inner, dict):
        raise usage(f"line {number}: arguments: not an object: {str(inner)[:80]!r}", hint=_EXAMPLE)
    return {name: item for name, item in value.items() if name not in _OWN} | inner


def lane(row: Command, words: list[str]) -> str:
    """What calls have in common that must keep their order: session and pane as they are named; empty for none."""
    if row.target == "none":
        return ""
    return "\n".join(targets(row, words, script=False))
