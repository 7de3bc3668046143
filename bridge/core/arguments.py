"""Words of a call to values, by the row of the command. Parsing does nothing else."""

from __future__ import annotations

from bridge import errors
from bridge.spec import Arg, Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_INTEGER = 2**31 - 1


def usage_line(command: Command) -> str:
    """One line that shows how the command is called."""
    words = [f"usage: bridge {command.name}"]
    for arg in command.args:
        if arg.positional:
            word = arg.name.upper() + ("…" if arg.many else "")
            words.append(word if arg.required else f"[{word}]")
    options = (arg for arg in command.args if not arg.positional)
    words += [f"[--{arg.name}]" if arg.type == "flag" else f"[--{arg.name} {arg.name.upper()}]" for arg in options]
    return " ".join(words)


def parse(command: Command, words: list[str], *, script: bool = False) -> dict[str, object]:
    """The values of the call, by argument name; every argument of the row has an entry.

    With `script` the words are positions only, as the bash script took them: nothing is an option
    and superfluous words are ignored. Otherwise `--name` of the row is an option wherever it stands
    before `--`; other words that begin with a dash are values.

    Raises ERR_USAGE and names the word.
    """
    positional = [arg for arg in command.args if arg.positional]
    values: dict[str, object] = {
        arg.name: () if arg.many and not arg.positional else arg.default for arg in command.args
    }
    plain = list(words) if script else _take_options(command, words, values)
    rest = positional.pop() if positional and positional[-1].many else None
    if len(plain) > len(positional) and not script and rest is None:
        extra = plain[len(positional)]
        raise errors.usage(f"unexpected argument: {extra!r}", hint=f"{usage_line(command)}; quote text with blanks")
    required = [arg for arg in (*positional, rest) if arg is not None and arg.required]
    needed = len(required)
    if len(plain) < needed:
        missing = required[len(plain)].name.upper()
        text = "Missing session name" if needed == 1 else "Missing arguments"
        raise errors.usage(
            f"missing argument: {missing}",
            hint=f"{usage_line(command)}; text that looks like an option goes after --",
            logs=(("error", text), ("usage", usage_line(command))),
        )
    for arg, word in zip(positional, plain, strict=False):
        if word != "" or arg.required:
            values[arg.name] = convert(arg, word)
    if rest is not None:
        values[rest.name] = tuple(convert(rest, word) for word in plain[len(positional) :])
    return values


def convert(arg: Arg, word: str) -> object:
    """The value of one word; raises ERR_USAGE where it cannot be read."""
    if arg.type == "integer":
        if not (word.isascii() and word.isdigit() and len(word) <= 10) or int(word) > LARGEST_INTEGER:
            raise errors.usage(f"{arg.name}: not a whole number: {word!r}", hint="give 0, 1, 2, …")
        return int(word)
    if arg.type == "seconds":
        if not word.isascii() or not word.replace(".", "", 1).isdigit() or len(word) > 12:
            raise errors.usage(
                f"{arg.name}: not a number of seconds: {word!r}", hint="give 10 or 1.5; 0 means no limit"
            )
        return float(word)
    if arg.type == "choice" and word not in arg.choices:
        raise errors.usage(f"{arg.name}: unknown value: {word!r}", hint="one of " + ", ".join(arg.choices))
    if "\0" in word:
        raise errors.usage(f"{arg.name}: holds a NUL byte", hint="no program can be given one")
    return word


# Options of every call. They stand before the command, or behind its name where no text is expected (`take_globals`).
GLOBAL_FLAGS = ("--compact", "--quiet", "--table")
GLOBAL_VALUES = ("--fields",)


def take_globals(command: Command, words: list[str]) -> tuple[list[str], list[str]]:
    """The options of every call among the words behind a command's name, and the other words.

    A word that an option of the command takes as its value, that stands where a text or a pattern is expected,
    or behind `--`, is not one.
    """
    own = {f"--{arg.name}": arg for arg in command.args if not arg.positional}
    positional = [arg for arg in command.args if arg.positional]
    found: list[str] = []
    rest: list[str] = []
    places = 0
    words = list(words)
    while words:
        word = words.pop(0)
        name, equals, _ = word.partition("=")
        expected = positional[min(places, len(positional) - 1)] if positional else None
        is_text = (
            expected is not None
            and expected.type in ("text", "pattern")
            and (places < len(positional) or expected.many)
        )
        if word == "--":
            return found, [*rest, word, *words]
        if name in own:
            rest.append(word)
            if own[name].type != "flag" and not equals and words:
                rest.append(words.pop(0))
        elif is_text or not (word in GLOBAL_FLAGS or name in GLOBAL_VALUES):
            rest.append(word)
            places += 1
        else:
            found.append(word)
            if name in GLOBAL_VALUES and not equals and words:
                found.append(words.pop(0))
    return found, rest


def targets(command: Command, words: list[str], *, script: bool) -> tuple[str, str]:
    """Session and pane of a call that may not be readable: as far as its words are understood, empty behind that."""
    values: dict[str, object] = {}
    plain: list[str] = []
    try:
        if script:
            plain = words
        else:
            for option, word in _read(command, words):
                if option is None:
                    plain.append(word)
                else:
                    values[option.name] = word
    except errors.BridgeError:
        pass
    positional = (arg.name for arg in command.args if arg.positional)
    values |= dict(zip(positional, plain, strict=False))
    return named(values)


def named(values: dict[str, object]) -> tuple[str, str]:
    """Session and pane for the envelope, empty where the call has none."""
    return str(values.get("session") or values.get("name") or ""), str(values.get("pane") or "")


def _nearest(command: Command, name: str, options: dict[str, Arg]) -> str:
    """The hint for an option that the command does not have."""
    from bridge.core import suggestions  # noqa: PLC0415 - only for a mistake

    if name in ("-L", "-S", "--script", "--version", *GLOBAL_FLAGS, *GLOBAL_VALUES):
        return f"{name} stands before the command: bridge {name} … {command.name} …"
    if any(arg.positional and f"--{arg.name}" == name for arg in command.args):
        return f"{name[2:].upper()} is given by its place; {usage_line(command)}"
    close = suggestions.options(name, [*options, *GLOBAL_FLAGS, *GLOBAL_VALUES])
    return (f"did you mean {' or '.join(close)}? " if close else "") + usage_line(command)


def _take_options(command: Command, words: list[str], values: dict[str, object]) -> list[str]:
    plain: list[str] = []
    for option, word in _read(command, words):
        if option is None:
            plain.append(word)
        elif option.type == "flag":
            values[option.name] = True
        elif option.many:
            before = values[option.name]
            values[option.name] = (*(before if isinstance(before, tuple) else ()), convert(option, word))
        else:
            values[option.name] = convert(option, word)
    return plain


def _read(command: Command, words: list[str]) -> Iterator[tuple[Arg | None, str]]:
    """The words with the option that each is the value of (a flag: the flag itself), None for one that has its place.

    Raises ERR_USAGE at the first word that cannot be understood.
    """
    options = {f"--{arg.name}": arg for arg in command.args if not arg.positional}
    positional = [arg for arg in command.args if arg.positional]
    many = bool(positional) and positional[-1].many
    places = 0
    rest = iter(words)
    for word in rest:
        if word == "--":
            for behind in rest:
                yield None, behind
            return
        name, equals, value = word.partition("=")
        option = options.get(name)
        if option is None:
            place = min(places, len(positional) - 1) if many else places
            expected = positional[place].type if place < len(positional) else ""
            if word.startswith("--") and expected not in ("text", "pattern"):
                raise errors.usage(f"unknown option: {word!r}", hint=_nearest(command, name, options))
            places += 1
            yield None, word
        elif option.type == "flag":
            if equals:
                raise errors.usage(f"{name}: takes no value: {value!r}", hint=usage_line(command))
            yield option, word
        else:
            given = value if equals else next(rest, None)
            if given is None:
                raise errors.usage(f"{name}: needs a value", hint=usage_line(command))
            yield option, given
