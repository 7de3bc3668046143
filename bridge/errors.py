"""Every way a command can fail: one exception, one table of stable codes."""

from __future__ import annotations

# code: (what it means, whether the same call may succeed later without a change)
CODES: dict[str, tuple[str, bool]] = {
    "ERR_USAGE": ("an argument is missing, superfluous or has a value that cannot be read", False),
    "ERR_UNKNOWN_COMMAND": ("no command has that name", False),
    "ERR_BAD_NAME": ("a session name is outside the grammar", False),
    "ERR_BAD_PATTERN": ("grep -E does not accept the pattern", False),
    "ERR_SESSION_EXISTS": ("a session of that name exists already", False),
    "ERR_SESSION_NOT_FOUND": ("no session has that exact name or id, or no tmux server runs", False),
    "ERR_PANE_NOT_FOUND": ("no pane of the session has that index, id, label or window.pane", False),
    "ERR_LABEL_NOT_FOUND": ("no pane of the session has that label", False),
    "ERR_LABEL_AMBIGUOUS": ("several panes have that label", False),
    "ERR_KEY_NOT_FOUND": ("that metadata key was never set on the pane", False),
    "ERR_MAX_PANES": ("the session's window holds as many panes as the limit allows", False),
    "ERR_NO_SPACE": ("the window is too small for one more pane", False),
    "ERR_CONTROL_CHARACTERS": ("the text holds control characters", False),
    "ERR_TOO_LARGE": ("a value is larger than what can be stored or typed", False),
    "ERR_BUSY": ("something else holds what the command needs", True),
    "ERR_TIMEOUT": ("the time given was over before the outcome was known", True),
    "ERR_IDLE": ("nothing but its shell runs in the pane", False),
    "ERR_NO_PROCESS": ("the pane is there, but its process has ended", False),
    "ERR_PANE_GONE": ("the pane ended while the command was waiting", False),
    "ERR_SERVER_GONE": ("the tmux server ended while the command was talking to it", True),
    "ERR_TMUX_NOT_INSTALLED": ("the tmux program cannot be started", False),
    "ERR_TMUX_FAILED": ("tmux refused a request for a reason that has no code of its own", False),
    "ERR_COMMAND_FAILED": ("the command ended with another exit code than 0, or by a signal", False),
    "ERR_NEEDS_INPUT": ("what runs waits for input from the terminal", True),
    "ERR_UNKNOWN_OUTCOME": ("nothing tells how the command ended", False),
    "ERR_RUN_NOT_FOUND": ("no run has that id, or its record was removed", False),
    "ERR_SELF": ("the target is the pane or session of the caller", False),
    "ERR_FORBIDDEN": ("the tier that the server was started with does not permit the command", False),
    "ERR_LOCKED": ("another process holds the lock for longer than the limit", True),
    "ERR_BAD_CURSOR": ("the cursor is of another pane, of an earlier log, or was never given out", False),
    "ERR_STATE": ("the state directory cannot be used, or a state file cannot be written", False),
    "ERR_NO_TERMINAL": ("the command needs a terminal, as its standard input or to show something on", False),
    "ERR_CONFIG": ("a configuration file cannot be used as it is", False),
    "ERR_DAEMON": ("the daemon runs already, does not run, or does not answer", True),
    "ERR_SUBSCRIPTION_NOT_FOUND": ("no subscription has that id", False),
    "ERR_GROUP_EXISTS": ("a group of that name exists already", False),
    "ERR_GROUP_NOT_FOUND": ("no group has that name", False),
    "ERR_NOT_A_MEMBER": ("the session is not in the group, or is not needed by the other", False),
    "ERR_CIRCLE": ("sessions would need each other in a circle", False),
    "ERR_UNHEALTHY": ("a session is not healthy", True),
    "ERR_PROFILE_NOT_FOUND": ("no profile of an agent's program has that name", False),
    "ERR_AGENT_NOT_FOUND": ("no agent has that id", False),
    "ERR_AGENT_EXISTS": ("an agent has that id already, or the program is an agent already", False),
    "ERR_AGENT_STATE": ("the agent is in a state in which that can't be done", True),
    "ERR_LIMIT_INSTANCES": ("as many agents live as the limit allows", True),
    "ERR_LIMIT_DEPTH": ("as many agents would stand above the new one as the limit does not allow", False),
    "ERR_ROLE": ("the role of the parent doesn't allow it", False),
    "ERR_DIRECTORY": ("a directory is not there, or can't be entered", False),
    "ERR_PROGRAM_NOT_FOUND": ("the program of the agent is not installed", False),
    "ERR_AGENT_ENDED": ("the agent's program has ended", False),
    "ERR_SCREEN": ("a file is no screen that can be read", False),
    "ERR_SNAPSHOT": ("a file is no snapshot that can be used, or would not be one", False),
    "ERR_SNAPSHOT_NOT_FOUND": ("no snapshot file is there, or the session has none", False),
    "ERR_AUTOSAVE_NOT_FOUND": ("the session is not saved automatically", False),
    "ERR_INCOMPLETE": ("a part of what was asked for could not be made", False),
    "ERR_UNSUPPORTED": ("this machine lacks what the command needs", False),
    "ERR_INTERNAL": ("a defect of bridge", False),
}


class BridgeError(Exception):
    """A failure with a stable code.

    `message` says what failed and names the value; `hint` names the way out.
    `output` is the text of the envelope's `output` (the script's wording where it had one),
    `logs` the human lines for stderr as (level, text), `pane_id` the pane's index once it was
    resolved, `fields` the command's own fields that are known nevertheless. `output` ends in one
    newline in the answer unless it is `exact`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        output: str | None = None,
        logs: tuple[tuple[str, str], ...] | None = None,
        pane_id: str | None = None,
        fields: dict[str, object] | None = None,
        exact: bool = False,
        exit_status: int = 1,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        # Whether the same call may succeed later without a change; never where it has typed something.
        self.retryable = CODES[code][1] if retryable is None else retryable
        self.exact = exact
        self.exit_status = exit_status
        self.code = code
        self.message = message
        self.hint = hint
        self.output = message if output is None else output
        self.logs = (("error", message),) if logs is None else logs
        self.pane_id = pane_id
        self.fields = fields or {}


def session_not_found(session: str, hint: str | None = None) -> BridgeError:
    """No session has this exact name or id; also when no server runs."""
    return BridgeError(
        "ERR_SESSION_NOT_FOUND",
        f"session not found: {session!r}",
        hint=hint or "bridge session-list shows the sessions; names are compared exactly",
        output="Session not found",
        logs=(("error", f"Session '{session}' not found"),),
    )


def pane_not_found(session: str, pane: str, hint: str | None = None) -> BridgeError:
    """No pane of the session answers to this index, id, label or window.pane."""
    return BridgeError(
        "ERR_PANE_NOT_FOUND",
        f"pane not found: {pane!r} in session {session!r}",
        hint=hint or f"bridge pane-list-detailed {session} shows the panes",
        output="Pane not found",
        logs=(("error", f"Pane {pane} not found in session '{session}'"),),
    )


def pane_gone(pane_id: str, fields: dict[str, object] | None = None) -> BridgeError:
    """The pane ended while the command was waiting for it."""
    return BridgeError(
        "ERR_PANE_GONE",
        f"pane {pane_id} ended during the wait",
        hint="what ran in it ended with it; its exit status is not known",
        pane_id=pane_id,
        fields=fields,
    )


def dead(pane_id: str) -> BridgeError:
    """The pane is there, its program is not."""
    return BridgeError("ERR_PANE_GONE", f"the program of pane {pane_id} has ended", hint="restart it, or kill the pane")


def usage(message: str, hint: str | None = None, logs: tuple[tuple[str, str], ...] | None = None) -> BridgeError:
    """The words of the call are off; nothing was done."""
    return BridgeError("ERR_USAGE", message, hint=hint, logs=logs)
