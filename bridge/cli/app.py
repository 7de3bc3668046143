"""The Click front: help, suggestions, completion; and everything that the fast front does, the same way."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from bridge import __version__, dispatch, registry
from bridge.cli import front, table
from bridge.cli.encoding import encode
from bridge.cli.fast import environment
from bridge.cli.options import Globals
from bridge.cli.output import Output
from bridge.config import VARIABLES
from bridge.core import families, manual, suggestions
from bridge.core.arguments import targets
from bridge.core.manual import topic_text
from bridge.core.topics import TOPICS
from bridge.errors import BridgeError, usage
from bridge.spec import Arg, Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

TITLE = "bridge drives tmux and answers in JSON"
SCRIPT_TITLE = "Claude-tmux Bridge Script (MVP+)"
_HELP = ("help", "--help", "-h")


def _lock(path: str, timeout: float) -> AbstractContextManager[object]:
    from bridge.cli.locks import LibraryLock  # noqa: PLC0415 - a third of what a call's imports take

    return LibraryLock(path, timeout)


class RowCommand(click.Command):
    """A Click command made from a row; the words are read by the table's own parser."""

    def __init__(self, row: Command, options: Globals) -> None:
        examples = "\b\nExamples:\n" + "\n".join(f"  {example}" for example in row.examples)
        words = "\b\nArguments:\n" + "\n".join(
            f"  {arg.name.upper()}: {manual.meaning(arg)}" for arg in row.args if arg.positional
        )
        super().__init__(
            row.name,
            params=[_parameter(arg) for arg in row.args],
            help=f"{row.summary}\n\n{words}\n\nOutput: {row.output}.\n\n{examples}",
            short_help=row.summary,
        )
        self.row = row
        self.options = options

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words as they are; only --help before `--` is Click's."""
        before = args[: args.index("--")] if "--" in args else args
        if ("--help" in before or args == ["-h"]) and not self.options.script:
            ctx.exit(_print(ctx.get_help()))
        ctx.args = list(args)
        return []

    def invoke(self, ctx: click.Context) -> int:
        """Run the row and return the exit status."""
        try:
            words = self.options.take_behind(self.row, list(ctx.args))
        except BridgeError as problem:
            named = targets(self.row, list(ctx.args), script=self.options.script)
            return Output(encode=encode).answer(dispatch.refuse(self.row.name, *named, problem))
        return front.call(
            self.row,
            words,
            self.options,
            environment(),
            encode=encode,
            lock_class=_lock,
            table=table.render,
        )


class Table(click.Group):
    """The command table as a Click group; rows are loaded when they are asked for."""

    def __init__(self, options: Globals) -> None:
        super().__init__("bridge", help=TITLE, params=_global_options(), subcommand_metavar="COMMAND [ARGS]...")
        self.options = options

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the table's order."""
        return list(registry.names())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by family."""
        for family in families.group(registry.names()):
            self.format_family(family, formatter)

    def format_family(self, family: str, formatter: click.HelpFormatter) -> None:
        """The commands of one family, a line each."""
        rows = [registry.load(name) for name in families.group(registry.names())[family]]
        with formatter.section(f"{family} ({families.TITLES[family]})"):
            formatter.write_dl([(row.name, row.summary) for row in rows if row is not None])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The row of that name as a Click command."""
        row = registry.load(cmd_name)
        return None if row is None else RowCommand(row, self.options)


def run(words: list[str]) -> int:
    """Run one call and return the exit status."""
    options = Globals()
    output = Output(script="--script" in words[:1], encode=encode)
    try:
        rest = options.take(words)
    except BridgeError as problem:
        return output.answer(dispatch.refuse("", "", "", problem))
    group = Table(options)
    output.style = "compact" if options.compact or os.environ.get("BRIDGE_JSON") == "compact" else "pretty"
    if rest and rest[0] in _HELP:
        return _help(group, rest[1:], options, output)
    if rest[:1] == ["--version"]:
        return _print(f"bridge {__version__}")
    if not rest or registry.load(rest[0]) is None:
        return _refuse(rest[0] if rest else "", group, options, output)
    try:
        result = group.main(rest, prog_name="bridge", standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as problem:
        return output.answer(dispatch.refuse(rest[0], "", "", usage(problem.format_message())))
    return int(result or 0)


def main() -> None:
    """The entry point that knows nothing of the fast front."""
    sys.exit(run(sys.argv[1:]))


def usage_text(group: Table, options: Globals) -> str:
    """The help of the whole program; in the script's form its first line is the script's."""
    context = click.Context(group, info_name="bridge", max_content_width=100, terminal_width=100)
    text = group.get_help(context)
    if options.script:
        return f"{SCRIPT_TITLE}\n\n{text}"
    known = f"Topics: {', '.join(TOPICS)}. Families: {', '.join(families.TITLES)}."
    return f"{text}\n\nbridge help COMMAND, FAMILY or TOPIC tells more. {known}"


def _help(group: Table, rest: list[str], options: Globals, output: Output) -> int:
    topic = rest[0] if rest and not options.script else ""
    if topic in TOPICS:
        return output.plain(topic_text(topic, VARIABLES))
    command = group.get_command(click.Context(group), topic) if topic else None
    if command is None and topic in families.group(registry.names()):
        formatter = click.HelpFormatter(max_width=100, width=100)
        group.format_family(topic, formatter)
        return _print(f"{formatter.getvalue().rstrip()}\n\nbridge help COMMAND explains one.")
    if topic and command is None:
        return _refuse(topic, group, options, output)
    if command is None:
        return _print(usage_text(group, options))
    return _print(command.get_help(click.Context(command, info_name=f"bridge {topic}", max_content_width=100)))


def _print(text: str) -> int:
    """Text on stdout and its newline; the exit status. Click's own way ends with a traceback where nobody reads."""
    return Output().plain(f"{text}\n")


def _refuse(name: str, group: Table, options: Globals, output: Output) -> int:
    """Answer a call of no command, or of an unknown one: one line for a person, who can ask for the long text."""
    problem = registry.unknown(name)
    if not name:
        problem = usage("no command was given", hint="bridge help lists the commands, bridge help pane those of panes")
    if options.script:  # as the script did
        problem.logs = (("error", f"Unknown command: {name}"), ("usage", usage_text(group, options)))
    else:
        if name.startswith("-"):
            problem, name = usage(f"unknown option: {name!r}", hint=_option_hint(name)), ""
        problem.logs = (("error", f"{problem.message}; {problem.hint}"),)
    return output.answer(dispatch.refuse(name, "", "", problem))


def _option_hint(word: str) -> str:
    close = suggestions.options(word, [name for option in _global_options() for name in option.opts])
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    return f"{meant}bridge help options tells what stands before a command; its own options stand behind its name"


def _parameter(arg: Arg) -> click.Parameter:
    if arg.positional:
        return click.Argument([arg.name], required=arg.required, nargs=-1 if arg.many else 1)
    return click.Option([f"--{arg.name}"], help=manual.meaning(arg), is_flag=arg.type == "flag")


def _global_options() -> list[click.Parameter]:
    def option(*names: str, **kwargs: Any) -> click.Option:
        return click.Option(list(names), **kwargs)

    return [
        option("-L", metavar="NAME", help="the tmux server of that name, as tmux -L"),
        option("-S", metavar="PATH", help="the tmux server at that socket, as tmux -S"),
        option("--compact", is_flag=True, help="the answer on one line"),
        option("--fields", metavar="NAMES", help="only these fields, on one line; a failure has error as well"),
        option("--table", is_flag=True, help="the answer as a table for people"),
        option("--quiet", is_flag=True, help="only errors on stderr"),
        option("--script", is_flag=True, help="the bash script's form: six keys, arguments by position alone"),
        option("--version", is_flag=True, help="tell the version"),
    ]
