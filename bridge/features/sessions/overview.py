"""All sessions of the server at once: what there is, and what stands on their screens."""

from __future__ import annotations

from bridge.context import Context
from bridge.core.echo import EchoFilter
from bridge.errors import BridgeError
from bridge.features.panes import typed
from bridge.model import Pane
from bridge.system import clock, ids
from bridge.system.grep import matching_lines
from bridge.tmux import argv, rows
from bridge.tmux.client import failed

_TOGETHER = 100  # screens that one tmux process is asked for
_TRIES = 3


class Session:
    """One session and its panes."""

    __slots__ = ("attached", "created", "id", "name", "owned", "panes", "windows")

    def __init__(self, row: list[str], panes: list[Pane]) -> None:
        self.name, self.id, created, windows, attached, owner = row
        self.created = int(created)
        self.windows = int(windows)
        self.attached = attached != "0"
        self.owned = owner.endswith(":" + self.id)
        self.panes = panes

    def describe(self) -> dict[str, object]:
        """The session as the answer of sessions-list-all describes it, with the number of its panes."""
        return {
            "name": self.name,
            "session_id": self.id,
            "created_at": clock.timestamp(self.created),
            "windows": self.windows,
            "panes": len(self.panes),
            "attached": self.attached,
            "owned": self.owned,
        }


def sessions(ctx: Context) -> list[Session]:
    """All sessions, none where no server runs; one tmux process."""
    nonce = ids.nonce()
    answer = ctx.tmux.run(
        ("list-sessions", "-F", argv.SESSION_FORMAT), ("display-message", "-p", nonce), argv.list_panes()
    )
    if answer.no_server:
        return []
    if answer.status:
        raise failed(answer)
    listed, _, rest = answer.output.partition(f"{nonce}\n".encode())
    panes: dict[str, list[Pane]] = {}
    for pane in rows.panes(rest):
        panes.setdefault(pane.session_id, []).append(pane)
    return [Session(row, panes.get(row[1], [])) for row in rows.unframe(listed, len(argv.SESSION_FIELDS))]


def printed(ctx: Context, panes: list[Pane], lines: int) -> dict[str, list[str]]:
    """The last lines of each pane by its `%id`, without the echo of what bridge typed; gone panes are left out.

    Blank lines at the end do not count. One tmux process for up to 100 panes.
    """
    found: dict[str, list[str]] = {}
    for begin in range(0, len(panes), _TOGETHER):
        some = panes[begin : begin + _TOGETHER]
        for pane, text in zip(some, _screens(ctx, some, lines), strict=True):
            if text is not None:
                rows_of_text = text.rstrip("\n ").split("\n")
                found[pane.id] = EchoFilter(typed.lines(pane)).output(rows_of_text)[-lines:]
    return found


def matches(pattern: str, texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """The matching lines of each pane that has any; one grep for all. Raises ERR_BAD_PATTERN."""
    everything = {line for lines in texts.values() for line in lines}
    hits = set(matching_lines(pattern, "\n".join(everything)))
    found = {pane: [line for line in lines if line in hits] for pane, lines in texts.items()}
    return {pane: lines for pane, lines in found.items() if lines}


def _screens(ctx: Context, panes: list[Pane], lines: int) -> list[str | None]:
    """The screens in the order of the panes, None for one that has gone."""
    nonce = ids.nonce()
    marker = ("display-message", "-p", nonce)
    wanted = list(panes)
    for _ in range(_TRIES):
        commands = [
            command
            for pane in wanted
            for command in (("capture-pane", "-p", "-J", "-S", f"-{lines}", "-t", pane.id), marker)
        ]
        answer = ctx.tmux.run(*commands) if commands else None
        if answer is None or answer.no_server:
            return [None] * len(panes)
        parts = answer.output.decode("utf-8", "replace").split(f"{nonce}\n")[:-1]
        if answer.status == 0 and len(parts) == len(wanted):
            texts = {pane.id: text for pane, text in zip(wanted, parts, strict=True)}
            return [texts.get(pane.id) for pane in panes]
        if not answer.no_pane:
            raise failed(answer)
        del wanted[len(parts)]  # tmux stops at the first that is gone
    raise BridgeError("ERR_BUSY", "panes end faster than they can be looked at", hint="try again")
