"""Showing a pane in the caller's own terminal by tmux itself."""

from __future__ import annotations

import os
import signal

from bridge.tmux.client import Answer, Tmux

_LONGEST_REASON = 4096


def attach(tmux: Tmux, target: str) -> Answer:
    """Attach our terminal to the session, window and pane of a target, until the person detaches."""
    environ = {key: value for key, value in tmux.environ.items() if key not in ("TMUX", "TMUX_PANE")}
    read_end, write_end = os.pipe()
    try:
        pid = os.posix_spawnp(
            tmux.binary,
            [tmux.binary, "-u", *tmux.socket, "attach-session", "-t", target],
            environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, write_end, 2)],
            setsigdef=(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTSTP, signal.SIGCONT),
        )
    except OSError as problem:
        os.close(read_end)
        return Answer(127, b"", str(problem.strerror))
    finally:
        os.close(write_end)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        reason = os.read(read_end, _LONGEST_REASON).decode("utf-8", "replace").strip()
    finally:
        os.close(read_end)
    return Answer(status, b"", reason)


def switch(tmux: Tmux, client: str, target: str) -> Answer:
    """Have a client that is attached already show the session, window and pane of a target."""
    return tmux.run(("switch-client", "-c", client, "-t", target))


def clients_of(tmux: Tmux, pane_id: str) -> list[str]:
    """The terminals that show a pane's session, the one used last first; programs that are attached do not count."""
    form = "#{client_control_mode} #{client_activity} #{client_name}"
    session = tmux.run(("display-message", "-p", "-t", pane_id, "#{session_id}")).output.decode().strip()
    answer = tmux.run(("list-clients", "-t", session, "-F", form))
    found = [row.split(" ", 2) for row in answer.output.decode("utf-8", "replace").splitlines()]
    people = [row for row in found if len(row) == 3 and row[0] != "1" and row[1].isdigit()]
    return [row[2] for row in sorted(people, key=lambda row: -int(row[1]))]
