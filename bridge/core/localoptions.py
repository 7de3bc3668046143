"""Options of sessions, windows and panes that a snapshot may bring back: data of that scope and nothing else.

What stands in no list here is left out: hooks, which tmux keeps among the options; options of the server, which it
sets for everybody whatever the target is; options of another scope, which it sets there.
"""

from __future__ import annotations

import re

from bridge.core import limits

SESSION, WINDOW, PANE = "session", "window", "pane"
# What `show-options` of that scope prints in one of the versions that are tried, without what holds a program.
DATA: dict[str, frozenset[str]] = {
    SESSION: frozenset(
        (
            *("activity-action", "assume-paste-time", "base-index", "bell-action", "default-size"),
            *("destroy-unattached", "detach-on-destroy", "display-panes-active-colour", "display-panes-colour"),
            *("display-panes-time", "display-time", "focus-follows-mouse", "history-limit", "initial-repeat-time"),
            *("key-table", "lock-after-time", "message-command-style", "message-format", "message-line"),
            *("message-style", "mouse", "prefix", "prefix2", "prompt-command-cursor-style", "prompt-cursor-colour"),
            *("prompt-cursor-style", "renumber-windows", "repeat-time", "set-titles", "set-titles-string"),
            *("silence-action", "status", "status-bg", "status-fg", "status-format", "status-interval"),
            *("status-justify", "status-keys", "status-left", "status-left-length", "status-left-style"),
            *("status-position", "status-right", "status-right-length", "status-right-style", "status-style"),
            *("visual-activity", "visual-bell", "visual-silence", "word-separators"),
        )
    ),
    WINDOW: frozenset(
        (
            *("aggressive-resize", "allow-passthrough", "allow-rename", "allow-set-title", "alternate-screen"),
            *("automatic-rename", "automatic-rename-format", "clock-mode-colour", "clock-mode-style"),
            *("copy-mode-current-line-number-style", "copy-mode-current-match-style", "copy-mode-line-number-style"),
            *("copy-mode-line-numbers", "copy-mode-mark-style", "copy-mode-match-style"),
            *("copy-mode-position-format", "copy-mode-position-style", "copy-mode-selection-style", "cursor-colour"),
            *("cursor-style", "fill-character", "main-pane-height", "main-pane-width", "menu-border-lines"),
            *("menu-border-style", "menu-selected-style", "menu-style", "mode-keys", "mode-style"),
            *("monitor-activity", "monitor-bell", "monitor-silence", "other-pane-height", "other-pane-width"),
            *("pane-active-border-style", "pane-base-index", "pane-border-format", "pane-border-indicators"),
            *("pane-border-lines", "pane-border-status", "pane-border-style", "pane-colours", "pane-scrollbars"),
            *("pane-scrollbars-position", "pane-scrollbars-style", "pane-status-current-style"),
            *("pane-status-style", "popup-border-lines", "popup-border-style", "popup-style", "remain-on-exit"),
            *("remain-on-exit-format", "scroll-on-clear", "session-status-current-style", "session-status-style"),
            *("synchronize-panes", "tiled-layout-max-columns", "tree-mode-preview-format"),
            *("tree-mode-preview-style", "window-active-style", "window-pane-current-status-format"),
            *("window-pane-status-format", "window-size", "window-status-activity-style"),
            *("window-status-bell-style", "window-status-current-format", "window-status-current-style"),
            *("window-status-format", "window-status-last-style", "window-status-separator"),
            *("window-status-style", "window-style", "wrap-search", "xterm-keys"),
        )
    ),
    PANE: frozenset(
        (
            *("allow-passthrough", "allow-rename", "allow-set-title", "alternate-screen"),
            *("copy-mode-position-format", "cursor-colour", "cursor-style", "pane-active-border-style"),
            *("pane-border-format", "pane-border-style", "pane-colours", "pane-scrollbars-style", "remain-on-exit"),
            *("remain-on-exit-format", "scroll-on-clear", "synchronize-panes", "tree-mode-preview-format"),
            *("window-active-style", "window-style"),
        )
    ),
}
# They hold a program, or the names of variables that clients bring along.
PROGRAMS: dict[str, frozenset[str]] = {
    SESSION: frozenset(("default-command", "default-shell", "lock-command", "update-environment")),
    WINDOW: frozenset(),
    PANE: frozenset(),
}
# Of our own options those that a person has set; the others belong to the life of a session or a pane.
_OURS = frozenset(("@bridge_protected", *limits.OPTIONS))
_PREFIX = "@bridge_"
# `E` and `T` expand what they find once more, which could be a program's title.
_TWICE = re.compile(r"[{;][ET][:;]")
# tmux gives formats to strftime(3) first, where a conversion may be nothing: `%p` in many languages.
_TIME = re.compile(r"%[-_0^#+]*[0-9]*[EO]?[A-Za-z%+]")


def is_state(name: str) -> bool:
    """Whether it is an option of ours that belongs to the life of one session or pane, so that no other one gets it."""
    bare = name.partition("[")[0]
    return bare.startswith(_PREFIX) and bare not in _OURS


def refusal(scope: str, name: str, value: str, *, replay: bool = False) -> str:
    """Why an option of this name and value is not set on a place of this scope; empty where it is.

    With `replay` programs are brought back that belong to the scope; hooks and other scopes never are.
    """
    bare = name.partition("[")[0]
    if bare.startswith("@"):
        if is_state(bare):
            return "bridge sets it itself"
    elif bare in PROGRAMS[scope]:
        return "" if replay else "it would run a command; --replay brings it back"
    elif bare not in DATA[scope]:
        return f"not an option of a {scope} that holds data: hooks and options of others never come from a file"
    return "" if replay or not _runs(value) else "it would run a command; --replay brings it back"


def _runs(value: str) -> bool:
    """Whether tmux could run something when it expands the value as a format."""
    return any("#(" in text or _TWICE.search(text) for text in (value, _TIME.sub("", value)))
