"""The command table: which family holds which command. A family is imported when it is called."""

from __future__ import annotations

import sys

from bridge.errors import BridgeError
from bridge.spec import Command

FAMILIES: dict[str, tuple[str, ...]] = {
    "session": ("session-create", "session-list", "session-kill"),
    "pane": (
        "pane-create",
        "pane-create-with-layout",
        "pane-kill",
    ),
    "panelist": ("pane-status", "pane-is-running", "pane-list-json", "pane-list-detailed", "pane-count", "pane-find"),
    "keystrokes": ("pane-exec",),
    "run": ("pane-run", "run-result", "run-list", "run-output"),
    "control": ("pane-send-keys", "pane-send-stdin", "pane-signal", "pane-stop", "pane-respawn"),
    "interact": ("pane-interact",),
    "top": ("top",),
    "screen": ("pane-capture", "pane-watch", "pane-has-pattern"),
    "waits": ("pane-wait", "pane-exec-timeout", "pane-watch-timeout"),
    "metadata": ("pane-metadata-set", "pane-metadata-get", "pane-label", "state-sync"),
    "stream": ("pane-stream", "pane-tail"),
    "output": ("pane-read", "pane-log", "pane-snapshot"),
    "conditions": ("pane-wait-for", "pane-ask"),
    "daemon": (
        *("daemon-start", "daemon-stop", "daemon-restart", "daemon-status", "daemon-health", "daemon-logs"),
        "daemon-script",
    ),
    "event": (*("event-subscribe", "event-list", "event-unsubscribe", "event-stream", "event-log", "event-publish"),),
    "group": (
        *("group-create", "group-add", "group-remove", "group-delete", "group-list", "group-exec", "group-start"),
        *("group-save", "group-restore", "group-kill"),
    ),
    "health": (
        *("session-depends", "session-depends-remove", "session-dependencies", "session-health"),
        *("session-wait-healthy", "session-health-set", "session-start"),
    ),
    "overview": ("sessions-list-all", "panes-count-global", "sessions-find-pattern"),
    "snapshot": (
        *("session-save", "session-restore", "session-snapshots", "session-snapshot-show", "session-snapshot-delete"),
        *("session-diff", "session-autosave", "session-autosave-stop"),
    ),
    "gc": ("gc-status", "gc-run", "gc-enable", "gc-disable", "gc-protect", "gc-unprotect"),
    "migration": ("state-migrate",),
    "metrics": ("pane-metrics", "session-metrics"),
    "series": ("metrics-history", "metrics-export"),
    "limits": ("pane-set-limit", "pane-get-limits", "pane-clear-limit"),
    "direct": ("batch", "mcp"),
    "agent": ("agent-profiles", "agent-classify"),
    "agentlife": ("agent-spawn", "agent-interrupt", "agent-terminate"),
    "agentlist": ("agent-adopt", "agent-list", "agent-status", "agent-explain", "agent-wait"),
    "introduction": ("mcp-install", "skill"),
    "meta": ("version",),
    "config": ("config-show", "config-get", "config-set", "config-validate", "config-init", "config-path"),
    "doctor": ("doctor",),
    "logs": ("logs-show", "logs-tail"),
    "explain": ("schema", "completion"),
    "complete": ("complete",),
}


def load(name: str) -> Command | None:
    """The row of a command, None where there is no such command."""
    for family, names in FAMILIES.items():
        if name in names:
            path = f"bridge.commands.{family}"
            __import__(path)  # importlib costs 0.6 ms
            module = sys.modules[path]
            found: Command = next(row for row in module.COMMANDS if row.name == name)
            return found
    return None


def unknown(name: str) -> BridgeError:
    """No command has that name; the hint names those that are like it."""
    from bridge.core.calls import unknown_command  # noqa: PLC0415 - only for a mistake

    return unknown_command(name, names())


def names() -> tuple[str, ...]:
    """The names of all commands, in the table's order."""
    return tuple(name for family in FAMILIES.values() for name in family)


def load_all() -> tuple[Command, ...]:
    """All rows, in the table's order."""
    return tuple(row for name in names() if (row := load(name)) is not None)
