"""What the keys of the full-screen view do: the commands behind them, and the words of its help."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.topview import Seen


class Action:
    """A key that calls a command for the chosen pane.

    `asks` is the argument that a person is asked for, with `question`; `split` makes words of it. `whole` is for
    what is done to the session. `confirm` asks whether it is meant, `guarded` is refused for the caller's own pane.
    """

    __slots__ = ("asks", "command", "confirm", "guarded", "key", "question", "split", "summary", "whole", "word")

    def __init__(
        self,
        key: str,
        word: str,
        command: str,
        summary: str,
        *,
        asks: str = "",
        question: str = "",
        split: bool = False,
        confirm: bool = False,
        guarded: bool = True,
        whole: bool = False,
    ) -> None:
        self.key = key
        self.word = word
        self.command = command
        self.summary = summary
        self.asks = asks
        self.question = question
        self.split = split
        self.confirm = confirm
        self.guarded = guarded
        self.whole = whole

    def meant(self, pane: Seen) -> str:
        """What a person is asked to say yes to."""
        name = f" {pane.label!r}" if pane.label else ""
        what = f"{pane.place}{name} ({pane.program or pane.state})"
        if self.command == "pane-stop":
            return f"stop what runs in pane {what}"
        last = f"; it is the last one, so session {pane.session} ends" if pane.session_panes == 1 else ""
        return f"end pane {what}{last}"


ACTIONS = (
    Action(
        "s", "send", "pane-exec", "type a text into the pane, and Enter", asks="command", question="type, then Enter"
    ),
    Action(
        *("t", "keys", "pane-send-keys", "press keys in the pane: C-c Up Enter"),
        asks="keys",
        question="keys, such as C-c Up Enter",
        split=True,
    ),
    Action(
        "x", "stop", "pane-stop", "end what runs in the pane, once you have said yes: C-c, TERM, KILL", confirm=True
    ),
    Action("K", "kill", "pane-kill", "end the pane, once you have said yes", confirm=True),
    Action(
        *("l", "label", "pane-label", "give the pane a label; an empty one takes it away"),
        asks="label",
        question="label",
        guarded=False,
    ),
    Action("S", "save", "session-save", "save the pane's session to a snapshot", guarded=False, whole=True),
)

# Keys that call no command: (key as shown, what it does, the word in the line of keys).
OTHERS = (
    ("Up Down", "choose a pane; j k, PgUp PgDn, g G and the mouse do it too", ""),
    ("Enter", "go to the pane; detach from tmux to come back", "go"),
    ("/", "only panes with a text in name, label, program or state; Escape: all", "filter"),
    ("?", "this page", "help"),
    ("q", "leave", "quit"),
)


def key_line() -> tuple[tuple[str, str], ...]:
    """The keys for the last line of the screen, with a word each."""
    before = [(key, word) for key, _, word in OTHERS[:3] if word]
    after = [(key, word) for key, _, word in OTHERS[3:]]
    return (*before, *((action.key, action.word) for action in ACTIONS), *after)


def help_lines() -> tuple[tuple[str, str], ...]:
    """Every key with what it does."""
    actions = [(action.key, action.summary) for action in ACTIONS]
    others = [(key, summary) for key, summary, _ in OTHERS]
    return (*others[:3], *actions, *others[3:])
