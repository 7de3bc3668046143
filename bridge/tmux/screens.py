"""The screens of many panes with what tmux knows of each: one question, however many there are."""

from __future__ import annotations

from bridge.tmux import argv, rows
from bridge.tmux.client import Tmux, failed
from bridge.tmux.sessions import as_lines

AGENT = "@bridge_agent"  # the id of the agent that a pane was made for, and the pane's own
_FIELDS = (
    *("session_name", "session_id", "window_active", "window_index", "pane_index", "pane_id", "pane_pid", "pane_tty"),
    *("pane_dead", "pane_dead_status", "pane_dead_signal", "pane_width", "pane_height", "cursor_x", "cursor_y"),
    *("pane_in_mode", "pid", "pane_title", "pane_pb_state", AGENT),
)
# What OSC 9;4 has told (since tmux 3.7); older servers don't keep it. `hidden` is also what a pane has to which nothing
# was told, so it says nothing.
_PROGRESS = {"normal": 1, "error": 2, "indeterminate": 3, "paused": 4}


class Shown:
    """A pane. `text` is its screen with colours, None where it was not asked for; what tmux doesn't tell is None."""

    __slots__ = (
        *(
            "address",
            "cursor",
            "dead",
            "agent",
            "exit_signal",
            "exit_status",
            "id",
            "in_mode",
            "pid",
            "progress",
            "server",
        ),
        *("session", "session_id", "size", "text", "title", "tty"),
    )

    def __init__(self, values: list[str]) -> None:
        row = dict(zip(_FIELDS, values, strict=True))
        self.session = row["session_name"]
        self.session_id = row["session_id"]
        index = row["pane_index"]
        self.address = index if row["window_active"] == "1" else f"{row['window_index']}.{index}"
        self.id = row["pane_id"]
        self.pid = int(row["pane_pid"] or 0)
        self.tty = row["pane_tty"]
        self.dead = row["pane_dead"] == "1"
        self.exit_status = _number(row["pane_dead_status"])
        self.exit_signal = _number(row["pane_dead_signal"])
        self.size = int(row["pane_width"]), int(row["pane_height"])
        self.cursor = int(row["cursor_x"] or 0), int(row["cursor_y"] or 0)
        self.in_mode = row["pane_in_mode"] not in ("", "0")
        self.server = int(row["pid"] or 0)
        self.title = row["pane_title"]
        self.progress = _PROGRESS.get(row["pane_pb_state"])
        name, _, pane = row[AGENT].rpartition(":")
        self.agent = name if pane == self.id else ""
        self.text: str | None = None


def look(tmux: Tmux, wanted: list[str], nonce: str) -> dict[str, Shown] | None:
    """Every pane of the server by its id, those `wanted` with their screens; None where no server runs.

    Raises ERR_TMUX_FAILED.
    """
    mark = ("display-message", "-p", nonce)
    commands: list[tuple[str, ...]] = [("list-panes", "-a", "-F", argv.framed(_FIELDS)), mark]
    for pane in wanted:  # a pane that is gone stops nothing: each is a line of its own
        commands += [("capture-pane", "-e", "-p", "-t", pane), mark]
    answer = tmux.run(("source-file", "-"), text=as_lines(tuple(commands)))
    if answer.no_server:
        return None
    parts = answer.output.split(f"{nonce}\n".encode())
    if len(parts) != len(wanted) + 2:
        raise failed(answer)
    found = {shown.id: shown for shown in map(Shown, rows.unframe(parts[0], len(_FIELDS)))}
    for pane, text in zip(wanted, parts[1:], strict=False):
        if pane in found:
            found[pane].text = text.decode("utf-8", "replace")
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None
