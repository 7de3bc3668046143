"""What both fronts share: one call from words to exit status."""

from __future__ import annotations

from bridge import dispatch
from bridge.cli.options import Globals, configure
from bridge.cli.output import Output
from bridge.context import Context
from bridge.core.arguments import targets
from bridge.errors import BridgeError, usage
from bridge.spec import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


def call(
    command: Command,
    words: list[str],
    options: Globals,
    environ: dict[str, str],
    *,
    encode: Callable[[object], str] | None = None,
    lock_class: Callable[[str, float], AbstractContextManager[object]] | None = None,
    table: Callable[[dict[str, object]], str] | None = None,
    begun: Context | None = None,
) -> int:
    """Run one command and print its answer; returns the exit status, 130 after Ctrl-C.

    `begun` is the context of a call whose first question to tmux is under way.
    """
    output = Output(script=options.script)
    if encode is not None:
        output.encode = encode
    output.style = "compact" if options.compact else output.style
    try:
        config = begun.config if begun is not None else configure(options, environ, lenient=command.lenient)
        output.style, output.least = config.json, config.log
        if options.fields:
            _check_fields(command, options)
    except BridgeError as problem:
        return output.answer(dispatch.refuse(command.name, *targets(command, words, script=options.script), problem))

    def make_context() -> Context:
        context = begun or Context(config, environ, script=options.script, lock_class=lock_class)
        context.write, context.note, context.progress = output.text, output.note, output.progress
        return context

    try:
        answer = dispatch.invoke(command, words, options.script, make_context)
    except KeyboardInterrupt:
        return 130
    finally:
        output.erase_progress()
    if table is not None and options.table and not answer.silent and answer.envelope["status"] == "success":
        text = table(answer.envelope)
        for level, row in () if text else answer.logs or (("info", "Nothing to show"),):
            output.note(level, row)
        return output.plain(text) or answer.exit_status
    # The script wrote pane-has-pattern's answer to stderr; a failure, which it did not report, goes to stdout.
    answered = answer.envelope["status"] == "success"
    if options.fields:
        from bridge.core.fields import chosen  # noqa: PLC0415 - only where it is asked for

        answer.envelope = chosen(answer.envelope, options.fields)
    try:
        return output.answer(answer, on_stderr=command.envelope_on == "stderr" and answered)
    except (RecursionError, TypeError, ValueError) as defect:  # the answer itself cannot be written
        return output.answer(dispatch.refuse_defect(command, defect))


def _check_fields(command: Command, options: Globals) -> None:
    from bridge.core.fields import check  # noqa: PLC0415 - only where it is asked for

    if options.script or options.table:
        raise usage("--fields: not with --script or --table", hint="leave one of them out")
    check(command, options.fields)
