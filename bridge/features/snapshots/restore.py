"""A session brought back from a snapshot: planned, built, filled, and compared with what was saved."""

from __future__ import annotations

import os
import time

from bridge import pause
from bridge.context import Context
from bridge.core import comparison, limits, promptstate, shellwords, snapshots
from bridge.core.comparison import Comparison
from bridge.core.names import check_session_name
from bridge.errors import BridgeError
from bridge.features.daemon import lifecycle
from bridge.features.panes import delivery, keystrokes, lookup, mirror
from bridge.features.runs import shellprompt
from bridge.features.snapshots import keepsakes, plans, save
from bridge.features.snapshots.build import Builder, Built, exists, is_torso
from bridge.features.snapshots.plans import KEPT_BACK, RUN, SHELL, PanePlan, Plan
from bridge.model import Pane
from bridge.spec import counted
from bridge.store.paths import ensure
from bridge.system import foreground
from bridge.tmux import argv

REFUSE, SKIP = "refuse", "skip"  # anything else: under another name
_SHELLS_WITHIN = 4.0
_SETTLED_WITHIN = 1.0
_STALE_SECONDS = 3600


class Restored:
    """What came of it. `session_id` is empty where nothing was made."""

    __slots__ = ("comparison", "failures", "file", "panes", "plan", "session_id", "skipped")

    def __init__(self, file: str, plan: Plan) -> None:
        self.file = file
        self.plan = plan
        self.session_id = ""
        self.skipped = False
        self.failures: list[str] = []
        self.panes: list[dict[str, object]] = []
        self.comparison: Comparison | None = None


def restore(
    ctx: Context,
    word: str,
    *,
    name: str = "",
    replay: bool = False,
    allowed: tuple[str, ...] = (),
    dry_run: bool = False,
    atomic: bool = False,
    on_conflict: str = REFUSE,
) -> Restored:
    """Bring a session back. A file that can't be believed is refused before tmux is asked anything.

    A session that is there is never touched: the call is refused, takes the next free name, or is
    content. Commands are typed and not run, unless `replay` or one of the `allowed` patterns says so.
    With `atomic`, a window, pane or layout that could not be made undoes all that was made.

    Raises ERR_SNAPSHOT, ERR_SNAPSHOT_NOT_FOUND, ERR_BAD_NAME, ERR_BAD_PATTERN, ERR_SESSION_EXISTS,
    ERR_STATE, ERR_LOCKED, and with `atomic` ERR_INCOMPLETE.
    """
    file = keepsakes.find(ctx, word)
    wanted = name or str(file.document["session_name"])
    check_session_name(wanted)
    plan = plans.make(ctx, file.document, wanted, replay=replay, allowed=allowed)
    result = Restored(file.path, plan)
    taken = _names(ctx)
    if taken:
        plans.leave_unknown(plan, _options(ctx, "-g"), _options(ctx, "-gw"))
    if wanted in taken and not _is_torso(ctx, wanted, sweep=not dry_run):
        if on_conflict == REFUSE:
            raise exists(wanted)
        if on_conflict == SKIP:
            result.skipped = True
            return result
        plan.name = _free(wanted, taken)
    if dry_run:
        return result
    with ctx.lock(plan.name):
        builder = Builder(ctx, plan, _scratch(ctx))
        try:
            with pause.heeded():
                _build(ctx, builder, result)
        except BaseException:
            if builder.built.session_id:
                builder.drop()
            raise
        if result.failures and atomic:
            builder.drop()
            raise incomplete(result, undone=True)
        result.session_id = builder.built.session_id
        ctx.progress(f"{plan.name}: comparing with the snapshot")
        try:
            with pause.heeded():
                _verify(ctx, builder.built, result)
        except pause.Cancelled:
            mirror.write(ctx, plan.name, lookup.survey(ctx, result.session_id).panes, new=True)
            raise
        mirror.write(ctx, plan.name, lookup.survey(ctx, result.session_id).panes, new=True)
    return result


def incomplete(result: Restored, *, undone: bool = False) -> BridgeError:
    """Something could not be made; the answer says what."""
    told = ", ".join(result.failures)
    return BridgeError(
        "ERR_INCOMPLETE",
        f"could not be made: {told}; " + ("what had been made was taken away again" if undone else "the rest is there"),
        hint="`lost` gives the reasons; --atomic leaves nothing where something fails",
        fields=fields(result, gone=undone),
    )


def fields(result: Restored, *, gone: bool = False) -> dict[str, object]:
    """What an answer tells of a restore."""
    plan = result.plan
    found = result.comparison
    return {
        "file": result.file,
        "session_name": plan.name,
        "session_id": None if gone or not result.session_id else result.session_id,
        "skipped": result.skipped,
        "window_count": len(plan.windows),
        "pane_count": len(plan.panes),
        "panes": [] if gone else result.panes,
        "commands": plans.commands(plan),
        "lost": plan.lost,
        "score": None if found is None or gone else found.scores(),
        "score_percent": None if found is None or gone else found.percent(),
    }


def _build(ctx: Context, builder: Builder, result: Restored) -> None:
    ctx.progress(f"{result.plan.name}: making {counted(len(result.plan.panes), 'pane')}")
    built = builder.build()
    result.failures = built.failures
    _await_shells(ctx, built)
    found = {pane.id: pane for pane in lookup.survey(ctx, built.session_id).panes}
    for pane_id, plan in built.panes.items():
        if pane_id in found and plan.action not in (SHELL, KEPT_BACK):
            _give(ctx, result.plan, found[pane_id], plan)
    builder.finish()
    if any(name in limits.OPTIONS for plan in built.panes.values() for name in plan.options):
        lifecycle.ask(ctx, {"op": "limits", "pane": next(iter(built.panes))})
    result.panes = [
        {"item": plan.item, "pane": pane_id, "label": plan.saved["label"]} for pane_id, plan in built.panes.items()
    ]


def _names(ctx: Context) -> set[str]:
    answer = ctx.tmux.run(("list-sessions", "-F", argv.framed(("session_name",))))
    if answer.status:
        return set()
    from bridge.tmux import rows  # noqa: PLC0415

    return {row[0] for row in rows.unframe(answer.output, 1)}


def _options(ctx: Context, *flags: str) -> set[str]:
    """The names of the options that this tmux has."""
    text = ctx.tmux.ask(("show-options", *flags)).decode("utf-8", "replace")
    return {row.partition(" ")[0].partition("[")[0] for row in text.splitlines()}


def _free(name: str, taken: set[str]) -> str:
    number = 2
    while True:
        ending = f"-{number}"
        candidate = name[: 64 - len(ending)].rstrip(" ") + ending
        if candidate not in taken:
            return candidate
        number += 1


def _is_torso(ctx: Context, name: str, *, sweep: bool) -> bool:
    """Whether a killed restore has left this session half-built and nobody looks at it; `sweep` takes it away."""
    found = lookup.survey(ctx, name)
    target = f"{found.session_id}:"
    answer = ctx.tmux.run(("display-message", "-p", "-t", target, argv.framed((argv.RESTORING, "session_attached"))))
    from bridge.tmux import rows  # noqa: PLC0415

    values = rows.unframe(answer.output, 2) if not answer.status else []
    if len(values) != 1 or not values[0][0] or values[0][1] != "0" or not is_torso(values[0][0]):
        return False
    if not sweep:
        return True
    same = f"#{{==:#{{{argv.RESTORING}}},{values[0][0]}}}"
    answer = ctx.tmux.run(argv.only_if(target, same, ("kill-session", "-t", found.session_id)))
    return not answer.status and b"REFUSED" not in answer.output


def _scratch(ctx: Context) -> str:
    """A directory for texts on their way into panes; what a killed restore left there is removed."""
    directory = ensure(f"{ctx.paths.base}/restoring")
    for name in os.listdir(directory):
        path = f"{directory}/{name}"
        try:
            if time.time() - os.lstat(path).st_mtime > _STALE_SECONDS:
                os.unlink(path)
        except OSError:
            continue
    return directory


def _await_shells(ctx: Context, built: Built) -> None:
    """Wait until the shells prompt: what they do at their start would undo titles and spoil typed text."""
    waiting = {pane.id: pane for pane in lookup.survey(ctx, built.session_id).panes}
    end = time.monotonic() + _SHELLS_WITHIN
    while waiting and time.monotonic() < end:
        ctx.progress(f"until {counted(len(waiting), 'shell')} at the prompt")
        for pane_id, pane in list(waiting.items()):
            if promptstate.verdict(foreground.look(pane.pid, pane.tty)) in (promptstate.IDLE, promptstate.GONE):
                del waiting[pane_id]
        if waiting:
            pause.nap(0.005)


def _give(ctx: Context, plan: Plan, pane: Pane, wanted: PanePlan) -> None:
    """Type the command at the pane's prompt; press Enter where it is to run."""
    try:
        prompt = shellprompt.await_prompt(ctx, pane)
        text = shellwords.line(wanted.commands, prompt.shell)
        if text is None:
            wanted.action = KEPT_BACK
            plan.lose(wanted.item, "command", f"{prompt.shell} has no way to write its control characters")
            return
        wanted.text = text
        if wanted.action == RUN:
            keystrokes.type_lines(ctx, pane, text)
        else:
            delivery.paste(ctx, pane, text.encode("utf-8", "surrogateescape"), raw=False)
    except BridgeError as problem:
        wanted.action = KEPT_BACK
        plan.lose(wanted.item, "command", problem.message)


def _verify(ctx: Context, built: Built, result: Restored) -> None:
    """Save again and compare; what tmux still has to do is given a moment."""
    before = result.plan.document
    # A command that is typed and not run is as it should be; what was to run is compared.
    run = any(pane.action == RUN for pane in result.plan.panes)
    without = () if run else comparison.RUNNING
    scrollback = any(pane.saved.get("history") for pane in result.plan.panes)
    end = time.monotonic() + _SETTLED_WITHIN
    while True:
        after = snapshots.unseal(save.sealed(save.take(ctx, built.session_id, scrollback=scrollback)))
        found = comparison.compare(before, after, without=without, inherited=True)
        if not found.differences or time.monotonic() >= end:
            break
        if all(_is_told(result.plan, difference) for difference in found.differences):
            break
        pause.nap(0.1)
    result.comparison = found
    for difference in found.differences:
        if not _is_told(result.plan, difference):
            reason = f"saved as {_short(difference['before'])}, and now it is {_short(difference['after'])}"
            result.plan.lose(str(difference["item"]), str(difference["field"]), reason)


def _is_told(plan: Plan, difference: dict[str, object]) -> bool:
    # `session_options` is what is lost as `options`.
    field = str(difference["field"])
    return any(entry["item"] == difference["item"] and field.endswith(str(entry["field"])) for entry in plan.lost)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
