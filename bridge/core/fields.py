"""Only some fields of an answer, for readers that pay by the byte."""

from __future__ import annotations

from bridge.envelope import KEYS
from bridge.errors import usage
from bridge.spec import Command


def names_of(value: object) -> tuple[str, ...]:
    """The names of a list that came as JSON; none where there is no list. Raises ERR_USAGE."""
    if value is None:
        return ()
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise usage(f"fields: not a list of names: {str(value)[:80]!r}", hint='["exit_code", "output"]')
    return tuple(value)


def check(command: Command, names: tuple[str, ...]) -> None:
    """Raise ERR_USAGE unless the command has an envelope and all these fields in it."""
    if command.stream:
        raise usage(f"fields: {command.name} prints until it ends, without an envelope", hint="leave the fields out")
    known = (*KEYS, *(field.name for field in command.returns))
    for name in names:
        if name not in known:
            raise usage(f"fields: {command.name} has no field {name!r}", hint=f"it has {', '.join(known)}")


def chosen(envelope: dict[str, object], names: tuple[str, ...]) -> dict[str, object]:
    """The fields of that name in their order, as far as the answer has them; a failure always has `error`."""
    found = {name: envelope[name] for name in names if name in envelope}
    return {**found, "error": envelope["error"]} if "error" in envelope else found
