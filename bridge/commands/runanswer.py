"""The answer of a run: its fields, and the words for each outcome."""

from __future__ import annotations

from bridge.commands.words import PANE_FIELD, UNTRUSTED, seconds_text
from bridge.errors import BridgeError
from bridge.spec import Field, Result

EMPTY: dict[str, object] = {
    "outcome": None,
    "exit_code": None,
    "signal": None,
    "signal_guess": None,
    "duration_ms": None,
    "bytes": 0,
    "truncated": False,
    "run_id": None,
    "cursor": None,
    "pane_ended": False,
    "untrusted": True,
}
_ANSWERS = "bridge pane-send-stdin with --enter answers a question, bridge pane-send-keys presses keys (q, Escape, C-c)"
_CODES = {
    "timeout": "ERR_TIMEOUT",
    "gone": "ERR_PANE_GONE",
    "needs-input": "ERR_NEEDS_INPUT",
    "unknown": "ERR_UNKNOWN_OUTCOME",
    "busy": "ERR_BUSY",
}


def how(kind: str, exit_code: object, signal: object, *, pane_ended: bool) -> dict[str, object]:
    """The fields that tell how it went."""
    guess = None
    if isinstance(exit_code, int) and 128 < exit_code < 193:
        from bridge.system import signalnames  # noqa: PLC0415 - few end so

        guess = signalnames.name(exit_code - 128)
    return {
        "outcome": kind,
        "exit_code": exit_code,
        "signal": signal,
        "signal_guess": guess,
        "pane_ended": pane_ended,
    }


def answer(
    fields: dict[str, object], output: str, pane_id: str, timeout: float, *, propagate: bool, begun: bool = True
) -> Result:
    """The answer to these fields: a Result for what exited with 0, else raises. `timeout` 0: nobody waited."""
    kind, code, run_id = fields["outcome"], fields["exit_code"], fields["run_id"]
    with_pane = "the pane ended with it, since the text runs in the pane's own shell: "
    if kind == "exited" and code == 0:
        took = f" after {fields['duration_ms']} ms" if fields["duration_ms"] is not None else ""
        logs: tuple[tuple[str, str], ...] = (("success", f"Command ended with exit code 0{took}"),)
        if fields["pane_ended"]:
            logs += (("warn", f"{with_pane}exit and exec end that"),)
        return Result(output, pane_id=pane_id, fields=fields, logs=logs, exact=True)
    later = f"bridge run-result {run_id} --wait S asks again; the same call would run it twice"
    slow = f"runs longer than {seconds_text(timeout)} seconds" if timeout else "goes on"
    messages = {
        "exited": (f"the command ended with exit code {code}", "its output says why"),
        "signalled": (f"the command was ended by signal {fields['signal']}", "the pane's own shell was ended by it"),
        "timeout": (f"the command {slow}", f"it goes on; {later}"),
        "gone": ("the pane ended, and nothing tells how the command did", "bridge pane-list-json shows what there is"),
        "needs-input": ("what runs waits for input from the terminal", f"{_ANSWERS}; {later}"),
        "unknown": (
            "the shell is at a prompt, but nothing tells how the command ended",
            "was the shell replaced (exec), or its prompt hook removed?",
        ),
    }
    message, hint = messages[str(kind)]
    if kind == "exited" and fields["pane_ended"]:
        hint = f"{with_pane}exit, exec and set -e end that; --subshell runs a text apart"
    if kind == "unknown" and not begun:
        message = "the command did not start: the shell did not take what was typed for a line of its own"
        hint = (
            "bridge pane-capture shows why: an open quote, a key that was bound otherwise; in a shell that can't read "
            "our files --inline gives it the text itself"
        )
    elif kind == "unknown" and fields["truncated"]:
        hint = "the pane's log ended before the run: its writer was ended, its disk is full, or the pipe is another's"
    raise BridgeError(
        _CODES.get(str(kind), "ERR_COMMAND_FAILED"),
        message,
        hint=hint,
        output=output,
        exact=True,
        pane_id=pane_id,
        fields=fields,
        exit_status=_propagated(fields) if propagate else 1,
        retryable=False,
    )


def _propagated(fields: dict[str, object]) -> int:
    kind, code = fields["outcome"], fields["exit_code"]
    if kind == "exited" and isinstance(code, int):
        return code & 0xFF or 1
    if kind == "signalled":
        from bridge.system import signalnames  # noqa: PLC0415 - few end so

        return 128 + (signalnames.number(str(fields["signal"])) or 0)
    return 124 if kind == "timeout" else 125


RUN_FIELDS = (
    PANE_FIELD,
    Field(
        "outcome", "string", "exited, signalled, timeout, gone, busy, needs-input, unknown; running in the background"
    ),
    Field("exit_code", "integer", "the exit code; null where it is not known"),
    Field("signal", "string", "the signal that ended the pane's shell; null where none is known"),
    Field("signal_guess", "string", "the signal that an exit code above 128 usually means"),
    Field(
        "duration_ms", "integer", "milliseconds from the typing to the end or to now; null where nothing tells the end"
    ),
    Field(
        "pane_ended", "boolean", "whether the pane's own process ended, by the command's `exit`, `set -e` or a signal"
    ),
    Field("bytes", "integer", "how many bytes were printed"),
    Field("truncated", "boolean", "whether the output's beginning was cut, or its end may be missing"),
    Field("run_id", "string", "the run's id"),
    Field("cursor", "string", "the end of this output, for pane-read and run-output; null where no log is kept"),
    UNTRUSTED,
)
ENDS = ("ERR_COMMAND_FAILED", "ERR_TIMEOUT", "ERR_PANE_GONE", "ERR_NEEDS_INPUT", "ERR_UNKNOWN_OUTCOME")
