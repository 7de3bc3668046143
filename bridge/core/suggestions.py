"""What somebody may have meant who typed a word that bridge does not know."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

# The verbs of tmux, of shells and of other tools, and the commands that do what is wanted. Nothing that ends or removes
# something stands here but for a word that says so itself.
VERBS: dict[str, tuple[str, ...]] = {
    "attach": ("pane-interact", "top"),
    "attach-session": ("pane-interact", "top"),
    "capture": ("pane-capture", "pane-read"),
    "capture-pane": ("pane-capture",),
    "cat": ("pane-read", "pane-capture"),
    "config": ("config-show",),
    "create": ("session-create", "pane-create"),
    "display-message": ("pane-status", "pane-snapshot"),
    "exec": ("pane-run", "pane-exec"),
    "find": ("pane-find",),
    "grep": ("pane-has-pattern", "sessions-find-pattern"),
    "has-session": ("session-list",),
    "head": ("pane-read",),
    "health": ("daemon-health", "session-health"),
    "htop": ("top",),
    "kill": ("pane-kill", "session-kill"),
    "kill-pane": ("pane-kill",),
    "kill-session": ("session-kill",),
    "list": ("session-list", "pane-list-json"),
    "list-panes": ("pane-list-json", "pane-list-detailed"),
    "list-sessions": ("session-list",),
    "log": ("logs-show", "event-log"),
    "logs": ("logs-show",),
    "ls": ("session-list",),
    "new": ("session-create",),
    "new-session": ("session-create",),
    "new-window": ("pane-create",),
    "paste-buffer": ("pane-send-stdin",),
    "pipe-pane": ("pane-stream", "pane-log"),
    "ps": ("pane-list-detailed", "run-list"),
    "read": ("pane-read",),
    "respawn-pane": ("pane-respawn",),
    "restart": ("pane-respawn", "daemon-restart"),
    "restore": ("session-restore",),
    "run": ("pane-run",),
    "run-shell": ("pane-run",),
    "save": ("session-save",),
    "send": ("pane-exec", "pane-send-keys"),
    "send-keys": ("pane-send-keys", "pane-exec"),
    "serve": ("mcp",),
    "split": ("pane-create",),
    "split-window": ("pane-create", "pane-create-with-layout"),
    "start": ("session-create", "daemon-start"),
    "status": ("pane-status", "daemon-status"),
    "stop": ("pane-stop",),
    "stream": ("pane-stream",),
    "subscribe": ("event-subscribe",),
    "tail": ("pane-tail",),
    "top": ("top",),
    "type": ("pane-exec",),
    "wait": ("pane-wait", "pane-wait-for"),
    "wait-for": ("pane-wait-for",),
    "watch": ("pane-watch-timeout", "pane-stream"),
}
_MOST = 3


def commands(word: str, known: tuple[str, ...]) -> list[str]:
    """The commands that a word may have meant, the likeliest first, at most three."""
    import difflib  # noqa: PLC0415 - only for a mistake

    wanted = word.casefold().replace("_", "-")
    if wanted in known:
        return [wanted]
    if wanted in VERBS:
        return [name for name in VERBS[wanted] if name in known][:_MOST]
    close = difflib.get_close_matches(wanted, known, n=_MOST, cutoff=0.75)
    if close:
        return close
    verb = difflib.get_close_matches(wanted, VERBS, n=1, cutoff=0.8) if len(wanted) > _MOST else []
    if verb:
        return [name for name in VERBS[verb[0]] if name in known][:_MOST]
    parts = [name for name in known if wanted in name.split("-")]
    return parts[:_MOST] or difflib.get_close_matches(wanted, known, n=_MOST)


def options(word: str, known: list[str]) -> list[str]:
    """The options that a word may have meant."""
    import difflib  # noqa: PLC0415 - only for a mistake

    return difflib.get_close_matches(word, known, n=2, cutoff=0.7)


def renamed(hint: str, word: str, names: Container[str]) -> str:
    """A hint with this word for `bridge` where a call begins: before the name of a command or an option."""
    words = hint.split(" ")
    for at in range(len(words) - 1):
        behind = words[at + 1]
        if words[at] == "bridge" and (behind.strip(",.;:") in names or behind.startswith("-")):
            words[at] = word
    return " ".join(words)
