"""Words and formats for tmux: the only place that knows its quoting."""

from __future__ import annotations

import posix

LABEL = "@bridge_label"
METADATA = "@bridge_metadata"
TYPED = "@bridge_typed"
PANE_OWNER = "@bridge_pane_owner"
SESSION_OWNER = "@bridge_session_owner"
LOG = "@bridge_log"
INTERACT = "@bridge_interact"
RESTORING = "@bridge_restoring"
PLACEHOLDER = "bridge-holds-a-place"  # in the command of a pane that only a restore makes and ends

# Rows are framed as netstrings where a value may hold anything: a newline or a separator can't shift the fields.
PANE_FIELDS = (
    "session_name",
    "session_id",
    "session_created",
    "window_id",
    "window_index",
    "window_active",
    "pane_id",
    "pane_index",
    "pane_active",
    "pane_pid",
    "pane_tty",
    "pane_width",
    "pane_height",
    "pane_dead",
    "pane_in_mode",
    "pane_input_off",
    "pane_pipe",
    "cursor_x",
    "version",
    "pane_floating_flag",
    LABEL,
    METADATA,
    TYPED,
    PANE_OWNER,
)
SESSION_FIELDS = ("session_name", "session_id", "session_created", "session_windows", "session_attached", SESSION_OWNER)

LARGEST_ARGUMENT = 16_000
LARGEST_VALUE = 1_000_000
LONGEST_TARGET = 1000  # no session's name is as long; what is longer is only looked for in tmux's answer


# Numbers, flags and ids hold neither `,` nor `:`, so their length need not be told: tmux expands half as much.
_BARE = frozenset(
    (
        *("session_id", "session_created", "session_windows", "session_attached", "pid", "start_time"),
        *("window_id", "window_index", "window_active", "window_stack_index", "window_zoomed_flag", "window_linked"),
        *("pane_id", "pane_index", "pane_active", "pane_last", "pane_pid", "pane_width", "pane_height", "pane_dead"),
        *("pane_in_mode", "pane_input_off", "pane_marked", "pane_pipe", "cursor_x", "alternate_on", "version"),
        "pane_floating_flag",
    )
)


def framed(fields: tuple[str, ...]) -> str:
    """A format whose expansion `rows.unframe` reads back: `LENGTH:VALUE,`, and `=VALUE,` for numbers and ids."""
    return "".join(f"=#{{{field}}}," if field in _BARE else f"#{{n:{field}}}:#{{{field}}}," for field in fields)


# The name of the foreground command is read anew for each expansion, so its length can't be told
# before it: it stands last, up to a word that nobody can guess.
END = posix.urandom(12).hex()
# What tmux prints behind commands that were all done. Its exit status tells less: it is that of a user's hooks as well.
DONE = posix.urandom(12).hex()
PANE_FORMAT = framed(PANE_FIELDS) + "#{pane_current_command}" + END
SESSION_FORMAT = framed(SESSION_FIELDS)


_SHARP = "#{?pid,##,}"


def word(text: str) -> str:
    """Text as one word of a command: a `;` at its end would separate commands (tmux(1) PARSING)."""
    return text[:-1] + "\\;" if text.endswith(";") else text


def plain(text: str) -> str:
    """Text for an argument that tmux expands as a format: `#(…)` in it would run a command.

    `##` is a `#`, but before a bracket, where tmux takes both for a part of a style and leaves them both: there the
    `#` is what a condition gives that always holds.
    """
    parts = text.split("[")
    bare = [part.rstrip("#") for part in parts[:-1]]
    kept = [
        start.replace("#", "##") + _SHARP * (len(part) - len(start)) for start, part in zip(bare, parts, strict=False)
    ]
    return "[".join((*kept, parts[-1].replace("#", "##")))


def quoted(text: str) -> str:
    """Text as one word of a configuration line; nothing is expanded in single quotes.

    tmux takes the byte 0xff for the end of the file, so that one is written by its number.
    """
    return "'" + text.replace("'", "'\\''").replace("\udcff", "'\"\\377\"'") + "'"


def nested(*commands: tuple[str, ...]) -> str:
    """Commands as one string for `if-shell`."""
    return " ; ".join(" ".join(quoted(part) for part in command) for command in commands)


def witnessed(*commands: tuple[str, ...]) -> str:
    """As `nested`, with a witness behind them: the first that fails takes the rest away, what a hook of it does not."""
    return nested(*commands, ("display-message", "-p", DONE))


REFUSED = witnessed(("display-message", "-p", "REFUSED"))


def stays_unattached(target: str) -> tuple[str, ...]:
    """The command that keeps a session where the user's configuration ends those without a client."""
    on = "#{&&:#{destroy-unattached},#{!=:#{destroy-unattached},off}}"
    return ("if-shell", "-F", "-t", target, on, nested(("set-option", "-t", target, "destroy-unattached", "off")))


def sequence(commands: tuple[tuple[str, ...], ...]) -> list[str]:
    """Commands as the words of one tmux call; the sequence stops at the first that fails."""
    words: list[str] = []
    for command in commands:
        if words:
            words.append(";")
        words.extend(word(part) for part in command)
    return words


def encode_label(label: str) -> str:
    """A label as the value of an option: no control characters, and never empty."""
    return "=" + "".join(f"\\{ord(char):02x}" if char < " " or char in "\\\x7f" else char for char in label)


def list_panes(session: str | None = None) -> tuple[str, ...]:
    """All panes of the server, or only of the session with that name or id where tmux can tell.

    A name that is not there makes the answer `no_session`. The exact comparison is done by core.target
    over the answer. A filter costs tmux 10 us for each pane of the server, a target nothing.
    """
    command: tuple[str, ...] = ("list-panes", "-a", "-F", PANE_FORMAT)
    if session is not None and is_plain_name(session):
        return ("list-panes", "-s", "-F", PANE_FORMAT, "-t", f"={session}:")
    if session is None or len(session) > LONGEST_TARGET:
        return command
    if session.startswith("$") and session[1:].isdigit() and session.isascii():
        return (*command, "-f", f"#{{||:#{{==:#{{session_id}},{session}}},#{{==:#{{session_name}},{session}}}}}")
    return command


def is_plain_name(name: str) -> bool:
    """Whether the name stands for itself inside a format."""
    return 0 < len(name) <= LONGEST_TARGET and all(char.isalnum() or char in "_- " for char in name)


def same_session(session_id: str, created: object) -> str:
    """The condition that a session with this `$id` is the one that was made at that second."""
    return f"#{{&&:#{{==:#{{session_id}},{session_id}}},#{{==:#{{session_created}},{created}}}}}"


def only_if(pane: str, condition: str, *commands: tuple[str, ...]) -> tuple[str, ...]:
    """Check and act in one step of tmux; answers `REFUSED` and does nothing where the check fails.

    The first that fails ends the rest; an `if-shell` among them does not fail.
    """
    return ("if-shell", "-F", "-t", pane, condition, witnessed(*commands), REFUSED)
