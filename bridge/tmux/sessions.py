"""What tmux knows of one session in full: two questions, and nothing is changed by them."""

from __future__ import annotations

from bridge.errors import BridgeError
from bridge.tmux import argv, options, rows

STRUCTURE = (
    *("session_name", "session_id", "session_created", "session_group", "session_path", "pid", "start_time", "version"),
    *("window_id", "window_index", "window_name", "window_active", "window_stack_index", "window_zoomed_flag"),
    *("window_layout", "window_linked", "pane_id", "pane_index", "pane_active", "pane_last", "pane_pid", "pane_tty"),
    *("pane_dead", "pane_input_off", "pane_marked", "pane_pipe", "alternate_on", "automatic-rename"),
    "pane_floating_flag",
    *(argv.LABEL, argv.METADATA, argv.PANE_OWNER, argv.SESSION_OWNER, argv.RESTORING),
)
# What programs change at any time; it does not tell whether the structure stayed the same.
VOLATILE = ("pane_title", "pane_path")


class Row:
    """A pane with its window and session, as the formats name them."""

    __slots__ = ("_values",)

    def __init__(self, values: list[str]) -> None:
        self._values = dict(zip((*STRUCTURE, *VOLATILE), values, strict=True))

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def number(self, name: str) -> int:
        """A value as a number, 0 where it is empty."""
        return int(self._values[name] or 0)

    def is_on(self, name: str) -> bool:
        """A flag."""
        return self._values[name] == "1"

    def same_structure(self) -> tuple[str, ...]:
        """What must not have changed between two looks."""
        skipped = ("window_name", "alternate_on", argv.METADATA)
        return tuple(self._values[name] for name in STRUCTURE if name not in skipped)


class Details:
    """Options by scope (`$1`, `@2`, `%3`), environments, and what stood on the panes' screens."""

    __slots__ = ("environment", "history", "options", "removed")

    def __init__(self) -> None:
        self.options: dict[str, dict[str, str]] = {}
        self.environment: dict[str, str] = {}
        self.removed: list[str] = []
        self.history: dict[str, str] = {}


def list_all(session: str) -> tuple[str, ...]:
    """The question for the rows of a session; the exact comparison is the asker's."""
    command = ("list-panes", "-a", "-F", argv.framed((*STRUCTURE, *VOLATILE)))
    if argv.is_plain_name(session):
        return (*command, "-f", f"#{{==:#{{session_name}},{session}}}")
    return command


def read_rows(output: bytes) -> list[Row]:
    """The rows of an answer to `list_all`. Raises ERR_TMUX_FAILED."""
    return [Row(values) for values in rows.unframe(output, len(STRUCTURE) + len(VOLATILE))]


def details(found: list[Row], nonce: str, lines: int) -> tuple[tuple[str, ...], ...]:
    """The questions for the rest, each answer followed by the nonce; `lines` of scrollback, 0 for none."""
    session = found[0]["session_id"]
    mark = ("display-message", "-p", nonce)
    commands: list[tuple[str, ...]] = [("show-options", "-t", f"{session}:"), mark]
    for window in _unique(found, "window_id"):
        commands += [("show-options", "-w", "-t", window), mark]
    for row in found:
        commands += [("show-options", "-p", "-t", row["pane_id"]), mark]
    commands += [("show-environment", "-s", "-t", f"{session}:"), mark]
    for row in found if lines else ():
        end = ("-E", "-1") if row.is_on("alternate_on") else ()
        commands += [("capture-pane", "-p", "-e", "-J", "-S", f"-{lines}", *end, "-t", row["pane_id"]), mark]
    return tuple(commands)


def read_details(found: list[Row], output: bytes, nonce: str, lines: int) -> tuple[Details, bytes]:
    """The answers to `details`, and what came behind them. Raises ERR_TMUX_FAILED."""
    parts = output.split(f"{nonce}\n".encode())
    rest = iter(parts)
    result = Details()

    def text() -> str:
        part = next(rest, None)
        if part is None:
            raise BridgeError(
                "ERR_TMUX_FAILED", "tmux left an answer out", hint="the session changed meanwhile; try again"
            )
        return part.decode("utf-8", "replace")

    result.options[found[0]["session_id"]] = options.read_options(text())
    for window in _unique(found, "window_id"):
        result.options[window] = options.read_options(text())
    for row in found:
        result.options[row["pane_id"]] = options.read_options(text())
    result.environment, result.removed = options.read_environment(text())
    for row in found if lines else ():
        result.history[row["pane_id"]] = text()
    return result, next(rest, b"")


def as_lines(commands: tuple[tuple[str, ...], ...]) -> bytes:
    """Commands as the lines of a file for `source-file -`, where one that fails does not stop the others."""
    rows_of_words = (" ".join(options.escaped(word) for word in command) for command in commands)
    return ("\n".join(rows_of_words) + "\n").encode()


def _unique(found: list[Row], name: str) -> list[str]:
    return list(dict.fromkeys(row[name] for row in found))
