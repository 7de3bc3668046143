"""What both fronts share: the global options and one call from words to exit status."""

from __future__ import annotations

from bridge import dispatch
from bridge.cli.output import Output
from bridge.config import Config
from bridge.context import Context
from bridge.errors import BridgeError, usage
from bridge.spec import Command
from bridge.store import settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


class Globals:
    """The options that stand before the command."""

    __slots__ = ("compact", "fields", "quiet", "script", "socket", "table")

    def __init__(self) -> None:
        self.script = False
        self.compact = False
        self.quiet = False
        self.table = False
        self.socket: tuple[str, ...] = ()
        self.fields: tuple[str, ...] = ()

    def take(self, words: list[str]) -> list[str]:
        """Read the options and return what follows them; raises ERR_USAGE for one without its value."""
        rest = list(words)
        flags = {"--script": "script", "--compact": "compact", "--quiet": "quiet", "--table": "table"}
        while rest and not self.script:
            if rest[0] in flags:
                setattr(self, flags[rest.pop(0)], True)
            elif rest[0] in ("-L", "-S"):
                if len(rest) < 2 or not rest[1]:
                    raise usage(f"{rest[0]}: needs the server's name or socket", hint="bridge -L NAME COMMAND …")
                self.socket = (rest.pop(0), rest.pop(0))
            elif rest[0] == "--fields" or rest[0][:9] == "--fields=":
                rest[:1] = rest[0].split("=", 1)
                names = tuple(rest[1].split(",")) if len(rest) > 1 else ()
                if not all(names) or not names:
                    raise usage("--fields: needs names of fields", hint="bridge --fields exit_code,output pane-run …")
                self.fields, self.compact = names, True
                del rest[:2]
            else:
                break
        return rest


def call(
    command: Command,
    words: list[str],
    options: Globals,
    environ: dict[str, str],
    *,
    encode: Callable[[object], str] | None = None,
    lock_class: Callable[[str, float], AbstractContextManager[object]] | None = None,
    table: Callable[[dict[str, object]], str] | None = None,
) -> int:
    """Run one command and print its answer; returns the exit status, 130 after Ctrl-C."""
    output = Output(script=options.script)
    if encode is not None:
        output.encode = encode
    try:
        config = _configure(command, options, environ)
        if options.fields:
            _check_fields(command, options)
    except BridgeError as problem:
        return output.answer(dispatch.refuse(command.name, "", "", problem))
    output.style = config.json
    output.least = config.log

    def make_context() -> Context:
        return Context(
            config,
            environ,
            script=options.script,
            write=output.text,
            note=output.note,
            lock_class=lock_class,
            progress=output.progress,
        )

    try:
        answer = dispatch.invoke(command, words, options.script, make_context)
    except KeyboardInterrupt:
        return 130
    finally:
        output.erase_progress()
    if table is not None and options.table and answer.exit_status == 0 and answer.envelope["status"] == "success":
        text = table(answer.envelope)
        if text:
            output.plain(text)
            return answer.exit_status
    # The script wrote pane-has-pattern's answer to stderr; a failure, which it did not report, goes to stdout.
    answered = answer.envelope["status"] == "success"
    if options.fields:
        from bridge.core.choosing import chosen  # noqa: PLC0415 - only where it is asked for

        answer.envelope = chosen(answer.envelope, options.fields)
    try:
        return output.answer(answer, on_stderr=command.envelope_on == "stderr" and answered)
    except (RecursionError, TypeError, ValueError) as defect:  # the answer itself cannot be written
        return output.answer(dispatch.refuse_defect(command, defect))


def _check_fields(command: Command, options: Globals) -> None:
    from bridge.core.choosing import check  # noqa: PLC0415 - only where it is asked for

    if options.script or options.table:
        raise usage("--fields: not with --script or --table", hint="leave one of them out")
    check(command, options.fields)


def _configure(command: Command, options: Globals, environ: dict[str, str]) -> Config:
    """The settings: options, environment, files. Raises ERR_USAGE, ERR_CONFIG."""
    try:
        files = settings.read(environ)
    except BridgeError as problem:
        if not command.lenient or problem.code != "ERR_CONFIG":
            raise
        files = {}
    config = Config(environ, socket=options.socket, files=files)
    if options.compact:
        config.json, config.flags = "compact", (*config.flags, "BRIDGE_JSON")
    if options.quiet and config.log != "off":
        config.log, config.flags = "error", (*config.flags, "BRIDGE_LOG")
    return config
