"""Sessions and panes as clean-up sees them, and how one is ended: only if nothing has happened since the look."""

from __future__ import annotations

from bridge.tmux import argv

PROTECTED = "@bridge_protected"
WATCHED = "@bridge_gc_watched"
TOUCHED = "@bridge_gc_touched"
# What puts text into a pane and leaves no stamp until its program answers (tmux(1) HOOKS).
_TYPING = ("after-send-keys", "after-paste-buffer")
_INDEX = 97_100
FIELDS = (
    *("session_id", "pane_id", "session_created", "session_activity", "session_last_attached", "session_attached"),
    *("session_grouped", "window_activity", "window_linked", "window_panes", "pane_dead_time"),
    *("start_time", "pid", argv.SESSION_OWNER, PROTECTED, WATCHED),
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
_UNTOUCHED = f"#{{&&:#{{==:#{{n:{TOUCHED}}},0}},#{{==:#{{{WATCHED}}},1}}}}"
PRINTS = ("list-sessions", "-F", SESSION_PRINT)
PANE_PRINTS = ("list-panes", "-a", "-F", PANE_PRINT)


def watch(session_id: str, fingerprint: str) -> tuple[str, ...]:
    """Have tmux note from now on that somebody types into the session; `REFUSED` where anything has changed.

    The hooks are the server's: one of the session's own would hide those that a user has set for all.
    """
    target = f"{session_id}:"
    note = ("if-shell", "-F", f"#{{{WATCHED}}}", argv.nested(("set-option", TOUCHED, "1")))
    hooks = (("set-hook", "-g", f"{name}[{_INDEX}]", argv.nested(note)) for name in _TYPING)
    fresh = ("set-option", "-u", "-t", target, TOUCHED)
    mark = ("set-option", "-t", target, WATCHED, "1")  # tells the next run what a killed one has left
    return argv.only_if(target, f"#{{==:{SESSION_PRINT},{fingerprint}}}", fresh, mark, *hooks)


HOOKS_OFF = tuple(("set-hook", "-gu", f"{name}[{_INDEX}]") for name in _TYPING)


def unwatch(session_id: str) -> tuple[tuple[str, ...], ...]:
    """Take out what `watch` has set; the session may be gone."""
    target = f"{session_id}:"
    return (*HOOKS_OFF, ("set-option", "-u", "-t", target, TOUCHED), ("set-option", "-u", "-t", target, WATCHED))


def kill_session(session_id: str, fingerprint: str) -> tuple[str, ...]:
    """End a watched session in the step that compares it; answers `REFUSED` where anything has changed."""
    same = f"#{{&&:#{{==:{SESSION_PRINT},{fingerprint}}},{_UNTOUCHED}}}"
    return argv.only_if(f"{session_id}:", same, ("kill-session", "-t", session_id))


def kill_pane(pane_id: str, fingerprint: str) -> tuple[str, ...]:
    """End a pane of a watched session in the step that compares it; never the last one of a window."""
    same = f"#{{&&:#{{==:{PANE_PRINT},{fingerprint}}},#{{&&:#{{!=:#{{window_panes}},1}},{_UNTOUCHED}}}}}"
    return argv.only_if(pane_id, same, ("kill-pane", "-t", pane_id))


def protect(session_id: str, created: int, *, on: bool) -> tuple[str, ...]:
    """Mark the session, or take the mark away, if it is still the one that was looked at."""
    same = argv.same_session(session_id, created)
    target = f"{session_id}:"
    mark = ("set-option", "-t", target, PROTECTED, "1") if on else ("set-option", "-u", "-t", target, PROTECTED)
    return argv.only_if(target, same, mark)
