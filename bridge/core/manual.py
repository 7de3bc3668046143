"""The man page and the texts of `bridge help TOPIC`, from the command table."""

from __future__ import annotations

from bridge.core import topics
from bridge.core.arguments import usage_line
from bridge.spec import Arg, Command

Variables = dict[str, tuple[str, str]]


def topic_text(topic: str, variables: Variables, width: int = 100) -> str:
    """What `bridge help TOPIC` prints for one of TOPICS."""
    lines = [f"{topic}: {topics.TOPICS[topic]}"]
    for text in topics.paragraphs(topic):
        lines += ["", *_wrapped(text, width)]
    for name, meaning in topics.entries(topic, variables):
        lines += ["", f"  {name}", *(f"      {row}" for row in _wrapped(meaning, width - 6))]
    return "\n".join(lines) + "\n"


def page(rows: tuple[Command, ...], variables: Variables, version: str) -> str:
    """The man page as roff, the same for the same table."""
    parts = [
        f'.TH BRIDGE 1 "" "bridge {version}" "User Commands"',
        ".SH NAME",
        "bridge \\- drives tmux and answers in JSON",
        ".SH SYNOPSIS",
        ".B bridge",
        "[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]",
        ".br",
        ".B bridge help",
        "[\\fICOMMAND\\fR | \\fITOPIC\\fR]",
    ]
    for topic in topics.TOPICS:
        if topic in ("environment", "errors", "exit-codes"):
            continue
        parts += [f".SH {topic.upper()}", *_topic(topic, variables)]
    parts.append(".SH COMMANDS")
    for row in rows:
        parts += _command(row)
    parts += [".SH EXIT STATUS", *_topic("exit-codes", variables)]
    parts += [".SH ENVIRONMENT", *_topic("environment", variables)]
    parts += [".SH ERRORS", *_topic("errors", variables)]
    parts += [".SH SEE ALSO", ".BR tmux (1),", ".BR jq (1)"]
    return "\n".join(parts) + "\n"


def _topic(topic: str, variables: Variables) -> list[str]:
    parts = []
    for text in topics.paragraphs(topic):
        parts += [".PP", escaped(text)]
    for name, meaning in topics.entries(topic, variables):
        parts += [".TP", f".B {escaped(name)}", escaped(meaning)]
    return parts


def _command(row: Command) -> list[str]:
    call = usage_line(row).removeprefix("usage: ")
    parts = [f'.SS "{escaped(row.name)}"', escaped(row.summary), ".PP", ".nf", escaped(call), ".fi"]
    for arg in row.args:
        parts += [".TP", f".I {escaped(_name(arg))}", escaped(meaning(arg))]
    parts += [".PP", f"Output: {escaped(row.output)}."]
    if row.returns:
        parts += [".PP", "Fields: " + escaped(", ".join(f"{field.name} ({field.help})" for field in row.returns)) + "."]
    if row.errors:
        parts += [".PP", "Errors: " + escaped(", ".join(row.errors)) + "."]
    parts += [".PP", ".nf", *(escaped(example) for example in row.examples), ".fi"]
    return parts


def _name(arg: Arg) -> str:
    return arg.name.upper() + ("…" if arg.many else "") if arg.positional else f"--{arg.name}"


def meaning(arg: Arg) -> str:
    """What an argument is, its choices, and what stands for it where it is not given."""
    text = arg.help + (": " + ", ".join(arg.choices) if arg.choices else "")
    return text if arg.default is None or arg.type == "flag" else f"{text} (without it {arg.default})"


def escaped(text: str) -> str:
    """Text that means itself in roff: no escapes, and no line that begins as a request."""
    safe = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq").replace("'", "\\(aq")
    safe = safe.replace("^", "\\(ha").replace("~", "\\(ti").replace("`", "\\(ga")
    safe = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in safe)
    return f"\\&{safe}" if safe[:1] == "." else safe


def _wrapped(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]
