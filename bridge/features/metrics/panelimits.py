"""Limits of panes: kept with the pane, enforced by the daemon, which has the kernel do it where it can."""

from __future__ import annotations

from bridge.context import Context
from bridge.core import limits
from bridge.core.limits import Limit
from bridge.errors import BridgeError
from bridge.features.daemon import lifecycle
from bridge.model import Pane
from bridge.tmux import argv, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.system.cgroups import Group

HINT = "nothing enforces it: bridge daemon-start"


def read(ctx: Context, pane: Pane) -> list[Limit]:
    """The limits of a pane, in the order of the kinds."""
    text = ctx.tmux.ask(("display-message", "-p", "-t", pane.id, argv.framed(limits.OPTIONS)))
    values = rows.unframe(text, len(limits.OPTIONS))[0]
    found = (limits.read(kind, value, pane.id) for kind, value in zip(limits.KINDS, values, strict=True))
    return [limit for limit in found if limit is not None]


def write(ctx: Context, pane: Pane, limit: Limit) -> None:
    """Keep a limit with the pane, in the place of one of the same kind."""
    ctx.tmux.ask(("set-option", "-p", "-t", pane.id, limits.option(limit.kind), limits.write(limit, pane.id)))


def clear(ctx: Context, pane: Pane, kinds: tuple[str, ...]) -> None:
    """Take the limits of these kinds from the pane."""
    ctx.tmux.ask(*(("set-option", "-pu", "-t", pane.id, limits.option(kind)) for kind in kinds))


def free(ctx: Context, pane: Pane, kinds: tuple[str, ...]) -> None:
    """Have the kernel keep limits of these kinds no longer, which a daemon that was killed has left."""
    group = _group(pane)
    if group is None:
        return
    from bridge.system import cgroups  # noqa: PLC0415 - only where a daemon was killed

    files = {kind: file for kind, (file, _, _) in limits.KERNEL.items()}
    for kind in set(kinds) & set(files):
        group.write(files[kind], "max")
    if all(group.read(file).startswith("max") for file in files.values() if group.read(file)):
        server = ctx.tmux.ask(("display-message", "-p", "#{pid}"))
        group.release(cgroups.directory(int(server), cgroups.mount_point()))


def _group(pane: Pane) -> Group | None:
    """The cgroup that a daemon made for the pane, if it is in one."""
    from bridge.system import cgroups, process  # noqa: PLC0415 - only where no daemon runs

    found = process.read_process(pane.pid)
    return None if found is None else cgroups.Group.of(pane.pid, found.started, cgroups.mount_point())


def follow(ctx: Context, pane: Pane) -> tuple[dict[str, str], str | None]:
    """Have the daemon look at the limits again; what enforces each kind of this pane, and why something is not.

    Where no daemon runs, `none` for all but what the kernel still keeps for one that was killed. Raises
    ERR_DAEMON where one gives no answer.
    """
    answer = lifecycle.ask(ctx, {"op": "limits", "pane": pane.id})
    nobody = dict.fromkeys(limits.KINDS, "none")
    if answer is None:
        return nobody | _kept(ctx, pane), HINT
    enforced = answer.get("enforced_by")
    reason = answer.get("reason")
    if not isinstance(enforced, dict):
        return nobody, "the daemon is of another version: bridge daemon-restart"
    return nobody | {str(key): str(value) for key, value in enforced.items()}, str(reason) if reason else None


def _kept(ctx: Context, pane: Pane) -> dict[str, str]:
    """The limits of the pane that the kernel keeps as they are now."""
    group = _group(pane)
    if group is None:
        return {}
    found = [(limit.kind, limits.kernel_setting(limit)) for limit in read(ctx, pane)]
    return {kind: "cgroup" for kind, text in found if text and text == group.read(limits.KERNEL[kind][0])}


def parse(kind: str, value: str, action: str | None) -> Limit:
    """A limit from the words of a call. Raises ERR_USAGE."""
    amount = limits.number(value)
    unit, default, allowed = limits.KINDS[kind]
    if amount is None or (kind == "procs" and amount != int(amount)):
        raise BridgeError("ERR_USAGE", f"value: not a limit: {value!r}", hint=f"a number of {unit} above 0")
    if action is not None and action not in allowed:
        raise BridgeError(
            "ERR_USAGE", f"action: {kind} cannot be met by {action!r}", hint=f"{kind} takes {', '.join(allowed)}"
        )
    return Limit(kind, amount, action or default)
