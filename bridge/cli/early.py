"""What tmux is asked first, begun before the command table is loaded: tmux works on another core meanwhile.

Only calls that are well formed at a glance are begun. What the call itself would refuse is left to it.
"""

from __future__ import annotations

from bridge.cli.options import Globals, configure
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.tmux import argv

# Commands whose first question is which panes their session has, asked without a lock.
LOOKING = frozenset(
    (
        *("session-kill", "pane-kill", "pane-status", "pane-is-running", "pane-list-json", "pane-list-detailed"),
        *("pane-count", "pane-find", "pane-exec", "pane-exec-timeout", "pane-metadata-get", "pane-run", "pane-wait"),
    )
)


def begin(options: Globals, words: list[str], environ: dict[str, str]) -> Context | None:
    """The context of a call whose first question is under way, None where nothing was begun.

    `words` are the command and what follows it.
    """
    if len(words) < 2 or words[1][:1] in ("-", ""):
        return None
    creates = words[0] == "session-create" and len(words) == 2
    if not creates and words[0] not in LOOKING:
        return None
    try:
        context = Context(configure(options, environ), environ, script=options.script)
        if creates:
            from bridge.features import sessions  # noqa: PLC0415 - only where it is used

            context.begun = creation = sessions.prepare(context, words[1])
            try:
                context.tmux.begin(*creation.commands)
            except BridgeError:
                creation.lock.__exit__(None, None, None)
                raise
        else:
            context.tmux.begin(argv.list_panes(words[1]))
    except BridgeError:
        return None  # the call meets it again, and tells
    return context
