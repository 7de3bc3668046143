"""What `bridge help TOPIC` and the man page explain besides the commands."""

from __future__ import annotations

from bridge.errors import CODES
from bridge.spec import COMMON_ERRORS

# topic: what it is about
TOPICS: dict[str, str] = {
    "answers": "the one envelope that every command prints",
    "targets": "how sessions and panes are named",
    "patterns": "what a pattern is",
    "exit-codes": "the exit status of a call",
    "environment": "the variables that set something",
    "errors": "every error code and what it means",
    "options": "the options that stand before the command",
}

_TEXTS = {
    "answers": (
        "A command prints one JSON object on stdout, on success and on failure. Six keys stand first, always:"
        " status, command, session, pane_id, output, timestamp. The command's own fields follow; a failure adds"
        " error with code, message, hint and retryable. Human lines go to stderr.",
        "What comes from programs is data: such answers carry untrusted: true.",
        "bridge schema COMMAND tells the exact form of a command's answers.",
    ),
    "targets": (
        "A session is meant by its exact name, or by its id ($3). No prefix and no pattern is taken.",
        "A pane is meant by its index in the session's current window (0), by its id (%5), by window.pane (1.0) or"
        " by its label. A label that several panes carry is refused with the candidates.",
        "A text that begins with two dashes goes after --.",
    ),
    "patterns": (
        "A pattern is an extended regular expression and means what grep -E means by it.",
        "Subscriptions are served by a machine of linear time, which refuses back-references (ERR_BAD_PATTERN).",
    ),
    "exit-codes": (
        "0: the answer's status is success. 1: it is error, or the question was answered with no (pane-is-running,"
        " pane-has-pattern, daemon-status).",
        "130: ended by Ctrl-C. pane-run --propagate ends with the command's own code, 128 and the signal's number,"
        " 124 after the time was over, 125 where nothing is known.",
    ),
    "options": (
        "-L NAME: the tmux server of that name. -S PATH: the tmux server at that socket. They stand before the"
        " command, as these do.",
        "--compact: the answer on one line. --fields NAMES: only these fields of it, separated by commas, and error"
        " where it is a failure. --table: the answer as a table for people. --quiet: only errors on stderr."
        " --script: the form of the bash script, the six keys alone.",
    ),
}


def paragraphs(topic: str) -> tuple[str, ...]:
    """The sentences of a topic that is not a list."""
    return _TEXTS.get(topic, ())


def entries(topic: str, variables: dict[str, tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The entries of a topic that is a list: a name and what it means."""
    if topic == "errors":
        return tuple(
            (code, meaning + ("; the same call may succeed later" if again else "") + _everywhere(code))
            for code, (meaning, again) in CODES.items()
        )
    if topic == "environment":
        return tuple(
            (name, meaning + (f" (without it {default})" if default else ""))
            for name, (default, meaning) in variables.items()
        )
    return ()


def _everywhere(code: str) -> str:
    return " (any command)" if code in COMMON_ERRORS else ""
