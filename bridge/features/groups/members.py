"""Groups of sessions: a command for all of them, all of them started in the order that they need."""

from __future__ import annotations

import time

from bridge.context import Context
from bridge.core import dependencies
from bridge.core.health import HEALTHY
from bridge.errors import BridgeError
from bridge.features.panes import keystrokes
from bridge.features.runs import launch, shellprompt
from bridge.features.runs.execution import Running
from bridge.features.sessions import health, lifetime, overview
from bridge.features.sessions.overview import Session
from bridge.model import Pane
from bridge.store.groups import Fleet


def members(fleet: Fleet, group: str) -> list[str]:
    """The sessions of a group, by name, in the order they were added. Raises ERR_GROUP_NOT_FOUND."""
    found = fleet.groups.get(group)
    if found is None:
        raise not_found(group, fleet)
    names = found.get("sessions")
    return [str(name) for name in names] if isinstance(names, list) else []


def not_found(group: str, fleet: Fleet) -> BridgeError:
    """The error for a group that is not there."""
    known = ", ".join(sorted(fleet.groups)[:8])
    return BridgeError(
        "ERR_GROUP_NOT_FOUND",
        f"no group is named {group!r}",
        hint=f"there are: {known}" if known else "bridge group-create makes one",
        output="Group not found",
    )


def describe(fleet: Fleet, group: str, there: list[Session]) -> dict[str, object]:
    """A group as the documents show it: its name, and of each session whether it lives and how many panes it has."""
    living = {session.name: session for session in there}
    listed = [
        {
            "name": name,
            "alive": name in living,
            "panes": len(living[name].panes) if name in living else 0,
            "session_id": living[name].id if name in living else None,
        }
        for name in members(fleet, group)
    ]
    return {
        "name": group,
        "created_at": fleet.groups[group].get("created_at"),
        "sessions": listed,
        "metadata": fleet.groups[group].get("metadata") or {},
    }


class Member:
    """One session of a group that is to be given a command, and what came of it."""

    __slots__ = ("name", "pane", "problem", "result", "run")

    def __init__(self, name: str, pane: Pane | None, problem: BridgeError | None) -> None:
        self.name = name
        self.pane = pane
        self.problem = problem
        self.run: Running | None = None
        self.result: dict[str, object] = {}

    def describe(self) -> dict[str, object]:
        """The entry of the answer."""
        error = {"code": self.problem.code, "message": self.problem.message} if self.problem else None
        return {
            "session": self.name,
            "pane_id": self.pane.address if self.pane else "",
            "pane": self.pane.id if self.pane else None,
            "sent": False,
            "outcome": None,
            "exit_code": None,
            "run_id": None,
            "output": None,
            "error": error,
        } | self.result


def check(ctx: Context, fleet: Fleet, group: str) -> list[Member]:
    """Look whether each member's first pane is a shell at its prompt; what is in the way is its `problem`."""
    there = {session.name: session for session in overview.sessions(ctx)}
    found = []
    for name in members(fleet, group):
        session = there.get(name)
        if session is None:
            missing = BridgeError("ERR_SESSION_NOT_FOUND", f"no session is named {name!r}")
            found.append(Member(name, None, missing))
            continue
        pane = health.start_pane(session)
        try:
            shellprompt.await_prompt(ctx, pane)
            found.append(Member(name, pane, None))
        except BridgeError as problem:
            found.append(Member(name, pane, problem))
    return found


def send(ctx: Context, ready: list[Member], command: str) -> None:
    """Type the command into each; a failure is that member's `problem`, and the others go on."""
    for member in ready:
        assert member.pane is not None
        try:
            keystrokes.type_lines(ctx, member.pane, command)
            member.result = {"sent": True}
        except BridgeError as problem:
            member.problem = problem


def run_all(ctx: Context, ready: list[Member], command: str, *, subshell: bool) -> None:
    """Begin to run the command in each; `await_all` waits for the ends. Nothing is left behind where it is ended."""
    try:
        for member in ready:
            assert member.pane is not None
            try:
                member.run = launch.start(ctx, member.pane, command, subshell=subshell)
            except BridgeError as problem:
                member.problem = problem
    except BaseException:
        leave_all(ready)
        raise


def await_all(ready: list[Member], timeout: float) -> None:
    """Wait until the command has ended in each, at most so many seconds for all (0: no limit).

    A call that is ended meanwhile leaves the runs that go on to run-result.
    """
    end = time.monotonic() + timeout
    try:
        for member in ready:
            if member.run is not None:
                _await(member, max(0.001, end - time.monotonic()) if timeout else 0.0)
    finally:
        leave_all(ready)


def leave_all(ready: list[Member]) -> None:
    """Let the runs that nobody has waited for to the end go on, with their outputs kept."""
    for member in ready:
        run, member.run = member.run, None
        if run is not None:
            run.leave()


def _await(member: Member, timeout: float) -> None:
    run_of, member.run = member.run, None
    assert run_of is not None
    outcome = run_of.complete(timeout)
    text, truncated = run_of.output.text()
    member.result = {
        "sent": True,
        "outcome": outcome.kind,
        "exit_code": outcome.exit_code,
        "run_id": run_of.run.run_id,
        "output": text,
        "truncated": truncated or outcome.truncated,
        "pane_ended": outcome.pane_ended,
    }


def start_order(fleet: Fleet, wanted: list[str]) -> list[str]:
    """These sessions without repetition, those that others of them need first."""
    return [name for name in dependencies.start_order(fleet.needs, wanted) if name in wanted]


def start(ctx: Context, fleet: Fleet, wanted: list[str], timeout: float) -> list[dict[str, object]]:
    """Start sessions and all that they need, the needed ones first, each healthy before the next.

    Those that exist stay as they are. The start command that session-health-set stored is typed into a
    new one. `timeout` is for each, 0 for ever. Raises ERR_UNHEALTHY at the first that is not healthy in
    time, with what was done so far.
    """
    results: list[dict[str, object]] = []
    order = dependencies.start_order(fleet.needs, wanted)
    for number, name in enumerate(order, 1):
        ctx.progress(f"{name} ({number} of {len(order)}): until it is healthy")
        created = all(session.name != name for session in overview.sessions(ctx))
        if created:
            lifetime.create(ctx, name)
            command = str(fleet.health.get(name, {}).get("start") or "")
            if command:
                keystrokes.type_lines(ctx, health.start_pane(health.find(ctx, name)), command)
        found, waited = health.await_healthy(ctx, name, timeout)
        results.append(
            {
                "session": name,
                "created": created,
                "health": found.health,
                "reasons": found.reasons,
                "waited_ms": round(waited * 1000),
            }
        )
        if found.health != HEALTHY:
            raise BridgeError(
                "ERR_UNHEALTHY",
                f"session {name!r} is {found.health} after {timeout:g} seconds",
                hint="; ".join(found.reasons)[:500] or None,
                fields={"results": results},
            )
    return results
