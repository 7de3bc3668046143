"""What a row of the command table holds."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Plain classes: NamedTuple and dataclass cost 0.3 ms a class at start-up.


class Arg:
    """An argument: positional, or an option `--name`.

    `type` is one of `session`, `name`, `pane`, `word`, `text`, `pattern`, `integer`, `seconds`, `choice`,
    `flag`. Text and patterns may begin with a dash; a `word` names something that is stored or runs. An empty
    optional value means the default. The last positional argument may take `many` words, and an option may be
    given `many` times; the value is a tuple then, empty where none is given. `sets_program`: it names what runs
    later, outside of any pane. `tells_file`: it names any file, and the answer holds what stands there.
    """

    __slots__ = (
        "choices",
        "default",
        "help",
        "many",
        "name",
        "positional",
        "required",
        "sets_program",
        "tells_file",
        "type",
    )

    def __init__(
        self,
        name: str,
        help: str,
        type: str = "text",
        *,
        default: object = None,
        required: bool = False,
        positional: bool = True,
        choices: tuple[str, ...] = (),
        many: bool = False,
        sets_program: bool = False,
        tells_file: bool = False,
    ) -> None:
        self.tells_file = tells_file
        self.sets_program = sets_program
        self.name = name
        self.help = help
        self.type = type
        self.many = many
        self.default = default
        self.required = required
        self.positional = positional
        self.choices = choices


class Field:
    """A field that a command adds to the envelope. `type` is a JSON Schema type name."""

    __slots__ = ("help", "name", "type")

    def __init__(self, name: str, type: str, help: str) -> None:
        self.name = name
        self.type = type
        self.help = help


class Result:
    """What a command function returns.

    `output` is text or a list; `logs` are human lines for stderr as (level, text), `lines` are the
    plain lines that the script printed before its envelope. `silent` means that the command printed
    its own text and has no envelope except in the script's form. Text ends in one newline unless it is
    `exact`. `session` is the one that the answer is about, where no argument names it.
    """

    __slots__ = ("exact", "exit_status", "fields", "lines", "logs", "output", "pane_id", "session", "silent")

    def __init__(
        self,
        output: object,
        *,
        session: str | None = None,
        pane_id: str | None = None,
        fields: dict[str, object] | None = None,
        logs: tuple[tuple[str, str], ...] = (),
        lines: tuple[str, ...] = (),
        exit_status: int = 0,
        silent: bool = False,
        exact: bool = False,
    ) -> None:
        self.output = output
        self.exact = exact
        self.session = session
        self.pane_id = pane_id
        self.fields = fields or {}
        self.logs = logs
        self.lines = lines
        self.exit_status = exit_status
        self.silent = silent


def counted(number: object, noun: str, ending: str = "s") -> str:
    """A number with its noun, as human lines have it: `1 session`, `2 sessions`."""
    return f"{number} {noun}{'' if number == 1 else ending}"


class Command:
    """A row: everything that the fronts, the documents and the tests know of a command.

    `run` is given a Context, which stands on this module and so is not named in it.
    `effect` is `read`, `write` or `destroy`; `target` is `none`, `session` or `pane`. `envelope_on`
    is the stream that the script wrote its envelope to. `stream` commands print text as it comes.
    `script` tells that the bash script had the command, so that its form exists. `later` names modules
    that the function imports itself once tmux has answered; they are loaded while tmux works (1 ms).
    `lenient` commands run without the configuration files where these are wrong.
    `libraries` tells that it needs more than Python's own: the built file unpacks them first.
    """

    __slots__ = (
        "args",
        "effect",
        "envelope_on",
        "errors",
        "examples",
        "later",
        "lenient",
        "libraries",
        "name",
        "output",
        "returns",
        "run",
        "script",
        "stream",
        "summary",
        "target",
        "waits",
    )

    def __init__(
        self,
        name: str,
        summary: str,
        run: Callable[[Any, dict[str, object]], Result],
        *,
        effect: str,
        target: str,
        output: str,
        args: tuple[Arg, ...] = (),
        returns: tuple[Field, ...] = (),
        errors: tuple[str, ...] = (),
        examples: tuple[str, ...] = (),
        stream: bool = False,
        waits: bool = False,
        script: bool = True,
        envelope_on: str = "stdout",
        later: tuple[str, ...] = (),
        lenient: bool = False,
        libraries: bool = False,
    ) -> None:
        self.name = name
        self.summary = summary
        self.run = run
        self.effect = effect
        self.target = target
        self.output = output
        self.args = args
        self.returns = returns
        self.errors = errors
        self.examples = examples
        self.stream = stream
        self.waits = waits
        self.script = script
        self.envelope_on = envelope_on
        self.later = later
        self.lenient = lenient
        self.libraries = libraries


# Errors that the dispatcher, not the command, may answer with.
COMMON_ERRORS = (
    "ERR_USAGE",
    "ERR_CONFIG",
    "ERR_TIMEOUT",
    "ERR_SERVER_GONE",
    "ERR_TMUX_NOT_INSTALLED",
    "ERR_TMUX_FAILED",
    "ERR_INTERNAL",
)
