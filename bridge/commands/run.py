"""Running commands in panes, and asking later how they went."""

from __future__ import annotations

import posix

from bridge import errors
from bridge.commands.words import NO_PANE, PANE, PANE_FIELD, SESSION, UNTRUSTED, integer, seconds, seconds_text
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features import launching, panes
from bridge.spec import Arg, Command, Field, Result
from bridge.store import runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.features.running import Running

LARGEST_OUTPUT = 256 * 1024 * 1024
_EMPTY: dict[str, object] = {
    "outcome": None,
    "exit_code": None,
    "signal": None,
    "signal_guess": None,
    "duration_ms": None,
    "bytes": 0,
    "truncated": False,
    "run_id": None,
    "cursor": None,
    "untrusted": True,
}
_CODES = {
    "timeout": "ERR_TIMEOUT",
    "gone": "ERR_PANE_GONE",
    "needs-input": "ERR_NEEDS_INPUT",
    "unknown": "ERR_UNKNOWN_OUTCOME",
    "busy": "ERR_BUSY",
}


def _run(ctx: Context, params: dict[str, object]) -> Result:
    command, most = _text(str(params["command"])), integer(params["max-output"])
    launching.check_command(command)
    if most > LARGEST_OUTPUT:
        raise errors.usage(f"max-output: too large: {most}", hint=f"at most {LARGEST_OUTPUT}")
    stdin_path = _readable(str(params["stdin-file"] or ""))
    _, pane = panes.find(ctx, str(params["session"]), str(params["pane"]))
    raw, propagate = bool(params["raw"]), bool(params["propagate"])
    try:
        run = launching.start(
            ctx,
            pane,
            command,
            stdin_path=stdin_path,
            most=most,
            within=seconds(params["timeout"]),
            inline=bool(params["inline"]),
        )
    except BridgeError as problem:
        told = {"ERR_BUSY": "busy", "ERR_PANE_GONE": "gone", "ERR_UNKNOWN_OUTCOME": "unknown"}
        kind = told.get(problem.code)
        problem.fields = {"pane": pane.id, **_EMPTY, "outcome": kind}
        problem.exit_status = 125 if propagate else 1
        problem.output, problem.exact = "", True
        raise
    if params["background"]:
        run.leave()
        fields = {"pane": pane.id, **_EMPTY, "outcome": "running", "run_id": run.run.run_id, "cursor": run.cursor}
        return Result("", pane_id=pane.address, fields=fields, exact=True)
    return _await(run, pane.address, seconds(params["timeout"]), raw=raw, propagate=propagate)


def _text(command: str) -> str:
    """The command; `-` stands for our stdin, since no argument can be longer than 128 kB."""
    if command != "-":
        return command
    chunks, size = [], 0
    while size <= launching.LARGEST_COMMAND and (chunk := posix.read(0, 1 << 16)):
        chunks.append(chunk)
        size += len(chunk)
    data = b"".join(chunks)
    if b"\0" in data:
        raise errors.usage("command: holds a NUL byte", hint="no shell can be given one")
    return data.decode("utf-8", "surrogateescape")


def _readable(path: str) -> str:
    if not path:
        return ""
    import os  # noqa: PLC0415 - few give a file

    try:
        posix.close(posix.open(path, posix.O_RDONLY | posix.O_NONBLOCK | posix.O_CLOEXEC))
    except OSError as problem:
        raise errors.usage(f"stdin-file: cannot read {path!r}: {problem.strerror}") from None
    if os.path.isdir(path):
        raise errors.usage(f"stdin-file: {path!r} is a directory", hint="give a file")
    return os.path.abspath(path)


def _await(run: Running, pane_id: str, timeout: float, *, raw: bool, propagate: bool) -> Result:
    """Wait and answer."""
    outcome = run.complete(timeout)
    size = run.output.size
    if raw:
        from base64 import b64encode  # noqa: PLC0415 - only for --raw

        data, truncated = run.output.raw()
        output = b64encode(data).decode()
    else:
        output, truncated = run.output.text()
    fields = {
        "pane": run.pane.id,
        **_EMPTY,
        **_how(outcome.kind, outcome.exit_code, outcome.signal),
        "duration_ms": run.duration_ms,
        "bytes": size,
        "truncated": truncated,
        "run_id": run.run.run_id,
        "cursor": run.cursor,
    }
    return _answer(fields, output, pane_id, timeout, propagate=propagate, begun=run.output.begun)


def _how(kind: str, exit_code: object, signal: object) -> dict[str, object]:
    guess = None
    if isinstance(exit_code, int) and 128 < exit_code < 193:
        from bridge.system import signalnames  # noqa: PLC0415 - few end so

        guess = signalnames.name(exit_code - 128)
    return {"outcome": kind, "exit_code": exit_code, "signal": signal, "signal_guess": guess}


def _answer(
    fields: dict[str, object], output: str, pane_id: str, timeout: float, *, propagate: bool, begun: bool = True
) -> Result:
    kind, code, run_id = fields["outcome"], fields["exit_code"], fields["run_id"]
    if kind == "exited" and code == 0:
        logs = (("success", f"Command ended with exit code 0 after {fields['duration_ms']} ms"),)
        return Result(output, pane_id=pane_id, fields=fields, logs=logs, exact=True)
    later = f"bridge run-result {run_id} --wait S asks again"
    messages = {
        "exited": (f"the command ended with exit code {code}", "its output says why"),
        "signalled": (f"the command was ended by signal {fields['signal']}", "the pane's own shell was ended by it"),
        "timeout": (f"the command runs longer than {seconds_text(timeout)} seconds", f"it goes on; {later}"),
        "gone": ("the pane ended, and nothing tells how the command did", "bridge pane-list-json shows what there is"),
        "needs-input": ("what runs waits for input from the terminal", f"bridge pane-send-stdin answers it; {later}"),
        "unknown": (
            "the shell is at a prompt, but nothing tells how the command ended",
            "was the shell replaced (exec), or its prompt hook removed?",
        ),
    }
    message, hint = messages[str(kind)]
    if kind == "unknown" and not begun:
        message = "the command did not start: the shell did not take what was typed for a line of its own"
        hint = (
            "bridge pane-capture shows why: an open quote, a key that was bound otherwise; in a shell that can't read "
            "our files --inline gives it the text itself"
        )
    raise BridgeError(
        _CODES.get(str(kind), "ERR_COMMAND_FAILED"),
        message,
        hint=hint,
        output=output,
        exact=True,
        pane_id=pane_id,
        fields=fields,
        exit_status=_propagated(fields) if propagate else 1,
    )


def _propagated(fields: dict[str, object]) -> int:
    kind, code = fields["outcome"], fields["exit_code"]
    if kind == "exited" and isinstance(code, int):
        return code & 0xFF or 1
    if kind == "signalled":
        from bridge.system import signalnames  # noqa: PLC0415 - few end so

        return 128 + (signalnames.number(str(fields["signal"])) or 0)
    return 124 if kind == "timeout" else 125


def _result(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features import running  # noqa: PLC0415 - pane-run has it loaded while tmux types

    wait = seconds(params["wait"])
    record = _record(ctx, str(params["run_id"]))
    pane_id = str(record["pane_id"])
    if record["outcome"] == "running":
        run = _resume(ctx, record)
        if run is not None:
            return _await(run, pane_id, wait or 0.001, raw=False, propagate=False)
        record = running.settle_gone(ctx, record)
    fields = {"pane": record["pane"], **_EMPTY, **_how(str(record["outcome"]), record["exit_code"], record["signal"])}
    fields |= {name: record[name] for name in ("duration_ms", "bytes", "truncated", "run_id")}
    fields["cursor"] = running.cursor(ctx, record, integer(record["bytes"]))
    return _answer(fields, str(record["output"]), pane_id, wait, propagate=False)


def _record(ctx: Context, run_id: str) -> dict[str, object]:
    record = runs.read_record(ctx.paths, run_id)
    if record is None:
        raise BridgeError("ERR_RUN_NOT_FOUND", f"no run has the id {run_id!r}", hint="bridge run-list lists them")
    return record


def _resume(ctx: Context, record: dict[str, object]) -> Running | None:
    """The run in its pane, None where the pane is not there any more."""
    from bridge.features import running  # noqa: PLC0415 - pane-run has it loaded while tmux types

    try:
        _, pane = panes.find(ctx, str(record["session_id"]), str(record["pane"]))
    except BridgeError as problem:
        if problem.code in ("ERR_SESSION_NOT_FOUND", "ERR_PANE_NOT_FOUND", "ERR_SERVER_GONE"):
            return None
        raise
    return running.resume(ctx, pane, record) if pane.pid == record["pid"] else None


def _list(ctx: Context, params: dict[str, object]) -> Result:
    wanted = str(params["session"] or "")
    entries = []
    for record in runs.records(ctx.paths):
        if wanted and record["session"] != wanted:
            continue
        known = record["outcome"] != "running"
        entries.append(
            {
                name: record[name]
                for name in ("run_id", "session", "pane_id", "pane", "command", "started_at", "outcome")
            }
            | {"exit_code": record["exit_code"] if known else None}
        )
    return Result(entries, fields={"count": len(entries)})


def _output(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features import running  # noqa: PLC0415 - pane-run has it loaded while tmux types

    run_id, since = str(params["run_id"]), str(params["since"] or "")
    record = _record(ctx, run_id)
    running.offset_since(record, since)
    if record["outcome"] == "running":
        run = _resume(ctx, record)
        if run is None:
            record = running.settle_gone(ctx, record)
        else:
            outcome = running.Outcome("timeout")
            try:
                outcome = run.wait(0.001)
                text, lost = run.output.text_since(running.offset_since(run.record, since))
            finally:
                run.finish(outcome)
            kind = "running" if outcome.kind in ("timeout", "needs-input") else outcome.kind
            return _shown(record, text, kind, lost, run.output.size)
    size = record["bytes"]
    assert isinstance(size, int)
    text, lost = _since(record, running.offset_since(record, since), size)
    return _shown(record, text, str(record["outcome"]), lost, size)


def _since(record: dict[str, object], offset: int, size: int) -> tuple[str, int]:
    """What the record still has behind the offset; a record holds text, so a place within it is not known."""
    if offset >= size:
        return "", 0
    text = str(record["output"])
    data = text.encode()
    if not offset:
        return text, 0
    rest = size - offset
    return (data[-rest:].decode("utf-8", "ignore"), 0) if len(data) == size else (text, 0)


def _shown(record: dict[str, object], text: str, kind: str, lost: int, size: int) -> Result:
    fields = {
        "pane": record["pane"],
        "run_id": record["run_id"],
        "outcome": kind,
        "cursor": f"{record['run_id']}.{size}",
        "lost_bytes": lost,
        "untrusted": True,
    }
    return Result(text, pane_id=str(record["pane_id"]), fields=fields, exact=True)


_RUN_ID = Arg("run_id", "the run's id, as pane-run told it", required=True)
_RUN_FIELDS = (
    PANE_FIELD,
    Field(
        "outcome", "string", "exited, signalled, timeout, gone, busy, needs-input, unknown; running in the background"
    ),
    Field("exit_code", "integer", "the exit code; null where it is not known"),
    Field("signal", "string", "the signal that ended the pane's shell; null where none is known"),
    Field("signal_guess", "string", "the signal that an exit code above 128 usually means"),
    Field("duration_ms", "integer", "from the typing to the end, in milliseconds"),
    Field("bytes", "integer", "how many bytes were printed"),
    Field("truncated", "boolean", "whether the output's beginning was cut"),
    Field("run_id", "string", "the run's id"),
    Field("cursor", "string", "the end of this output, for pane-read and run-output; null where no log is kept"),
    UNTRUSTED,
)
_ENDS = ("ERR_COMMAND_FAILED", "ERR_TIMEOUT", "ERR_PANE_GONE", "ERR_NEEDS_INPUT", "ERR_UNKNOWN_OUTCOME")

COMMANDS = (
    Command(
        name="pane-run",
        summary="Run a command in the pane's own shell and tell its output and exit code.",
        run=_run,
        effect="write",
        target="pane",
        output="what the command printed, as text, nothing added",
        args=(
            SESSION,
            PANE,
            Arg("command", "the text to run, with any quotes; `-` reads it from stdin", required=True),
            Arg("timeout", "seconds to wait; 0 waits for ever", "seconds", default=0.0, positional=False),
            Arg("max-output", "bytes of output to keep, from its end", "integer", default=1 << 20, positional=False),
            Arg("stdin-file", "a file that the command reads", positional=False),
            Arg("raw", "the output as exact bytes, in base64", "flag", positional=False),
            Arg(
                "inline",
                "give the shell the text itself, over the terminal; without it that is done where the shell in front "
                "can't read our files (su, sudo, ssh, docker exec, chroot)",
                "flag",
                positional=False,
            ),
            Arg("propagate", "exit with the command's own code", "flag", positional=False),
            Arg("background", "answer at once with a run_id", "flag", positional=False),
        ),
        returns=_RUN_FIELDS,
        errors=(*NO_PANE, "ERR_BUSY", "ERR_TOO_LARGE", "ERR_STATE", "ERR_UNSUPPORTED", *_ENDS),
        examples=(
            "bridge pane-run dev 0 'make test' --timeout 600 | jq .exit_code",
            "bridge pane-run dev 0 'ls -l' | jq -r .output",
        ),
        waits=True,
        script=False,
    ),
    Command(
        name="run-result",
        summary="Tell how a run went, or that it goes on.",
        run=_result,
        effect="read",
        target="none",
        output="what the command printed",
        args=(_RUN_ID, Arg("wait", "seconds to wait for its end", "seconds", default=0.0, positional=False)),
        returns=_RUN_FIELDS,
        errors=("ERR_RUN_NOT_FOUND", "ERR_STATE", *_ENDS),
        examples=("bridge run-result 1f2e3d4c5b6a --wait 60 | jq .outcome",),
        waits=True,
        script=False,
    ),
    Command(
        name="run-list",
        summary="List the runs that are known, the newest first.",
        run=_list,
        effect="read",
        target="none",
        output="run_id, session, pane_id, pane, command, started_at, outcome, exit_code of each",
        args=(Arg("session", "only those of this session", positional=False),),
        returns=(Field("count", "integer", "how many there are"),),
        errors=("ERR_STATE",),
        examples=("bridge run-list --session dev | jq '.output[].run_id'",),
        script=False,
    ),
    Command(
        name="run-output",
        summary="Tell what a run has printed so far, or since a cursor.",
        run=_output,
        effect="read",
        target="none",
        output="text",
        args=(_RUN_ID, Arg("since", "the cursor of an earlier answer about this run", positional=False)),
        returns=(
            PANE_FIELD,
            Field("run_id", "string", "the run's id"),
            Field("outcome", "string", "as pane-run tells it; running while it goes on"),
            Field("cursor", "string", "the end of this output, for run-output alone"),
            Field("lost_bytes", "integer", "bytes since the cursor that were not kept"),
            UNTRUSTED,
        ),
        errors=("ERR_RUN_NOT_FOUND", "ERR_STATE"),
        examples=("bridge run-output 1f2e3d4c5b6a | jq -r .output",),
        waits=True,
        script=False,
    ),
)
