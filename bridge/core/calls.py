"""A call whose arguments have names, as the words that the table's parser reads."""

from __future__ import annotations

from bridge.core.arguments import usage_line
from bridge.errors import BridgeError, usage
from bridge.spec import Command


def words_for(command: Command, values: dict[str, object]) -> list[str]:
    """The words of a call; what is None is left out. Raises ERR_USAGE and names the argument."""
    known = {arg.name: arg for arg in command.args}
    given = {name.replace("_", "-") if name not in known else name: value for name, value in values.items()}
    for name in given:
        if name not in known:
            raise usage(f"unknown argument: {name!r}", hint=usage_line(command))
    plain: list[str] = []
    options: list[str] = []
    skipped = ""
    for arg in command.args:
        value = given.get(arg.name)
        if not arg.positional:
            options += _option(arg.name, arg.type, value)
        elif arg.many:
            items = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
            plain += [_word(arg.name, item) for item in items]
        elif value is None and arg.required:
            skipped = skipped or arg.name
        else:
            plain.append("" if value is None else _word(arg.name, value))
    if skipped:
        raise usage(f"missing argument: {skipped}", hint=usage_line(command))
    while plain and plain[-1] == "" and not _is_required(command, len(plain)):
        plain.pop()
    if any(word.startswith("--") for word in plain):
        return [*options, "--", *plain]
    return [*plain, *options]


def words_of(value: object) -> list[str]:
    """The words of a call that were given as a list; raises ERR_USAGE."""
    if not isinstance(value, list) or not value:
        raise usage("argv: not a list of words", hint='["pane-count", "dev"]')
    return [_word("argv", item) for item in value]


def unknown_command(name: str, names: tuple[str, ...]) -> BridgeError:
    """No command has that name; those that may have been meant are in the hint."""
    from bridge.core import suggestions  # noqa: PLC0415 - only for a mistake

    close = suggestions.commands(name, names)
    hint = "did you mean " + " or ".join(close) + "?" if close else "bridge help lists the commands"
    return BridgeError("ERR_UNKNOWN_COMMAND", f"unknown command: {name!r}", hint=hint)


def _is_required(command: Command, count: int) -> bool:
    positional = [arg for arg in command.args if arg.positional]
    return count <= len(positional) and positional[count - 1].required


def _option(name: str, kind: str, value: object) -> list[str]:
    if value is None or (kind == "flag" and value is False):
        return []
    if kind == "flag":
        if value is not True:
            raise usage(f"{name}: not true or false: {value!r}")
        return [f"--{name}"]
    return [f"--{name}={_word(name, value)}"]


def _word(name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise usage(f"{name}: not a text or a number: {str(value)[:80]!r}")
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise usage(f"{name}: not a number: {value!r}")
        return str(int(value)) if value == int(value) else f"{value:.6f}"
    text = str(value)
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise usage(f"{name}: holds half of a surrogate pair: {text[:80]!r}", hint="give valid Unicode") from None
    return text
