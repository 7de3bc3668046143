"""From words to an answer: parse, run, shape. The one way into every command."""

from __future__ import annotations

from bridge.context import Context
from bridge.core.arguments import named, parse, targets
from bridge.errors import BridgeError
from bridge.spec import Command, Result
from bridge.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# What every answer needs, but no question: loaded while tmux works.
_LATER = ("bridge.envelope", "bridge.tmux.rows", "bridge.core.target")
# Fields of an answer with a program's text that hold such text besides `output`.
_TEXTS = frozenset(("lines", "matches", "results", "title"))


class Answer:
    """What a front prints: the envelope, the human lines, the script's plain lines, the exit status."""

    __slots__ = ("envelope", "exit_status", "lines", "logs", "silent")

    def __init__(
        self,
        envelope: dict[str, object],
        exit_status: int,
        logs: tuple[tuple[str, str], ...] = (),
        lines: tuple[str, ...] = (),
        *,
        silent: bool = False,
    ) -> None:
        self.envelope = envelope
        self.exit_status = exit_status
        self.logs = logs
        self.lines = lines
        self.silent = silent


def invoke(command: Command, words: list[str], script: bool, make_context: Callable[[], Context]) -> Answer:
    """Run a command with the words that followed its name. Every failure becomes an answer, defects too."""
    session, pane = targets(command, words, script=script)
    context = None
    began = clock.monotonic()
    try:
        context = make_context()
        context.typed = False
        context.given = tuple(words)
        params = parse(command, words, script=script)
        session, pane = named(params)
        if command.effect == "destroy":
            _audit(context, command, params)
        context.tmux.meanwhile = (*_LATER, *command.later)
        result = command.run(context, params)
        answer = _shape(command, session, pane, result, script=script)
    except BridgeError as problem:
        if context is not None and context.typed:
            problem.retryable = False
        answer = refuse(command.name, session, pane, problem)
    except RecursionError:
        answer = refuse(command.name, session, pane, BridgeError("ERR_INTERNAL", "a value is nested too deeply"))
    except Exception as defect:  # the promise of one envelope holds for defects as well
        answer = refuse(command.name, session, pane, _internal(defect))
    if context is not None and context.config.log_level != "off":
        _log(context, command, answer, clock.monotonic() - began)
    return answer


def _audit(context: Context, command: Command, params: dict[str, object]) -> None:
    """Note what is about to be destroyed, by whom, and why that is allowed."""
    from bridge import log  # noqa: PLC0415 - plain calls are not logged

    if context.script:
        why = "the script's form: it has no check of the caller's own pane"
    elif params.get("self"):
        why = "--self: the caller's own pane or session is meant as well"
    elif any(arg.name == "self" for arg in command.args):
        why = "asked for by name; the caller's own pane and session are refused"
    else:
        why = "asked for by name"
    stored = log.audit(
        context.config, context.environ, command.name, params, correlation=context.correlation_id, why=why
    )
    if not stored and not context.script:
        context.note("warn", f"the audit log in {log.directory(context.config)} cannot be written")


def _log(context: Context, command: Command, answer: Answer, seconds: float) -> None:
    from bridge import log  # noqa: PLC0415 - only where it is asked for

    log.call(
        context.config,
        command.name,
        command.effect,
        answer.envelope,
        correlation=context.correlation_id,
        seconds=seconds,
        status=answer.exit_status,
    )


def refuse(name: str, session: str, pane: str, problem: BridgeError) -> Answer:
    """The answer for a failure."""
    from bridge.envelope import failure  # noqa: PLC0415 - see _LATER

    shown = pane if problem.pane_id is None else problem.pane_id
    return Answer(failure(name, session, shown, problem, clock.timestamp()), problem.exit_status, problem.logs)


def refuse_defect(command: Command, defect: Exception) -> Answer:
    """The answer where an answer could not be written."""
    return refuse(command.name, "", "", _internal(defect))


def _shape(command: Command, session: str, pane: str, result: Result, *, script: bool) -> Answer:
    from bridge.envelope import line, success  # noqa: PLC0415 - see _LATER

    plain = isinstance(result.output, str) and not result.exact
    output = line(str(result.output)) if plain else result.output
    fields = result.fields
    if not script and fields and fields.get("untrusted"):
        texts = {name: value for name, value in fields.items() if name in _TEXTS}
        if not (_is_ascii(output) and _is_ascii(texts)):
            from bridge.core.visible import marked_values  # noqa: PLC0415 - few answers need it

            output = marked_values(output)
            fields |= {name: marked_values(value) for name, value in texts.items()}
    shown = pane if result.pane_id is None else result.pane_id
    about = session if result.session is None else result.session
    envelope = success(command.name, about, shown, output, clock.timestamp(), fields)
    return Answer(envelope, result.exit_status, result.logs, result.lines, silent=result.silent)


def _is_ascii(value: object) -> bool:
    """Whether all texts in a value are, so that nothing can hide in them."""
    if isinstance(value, str):
        return value.isascii()
    if isinstance(value, dict):
        return all(_is_ascii(item) for item in value.values())
    return not isinstance(value, (list, tuple)) or all(_is_ascii(item) for item in value)


def _internal(defect: Exception) -> BridgeError:
    kind = type(defect).__name__
    trace = defect.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""
    return BridgeError(
        "ERR_INTERNAL",
        f"{kind}{place}: {defect}",
        hint="this is a defect of bridge; please report it with this message",
    )
