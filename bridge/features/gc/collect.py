"""Clean-up: look, look again, save, end. Nothing is ended that two looks and tmux itself do not agree on."""

from __future__ import annotations

from bridge import pause
from bridge.context import Context
from bridge.core import gc
from bridge.core.gc import COLLECT, KEEP, PENDING, Seen, Verdict
from bridge.errors import BridgeError, usage
from bridge.features.gc import evidence, leftovers
from bridge.features.gc.evidence import Limits, Look, Target
from bridge.features.panes import mirror
from bridge.features.snapshots import save
from bridge.model import Pane
from bridge.store.gc import Collection
from bridge.system import clock, ids
from bridge.tmux import argv, rows
from bridge.tmux import gc as tmux_gc
from bridge.tmux.client import failed

FORCED_APART = 1.0
EVENT = "gc-collected"
_SHOWS_WITHIN = 0.3  # a shell on a busy machine echoes late
TOLD = ("session", "pane")
KINDS = {
    "session": "sessions",
    "pane": "panes",
    "state": "files",
    "left-over": "files",
    "cgroup": "files",
    "unpacked": "files",
    "autosave": "snapshots",
    "log": "logs",
}


class Outcome:
    """What a run did. Entries are objects as the answer and the journal show them."""

    __slots__ = ("kept", "pending", "refused", "removed", "server_ended")

    def __init__(self) -> None:
        self.removed: list[dict[str, object]] = []
        self.pending: list[dict[str, object]] = []
        self.kept: list[dict[str, object]] = []
        self.refused: list[dict[str, object]] = []
        self.server_ended = False

    def counts(self) -> dict[str, int]:
        """How much was removed, by kind."""
        found = dict.fromkeys(KINDS.values(), 0)
        for item in self.removed:
            found[KINDS[str(item["kind"])]] += 1
        return found


def sentence(item: dict[str, object]) -> str:
    """What was removed and why, for a person."""
    idle = f", idle {item['idle_seconds']} s of {item['ttl_seconds']} s" if "idle_seconds" in item else ""
    return f"{item['kind']} {item['name']}: {item['reason']}{idle}"


def tell(ctx: Context, outcome: Outcome) -> None:
    """Make an event for each session and pane that was ended; that it cannot be stored undoes nothing."""
    from bridge.core import events  # noqa: PLC0415 - a run without an end makes no events
    from bridge.features.events import eventlog  # noqa: PLC0415

    for item in outcome.removed:
        if item["kind"] in TOLD:
            name, stamp = str(item["session"]), clock.timestamp()
            try:
                eventlog.publish(ctx, events.make(ids.nonce(), EVENT, name, stamp, message=sentence(item), data=item))
            except BridgeError as problem:
                ctx.note("warn", f"the event could not be stored: {problem.message}")


def open_files(ctx: Context) -> Collection:
    """The files of clean-up of this tmux server."""
    return Collection(ctx.paths.base, ctx.config.lock_timeout)


def limits(ctx: Context, flag: float | None, policy: dict[str, object]) -> Limits:
    """What decides about the time to live besides the sessions themselves. Raises ERR_USAGE for a bad GC_TTL."""
    environment = None
    text = ctx.environ.get("GC_TTL")
    if text:
        environment = gc.read_ttl(text)
        if environment < 0:
            raise usage(f"GC_TTL: not a number of seconds: {text!r}", hint="unset it or give 7200")
    if flag is not None and not 1 <= flag <= 2**31:
        raise usage(f"ttl: not a time to live: {flag:g}", hint="give whole seconds from 1 on, such as 7200")
    configured = policy.get("ttl_seconds")
    return Limits(flag, environment, float(configured) if isinstance(configured, (int, float)) else None)


def preview(ctx: Context, flag: float | None = None) -> Outcome:
    """What a run would do now, by one look; nothing is changed or remembered."""
    return _run(ctx, flag, force=False, act=False)


def run(ctx: Context, flag: float | None = None, *, force: bool = False, dry_run: bool = False) -> Outcome:
    """Collect what may be collected. With `force` both looks are taken now, a second apart.

    Raises what tmux and the state files raise; nothing was ended then by this look.
    """
    if dry_run:
        return _run(ctx, flag, force=force, act=False)
    files = open_files(ctx)
    with files.run_lock():
        try:
            return _run(ctx, flag, force=force, act=True)
        except BridgeError as problem:
            files.note(
                {
                    "timestamp": clock.timestamp(),
                    "decision": "error",
                    "reason": problem.code,
                    "message": problem.message,
                }
            )
            raise


def _run(ctx: Context, flag: float | None, *, force: bool, act: bool) -> Outcome:
    files = open_files(ctx)
    policy = files.policy(clock.epoch())
    said = limits(ctx, flag, policy)
    apart = FORCED_APART if force else seconds_apart(ctx)
    if act:
        leftovers.sweep_leases(ctx)
        ctx.tmux.run(*tmux_gc.HOOKS_OFF)  # of a run that was killed; this one holds the lock
    memory = Memory(files.looks(clock.epoch()))
    ctx.progress("looking")
    if force:
        _judge(evidence.look(ctx, said, memory.least_offset), memory, apart)
        ctx.progress("looking again in a second")
        pause.nap(FORCED_APART + 0.05)
    look = evidence.look(ctx, said, memory.least_offset)
    if act:
        for session_id in look.watched:  # a run that was killed has left them so; this one holds the lock
            ctx.tmux.run(*tmux_gc.unwatch(session_id))
    verdicts = _judge(look, memory, apart)
    found = leftovers.find(ctx, look.files_moment, look.names if look.server else None)
    outcome = Outcome()
    run_id = ids.nonce()[:12]
    if act:
        files.store_looks(memory.document)  # before anything is ended: a run that is killed forgets no look
    # Panes first: a session that is ended takes its panes along.
    for target, verdict in sorted(verdicts, key=lambda item: item[0].kind):
        entry = _entry(target, verdict)
        if verdict.decision == COLLECT and act:
            ctx.progress(f"ending {target.kind} {target.facts.name}")
            _end(ctx, files, said, memory, target, apart, entry)
        _file(outcome, files if act else None, run_id, entry)
    for item in found:
        entry = {"kind": item.kind, "name": item.path, "decision": COLLECT, "reason": item.reason}
        if act:
            ctx.progress(f"removing {item.path}")
            _remove(ctx, item, entry)
        _file(outcome, files if act else None, run_id, entry)
    if act:
        outcome.server_ended = (
            bool(look.server)
            and any(item["kind"] == "session" for item in outcome.removed)
            and ctx.tmux.run(("list-sessions",)).no_server
        )
        memory.count(outcome.counts(), look.moment)
        files.store_looks(memory.document)
    return outcome


def seconds_apart(ctx: Context) -> float:
    """How far the two looks must lie apart that two runs take."""
    from bridge.config import number  # noqa: PLC0415 - read only here

    return number(ctx.environ, "BRIDGE_GC_APART")


class Memory:
    """What looks remember, as the file holds it; of another boot or server nothing counts."""

    def __init__(self, document: dict[str, object]) -> None:
        self.document = document
        boot = clock.boot_id()
        if document.get("boot_id") != boot:
            document |= {"boot_id": boot, "least_offset": None, "server": "", "seen": {}}

    @property
    def least_offset(self) -> float | None:
        """The least difference between the wall clock and the time since boot that was seen."""
        value = self.document.get("least_offset")
        return float(value) if isinstance(value, (int, float)) else None

    def seen(self, server: str) -> dict[str, object]:
        """What is remembered of this server's things."""
        found = self.document.get("seen")
        return found if self.document.get("server") == server and isinstance(found, dict) else {}

    def remember(self, look: Look, seen: dict[str, object]) -> None:
        """Replace what is remembered by what this look saw."""
        self.document |= {"server": look.server, "seen": seen, "least_offset": look.least_offset}

    def count(self, counts: dict[str, int], moment: gc.Moment) -> None:
        """Add to what was ever removed, and note when the run was."""
        totals = self.document.get("removed_total")
        before = totals if isinstance(totals, dict) else {}
        self.document["removed_total"] = {key: number + _whole(before.get(key)) for key, number in counts.items()}
        self.document |= {"last_run": clock.timestamp(moment.wall), "last_run_boottime": moment.boottime}
        self.document["runs"] = 1 + _whole(self.document.get("runs"))


def _judge(look: Look, memory: Memory, apart: float) -> list[tuple[Target, Verdict]]:
    before = memory.seen(look.server)
    verdicts = []
    seen: dict[str, object] = {}
    for target in look.targets:
        verdict = gc.judge(target.facts, look.moment, _load(before.get(_key(target))), apart)
        verdicts.append((target, verdict))
        kept = verdict.seen
        seen[_key(target)] = [kept.fingerprint, kept.since, kept.looked, kept.free]
    memory.remember(look, seen)
    return verdicts


def _key(target: Target) -> str:
    return f"{target.kind} {target.facts.key}"


def _load(value: object) -> Seen | None:
    if not isinstance(value, list) or len(value) != 4 or not isinstance(value[0], str):
        return None
    numbers = [float(item) for item in value[1:] if isinstance(item, (int, float)) and not isinstance(item, bool)]
    return Seen(value[0], *numbers) if len(numbers) == 3 else None


def _end(
    ctx: Context,
    files: Collection,
    said: Limits,
    memory: Memory,
    target: Target,
    apart: float,
    entry: dict[str, object],
) -> None:
    """Save it, look once more, and end it if tmux agrees that nothing has changed. The entry tells what came of it."""
    try:
        if target.kind == "session":
            entry["saved"] = save.save(ctx, target.session, scrollback=True).path
        with ctx.lock(target.session):
            reason = _end_watched(ctx, said, memory, target, apart)
        if reason:
            entry |= {"decision": "refused", "reason": reason}
    except BridgeError as problem:
        entry |= {"decision": "refused", "reason": problem.code, "detail": problem.message}


def _end_watched(ctx: Context, said: Limits, memory: Memory, target: Target, apart: float) -> str:
    """End it; returns why not. The caller holds the session's lock.

    Keys that are sent leave no trace in tmux before their program answers: so tmux notes them from now
    on, and what was sent before has a moment to show.
    """
    answer = ctx.tmux.run(tmux_gc.watch(target.session_id, target.session_print))
    if answer.status and not answer.no_server:
        raise failed(answer)
    if answer.no_server or answer.output.startswith(b"REFUSED\n"):
        return "active"
    try:
        pause.nap(_SHOWS_WITHIN)
        again = evidence.look(ctx, said, memory.least_offset)
        same = next((item for item in again.targets if _key(item) == _key(target)), None)
        if same is None:
            return "gone"
        before = _load(memory.seen(again.server).get(_key(target)))
        if gc.judge(same.facts, again.moment, before, apart).decision != COLLECT:
            return (same.facts.holds or ("active",))[0]
        ctx.tmux.run(("list-sessions",))  # tmux takes in meanwhile what a program printed during the look
        return "" if _kill(ctx, same) else "active"
    finally:
        try:
            with pause.held():
                ctx.tmux.run(*tmux_gc.unwatch(target.session_id))
        except BridgeError:
            pass  # the server has ended with its last session, or the next run takes them out


def _kill(ctx: Context, target: Target) -> bool:
    """End it in one step with the comparison; the caller holds the session's lock."""
    if target.pane is None:
        answer = ctx.tmux.run(tmux_gc.kill_session(target.session_id, target.condition))
    else:
        listed = argv.list_panes(target.session_id)
        answer = ctx.tmux.run(tmux_gc.kill_pane(target.pane.id, target.condition), listed)
    if answer.status and not answer.no_server:
        raise failed(answer)
    if answer.output.startswith(b"REFUSED\n"):
        return False
    if target.pane is None:
        mirror.remove(ctx, target.session)
    else:
        rest: list[Pane] = [pane for pane in rows.panes(answer.output) if pane.session_id == target.session_id]
        if rest:
            mirror.write(ctx, target.session, rest)
    return True


def _remove(ctx: Context, item: leftovers.Found, entry: dict[str, object]) -> None:
    try:
        if not leftovers.remove(ctx, item):
            entry |= {"decision": "refused", "reason": "changed"}
    except BridgeError as problem:
        entry |= {"decision": "refused", "reason": problem.code, "detail": problem.message}


def _entry(target: Target, verdict: Verdict) -> dict[str, object]:
    return {
        "kind": target.kind,
        "name": target.facts.name,
        "session": target.session,
        "id": target.pane.id if target.pane is not None else target.session_id,
        "decision": verdict.decision,
        "reason": verdict.reason,
        "detail": target.details.get(verdict.reason, ""),
        "idle_seconds": int(verdict.idle),
        "ttl_seconds": int(target.facts.ttl),
        "ttl_source": target.facts.ttl_source,
    }


def _file(outcome: Outcome, files: Collection | None, run_id: str, entry: dict[str, object]) -> None:
    place = {COLLECT: outcome.removed, PENDING: outcome.pending, KEEP: outcome.kept}
    place.get(str(entry["decision"]), outcome.refused).append(entry)
    if files is not None:
        files.note({"timestamp": clock.timestamp(), "run_id": run_id, **entry})


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
