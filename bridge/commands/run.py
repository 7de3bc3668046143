"""Running commands in panes, and asking later how they went."""

from __future__ import annotations

import posix

from bridge import errors
from bridge.commands import runanswer
from bridge.commands.words import NO_PANE, PANE, PANE_FIELD, SESSION, UNTRUSTED, integer, seconds
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.panes import lookup
from bridge.features.runs import launch
from bridge.spec import Arg, Command, Field, Result
from bridge.store import runs
from bridge.system import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.features.runs.execution import Running

LARGEST_OUTPUT = 256 * 1024 * 1024
_AT_ONCE = 0.001


def _run(ctx: Context, params: dict[str, object]) -> Result:
    command, most = _text(str(params["command"])), integer(params["max-output"])
    launch.check_command(command)
    if most > LARGEST_OUTPUT:
        raise errors.usage(f"max-output: too large: {most}", hint=f"at most {LARGEST_OUTPUT}")
    stdin_path = _readable(str(params["stdin-file"] or ""))
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    raw, propagate = bool(params["raw"]), bool(params["propagate"])
    try:
        run = launch.start(
            ctx,
            pane,
            command,
            stdin_path=stdin_path,
            most=most,
            within=seconds(params["timeout"]),
            subshell=bool(params["subshell"]),
            inline=bool(params["inline"]),
        )
    except BridgeError as problem:
        told = {"ERR_BUSY": "busy", "ERR_PANE_GONE": "gone", "ERR_UNKNOWN_OUTCOME": "unknown"}
        kind = told.get(problem.code)
        problem.fields = {"pane": pane.id, **runanswer.EMPTY, "outcome": kind, "pane_ended": kind == "gone"}
        problem.exit_status = 125 if propagate else 1
        problem.output, problem.exact = "", True
        raise
    if params["background"]:
        run.leave()
        fields = {
            "pane": pane.id,
            **runanswer.EMPTY,
            "outcome": "running",
            "run_id": run.run.run_id,
            "cursor": run.cursor,
        }
        return Result("", pane_id=pane.address, fields=fields, exact=True)
    return _await(run, pane.address, seconds(params["timeout"]), raw=raw, propagate=propagate)


def _text(command: str) -> str:
    """The command; `-` stands for our stdin, since no argument can be longer than 128 kB."""
    if command != "-":
        return command
    chunks, size = [], 0
    while size <= launch.LARGEST_COMMAND and (chunk := posix.read(0, 1 << 16)):
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


def _await(run: Running, pane_id: str, timeout: float, *, raw: bool, propagate: bool, within: float = 0.0) -> Result:
    """Wait `within` seconds (0: as long as `timeout`), and answer."""
    outcome = run.complete(within or timeout)
    if raw:
        from base64 import b64encode  # noqa: PLC0415 - only for --raw

        data, truncated = run.output.raw()
        output = b64encode(data).decode()
    else:
        output, truncated = run.output.text()
    fields = {
        "pane": run.pane.id,
        **runanswer.EMPTY,
        **runanswer.how(outcome.kind, outcome.exit_code, outcome.signal, pane_ended=outcome.pane_ended),
        "duration_ms": run.duration_ms,
        "bytes": run.output.size,
        "truncated": truncated or outcome.truncated,
        "run_id": run.run.run_id,
        "cursor": run.cursor,
    }
    return runanswer.answer(fields, output, pane_id, timeout, propagate=propagate, begun=run.output.begun)


def _result(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.runs import records  # noqa: PLC0415 - pane-run has it loaded while tmux types

    wait = seconds(params["wait"])
    record = _record(ctx, str(params["run_id"]))
    pane_id = str(record["pane_id"])
    if record["outcome"] == "running":
        run = _resume(ctx, record)
        if run is not None:
            return _await(run, pane_id, wait, raw=False, propagate=False, within=wait or _AT_ONCE)
        record = records.settle_gone(ctx, record)
    outcome = str(record["outcome"])
    ended = bool(record.get("pane_ended"))
    fields = {
        "pane": record["pane"],
        **runanswer.EMPTY,
        **runanswer.how(outcome, record["exit_code"], record["signal"], pane_ended=ended),
    }
    fields |= {name: record[name] for name in ("duration_ms", "bytes", "truncated", "run_id")}
    fields["cursor"] = records.cursor(ctx, record, integer(record["bytes"]))
    text, _ = records.stored(ctx, record).text()
    return runanswer.answer(fields, text, pane_id, wait, propagate=False)


def _record(ctx: Context, run_id: str) -> dict[str, object]:
    record = runs.read_record(ctx.paths, run_id)
    if record is None:
        raise BridgeError("ERR_RUN_NOT_FOUND", f"no run has the id {run_id!r}", hint="bridge run-list lists them")
    return record


def _resume(ctx: Context, record: dict[str, object]) -> Running | None:
    """The run in its pane, None where the pane is not there any more."""
    from bridge.features.runs import execution  # noqa: PLC0415 - pane-run has it loaded while tmux types

    try:
        _, pane = lookup.find(ctx, str(record["session_id"]), str(record["pane"]))
    except BridgeError as problem:
        if problem.code in ("ERR_SESSION_NOT_FOUND", "ERR_PANE_NOT_FOUND", "ERR_SERVER_GONE"):
            return None
        raise
    return execution.resume(ctx, pane, record) if pane.pid == record["pid"] else None


def _list(ctx: Context, params: dict[str, object]) -> Result:
    wanted, limit = str(params["session"] or ""), integer(params["limit"])
    found = [record for record in runs.records(ctx.paths) if not wanted or record["session"] == wanted]
    if not params["all"]:
        # Of the server that runs, or of the last one that had a run.
        server = _server(ctx) or next((record.get("server") for record in found), "")
        found = [record for record in found if record.get("server", server) == server]
    entries: list[dict[str, object]] = []
    for known in found:
        record = _settled(ctx, known) if known["outcome"] == "running" else known
        if params["running"] and record["outcome"] != "running":
            continue
        ended = record["outcome"] != "running"
        names = ("run_id", "session", "pane_id", "pane", "command", "started_at", "outcome")
        entry = {name: record[name] for name in names}
        entry |= {"exit_code": record["exit_code"] if ended else None}
        entries.append(entry | {"duration_ms": record["duration_ms"] if ended else None})
        if limit and len(entries) == limit:
            break
    return Result(entries, fields={"count": len(entries)})


def _server(ctx: Context) -> str:
    """What tells the tmux server that runs from others before it, empty where none runs."""
    answer = ctx.tmux.run(("display-message", "-p", "#{pid}"))
    pid = answer.output.strip()
    return process.started(int(pid)) if answer.status == 0 and pid.isdigit() else ""


def _settled(ctx: Context, record: dict[str, object]) -> dict[str, object]:
    """The record as it is once what has ended is settled; a run that somebody waits for is theirs to settle."""
    from bridge.core.runscript import Run  # noqa: PLC0415 - few runs are left to be settled
    from bridge.features.runs import records  # noqa: PLC0415

    run_id = str(record["run_id"])
    if runs.is_held(ctx.paths, run_id):
        return record
    if process.has_ended(integer(record["pid"])):
        return records.settle_gone(ctx, record)
    if runs.read_end(Run(run_id, str(record["nonce"]), runs.directory(ctx.paths))) >= 0:
        run = _resume(ctx, record)
        if run is not None:
            run.complete(_AT_ONCE)
            return run.record
    return record


def _output(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.core.outcome import TIMEOUT, Outcome  # noqa: PLC0415 - pane-run has it loaded while tmux types
    from bridge.features.runs import records  # noqa: PLC0415

    run_id, since = str(params["run_id"]), str(params["since"] or "")
    record = _record(ctx, run_id)
    records.offset_since(record, since)
    if record["outcome"] == "running":
        run = _resume(ctx, record)
        if run is None:
            record = records.settle_gone(ctx, record)
        else:
            outcome = Outcome(TIMEOUT)
            try:
                outcome = run.wait(_AT_ONCE)
                text, lost = run.output.text_since(records.offset_since(run.record, since))
            finally:
                run.finish(outcome)
            kind = outcome.kind if outcome.is_final else "running"
            cut = outcome.truncated or run.output.is_cut
            return _shown(record, text, kind, lost, run.output.size, truncated=cut)
    text, lost = records.stored(ctx, record).text_since(records.offset_since(record, since))
    return _shown(
        record, text, str(record["outcome"]), lost, integer(record["bytes"]), truncated=bool(record["truncated"])
    )


def _shown(record: dict[str, object], text: str, kind: str, lost: int, size: int, *, truncated: bool) -> Result:
    fields = {
        "pane": record["pane"],
        "run_id": record["run_id"],
        "outcome": kind,
        "cursor": f"{record['run_id']}.{size}",
        "lost_bytes": lost,
        "truncated": truncated,
        "untrusted": True,
    }
    return Result(text, pane_id=str(record["pane_id"]), fields=fields, exact=True)


_RUN_ID = Arg("run_id", "the run's id, as pane-run told it", "word", required=True)
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
            Arg(
                "subshell",
                "run it in a shell of its own: exit, set -e, cd and export end there; $$ is still the pane's shell",
                "flag",
                positional=False,
            ),
            Arg("background", "answer at once with a run_id", "flag", positional=False),
        ),
        returns=runanswer.RUN_FIELDS,
        errors=(*NO_PANE, "ERR_BUSY", "ERR_TOO_LARGE", "ERR_STATE", "ERR_UNSUPPORTED", *runanswer.ENDS),
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
        returns=runanswer.RUN_FIELDS,
        errors=("ERR_RUN_NOT_FOUND", "ERR_STATE", *runanswer.ENDS),
        examples=("bridge run-result 1f2e3d4c5b6a --wait 60 | jq .outcome",),
        waits=True,
        script=False,
    ),
    Command(
        name="run-list",
        summary="List the runs that are known, the newest first, and how those went that have ended.",
        run=_list,
        effect="read",
        target="none",
        output="run_id, session, pane_id, pane, command, started_at, outcome, exit_code, duration_ms of each",
        args=(
            Arg("session", "only those of this session", positional=False),
            Arg("running", "only those that go on", "flag", positional=False),
            Arg("limit", "at most so many, the newest; 0 for all", "integer", default=0, positional=False),
            Arg("all", "those of tmux servers that have ended, too", "flag", positional=False),
        ),
        returns=(Field("count", "integer", "how many there are"),),
        errors=("ERR_STATE",),
        examples=(
            "bridge run-list --session dev | jq '.output[].run_id'",
            "bridge run-list --running --limit 5",
        ),
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
            Field("truncated", "boolean", "whether the output's beginning was cut, or its end may be missing"),
            UNTRUSTED,
        ),
        errors=("ERR_RUN_NOT_FOUND", "ERR_STATE"),
        examples=("bridge run-output 1f2e3d4c5b6a | jq -r .output",),
        waits=True,
        script=False,
    ),
)
