"""Sessions and panes as clean-up sees them, and how one is ended: only if nothing has happened since the look."""

from __future__ import annotations

from bridge.tmux import argv

PROTECTED = "@bridge_protected"
FIELDS = (
    *("session_id", "pane_id", "session_created", "session_activity", "session_last_attached", "session_attached"),
    *("session_grouped", "window_activity", "window_linked", "window_panes", "pane_dead_time"),
    *("start_time", "pid", argv.SESSION_OWNER, PROTECTED),
)
LOOK = ("list-panes", "-a", "-F", argv.framed(FIELDS))

# Everything that changes when somebody uses the session; digits, ids and signs that mean nothing in a format.
_PANE = (
    "#{pane_id}+#{pane_pid}+#{pane_dead}+#{pane_pipe}"
    f"+#{{n:{argv.TYPED}}}+#{{n:{argv.METADATA}}}+#{{n:{argv.PANE_OWNER}}} "
)
SESSION_PRINT = (
    "#{session_id}/#{session_created}/#{session_attached}/#{session_activity}/#{session_last_attached}"
    f"/#{{session_grouped}}/#{{n:{PROTECTED}}}/#{{n:{argv.SESSION_OWNER}}}"
    f"/#{{W:#{{window_id}}.#{{window_activity}}.#{{window_linked}}.#{{P:{_PANE}}}}}"
)
PANE_PRINT = f"{_PANE}/#{{session_id}}/#{{session_created}}/#{{session_attached}}/#{{n:{PROTECTED}}}"
PRINTS = ("list-sessions", "-F", SESSION_PRINT)
PANE_PRINTS = ("list-panes", "-a", "-F", PANE_PRINT)


def kill_session(session_id: str, fingerprint: str) -> tuple[str, ...]:
    """End the session in the step that compares it; answers `REFUSED` where anything has changed."""
    same = f"#{{==:{SESSION_PRINT},{fingerprint}}}"
    return argv.only_if(f"{session_id}:", same, ("kill-session", "-t", session_id))


def kill_pane(pane_id: str, fingerprint: str) -> tuple[str, ...]:
    """End the pane in the step that compares it; never the last one of a window."""
    same = f"#{{&&:#{{==:{PANE_PRINT},{fingerprint}}},#{{!=:#{{window_panes}},1}}}}"
    return argv.only_if(pane_id, same, ("kill-pane", "-t", pane_id))


def protect(session_id: str, created: int, *, on: bool) -> tuple[str, ...]:
    """Mark the session, or take the mark away, if it is still the one that was looked at."""
    same = f"#{{&&:#{{==:#{{session_id}},{session_id}}},#{{==:#{{session_created}},{created}}}}}"
    target = f"{session_id}:"
    mark = ("set-option", "-t", target, PROTECTED, "1") if on else ("set-option", "-u", "-t", target, PROTECTED)
    return argv.only_if(target, same, mark)
