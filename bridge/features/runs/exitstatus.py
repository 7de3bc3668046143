"""The exit status of a pane's own process: tmux tells it of a pane that it keeps after its end.

For the time of a run the pane is kept (`remain-on-exit`); a mark on the pane says that this was us, so
that whoever comes next can undo it. tmux misses the status of 8 to 48 % of ends until it is sent another
SIGCHLD.
"""

from __future__ import annotations

import time

from bridge import pause
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.model import Pane
from bridge.system import process
from bridge.tmux import argv

HELD = "@bridge_held"
_STATUS = "#{pane_pid} #{pid} #{pane_dead} #{pane_dead_status} #{pane_dead_signal};"
_STATUS_WITHIN = 1.0


def holding(pane: Pane) -> tuple[str, ...]:
    """The tmux command that has the pane kept after its end, unless it is anyway."""
    keep = (("set-option", "-p", "-t", pane.id, "remain-on-exit", "on"), ("set-option", "-p", "-t", pane.id, HELD, "1"))
    return ("if-shell", "-F", "-t", pane.id, "#{==:#{remain-on-exit},off}", argv.nested(*keep))


def undoing(pane_id: str, pid: int) -> tuple[str, ...]:
    """The tmux command that undoes `holding`; a pane that has ended meanwhile goes as it would have gone."""
    held = f"#{{&&:#{{==:#{{{HELD}}},1}},#{{==:#{{pane_pid}},{pid}}}}}"
    unset = (
        ("set-option", "-p", "-u", "-t", pane_id, "remain-on-exit"),
        ("set-option", "-p", "-u", "-t", pane_id, HELD),
        ("if-shell", "-F", "-t", pane_id, "#{pane_dead}", f"kill-pane -t {pane_id}"),
    )
    return argv.only_if(pane_id, held, *unset)


def undo(ctx: Context, pane_id: str, pid: int) -> None:
    """Give tmux the command of `undoing` now."""
    try:
        ctx.tmux.run(undoing(pane_id, pid))
    except BridgeError:
        return  # the server has ended, and the pane with it


def read_status(ctx: Context, session_id: str, pane_id: str, pid: int) -> tuple[int, int] | None:
    """Exit code and signal number of a pane's process that has ended, None where tmux does not know them.

    Waits up to a second for tmux to notice.
    """
    end = time.monotonic() + _STATUS_WITHIN
    while True:
        try:
            answer = ctx.tmux.run(argv.list_panes(session_id), ("display-message", "-p", "-t", pane_id, _STATUS))
        except BridgeError:
            return None
        if answer.status or f"{pane_id}," not in answer.output.decode("utf-8", "replace"):
            return None
        words = answer.output.rpartition(b"\n")[0].rpartition(b"\n")[2].decode().rstrip(";").split(" ")
        if words[0] != str(pid):
            return None
        if len(words) == 5 and words[2] == "1" and (words[3] or words[4]):
            return int(words[3] or 0), int(words[4] or 0)
        if time.monotonic() > end:
            return None
        if words[1].isdigit():
            process.nudge(int(words[1]))
        pause.nap(0.002)
