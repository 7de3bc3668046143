"""Looking at a session's health: what it shows, and the checks that were set for it."""

from __future__ import annotations

import time

from bridge import errors, pause
from bridge.context import Context
from bridge.core import health
from bridge.features.sessions import overview
from bridge.features.sessions.overview import Session
from bridge.model import Pane
from bridge.store.groups import Fleet
from bridge.system import clock, probes, process

DEFAULTS: dict[str, object] = {"interval": 10.0, "retries": 3, "start_period": 0.0, "restart": "never", "backoff": 5.0}


class Finding:
    """A session's health, the reasons, and the session itself where it exists."""

    __slots__ = ("health", "reasons", "session")

    def __init__(self, state: str, reasons: list[str], session: Session | None) -> None:
        self.health = state
        self.reasons = reasons
        self.session = session


def fleet(ctx: Context) -> Fleet:
    """Groups, dependencies and checks of this tmux server's sessions. Raises ERR_STATE when loaded."""
    return Fleet(ctx.paths.base, ctx.config.lock_timeout)


def load(ctx: Context) -> Fleet:
    """The loaded `fleet`; a human line tells where its file could not be read."""
    found = fleet(ctx).load(clock.epoch())
    if found.aside:
        ctx.note("warn", f"the groups could not be read; they are kept as {found.aside}")
    return found


def examine(ctx: Context, session: str) -> Finding:
    """The health of a session by its exact name or `$id`, as it is now. Raises ERR_STATE."""
    return examine_all(ctx, [session], load(ctx), overview.sessions(ctx))[session]


def examine_all(ctx: Context, names: list[str], known: Fleet, there: list[Session]) -> dict[str, Finding]:
    """The health of several sessions of those that are there, by one tmux process and what their checks need."""
    known_as = {one.id: one for one in there} | {one.name: one for one in there}
    wanted = {name: known_as.get(name) for name in names}
    panes = [pane for one in wanted.values() if one is not None for pane in one.panes]
    texts = overview.printed(ctx, panes, health.LINES)
    trouble = overview.matches(health.TROUBLE, texts)  # one grep for all: each costs 1.1 ms and more
    return {name: _find(ctx, one, known, texts, trouble) for name, one in wanted.items()}


def _find(
    ctx: Context, session: Session | None, known: Fleet, texts: dict[str, list[str]], trouble: dict[str, list[str]]
) -> Finding:
    if session is None:
        return Finding(*health.verdict(0, [], {}, []), None)
    setting = known.health.get(session.name, {})
    own = {pane.id: texts[pane.id] for pane in session.panes if pane.id in texts}
    shown = {pane.address: trouble[pane.id] for pane in session.panes if pane.id in trouble}
    dead = [pane.address for pane in session.panes if pane.dead]
    failed = run_checks(ctx, setting, session, own)
    young = clock.epoch() - session.created < _number(setting, "start_period")
    return Finding(*health.verdict(len(session.panes), dead, shown, failed, starting=young), session)


def run_checks(ctx: Context, setting: dict[str, object], session: Session, texts: dict[str, list[str]]) -> list[str]:
    """Why the checks that were set do not pass; empty where they do."""
    failed = []
    if (pattern := _text(setting, "present")) and not overview.matches(pattern, texts):
        failed.append(f"no pane shows {pattern!r}")
    if (pattern := _text(setting, "absent")) and (found := overview.matches(pattern, texts)):
        failed.append(f"a pane shows {next(iter(found.values()))[-1].strip()[:200]!r}")
    if setting.get("port"):
        failed += probes.port(int(_number(setting, "port")))
    if address := _text(setting, "http"):
        failed += probes.address(address)
    if command := _text(setting, "command"):
        failed += probes.command(command, ctx.environ | {"BRIDGE_SESSION": session.name})
    if (name := _text(setting, "process")) and not any(name in process.names_on(pane.tty) for pane in session.panes):
        failed.append(f"no pane runs {name}")
    return failed


def await_healthy(ctx: Context, session: str, timeout: float) -> tuple[Finding, float]:
    """Look again and again until the session is healthy or the seconds are over (0: no limit); and how long it took.

    What a check asks about changes without a sign, so this looks: soon at first, later twice a second.
    """
    began = time.monotonic()
    nap = 0.05
    while True:
        found = examine(ctx, session)
        waited = time.monotonic() - began
        if found.health == health.HEALTHY or (timeout and waited >= timeout):
            return found, waited
        pause.nap(min(nap, max(0.0, timeout - waited)) if timeout else nap)
        nap = min(nap * 1.5, 0.5)


def find(ctx: Context, name: str) -> Session:
    """The session of that exact name. Raises ERR_SESSION_NOT_FOUND."""
    for session in overview.sessions(ctx):
        if session.name == name:
            return session
    raise errors.session_not_found(name)


def start_pane(session: Session) -> Pane:
    """The pane that a session's start command is typed into: the first."""
    return session.panes[0]


def _text(setting: dict[str, object], key: str) -> str:
    return str(setting.get(key) or "")


def _number(setting: dict[str, object], key: str) -> float:
    value = setting.get(key, DEFAULTS.get(key, 0.0))
    return float(value) if isinstance(value, (int, float)) else 0.0
