"""What calls of some commands ask tmux first, known from their words alone: tmux works while the rest is loaded.

Only what is well formed at a glance is begun; what a call itself would refuse is left to it.
"""

from __future__ import annotations

from bridge.context import Context
from bridge.tmux import argv

# Commands that look first which panes their session has, and how many words they take.
LOOKING = {
    **dict.fromkeys(("session-kill", "pane-list-json", "pane-list-detailed", "pane-count"), 1),
    **dict.fromkeys(("pane-kill", "pane-status", "pane-is-running", "pane-find", "pane-wait"), 2),
    **dict.fromkeys(("pane-exec", "pane-metadata-get", "pane-run"), 3),
}
# Those that do so under the session's lock.
LOOKING_LOCKED = {"pane-metadata-set": 4, "state-sync": 1}
# Commands that make something at once, and how many words they take at most.
MAKING = {"session-create": 1, "pane-create": 2, "pane-create-with-layout": 3}
_LONGEST = 64


def is_known(name: str, words: list[str]) -> bool:
    """Whether the first question of the command with these words is known."""
    count = len(words)
    if LOOKING.get(name) == count:
        return not any(word[:1] in ("-", "") for word in words[:2])
    if LOOKING_LOCKED.get(name) == count or 1 <= count <= MAKING.get(name, 0):
        return all(argv.is_plain_name(word) and word[0] != "-" and len(word) <= _LONGEST for word in words[:3])
    return False


def begin(ctx: Context, name: str, words: list[str]) -> None:
    """Ask the first question, which the command then waits for; may raise whatever the command does."""
    if name == "session-create":
        from bridge.features.sessions import lifetime  # noqa: PLC0415 - only where it is used

        lifetime.begin(ctx, words[0])
    elif name in MAKING:
        from bridge.features.panes import split  # noqa: PLC0415

        split.begin(ctx, *words)
    else:
        if name in LOOKING_LOCKED:
            ctx.hold(words[0])
        ctx.tmux.begin(argv.list_panes(words[0]))
