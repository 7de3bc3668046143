"""Starting agents: checked first, their ids and places in the limit taken under the lock, then all of them or none."""

from __future__ import annotations

import os
import shutil
import uuid

from bridge import pause
from bridge.context import Context
from bridge.core.agents import lineage, startwords
from bridge.core.agents.profile import Profile
from bridge.core.names import check_session_name
from bridge.errors import BridgeError, usage
from bridge.features.agents import adopt, firstmessage, place, roll, sight, terminate, until_state
from bridge.model import Pane
from bridge.store import agents
from bridge.store.roster import Row
from bridge.system import clock, process

_BEGINS_WITHIN = 5.0  # seconds in which a pane's process becomes the program
_TOLD_WITHIN = 1.0
_STEP = 0.002
_MOST = 50  # agents of one call
_STARTERS = ("tmux", "env")  # what a pane's process is before it is the program


class Order:
    """What is asked for. `how` is `window` or `split` within `session`; without a session each gets its own."""

    __slots__ = (
        *("agent_id", "args", "context", "count", "directory", "environment", "how", "model", "parent", "profile"),
        *("role", "session", "timeout"),
    )

    def __init__(self, role: str) -> None:
        self.role = role
        self.profile = self.agent_id = self.parent = self.context = self.model = self.session = ""
        self.directory = ""
        self.how = place.WINDOW
        self.count = 1
        self.args: tuple[str, ...] = ()
        self.environment: dict[str, str] = {}
        self.timeout = 0.0


def spawn(ctx: Context, order: Order) -> list[sight.Agent]:
    """Start the agents and see each of their programs run; with a timeout wait until each is ready.

    At a failure those that were started are ended, no row stays, and the error's field `agents` tells of each.
    """
    adopt.check_words(order.role, order.agent_id)
    if not 1 <= order.count <= _MOST:
        raise usage(f"count: {order.count}", hint=f"from 1 to {_MOST}")
    if order.agent_id and order.count > 1:
        raise usage("id: several agents can't have one id", hint="leave --id or --count out")
    profile = agents.load(ctx.environ, order.profile or ctx.environ.get("BRIDGE_AGENT_PROFILE") or "claude")
    prompt = firstmessage.check(order.context)
    program = _program(ctx, profile)
    directory = _directory(ctx, order.directory)
    startwords.words(profile, model=order.model)
    unwanted = startwords.dropped(profile, place.inherited(ctx, order.session))
    roll.rows(ctx)  # what an earlier start that was cut off has left is an agent, and counts
    rows = _reserve(ctx, order, profile, directory)
    started: list[Row] = []
    try:
        as_word = bool(prompt and profile.words("start", "prompt"))
        for row in rows:
            words = startwords.words(
                profile,
                model=order.model,
                session_id=str(row["conversation_id"] or ""),
                prompt=prompt if as_word else "",
                more=order.args,
            )
            taken = [word for name in unwanted if name not in order.environment for word in ("-u", name)]
            words = [shutil.which("env") or "/usr/bin/env", *taken, program, *words[1:]]
            own = {"BRIDGE_AGENT_ID": str(row["agent_id"]), "BRIDGE_SOCKET": ctx.config.server}
            path = {"PATH": ctx.environ["PATH"]} if ctx.environ.get("PATH") else {}
            start = place.Start(str(row["agent_id"]), words, directory, path | order.environment | own)
            started.append(row)
            _begin(ctx, order, row, start)
        _record(ctx, rows)
        if order.timeout:
            end = clock.monotonic() + order.timeout
            for row in rows:
                _await_ready(ctx, row, max(0.01, end - clock.monotonic()), order.timeout)
        if prompt and not as_word:
            for row in rows:
                firstmessage.give(ctx, row, prompt, order.timeout)
    except BaseException as problem:
        _undo(ctx, rows, started, problem)
        raise
    return sight.look(ctx, rows)


def _program(ctx: Context, profile: Profile) -> str:
    """Where the profile's program is. Raises ERR_PROGRAM_NOT_FOUND."""
    name = profile.words("start", "command")[0]
    found = shutil.which(name, path=ctx.environ.get("PATH") or os.defpath)
    if found is None:
        command = (*profile.words("install", "command"), "")[0]
        raise BridgeError(
            "ERR_PROGRAM_NOT_FOUND",
            f"the program of profile {profile.name!r} is not installed: {name!r} is not on PATH",
            hint=f"install it: {command}" if command else "install it, or name its whole path in the profile",
        )
    return os.path.join(ctx.directory, found)


def _directory(ctx: Context, given: str) -> str:
    found = os.path.normpath(os.path.join(ctx.directory, os.path.expanduser(given) if given else "."))
    if any(char < " " or char == "\x7f" for char in found):
        raise usage(f"dir: holds control characters: {given!r}", hint="name a directory without them")
    if not os.path.isdir(found):
        raise BridgeError("ERR_DIRECTORY", f"no directory: {given or found!r}", hint=f"mkdir -p {found}")
    if not os.access(found, os.R_OK | os.X_OK):
        raise BridgeError(
            "ERR_DIRECTORY", f"the directory can't be entered: {given or found!r}", hint=f"ls -ld {found}"
        )
    return found


def _caller(ctx: Context, rows: list[Row]) -> str:
    """The agent that this call comes from, empty where it comes from none."""
    own = ctx.environ.get("BRIDGE_AGENT_ID", "")
    pane = ctx.own_pane
    for row in rows:
        if not row.get("ended_at") and (row["agent_id"] == own or (pane and row.get("pane") == pane)):
            return str(row["agent_id"])
    return ""


def _reserve(ctx: Context, order: Order, profile: Profile, directory: str) -> list[Row]:
    """Rows for the new agents, under the lock: ids that nobody has, and no more than the limits allow."""
    most, deepest = place.limit(ctx, "MAX_INSTANCES"), place.limit(ctx, "MAX_DEPTH")
    starter = process.started(os.getpid())
    made: list[Row] = []

    def add(stored: list[Row]) -> list[Row]:
        known = [row for row in stored if not roll.is_cut_off(row)]
        parent, depth = _parent(ctx, known, order.parent, deepest)
        living = sum(roll.lives(row) for row in known)
        if living + order.count > most:
            raise BridgeError(
                "ERR_LIMIT_INSTANCES",
                f"{living} agents live, {order.count} more would be over the limit of {most}",
                hint="end one (bridge agent-terminate ID), or raise MAX_INSTANCES",
            )
        if order.agent_id:
            names = [adopt.free_id(known, order.role, parent, order.agent_id)]
        else:
            taken = [str(row["agent_id"]) for row in stored]
            names = lineage.next_ids(order.role, parent, taken, order.count)
        now = clock.timestamp()
        for name in names if not order.session else ():
            check_session_name(f"{place.prefix(ctx)}_{name}")
        for name in names:
            row: Row = {"agent_id": name, "profile": profile.name, "role": order.role, "parent_id": parent}
            row |= {"depth": depth, "directory": directory, "created_at": now, "adopted": False, "ready": False}
            row |= {"session": order.session or f"{place.prefix(ctx)}_{name}", "pane": None, "generation": None}
            row |= {"pane_pid": 0, "pane_started": 0, "pid": 0, "started": 0, "starter": starter}
            row |= {"conversation_id": str(uuid.uuid4()) if profile.words("start", "session") else None}
            made.append(row | {"state": "starting", "since": now})
        return [*(row for row in known if row["agent_id"] not in names), *made]

    roll.roster(ctx).change(clock.epoch(), add)
    return made


def _parent(ctx: Context, known: list[Row], wanted: str, deepest: int) -> tuple[str | None, int]:
    """The parent's id and the depth below it.

    Raises ERR_AGENT_NOT_FOUND, ERR_AGENT_ENDED, ERR_ROLE, ERR_LIMIT_DEPTH.
    """
    name = wanted or _caller(ctx, known)
    if not name:
        return None, 0
    parent = roll.pick(known, name)
    if not roll.lives(parent):
        raise BridgeError(
            "ERR_AGENT_ENDED", f"the parent has ended: {name!r}", hint="bridge agent-list shows the agents"
        )
    if parent["role"] == lineage.SPECIALIST:
        raise BridgeError(
            "ERR_ROLE", f"{name!r} is a specialist, which starts no agents", hint="give another --parent, or ask it"
        )
    depth = (parent["depth"] if isinstance(parent["depth"], int) else 0) + 1
    if depth > deepest:
        raise BridgeError(
            "ERR_LIMIT_DEPTH",
            f"{name!r} has depth {depth - 1}: one below it would be over the limit of {deepest}",
            hint="start it below another agent, or raise MAX_DEPTH",
        )
    return name, depth


def _begin(ctx: Context, order: Order, row: Row, start: place.Start) -> None:
    """Make the pane and see the program run in it. Raises ERR_AGENT_ENDED where it ends at once."""
    if order.session:
        pane = place.within(ctx, start, order.session, order.how)
    else:
        pane = place.own_session(ctx, start, str(row["session"]))
    row.update(roll.placed(row, pane.session, pane.id, pane.pid))
    row.pop("starter", None)
    if not _is_running(pane):
        raise _ended_at_once(ctx, row)


def _is_running(pane: Pane) -> bool:
    """Whether the pane's process has become the program, looked at until it has or has ended."""
    end = clock.monotonic() + _BEGINS_WITHIN
    while True:
        found = process.read_process(pane.pid)
        if found is None or found.state in "ZX":
            return False
        if not found.name.startswith(_STARTERS) or clock.monotonic() > end:
            return True
        pause.nap(_STEP)


def _ended_at_once(ctx: Context, row: Row) -> BridgeError:
    problem = until_state.ended(_once_told(ctx, row))
    screen = ctx.tmux.run(("capture-pane", "-p", "-t", str(row["pane"])))
    said = screen.output.decode("utf-8", "replace").strip()
    if said and not screen.status:
        problem.output = f"{problem.message}\n{said}"
    problem.hint = "its last screen is in output; nothing of it is left"
    return problem


def _once_told(ctx: Context, row: Row) -> sight.Agent:
    """The agent once tmux, too, has seen its program end."""
    end = clock.monotonic() + _TOLD_WITHIN
    while True:
        agent = sight.look(ctx, [row])[0]
        if row.get("ended_at") or clock.monotonic() > end:
            return agent
        pause.nap(_STEP)


def _record(ctx: Context, rows: list[Row]) -> None:
    """Put what is known now in the place of what was reserved."""
    known = {str(row["agent_id"]): row for row in rows}

    def merge(stored: list[Row]) -> list[Row]:
        return [known.get(str(row["agent_id"]), row) for row in stored]

    roll.roster(ctx).change(clock.epoch(), merge)


def _await_ready(ctx: Context, row: Row, left: float, timeout: float) -> None:
    try:
        until_state.wait(ctx, row, until_state.PAST_START, left)
    except BridgeError as problem:
        if problem.code == "ERR_AGENT_ENDED":
            raise _ended_at_once(ctx, row) from None
        if problem.code == "ERR_TIMEOUT":
            problem.message = f"agent {row['agent_id']!r} was not ready within {timeout:g} s"
            problem.output = f"{problem.message}: {problem.fields.get('reason')}"
            problem.hint = "nothing of it is left; give it longer with --timeout"
        raise


def _undo(ctx: Context, rows: list[Row], started: list[Row], problem: BaseException) -> None:
    """End what was started and take the rows away; the error tells of each agent."""
    names = {row["agent_id"] for row in rows}
    with pause.held():
        for row in started:
            terminate.remove(ctx, row)
        roll.roster(ctx).change(clock.epoch(), lambda stored: [row for row in stored if row["agent_id"] not in names])
    if isinstance(problem, BridgeError):
        ended = {row["agent_id"] for row in started}
        problem.fields = {
            "agents": [
                {"agent_id": row["agent_id"], "outcome": "removed" if row["agent_id"] in ended else "not-started"}
                for row in rows
            ]
        }
