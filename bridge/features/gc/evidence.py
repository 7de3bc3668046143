"""One look at everything that clean-up might end: what is true of it, from tmux, the system and our files."""

from __future__ import annotations

import calendar
import os
import time

from bridge.context import Context
from bridge.core import gc, jsontext
from bridge.core.gc import Facts, Moment
from bridge.errors import BridgeError
from bridge.features.output import logfiles
from bridge.features.panes import lookup
from bridge.model import Pane
from bridge.store import atomic, runs
from bridge.store.lock import is_locked
from bridge.store.paths import unusable
from bridge.store.subscriptions import Subscriptions
from bridge.system import clock, ids, process
from bridge.system.kin import Table
from bridge.tmux import argv, rows
from bridge.tmux import gc as tmux_gc
from bridge.tmux.client import failed

TTL_KEY = "gc_ttl"
MARKS = ("status", "state")
COMPLETED, COMPLETED_AT = "completed", "completed_at"


class Target:
    """A session or a pane that may be ended. `condition` is what tmux must still say of it, `details` explain holds."""

    __slots__ = ("condition", "details", "facts", "kind", "pane", "panes", "session", "session_id", "session_print")

    def __init__(
        self,
        kind: str,
        facts: Facts,
        found: list[Pane],
        condition: str,
        details: dict[str, str],
        pane: Pane | None = None,
    ) -> None:
        self.kind = kind
        self.facts = facts
        self.session = found[0].session
        self.session_id = found[0].session_id
        self.panes = found
        self.pane = pane
        self.condition = condition
        self.session_print = condition
        self.details = details


class Look:
    """Everything of one moment. `server` tells one tmux server from the next, empty where none runs."""

    __slots__ = ("least_offset", "moment", "names", "server", "targets", "watched")

    def __init__(
        self, moment: Moment, server: str, targets: list[Target], names: set[str], least_offset: float
    ) -> None:
        self.moment = moment
        self.server = server
        self.targets = targets
        self.names = names
        self.least_offset = least_offset
        self.watched: set[str] = set()  # sessions that a run is about to end, or was when it was killed

    @property
    def files_moment(self) -> Moment:
        """The clocks for files, whose stamps do not need a tmux server."""
        ahead = self.moment.set_forward
        if ahead is None:
            ahead = self.moment.wall - self.moment.boottime - self.least_offset
        return Moment(self.moment.wall, self.moment.boottime, ahead)


class Limits:
    """What was said about the time to live: by a flag, by the environment, by the policy."""

    __slots__ = ("configured", "environment", "flag")

    def __init__(self, flag: float | None, environment: float | None, configured: float | None) -> None:
        self.flag = flag
        self.environment = environment
        self.configured = configured


def look(ctx: Context, limits: Limits, least_offset: float | None) -> Look:
    """Look once. Whatever cannot be read is an error, so that nothing is concluded from half of the facts.

    `least_offset` is what earlier looks of this boot know of the clocks. Raises what tmux and the
    state files raise.
    """
    nonce = ids.nonce()
    end = ("display-message", "-p", nonce)
    answer = ctx.tmux.run(argv.list_panes(), end, tmux_gc.LOOK, end, tmux_gc.PRINTS, end, tmux_gc.PANE_PRINTS)
    wall, boottime = clock.wall(), clock.boottime()
    offset = wall - boottime
    least = offset if least_offset is None else min(offset, least_offset)
    if answer.no_server:
        return Look(Moment(wall, boottime, None), "", [], set(), least)
    if answer.status:
        raise failed(answer)
    parts = answer.output.split(f"{nonce}\n".encode())
    found = rows.panes(parts[0])
    more = {(row[0], row[1]): dict(zip(tmux_gc.FIELDS, row, strict=True)) for row in _unframe(parts[1])}
    if len(parts) != 4 or {_place(pane) for pane in found} != set(more) or not found:
        raise BridgeError("ERR_TMUX_FAILED", "tmux gave two lists of panes that differ", hint="try again")
    server = more[_place(found[0])]
    ahead = gc.set_forward(wall, boottime, float(server["start_time"]), _age(int(server["pid"])), least)
    evidence = _Evidence(ctx)
    targets = _targets(ctx, limits, evidence, found, more, _prints(parts[2]), _prints(parts[3]))
    key = f"{server['pid']}@{server['start_time']}"
    done = Look(Moment(wall, boottime, ahead), key, targets, {pane.session for pane in found}, least)
    done.watched = {session_id for (session_id, _), row in more.items() if row[tmux_gc.WATCHED]}
    return done


class _Evidence:
    """What files and processes tell at this moment, read once for all sessions."""

    def __init__(self, ctx: Context) -> None:
        self.table = Table()
        self.own = ctx.own_pane
        self.needed = _needed(ctx)
        self.subscriptions = _subscriptions(ctx)
        self.leased = _leased(ctx)

    def busy(self, pane: Pane) -> tuple[str, str]:
        """What speaks against ending the pane's processes, and what it is: (name, detail), empty for nothing."""
        if pane.dead:
            return "", ""
        running, command = lookup.activity(pane)
        if running:
            return "running", f"{pane.id} {command}"
        others = self.table.others(pane.pid, pane.tty)
        if others:
            return "running", f"{pane.id} has processes {' '.join(map(str, others[:5]))}"
        if running is None or not self.table.complete or process.has_ended(pane.pid):
            return "unknown", pane.id
        return "", ""


def _targets(
    ctx: Context,
    limits: Limits,
    evidence: _Evidence,
    found: list[Pane],
    more: dict[tuple[str, str], dict[str, str]],
    prints: dict[str, str],
    pane_prints: dict[str, str],
) -> list[Target]:
    sessions: dict[str, list[Pane]] = {}
    for pane in found:
        sessions.setdefault(pane.session_id, []).append(pane)
    targets = []
    for session_id, members in sessions.items():
        targets.append(_session(limits, evidence, members, more, prints[session_id]))
        for pane in filter(_is_completed, members):
            target = _pane(evidence, members, pane, more[_place(pane)], pane_prints[pane.id])
            target.session_print = prints[session_id]
            targets.append(target)
    return targets


def _session(
    limits: Limits,
    evidence: _Evidence,
    members: list[Pane],
    more: dict[tuple[str, str], dict[str, str]],
    fingerprint: str,
) -> Target:
    holds = _session_holds(evidence, members, more[_place(members[0])])
    for pane in members:
        row = more[_place(pane)]
        if not pane.owner:
            holds.setdefault("foreign-pane", pane.id)
        if row["window_linked"] not in ("", "0"):
            holds.setdefault("linked", pane.window_id)
        _pane_holds(evidence, pane, holds)
    values = tuple(meta[TTL_KEY] for pane in members if TTL_KEY in (meta := lookup.metadata(pane)))
    ttl, source = gc.choose_ttl(limits.flag, limits.environment, values, limits.configured)
    if ttl < 0:
        holds["bad-ttl"] = " ".join(str(value) for value in values)[:80]
    stamps = tuple(
        _seconds(more[_place(pane)][name])
        for pane in members
        for name in ("session_activity", "session_last_attached", "window_activity", "pane_dead_time")
    )
    created = float(members[0].created)
    first, last = gc.span(created, stamps)
    facts = Facts(
        f"{members[0].session_id}@{members[0].created}",
        members[0].session,
        holds=tuple(holds),
        first=first,
        last=last,
        fingerprint=fingerprint,
        ttl=ttl if ttl > 0 else float(gc.DEFAULT_TTL),
        ttl_source=source,
    )
    return Target("session", facts, members, fingerprint, holds)


def _pane(evidence: _Evidence, members: list[Pane], pane: Pane, row: dict[str, str], fingerprint: str) -> Target:
    holds = _session_holds(evidence, members, row)
    if not pane.owner:
        holds["foreign-pane"] = pane.id
    if row["window_panes"] == "1":
        holds["last-pane"] = pane.window_id
    _pane_holds(evidence, pane, holds)
    try:
        printed = os.stat(pane.tty).st_mtime
    except OSError:
        printed = 0.0
        if not pane.dead:
            holds.setdefault("unknown", pane.id)
    marked = _moment_of(lookup.metadata(pane).get(COMPLETED_AT))
    stamp = max(marked, printed) if marked > 0 else 0.0
    facts = Facts(
        f"{pane.id}@{pane.pid}",
        f"{pane.session} {pane.address}",
        holds=tuple(holds),
        first=stamp,
        last=stamp,
        fingerprint=f"{fingerprint}/{int(printed)}",
        ttl=float(gc.COMPLETED_FOR),
        ttl_source="completed",
    )
    return Target("pane", facts, members, fingerprint, holds, pane)


def _session_holds(evidence: _Evidence, members: list[Pane], row: dict[str, str]) -> dict[str, str]:
    """What speaks against touching anything in this session, with details."""
    first = members[0]
    holds: dict[str, str] = {}
    if not row[argv.SESSION_OWNER].endswith(":" + first.session_id):
        holds["not-owned"] = first.session_id
    if row[tmux_gc.PROTECTED]:
        holds["protected"] = first.session_id
    if row["session_attached"] != "0":
        holds["attached"] = f"{row['session_attached']} clients"
    if row["session_grouped"] not in ("", "0"):
        holds["grouped"] = first.session_id
    if any(pane.id == evidence.own for pane in members):
        holds["own"] = evidence.own
    if {first.session, first.session_id} & evidence.needed:
        holds["member"] = first.session
    for item in evidence.subscriptions:
        bound = item.get("bound")
        key = str(bound.get("session_key")) if isinstance(bound, dict) else ""
        if item["session"] in (first.session, first.session_id) or key.startswith(
            f"{first.session_id}@{first.created}@"
        ):
            holds["subscribed"] = str(item["subscription_id"])
    return holds


def _pane_holds(evidence: _Evidence, pane: Pane, holds: dict[str, str]) -> None:
    if (pane.id, pane.pid) in evidence.leased:
        holds.setdefault("leased", pane.id)
    if pane.piped:
        holds.setdefault("piped", pane.id)
    name, detail = evidence.busy(pane)
    if name:
        holds.setdefault(name, detail)


def _is_completed(pane: Pane) -> bool:
    stored = lookup.metadata(pane)
    return any(str(stored.get(key, "")).lower() == COMPLETED for key in MARKS)


def _moment_of(value: object) -> float:
    """Seconds since the epoch from a stored time, a number or `2026-01-01T10:30:00Z`; 0 where it is none."""
    text = str(value or "")
    if text.isascii() and text.isdigit() and len(text) <= 11:
        return float(text)
    try:
        return float(calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")))
    except ValueError:
        return 0.0


def _needed(ctx: Context) -> set[str]:
    """The names that stand in the files of groups and dependencies: a group's member is never ended."""
    names: set[str] = set()
    for name in ("groups.json", "dependencies.json"):
        path = f"{ctx.paths.base}/{name}"
        try:
            data = atomic.read(path)
            names |= gc.names_in(jsontext.loads(data.decode())) if data else set()
        except ValueError as problem:
            raise unusable(path, f"it cannot be read: {problem}") from None
    return names


def _subscriptions(ctx: Context) -> list[dict[str, object]]:
    file = Subscriptions(ctx.paths.base, ctx.config.lock_timeout)
    found = file.load(clock.epoch())
    if file.aside:
        raise unusable(file.aside, "the subscriptions could not be read, so nobody knows which sessions they name")
    return found


def _leased(ctx: Context) -> set[tuple[str, int]]:
    """The panes, as (id, pid), that a run is in or whose log somebody reads or keeps."""
    if not os.path.isdir(ctx.paths.run):
        return set()
    held: set[tuple[str, int]] = set()
    for record, _ in runs.unfinished(ctx.paths):
        held.add((str(record.get("pane")), int(str(record.get("pid") or 0))))
    bases = {name.partition(".")[0] for name in os.listdir(ctx.paths.run) if name.startswith("pane-")}
    for name in bases:
        words = name.split("-")
        if len(words) < 3 or not (words[1].isdigit() and words[2].isdigit()):
            continue
        base = f"{ctx.paths.run}/{name}"
        if logfiles.keeps(base) or is_locked(f"{base}.lease"):
            held.add((f"%{words[1]}", int(words[2])))
    return held


def _age(pid: int) -> float:
    """Seconds since a process began by the time since boot, 0 where the system does not say."""
    found = process.read_process(pid)
    age = process.age(found) if found is not None else 0.0
    return age if age < 1e9 else 0.0


def _place(pane: Pane) -> tuple[str, str]:
    """A pane in a session: a linked window's panes are in several."""
    return pane.session_id, pane.id


def _unframe(data: bytes) -> list[list[str]]:
    return rows.unframe(data, len(tmux_gc.FIELDS))


def _prints(data: bytes) -> dict[str, str]:
    """Fingerprints by the id that each begins with."""
    found = {}
    for line in data.decode("ascii", "replace").splitlines():
        found[line.partition("/")[0].partition("+")[0]] = line
    return found


def _seconds(value: str) -> float:
    return float(value) if value else 0.0
