"""Typing a command into a pane's own shell, so that its end can be told.

The shell sources a file (core.runscript); what follows the typing is features.runs.execution's.
"""

from __future__ import annotations

import posix
import time

from bridge import errors
from bridge.context import Context
from bridge.core import shellhook
from bridge.core.outcome import UNKNOWN
from bridge.core.runscript import Run, display, script, typed_line
from bridge.errors import BridgeError
from bridge.features.output import logfiles
from bridge.features.output.bytelog import ByteLog, release_kept, take_gate
from bridge.features.panes import keystrokes
from bridge.features.runs import exitstatus, lineeditor, shellprompt
from bridge.model import Pane
from bridge.store import runs
from bridge.system import clock, ids, process
from bridge.system.foreground import Prompt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.features.runs.execution import Running

LARGEST_COMMAND = 8_000_000
_ABANDONED_AFTER = 60.0


def check_command(command: str) -> None:
    """Raise ERR_USAGE for a text without a command, ERR_TOO_LARGE for one that is too long."""
    if not command.strip():
        raise errors.usage("command: is empty", hint="give the text to run, quoted as one word")
    size = len(command.encode("utf-8", "surrogateescape"))
    if size > LARGEST_COMMAND:
        raise BridgeError(
            "ERR_TOO_LARGE",
            f"the command has {size} bytes, {LARGEST_COMMAND} are allowed",
            hint="put it in a file and run that",
        )


def start(
    ctx: Context,
    pane: Pane,
    command: str,
    *,
    stdin_path: str = "",
    most: int = 1 << 20,
    within: float = 0.0,
    subshell: bool = False,
    inline: bool = False,
) -> Running:
    """Type the command, once there is a prompt within so many seconds (0: as shellprompt.await_prompt).

    `subshell` runs it in a shell of its own. Raises as that; nothing is typed and nothing is left then. A shell that
    can't read our files, or with `inline` any, is given the text itself; raises as features.runs.transfer then.
    """
    prompt = shellprompt.await_prompt(ctx, pane, within, inline=inline)
    if prompt.inline:
        if subshell:
            raise BridgeError(
                "ERR_UNSUPPORTED",
                f"the shell in pane {pane.address} is given the text itself, which a subshell cannot be",
                hint="put the text in brackets: ( … )",
                pane_id=pane.address,
            )
        return _start_inline(ctx, pane, prompt, command, stdin_path, most)
    run = Run(ids.nonce()[: runs.ID_LENGTH], ids.nonce(), runs.directory(ctx.paths))

    keys = lineeditor.keys(ctx, pane, prompt)
    offered = bool(keys) or lineeditor.knows_offers(ctx, pane, prompt)
    line = shellhook.typed_line(prompt.shell) if offered else typed_line(prompt.shell, run)
    # fish takes the leading blank off a bracketed paste, and would keep the line in its history.
    plain = prompt.shell == "fish"
    record: dict[str, object] = {}
    commands: tuple[tuple[str, ...], ...] = ()
    held = -1
    shown = tuple(display(command).split("\n"))

    def prepare(log: ByteLog) -> tuple[tuple[str, ...], ...]:
        nonlocal commands, held
        unfinished = runs.unfinished(ctx.paths)
        _refuse_second(ctx, pane, prompt, unfinished)
        _sweep(ctx, unfinished, idle=0 if prompt.nested else pane.pid)
        offer = runs.offer_path(ctx.paths, pane.id, prompt.pid)
        hook = runs.hook_file(ctx.paths, prompt.shell)
        lines = script(prompt.shell, run, command, stdin_path, hook, offer, subshell=subshell)
        runs.write_script(run, lines, command)
        held = runs.hold(run)
        record.update(_describe(pane, prompt, run, command, log, most))
        runs.write_record(ctx.paths, record)
        if offered:
            runs.offer(ctx.paths, pane.id, prompt.pid, run)
        before = "" if keys else lineeditor.clear(ctx, pane, prompt)
        typed = keystrokes.prepare(ctx, pane, line, raw=plain, before=before, shown=shown, keys=keys)
        commands = (exitstatus.holding(pane), *typed)
        ctx.typed = True
        return commands

    def again() -> bool:
        """Type the line where the shell did not take the keys, for whatever reason; whether it was typed."""
        if not lineeditor.withdraw(ctx, pane, prompt):
            return False
        before = lineeditor.clear(ctx, pane, prompt, sure=False)
        line = typed_line(prompt.shell, run)
        keystrokes.send(ctx, pane, keystrokes.prepare(ctx, pane, line, raw=plain, before=before, shown=shown))
        return True

    log = None
    ctx.tmux.meanwhile = ("bridge.features.runs.execution",)
    try:
        log = ByteLog(ctx, pane, then=prepare)
        if not log.followed:
            gate = take_gate(ctx)
            try:
                keystrokes.send(ctx, pane, commands or prepare(log))
            finally:
                posix.close(gate)
    except BaseException:
        if held >= 0:
            posix.close(held)
        runs.remove_working(run)
        runs.remove_record(ctx.paths, run.run_id)
        if log is not None:
            log.close()
        elif commands:
            ctx.tmux.run(commands[-1])
        raise
    from bridge.features.runs.execution import Running  # noqa: PLC0415 - loaded while tmux types

    running = Running(ctx, pane, record, log, most, held)
    running.again = again if keys else None
    return running


def _start_inline(ctx: Context, pane: Pane, prompt: Prompt, command: str, stdin_path: str, most: int) -> Running:
    from bridge.features.runs import transfer  # noqa: PLC0415 - few panes have such a shell in front

    if stdin_path:
        raise BridgeError(
            "ERR_UNSUPPORTED",
            f"the shell in pane {pane.address} can't read {stdin_path!r}: it is another user's, root's or machine's",
            hint="give the text with the command, as a here-document",
            pane_id=pane.address,
        )

    def prepare(run: Run, log: ByteLog) -> tuple[dict[str, object], str]:
        unfinished = runs.unfinished(ctx.paths)
        _refuse_second(ctx, pane, prompt, unfinished)
        _sweep(ctx, unfinished, idle=0)
        return _describe(pane, prompt, run, command, log, most), _clearing(ctx, pane, prompt)

    return transfer.start(ctx, pane, prompt, command, most, prepare)


def _clearing(ctx: Context, pane: Pane, prompt: Prompt) -> str:
    """The keys that take a draft away in a shell that can't read our files."""
    if prompt.inline == "here":
        return lineeditor.clear(ctx, pane, prompt)
    # Behind a carrier nobody knows whether an interrupt would meet a line editor or somebody's program.
    return "A\x05\x15"


def _refuse_second(ctx: Context, pane: Pane, prompt: Prompt, unfinished: list[tuple[dict[str, object], float]]) -> None:
    """Raise ERR_BUSY where another run of this pane is waited for, or was begun since its prompt was looked at."""
    for record, ended_for in unfinished:
        if (record["pane"], record["pid"]) != (pane.id, pane.pid):
            continue
        fresh = not ended_for and float(str(record["began"])) > prompt.at
        if fresh or runs.is_held(ctx.paths, str(record["run_id"])):
            raise shellprompt.busy(pane, f"run {record['run_id']} goes on there")


def _sweep(ctx: Context, unfinished: list[tuple[dict[str, object], float]], idle: int) -> None:
    """Settle the runs that ended while nobody waited for them, and drop the oldest records.

    `idle` is the pid of a shell that is at its prompt: whatever it was to run long ago runs no more, such
    as a line that was typed and cleared again.
    """
    for record, ended_for in unfinished:
        if record["outcome"] != "running":  # its call was killed while it gave everything back
            run_id = str(record["run_id"])
            if not runs.is_held(ctx.paths, run_id):
                runs.remove_working(Run(run_id, "", runs.directory(ctx.paths)))
            continue
        pid = record["pid"]
        assert isinstance(pid, int)
        age = time.monotonic() - float(str(record["began"]))
        lost = pid == idle and not record["nested"] and not ended_for and age > _ABANDONED_AFTER
        if lost or ended_for > _ABANDONED_AFTER or process.has_ended(pid):
            if runs.is_held(ctx.paths, str(record["run_id"])):
                continue  # whoever waits for it settles it
            from bridge.features.runs.records import settle_gone  # noqa: PLC0415 - few are left behind

            settle_gone(ctx, record, otherwise="" if process.has_ended(pid) else UNKNOWN)
    going_on = runs.working(ctx.paths)
    for pane_id, pid, name in logfiles.kept(ctx):
        if runs.is_run_id(name) and name not in going_on:
            release_kept(ctx, pane_id, pid, name)  # its call was killed while it gave everything back
    for path, pid in runs.pane_files(ctx.paths):
        if process.has_ended(pid):
            runs.remove_pane_file(path)
    runs.trim(ctx.paths)


def _describe(pane: Pane, prompt: Prompt, run: Run, command: str, log: ByteLog, most: int) -> dict[str, object]:
    return {
        "run_id": run.run_id,
        "nonce": run.nonce,
        "session": pane.session,
        "session_id": pane.session_id,
        "pane": pane.id,
        "pane_id": pane.address,
        "pid": pane.pid,
        "shell": prompt.shell,
        "image": prompt.identity,
        "nested": prompt.nested,
        "inline": bool(prompt.inline),
        "pane_size": [pane.width, pane.height],
        "command": command[:2000],
        "started_at": clock.timestamp(),
        "began": time.monotonic(),
        "began_at": time.time(),
        "server": process.parent_started(pane.pid),
        "most": most,
        "offset": log.start,
        "generation": log.generation,
        "outcome": "running",
    }
