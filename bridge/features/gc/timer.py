"""Clean-up by the daemon: switched on and off, and what there is to tell of it."""

from __future__ import annotations

from bridge.config import number
from bridge.context import Context
from bridge.core import gc as rules
from bridge.features.daemon import lifecycle
from bridge.features.gc import collect, leftovers
from bridge.system import clock

HINT = "no daemon runs: bridge daemon-start; until then bridge gc-run cleans up"


class Status:
    """What gc-status tells."""

    __slots__ = ("cleanable", "counts", "fields", "policy", "ttl", "ttl_source")

    def __init__(self, policy: dict[str, object], ttl: int, ttl_source: str) -> None:
        self.policy = policy
        self.ttl = ttl
        self.ttl_source = ttl_source
        self.counts: dict[str, int] = {}
        self.cleanable: dict[str, int] = {}
        self.fields: dict[str, object] = {}


def enable(ctx: Context, ttl: int) -> tuple[dict[str, object], str | None]:
    """Switch the daemon's clean-up on; returns the policy and why no daemon follows it (None: one does).

    Raises ERR_STATE, ERR_LOCKED, ERR_DAEMON.
    """
    changes = {"enabled": True, "ttl_seconds": ttl, "enabled_at": clock.timestamp()}
    policy = collect.open_files(ctx).change_policy(clock.epoch(), **changes)
    lifecycle.ask(ctx, {"op": "reload"})
    return policy, lacks(ctx)


def lacks(ctx: Context) -> str | None:
    """Why no daemon cleans up; None where one does."""
    return lifecycle.lacks(ctx, "clean-up", HINT)


def disable(ctx: Context) -> tuple[dict[str, object], bool]:
    """Switch it off. Raises ERR_STATE, ERR_LOCKED, ERR_DAEMON."""
    policy = collect.open_files(ctx).change_policy(clock.epoch(), enabled=False)
    return policy, lifecycle.ask(ctx, {"op": "reload"}) is not None


def seconds_left(ctx: Context, looks: dict[str, object]) -> float:
    """Seconds until the daemon's next clean-up, by the time since boot; 0 where one is due."""
    interval = number(ctx.environ, "BRIDGE_GC_INTERVAL")
    last = looks.get("last_run_boottime")
    if looks.get("boot_id") != clock.boot_id() or not isinstance(last, (int, float)):
        return 0.0
    return min(max(0.0, last + interval - clock.boottime()), interval)


def status(ctx: Context) -> Status:
    """What gc-status tells, without changing anything. Raises ERR_STATE and what tmux raises."""
    files = collect.open_files(ctx)
    policy = files.policy(clock.epoch())
    looks = files.looks(clock.epoch())
    said = collect.limits(ctx, None, policy)
    ttl, source = rules.choose_ttl(said.flag, said.environment, (), said.configured)
    found = Status(policy, int(ttl), source)
    seen = collect.preview(ctx)
    found.counts = leftovers.count(ctx)
    found.cleanable = seen.counts()
    for item in seen.pending:
        found.cleanable[collect.KINDS[str(item["kind"])]] += 1
    found.fields = {
        "last_run": looks.get("last_run"),
        "next_run": clock.timestamp(clock.wall() + seconds_left(ctx, looks)),
        "runs": looks.get("runs", 0),
        "removed_total": looks.get("removed_total", dict.fromkeys(collect.KINDS.values(), 0)),
        "gc": found.counts,
        "cleanable": found.cleanable,
        "protected_sessions": [item["name"] for item in seen.kept if item["reason"] == "protected"],
        "kept": seen.kept,
        "journal": files.journal_path,
    }
    return found
